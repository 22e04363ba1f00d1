#!/bin/bash
# test_resume.sh - killed at any moment, the same command goes on, on another number of threads, and
# what it writes is what a run writes that was never stopped.
# SPDX-License-Identifier: MIT
#
#   test_resume.sh MIEN PEEK SOURCE_ROOT [KILLS]
#
# KILLS (50): so many SIGKILL hit a run, over all commands. tools/soak wants 500.
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

kills=${4:-50}
seed=${MIEN_SEED:-$RANDOM}
RANDOM=$seed
hits=0
resumed=0
echo "test_resume.sh: seed $seed"

for ((i = 1; i <= 40; i++)); do
    pgm in/$i.pgm 16 15 $i
done
"$peek" make table.npy 80 24
"$peek" make many.npy 200000 4

# now: milliseconds of the clock
now() {
    local t=$EPOCHREALTIME
    echo $((${t%[.,]*} * 1000 + 10#${t#*[.,]} / 1000))
}

# hunt KILLS WORDS...: mien with these words, once as it is, and once killed so often
hunt() {
    local left=$1 began took pid
    shift
    rm -rf whole cut cut.checkpoint*
    began=$(now)
    run "$@" -o whole --checkpoint off
    took=$(($(now) - began))
    expect 0
    absent whole.checkpoint
    for ((tries = 0; left > 0 && tries < 200; tries++)); do
        "$mien" "$@" -o cut --checkpoint 0 --threads $((RANDOM % 3 + 1)) >out 2>err </dev/null &
        pid=$!
        sleep "$(awk -v t="$took" -v r="$RANDOM" 'BEGIN { printf "%.3f", t / 1000 * r / 32768 }')"
        kill -KILL $pid 2>/dev/null
        wait $pid 2>/dev/null
        status=$?
        grep -qE 'resumed at (iteration|image)' err && resumed=$((resumed + 1))
        if [ "$status" -eq 137 ]; then
            hits=$((hits + 1))
            left=$((left - 1))
            if [ -d cut ]; then # it was whole by then
                equal whole cut
                rm -rf cut
            fi
        else
            expect 0
            equal whole cut
            absent cut.checkpoint cut.checkpoint.old cut.checkpoint.new
            rm -rf cut
        fi
    done
    run "$@" -o cut --checkpoint 0 --threads $((RANDOM % 3 + 1))
    expect 0
    equal whole cut
    absent cut.checkpoint cut.checkpoint.old cut.checkpoint.new
    no_leftovers
}

# ---- every command, every way to descend
commands=(
    'compare in -r 4 --iterations 40 --seed 3'
    'compare in -r 5 --restarts 4 --iterations 60 --tolerance 0'
    'learn in -r 6 --iterations 150 --tolerance 0 --restarts 1'
    'learn in -r 4 --iterations 60 --levels 2 --restarts 3 --tolerance 0'
    'learn in -r 4 --solver mu --restarts 5 --iterations 100 --tolerance 0'
    'learn in -r 4 --objective frobenius --iterations 200 --tolerance 0 --calibrate'
    'learn in -r 4 --penalty l1 --sparse-basis 0.3 --iterations 80'
    'learn in -r 4 --objective frobenius --penalty hoyer --sparse-basis 0.5 --iterations 80'
    'learn in -r 4 --method ica --tolerance 0 --iterations 120'
    'stability in -r 4 --restarts 8 --iterations 60 --tolerance 0'
    'rank table.npy --ranks 1:5 --iterations 60 --starts 3 --masks 2'
    'learn many.npy -r 2 --solver minibatch --no-weights --iterations 20 --tolerance 0'
)
share=$((kills / ${#commands[@]}))
for ((c = 0; c < ${#commands[@]}; c++)); do
    # shellcheck disable=SC2086 # words
    hunt $((share + (c < kills % ${#commands[@]}))) ${commands[c]}
done
same "$hits" "$kills" 'runs that were killed'
checks=$((checks + 1))
[ "$resumed" -gt $((kills / 5)) ] || bad "only $resumed of $hits runs went on from an iteration"
echo "test_resume.sh: $hits runs killed, $resumed of those that followed went on from an iteration"

# ---- what is kept of other data, of other options, of nobody
# stop WORDS...: a run that leaves a checkpoint
stop() {
    rm -rf cut cut.checkpoint*
    "$mien" "$@" -o cut --checkpoint 0 >out 2>err </dev/null &
    local pid=$!
    wait_for $pid test -s cut.checkpoint.old
    kill -KILL $pid
    wait $pid 2>/dev/null
    there cut.checkpoint cut.checkpoint.old
}
long=(learn in -r 4 --solver mu --iterations 20000000 --tolerance 0 --restarts 1)
short=(learn in -r 4 --solver mu --iterations 20 --tolerance 0 --restarts 1)
stop "${long[@]}"
cp cut.checkpoint kept
cp cut.checkpoint.old kept.old
while IFS='|' read -r words message; do
    # shellcheck disable=SC2086 # words
    run "${long[@]}" $words -o cut
    expect 2 "$message"
    holds err '--no-resume'
    absent cut
    cmp -s kept cut.checkpoint || bad "what is kept was touched by: $words"
done <<'END'
-r 5|"components: 4", and now it is "components: 5"
--iterations 9|"iterations: 20000000", and now it is "iterations: 9"
--seed 8|"seed: 0", and now it is "seed: 8"
--objective frobenius|"objective: kl", and now it is "objective: frobenius"
--normalize unit|"normalize: lee-seung", and now it is "normalize: unit"
END
run learn table.npy -r 4 -o cut
expect 2 'cut.checkpoint keeps a run that had "input: 40 of 240 values'
run stability in -r 4 -o cut
expect 2 '"work: fits of nmf", and now it is "work: stability"'
run learn in -r 4 --method pca -o cut
expect 2 '"work: fits of nmf", and now it is "work: fits of pca"'
run learn in -r 4 --solver minibatch --no-weights --iterations 20000000 --tolerance 0 --restarts 1 -o cut
expect 2 'and now it is "weights: not kept"'
run "${short[@]}" -o cut --no-resume
expect 0
absent cut.checkpoint cut.checkpoint.old

# ---- of an array whose list says other names, of the same values
run pack in -o in.npy -q
expect 0
stop "${long[@]/#in/in.npy}"
cp -r in renamed # the last of them: their order stays
last=$(find renamed -type f | sort -V | tail -n 1)
mv "$last" "${last%/*}/z${last##*/}"
run pack renamed -o in.npy -q --force
expect 0
run "${long[@]/#in/in.npy}" -o cut
expect 2 'keeps a run that had "names and labels: '

# ---- of stability, whose runs are kept whole
stop stability in -r 4 --solver mu --iterations 40 --tolerance 0 --restarts 2000
run stability in -r 4 --solver mu --iterations 40 --tolerance 0 --restarts 2000 --normalize unit -o cut
expect 2 '"normalize: lee-seung", and now it is "normalize: unit"'
stop "${long[@]}"
cp cut.checkpoint kept
cp cut.checkpoint.old kept.old
rm cut.checkpoint

# ---- damaged: the generation before serves; both: refused
rm -rf cut
cp kept.old cut.checkpoint.old
head -c 700 kept >cut.checkpoint
run "${long[@]}" -r 5 -o cut
expect 2 'cut.checkpoint is damaged: '
holds err 'the one before it is gone on from'
head -c 700 kept.old >cut.checkpoint.old
run "${long[@]}" -o cut
expect 2 'both to begin anew, or give --no-resume'
absent cut
echo precious >precious
rm cut.checkpoint cut.checkpoint.old
ln -s precious cut.checkpoint
run "${short[@]}" -o cut
expect 1 'cut.checkpoint: a link, which is not followed here; remove it'
same "$(cat precious)" precious 'what the link led to'
rm cut.checkpoint

# ---- empty, or zeros throughout, as a loss of power may leave it: damaged, and gone with --no-resume
for size in 0 7 5000; do
    head -c $size /dev/zero >cut.checkpoint
    run "${short[@]}" -o cut
    expect 2 'cut.checkpoint is damaged: '
    expect 2 'give --no-resume'
    absent cut
    head -c $size /dev/zero >cut.checkpoint.old
    run "${short[@]}" -o cut --no-resume
    expect 0
    absent cut.checkpoint cut.checkpoint.old
    rm -r cut
done
{
    head -c 5000 /dev/zero
    cat precious
} >cut.checkpoint
run "${short[@]}" -o cut --no-resume
expect 2 'is not removed'
rm cut.checkpoint

# ---- what is the user's is not removed to begin anew, and not called damaged
for place in cut.checkpoint cut.checkpoint.old; do
    for words in --no-resume ''; do
        cp precious $place
        # shellcheck disable=SC2086 # words
        run "${short[@]}" -o cut $words
        expect 2 "$place is no checkpoint of mien's and is not removed: move it away, or choose another -o"
        same "$(cat $place)" precious 'a file of the user'
        rm $place
        mkdir $place
        # shellcheck disable=SC2086 # words
        run "${short[@]}" -o cut $words
        expect 2 "$place is no checkpoint of mien's and is not removed: move it away, or choose another -o"
        absent cut
        rmdir $place
    done
done

# ---- interrupted: what was reached is written, and what to go on from stays
"$mien" "${long[@]}" -o cut --checkpoint 0 >out 2>err </dev/null &
pid=$!
wait_for $pid test -s cut.checkpoint.old
kill -TERM $pid # SIGINT is ignored where a job in the background began this
wait $pid
status=$?
expect 130 'cut.checkpoint stays: the same command with --force goes on from there'
there cut/summary.json cut.checkpoint
rm -rf cut cut.checkpoint*

# ---- a run that is over before the first minute keeps nothing; words that are no seconds
ok "${short[@]}" -o cut
absent cut.checkpoint
while IFS='|' read -r words message; do
    # shellcheck disable=SC2086 # words
    run "${short[@]}" -o bad $words
    expect 2 "$message"
done <<'END'
--checkpoint -1|give seconds, 0 for every iteration, or off
--checkpoint soon|give seconds, 0 for every iteration, or off
END
no_leftovers

finish
