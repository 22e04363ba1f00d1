#!/usr/bin/python3
"""rank_peers.py - choices of r on planted data: mien, RcppML's cross-validation, R NMF's cophenetic.

SPDX-License-Identifier: MIT

    /usr/bin/python3 tools/reference/rank_peers.py build/release/mien >tests/reference/rank.json

Data: X around W H, n x p, r planted, from a seed; made here and, number by number the same, in
tests/test_rank_peers.c. Every side is asked the same range of r. Progress goes to standard error.
"""
import argparse
import json
import math
import os
import subprocess
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
SETS = [(400, 150, 5, 3, 9), (400, 150, 10, 8, 14), (400, 150, 20, 18, 24)]  # n, p, r, low, high
SMALL = [(150, 60, 5, 3, 9)]  # for the test, which has seconds; RcppML masks from r = 3 on
RUNS = 5  # of NMF at each r, for the cophenetic correlation


def uniform(seed, stream, count):
    """count numbers in [0, 1): splitmix64 of a counter."""
    with np.errstate(over="ignore"):
        z = np.arange(count, dtype=np.uint64) + (np.uint64(seed) << np.uint64(48)) + (np.uint64(stream) << np.uint64(40))
        z = (z + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53


def planted(n, p, r, poisson, seed):
    """W: squares of uniform numbers; H: 0 for three pixels of five, else 0.6 to 1."""
    W = uniform(seed, 1, n * r).reshape(n, r) ** 2
    H = uniform(seed, 2, r * p).reshape(r, p)
    H[H <= 0.6] = 0
    Y = np.zeros((n, p))
    for k in range(r):
        Y += W[:, k : k + 1] * H[k : k + 1]
    if poisson:  # mean 10 y, by inversion
        mean = 10 * Y
        u = uniform(seed, 3, n * p).reshape(n, p)
        chance = np.exp(-mean)
        total = chance.copy()
        X = np.zeros((n, p))
        for value in range(1, 1000):
            more = u > total
            if not more.any():
                break
            X[more] = value
            chance *= mean / value
            total += chance
        return X
    error = np.zeros((n, p))  # normal enough: twelve uniform numbers
    for stream in range(12):
        error += uniform(seed, 3 + stream, n * p).reshape(n, p)
    return np.floor(np.maximum(0, Y + 0.2 * (error - 6)) * 10000 + 0.5) / 10000


def rscript(*words):
    return subprocess.run(
        ["Rscript", os.path.join(HERE, "rank_peers.R"), *map(str, words)], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.split()


def cross_validation(path, low, high, seed):
    errors = {}
    for line in rscript("cv", path, low, high, seed):
        rank, _, error = line.split(",")
        errors.setdefault(int(rank), []).append(float(error))
    mean = {rank: sum(e) / len(e) for rank, e in errors.items()}
    return {"choice": min(mean, key=mean.get), "error": [float("%.6g" % mean[r]) for r in range(low, high + 1)]}


def begins_to_fall(curve, low):
    """Brunet 2004: the first r after which the cophenetic correlation falls."""
    for i in range(len(curve) - 1):
        if curve[i + 1] < curve[i]:
            return low + i
    return low + len(curve) - 1


def steepest_fall(curve, low):
    """The r after which it falls most: how the same advice is often read."""
    falls = [curve[i] - curve[i + 1] for i in range(len(curve) - 1)]
    return low + falls.index(max(falls))


def above_most(curve, low, share=0.98):
    """mien's reading: the last r at which it is at least 98 % of the largest."""
    return low + max(i for i, value in enumerate(curve) if value >= share * max(curve))


def readings(curve, low):
    return {
        "begins_to_fall": begins_to_fall(curve, low),
        "steepest_fall": steepest_fall(curve, low),
        "above_most": above_most(curve, low),
        "curve": curve,
    }


def cophenetic(path, low, high, seed):
    curve = [float(line.split(",")[1]) for line in rscript("cophenetic", path, low, high, RUNS, seed)]
    return readings(curve, low)


def mien(program, path, low, high, seed, folder):
    out = os.path.join(folder, "out")
    subprocess.run(
        [program, "rank", path, "-o", out, "--force", "--quiet", "--ranks", f"{low}:{high}", "--starts", str(RUNS), "--seed", str(seed)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    with open(os.path.join(out, "summary.json"), encoding="utf-8") as file:
        summary = json.load(file)
    with open(os.path.join(out, "rank.csv"), encoding="utf-8") as file:
        names = file.readline().strip().split(",")
        curve = [float(line.strip().split(",")[names.index("cophenetic")]) for line in file]
    said = {c["key"]: c["choice"] for c in summary["criteria"]}
    return {
        "version": summary["version"],
        "recommended": summary["recommended"],
        "held_out_kl": said["held-out-kl"],
        "held_out_frobenius": said["held-out-frobenius"],
        "cophenetic": readings(curve, low),
    }


def one(program, shape, poisson, seed, folder, with_cophenetic):
    n, p, r, low, high = shape
    X = planted(n, p, r, poisson, seed)
    path = os.path.join(folder, "X.csv")
    np.savetxt(path, X, fmt="%.4f", delimiter=",")
    result = {"n": n, "p": p, "r": r, "poisson": poisson, "seed": seed, "low": low, "high": high, "sum": math.fsum(X.ravel())}
    result["mien"] = mien(program, path, low, high, seed, folder)
    result["rcppml"] = cross_validation(path, low, high, seed)
    if with_cophenetic:  # it takes minutes
        result["nmf"] = cophenetic(path, low, high, seed)
    print(
        f"{n} x {p}, r {r}, {'Poisson' if poisson else 'normal'}, seed {seed}: mien {result['mien']['recommended']},",
        f"held out {result['mien']['held_out_kl']} {result['mien']['held_out_frobenius']},",
        f"RcppML {result['rcppml']['choice']},",
        f"cophenetic mien {[*result['mien']['cophenetic'].values()][:3]}",
        f"NMF {[*result['nmf'].values()][:3]}" if with_cophenetic else "",
        file=sys.stderr,
        flush=True,
    )
    return result


def labels_of(n, runs, groups, seed):
    """Dominant components: image i is of group i mod groups in a share of runs of its own."""
    keep = 0.2 + 0.6 * uniform(seed, 22, n)
    kept = uniform(seed, 20, runs * n).reshape(runs, n) < keep
    mixed = np.floor(uniform(seed, 21, runs * n).reshape(runs, n) * groups).astype(int)
    return np.where(kept, np.arange(n) % groups, mixed)


def cophcor(folder):
    """NMF's cophcor() of consensus matrices without equal entries: trees of those are defined."""
    cases = []
    for n, groups in ((6, 2), (8, 3), (10, 3), (12, 4)):
        for seed in range(1000):
            labels = labels_of(n, 2000, groups, seed)
            C = (labels[:, :, None] == labels[:, None, :]).mean(axis=0)
            if len(set(C[np.triu_indices(n, 1)])) == n * (n - 1) // 2:
                break
        else:
            sys.exit("no seed gives distinct entries")
        path = os.path.join(folder, f"consensus{n}.csv")
        np.savetxt(path, C, fmt="%.17g", delimiter=",")
        cases.append({"n": n, "runs": 2000, "groups": groups, "seed": seed, "path": path})
    for case, value in zip(cases, rscript("cophcor", *(case.pop("path") for case in cases))):
        case["value"] = float(value)
    return cases


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mien", help="the program")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--nmf-seeds", type=int, default=2, help="of the small sets, for NMF's cophenetic correlation")
    words = parser.parse_args()
    program = os.path.abspath(words.mien)
    with tempfile.TemporaryDirectory() as folder:
        sets = [
            one(program, shape, poisson, seed, folder, shape in SMALL and seed < words.nmf_seeds)
            for shape in SMALL + SETS
            for poisson in (True, False)
            for seed in range(words.seeds)
        ]
        versions = dict(line.split(",") for line in rscript("versions"))
        versions["mien"] = sets[0]["mien"].pop("version")
        for s in sets[1:]:
            s["mien"].pop("version")
        json.dump({"versions": versions, "runs": RUNS, "cophcor": cophcor(folder), "sets": sets}, sys.stdout, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
