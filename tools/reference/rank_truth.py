#!/usr/bin/python3
"""rank_truth.py - how often `mien rank` finds the r that is known: swimmer and planted data.

SPDX-License-Identifier: MIT

    /usr/bin/python3 tools/reference/rank_truth.py build/release/mien [swimmer] [planted] [large]

One seed of every kind of data after the other, a line each; after each seed, a line for every kind:
how many recommendations so far lie within 1 of the truth, how many are a range and no number. So
it may be stopped at any time. SEEDS=3:10 begins with seed 3 and ends with 9; SEEDS=10 is 0:10.
THREADS is handed on.
"""
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

from rank_peers import HERE, SETS, planted

LARGE = [(2000, 400, 5, 3, 9), (2000, 400, 10, 8, 14), (2000, 400, 20, 18, 24)]  # n, p, r, low, high
SEEDS = range(*map(int, os.environ.get("SEEDS", "10").split(":")))
SWIMMER = os.path.join(HERE, "../../assets/swimmer")


def rank(program, path, low, high, seed, folder):
    out = os.path.join(folder, "out")
    subprocess.run(
        [program, "rank", path, "-o", out, "--force", "--quiet", "--ranks", f"{low}:{high}", "--starts", "0"]
        + ["--seed", str(seed)]
        + (["--threads", os.environ["THREADS"]] if "THREADS" in os.environ else []),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    with open(os.path.join(out, "summary.json"), encoding="utf-8") as file:
        return json.load(file)


class Kind:
    """A kind of data, and how often its truth was found so far."""

    def __init__(self, name, truth, low, high, make):
        self.name, self.truth, self.low, self.high, self.make = name, truth, low, high, make
        self.tried = self.near = self.vague = 0

    def ask(self, program, seed, folder):
        s = rank(program, self.make(seed), self.low, self.high, seed, folder)
        said = [c["choice"] for c in s["criteria"] if c["decides"]]
        answer = s["recommended"] or f"{s['least']} to {s['most']}"
        self.tried += 1
        self.near += s["recommended"] is not None and abs(s["recommended"] - self.truth) <= 1
        self.vague += s["recommended"] is None
        print(f"{self.name}, seed {seed}: {answer} (held-out KL, Frobenius, relevance KL, Frobenius: {said})", flush=True)

    def tell(self):
        print(f"{self.name}: {self.near} of {self.tried} within 1 of {self.truth}, {self.vague} without a number", flush=True)


def planted_kind(shape, poisson, path):
    n, p, r, low, high = shape

    def make(seed):
        np.savetxt(path, planted(n, p, r, poisson, seed), fmt="%.4f", delimiter=",")
        return path

    return Kind(f"{n} x {p}, r = {r}, {'Poisson' if poisson else 'normal'}", r, low, high, make)


def main():
    program = os.path.abspath(sys.argv[1])
    words = sys.argv[2:] or ["swimmer", "planted", "large"]
    with tempfile.TemporaryDirectory() as folder:
        kinds = [Kind("swimmer", 17, 12, 24, lambda seed: SWIMMER)] if "swimmer" in words else []
        shapes = (SETS if "planted" in words else []) + (LARGE if "large" in words else [])
        path = os.path.join(folder, "X.csv")
        kinds += [planted_kind(shape, poisson, path) for shape in shapes for poisson in (True, False)]
        for seed in SEEDS:
            for kind in kinds:
                kind.ask(program, seed, folder)
            for kind in kinds:
                kind.tell()


main()
