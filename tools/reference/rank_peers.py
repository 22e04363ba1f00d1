#!/usr/bin/python3
"""rank_peers.py - choices of r on planted data: mien, RcppML's cross-validation, R NMF's cophenetic.

SPDX-License-Identifier: MIT

    /usr/bin/python3 tools/reference/rank_peers.py build/release/mien >tests/reference/rank.json

R NMF takes an hour and more of that; --cophenetic-seeds 0 leaves it out.

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
COPHENETIC = [(120, 60, 3, 2, 7), (120, 60, 5, 2, 9), (120, 60, 8, 2, 12)]
RUNS = 5  # at each r, for the cophenetic correlation


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


# ---------------------------------------------------------------- the cophenetic correlation


def begins_to_fall(curve):
    """Brunet 2004, to the letter: the first place after which the correlation falls."""
    return next((i for i in range(len(curve) - 1) if curve[i + 1] < curve[i]), len(curve) - 1)


def steepest_fall(curve):
    """The place after which it falls most: how the same advice is often read."""
    falls = [curve[i] - curve[i + 1] for i in range(len(curve) - 1)]
    return falls.index(max(falls))


def largest(curve):
    return curve.index(max(curve))


def falls_for_good(curve, share=0.995):
    """mien's reading: the last place at which it is at least 99.5 % of the largest."""
    return max(i for i, value in enumerate(curve) if value >= share * max(curve))


def above_98(curve):
    """The same at 98 %."""
    return falls_for_good(curve, 0.98)


READINGS = (begins_to_fall, steepest_fall, largest, falls_for_good, above_98)


def cophenetic_of_nmf(path, low, high, seed):
    """By NMF's own clusters, and by the component that explains most, of the same fits."""
    rows = [line.split(",") for line in rscript("cophenetic", path, low, high, RUNS, seed)]
    return {"nmf": [float(row[1]) for row in rows], "nmf_shares": [float(row[2]) for row in rows]}


def cophenetic_of_mien(program, path, low, high, seed, folder):
    out = run_mien(program, path, low, high, seed, folder, "--starts", str(RUNS), "--masks", "2")
    with open(os.path.join(out, "rank.csv"), encoding="utf-8") as file:
        names = file.readline().strip().split(",")
        return [float(line.strip().split(",")[names.index("cophenetic")]) for line in file]


def cophenetic_set(program, shape, poisson, seed, folder):
    n, p, r, low, high = shape
    X = planted(n, p, r, poisson, seed)
    path = os.path.join(folder, "X.csv")
    np.savetxt(path, X, fmt="%.4f", delimiter=",")
    result = {"n": n, "p": p, "r": r, "poisson": poisson, "seed": seed, "low": low, "high": high, "sum": math.fsum(X.ravel())}
    result["mien"] = cophenetic_of_mien(program, path, low, high, seed, folder)
    result.update(cophenetic_of_nmf(path, low, high, seed))
    print("cophenetic", json.dumps(result), file=sys.stderr, flush=True)
    return result


def away(sets):
    """Sum of |choice - r| over the sets by every reading of either curve, and the mean of the
    differences between mien and NMF, with its standard error."""
    table = {}
    for reading in READINGS:
        far = {
            side: np.array([abs(s["low"] + reading(s[side]) - s["r"]) for s in sets], dtype=float)
            for side in ("mien", "nmf", "nmf_shares")
        }
        difference = far["mien"] - far["nmf"]
        row = {side: int(f.sum()) for side, f in far.items()}
        row["difference"] = float("%.3g" % difference.mean())
        row["standard_error"] = float("%.3g" % (difference.std(ddof=1) / math.sqrt(len(sets))))
        table[reading.__name__] = row
    return table


# ---------------------------------------------------------------- held-out entries


def run_mien(program, path, low, high, seed, folder, *words):
    out = os.path.join(folder, "out")
    subprocess.run(
        [program, "rank", path, "-o", out, "--force", "--quiet", "--ranks", f"{low}:{high}", "--seed", str(seed), *words],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return out


def mien(program, path, low, high, seed, folder):
    out = run_mien(program, path, low, high, seed, folder, "--starts", "0")
    with open(os.path.join(out, "summary.json"), encoding="utf-8") as file:
        summary = json.load(file)
    said = {c["key"]: c["choice"] for c in summary["criteria"]}
    return {
        "version": summary["version"],
        "recommended": summary["recommended"],
        "held_out_kl": said["held-out-kl"],
        "held_out_frobenius": said["held-out-frobenius"],
    }


def one(program, shape, poisson, seed, folder):
    n, p, r, low, high = shape
    X = planted(n, p, r, poisson, seed)
    path = os.path.join(folder, "X.csv")
    np.savetxt(path, X, fmt="%.4f", delimiter=",")
    result = {"n": n, "p": p, "r": r, "poisson": poisson, "seed": seed, "low": low, "high": high, "sum": math.fsum(X.ravel())}
    result["mien"] = mien(program, path, low, high, seed, folder)
    result["rcppml"] = cross_validation(path, low, high, seed)
    print("held out", json.dumps(result), file=sys.stderr, flush=True)
    return result


# ---------------------------------------------------------------- trees


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
    parser.add_argument("--cophenetic-seeds", type=int, default=4)
    words = parser.parse_args()
    program = os.path.abspath(words.mien)
    with tempfile.TemporaryDirectory() as folder:
        sets = [
            one(program, shape, poisson, seed, folder)
            for shape in SMALL + SETS
            for poisson in (True, False)
            for seed in range(words.seeds)
        ]
        versions = dict(line.split(",") for line in rscript("versions"))
        for s in sets:
            versions["mien"] = s["mien"].pop("version")
        trees = [
            cophenetic_set(program, shape, poisson, seed, folder)
            for seed in range(words.cophenetic_seeds)
            for shape in COPHENETIC
            for poisson in (True, False)
        ]
        result = {"versions": versions, "cophcor": cophcor(folder), "sets": sets}
        if trees:
            result["cophenetic"] = {"runs": RUNS, "away": away(trees), "sets": trees}
        json.dump(result, sys.stdout, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
