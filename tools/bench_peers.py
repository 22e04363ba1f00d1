#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""bench_peers.py - the other side of tools/bench: data, starts, scikit-learn's fits and everybody's scores.

    bench_peers.py TASK 'JSON arguments'

tools/bench starts one process a measurement, since threads and malloc are settled by the environment before
Python begins. A task prints one JSON object on stdout. Notation: X is N x p with one image a row, W is N x r,
H is r x p, X ~ W H.

Clocks: data are read, converted and touched, and modules imported, before a clock starts. scikit-learn's NMF is
run through its own update functions (sklearn.decomposition._nmf), the very calls that NMF(tol=0) makes, so that
the clock can be stopped while a loss is looked at: its times are updates and nothing else.
"""
import json
import math
import pathlib
import re
import sys
import time
import warnings

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "reference"))
from images import lee_seung, read_images  # noqa: E402

CHUNK = 2048    # images at a time, in float64, when something is scored
TASKS = {}


def task(function):
    TASKS[function.__name__] = function
    return function


# ---------------------------------------------------------------------------- data

def parts_images(seed, count, side, parts):
    """Images of `parts` soft blobs with sparse non-negative weights, plus noise; N x side x side, u8."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:side, 0:side] / side
    centres, widths = rng.random((parts, 2)), 0.04 + 0.12 * rng.random((parts, 2))
    basis = np.array([np.exp(-((y - cy) / sy) ** 2 - ((x - cx) / sx) ** 2)
                      for (cy, cx), (sy, sx) in zip(centres, widths)], np.float32).reshape(parts, -1)
    images = np.empty((count, side * side), np.uint8)
    for first in range(0, count, CHUNK):
        n = min(CHUNK, count - first)
        weights = rng.gamma(1.0, 60.0, (n, parts)) * (rng.random((n, parts)) < 0.4)
        noise = 6 * rng.standard_normal((n, side * side), np.float32)
        images[first:first + n] = np.clip(weights.astype(np.float32) @ basis + 8 + noise, 0, 255)
    return images.reshape(count, side, side)


@task
def make_array(out, folder=None, seed=0, count=0, side=0, parts=0):
    """Write images as u8 .npy: those of a folder, or synthetic ones."""
    images = read_images(folder)[1] if folder else parts_images(seed, count, side, parts)
    np.save(out, images)


@task
def make_folder(out, count, width, height, suffix, seed):
    """A folder of grey images of one size, smooth with noise."""
    from PIL import Image
    rng = np.random.default_rng(seed)
    folder = pathlib.Path(out)
    folder.mkdir(parents=True)
    y, x = np.mgrid[0:height, 0:width]
    for i in range(count):
        wave = np.sin(x / (3 + 9 * rng.random()) + 6 * rng.random()) * np.cos(y / (3 + 9 * rng.random()))
        grey = np.clip(128 + 90 * wave + 8 * rng.standard_normal((height, width)), 0, 255)
        Image.fromarray(grey.astype(np.uint8)).save(folder / f"{i:05d}.{suffix}")


@task
def make_crop(data, out, count, side):
    """The first images of an array, cut to the upper left square."""
    np.save(out, np.load(data, mmap_mode="r")[:count, :side, :side])


def load_pixels(data, mmap_mode=None):
    pixels = np.load(data, mmap_mode=mmap_mode)
    return pixels.reshape(len(pixels), -1)


def normalized(pixels, normalize, dtype):
    if normalize == "lee-seung":
        return lee_seung(pixels, dtype)
    return pixels.astype(dtype) / dtype(255)


def load_X(data, normalize, dtype):
    return normalized(load_pixels(data), normalize, np.dtype(dtype).type)


def chunks(data, normalize):
    """Runs of consecutive images in float64, with the index of the first."""
    pixels = load_pixels(data, "r")
    for first in range(0, len(pixels), CHUNK):
        yield first, normalized(np.asarray(pixels[first:first + CHUNK]), normalize, np.float64)


