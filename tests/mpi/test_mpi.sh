#!/bin/bash
# test_mpi.sh - mien-mpi writes what mien writes, byte for byte, with any number of ranks and threads;
# and says what is wrong where ranks cannot go on together.
# SPDX-License-Identifier: MIT
#
#   test_mpi.sh MIEN MIEN_MPI TEST_TEAM_MPI
#
# Every number of ranks (1, 2, 3, 5, 7, 8) with 1 and 2 threads for compare and one solver of each
# kind; all other cases with two of these, each with other ones. Exits 0, 1 where something differs,
# 77 without a launcher (ranks.sh).
set -u
LC_ALL=C
export LC_ALL
mien=$1 mien_mpi=$2 test_team=$3
# shellcheck source=tests/mpi/ranks.sh
. "${0%/*}/ranks.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
checks=0 failures=0

bad() {
    failures=$((failures + 1))
    echo "test_mpi: $*" >&2
}

# ranks K WORDS...: mien-mpi with K ranks; its words in out and err
ranks() {
    local k=$1
    shift
    timeout 120 "$mpiexec" -n "$k" "$mien_mpi" "$@" >out 2>err
}

# content OUT: a checksum a file; seconds, threads and the command taken out of those that tell them
content() {
    (
        cd "$1" || exit 1
        find . -type f | sort | while read -r file; do
            case $file in
            *.json) sed -e '/"seconds":/d' -e '/"threads":/d' -e '/"command":/d' "$file" ;;
            */history.csv) cut -d, -f 1,3- "$file" ;;
            */runs.csv) cut -d, -f 1-4 "$file" ;;
            *.html) sed -E -e 's/"seconds": ?(\[[^]]*\]|[-+.e0-9]+)//g' -e 's/"threads": ?[0-9]+//g' \
                -e 's/"(command|folder)": ?"([^"\\]|\\.)*"//g' "$file" ;;
            *) cat "$file" ;;
            esac | sha256sum | sed "s|-\$|$file|"
        done
    )
}

combinations=("1 2" "2 1" "3 1" "5 1" "7 1" "8 1" "3 2" "2 2" "1 1" "5 2" "7 2" "8 2")
next=0

# one NAME RANKS THREADS WORDS...: the case with so many
one() {
    local name=$1 k=$2 threads=$3
    shift 3
    checks=$((checks + 1))
    rm -rf shared shared.partial
    if ! ranks "$k" "$@" -o shared --threads "$threads"; then
        bad "$name, $k ranks of $threads threads: $(head -n 3 err)"
        return
    fi
    content shared >shared.sums
    diff "$name.sums" shared.sums >difference ||
        bad "$name, $k ranks of $threads threads: other bytes in $(grep -c '^>' difference) files: $(grep '^>' difference | head -n 3)"
}

