#!/usr/bin/python3
"""rank_truth.py - how often `mien rank` finds the r that is known: swimmer and planted data of several kinds.

SPDX-License-Identifier: MIT

    /usr/bin/python3 tools/reference/rank_truth.py build/release/mien [swimmer] [planted] [large] [kinds] [missed]

kinds: overdispersed counts (negative binomial), correlated parts of unequal strength, errors of a
share of the value, no noise, nothing but noise, r = 3, 15, 30. missed: ranges that do not hold the
truth, where a bound is right.

One seed of every kind of data after the other, a line each; after each seed, a line for every kind:
how many recommendations so far lie within 1 of the truth (equal up to 4), how many are a range that
holds it or a bound on its side, how many are wrong. So
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


def counts(g, y, size=None):
    return g.poisson(y if size is None else y * g.gamma(size, 1 / size, y.shape))


def of_kind(kind, n, p, r, seed):
    """Planted data of a kind, mean about 10."""
    g = np.random.default_rng(1000 + seed)
    H = (g.random((r, p)) < 0.3) * g.gamma(1, 1, (r, p))
    W = (g.random((n, r)) < 0.5) * g.gamma(1, 1, (n, r))
    if kind == "correlated":
        common = g.normal(size=(n, 2)) @ g.normal(size=(2, r))
        W = np.exp(0.7 * common + 0.3 * g.normal(size=(n, r))) * 2.0 ** (-3 * np.arange(r) / max(r - 1, 1))
    Y = W @ H + 1e-9
    Y *= (5 if kind == "correlated" else 10) / Y.mean()
    return {
        "clean": lambda: Y,
        "noise": lambda: g.random((n, p)),
        "normal": lambda: np.maximum(0, 5 + Y + 2 * g.normal(size=Y.shape)),
        "shares": lambda: (Y + 0.1) * np.exp(0.2 * g.normal(size=Y.shape)),
        "overdispersed": lambda: counts(g, Y, 2),
        "background": lambda: counts(g, Y / 2 + 5),
    }.get(kind, lambda: counts(g, Y))()


# kind, n, p, r, low, high
KINDS = [
    ("overdispersed", 180, 70, 3, 1, 9),
    ("overdispersed", 300, 100, 5, 1, 12),
    ("overdispersed", 400, 150, 8, 2, 14),
    ("overdispersed", 320, 130, 15, 2, 21),
    ("correlated", 180, 70, 3, 1, 9),
    ("correlated", 320, 130, 15, 2, 21),
    ("poisson", 180, 70, 3, 1, 9),
    ("poisson", 320, 130, 15, 2, 21),
    ("poisson", 500, 160, 30, 24, 38),
    ("normal", 200, 60, 5, 1, 10),
    ("shares", 200, 60, 5, 1, 10),
    ("background", 200, 60, 5, 1, 10),
    ("clean", 200, 60, 5, 1, 10),
    ("noise", 150, 40, 1, 1, 6),
]
MISSED = [
    ("poisson", 320, 130, 5, 7, 14),
    ("poisson", 320, 130, 15, 2, 10),
    ("overdispersed", 180, 70, 3, 5, 9),
    ("correlated", 500, 160, 30, 24, 38),
]


def verdict(s, truth, low, high):
    """'right', 'vague' or 'wrong'."""
    near, said = int(truth > 4), s["recommended"]
    if said is not None:
        if low <= truth <= high and abs(said - truth) <= near:
            return "right"
        return "vague" if said < truth and s["weaker_may_hide"] else "wrong"
    above = s["may_lie_beyond"] or s["weaker_may_hide"] or s["most"] >= truth - near
    below = s["may_lie_below"] or s["least"] <= truth + near
    return "vague" if above and below else "wrong"


class Kind:
    """A kind of data, and how often its truth was found so far."""

    def __init__(self, name, truth, low, high, make):
        self.name, self.truth, self.low, self.high, self.make = name, truth, low, high, make
        self.counts = {"right": 0, "vague": 0, "wrong": 0}

    def ask(self, program, seed, folder):
        s = rank(program, self.make(seed), self.low, self.high, seed, folder)
        said = {c["key"]: c["choice"] for c in s["criteria"] if c["decides"]}
        answer = s["recommended"] or f"{s['least']} to {s['most']}"
        self.counts[verdict(s, self.truth, self.low, self.high)] += 1
        print(f"{self.name}, seed {seed}: {answer} ({said})", flush=True)

    def tell(self):
        print(f"{self.name}: {self.truth} is right, of {sum(self.counts.values())}: {self.counts}", flush=True)


def planted_kind(shape, poisson, path):
    n, p, r, low, high = shape

    def make(seed):
        np.savetxt(path, planted(n, p, r, poisson, seed), fmt="%.4f", delimiter=",")
        return path

    return Kind(f"{n} x {p}, r = {r}, {'Poisson' if poisson else 'normal'}", r, low, high, make)


def other_kind(row, path):
    kind, n, p, r, low, high = row

    def make(seed):
        np.save(path, of_kind(kind, n, p, r, seed).astype("f4"))
        return path

    return Kind(f"{kind} {n} x {p}, r = {r} from {low}:{high}", r, low, high, make)


def main():
    program = os.path.abspath(sys.argv[1])
    words = sys.argv[2:] or ["swimmer", "planted", "large", "kinds", "missed"]
    with tempfile.TemporaryDirectory() as folder:
        kinds = [Kind("swimmer", 16, 12, 24, lambda seed: SWIMMER)] if "swimmer" in words else []
        shapes = (SETS if "planted" in words else []) + (LARGE if "large" in words else [])
        path = os.path.join(folder, "X.csv")
        kinds += [planted_kind(shape, poisson, path) for shape in shapes for poisson in (True, False)]
        rows = (KINDS if "kinds" in words else []) + (MISSED if "missed" in words else [])
        kinds += [other_kind(row, os.path.join(folder, "X.npy")) for row in rows]
        for seed in SEEDS:
            for kind in kinds:
                kind.ask(program, seed, folder)
            for kind in kinds:
                kind.tell()


main()
