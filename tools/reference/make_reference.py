#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""make_reference.py - numbers that mien is checked against, from scikit-learn and numpy in float64.

    python3 tools/reference/make_reference.py               everything
    python3 tools/reference/make_reference.py --only small  one section: small, cbcl or orl

Writes tests/reference/small/ (data, start and expected.json), tests/reference/cbcl.json and
tests/reference/orl.json (numbers only: the faces themselves may not be passed on).

Notation: N images, p pixels, r components; X is N x p with one image a row, W is N x r, H is r x p,
X ~ W H. Before anything is written, scikit-learn's NMF is compared with the textbook updates written
out here, once in numpy and once as plain loops; a disagreement ends the run.
"""
import argparse
import hashlib
import json
import math
import os
import pathlib
import platform
import sys
import time

import numpy as np
import sklearn
from sklearn.cluster import KMeans
from sklearn.decomposition import NMF, PCA

from images import lee_seung, read_images

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "tests" / "reference"
# where the face collections are kept, cbcl/ and orl/
DATA = pathlib.Path(os.environ.get("MIEN_FACES") or ROOT.parent / "shared" / "data")

ORDER = "an iteration updates W first, then H with the new W (scikit-learn's order)"
DIGITS = 10     # significant digits written: more would differ between two runs on two threads


def say(text):
    print(f"make_reference: {text}", file=sys.stderr, flush=True)


# ---------------------------------------------------------------------------- objectives and scores

def kl(X, W, H):
    """Generalised Kullback-Leibler divergence: sum x log(x / wh) - x + wh, with 0 log 0 = 0.

    scikit-learn's own figure leaves out every x below 1.2e-7; this one leaves out only exact zeros.
    """
    WH = W @ H
    on = X > 0
    return float((X[on] * np.log(X[on] / WH[on])).sum() - X.sum() + WH.sum())


def esl_14_74(X, W, H):
    """The log-likelihood of ESL (14.74), to be maximised: sum x log(wh) - wh."""
    WH = W @ H
    on = X > 0
    return float((X[on] * np.log(WH[on])).sum() - WH.sum())


def half_squared(X, W, H):
    """Half the squared Frobenius norm of X - WH."""
    return float(0.5 * ((X - W @ H) ** 2).sum())


def hoyer(H):
    """Mean over rows of Hoyer's sparseness, (sqrt(p) - |h|_1 / |h|_2) / (sqrt(p) - 1): 0 even, 1 one pixel."""
    root = math.sqrt(H.shape[1])
    return float(((root - np.abs(H).sum(axis=1) / np.linalg.norm(H, axis=1)) / (root - 1)).mean())


# ---------------------------------------------------------------------------- the textbook, written out

def textbook_kl(X, W, H, iterations):
    """Lee & Seung (2001), theorem 2, which is ESL (14.75): W first, then H with the new W."""
    for _ in range(iterations):
        W = W * ((X / (W @ H)) @ H.T) / H.sum(axis=1)
        H = H * (W.T @ (X / (W @ H))) / W.sum(axis=0)[:, None]
    return W, H


def textbook_frobenius(X, W, H, iterations):
    """Lee & Seung (2001), theorem 1: W first, then H with the new W."""
    for _ in range(iterations):
        W = W * (X @ H.T) / (W @ (H @ H.T))
        H = H * (W.T @ X) / ((W.T @ W) @ H)
    return W, H


def loops_kl(X, W, H, iterations):
    """textbook_kl as plain loops over images, components and pixels: no numpy arithmetic at all."""
    X, W, H = X.tolist(), W.tolist(), H.tolist()
    images, pixels, parts = range(len(X)), range(len(X[0])), range(len(H))

    def ratio(i, j):
        return X[i][j] / sum(W[i][k] * H[k][j] for k in parts)

    for _ in range(iterations):
        Q = [[ratio(i, j) for j in pixels] for i in images]
        W = [[W[i][k] * sum(Q[i][j] * H[k][j] for j in pixels) / sum(H[k]) for k in parts] for i in images]
        Q = [[ratio(i, j) for j in pixels] for i in images]
        H = [[H[k][j] * sum(W[i][k] * Q[i][j] for i in images) / sum(W[i][k] for i in images)
              for j in pixels] for k in parts]
    return np.array(W), np.array(H)


