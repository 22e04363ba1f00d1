#!/bin/bash
# test_numbers.sh - figures and words about them on the command line.
# SPDX-License-Identifier: MIT
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

# ---- ICA does not go round in circles
for seed in 0 1 2 3 4 5; do
    ok learn "$assets/faces" -o ica$seed --method ica -r 25 --seed $seed -q
    same "$(json ica$seed/summary.json methods ica converged)" true "ICA, seed $seed"
done

# ---- k-means has ten starts where they cost less than NMF
ok learn "$assets/faces" -o vq --method kmeans -r 49 -q
ok learn "$assets/faces" -o one --method kmeans -r 49 -q --restarts 1
checks=$((checks + 1))
awk -v a="$(json vq/summary.json methods kmeans loss)" -v b="$(json one/summary.json methods kmeans loss)" \
    'BEGIN { exit !(a < b) }' || bad "ten starts of k-means are no better than one"

# ---- the history ends at the loss
ok learn "$assets/swimmer" -o swimmer -r 17 --restarts 1 -q
last=$(tail -n 1 swimmer/nmf/history.csv | cut -d, -f3)
loss=$(json swimmer/summary.json methods nmf loss)
checks=$((checks + 1))
awk -v a="$last" -v b="$loss" 'BEGIN { d = a - b; exit !(d * d <= 1e-18 * b * b) }' ||
    bad "the history ends at $last, the loss is $loss"

# ---- numbers that float32 cannot hold are refused, not taken for zeros
printf '1e-200,2e-200,3e-200\n2e-200,1e-200,5e-200\n4e-200,1e-200,2e-200\n' >tiny.csv
run learn tiny.csv -o tiny -r 2
expect 3 'tiny.csv: the largest value is 5e-200, and float32'
absent tiny
printf '1e-200,2,3\n2,1e-200,5\n4,1,2\n' >beside.csv
ok learn beside.csv -o beside -r 2 -q

# ---- what --tolerance 0 means
ok learn --help
holds out 'rounding allows no step'
finish
