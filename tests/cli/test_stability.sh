#!/bin/bash
# test_stability.sh - mien stability: what it writes and says, one run, bad usage, known truth.
# SPDX-License-Identifier: MIT
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

folder in 12 10 8

# ---- all files, the same for any number of threads
ok stability in -o one -r 4 --iterations 20 --restarts 5 --seed 7 --threads 1
ok stability in -o two -r 4 --iterations 20 --restarts 5 --seed 7 --threads 2
there one/report.html one/summary.json one/components.csv one/twins.csv one/runs.csv one/images.csv \
    one/nmf/basis.npy one/nmf/weights.npy one/nmf/model.json
for name in verdicts twins spread losses consensus; do
    "$peek" png one/$name.png >/dev/null || bad "$name.png"
    cmp -s one/$name.png two/$name.png || bad "$name.png: two threads instead of one"
done
for name in components.csv twins.csv runs.csv nmf/basis.npy nmf/weights.npy; do
    checks=$((checks + 1))
    cmp -s one/$name two/$name || bad "$name: two threads instead of one"
done
same "$(wc -l <one/components.csv)" 5 'lines of components.csv'
same "$(wc -l <one/twins.csv)" 17 'lines of twins.csv'
same "$(cut -d , -f 2 one/runs.csv | tail -n +2 | tr '\n' ' ')" '7 8 9 10 11 ' 'seeds'
same "$(json one/summary.json runs)" 5 'runs'
same "$(json one/summary.json losses)" 5 'losses'
same "$(json one/summary.json interrupted)" false 'interrupted'
stable=$(json one/summary.json verdicts stable)
drifts=$(json one/summary.json verdicts drifts)
gone=$(json one/summary.json verdicts absent)
copies=$(json one/summary.json verdicts copy)
same "$((stable + drifts + gone + copies))" 4 'verdicts'
same "$(grep -c ,stable, one/components.csv)" "$stable" 'stable in components.csv'
grep -Eq "$stable of 4 components (is|are) stable over 5 runs" out || bad 'the sentence'
same "$(json one/summary.json failed_runs)" 0 'failed runs'
same "$(cut -d , -f 1 one/components.csv | tr '\n' ' ')" 'component 1 2 3 4 ' 'numbers of components'
same "$(cut -d , -f 1,4 one/twins.csv | tail -n +2 | tr , '\n' | sort -u | tr '\n' ' ')" '1 2 3 4 ' \
    'numbers of twins'
same "$(awk '$1 ~ /^[0-9]+$/ && $2 != "of" { printf "%s ", $1 }' out)" '1 2 3 4 ' 'numbers on stdout'
holds one/report.html 'data:image/png;base64,'

# ---- the best run is what learn keeps, and a model
ok learn in -o kept -r 4 --iterations 20 --restarts 5 --seed 7
cmp -s kept/nmf/basis.npy one/nmf/basis.npy || bad 'the best run is not that of learn --restarts'
ok render one/nmf -o drawn

# ---- 20 runs unless told otherwise
ok stability in -o many -r 2 --iterations 3
same "$(json many/summary.json runs)" 20 'runs by default'

# ---- one run: done, and said to be undefined, never 1
ok stability in -o single -r 3 --iterations 5 --restarts 1
holds out 'undefined'
holds single/report.html 'there is no other loss to compare with'
for key in cophenetic dispersion mean_similarity; do
    same "$(json single/summary.json $key)" null "$key of one run"
done
same "$(json single/summary.json verdicts undefined)" 3 'verdicts of one run'
there single/verdicts.png single/losses.png single/consensus.png single/report.html
absent single/twins.png single/spread.png
same "$(sed -n 2p single/components.csv | cut -d , -f 1-6)" '1,undefined,,,,' 'a line of one run'

# ---- PCA has no start to differ in: stable, and said why
ok stability in -o pca --method pca -r 3 --restarts 3
same "$(json pca/summary.json verdicts stable)" 3 'PCA'
same "$(json pca/summary.json random_start)" false 'random_start of PCA'
holds out 'no random start'

# ---- r = 1: every two images go together, so there is nothing to correlate
ok stability in -o alone -r 1 --restarts 3
same "$(json alone/summary.json cophenetic)" null 'cophenetic of r = 1'
holds out 'are undefined: every two images'

# ---- known truth: the swimmers' limbs are found again, their torso is not
ok stability "$assets/swimmer" -o swim -r 17 --normalize max --restarts 12
same "$(json swim/summary.json verdicts stable)" 16 'stable swimmer parts'
holds out 'runs failed'
holds swim/report.html 'he others ended far above them'
failed=$(json swim/summary.json failed_runs)
same "$(grep -c ',1$' swim/runs.csv)" "$failed" 'failed in runs.csv'
[ "$failed" -ge 1 ] || bad 'no run of the swimmers failed'
ok stability "$assets/swimmer" -o twice -r 17 --normalize max --restarts 8 --seed 20
same "$(json twice/summary.json verdicts stable)" 16 'stable swimmer parts beside what is left over'
# the 17th is nothing that others find, or a limb twice: the last digits decide (test_verdicts.c has both)
case "$(json twice/summary.json verdicts copy) $(json twice/summary.json verdicts absent)" in
'1 0') holds out 'same part as' && holds out '1 is a copy' ;;
'0 1') holds out '1 is absent' ;;
*) bad 'the 17th component of the swimmers is neither a copy nor absent' ;;
esac

# ---- a table is drawn as stripes
"$peek" make rows.npy 14 9
ok stability rows.npy -o table -r 3 --iterations 9 --restarts 3
"$peek" png table/twins.png >/dev/null || bad 'twins of a table'

# ---- wrong usage and bad data
run stability in -o bad -r 4 --init-from one/nmf
expect 2 '--init-from'
run stability in -o bad -r 500
expect 2 'components'
run stability in -o bad --restarts 0
expect 2 '--restarts 0'
run stability in -o bad --methods nmf
expect 2 'no such option'
run stability nowhere -o bad
expect 3 'nowhere'
run stability in -o one -r 2
expect 2 'one'
absent bad
no_leftovers

# ---- interrupted: finished runs are kept. On a slow machine two runs take longer: more patience
for patience in 1 5 30 100; do
    rm -rf cut
    "$mien" stability in -o cut -r 3 --iterations 500 --tolerance 0 --solver mu --restarts 1000000 \
        >out 2>err </dev/null &
    pid=$!
    sleep $patience
    kill -INT $pid
    wait $pid
    status=$?
    [ ! -s cut/twins.png ] || break
done
expect 130 'mien: interrupted'
same "$(json cut/summary.json interrupted)" true 'interrupted'
json cut/summary.json runs | awk '{ exit !($1 >= 1 && $1 < 1000000) }' || bad 'runs when interrupted'
there cut/report.html cut/twins.png

finish