def must_agree(what, ours, theirs, tolerance):
    """End the run if two figures or matrices of the same thing differ by more than `tolerance`, relatively."""
    difference = float(np.abs(np.subtract(ours, theirs)).max() / np.abs(theirs).max())
    say(f"{what}: relative difference {difference:.1e}")
    if not difference <= tolerance:
        raise SystemExit(f"make_reference: {what}: the two disagree; nothing written")


def check_blas():
    """A BLAS that picks the wrong kernel for a processor returns wrong products: look before trusting it."""
    rng = np.random.default_rng(0)
    A, B = rng.random((200, 300)), rng.random((300, 100))
    U, s, V = np.linalg.svd(A, full_matrices=False)
    must_agree("BLAS product", A @ B, np.einsum("ij,jk->ik", A, B), 1e-12)
    must_agree("LAPACK SVD", (U * s) @ V, A, 1e-12)


# ---------------------------------------------------------------------------- fits

def sklearn_nmf(X, W, H, iterations, solver, beta_loss):
    """`iterations` of scikit-learn's NMF from (W, H). It works in place, therefore the copies."""
    model = NMF(len(H), solver=solver, beta_loss=beta_loss, init="custom", tol=0, max_iter=iterations)
    W = model.fit_transform(X, W=W.copy(), H=H.copy())
    return W, model.components_


def check_nmf(beta_loss, textbook, X, W0, H0, iterations, tolerance):
    """End the run unless scikit-learn's W and H are those of the updates written out above."""
    theirs = sklearn_nmf(X, W0, H0, iterations, "mu", beta_loss)
    for letter, A, B in zip("WH", textbook(X, W0, H0, iterations), theirs):
        must_agree(f"{beta_loss}, {iterations} iterations, {textbook.__name__}, {letter}", A, B, tolerance)


def trajectory(X, W, H, stops, solver, beta_loss, scores):
    """Scores after each number of iterations in `stops`.

    Neither solver remembers anything but W and H, so going on from a stop is the same as one long run.
    Returns {score name: {iterations: value}}, W and H.
    """
    result, done = {name: {} for name in scores}, 0
    for stop in stops:
        if stop > done:
            start = time.monotonic()
            W, H = sklearn_nmf(X, W, H, stop - done, solver, beta_loss)
            say(f"{solver} {beta_loss}: iterations {done + 1} to {stop}, {time.monotonic() - start:.1f} s")
            done = stop
        for name, score in scores.items():
            result[name][str(stop)] = score(X, W, H)
    return result, W, H


def textbook_numbers(X, W0, H0, iterations):
    """KL after so many iterations of the updates as the book has them.

    scikit-learn sets what is below 2.2e-16 in H to 0 after every iteration, for ever; on ORL some of that
    comes back otherwise, and the two part after some hundred iterations.
    """
    return {str(iterations): kl(X, *textbook_kl(X, W0, H0, iterations))}


def nmf_numbers(X, W0, H0, stops):
    """All NMF numbers of one problem. `stops` for KL; 'mu' Frobenius too; 'cd' at the last stop only."""
    last = stops[-1]
    by_kl, _, H = trajectory(X, W0, H0, stops, "mu", "kullback-leibler",
                             {"kl": kl, "esl_14_74": esl_14_74})
    by_mu, _, _ = trajectory(X, W0, H0, stops, "mu", "frobenius", {"half": half_squared})
    by_cd, _, _ = trajectory(X, W0, H0, [last], "cd", "frobenius", {"half": half_squared})

    check_nmf("kullback-leibler", textbook_kl, X, W0, H0, 10, 1e-12)
    check_nmf("frobenius", textbook_frobenius, X, W0, H0, 10, 1e-12)
    return {
        "order": ORDER,
        "kl_mu": by_kl["kl"],
        "kl_mu_textbook": textbook_numbers(X, W0, H0, last),
        "esl_14_74_mu": by_kl["esl_14_74"],
        "frobenius_half_squared_mu": by_mu["half"],
        "frobenius_half_squared_cd": by_cd["half"],
        "sparseness_of_basis_after_kl_mu": {str(last): hoyer(H)},
    }


