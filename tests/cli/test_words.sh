#!/bin/bash
# test_words.sh - what mien says to a word it does not have, its help, and what it chooses by itself.
# SPDX-License-Identifier: MIT
#
#   test_words.sh MIEN PEEK SOURCE_ROOT MANUAL
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
manual=$4
commands='compare learn transform rank stability render report pack inspect demo'

folder in 5 6 5

# ---- help and version, in every way that people ask for them
for words in version -V --version; do
    ok $words
    holds out 'mien '
    same "$(wc -l <out)" 1 "lines of mien $words"
done
ok help
cp out usage
for words in --help -h; do
    ok $words
    cmp -s out usage || bad "mien $words is not mien help"
done
for command in $commands; do
    holds usage "  $command "
    ok "$command" --help
    mv out page
    ok help "$command"
    cmp -s out page || bad "mien help $command is not mien $command --help"
    checks=$((checks + 1))
done
ok help compare
tr -s ' \n' ' ' <out >page
for method in "${methods[@]}"; do
    holds usage "  $method "
    holds page "$method ("
done

# ---- every page within 80 columns and within fewer, no blank at the end of a line, no word cut
for columns in 80 132 60 40 0 many; do
    for command in '' $commands; do
        # shellcheck disable=SC2086
        COLUMNS=$columns "$mien" help $command >page
        width=80
        case $columns in 40 | 60) width=$columns ;; esac
        checks=$((checks + 1))
        # examples are to be copied, and stay lines
        sed '/^Examples$/,$d; /^Start with$/,$d' page | awk -v w="$width" 'length($0) > w { print; wide = 1 } END { exit !wide }' &&
            bad "mien help $command is wider than $width columns"
        grep -q ' $' page && bad "mien help $command: a blank at the end of a line"
        [ "$columns" = 80 ] && awk 'length($0) > 80 { wide = 1 } END { exit !wide }' page &&
            bad "an example of mien help $command is wider than 80 columns"
    done
done

# ---- near misses: message | words
while IFS='|' read -r message words; do
    # shellcheck disable=SC2086 # the row is a list of words
    run $words
    expect 2 "$message"
    same "$(wc -l <err)" 1 "lines about mien $words"
done <<'TABLE'
did you mean 'compare'?|comp
did you mean 'compare'?|cmopare in -o x
did you mean 'learn'?|Learn in -o x
did you mean 'stability'?|stabilty in -o x
did you mean 'inspect'?|help inspct
did you mean 'version'?|vesion
there is no command 'frobnicate' (mien --help lists them)|frobnicate in -o x
but a folder: mien compare in -o OUT|in -o x
options stand behind the command: mien compare -q|-q compare in -o x
options stand behind the command: mien COMMAND --seed|--seed 3
--normalise: unknown option; did you mean --normalize?|compare in -o x --normalise unit
--normalise: unknown option; did you mean --normalize?|compare in -o x --normalise=unit
--max-iter: unknown option; did you mean --iterations?|compare in -o x --max-iter 9
--n-components: unknown option; did you mean --components?|learn in -o x --n-components 9
--random-state: unknown option; did you mean --seed?|learn in -o x --random-state 9
--overwrite: unknown option; did you mean --force?|learn in -o x --overwrite
--methds: unknown option; did you mean --method?|learn in -o x --methds nmf
--methods: mien learn has no such option; did you mean --method?|learn in -o x --methods nmf
--tils: unknown option; did you mean --tile?|render in -o x --tils 3x3
--sparse-bsis: unknown option; did you mean --sparse-basis?|learn in -o x --sparse-bsis 0.1
--sparse may be --sparse-basis, --sparse-weights|learn in -o x --sparse 0.1
--sparse may be --sparse-basis, --sparse-weights|learn in -o x --sparse=0.1
--bogus: unknown option (see mien learn --help)|learn in -o x --bogus
did you mean 'nmf'?|compare in -o x --methods NMF
did you mean 'kmeans'?|learn in -o x --method vq
did you mean 'kmeans'?|learn in -o x --method kmean
a name is missing beside a comma (without blanks: nmf,pca)|compare in -o x --methods nmf, pca
give WIDTHxHEIGHT; did you mean 8x8?|learn in -o x --size 8X8
give WIDTHxHEIGHT; did you mean 64x64?|learn in -o x --size 64
give COLUMNSxROWS; did you mean 7x5?|learn in -o x --tile 7*5
give one of kl|learn in -o x --objective euclidean
did you mean 'frobenius'?|learn in -o x --objective Frobenus
did you mean 'dark'?|learn in -o x --ink drak
did you mean 'diverging'?|learn in -o x --palette divergent
give the folder itself instead of its files: mien compare in/|compare in/1.pgm in/2.pgm in/3.pgm in/4.pgm
give the folder itself instead of its files: mien inspect .|inspect 1.pgm 2.pgm 3.pgm
give the folder itself instead of its files: mien transform in/|transform m in/1.pgm in/2.pgm in/3.pgm
b: one argument too many|learn in b -o x
TABLE
absent x
# what another command has too is no obstacle: --met is --method here
ok learn in -o short --met nmf -r 2 --iterations 2 -q
ok learn in -o short2 --met=nmf -r 2 --iterations 2 -q
same "$(cksum <short/nmf/basis.npy)" "$(cksum <short2/nmf/basis.npy)" 'basis of --met nmf and --met=nmf'
run learn in -o x --met
expect 2 '--method needs a value'

