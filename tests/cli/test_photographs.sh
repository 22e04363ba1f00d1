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
    same "$(json $summary N) $(json $summary p) $(json $summary methods)" "$2 $3 ${#methods[@]}" "$1"
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
        tr '\n' ' ')" '557 558 600 601 741 743 ' 'which, counted from 1'
fi
# ---- what is no face, but a photograph, too: windows of ORL's faces against a model of CBCL's
if [ -d "$data/cbcl/face" ] && [ -d "$data/orl/orl_faces" ]; then
    mkdir -p seen unseen windows
    at=0
    for file in "$data"/cbcl/face/*; do
        at=$((at + 1))
        case $((at % 4)) in
        0) ln -s "$(realpath "$file")" seen/ ;;
        1) ln -s "$(realpath "$file")" unseen/ ;;
        esac
    done
    at=0
    for file in "$data"/orl/orl_faces/*/1.pgm "$data"/orl/orl_faces/*/5.pgm; do
        at=$((at + 1)) # the greys of 92 x 112 pixels stand at the end
        tail -c 10304 "$file" | od -An -v -tu1 -w92 | awk -v at="$at" '
            BEGIN { x = at * 29 % 73; y = at * 41 % 93; print "P2 19 19 255" }
            NR > y && NR <= y + 19 { for (i = 1; i <= 19; i++) printf "%d ", $(x + i); print "" }' >"windows/$at.pgm"
    done
    ok learn seen -o cbcl -r 49 --iterations 60
    ok transform cbcl unseen -o unseen-out
    ok transform cbcl windows -o windows-out
    same "$(json unseen-out/summary.json whole apart)" false 'faces of CBCL as a whole'
    same "$(json windows-out/summary.json whole apart)" true 'windows of ORL as a whole'
else
    echo 'SKIPPED: windows of photographs against faces, which need both CBCL and ORL'
fi

# ---- ORL's faces are not aligned: there penalties make parts of half wholes, at a price
# parts NAME MOST WORDS...: more local and sparser than plain, the loss at most MOST times as large
parts() {
    name=$1 most=$2
    shift 2
    ok learn "$data/orl/orl_faces" -o "parts-$name" --size 23x28 --fit stretch -r 25 --iterations 100 --restarts 1 -q "$@"
    [ "$most" != 0 ] || return 0
    case $* in *frobenius*) plain=parts-squares ;; *) plain=parts-plain ;; esac
    for score in sparseness localisation loss; do
        checks=$((checks + 1))
        awk -v a="$(json "parts-$name/nmf/model.json" fit $score)" -v b="$(json $plain/nmf/model.json fit $score)" \
            -v score=$score -v most="$most" 'BEGIN { exit !(score == "loss" ? a < most * b : a > b + 0.1) }' ||
            bad "$name: $score is $(json "parts-$name/nmf/model.json" fit $score), plain $(json $plain/nmf/model.json fit $score)"
    done
}
if [ -d "$data/orl/orl_faces" ]; then
    parts plain 0
    parts squares 0 --objective frobenius
    parts basis 1.5 --sparse-basis 0.3
    parts threshold 1.5 --sparse-basis 0.1 --objective frobenius
    parts hoyer 1.8 --penalty hoyer --sparse-basis 0.8 --objective frobenius
    parts local 2.2 --penalty local
else
    echo 'SKIPPED: parts of faces that are not aligned, which need ORL'
fi
finish