@task
def make_start(data, normalize, r, seed, out):
    """A random start for both sides: scikit-learn's init="random", rounded to float32."""
    pixels = load_pixels(data, "r")
    mean = sum(X.sum() for _, X in chunks(data, normalize)) / pixels.size
    rng = np.random.default_rng(seed)
    scale = math.sqrt(mean / r)
    folder = pathlib.Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    for name, shape in (("weights", (len(pixels), r)), ("basis", (r, pixels.shape[1]))):
        np.save(folder / f"{name}.npy", (scale * np.abs(rng.standard_normal(shape))).astype(np.float32))


# ---------------------------------------------------------------------------- scores: one judge for all

def kl(X, Y):
    """sum x log(x / y) - x + y with 0 log 0 = 0."""
    on = X > 0
    with np.errstate(divide="ignore"):
        return float((X[on] * np.log(X[on] / Y[on])).sum() - X.sum() + Y.sum())


def squares(X, Y):
    return float(((X - Y) ** 2).sum())


LOSSES = {"kl": kl, "frobenius": lambda X, Y: squares(X, Y) / 2, "squares": squares}


def loss_of(data, normalize, W, H, objective, mu=0.0):
    """The loss of W H in float64, whatever precision they were made in."""
    W, H = np.asarray(W, np.float64), np.asarray(H, np.float64)
    return sum(LOSSES[objective](X, W[first:first + len(X)] @ H + mu) for first, X in chunks(data, normalize))


def load_result(folder):
    folder = pathlib.Path(folder)
    W, H = np.load(folder / "weights.npy"), np.load(folder / "basis.npy")
    mean = folder / "mean.npy"
    return W, H.reshape(len(H), -1), np.load(mean).reshape(-1).astype(np.float64) if mean.exists() else 0.0


def save_result(folder, W, H, mu=None):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in (("weights", W), ("basis", H), ("mean", mu)):
        if values is not None:
            np.save(folder / f"{name}.npy", values)


@task
def score(data, normalize, result, objective):
    W, H, mu = load_result(result)
    least = min(W.min(), H.min())
    return {"loss": loss_of(data, normalize, W, H, objective, mu), "nonnegative": bool(least >= 0)}


@task
def true_spectrum(data, normalize, r):
    """Leading singular values of X less its mean, from the Gram matrix of the smaller side in float64."""
    X = load_X(data, normalize, "float64")
    X -= X.mean(axis=0)
    G = X @ X.T if len(X) < X.shape[1] else X.T @ X
    from scipy.linalg import eigh
    values = eigh(G, eigvals_only=True, subset_by_index=[len(G) - r, len(G) - 1])
    return {"spectrum": np.sqrt(values[::-1]).tolist()}


@task
def spectrum(result):
    return {"spectrum": np.linalg.norm(np.asarray(load_result(result)[0], np.float64), axis=0).tolist()}


@task
def negentropy(result):
    """How far from Gaussian the basis images are: sum over them of (E logcosh s - E logcosh gauss)^2."""
    S = np.asarray(load_result(result)[1], np.float64)
    S = (S - S.mean(axis=1, keepdims=True)) / S.std(axis=1, keepdims=True)
    return {"contrast": float(((np.log(np.cosh(S)).mean(axis=1) - 0.37456720749143811) ** 2).sum())}


# ---------------------------------------------------------------------------- scikit-learn's fits

class Clock:
    """Seconds of what happens inside `with clock:`."""

    def __init__(self):
        self.seconds = 0.0

    def __enter__(self):
        self.started = time.perf_counter()

    def __exit__(self, *_):
        self.seconds += time.perf_counter() - self.started


class MultiplicativeUpdates:
    """The loop body of sklearn.decomposition._nmf._fit_multiplicative_update."""

    def __init__(self, X, W, H, objective):
        from sklearn.decomposition import _nmf
        self.nmf, self.X, self.W, self.H = _nmf, X, W, H
        self.settings = {"beta_loss": {"kl": 1, "frobenius": 2}[objective], "gamma": 1.0}

    def step(self):
        self.W = self.nmf._multiplicative_update_w(self.X, self.W, self.H, l1_reg_W=0, l2_reg_W=0,
                                                   **self.settings)[0]
        self.H = self.nmf._multiplicative_update_h(self.X, self.W, self.H, l1_reg_H=0, l2_reg_H=0,
                                                   **self.settings)
        if self.settings["beta_loss"] <= 1:
            self.H[self.H < np.finfo(np.float64).eps] = 0

    def result(self):
        return self.W, self.H