# ---- r by itself: the largest square up to a quarter of the images or pixels, told in one line
for pair in 5=2 10=2 20=4 40=9 100=25; do
    n=${pair%=*}
    rm -rf few
    folder few "$n" 12 11
    run compare few -o "few$n" --iterations 5
    expect 0 "r = ${pair#*=}: $n images; -r chooses, mien rank advises"
    same "$(grep -c '^[a-z]* .*%' out)" 4 "rows of the table of $n images"
    same "$(json "few$n/summary.json" r) $(json "few$n/summary.json" methods)" "${pair#*=} 4" "r and methods of $n images"
done
ok compare "$assets/faces" -o many --iterations 2
lacks err 'r = '
same "$(json many/summary.json r)" 49 'r of 400 images of 2304 pixels'
awk 'BEGIN { srand(3); for (i = 0; i < 120; i++) { for (j = 0; j < 30; j++) printf "%s%.4f", j ? "," : "", rand(); print "" } }' >table.csv
run compare table.csv -o table --iterations 5
expect 0 'r = 4: 30 columns; -r chooses, mien rank advises'
run stability in -o st --restarts 2 --iterations 3
expect 0 'r = 2: 5 images'
run learn in -o quiet -q
same "$(cat err)" '' 'stderr of learn -q'
run compare in -o big -r 2000000000
expect 2 'r may be anything from 1 to max(N, p) = 30'
same "$(grep -vc '^mien: ink' err)" 1 'lines about an r of two thousand millions'

# ---- the table fits a terminal; what to do next; nothing of it with -q
checks=$((checks + 1))
sed '/^Next/,$d' out | awk 'length($0) > 80 { exit 1 }' || bad 'the table is wider than 80 columns'
run compare few -o next --iterations 5 --ink light --size 12x11 --objective frobenius --no-center
holds out 'Next'
holds out 'mien rank few -o next-rank --ink light --size 12x11'
holds out 'mien stability few -o next-stability --ink light --size 12x11 -r 25 --iterations 5 --objective frobenius --no-center'
holds out 'NMF used all 5 iterations; try --iterations 20'
# what is told can be done
sh -c "$mien $(sed -n 's/^  mien \(stability .*\)/\1/p' out) --restarts 2 -q" >said 2>err || bad 'the next command fails'
run compare few -o next/ --iterations 5 -r 9 --force
holds out 'mien stability few -o next-stability -r 9 --iterations 5'
lacks out 'mien rank'
run compare few -o next --iterations 5 --force -q
lacks out 'Next'
# photographs that move: parts as wide as they are
awk 'BEGIN { srand(5); for (k = 1; k <= 60; k++) { f = sprintf("moved%d.pgm", k); x0 = 3 + rand() * 10; y0 = 3 + rand() * 10
    printf "P2\n16 16\n255\n" >f
    for (y = 0; y < 16; y++) for (x = 0; x < 16; x++) { d = (x - x0) ^ 2 + (y - y0) ^ 2; print int(250 - 200 * exp(-d / 60)) >f } close(f) } }'
mkdir moved && mv moved*.pgm moved
run learn moved -o wholes -r 2 --normalize unit
holds out "NMF's parts are half wholes (localisation "
holds out 'try --sparse-basis 0.1'
run learn moved -o wholes -r 2 --normalize unit --sparse-basis 0.1 --force
lacks out 'half wholes'

