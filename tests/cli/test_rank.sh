#!/bin/bash
# test_rank.sh - mien rank: what it writes, how it goes on after an interruption, what it refuses.
# SPDX-License-Identifier: MIT
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

# table FILE N P R SEED: Poisson-like counts around W H as a .csv
table() {
    awk -v n="$2" -v p="$3" -v r="$4" -v seed="$5" 'BEGIN {
        srand(seed)
        for (k = 0; k < r; k++) for (j = 0; j < p; j++) h[k, j] = rand() < 0.35 ? rand() * 9 : 0
        for (i = 0; i < n; i++) {
            for (k = 0; k < r; k++) w[k] = rand() * rand() * 3
            for (j = 0; j < p; j++) {
                mean = 0.2
                for (k = 0; k < r; k++) mean += w[k] * h[k, j]
                limit = exp(-mean); count = 0; product = rand()
                while (product > limit) { count++; product *= rand() }
                printf j ? ",%d" : "%d", count
            }
            print ""
        }
    }' >"$1"
}

table counts.csv 160 40 4 5

ok rank counts.csv -o one --ranks 1:8 --starts 0
there one/rank.csv one/rank.png one/rank.svg one/rank_curves.png one/rank_curves.svg one/summary.json
absent one.checkpoint one.checkpoint.old
holds out 'Wold 1978'
holds out 'Tan & Fevotte'
holds out 'r = '
same "$(head -n 1 one/rank.csv | cut -d , -f 1-3)" 'r,held_out_kl,held_out_kl_error' 'rank.csv'
same "$(wc -l <one/rank.csv)" 9 'a row an r'
for png in rank rank_curves; do
    "$peek" png one/$png.png >size || bad "$png.png"
    grep -q '1920.*1080' size || bad "$png.png is no slide: $(cat size)"
done
holds out 'The noise grows as that of counts'
same "$(json one/summary.json noise kind)" counts 'the noise'
same "$(json one/summary.json may_lie_below)" false 'a range from 1 on is not short'
json one/summary.json recommended | awk '{ exit !($1 >= 3 && $1 <= 5) }' ||
    bad "recommended: $(json one/summary.json recommended), planted 4"
same "$(tail -n 1 out)" "$(json one/summary.json sentence)" 'the sentence'
no_leftovers

# ---- a range above the truth is a bound; without --ranks there is a range, and it is told
ok rank counts.csv -o above --ranks 6:10 --starts 0
same "$(json above/summary.json may_lie_below)" true 'the range begins above'
holds out '6 or fewer'
head -n 60 counts.csv | cut -d , -f 1-16 >small.csv
run rank small.csv -o free --starts 0 --masks 2
expect 0 'r = 1 to 8 are tried'
same "$(wc -l <free/rank.csv)" 9 'half of 16 pixels'

# ---- the same bytes for any number of threads; other masks, other numbers
ok rank counts.csv -o two --ranks 1:8 --starts 0 --threads 1
cmp -s one/rank.csv two/rank.csv || bad 'threads make a difference'
ok rank counts.csv -o seeded --ranks 1:8 --starts 0 --seed 1
! cmp -s one/rank.csv seeded/rank.csv || bad 'the seed makes no difference'

# ---- of a long range not all is measured: empty, and null, where it was not
ok rank counts.csv -o sparse --ranks 1:24 --masks 2 --starts 0 --iterations 20
same "$(head -n 1 sparse/rank.csv | cut -d , -f 4,8)" 'fitted_kl,permuted_kl' 'rank.csv'
for column in 4 8; do
    full=$(tail -n +2 sparse/rank.csv | cut -d , -f $column | grep -c .)
    { [ "$full" -ge 9 ] && [ "$full" -lt 24 ]; } || bad "column $column of rank.csv: $full of 24 are measured"
done
same "$(grep -c '"permuted_kl": null' sparse/summary.json)" "$((24 - full))" 'permuted_kl in summary.json'

# ---- likeness may fall and rise again: the mark says where it is last, not that it is so up to there
ok rank small.csv -o alike --ranks 1:4 --masks 2 --starts 3 --iterations 40
grep -q '>[1-4]: last r where ' alike/rank.svg || bad 'no mark of likeness'

# ---- images that a mask hides whole are told
cut -d , -f 1-3 counts.csv >narrow.csv
run rank narrow.csv -o narrow --ranks 1:2 --starts 0 --hidden 0.5
expect 0 'hidden entries (about'
[ "$(json narrow/summary.json hidden_left_out)" -gt 0 ] || bad 'hidden_left_out'
same "$(json one/summary.json hidden_left_out)" 0 'nothing is left out'

# ---- an interruption keeps what was finished, and the same command goes on
"$peek" make wide.npy 900 400
words=(rank wide.npy -o long --ranks 10:40:10 --starts 0 --iterations 40 --tolerance 0 --threads 1)
"$mien" "${words[@]}" >out 2>err </dev/null &
pid=$!
for ((i = 0; i < 1200; i++)); do
    [ -s long.checkpoint ] && break
    sleep 0.05
done
kill -INT $pid
wait $pid
status=$?
if [ "$status" -eq 130 ]; then
    expect 130 'long.checkpoint stays: the same command goes on from there'
    there long.checkpoint
    absent long
    kept=$(sed -n 's/^mien: interrupted: \([0-9]*\) of .* fits are finished$/\1/p' err)
    run "${words[@]}" --seed 9
    expect 2 '"seed: 0", and now it is "seed: 9"'
    run "${words[@]}"
    expect 0 "$kept of "
    absent long.checkpoint long.checkpoint.old
else
    same "$status" 0 'faster than the signal'
fi
there long/rank.png
no_leftovers

# ---- refused: what names no r, what goes beyond the data
while IFS='|' read -r words message; do
    # shellcheck disable=SC2086 # words
    run rank counts.csv -o bad $words
    expect 2 "$message"
    absent bad bad.checkpoint
done <<'END'
--ranks 5:2|LOW is above HIGH
--ranks 0:5|the least r is 1
--ranks 2:5:0|the step is at least 1
--ranks 2|give LOW:HIGH
--ranks 2:|give LOW:HIGH
--ranks 2:5:1:1|give LOW:HIGH
--ranks a:b|give LOW:HIGH
--ranks -2:5|give LOW:HIGH
--ranks 2:60|goes beyond 40
--ranks 2:5 --masks 1|--masks 1
--ranks 2:5 --hidden 0.9|--hidden 0.9
--ranks 2:5 --components 4|no such option
END
run rank counts.csv --ranks 2:5
expect 2 '-o OUT is missing'
run rank nowhere -o bad
expect 3
ok rank --help
holds out 'kept in OUT.checkpoint, each as it comes'

finish
