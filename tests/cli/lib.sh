# shellcheck shell=bash
# lib.sh - what the scripts beside it share: a temporary folder, checks, made-up images.
#
# SPDX-License-Identifier: MIT
#
#   test_x.sh MIEN PEEK SOURCE_ROOT
#
# A script goes on after a failed check, names each, and ends with finish(). Exits 0 when all checks
# passed, 1 when not, 77 when it could not look at all (CTest calls that skipped).
set -u
set -m # else a shell starts what is in the background with SIGINT ignored, and mien leaves it so
LC_ALL=C
export LC_ALL
mien=$1
peek=$2
# shellcheck disable=SC2034 # used by some of the scripts
assets=$3/assets
checks=0
work=$(mktemp -d) || exit 1
tally=$(mktemp) || exit 1 # a line a failure
trap 'chmod -R u+rwX "$work" 2>/dev/null; rm -rf "$work" "$tally"' EXIT
cd "$work" || exit 1

bad() {
    local at=0
    echo >>"$tally" # a file: a check may run in a subshell
    while [[ ${BASH_SOURCE[at + 1]-} == */lib.sh ]]; do # to the line of the script itself
        at=$((at + 1))
    done
    printf 'FAILED %s: %s\n' "${0##*/}:${BASH_LINENO[at]}" "$1" >&2
    [ ! -s err ] || sed 's/^/    stderr: /' err | head -n 8 >&2
}

# run WORDS...: mien with these words; status, and the files out and err
run() {
    "$mien" "$@" >out 2>err </dev/null
    status=$?
}

# expect STATUS [WORDS]: what the last run returned, and a piece of what it said on stderr
expect() {
    checks=$((checks + 1))
    [ "$status" -eq "$1" ] || bad "exit status $status, expected $1"
    [ $# -lt 2 ] || grep -qF -- "$2" err || bad "stderr does not say: $2"
}

# ok WORDS...: run, and expect success without a word on stderr but what was decided
ok() {
    run "$@"
    checks=$((checks + 1))
    [ "$status" -eq 0 ] || bad "mien $*: exit status $status"
    ! grep -qEv '^mien: (ink|r = [0-9]+): ' err || bad "mien $*: not silent"
}

same() {
    checks=$((checks + 1))
    [ "$1" = "$2" ] || bad "$3: '$1', expected '$2'"
}

# holds FILE WORDS / lacks FILE WORDS
holds() {
    checks=$((checks + 1))
    grep -qF -- "$2" "$1" || bad "$1 does not hold: $2"
}

lacks() {
    checks=$((checks + 1))
    ! grep -qF -- "$2" "$1" || bad "$1 holds: $2"
}

absent() {
    for name; do
        checks=$((checks + 1))
        [ ! -e "$name" ] || bad "$name is there"
    done
}

there() {
    for name; do
        checks=$((checks + 1))
        [ -s "$name" ] || bad "$name is missing or empty"
    done
}

# wait_for PID WORDS...: until they are true, half a minute at most, or the process has ended
wait_for() {
    local pid=$1 k
    shift
    for ((k = 0; k < 1500; k++)); do
        "$@" && return
        kill -0 "$pid" 2>/dev/null || return
        sleep 0.02
    done
}

# no half-built result is left beside a name
no_leftovers() {
    checks=$((checks + 1))
    [ -z "$(find . -name '*.tmp-*')" ] || bad "left behind: $(find . -name '*.tmp-*')"
}

json() {
    "$peek" json "$@" || bad "json $*"
}

# page FILE KEY...: the same of what stands in a report.html
page() {
    sed -n 's|^<script type="application/json" id="mien-data">\(.*\)</script>$|\1|p' "$1" >page.json
    shift
    json page.json "$@"
}

# methods, an array: what the program calls its methods, in its order
# shellcheck disable=SC2034 # used by some of the scripts
mapfile -t methods < <("$mien" learn in -o out --method '?' 2>&1 | sed 's/.*there are //; s/, /\n/g')

# pgm FILE WIDTH HEIGHT SEED: an image of made-up greys
pgm() {
    mkdir -p "$(dirname "$1")"
    awk -v w="$2" -v h="$3" -v seed="$4" 'BEGIN {
        printf "P2\n%d %d\n255\n", w, h
        for (i = 0; i < w * h; i++) { seed = (seed * 137 + 187) % 65521; print seed % 256 }
    }' >"$1"
}

# folder NAME COUNT WIDTH HEIGHT: images 1.pgm .. COUNT.pgm
folder() {
    for ((i = 1; i <= $2; i++)); do
        pgm "$1/$i.pgm" "$3" "$4" "$i"
    done
}

# content OUT: a checksum a file; seconds taken out of those that tell them
content() {
    (
        cd "$1" || exit 1
        find . -type f | sort | while read -r file; do
            case $file in
            *.json) sed -e '/"seconds":/d' -e '/"threads":/d' -e '/"command":/d' "$file" ;;
            */history.csv) cut -d, -f 1,3 "$file" ;;
            */runs.csv) cut -d, -f 1-4 "$file" ;;
            # of the page's JSON: seconds of fits and of their histories, the command, the threads, what OUT
            # is called
            *.html) sed -E -e 's/"seconds": ?(\[[^]]*\]|[-+.e0-9]+)//g' -e 's/"threads": ?[0-9]+//g' \
                -e 's/"(command|folder)": ?"([^"\\]|\\.)*"//g' "$file" ;;
            *) cat "$file" ;;
            esac | cksum | sed "s|\$| $file|"
        done
    )
}

# equal OUT OUT...: all hold the same
equal() {
    local first=$1 other
    there "$first/summary.json"
    content "$first" >one.sums
    shift
    for other; do
        content "$other" >other.sums
        checks=$((checks + 1))
        diff one.sums other.sums >difference || bad "$other is not $first: $(grep '^>' difference | head -n 3)"
    done
}

finish() {
    local failures
    failures=$(wc -l <"$tally")
    if [ "$failures" -gt 0 ]; then
        echo "${0##*/}: $failures of $checks checks FAILED"
        exit 1
    fi
    [ "$checks" -gt 0 ] || exit 1
    echo "${0##*/}: all $checks checks passed"
    exit 0
}
