#!/bin/bash
# test_plain.sh - tools/parts.c, the plain loops, is the measure: from its starts mien finds the same parts.
# SPDX-License-Identifier: MIT
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
compiler=$4
parts=$3/tools/parts.c

# alike FILE FILE: row by row, whatever their order and length
alike() {
    local least
    least=$("$peek" alike "$1" "$2") || least=-1
    checks=$((checks + 1))
    awk -v least="$least" 'BEGIN { exit !(least > 0.99999) }' || bad "$1 and $2: least cosine $least"
}

# ---- it is short, and needs a compiler and nothing else
checks=$((checks + 1))
[ "$(wc -l <"$parts")" -lt 300 ] || bad "parts.c has 300 lines or more"
"$compiler" -std=c11 -O2 -Wall -Wextra -Werror "$parts" -o parts -lm || bad "parts.c does not compile"

# ---- sixty faces: on all of them PCA by plain loops takes seconds
mkdir faces
cp "$assets"/faces/face0[0-5]*.pgm faces
./parts faces plain >table || bad "parts fails"
same "$(wc -l <table)" 3 "lines about methods"
iterations=$(sed -n 's/^enum { ITERATIONS = \([0-9]*\) }.*/\1/p' "$parts")

ok learn faces -o nmf --ink dark --solver mu --init-from plain/nmf-start --iterations "$iterations" --tolerance 0 -q
ok learn faces -o vq --ink dark --method kmeans --init-from plain/vq-start -q
ok learn faces -o pca --ink dark --method pca -q
alike plain/nmf/basis.npy nmf/nmf/basis.npy
alike plain/vq/basis.npy vq/kmeans/basis.npy
alike plain/pca/basis.npy pca/pca/basis.npy

# ---- and the same errors, hence the same weights
for pair in nmf:nmf vq:kmeans pca:pca; do
    checks=$((checks + 1))
    awk -v mine="$(sed -n "s/^${pair%:*} .* //p" table)" \
        -v theirs="$(json "${pair%:*}/summary.json" methods "${pair#*:}" relative_error)" \
        'BEGIN { d = mine - theirs; exit !(mine > 0 && d * d < 1e-8) }' || bad "$pair: not the same error"
done

# ---- it is a check: other parts are told apart
ok learn faces -o other --ink dark --solver mu --seed 5 --iterations "$iterations" --tolerance 0 -q
checks=$((checks + 1))
! least=$("$peek" alike plain/nmf/basis.npy other/nmf/basis.npy 2>err) || awk -v l="$least" 'BEGIN { exit !(l < 0.99) }' ||
    bad "another start gives the same parts"

# ---- four equal images differ in no direction, and all that is said is numbers
mkdir same
for copy in a b c d; do cp "$assets/faces/face000.pgm" "same/$copy.pgm"; done
./parts same alike 4 >equal || bad "parts fails on equal images"
lacks equal nan
holds equal 'pca  relative error 0.0000'

# ---- what it cannot read, it says
! ./parts table none 2>said || bad "a file passes for a folder"
holds said 'parts: table: no folder with .pgm files'
absent none
finish
