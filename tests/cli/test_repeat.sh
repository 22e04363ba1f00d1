#!/bin/bash
# test_repeat.sh - the same command gives the same files, byte for byte: in whatever order the images
# were put into their folder, with any number of threads, and wherever the system puts the program's
# memory. Only the seconds a run took may differ.
# SPDX-License-Identifier: MIT
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

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