class CoordinateDescent:
    """The loop body of sklearn.decomposition._nmf._fit_coordinate_descent."""

    def __init__(self, X, W, H, objective):
        from sklearn.decomposition import _nmf
        assert objective == "frobenius"
        self.update, self.X, self.W = _nmf._update_coordinate_descent, X, W
        self.Ht = np.ascontiguousarray(H.T)

    def step(self):
        self.update(self.X, self.W, self.Ht, 0, 0, False, None)
        self.update(self.X.T, self.Ht, self.W, 0, 0, False, None)

    def result(self):
        return self.W, self.Ht.T


SOLVERS = {"mu": MultiplicativeUpdates, "cd": CoordinateDescent}


@task
def nmf(data, normalize, dtype, start, solver, objective, marks, target=None):
    """Update as often as the largest of `marks` says; [iteration, seconds, loss] at each mark.

    With `target` the marks are where to look whether the loss is low enough to end.
    """
    X = load_X(data, normalize, dtype)
    W, H, _ = load_result(start)
    fit = SOLVERS[solver](X, W.astype(dtype), H.astype(dtype), objective)
    clock, rows, done = Clock(), [], 0
    for mark in marks:
        with clock:
            for _ in range(mark - done):
                fit.step()
        done = mark
        rows.append([mark, clock.seconds, loss_of(data, normalize, *fit.result(), objective)])
        if target is not None and rows[-1][2] <= target:
            break
    return {"marks": rows, "seconds": clock.seconds}


