#!/bin/bash
# test_mpi_resume.sh - a rank, or the whole job, is killed at any moment: the same command goes on with
# another number of ranks, or as the plain program, to what that writes when it is never stopped.
# SPDX-License-Identifier: MIT
#
#   test_mpi_resume.sh MIEN - SOURCE_ROOT MIEN_MPI [KILLS]
#
# KILLS (30): so many jobs are killed, over all commands; tools/soak wants 500. MIEN_SEED repeats a
# test, as far as the clock does. Exits 0, 1, or 77 without a launcher (ranks.sh).
# shellcheck source=tests/mpi/ranks.sh
. "${0%/*}/ranks.sh"
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/../cli/lib.sh"
mien_mpi=$4
kills=${5:-30}
seed=${MIEN_SEED:-$RANDOM}
RANDOM=$seed
hits=0    # jobs that ended by a kill
kept=0    # those that left something to go on from
resumed=0 # runs that said where they go on
whole=0   # results that were compared
echo "test_mpi_resume.sh: seed $seed"

for ((i = 1; i <= 40; i++)); do
    pgm in/$i.pgm 16 15 $i
done
awk 'BEGIN {
    for (j = 0; j < 12; j++) printf "%sc%d", j ? "," : "", j
    for (i = 0; i < 60; i++) {
        printf "\n"
        for (j = 0; j < 12; j++) { s = (s * 137 + 187) % 65521; printf "%s%d", j ? "," : "", s % 97 }
    }
    print ""
}' >table.csv

# begin RANKS WORDS...: a job in the background, 0 ranks: the plain program. Each of its processes
# writes its number down.
begin() {
    if [ "$1" -gt 0 ]; then
        launch "$@"
        return
    fi
    shift
    rm -f ranks.*
    "$mien" "$@" >out 2>err </dev/null &
    job=$!
    echo $job >ranks.$job
}

# end: its status
end() {
    end_job
    ! grep -qE 'resumed at (iteration|image)' err || resumed=$((resumed + 1))
}

# some RANKS: a number of ranks that is another one than before
some() {
    local least=$1
    while ranks=$((RANDOM % (6 - least) + least)) && [ "$ranks" -eq "${before:-0}" ]; do :; done
    before=$ranks
}

# go_on WORDS...: with what there is, to the end, which is that of the run that was never stopped
go_on() {
    some 0
    begin "$ranks" "$@" -o cut --checkpoint 0 --threads $((RANDOM % 2 + 1))
    end
    expect 0
    compared
}

compared() {
    whole=$((whole + 1))
    equal whole cut
    absent cut.checkpoint cut.checkpoint.old cut.checkpoint.new
    no_leftovers
    rm -rf cut
}

# hunt KILLS WORDS...: mien once, then mien-mpi, which is killed so often
hunt() {
    local left=$1 tries
    shift
    rm -rf whole cut cut.checkpoint*
    run "$@" -o whole --checkpoint off
    expect 0
    for ((tries = 0; left > 0 && tries < 20 * kills; tries++)); do
        some 1
        begin "$ranks" "$@" -o cut --checkpoint 0 --threads $((RANDOM % 2 + 1))
        case $((RANDOM % 4)) in
        0) ;; # at any moment, even before MPI is there
        *) wait_for $job test -s cut.checkpoint.old ;;
        esac
        sleep "$(awk -v r="$RANDOM" 'BEGIN { printf "%.3f", r / 32768 / 3 }')"
        if [ $((RANDOM % 2)) -eq 0 ]; then
            kill -KILL "$(cat ranks.* 2>/dev/null | shuf -n 1)" 2>/dev/null
        else # mpirun, too, and all at once
            # shellcheck disable=SC2046 # numbers
            kill -KILL $job $(cat ranks.* 2>/dev/null) 2>/dev/null
        fi
        end
        if [ "$status" -ne 0 ] && [ ! -d cut ]; then
            hits=$((hits + 1))
            left=$((left - 1))
            [ ! -s cut.checkpoint ] || kept=$((kept + 1))
            [ $((RANDOM % 2)) -eq 0 ] || [ "$left" -eq 0 ] || go_on "$@"
        elif [ -d cut ]; then # it was faster
            compared
        else
            bad "a job ends with $status and no result"
        fi
    done
    go_on "$@"
}