def pca_numbers(X, count):
    """Leading singular values of X with and without its mean image taken off, and shares of variance."""
    centred = np.linalg.svd(X - X.mean(axis=0), compute_uv=False)
    plain = np.linalg.svd(X, compute_uv=False)
    total = float(X.var(axis=0, ddof=1).sum())
    model = PCA(count, svd_solver="full").fit(X)
    must_agree("PCA, singular values, against scikit-learn",
               model.singular_values_, centred[:count], 1e-10)
    must_agree("PCA, total variance, against the spectrum",
               float((centred ** 2).sum() / (len(X) - 1)), total, 1e-10)
    return {
        "total_variance": total,
        "total_variance_is": "sum over pixels of the variance over images, with N - 1",
        "singular_values_centred": centred[:count].tolist(),
        "singular_values_uncentred": plain[:count].tolist(),
        "explained_variance_ratio": model.explained_variance_ratio_.tolist(),
        "explained_variance_ratio_sum": float(model.explained_variance_ratio_.sum()),
    }


def kmeans_numbers(X, k):
    """Inertia (sum of squared distances to the nearest centroid), best of ten k-means++ starts."""
    start = time.monotonic()
    model = KMeans(k, n_init=10, random_state=0).fit(X)
    say(f"k-means: {time.monotonic() - start:.1f} s")
    return {"k": k, "starts": 10, "random_state": 0, "inertia_best": float(model.inertia_)}


# ---------------------------------------------------------------------------- section: small

SMALL_N, SMALL_H, SMALL_W, SMALL_R = 60, 8, 6, 5


def small_problem():
    """A planted problem: five blocks of pixels, sparse weights, noise, cut to 0..1. About a quarter is zero.

    Returns X (N x h x w), W0 (N x r) and H0 (r x h x w), all float32 and, the start, strictly positive.
    """
    rng = np.random.default_rng(1999)
    parts = np.zeros((SMALL_R, SMALL_H, SMALL_W))
    for part, (top, left) in zip(parts, [(0, 0), (0, 3), (4, 0), (4, 3), (2, 1)]):
        part[top:top + 4, left:left + 3] = 0.4 + 0.6 * rng.random((4, 3))
    weights = rng.random((SMALL_N, SMALL_R)) * (rng.random((SMALL_N, SMALL_R)) < 0.6)
    X = np.einsum("ik,khw->ihw", weights, parts)
    X += 0.05 * rng.standard_normal(X.shape)
    X[X < 1e-3] = 0
    X = np.minimum(X, 1).astype(np.float32)
    W0 = (0.1 + rng.random((SMALL_N, SMALL_R))).astype(np.float32)
    H0 = (0.1 + rng.random((SMALL_R, SMALL_H, SMALL_W))).astype(np.float32)
    return X, W0, H0


def best_known(X, r, starts=30, iterations=3000):
    """The lowest losses found from many random starts and long runs: what a better solver may reach."""
    scale = math.sqrt(X.mean() / r)
    best = {"kl": math.inf, "frobenius_half_squared": math.inf}
    for seed in range(starts):
        rng = np.random.default_rng(seed)
        W = scale * (0.1 + rng.random((len(X), r)))
        H = scale * (0.1 + rng.random((r, X.shape[1])))
        best["kl"] = min(best["kl"], kl(X, *sklearn_nmf(X, W, H, iterations, "mu", "kullback-leibler")))
        best["frobenius_half_squared"] = min(best["frobenius_half_squared"],
                                             half_squared(X, *sklearn_nmf(X, W, H, iterations, "cd", "frobenius")))
    return {**best, "starts": starts, "iterations": iterations}


def make_small():
    """tests/reference/small/: a problem small enough to commit, its start and its numbers."""
    images, weights, basis = small_problem()
    X = images.reshape(SMALL_N, -1).astype(np.float64)
    W0 = weights.astype(np.float64)
    H0 = basis.reshape(SMALL_R, -1).astype(np.float64)

    nmf = nmf_numbers(X, W0, H0, [0, 1, 10, 500])
    check_nmf("kullback-leibler", loops_kl, X, W0, H0, 1, 1e-12)
    check_nmf("kullback-leibler", loops_kl, X, W0, H0, 10, 1e-12)
    check_nmf("kullback-leibler", textbook_kl, X, W0, H0, 500, 1e-9)
    nmf["best_known"] = best_known(X, SMALL_R)

    folder = OUT / "small"
    (folder / "init").mkdir(parents=True, exist_ok=True)
    np.save(folder / "X.npy", images)
    np.save(folder / "init" / "weights.npy", weights)
    np.save(folder / "init" / "basis.npy", basis)
    write_json(folder / "expected.json", "small", {
        "about": "numbers for X.npy (values as stored, no normalisation) from the start in init/",
        "data": {
            "images": SMALL_N, "height": SMALL_H, "width": SMALL_W, "components": SMALL_R,
            "sum": float(X.sum()), "mean": float(X.mean()),
            "zeros": int((X == 0).sum()), "ones": int((X == 1).sum()),
        },
        "nmf": nmf,
        "pca": pca_numbers(X, SMALL_R),
        "kmeans": kmeans_numbers(X, SMALL_R),
        "sparseness": {
            "is": "Hoyer (2004), mean over rows",
            "init_basis": hoyer(H0), "images": hoyer(X),
        },
    })


