#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""four_fits.py - the yardstick: what mien does end to end, done with scikit-learn as a user would do it.

    python3 tools/reference/four_fits.py FOLDER [-r 49] [--draw OUT.png] [--float32] [--seed 0]

Reads a folder of images, normalises them as `lee-seung`, fits NMF, k-means, PCA and ICA and, with --draw,
draws what each learned. Prints one JSON line on stdout: seconds of each stage, the total from the start of
this script (imports included), peak memory, and enough about each fit to see that it is a fit.

    nmf     Kullback-Leibler, multiplicative updates, --iterations of them (tol=0), random start
    kmeans  k-means++, one start
    pca     scikit-learn's own choice of solver
    ica     FastICA, logcosh, on images less their mean image, with pixels as samples and images as mixtures,
            so that the basis images are the independent sources (Bartlett's architecture I)

Threads: set OMP_NUM_THREADS and OPENBLAS_NUM_THREADS.
"""
import argparse
import json
import os
import resource
import sys
import time
import warnings

START = time.monotonic()    # before the heavy imports: a user waits for them too


class Stages:
    """Seconds by stage; each call of `done` ends a stage and begins the next."""

    def __init__(self, start):
        self.seconds, self.last = {}, start

    def done(self, name):
        now = time.monotonic()
        self.seconds[name] = round(now - self.last, 3)
        self.last = now


# Each fit returns W, H, base and notes: image i is base(i) + W[i] @ H.

def fit_nmf(X, r, seed, iterations):
    from sklearn.decomposition import NMF
    model = NMF(r, solver="mu", beta_loss="kullback-leibler", init="random", tol=0, max_iter=iterations,
                random_state=seed)
    W = model.fit_transform(X)
    return W, model.components_, lambda i: 0, {"iterations": model.n_iter_,
                                               "kl": float(model.reconstruction_err_ ** 2 / 2)}


def fit_kmeans(X, r, seed, _):
    import numpy as np
    from sklearn.cluster import KMeans
    model = KMeans(r, init="k-means++", n_init=1, random_state=seed).fit(X)
    W = np.eye(r, dtype=X.dtype)[model.labels_]
    return W, model.cluster_centers_, lambda i: 0, {"iterations": model.n_iter_, "inertia": float(model.inertia_)}


def fit_pca(X, r, seed, _):
    from sklearn.decomposition import PCA
    model = PCA(r, random_state=seed)
    W = model.fit_transform(X)
    return W, model.components_, lambda i: model.mean_, {
        "explained_variance": float(model.explained_variance_ratio_.sum())}


def fit_ica(X, r, seed, _):
    from sklearn.decomposition import FastICA
    model = FastICA(r, whiten="unit-variance", fun="logcosh", random_state=seed)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        mu = X.mean(axis=0)
        S = model.fit_transform((X - mu).T)
    return model.mixing_, S.T, lambda i: mu + model.mean_[i], {
        "iterations": model.n_iter_, "converged": not any("converge" in str(w.message) for w in caught)}


METHODS = {"nmf": fit_nmf, "kmeans": fit_kmeans, "pca": fit_pca, "ica": fit_ica}
CENTRED = {"pca", "ica"}


def montage(tiles, columns):
    """Tiles (n x h x w) side by side in `columns` columns, with a frame of one empty pixel."""
    import numpy as np
    n, h, w = tiles.shape
    rows = -(-n // columns)
    sheet = np.full((rows * (h + 1) + 1, columns * (w + 1) + 1), np.nan)
    for i, tile in enumerate(tiles):
        top, left = i // columns * (h + 1) + 1, i % columns * (w + 1) + 1
        sheet[top:top + h, left:left + w] = tile
    return sheet


def draw(path, X, fits, shape, example=0):
    """One row a method, as in ESL Fig. 14.33: basis images, weights of one image, the image rebuilt."""
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import numpy as np

    figure, axes = plt.subplots(len(fits) + 1, 3, figsize=(12, 4 * (len(fits) + 1)),
                                gridspec_kw={"width_ratios": [2, 1, 1]}, squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    axes[0][2].imshow(X[example].reshape(shape), cmap="gray", vmin=0, vmax=1)
    axes[0][2].set_title("original")
    for (left, middle, right), (name, (W, H, base)) in zip(axes[1:], fits.items()):
        columns = int(np.ceil(np.sqrt(len(H))))
        scale = np.abs(H).max(axis=1, keepdims=True)
        tiles = (H / np.where(scale > 0, scale, 1)).reshape(-1, *shape)
        weights = W[example] * scale[:, 0]
        signed = name in CENTRED
        colours = {"cmap": "RdGy", "vmin": -1, "vmax": 1} if signed else {"cmap": "gray_r", "vmin": 0, "vmax": 1}
        left.imshow(montage(tiles, columns), **colours)
        left.set_title(name)
        grid = montage(weights.reshape(-1, 1, 1), columns)
        reach = np.abs(weights).max()
        middle.imshow(grid, cmap=colours["cmap"], vmin=-reach if signed else 0, vmax=reach)
        rebuilt = base(example) + W[example] @ H
        right.imshow(rebuilt.reshape(shape), cmap="gray", vmin=0, vmax=1)
    figure.savefig(path, dpi=150, bbox_inches="tight")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("-r", "--components", type=int, default=49)
    parser.add_argument("--iterations", type=int, default=500, help="of NMF")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--float32", action="store_true", help="fit in single precision")
    parser.add_argument("--draw", metavar="OUT.png")
    args = parser.parse_args()

    stages = Stages(START)
    import numpy as np
    import sklearn.cluster      # noqa: F401  imported here so that no fit pays for it
    import sklearn.decomposition    # noqa: F401
    from images import lee_seung, read_images
    stages.done("import")
    paths, pixels = read_images(args.folder)
    stages.done("read")
    X = lee_seung(pixels, np.float32 if args.float32 else np.float64)
    stages.done("normalize")

    fits, notes = {}, {}
    for name, fit in METHODS.items():
        *fits[name], notes[name] = fit(X, args.components, args.seed, args.iterations)
        stages.done(name)
    if args.draw:
        draw(args.draw, X, fits, pixels.shape[1:])
        stages.done("draw")

    print(json.dumps({
        "images": len(paths), "pixels": X.shape[1], "components": args.components, "dtype": str(X.dtype),
        "seed": args.seed, "threads": os.environ.get("OPENBLAS_NUM_THREADS", "default"),
        "python": sys.version.split()[0], "numpy": np.__version__, "scikit-learn": sklearn.__version__,
        "seconds": stages.seconds, "total_seconds": round(time.monotonic() - START, 3),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "fits": notes,
    }))


if __name__ == "__main__":
    main()
