#!/bin/bash
# test_terminal.sh - the progress bar: on a terminal, and nowhere else.
# SPDX-License-Identifier: MIT
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

command -v script >/dev/null || {
    echo 'SKIPPED: script(1) of util-linux is not here, so there is no terminal to look at'
    exit 77
}
folder in 30 40 40

# on_terminal WORDS...: mien on a terminal of its own, which is kept in `screen`
on_terminal() {
    script -qec "$(printf '%q ' "$mien" "$@")" /dev/null >screen 2>&1 </dev/null
    status=$?
}

# long enough for the bar, which waits 0.3 seconds; grows on a machine that is too fast
for iterations in 3000 9000 27000 81000 243000; do
    on_terminal learn in -o o -r 12 --solver mu --tolerance 0 --iterations "$iterations" --force
    same $status 0 'status on a terminal'
    json o/summary.json methods nmf seconds | awk '{ exit !($1 > 1.5) }' && break
done
holds screen $'\033[K'
holds screen '[#'
holds screen 'loss '
holds screen ' s left'
# the bar is gone when the table is printed: its last sign clears the line
same "$(tr -d '\r' <screen | awk -F '\033\\[K' '/method .* loss/ { print $NF }' | cut -c 1-6)" method 'the table after the bar'

on_terminal learn in -o o -r 12 --solver mu --tolerance 0 --iterations "$iterations" --force -q
lacks screen '[#'
lacks screen $'\033'
# a result that cannot be written waits for room, on a full disk of our own where one can be mounted
mkdir -p small
cat >room.sh <<'END'
mount -t tmpfs -o size=4m none small || exit 77
dd if=/dev/zero of=small/fill bs=1k count=4050 2>/dev/null
(sleep 2; rm small/fill; sleep 1; echo) | script -qec "$*" /dev/null >screen
status=$?
ls small/o/report.html
exit $status
END
unshare -rm bash room.sh "$mien learn in -o small/o -r 4 --iterations 5" >found 2>/dev/null
room=$?
if [ $room -eq 77 ] || ! unshare -rm true 2>/dev/null; then
    echo 'note: nothing can be mounted here; a full disk is not tried'
else
    same $room 0 'status after room was made'
    holds screen 'No space left on device'
    holds screen 'make room and press Enter to write it again'
    holds found small/o/report.html
fi
# in a pipe: nothing
ok learn in -o o -r 12 --solver mu --tolerance 0 --iterations "$iterations" --force
lacks out $'\r'

finish
