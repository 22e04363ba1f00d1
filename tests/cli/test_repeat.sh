#!/bin/bash
# test_repeat.sh - the same command gives the same files, byte for byte: in whatever order the images
# were put into their folder, with any number of threads, and wherever the system puts the program's
# memory. Only the seconds a run took may differ.
# SPDX-License-Identifier: MIT
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

# ---- images put into the folder in three orders; a folder of the same name, as OUT holds it
names=()
for ((i = 1; i <= 24; i++)); do
    names+=("s$((i % 4))/$i.pgm")
done
put() { # FOLDER NAMES...
    local folder=$1 name
    shift
    for name; do
        pgm "$folder/in/$name" 8 9 "$(basename "$name" .pgm)"
    done
}
backwards=()
mixed=()
for ((i = 23; i >= 0; i--)); do
    backwards+=("${names[i]}")
    mixed+=("${names[i * 7 % 24]}")
done
put forth "${names[@]}"
put back "${backwards[@]}"
put mix "${mixed[@]}"
for order in forth back mix; do
    (cd $order && "$mien" compare in -o result -r 4 --iterations 12 --seed 3 --restarts 2 -q \
        >said 2>&1) || bad "compare in $order"
    (cd $order && "$mien" stability in -o study -r 3 --iterations 9 --restarts 3 -q \
        >said 2>&1) || bad "stability in $order"
done
equal forth/result back/result mix/result
equal forth/study back/study mix/study

# ---- any number of threads
cd forth || exit 1
for threads in 1 2 3 4 8; do
    ok compare in -o threads-$threads -r 4 --iterations 12 --seed 3 --restarts 2 --threads $threads
    ok stability in -o study-$threads -r 3 --iterations 9 --restarts 3 --threads $threads
    case $threads in 2 | 4) continue ;; esac # what costs more
    ok rank in -o rank-$threads --ranks 2:3 --iterations 9 --starts 2 --masks 2 --threads $threads
    mkdir weights-$threads # the model is a copy: the first transform keeps a measure in it
    cp -R threads-1 weights-$threads/learned
    (cd weights-$threads && "$mien" transform learned/nmf ../in --training ../in -o weights --threads $threads >said 2>&1) ||
        bad "transform with $threads threads"
done
for what in threads study; do
    equal $what-1 $what-2 $what-3 $what-4 $what-8
done
equal rank-1 rank-3 rank-8
for what in learned weights; do
    equal weights-1/$what weights-3/$what weights-8/$what
done

# ---- memory at other addresses in every run (the usual thing), and at the same (setarch -R)
where=("$mien")
if setarch -R true 2>/dev/null; then
    where=(setarch -R "$mien")
fi
for run in 1 2; do
    ok compare in -o loose-$run -r 4 --iterations 12 --seed 3 --restarts 2
done
for run in 1 2; do
    "${where[@]}" compare in -o fixed-$run -r 4 --iterations 12 --seed 3 --restarts 2 -q \
        >out 2>err || bad 'compare at fixed addresses'
done
equal threads-1 loose-1 loose-2 fixed-1 fixed-2

# ---- would a difference be seen?
cp -R loose-1 spoilt
printf 'x' | dd of=spoilt/nmf/weights.npy bs=1 seek=200 conv=notrunc 2>/dev/null
checks=$((checks + 1))
[ "$(content loose-1)" != "$(content spoilt)" ] || bad 'a spoilt file is not seen'

finish