commands=(
    'learn in -r 6 --iterations 200 --tolerance 0 --restarts 1'
    'compare in -r 4 --iterations 100 --tolerance 0 --restarts 4'
    'learn in -r 4 --levels 2 --restarts 3 --tolerance 0 --iterations 100'
    'learn in -r 4 --objective frobenius --tolerance 0 --iterations 200 --restarts 1 --calibrate'
    'learn in -r 4 --objective frobenius --penalty hoyer --sparse-basis 0.5 --sparse-weights 0.3 --iterations 100'
    'learn in -r 4 --penalty l1 --sparse-basis 0.3 --iterations 80'
    'learn in -r 4 --method ica --tolerance 0 --iterations 120'
    'learn in -r 6 --method kmeans --restarts 6'
    'learn table.csv -r 3 --solver minibatch --tolerance 0 --iterations 200 --restarts 3'
    'learn table.csv -r 3 --solver minibatch --no-weights --iterations 50'
    'stability in -r 4 --restarts 12 --iterations 150 --tolerance 0'
    'rank table.csv --ranks 1:4 --iterations 60 --starts 3 --masks 2'
)
share=$((kills / ${#commands[@]}))
for ((c = 0; c < ${#commands[@]}; c++)); do
    # shellcheck disable=SC2086 # words
    hunt $((share + (c < kills % ${#commands[@]}))) ${commands[c]}
done
same "$hits" "$kills" 'jobs that were killed'
checks=$((checks + 2))
[ "$kept" -gt $((kills / 3)) ] || bad "only $kept of $hits jobs left something to go on from"
[ "$resumed" -gt $((kills / 5)) ] || bad "only $resumed jobs went on from an iteration"
echo "test_mpi_resume.sh: $hits jobs killed, $kept left a checkpoint, $resumed went on from an iteration; $whole results compared"

# ---- what is said
long=(learn in -r 4 --ink light --solver mu --iterations 20000000 --tolerance 0 --restarts 1)
rm -rf cut cut.checkpoint*
begin 3 "${long[@]}" -o cut --checkpoint 0
wait_for $job test -s cut.checkpoint.old
kill -KILL "$(last_rank)"
end
same "$(grep -c '^mien: ' err)" "$patient" 'lines of mien when a rank is killed'
[ "$patient" -eq 0 ] || holds err 'the same command goes on from there, on any number of ranks'
there cut.checkpoint

# where nothing was kept yet, that is said
begin 3 "${long[@]}" -o none --checkpoint 3600
wait_for $job compgen -G 'none.tmp*' >/dev/null
sleep 1
kill -KILL "$(last_rank)"
end
[ "$patient" -eq 0 ] || holds err 'no checkpoint was written yet, and the same command begins anew'
absent none.checkpoint
rm -rf none.tmp-* # the next run to there would clear it away

# of other options: refused in one line, and what is kept stays
begin 2 "${long[@]}" -r 5 -o cut
end
expect 2 '"components: 4", and now it is "components: 5"'
same "$(grep -c '^mien: ' err)" 1 'lines of mien when it is refused'
there cut.checkpoint
absent cut

# an end that is asked for is one of all ranks, with a result
begin 3 "${long[@]}" -o cut --checkpoint 0
wait_for $job grep -q resumed err
kill -INT "$(cat ranks.* | shuf -n 1)"
end
expect 130 'cut.checkpoint stays: the same command with --force goes on from there'
there cut/summary.json cut.checkpoint
rm -rf cut cut.checkpoint*
no_leftovers

finish
