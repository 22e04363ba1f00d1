#!/bin/bash
# test_interrupt.sh - Ctrl-C: the first ends at the next iteration with a whole result, the second
# ends at once.
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2086 # names of methods are single words
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

folder in 8 9 9
forever=(--iterations 2000000000 --tolerance 0 --solver mu)

# begin WORDS...: mien in the background; returns when it has begun to write beside its final name
begin() {
    "$mien" "$@" >out 2>err </dev/null &
    pid=$!
    for ((i = 0; i < 600; i++)); do
        compgen -G './*.tmp-*' >/dev/null && return
        sleep 0.05
    done
    bad 'the run does not begin'
}

# interrupted SIGNAL WORDS...: the signal while it iterates. Reading eight small images takes no
# time to speak of, but on a busy machine the signal may still meet it: then no result is right,
# and we try again with more patience.
interrupted() {
    for patience in 0.5 2 8 20; do
        rm -rf o
        begin "${@:2}"
        sleep $patience
        kill "-$1" $pid
        wait $pid
        status=$?
        [ ! -d o ] || return
        same $status 130 'status of a run interrupted while it reads'
    done
}

for signal in INT TERM HUP; do
    interrupted $signal compare in -o o -r 3 "${forever[@]}"
    expect 130 'mien: interrupted: what was reached is in o'
    there o/figure.png o/report.html o/images.csv o/nmf/basis.npy o/nmf/weights.npy o/nmf/model.json
    same "$(json o/summary.json interrupted)" true "interrupted after SIG$signal"
    same "$(json o/summary.json methods nmf stop)" interrupted 'why NMF stopped'
    same "$(json o/summary.json methods nmf converged)" false 'converged'
    json o/summary.json methods nmf iterations | awk '{ exit !($1 >= 1 && $1 < 2000000000) }' ||
        bad 'iterations'
    same "$("$peek" npy o/nmf/basis.npy | cut -d ' ' -f 1,2)" '<f4 3x9x9' 'basis'
    "$peek" png o/figure.png >/dev/null || bad 'figure'
    for method in "${methods[@]:1}"; do # not begun, and said so
        same "$(json o/summary.json failed $method)" 'the run was interrupted before its turn' $method
    done
    no_leftovers
done
# what was reached can be used: drawn again, and gone on from
ok render o -o drawn
ok learn in -o on --init-from o/nmf --iterations 2

# quiet: the status alone tells
interrupted INT learn in -o o -r 3 -q "${forever[@]}"
expect 130
same "$(cat err)" '' 'stderr with -q'

# --force: the earlier result is replaced by a whole one
ok learn in -o o -r 2 --iterations 2 --force
begin learn in -o o -r 3 --force "${forever[@]}"
sleep 3
kill -INT $pid
wait $pid
same $? 130 'status'
case "$(json o/summary.json r) $(json o/summary.json interrupted)" in
'2 false' | '3 true') checks=$((checks + 1)) ;;
*) bad 'neither the earlier result nor the interrupted one' ;;
esac

# the second signal ends it, whatever it is doing: writing 1,000 basis images takes a while
"$peek" make wide.npy 1500 1500
begin learn wide.npy -o w -r 1000 --zoom 20 "${forever[@]}"
sleep 0.5
began=$SECONDS
while kill -INT $pid 2>/dev/null && [ $((SECONDS - began)) -lt 60 ]; do
    sleep 0.05
done
wait $pid
same $? 130 'status after the second signal'
absent w

finish
