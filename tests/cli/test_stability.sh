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
    one/consensus.csv \
    one/nmf/basis.npy one/nmf/weights.npy one/nmf/model.json
for name in verdicts twins spread losses consensus; do
    "$peek" png one/$name.png >/dev/null || bad "$name.png"
    cmp -s one/$name.png two/$name.png || bad "$name.png: two threads instead of one"
done
for name in components.csv twins.csv runs.csv consensus.csv nmf/basis.npy nmf/weights.npy; do
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
grep -Eq "$stable of 4 components (is|are) found again over 5 runs" out || bad 'the sentence'
same "$(json one/summary.json local_minima)" 0 'local minima'
same "$(json one/summary.json judged_runs)" 5 'judged runs'
same "$(cut -d , -f 1 one/runs.csv | tr '\n' ' ')" 'run 1 2 3 4 5 ' 'numbers of runs'
sum=$(($(json one/summary.json unique proven) + $(json one/summary.json unique free) + \
    $(json one/summary.json unique 'not known')))
same "$sum" 4 'parts of the certificate'
same "$(head -1 one/components.csv | cut -d , -f 9-11)" 'unique,turned_by,turned_to' 'its columns'
same "$(tail -n +2 one/components.csv | cut -d , -f 9 | grep -Evc '^(proven|free|not known)$')" 0 \
    'words of the certificate'
same "$(head -1 one/consensus.csv)" 'place,index,path,1,2,3,4,5,6,7,8,9,10,11,12' 'head of consensus.csv'
same "$(tail -n +2 one/consensus.csv | awk -F , '$(3 + $1) == 1' | wc -l)" 12 'its diagonal'
same "$(tail -n +2 one/consensus.csv | cut -d , -f 2 | sort -n | tr '\n' ' ')" \
    '0 1 2 3 4 5 6 7 8 9 10 11 ' 'its images'
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
holds out 'Verdicts need 5 runs that arrived, and 1 of 1 did. Give more starts: --restarts 10.'
same "$(grep -c undefined out)" 0 'lines of undefined'
holds single/report.html 'there is no other loss to compare with'
for key in cophenetic dispersion mean_similarity; do
    same "$(json single/summary.json $key)" null "$key of one run"
done
same "$(json single/summary.json verdicts undefined)" 3 'verdicts of one run'
there single/verdicts.png single/losses.png single/consensus.png single/report.html
absent single/twins.png single/spread.png
same "$(sed -n 2p single/components.csv | cut -d , -f 1-6)" '1,undefined,,,,' 'a line of one run'

# ---- PCA has no start to differ in, nor has NMF from singular vectors: one run, and said why
ok stability in -o pca --method pca -r 3 --restarts 6
same "$(json pca/summary.json verdicts undefined)" 3 'PCA'
same "$(json pca/summary.json random_start)" false 'random_start of PCA'
holds out 'no random start'
ok stability in -o vectors -r 3 --restarts 6 --init nndsvda --iterations 20
same "$(json vectors/summary.json verdicts undefined)" 3 'nndsvda'
same "$(json vectors/summary.json repeated_runs)" 5 'repeated runs'
holds out 'counts as one'

# ---- weights that are nowhere zero: found again, and yet free
"$peek" make dense.npy 40 30
ok stability dense.npy -o dense -r 2 --restarts 6
same "$(json dense/summary.json unique proven)" 0 'proven parts of dense data'

# ---- a part of zeros is no part
awk 'BEGIN { for (i = 0; i < 9; i++) print "0,0,0,0" }' >zeros.csv
run stability zeros.csv -o zeros -r 2 --restarts 6
expect 0 'warning: all 9 rows are one and the same value: there is nothing to learn'
same "$(json zeros/summary.json verdicts stable)" 0 'parts of zeros'

# ---- r = 1: every two images go together, so there is nothing to correlate
ok stability in -o alone -r 1 --restarts 5
same "$(json alone/summary.json cophenetic)" null 'cophenetic of r = 1'
holds out 'are undefined: every two images'

# ---- known truth: the swimmers' limbs are found again, their torso is not
ok stability "$assets/swimmer" -o swim -r 17 --normalize max --restarts 12
same "$(json swim/summary.json verdicts stable)" 16 'stable swimmer parts'
holds out 'runs ended in'
holds out 'The weights have rank'
same "$(json swim/summary.json unique proven)" 0 'proven swimmer parts'
holds swim/report.html 'he others ended far above them'
worse=$(json swim/summary.json local_minima)
same "$(cut -d , -f 7 swim/runs.csv | grep -c '^1$')" "$worse" 'local minima in runs.csv'
[ "$worse" -ge 1 ] || bad 'no run of the swimmers ended in a local minimum'
ok stability "$assets/swimmer" -o few -r 17 --normalize unit --restarts 8 --seed 30
[ "$(json few/summary.json judged_runs)" -ge 5 ] ||
    same "$(json few/summary.json verdicts undefined)" 17 'verdicts from fewer than five runs'
ok stability "$assets/swimmer" -o twice -r 17 --normalize max --restarts 12 --seed 20
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
# a second time at once: too few runs for verdicts, which is said in one sentence
rm -rf cut2
"$mien" stability in -o cut2 -r 3 --iterations 100000000 --tolerance 0 --solver mu --restarts 6 \
    >out 2>err </dev/null &
pid=$!
sleep 1
kill -INT $pid
wait $pid
status=$?
expect 130 'mien: interrupted'
holds out 'The study was interrupted after'
same "$(grep -c undefined out)" 0 'lines of undefined after an interrupt'
same "$(json cut/summary.json interrupted)" true 'interrupted'
json cut/summary.json runs | awk '{ exit !($1 >= 1 && $1 < 1000000) }' || bad 'runs when interrupted'
there cut/report.html cut/twins.png

finish
