#!/bin/bash
# test_photographs.sh - real faces, CBCL and ORL, in the folder that MIEN_FACES names, else in the
# fourth argument. They may not be passed on, so most machines do not have them.
# SPDX-License-Identifier: MIT
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
data=${MIEN_FACES:-$4}
seen=0

# faces FOLDER N P NMF VQ PCA: relative errors of mien compare -r 49 --iterations 20 stay below
faces() {
    if [ ! -d "$data/$1" ]; then
        echo "SKIPPED: $1 is not in $data"
        return
    fi
    seen=$((seen + 1))
    run compare "$data/$1" -o "out$seen" -r 49 --iterations 20
    expect 0
    summary=out$seen/summary.json
    same "$(json $summary N) $(json $summary p) $(json $summary methods)" "$2 $3 4" "$1"
    same "$(json $summary rejected)" 0 "refused images of $1"
    for pair in nmf="$4" kmeans="$5" pca="$6" ica="$6"; do
        error=$(json $summary methods "${pair%=*}" relative_error)
        checks=$((checks + 1))
        awk -v error="$error" -v most="${pair#*=}" 'BEGIN { exit !(error > 0.01 && error < most) }' ||
            bad "$1: relative error of ${pair%=*} is $error, not below ${pair#*=}"
    done
    "$peek" png "out$seen/figure.png" >/dev/null || bad "figure of $1"
    # NMF finds parts, VQ wholes: what the figure is for
    awk -v nmf="$(json $summary methods nmf sparseness)" -v vq="$(json $summary methods kmeans sparseness)" \
        'BEGIN { exit !(nmf > vq + 0.1) }' || bad "$1: NMF's basis is not sparser than VQ's"
}
faces cbcl/face 2429 361 0.30 0.50 0.30
faces orl/orl_faces 400 10304 0.40 0.50 0.30
[ "$seen" -gt 0 ] || exit 77

if [ -d "$data/cbcl/face" ]; then
    ok inspect "$data/cbcl/face" --json
    mv out cbcl.json
    same "$(json cbcl.json duplicates)" 3 'exact duplicates of CBCL'
    same "$(for i in 0 1 2; do for j in 0 1; do json cbcl.json duplicates $i $j index; done; done |
        tr '\n' ' ')" '556 557 599 600 740 742 ' 'which, counted from 0'
fi
finish