# ---------------------------------------------------------------------------- sections: cbcl and orl

def integer_start(first, shape):
    """A start anyone can make again: entry n of the row-major array, n = 0, 1, ..., is the float32 of

        0.1 + ((first + n) * 2654435761 mod 2^32) / 2^32

    computed in double. W uses first = 0 and H goes on where W ends, first = N r.
    """
    n = first + np.arange(np.prod(shape), dtype=np.uint64)
    fraction = ((n * np.uint64(2654435761)) % np.uint64(2 ** 32)).astype(np.float64) / 2 ** 32
    return (0.1 + fraction).astype(np.float32).astype(np.float64).reshape(shape)


def make_faces(name, folder, source, r=49):
    """Numbers, and only numbers, of one collection of faces under the normalisation `lee-seung`."""
    paths, pixels = read_images(folder)
    X = lee_seung(pixels)
    N, p = X.shape
    single = lee_seung(pixels, np.float32)
    for value in (0, 1):
        must_agree(f"pixels that are {value}, in single and double precision",
                   int((single == value).sum()), int((X == value).sum()), 0)
    W0, H0 = integer_start(0, (N, r)), integer_start(N * r, (r, p))
    nmf = nmf_numbers(X, W0, H0, [0, 1, 10, 100, 500])
    inside = X[(X > 0) & (X < 1)]
    write_json(OUT / f"{name}.json", name, {
        "about": f"numbers for {source}, under the normalisation lee-seung; the images themselves are not here",
        "data": {
            "images": N, "height": pixels.shape[1], "width": pixels.shape[2], "components": r,
            "first": paths[0], "last": paths[-1],
            "sha256_of_grey_bytes_in_order": hashlib.sha256(pixels.tobytes()).hexdigest(),
            "constant_images": int((pixels.reshape(N, -1).ptp(axis=1) == 0).sum()),
            "sum": float(X.sum()), "mean": float(X.mean()),
            "zeros": int((X == 0).sum()), "ones": int((X == 1).sum()),
            "smallest_above_zero": float(inside.min()), "one_minus_largest_below_one": float(1 - inside.max()),
        },
        "start": {
            "formula": "entry n (row-major) is the float32 of 0.1 + ((first + n) * 2654435761 mod 2^32) / 2^32, "
                       "computed in double; W has first = 0, H has first = N r",
            "weights_sum": float(W0.sum()), "basis_sum": float(H0.sum()),
            "weights_first": W0.ravel()[:3].tolist(), "basis_first": H0.ravel()[:3].tolist(),
        },
        "nmf": nmf,
        "pca": pca_numbers(X, r),
        "kmeans": kmeans_numbers(X, r),
    })


def make_cbcl():
    make_faces("cbcl", DATA / "cbcl" / "face",
               "MIT CBCL face database 1, training faces, 2429 images of 19x19")


def make_orl():
    make_faces("orl", DATA / "orl" / "orl_faces",
               "ORL (AT&T Cambridge) database of faces, 400 images of 92x112 in the order s1/1, s1/2, ..., s40/10")


# ---------------------------------------------------------------------------- output

def rounded(value):
    """`value` with every float cut to DIGITS significant digits."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return value


def write_json(path, section, content):
    made_by = {
        "command": f"python3 tools/reference/make_reference.py --only {section}",
        "python": platform.python_version(), "numpy": np.__version__, "scikit-learn": sklearn.__version__,
        "precision": "float64",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {"about": content.pop("about"), "made_by": made_by}
    path.write_text(json.dumps(rounded({**about, **content}), indent=2) + "\n")
    say(f"wrote {path.relative_to(ROOT)}")


SECTIONS = {"small": make_small, "cbcl": make_cbcl, "orl": make_orl}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=SECTIONS, help="make one section")
    args = parser.parse_args()
    check_blas()
    for name, make in SECTIONS.items():
        if args.only in (None, name):
            make()


if __name__ == "__main__":
    main()
