#!/bin/bash
# test_report.sh - mien report: one page of several results, and the pages of rank and the cone.
# SPDX-License-Identifier: MIT
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

# kinds PAGE: what stands beside the run on a page, "stability rank"
kinds() {
    grep -o '"kind":"[a-z]*","title"' "$1" | sed 's/"kind":"//; s/".*//' | tr '\n' ' ' | sed 's/ $//'
}

folder in 14 6 5
for i in {1..14}; do pgm "other/$i.pgm" 6 5 $((i + 90)); done
ok compare in -o cmp -r 3 --iterations 20 --methods nmf,pca
ok stability in -o stab -r 3 --iterations 30 --restarts 5
ok rank in -o rank --ranks 1:3 --masks 2 --starts 2 --iterations 10
run transform cmp/nmf in -o new --residual
expect 0
ok demo cone -o cone
ok demo cone --from in -o own

# ---- each has a page of its own, that of a study and nothing else
for study in stab rank cone own; do
    there $study/report.html
    holds $study/report.html 'id="mien-data"'
    lacks $study/report.html '"methods":[{'
done
same "$(kinds stab/report.html) $(kinds rank/report.html) $(kinds cone/report.html)" 'stability rank cone' 'studies of their own pages'
same "$(kinds cmp/report.html)" '' 'nothing stands beside a run of its own'
holds stab/report.html 'found again'
holds stab/report.html "$(json stab/summary.json words unique)"
holds rank/report.html "$(json rank/summary.json sentence)"
holds own/report.html 'row '

# what a page shows stands in summary.json
same "$(json rank/summary.json points)" 3 'a point for each r'
same "$(json new/summary.json training_fingerprint)" "$(json cmp/summary.json data fingerprint)" 'the data of the model'
same "$(for k in 0 1 2; do json stab/summary.json order $k; done | sort | tr '\n' ' ')" '1 2 3 ' 'every component once'
"$peek" npy stab/consensus.npy >shape 2>&1 || bad 'consensus.npy is no array'

# ---- together: the comparison has the page, whatever the order; the rest of the folder stays
cp -r cmp before
before=$(ls -R cmp)
ok report stab rank cmp new cone
same "$(cat out)" 'cmp/report.html' 'what was written'
same "$(kinds cmp/report.html)" 'stability rank transform cone' 'what stands beside it'
holds cmp/report.html '"methods":[{'
same "$(ls -R cmp)" "$before" 'no file comes or goes'
for file in figure.png nmf/model.json nmf/weights.npy images.csv; do
    cmp -s cmp/$file before/$file || bad "$file has changed"
done
cmp -s cmp/summary.json before/summary.json || bad 'summary.json, with its list of files'
ok report cmp # alone: the page again, as it was
cmp -s cmp/report.html before/report.html || bad 'the page again is another one'
ok report cmp stab
ok render cmp --palette gray
same "$(kinds cmp/report.html)" stability 'who draws again keeps what stands beside'
ok report --json cmp
same "$(json out command)" "$(json cmp/summary.json command)" 'summary.json of the result'

# ---- without a comparison: the first has the page
ok report rank stab cone
same "$(cat out)" 'rank/report.html' 'the first'
same "$(kinds rank/report.html) / $(kinds stab/report.html)" 'rank stability cone / stability' 'studies alone'
ok report new # which has no page of its own
same "$(kinds new/report.html)" transform 'a transform alone'
ok transform cmp/nmf in -o new --force # its list of files knows the page

# ---- images that are gone come from the page that was there; without it, those of the models
mv in gone
ok report cmp
holds cmp/report.html '"untouched":"'
size=$(wc -c <cmp/report.html)
rm cmp/report.html
ok report cmp
holds cmp/report.html '"methods":[{'
[ "$(wc -c <cmp/report.html)" -le "$size" ] || bad 'images from nowhere'
printf 'this is no page <script id="mien-data">{"images":' >cmp/report.html
ok report cmp stab
same "$(kinds cmp/report.html)" stability 'over a damaged page'
mv gone in

# ---- wrong words, bad results: nothing is written
cp -r cmp second
cp -r stab damaged
printf '{"version": "1", "command": "x"' >damaged/summary.json
cp -r stab lacking
sed -i 's/"thresholds"/"doorsteps"/' lacking/summary.json
cp -r stab printless
sed -i 's/"fingerprint"/"footprint"/' printless/summary.json
cp -r cmp claimed
sed -i 's/"command": "mien /"command": "my /' claimed/summary.json
cp -r cmp broken
printf 'no array' >broken/nmf/basis.npy
cp -r rank nameless
cp rank/report.html nameless/mine.html
mkdir empty strange
printf '{"version": "1", "command": "mien render"}' >strange/summary.json
ok stability other -o foreign -r 3 --iterations 9 --restarts 2
ok transform cmp/nmf in -o mine
printf 'my own notes' >mine/report.html
cp cmp/report.html kept.html
while IFS='|' read -r expected message words; do
    # shellcheck disable=SC2086 # words are to be split
    run report $words
    expect "$expected" "$message"
    cmp -s cmp/report.html kept.html || bad "report $words: the page has changed"
done <<'TABLE'
2|what to work on is missing|
3|nowhere holds no result of mien|cmp nowhere
3|empty holds no result of mien|cmp empty
3|cmp/nmf holds no result of mien|cmp/nmf
3|in holds no result of mien|in
3|strange holds no result that a page shows|cmp strange
3|foreign is of other data than cmp|cmp foreign
3|foreign is of other data than stab|stab rank foreign
2|are both comparisons|cmp stab second
3|damaged/summary.json|cmp damaged
3|lacking/summary.json has no 'thresholds'|cmp lacking
3|printless does not say of which data it is|cmp printless
3|printless does not say of which data it is|printless stab
3|claimed holds no result of mien|claimed
3|basis.npy|broken stab
2|mine/report.html is not of the result there|mine
2|no such option|cmp -o page.html
TABLE
same "$(cat mine/report.html)" 'my own notes' "somebody's own page"
if [ "$(id -u)" -ne 0 ]; then
    chmod a-w cmp
    run report cmp
    expect 1 'cmp'
    chmod u+w cmp
fi
cmp -s cmp/report.html kept.html || bad 'a page in a folder that is not to be written'
no_leftovers

# ---- a blank image that comes back as something has an infinite error, beside the others' histogram
cp -r in with_blank
{ printf 'P5\n6 5\n255\n' && head -c 30 /dev/zero; } >with_blank/blank.pgm
ok learn in --method pca -r 3 -o light --ink light --normalize unit
run transform light with_blank -o blank
expect 0
same "$(json blank/summary.json histogram infinite)" 1 'infinite errors'
[[ $(json blank/summary.json histogram high) == 0.* ]] || bad 'the largest error that is finite'

# ---- names are data
mkdir odd
for i in 1 2 3 4 5 6; do cp "in/$i.pgm" "odd/<b>$i<script>alert(1)<!--.pgm"; done
run transform cmp/nmf odd -o odd-new
expect 0
ok report odd-new
lacks odd-new/report.html '<script>alert'
lacks odd-new/report.html '<b>1'

finish
