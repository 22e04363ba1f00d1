#!/bin/bash
# test_mpi_resume.sh - a rank is killed at any moment: the job ends, and the same command goes on with
# another number of ranks, to what the plain program writes that was never stopped.
# SPDX-License-Identifier: MIT
#
#   test_mpi_resume.sh MIEN PEEK SOURCE_ROOT MIEN_MPI [KILLS]
#
# KILLS (10): so many jobs lose a rank, over all commands. tools/soak wants more. Exits 0, 1, or 77
# without mpirun.
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/../cli/lib.sh"
command -v mpirun >/dev/null || exit 77
mien_mpi=$4
kills=${5:-10}
seed=${MIEN_SEED:-$RANDOM}
RANDOM=$seed
hits=0
resumed=0
echo "test_mpi_resume.sh: seed $seed"

# More ranks than processors, in a container as root: what a cluster has no need for.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_orte_abort_print_stack=0

for ((i = 1; i <= 40; i++)); do
    pgm in/$i.pgm 16 15 $i
done

# begin RANKS WORDS...: a job in the background; the processes of its ranks write their numbers down
begin() {
    local ranks=$1
    shift
    rm -f ranks.*
    # shellcheck disable=SC2016 # expanded by the rank's shell
    mpirun --oversubscribe -n "$ranks" bash -c 'echo $$ >"ranks.$$"; exec "$0" "$@"' \
        "$mien_mpi" "$@" >out 2>err </dev/null &
    job=$!
}

# finish_job: its status
finish_job() {
    wait $job 2>/dev/null
    status=$?
    ! grep -q 'resumed at iteration' err || resumed=$((resumed + 1))
}

# hunt KILLS WORDS...: mien once, then mien-mpi, of which a rank is killed so often
hunt() {
    local left=$1 tries
    shift
    rm -rf whole cut cut.checkpoint*
    run "$@" -o whole --checkpoint off
    expect 0
    for ((tries = 0; left > 0 && tries < 100; tries++)); do
        begin $((RANDOM % 4 + 2)) "$@" -o cut --checkpoint 0 --threads $((RANDOM % 2 + 1))
        for ((i = 0; i < 500; i++)); do # there is something to go on from
            [ ! -s cut.checkpoint.old ] && [ -d "/proc/$job" ] || break
            sleep 0.02
        done
        sleep "$(awk -v r=$RANDOM 'BEGIN { printf "%.3f", r / 32768 / 2 }')"
        kill -KILL "$(cat ranks.* 2>/dev/null | shuf -n 1)" 2>/dev/null
        finish_job
        if [ ! -d cut ]; then
            hits=$((hits + 1))
            left=$((left - 1))
        else
            equal whole cut
            rm -rf cut
        fi
    done
    begin $((RANDOM % 4 + 2)) "$@" -o cut --checkpoint 0
    finish_job
    expect 0
    equal whole cut
    absent cut.checkpoint cut.checkpoint.old
}

commands=(
    'learn in -r 6 --iterations 60 --tolerance 0 --restarts 1'
    'compare in -r 4 --iterations 40 --seed 3 --restarts 4'
    'learn in -r 4 --levels 2 --restarts 3 --tolerance 0 --iterations 40'
    'learn in -r 4 --objective frobenius --penalty hoyer --sparse-basis 0.5 --sparse-weights 0.3 --iterations 60'
    'stability in -r 4 --restarts 6 --iterations 40 --tolerance 0'
)
share=$((kills / ${#commands[@]}))
for ((c = 0; c < ${#commands[@]}; c++)); do
    # shellcheck disable=SC2086 # words
    hunt $((share + (c < kills % ${#commands[@]}))) ${commands[c]}
done
same "$hits" "$kills" 'jobs that lost a rank'
checks=$((checks + 1))
[ "$resumed" -gt 0 ] || bad 'no job went on from an iteration'
echo "test_mpi_resume.sh: $hits jobs lost a rank, $resumed went on from an iteration"

finish
