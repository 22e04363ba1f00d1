#!/bin/bash
# test_mpi_inputs.sh - ranks read arrays that are mapped, pack and keep what is larger than memory as
# the plain program does; where one of them sees something else, or the disk is full, they say so.
# SPDX-License-Identifier: MIT
#
#   test_mpi_inputs.sh MIEN - SOURCE_ROOT MIEN_MPI
#
# Exits 0, 1, or 77 without a launcher (ranks.sh).
# shellcheck source=tests/mpi/ranks.sh
. "${0%/*}/ranks.sh"
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/../cli/lib.sh"
mien_mpi=$4

folder in 60 16 15
fit=(-q -r 4 --iterations 30 --restarts 2 --tolerance 0)

# ranks K WORDS...: mien-mpi with K ranks
ranks() {
    local k=$1
    shift
    timeout 120 "$mpiexec" -n "$k" "$mien_mpi" "$@" >out 2>err </dev/null
    status=$?
}

# differ WORDS...: two ranks, the first in here/, the other in there/
differ() {
    rm -rf here/gone
    timeout 120 "$mpiexec" -n 1 -wdir "$work/here" "$mien_mpi" "$@" : \
        -n 1 -wdir "$work/there" "$mien_mpi" "$@" >out 2>err </dev/null
    status=$?
}

# said STATUS WORDS: so it ended, and said that in one line of its own, and left nothing
said() {
    expect "$1" "$2"
    same "$(grep -c '^mien: ' err)" 1 'lines of mien'
    absent gone here/gone
    no_leftovers
}

# ---- an array that is mapped, packed by ranks or not: what the folder gives
run pack in -q -o alone.npy
expect 0
ranks 3 pack in -q -o ranks.npy
expect 0
cmp -s alone.npy ranks.npy || bad 'ranks pack other bytes'
cmp -s alone.npy.list ranks.npy.list || bad 'ranks pack another list'
run learn alone.npy "${fit[@]}" -o whole
expect 0
for k in 1 2 3 7; do
    ranks $k learn alone.npy "${fit[@]}" -o shared
    expect 0
    equal whole shared
    rm -rf shared
done

# ---- what does not fit into memory
run learn in "${fit[@]}" -o folder
expect 0
mkdir cache
ranks 3 learn in "${fit[@]}" -o shared --cache cache
expect 0
equal folder shared
same "$(find cache -type f | wc -l)" 0 'files in the cache'
rm -rf shared

# ---- a checkpoint of ranks that map their images; killed, gone on with by another number
ranks 3 learn alone.npy "${fit[@]}" -o shared --checkpoint 0
expect 0
equal whole shared
absent shared.checkpoint
rm -rf shared

# ---- more ranks than images
mkdir three
cp in/1.pgm in/2.pgm in/3.pgm three
run pack three -q -o three.npy
ranks 5 learn three.npy -q -r 2 -o gone
said 2 '5 ranks for 3 images'
ranks 3 learn three.npy -q -r 2 -o shared
expect 0
rm -rf shared

# ---- one rank sees something else
mkdir here there
for name in here there; do
    cp alone.npy alone.npy.list $name
done
differ learn alone.npy "${fit[@]}" -o gone # OUT is no folder of the other's: its weights are sent
expect 0
equal whole here/gone
rm -rf here/gone
rm there/alone.npy
differ learn alone.npy "${fit[@]}" -o gone
said 3 'rank 1: alone.npy'
head -c 9000 alone.npy >there/alone.npy
differ learn alone.npy "${fit[@]}" -o gone
said 3 'rank 1: alone.npy'
rm there/alone.npy*
run pack in -q -o there/alone.npy --size 8x8 --fit crop
differ learn alone.npy "${fit[@]}" -o gone
said 3 'rank 1 reads other images'

# ---- the page again: where it stands the first rank alone knows
run learn alone.npy "${fit[@]}" -o again -q
ranks 2 report again
expect 0
same "$(cat out)" again/report.html 'what is told'

# ---- a full disk where the first rank writes: the checkpoint costs no run, OUT ends it
mkdir small
if mount -t tmpfs -o size=64k none small 2>/dev/null; then
    trap 'umount "$work/small"; chmod -R u+rwX "$work" 2>/dev/null; rm -rf "$work" "$tally"' EXIT
    ranks 2 learn alone.npy --ink light -r 40 --iterations 10 --restarts 1 --checkpoint 0 -o small/gone
    expect 1 'No space left on device'
    same "$(grep -c 'the run goes on, with the checkpoint as it was' err)" 1 'words on the checkpoint'
    absent small/gone
    no_leftovers
fi

finish
