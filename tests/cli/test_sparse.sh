#!/bin/bash
# test_sparse.sh - sparser parts on the command line: --penalty, --sparse-basis, --sparse-weights.
# SPDX-License-Identifier: MIT
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

swimmer=$assets/swimmer

# number OUT KEY: of NMF in summary.json
number() {
    json "$1/summary.json" methods nmf "$2"
}

# larger A B WHAT: A > B
larger() {
    checks=$((checks + 1))
    awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > b) }' || bad "$3: $1 is not above $2"
}

ok learn --help
for option in --penalty --sparse-basis --sparse-weights; do
    holds out "$option"
done

# ---- each kind runs, says what it minimised, and is recorded
ok learn "$swimmer" -o plain -r 8 --iterations 40 --restarts 1
ok learn "$swimmer" -o l1 -r 8 --iterations 40 --restarts 1 --sparse-basis 0.75
ok learn "$swimmer" -o local -r 8 --iterations 40 --restarts 1 --penalty local
ok learn "$swimmer" -o hoyer -r 8 --iterations 40 --restarts 1 --objective frobenius \
    --penalty hoyer --sparse-basis 0.9
for out in l1 local; do
    holds $out/nmf/model.json 'the loss is without it'
    larger "$(number $out penalty)" 0 "$out: penalty"
    larger "$(number $out loss)" "$(number plain loss)" "$out: loss"
    # the history is of loss + penalty
    last=$(tail -n 1 $out/nmf/history.csv | cut -d, -f3)
    checks=$((checks + 1))
    awk -v a="$last" -v l="$(number $out loss)" -v p="$(number $out penalty)" \
        'BEGIN { d = a - l - p; exit !(d * d <= 1e-10 * a * a) }' ||
        bad "$out: the history ends with $last"
done
holds hoyer/nmf/model.json 'constraints of sparseness'
lacks plain/nmf/model.json 'the loss is without it'
same "$(json l1/summary.json options sparse-basis)" 0.75 'sparse-basis in summary.json'
same "$(json hoyer/summary.json options penalty)" hoyer 'penalty in summary.json'
same "$(number hoyer sparseness | awk '{ printf "%.4f", $1 }')" 0.9000 'sparseness held'
for out in plain l1 local hoyer; do
    there $out/nmf/basis.png $out/nmf/basis.npy $out/report.html
done

# ---- the same bytes with other threads
ok learn "$swimmer" -o l1-2 -r 8 --iterations 40 --restarts 1 --sparse-basis 0.75 --threads 2
ok learn "$swimmer" -o l1-3 -r 8 --iterations 40 --restarts 1 --sparse-basis 0.75 --threads 3
same "$(cksum <l1-2/nmf/basis.npy)" "$(cksum <l1-3/nmf/basis.npy)" 'threads'

# ---- starts are compared by loss and penalty: both commands keep the same one, though another has less loss
words='-r 8 --sparse-basis 0.75 --restarts 6 --iterations 20'
# shellcheck disable=SC2086 # words of a command
ok learn "$swimmer" -o best $words
# shellcheck disable=SC2086
ok stability "$swimmer" -o study $words
holds out 'The least loss and penalty is'
kept=$(awk -F, '$6 == 1 { print $2, $3 }' study/runs.csv)
same "$(number best seed)" "${kept% *}" 'the seed that learn and stability keep'
less=$(awk -F, -v kept="${kept#* }" 'NR > 1 && $3 < kept' study/runs.csv | wc -l)
larger "$less" 0 'runs of less loss, else nothing is tested'

# ---- what does not go together: wrong usage, and the remedy
while IFS='|' read -r words line; do
    # shellcheck disable=SC2086 # words of a command
    run learn "$swimmer" -o refused -r 4 $line
    expect 2 "$words"
    absent refused
done <<'END'
there is for frobenius fast|--penalty hoyer --sparse-basis 0.5
give sparse-basis or sparse-weights|--penalty hoyer --objective frobenius
there is for kl fast|--penalty local --objective frobenius
leave out sparse-basis|--penalty local --sparse-basis 0.5
no solver mu for objective kl under penalty l1|--sparse-basis 0.5 --solver mu
give a number from 0 to 1|--sparse-basis 2
give a number from 0 to 1|--sparse-weights -1
give one of|--penalty l2
END

finish
