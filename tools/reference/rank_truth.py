#!/usr/bin/python3
"""rank_truth.py - how often `mien rank` finds the r that is known: swimmer and planted data.

SPDX-License-Identifier: MIT

    /usr/bin/python3 tools/reference/rank_truth.py build/release/mien [swimmer] [planted] [large]

A line a seed, then a line a kind of data: how many recommendations lie within 1 of the truth, how
many are a range and no number.
"""
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

from rank_peers import HERE, SETS, planted

LARGE = [(2000, 400, 10, 8, 13)]
SEEDS = int(os.environ.get("SEEDS", "10"))
SWIMMER = os.path.join(HERE, "../../assets/swimmer")


def rank(program, path, low, high, seed, folder):
    out = os.path.join(folder, "out")
    subprocess.run(
        [program, "rank", path, "-o", out, "--force", "--quiet", "--ranks", f"{low}:{high}", "--starts", "0"]
        + ["--seed", str(seed), "--threads", os.environ.get("THREADS", "0")],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    with open(os.path.join(out, "summary.json"), encoding="utf-8") as file:
        return json.load(file)


def count(name, truth, one):
    """Ask `one` seed after seed, and tell."""
    near = vague = 0
    for seed in range(SEEDS):
        s = one(seed)
        said = [c["choice"] for c in s["criteria"] if c["decides"]]
        answer = s["recommended"] or f"{s['least']} to {s['most']}"
        near += s["recommended"] is not None and abs(s["recommended"] - truth) <= 1
        vague += s["recommended"] is None
        print(f"{name}, seed {seed}: {answer} (held-out KL, Frobenius, relevance KL, Frobenius: {said})", flush=True)
    print(f"{name}: {near} of {SEEDS} within 1 of {truth}, {vague} without a number", flush=True)


def main():
    program = os.path.abspath(sys.argv[1])
    kinds = sys.argv[2:] or ["swimmer", "planted", "large"]
    with tempfile.TemporaryDirectory() as folder:
        if "swimmer" in kinds:
            count("swimmer", 17, lambda seed: rank(program, SWIMMER, 12, 24, seed, folder))
        path = os.path.join(folder, "X.csv")
        for n, p, r, low, high in (SETS if "planted" in kinds else []) + (LARGE if "large" in kinds else []):
            for poisson in (True, False):

                def one(seed):
                    np.savetxt(path, planted(n, p, r, poisson, seed), fmt="%.4f", delimiter=",")
                    return rank(program, path, low, high, seed, folder)

                count(f"{n} x {p}, r = {r}, {'Poisson' if poisson else 'normal'}", r, one)


main()