# alike NAME all|some WORDS...: the command, but for -o and --threads, by mien and by ranks
alike() {
    local name=$1 which=$2 i
    shift 2
    if ! "$mien" "$@" -o "alone_$name" --threads 2 >out 2>err; then
        bad "$name: mien itself fails: $(head -n 3 err)"
        return
    fi
    content "alone_$name" >"$name.sums"
    for ((i = 0; i < ${#combinations[@]}; i++)); do
        if [[ $which == all || $i -eq $next || $i -eq $(((next + 5) % 12)) ]]; then
            # shellcheck disable=SC2086 # two words
            one "$name" ${combinations[i]} "$@"
        fi
    done
    next=$(((next + 1) % 12))
}

# table ROWS COLUMNS: numbers >= 0 with parts in them, the same everywhere
table() {
    awk -v n="$1" -v p="$2" 'BEGIN {
        state = 12345
        for (j = 0; j < p; j++) printf "%sc%d", j ? "," : "", j + 1
        print ""
        for (i = 0; i < n; i++) {
            for (k = 0; k < 4; k++) { state = (state * 16807) % 2147483647; w[k] = state % 100 }
            for (j = 0; j < p; j++) {
                state = (state * 16807) % 2147483647
                printf "%s%d", j ? "," : "", w[j % 4] + w[int(j / 7) % 4] * (j % 3 == 0) + state % 9
            }
            print ""
        }
    }'
}
table 307 120 >pictures.csv
table 5003 20 >many.csv
table 12500 8 >wide.csv
table 23 16 >few.csv
table 3 6 >three.csv

# ---- what ranks say to each other
for k in 1 2 3 5 8; do
    checks=$((checks + 1))
    timeout 120 "$mpiexec" -n "$k" "$test_team" >out 2>&1 || bad "test_team_mpi with $k ranks: $(grep -m 3 -E 'FAILED|ERROR' out)"
done

# ---- the same bytes
pictures=(pictures.csv -q --shape 12x10)
alike compare all compare "${pictures[@]}" -r 4 --iterations 15
alike mu all learn "${pictures[@]}" -r 5 --solver mu --iterations 10
alike hals all learn many.csv -q -r 5 --objective frobenius --solver hals --iterations 6
alike minibatch all learn many.csv -q -r 4 --solver minibatch --iterations 9
alike no_weights some learn many.csv -q -r 4 --solver minibatch --no-weights
alike fast some learn "${pictures[@]}" -r 5 --iterations 15 --restarts 2
alike levels some learn "${pictures[@]}" -r 3 --levels 2 --iterations 10
alike large_n some learn wide.csv -q -r 255 --iterations 6
alike frobenius some learn "${pictures[@]}" -r 5 --objective frobenius --iterations 10
alike frobenius_mu some learn "${pictures[@]}" -r 5 --objective frobenius --solver mu --iterations 10
alike frobenius_minibatch some learn many.csv -q -r 4 --objective frobenius --solver minibatch --iterations 9
alike l1 some learn "${pictures[@]}" -r 4 --sparse-basis 0.2 --iterations 10
alike l1_frobenius some learn "${pictures[@]}" -r 4 --sparse-weights 0.2 --objective frobenius --iterations 10
alike local some learn "${pictures[@]}" -r 4 --penalty local --iterations 10
alike hoyer some learn "${pictures[@]}" -r 4 --penalty hoyer --sparse-basis 0.5 --objective frobenius --iterations 8
alike hoyer_weights some learn "${pictures[@]}" -r 4 --penalty hoyer --sparse-weights 0.3 --objective frobenius --iterations 8
alike kmeans some learn many.csv -q -r 9 --method kmeans
alike kmeans_copies some learn few.csv -q -r 12 --method kmeans
alike pca some learn many.csv -q -r 6 --method pca
alike ica_images some learn "${pictures[@]}" -r 5 --method ica
alike ica_weights some learn many.csv -q -r 5 --method ica --ica weights
alike by_kmeans some learn "${pictures[@]}" -r 4 --init kmeans --iterations 8
alike by_svd some learn "${pictures[@]}" -r 4 --init nndsvda --iterations 8
alike calibrated some learn few.csv -q -r 3 --calibrate --iterations 10
alike fewer_leaves_than_ranks all compare few.csv -q -r 3 --iterations 10
alike transform some transform alone_mu/nmf pictures.csv -q
alike transform_clusters some transform alone_kmeans/kmeans many.csv -q
alike transform_frobenius some transform alone_hals/nmf many.csv -q
alike stability some stability "${pictures[@]}" -r 3 --restarts 6 --iterations 10
alike rank some rank few.csv -q --ranks 2:3 --iterations 10

# ---- what cannot go on says so, once, with mien's exit status
# refused STATUS WORDS K COMMAND...: ends with that status, and says the words once
refused() {
    local status=$1 words=$2 k=$3 got
    shift 3
    checks=$((checks + 1))
    rm -rf gone
    ranks "$k" "$@"
    got=$?
    [[ $got -eq $status ]] || bad "$* with $k ranks: ends with $got, not $status: $(head -n 3 err)"
    [[ $(grep -c -- "$words" err) -eq 1 ]] || bad "$* with $k ranks does not say once: $words; but: $(head -n 3 err)"
    [[ ! -e gone && -z $(find . -maxdepth 1 -name '*gone.tmp*') ]] || bad "$* with $k ranks leaves something behind"
}
refused 2 '5 ranks for 3 images' 5 learn three.csv -r 2 -o gone
refused 3 'nowhere.csv' 3 learn nowhere.csv -o gone
refused 2 'components' 2 learn few.csv -r 500 --method pca -o gone
refused 2 'no-such-option' 3 learn few.csv --no-such-option -o gone

# ranks that differ: one of them by its words, one by its images
checks=$((checks + 2))
"$mpiexec" -n 1 "$mien_mpi" learn few.csv -r 2 -o gone : -n 1 "$mien_mpi" learn few.csv -r 3 -o gone >out 2>err
[[ $? -eq 2 && $(grep -c 'rank 1 has other words' err) -eq 1 ]] || bad "ranks with other words: $(head -n 3 err)"
mkdir here there
cp few.csv here/data.csv
sed '5s/^[0-9]*/1/' few.csv >there/data.csv
(cd here && "$mpiexec" -n 1 "$mien_mpi" learn data.csv -r 2 -o gone : \
    -n 1 -wdir "$work/there" "$mien_mpi" learn data.csv -r 2 -o gone) >out 2>err
[[ $? -eq 1 || $? -eq 3 ]] || bad "ranks with other images do not fail"
[[ $(grep -c 'rank 1 reads other images' err) -eq 1 ]] || bad "ranks with other images: $(head -n 3 err)"
rm there/data.csv
(cd here && "$mpiexec" -n 1 "$mien_mpi" learn data.csv -r 2 -o gone : \
    -n 1 -wdir "$work/there" "$mien_mpi" learn data.csv -r 2 -o gone) >out 2>err
checks=$((checks + 1))
[[ $(grep -c 'rank 1: data.csv' err) -eq 1 ]] || bad "a rank without the file: $(head -n 3 err)"

# ---- signals: one rank is asked to end, and all do, at the same iteration, with a result; one is killed, and none is left
long=(many.csv -q -r 4 --solver mu --iterations 100000000 --tolerance 0 --threads 1)
# begin K: a long run in the background; one of its ranks is $rank when it iterates
begin() {
    rm -rf long
    launch "$1" learn "${long[@]}" -o long
    local tries=0
    until [[ -n $(find . -maxdepth 1 -name '*long.tmp*') || $tries -ge 600 ]]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    sleep 1
    rank=$(last_rank)
}
checks=$((checks + 2))
begin 3
kill -TERM "$rank"
end_job
[[ $status -eq 130 ]] || bad "after SIGTERM to one of three ranks: $(head -n 3 err)"
grep -q '"interrupted": true' long/summary.json || bad 'after SIGTERM to one of three ranks there is no result'
begin 3
kill -KILL "$rank"
end_job
[[ $status -ne 0 ]] || bad 'a rank was killed, and the job ends well'
[[ ! -e long ]] || bad 'a rank was killed, and there is a result'
! ranks_live || bad 'a rank was killed, and others live'
[[ $(cat out err | grep -c 'signal 9') -eq 1 ]] || bad "a rank was killed, and it is not said once: $(head -n 3 err)"

# ---- processes that were started by what this MPI does not know: each would be rank 0 of 1
# stranger SIZE RANK HOW_MANY WHICH: as a launcher that sets these two variables leaves a process
stranger() {
    checks=$((checks + 1))
    rm -rf gone
    env "$1=$3" "$2=$4" timeout 60 "$mien_mpi" learn few.csv -q -r 2 -o gone >out 2>err
    status=$?
}
for variables in 'OMPI_COMM_WORLD_SIZE OMPI_COMM_WORLD_RANK' 'PMI_SIZE PMI_RANK' 'SLURM_STEP_NUM_TASKS SLURM_PROCID'; do
    # shellcheck disable=SC2086 # two words
    stranger $variables 3 0
    [[ $status -eq 2 && $(wc -l <err) -eq 1 && $(grep -c "^mien: 3 processes were started (${variables% *}).* srun --mpi=pmi" err) -eq 1 ]] ||
        bad "$variables, the first of three that are alone: ends with $status: $(head -n 3 err)"
    # shellcheck disable=SC2086
    stranger $variables 3 1
    [[ $status -eq 2 && ! -s err && ! -e gone ]] ||
        bad "$variables, the second of three that are alone: ends with $status: $(head -n 3 err)"
    # shellcheck disable=SC2086
    stranger $variables 1 0
    [[ $status -eq 0 && -e gone ]] || bad "$variables, one of one: ends with $status: $(head -n 3 err)"
done
# one rank is what mpirun was asked for, wherever that runs
checks=$((checks + 1))
rm -rf gone
SLURM_STEP_NUM_TASKS=3 ranks 1 learn few.csv -q -r 2 -o gone ||
    bad "one rank within a step of three tasks: $(head -n 3 err)"

# the help has a line about ranks
checks=$((checks + 1))
ranks 2 --help
[[ $(grep -c mpirun out) -eq 1 ]] || bad "--help does not say mpirun once"

echo "test_mpi: $checks checks, $failures failures"
[[ $failures -eq 0 ]]
