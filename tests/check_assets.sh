#!/bin/sh
# check_assets.sh - the committed pictures are exactly what the generators draw.
#
# SPDX-License-Identifier: MIT
#
#   check_assets.sh MAKE_FACES MAKE_SWIMMER SOURCE_ROOT
#
# Draws everything anew in a temporary folder and compares it byte by byte with SOURCE_ROOT/assets;
# a missing or a surplus picture is a difference too. Exits 0 if all is well, 1 if not, 2 if it
# could not look.
set -u
LC_ALL=C
export LC_ALL

MAX_FACES_NBYTES=1000000

fail() {
    printf 'check_assets: %s\n' "$1" >&2
    exit "${2:-1}"
}

[ $# -eq 3 ] || fail 'usage: check_assets.sh MAKE_FACES MAKE_SWIMMER SOURCE_ROOT' 2
make_faces=$1
make_swimmer=$2
assets=$3/assets

fresh=$(mktemp -d) || fail 'cannot make a temporary folder' 2
trap 'rm -rf "$fresh"' EXIT
trap 'exit 2' HUP INT TERM

"$make_faces" "$fresh" || fail "$make_faces failed" 2
"$make_swimmer" "$fresh" || fail "$make_swimmer failed" 2

for name in faces faces.csv swimmer swimmer_parts.npy; do
    [ -e "$assets/$name" ] || fail "$assets/$name is missing: run the generator and commit"
    if ! differences=$(diff -rq "$fresh/$name" "$assets/$name" 2>&1); then
        printf '%s\n' "$differences" | head -n 5 >&2
        fail "$assets/$name is not what its generator draws: run the generator and commit"
    fi
done

nbytes=$(cat "$assets"/faces/* | wc -c)
[ "$nbytes" -le "$MAX_FACES_NBYTES" ] ||
    fail "faces take $((nbytes)) bytes, at most $MAX_FACES_NBYTES are allowed"
echo "check_assets: assets are up to date, faces take $((nbytes)) bytes"
