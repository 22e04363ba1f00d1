#!/usr/bin/env bash
# test_limits.sh - limited memory: whatever the limit, mien ends, with a result or with a reason.
#
# SPDX-License-Identifier: MIT
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

if ! (ulimit -v 2000000 && "$mien" --version >/dev/null 2>&1); then
    echo "SKIPPED: this build cannot run with limited address space (sanitizers cannot)"
    exit 77
fi
mkdir in
cp "$assets"/faces/face00[0-7].pgm in

# limited KIND KILOBYTES WORDS...: mien under ulimit -v or -d. The loader itself fails with 127.
limited() {
    local kind=$1 kilobytes=$2
    shift 2
    (
        ulimit "$kind" "$kilobytes" || exit 99
        exec timeout -s KILL 30 "$mien" "$@"
    ) >out 2>err </dev/null
    status=$?
    checks=$((checks + 1))
    case $status in
    0 | 127) ;;
    1) grep -q '^mien: .*memory' err || bad "$* at $kind $kilobytes: no reason" ;;
    *) bad "$* at $kind $kilobytes: exit status $status (137: it hung)" ;;
    esac
    [ "$status" -eq 0 ] || [ ! -e out.d ] || bad "$* at $kind $kilobytes: a result in spite of status $status"
}

for megabytes in $(seq 40 10 400); do
    limited -v $((megabytes * 1000)) --version
    [ "$megabytes" -lt 60 ] || same "$status" 0 "--version within $megabytes MB"
    limited -v $((megabytes * 1000)) compare in -r 3 --iterations 3 --threads 2 -o out.d -q
    [ "$megabytes" -lt 380 ] || same "$status" 0 "two threads within $megabytes MB"
    rm -rf out.d
    limited -d $((megabytes * 1000)) learn in -r 2 --iterations 2 --threads 2 -o out.d -q
    rm -rf out.d
done

# the remedy is one
limited -v 300000 compare in -r 3 --iterations 3 --threads 2 -o out.d -q
expect 1 '--threads 1'
limited -v 300000 compare in -r 3 --iterations 3 --threads 1 -o out.d -q
expect 0
there out.d/report.html
absent out.d.*
finish
