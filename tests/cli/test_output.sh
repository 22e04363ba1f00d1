#!/bin/bash
# test_output.sh - the output folder: its files, complete or absent, and what --force may replace.
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2086 # names of methods are single words
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

folder in 6 8 7

# ---- every file, and what it holds
ok compare in -o all -r 3 --iterations 12 --seed 5
there all/figure.png all/report.html all/summary.json all/images.csv
for method in "${methods[@]}"; do
    d=all/$method
    there $d/basis.npy $d/weights.npy $d/model.json $d/history.csv $d/basis.png $d/weights.png \
        $d/reconstruction.png
    basis=$("$peek" npy $d/basis.npy) || bad "$d/basis.npy"
    same "${basis% * *}" '<f4 3x7x8' "$d/basis.npy"
    weights=$("$peek" npy $d/weights.npy) || bad "$d/weights.npy"
    same "${weights% * *}" '<f4 6x3' "$d/weights.npy"
    same "$(head -n 1 $d/history.csv)" 'iteration,seconds,loss,level' "$d/history.csv"
    awk -F, 'NR > 1 && (NF != 4 || $1 < last || $3 + 0 != $3 || $4 != 1) { exit 1 } NR > 1 { last = $1; n++ }
        END { exit !n }' $d/history.csv || bad "$d/history.csv: not rows of three numbers and level 1"
    for picture in basis weights reconstruction; do
        "$peek" png $d/$picture.png >size || bad "$d/$picture.png"
    done
    same "$(json $d/model.json method)" $method 'method in model.json'
    same "$(json $d/model.json N) $(json $d/model.json p) $(json $d/model.json r)" '6 56 3' sizes
    for key in loss relative_error explained_variance sparseness seconds iterations; do
        json all/summary.json methods $method $key |
            awk '{ exit !($1 + 0 == $1 && $1 >= 0) }' || bad "summary.json: $method $key"
    done
    case $(json all/summary.json methods $method converged) in
    true | false) ;;
    *) bad "summary.json: $method converged is no truth value" ;;
    esac
done
# the signs that the models promise: NMF none below zero, VQ one 1 in a row
"$peek" npy all/nmf/basis.npy | awk '{ exit !($3 >= 0 && $4 == 1) }' || bad 'NMF basis is not 0..1'
"$peek" npy all/nmf/weights.npy | awk '{ exit !($3 >= 0) }' || bad 'NMF has a negative weight'
same "$("$peek" npy all/kmeans/weights.npy)" '<f4 6x3 0 1' 'VQ weights'
same "$("$peek" npy all/pca/mean.npy | cut -d ' ' -f 1,2)" '<f4 7x8' 'mean image of PCA'
absent all/nmf/mean.npy all/kmeans/mean.npy
same "$("$peek" png all/figure.png | cut -d x -f 1)" 1600 'width of the figure'

same "$(json all/summary.json N) $(json all/summary.json p) $(json all/summary.json r)" '6 56 3' 'N p r'
same "$(json all/summary.json seed)" 5 seed
same "$(json all/summary.json options iterations)" 12 iterations
same "$(json all/summary.json interrupted)" false interrupted
same "$(json all/summary.json methods)" "${#methods[@]}" 'methods that ran'
same "$(json all/summary.json failed)" 0 'methods that failed'
same "$(json all/summary.json rejected)" 0 'rejected files'
same "$(json all/summary.json data fingerprint | grep -cE '^[0-9a-f]{16}$')" 1 fingerprint
same "mien $(json all/summary.json version)" "$("$mien" --version)" version
same "$(cat all/images.csv)" "$(echo index,path,width,height
    for i in 0 1 2 3 4 5; do echo "$((i + 1)),$((i + 1)).pgm,8,7"; done)" images.csv