# ---- --json: the file itself, on every command that writes one
ok compare in -o j --iterations 3 -r 2 --json
cmp -s out j/summary.json || bad 'compare --json is not summary.json'
ok learn in -o j --iterations 3 -r 2 --json --force
cmp -s out j/summary.json || bad 'learn --json is not summary.json'
ok transform j in -o jt --json
cmp -s out jt/summary.json || bad 'transform --json is not summary.json'
ok stability in -o js -r 2 --restarts 2 --iterations 3 --json
cmp -s out js/summary.json || bad 'stability --json is not summary.json'
ok rank in -o jr --ranks 1:2 --masks 2 --starts 2 --iterations 5 --json
cmp -s out jr/summary.json || bad 'rank --json is not summary.json'
ok render j in -o jd --json
cmp -s out jd/summary.json || bad 'render --json is not summary.json'
ok demo cone -o jc --json
cmp -s out jc/summary.json || bad 'demo cone --json is not summary.json'
checks=$((checks + 7))

# ---- what the normalisation clips: in summary.json and inspect, and right
awk 'BEGIN { for (k = 1; k <= 3; k++) { f = "spike" k ".pgm"; printf "P2\n10 10\n255\n" >f; for (i = 0; i < 100; i++) print (i == 7 * k) ? 255 : i % 3 >f; close(f) } }'
mkdir spikes && mv spike*.pgm spikes
ok learn spikes -o clipped -r 1 --ink light --iterations 3
json clipped/summary.json clipped | awk '{ exit !($1 > 0.0099 && $1 < 0.0101) }' ||
    bad "clipped of one pixel in a hundred: $(json clipped/summary.json clipped)"
ok inspect spikes --ink light
holds out 'clips 1.0 % of the pixels'
ok learn spikes -o unclipped -r 1 --normalize unit --iterations 3
same "$(json unclipped/summary.json clipped)" 0 'clipped by --normalize unit'
checks=$((checks + 1))

# ---- -v on a clean run
run learn in -o verbose -r 2 --iterations 3 -v
expect 0 'read: 5 images of 6x5, 8-bit grey, normalize lee-seung'
holds err 'r 2, at most 3 iterations, seed 0'
holds err 'nmf: tolerance 0.0005, objective kl, solver fast'

# ---- images and pixels count from 1
run learn in -o x -r 2 --example 0
expect 2 'index from 1 to 5'

# ---- the manual and completion hold every option of every page
for command in $commands; do
    "$mien" "$command" --help | grep -oE '^ +(-[a-z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u >options
    [ -s options ] || bad "no options in the help of $command"
    sed 's/\\-/-/g' "$manual/mien-$command.1" >page
    awk -v c="$command" '$0 ~ "^            " c "\\) words=" { print }' "$manual/mien.bash" >bash
    awk -v c="$command" '$0 == "    " c ")" { on = 1 } on { print } on && /;;/ { exit }' "$manual/_mien" >zsh
    grep "__fish_seen_subcommand_from $command'" "$manual/mien.fish" >fish
    while read -r option; do
        checks=$((checks + 4))
        grep -qF -- "\\fB$option\\fR" page || bad "mien-$command.1 lacks $option"
        grep -qF -- "$option " bash || bad "completion of bash lacks $option of $command"
        grep -qE -- "'$option(=|\[)" zsh || bad "completion of zsh lacks $option of $command"
        grep -qF -- "-l ${option#--} " fish || bad "completion of fish lacks $option of $command"
    done <options
    holds "$manual/mien.1" "mien\\-$command"
done
if command -v man >/dev/null; then
    for page in "$manual"/*.1; do
        same "$(MANROFFSEQ='' man --warnings -E UTF-8 -l "$page" 2>&1 >/dev/null)" '' "warnings of man about $page"
    done
fi
if command -v mandoc >/dev/null; then
    same "$(mandoc -T lint -W warning "$manual"/*.1)" '' 'warnings of mandoc'
fi
bash -n "$manual/mien.bash" || bad 'completion of bash is no script'
command -v zsh >/dev/null && { zsh -n "$manual/_mien" || bad 'completion of zsh is no script'; }
command -v fish >/dev/null && { fish -n "$manual/mien.fish" || bad 'completion of fish is no script'; }
# complete WORDS...: what bash would offer for the last of them
offers() {
    bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mien 2>/dev/null; echo "${COMPREPLY[*]}"' _ "$manual/mien.bash" "$@"
}
same "$(offers mien st)" stability 'completion of st'
same "$(offers mien help ins)" inspect 'completion of help ins'
same "$(offers mien compare --ink d)" dark 'completion of --ink d'
same "$(offers mien learn --method '')" "${methods[*]}" 'completion of --method'
same "$(offers mien rank --mas)" --masks 'completion of --mas'
same "$(offers mien learn --objective f)" frobenius 'completion of --objective f'
same "$(offers mien compare in/1)" in/1.pgm 'completion of a file'

finish
