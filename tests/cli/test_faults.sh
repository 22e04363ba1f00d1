#!/usr/bin/env bash
# test_faults.sh - what goes wrong outside of mien: an allocation, a system call, a kill. Whatever it is, OUT is
# the whole old result or the whole new one, and a failure has a reason and a status.
#
# SPDX-License-Identifier: MIT
#
#   test_faults.sh MIEN PEEK SOURCE_ROOT FAILING_MALLOC FAILING_READ
#
# The small form for every day; more moments: MIEN_FAULTS=500.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
failing=$4 unreadable=$5
moments=${MIEN_FAULTS-24}

if ! LD_PRELOAD=$failing MIEN_FAIL_COUNT=count "$mien" --version >/dev/null 2>&1 || [ ! -s count ]; then
    echo "SKIPPED: nothing can be preloaded into this build (sanitizers have their own allocator)"
    exit 77
fi
mkdir in
cp "$assets"/swimmer/*00?.pgm in
small=(-r 2 --iterations 2 --threads 1 --restarts 1)
"$mien" learn in -o model "${small[@]}" -q >/dev/null || bad 'no model'
"$mien" compare in -o old "${small[@]}" -q >/dev/null || bad 'no comparison'

# ends NAME: the last run ended by itself, with a reason if it failed, and left nothing half
ends() {
    checks=$((checks + 1))
    case $status in
    0) ;;
    1 | 2 | 3) [ -s err ] || bad "$1: status $status without a reason" ;;
    *) bad "$1: exit status $status" ;;
    esac
    if [ -e out.d ] && [ ! -s out.d/summary.json ]; then
        bad "$1: half a result (status $status)"
    fi
}

# spread COUNT: some numbers from 1 to COUNT, more of them at the start
spread() {
    awk -v n="$1" -v m="$moments" 'BEGIN {
        if (n <= m) { for (i = 1; i <= n; i++) print i; exit }
        for (i = 0; i < m; i++) { k = int(exp(log(n) * i / (m - 1)) + i * n / (m * 4)); if (k > n) k = n; if (k > last) print k; last = k }
    }'
}

# ---------------------------------------------------------------- allocations, of every command
# starved WORDS...: the command runs out of memory, at one moment or from it on, again and again
starved() {
    rm -rf out.d out.d.*
    LD_PRELOAD=$failing MIEN_FAIL_COUNT=$work/count "$mien" "$@" >out 2>err </dev/null
    status=$?
    expect 0
    local k
    for k in $(spread "$(cat count)"); do
        for many in 1 0; do
            rm -rf out.d out.d.*
            timeout -s KILL 60 env LD_PRELOAD="$failing" MIEN_FAIL_AT="$k" MIEN_FAIL_FOR="$many" "$mien" "$@" \
                >out 2>err </dev/null
            status=$?
            ends "$* with allocation $k failing ($many)"
        done
    done
}
starved inspect in --json
starved learn in -o out.d "${small[@]}"
starved compare in -o out.d "${small[@]}"
starved transform model/nmf in -o out.d --threads 1 --residual
starved stability in -o out.d -r 2 --iterations 2 --restarts 5 --threads 1
starved rank in -o out.d --ranks 1:2 --masks 2 --starts 2 --iterations 2 --threads 1
starved render old -o out.d
starved demo cone -o out.d
starved inspect model/nmf

# ---------------------------------------------------------------- a disk that fails under what is mapped
{
    printf '\223NUMPY\1\0\166\0%-117s\n' "{'descr': '|u1', 'fortran_order': False, 'shape': (10000, 40, 50), }"
    head -c 20000000 /dev/urandom
} >disk.npy
mapped=(learn disk.npy -o out.d -r 2 --iterations 2 --levels 1 --restarts 1 --solver mu --memory 30M --no-snapshots -q)
rm -rf out.d out.d.*
run "${mapped[@]}"
expect 0
mv out.d read.d
# reads fail, and its pages are there
LD_PRELOAD=$unreadable MIEN_FAIL_READ=50 MIEN_FAIL_KEEP=1 "$mien" "${mapped[@]}" >out 2>err </dev/null
status=$?
expect 0
same "$(cksum <out.d/nmf/weights.npy)" "$(cksum <read.d/nmf/weights.npy)" 'read where it is mapped'
rm -rf out.d
for k in 30 60 90; do
    cp disk.npy gone.npy
    LD_PRELOAD=$unreadable MIEN_FAIL_READ=$k "$mien" "${mapped[@]/disk/gone}" >out 2>err </dev/null
    status=$?
    expect 1 '/gone.npy: Stale file handle: ended without a result'
    absent out.d out.d.* .out.d*
done
rm -rf read.d disk.npy gone.npy

# ---------------------------------------------------------------- system calls of a comparison
works=(compare in -o out.d --force --strict "${small[@]}")
rm -rf out.d out.d.*
"$mien" "${works[@]}" -q >/dev/null 2>&1
sum() {
    (cd out.d && find . -type f ! -name '*.json' ! -name '*.html' ! -name 'history.csv' ! -name '.mien-building*' | sort | xargs cat | cksum)
}
whole=$(sum)
if ! strace -f -o calls -e trace=openat,write,fsync,renameat2,rename,mkdirat,mkdir,unlinkat,close "$mien" "${works[@]}" >/dev/null 2>&1; then
    echo 'NOT LOOKED AT: injected faults and kills, since strace is missing or may not trace here'
    finish
fi
for call in openat write fsync renameat2 mkdirat mkdir unlinkat; do
    total=$(grep -cE "(^| )$call\(" calls)
    for k in $(spread "$total"); do
        for error in EIO ENOSPC; do
            strace -f -o /dev/null -e trace=$call -e inject=$call:error=$error:when="$k" \
                timeout -s KILL 60 "$mien" "${works[@]}" >out 2>err </dev/null
            status=$?
            case $status in
            127) ;; # the loader's own call
            *) ends "compare with $call $k: $error" ;;
            esac
            same "$(sum)" "$whole" "the result after $call $k: $error"
            # a result that could be written but not be put in its place is kept, and told where
            for beside in out.d.*; do
                [ ! -e "$beside" ] || holds err "$beside"
            done
            rm -rf out.d.* .out.d.*
        done
    done
done

# ---------------------------------------------------------------- kills
for call in write renameat2 openat unlinkat; do
    total=$(grep -cE "(^| )$call\(" calls)
    for k in $(spread "$total"); do
        { # the shell's own word about the kill, too
            strace -f -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when="$k" "$mien" "${works[@]}" </dev/null
        } >/dev/null 2>&1
        same "$(sum)" "$whole" "the result after a kill at $call $k"
    done
done
run "${works[@]}" -q
expect 0
same "$(sum)" "$whole" 'the result of the next run'
litter=$(find . -maxdepth 1 -name '*out.d?*')
same "$litter" '' 'litter after the next run'
finish
