#!/usr/bin/python3
"""consensus.py - consensus matrices, their trees and correlations as scipy has them.

SPDX-License-Identifier: MIT

    /usr/bin/python3 tools/reference/consensus.py >tests/reference/consensus.json

Made-up dominant components of n images over several runs: images of a few groups, which some runs
mix up. Expected: linkage(average), its leaves and heights, the Pearson correlation of distances and
cophenetic distances (Brunet 2004), the dispersion (Kim & Park 2007).
"""
import json
import sys

import numpy as np
import scipy
from scipy.cluster.hierarchy import cophenet, leaves_list, linkage
from scipy.spatial.distance import squareform


def make(n, runs, groups, noise, seed):
    rng = np.random.RandomState(seed)
    truth = rng.randint(groups, size=n)
    labels = np.tile(truth, (runs, 1))
    mixed = rng.rand(runs, n) < noise
    labels[mixed] = rng.randint(groups, size=mixed.sum())
    for run in range(runs):  # numbers of components mean nothing across runs
        labels[run] = rng.permutation(groups)[labels[run]]
    return labels


def expect(labels):
    C = (labels[:, :, None] == labels[:, None, :]).mean(axis=0)
    d = squareform(1 - C, checks=False)
    Z = linkage(d, "average")
    correlation, _ = cophenet(Z, d)
    return {
        "dominant": labels.tolist(),
        "heights": Z[:, 2].tolist(),
        "leaves": leaves_list(Z).tolist(),
        "cophenetic": correlation,
        "dispersion": float((4 * (C - 0.5) ** 2).mean()),
    }


cases = [make(9, 4, 3, 0.2, 1), make(24, 7, 4, 0.4, 2), make(40, 20, 5, 0.6, 3), make(60, 300, 6, 0.8, 4)]
out = {"scipy": scipy.__version__, "numpy": np.__version__, "cases": [expect(c) for c in cases]}
json.dump(out, sys.stdout, separators=(",", ":"))
print()
