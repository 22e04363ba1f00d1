# shellcheck shell=bash
# ranks.sh - what starts ranks: the launcher of the MPI that mien-mpi was built with, Open MPI's or
# MPICH's.
#
# SPDX-License-Identifier: MIT
#
# MIEN_MPIEXEC names it (mpirun); without it the script ends with 77. The script that reads this
# names the program in $mien_mpi.
mpiexec=${MIEN_MPIEXEC:-mpirun}
command -v "$mpiexec" >/dev/null || exit 77

# More ranks than processors, in a container as root: what a cluster has no need for, and MPICH does
# not ask about.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_orte_abort_print_stack=0

# patient: 1 where the launcher lets ranks speak when one of them was killed; MPICH's kills all others
# at once, and itself says so
# shellcheck disable=SC2034 # used by the scripts
case $("$mpiexec" --version 2>&1) in
*HYDRA*) patient=0 ;;
*) patient=1 ;;
esac

# launch RANKS WORDS...: a job in the background, $job; each of its processes writes its number down
launch() {
    local ranks=$1
    shift
    rm -f ranks.*
    # shellcheck disable=SC2016,SC2154 # expanded by the rank's shell; the script has it
    "$mpiexec" -n "$ranks" bash -c 'echo $$ >"ranks.$$"; exec "$0" "$@"' \
        "$mien_mpi" "$@" >out 2>err </dev/null &
    job=$!
}

# last_rank: the number of its process that was started last
last_rank() {
    cat ranks.* | sort -n | tail -n 1
}

# ranks_live: one of its processes is at work
ranks_live() {
    local file
    for file in ranks.*; do
        ! grep -qs '^State:.[^Z]' "/proc/${file#*.}/status" || return 0
    done
    return 1
}

# end_job: its status. After a rank was killed Open MPI's mpirun now and then waits for a lock of its
# own for ever, all ranks gone (4.1.4, in PMIx's end); it is ended then.
end_job() {
    local alone=0
    while kill -0 "$job" 2>/dev/null && [ "$alone" -lt 300 ]; do
        sleep 0.1
        alone=$((alone + 1))
        ! ranks_live || alone=0
    done
    [ "$alone" -lt 300 ] || kill -KILL "$job"
    wait "$job" 2>/dev/null
    # shellcheck disable=SC2034 # used by the scripts
    status=$?
}