def fitted(estimator, X, method="fit"):
    """Fit after a fit of a few images, which leaves nothing to be imported or planned; the seconds."""
    from sklearn.base import clone
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        getattr(clone(estimator), method)(X[:max(128, 2 * X.shape[0] // 50)])
        caught.clear()
        clock = Clock()
        with clock:
            returned = getattr(estimator, method)(X)
    return clock.seconds, returned, not any("converge" in str(w.message).lower() for w in caught)


@task
def kmeans(data, normalize, dtype, k, seed, algorithm):
    from sklearn.cluster import KMeans
    X = load_X(data, normalize, dtype)
    model = KMeans(k, init="k-means++", n_init=1, max_iter=500, algorithm=algorithm, random_state=seed)
    seconds, _, _ = fitted(model, X)
    inertia = loss_of(data, normalize, np.eye(k)[model.labels_], model.cluster_centers_, "squares")
    return {"seconds": seconds, "inertia": inertia, "iterations": int(model.n_iter_)}


@task
def pca(data, normalize, dtype, r, seed, svd_solver, iterated_power="auto"):
    from sklearn.decomposition import PCA
    X = load_X(data, normalize, dtype)
    model = PCA(r, svd_solver=svd_solver, iterated_power=iterated_power, random_state=seed)
    seconds, _, _ = fitted(model, X, "fit_transform")
    return {"seconds": seconds, "spectrum": np.asarray(model.singular_values_, np.float64).tolist()}


@task
def ica(data, normalize, dtype, r, seed, iterations, tolerance, out):
    """Pixels are samples and images mixtures: the basis images are the independent sources."""
    from sklearn.decomposition import FastICA
    X = load_X(data, normalize, dtype)
    model = FastICA(r, whiten="unit-variance", fun="logcosh", max_iter=iterations, tol=tolerance,
                    random_state=seed)
    seconds, S, converged = fitted(model, np.ascontiguousarray((X - X.mean(axis=0)).T), "fit_transform")
    save_result(out, model.mixing_, S.T)
    return {"seconds": seconds, "iterations": int(model.n_iter_), "converged": converged}


@task
def load(folder):
    """A loop over a folder with PIL into one numpy array."""
    from PIL import Image
    Image.init()    # its readers are imported beforehand
    clock = Clock()
    with clock:
        pixels = read_images(folder)[1]
    return {"seconds": clock.seconds, "n": len(pixels), "sum": float(pixels.sum(dtype=np.float64))}


# ---------------------------------------------------------------------------- R

@task
def export_raw(data, normalize, start, out):
    """X and the start as bare float64: row after row here is column after column of R's p x N."""
    folder = pathlib.Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    W, H, _ = load_result(start)
    for name, values in (("X", load_X(data, normalize, "float64")), ("W", W), ("H", H)):
        np.ascontiguousarray(values, np.float64).tofile(folder / f"{name}.raw")


@task
def score_raw(data, normalize, folder, r, objective):
    folder, pixels = pathlib.Path(folder), load_pixels(data, "r")
    W = np.fromfile(folder / "W_out.raw").reshape(-1, r)
    H = np.fromfile(folder / "H_out.raw").reshape(r, pixels.shape[1])
    return {"loss": loss_of(data, normalize, W, H, objective)}


# ---------------------------------------------------------------------------- rest

@task
def check_blas():
    """A BLAS that takes the wrong kernel for a processor returns wrong products: look before timing it."""
    rng = np.random.default_rng(0)
    worst = 0.0
    for dtype, unit in ((np.float64, 1e-12), (np.float32, 1e-5)):
        A, B = rng.random((200, 300)).astype(dtype), rng.random((300, 100)).astype(dtype)
        worst = max(worst, float(np.abs(A @ B / np.einsum("ij,jk->ik", A, B) - 1).max()) / unit)
    return {"good": worst < 1}


@task
def versions():
    import PIL
    import matplotlib
    import scipy
    import sklearn
    blas = []
    try:
        from threadpoolctl import threadpool_info
        blas = [f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')}".strip()
                for pool in threadpool_info() if pool["user_api"] == "blas"]
    except ImportError:
        pass
    return {"python": sys.version.split()[0], "scikit-learn": sklearn.__version__, "numpy": np.__version__,
            "scipy": scipy.__version__, "PIL": PIL.__version__, "matplotlib": matplotlib.__version__,
            "blas": ", ".join(sorted(set(blas))) or "unknown"}


GNUPLOT = """set terminal pngcairo size 1440,840 font "DejaVu Sans,11" background "white"
set output "{out}"
set multiplot layout 2,3 title "NMF, Kullback-Leibler, fast: growth over a decade" font "DejaVu Sans,14"
set logscale xy
set grid xtics ytics mxtics mytics lc rgb "#e4e4e4"
set border 3 lc rgb "#888888"
set tics nomirror
set key top left Left reverse samplen 2
"""


@task
def plot(series, out):
    """Time and memory over N, p and r on logarithmic axes, by gnuplot; series as tools/bench keeps them."""
    import subprocess
    script = [GNUPLOT.format(out=out)]
    colors = {1: "#d95f02", 2: "#1b6ca8"}
    for quantity, words in (("seconds", "seconds an iteration"), ("mb", "memory that grows, MB")):
        for axis, label in {"N": "images N", "p": "pixels p", "r": "components r"}.items():
            curves = []
            for threads, color in colors.items():
                points = [p for p in series if p["axis"] == axis and p["threads"] == threads]
                if not points:
                    continue
                xs, ys = [p["value"] for p in points], [p[quantity] for p in points]
                name = f"$curve{len(script)}_{threads}"
                rows = "\n".join(f"{x} {y}" for x, y in zip(xs, ys))
                script.append(f"{name} << EOD\n{rows}\nEOD\n")
                slope = np.polyfit(np.log(xs), np.log(ys), 1)[0]
                plural = "s" if threads > 1 else ""
                curves.append(f'{name} with linespoints pt 7 ps 1.2 lw 2 lc rgb "{color}" '
                              f'title "{threads} thread{plural}, slope {slope:.2f}"')
            if curves:
                script.append(f'set xlabel "{label}"\nset ylabel "{words}"\nplot {", ".join(curves)}\n')
    subprocess.run(["gnuplot"], input="".join(script) + "unset multiplot\n", text=True, check=True)


def main():
    if len(sys.argv) != 3 or not re.fullmatch(r"\w+", sys.argv[1]) or sys.argv[1] not in TASKS:
        sys.exit(__doc__.strip() + "\n\nTASK: " + " ".join(TASKS))
    print(json.dumps(TASKS[sys.argv[1]](**json.loads(sys.argv[2])) or {}))


if __name__ == "__main__":
    main()