# the page is one file: it asks for nothing from elsewhere, and its policy lets nothing in but its own script
holds all/report.html '<html lang="en"'
holds all/report.html '</html>'
holds all/report.html "default-src 'none'; script-src 'sha256-"
checks=$((checks + 3))
grep -qE '(src|href)="?(https?:|//|file:)' all/report.html && bad 'report.html refers to another file'
grep -qE '@(POLICY|TITLE|STYLE|FALLBACK|FOOTER|DATA|SCRIPT)@' all/report.html && bad 'a mark stands in report.html'
grep -qE '^(import|export) ' all/report.html && bad 'a module stands in report.html'
# the hashes of the policy are those of the style and the script
for part in style 'script type="module"'; do
    checks=$((checks + 1))
    hash=$(awk -v begin="<$part>" -v end="</${part%% *}>" 'BEGIN { RS = "\1" }
        { at = index($0, begin); rest = substr($0, at + length(begin)); printf "%s", substr(rest, 1, index(rest, end) - 1) }
        ' all/report.html | sha256sum | cut -c 1-64 | sed 's/../\\x&/g')
    # shellcheck disable=SC2059 # these are the bytes
    hash=$(printf "$hash" | base64)
    grep -q "'sha256-$hash'" all/report.html || bad "the policy lacks the hash of <$part>"
done
# where no script runs: a table with heads, and where the figure is
holds all/report.html '<a href="figure.png">'
holds all/report.html '<th scope="row">NMF</th>'
checks=$((checks + 1))
grep -o '<t[hd][^>]*>[a-z]' all/report.html | grep '<th>' && bad 'a head without scope'
# the palette, and what was minimised, with a penalty
ok compare in -o grey -r 2 --iterations 3 --palette gray --sparse-weights 0.2
same "$(page all/report.html palette) $(page grey/report.html palette)" 'esl gray' 'palettes on the page'
same "$(page grey/report.html methods 0 penalty)" "$(json grey/summary.json methods nmf penalty)" 'penalty on the page'
same "$(page all/report.html methods 0 penalty)" 0 'no penalty on the page'
for k in "${!methods[@]}"; do
    for key in loss relative_error overlap; do
        same "$(page all/report.html methods "$k" $key)" "$(json all/summary.json methods "${methods[k]}" $key)" \
            "$key of ${methods[k]} on the page"
    done
done

# so many images as asked for, with the example; a page made again holds no more, and is the same
ok compare in -o few -r 2 --iterations 3 --report-images 3 --example 5
same "$(page few/report.html images count) $(page few/report.html images index | tr -d '\n')" '3 3' 'a sample'
for at in 0 1 2; do page few/report.html images index $at; done | grep -qx 4 || bad 'the example is not in the sample'
cp few/report.html few.html
ok render few
cmp -s few/report.html few.html || bad 'the page of a folder is another than that of its run'
mv in gone
run render few
expect 0
mv gone in
cmp -s few/report.html few.html || bad 'the page changes when INPUT is gone'
ok render few --report-images 3000 --palette diverging
same "$(page few/report.html images count) $(page few/report.html palette)" '6 diverging' 'more images afterwards'
ok compare in -o none -r 2 --iterations 3 --report-images 0
same "$(page none/report.html images asked) $(page none/report.html images count)" '0 6' 'no images' # 8 examples, of 6

# natural order, also below folders, and nothing hidden
mkdir -p order/s10 order/s2 order/.thumbs
for i in 1 2 10; do
    pgm order/s2/$i.pgm 4 4 $i
done
pgm order/s10/1.pgm 4 4 7
pgm order/.thumbs/1.pgm 4 4 8
pgm order/.hidden.pgm 4 4 9
run learn order -o ordered -r 2 --iterations 2
expect 0
same "$(cut -d , -f 2 ordered/images.csv | tr '\n' ' ')" 'path s2/1.pgm s2/2.pgm s2/10.pgm s10/1.pgm ' order
# a name that a table must quote
mkdir names
pgm 'names/a,b.pgm' 4 4 1
pgm 'names/say "no".pgm' 4 4 2
pgm 'names/<b>&.pgm' 4 4 3
pgm 'names/odd <i>&.pgm' 9 9 4 # refused, so the page names it
run learn names -o named -r 2 --iterations 2
expect 0 'odd <i>&.pgm: 9x9, expected 4x4'
holds named/images.csv '"a,b.pgm",4,4'
holds named/images.csv '"say ""no"".pgm",4,4'
same "$(page named/report.html data refused 0 path)" 'odd <i>&.pgm' 'a refused file on the page'
lacks named/report.html '<i>&.pgm'

# ---- what cannot be drawn is said before the learning, what is wide is drawn reduced
run learn names -o small -r 4 --tile 1x2
expect 2 '1x2 has 2 places, but there are 4 components'
absent small
awk 'BEGIN { for (i = 0; i < 3; i++) for (j = 0; j < 70000; j++)
    printf "%d%s", (i * 7 + j) % 11, j < 69999 ? "," : "\n" }' >wide.csv
ok learn wide.csv -o wide -r 2 --iterations 3
there wide/figure.png wide/nmf/basis.png wide/nmf/reconstruction.png

# ---- the command line can be pasted into a shell
mkdir "it's" && cp names/a,b.pgm "it's/1.pgm" && cp 'names/say "no".pgm' "it's/2.pgm"
ok learn "it's" -o quoted -r 1 --iterations 2
same "$(json quoted/summary.json command)" "mien learn 'it'\\''s' -o quoted -r 1 --iterations 2" 'the command'

# ---- complete or absent
run learn in -o all -r 2
expect 2 'all exists already (use --force to replace it)'
same "$(json all/summary.json r)" 3 'r of the result that stood there'
ok learn in -o all/ -r 2 --iterations 2 --force
same "$(json all/summary.json r)" 2 'r after --force'
absent all/pca # replaced, not mixed
ok render all -o again
ok render all -o again --force

# --force never replaces what is not a result
folder photographs 3 5 5
before=$(find photographs | sort | cksum)
run learn in -o photographs -r 2 --force
expect 2 'holds no result of mien, so --force does not replace it'
same "$(find photographs | sort | cksum)" "$before" 'the folder of photographs'
echo keep >note
run learn in -o note -r 2 --force
expect 2 'is not a folder'
same "$(cat note)" keep 'the file in the way'
mkdir real
ln -s real link
run learn in -o link -r 2 --force
expect 2 'is not a folder'
[ -L link ] || bad 'the link is gone'
mkdir empty
ok learn in -o empty -r 2 --iterations 2 --force
there empty/summary.json
# a run that fails leaves the earlier result alone
run learn in -o all --force -r 1000
expect 2 'r may be anything'
same "$(json all/summary.json r)" 2 'r after a run that failed'

# ---- places where nothing can be written
run learn in -o no/such/place -r 2
expect 1 'no/such/place cannot be made: the folder it should be in does not exist'
run learn in -o note/x -r 2
expect 1 'note/x'
run learn in -o '' -r 2
expect 2 'give the name of a folder'
run learn in -o / -r 2 --force
expect 2 'INPUT in lies in /'
as_user=()
if [ "$(id -u)" -eq 0 ]; then
    # root may write anywhere: look as nobody
    as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    chmod 755 "$work"
fi
mkdir locked
chmod 555 locked
if "${as_user[@]}" "$mien" --version >/dev/null 2>&1; then
    "${as_user[@]}" "$mien" learn in -o locked/x -r 2 >out 2>err </dev/null
    status=$?
    expect 1 'locked/x cannot be made: Permission denied'
else
    echo 'note: nobody cannot reach the program here; read-only folders not tried'
fi

# a disk that fills up while the result is written: nothing is left, the message names the file
(
    ulimit -f 4 # blocks of 1024 bytes for every file
    "$mien" compare in -o big -r 2 --iterations 2 >/dev/null 2>err </dev/null
    echo $? >status
)
status=$(cat status)
expect 1 'File too large'
absent big
no_leftovers

finish
