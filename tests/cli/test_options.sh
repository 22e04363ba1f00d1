#!/bin/bash
# test_options.sh - the words of the command line: help, wrong usage, where messages go.
# SPDX-License-Identifier: MIT
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

folder in 4 6 5

# ---- help and version: on stdout, status 0, nothing on stderr
ok --version
holds out 'mien '
same "$(wc -l <out)" 1 'lines of --version'
ok --help
mv out usage
for command in compare learn render inspect demo; do
    holds usage "  $command "
    ok "$command" --help
    holds out "Usage: mien $command"
    holds out 'Examples'
    holds out 'Exit status: 0 done, 1 failed, 2 wrong usage'
done
# defaults are the command's own
ok stability --help
holds out '(default: 20)'
lacks out 'default: 10 on small data'
ok rank --help
holds out '(default: 200)'
lacks out 'default: 500'
ok render --help
mv out help
tr -s ' \n' ' ' <help >out # words stay, lines do not
holds out 'default: the one it'
ok demo --help
mv out help
tr -s ' \n' ' ' <help >out
holds out '49 of faces, 17 of swimmers'
ok learn --help
holds out '(default: 500)'
mv out help
tr -s ' \n' ' ' <help >out
holds out 'default: 10 on small data, else 1'
for option in --objective --solver --init --no-center --contrast --ica; do
    holds out "$option"
done
holds out '--ink'
lacks out '--invert' # a word of before, which still works
ok learn in -o help-wins --help
absent help-wins

# ---- wrong usage: status 2, a message with a prefix, nothing on stdout, nothing written
run
expect 2 'Usage: mien COMMAND'
same "$(cat out)" '' 'stdout without a command'

# a row: words of the message | the command line
while IFS='|' read -r message words; do
    # shellcheck disable=SC2086 # the row is a list of words
    run $words
    expect 2 "$message"
    checks=$((checks + 1))
    [ -s out ] && bad "mien $words: something on stdout"
    grep -qv '^mien: ' err && bad "mien $words: a message without the prefix"
done <<'TABLE'
there is no command 'frobnicate'|frobnicate in -o out1
--bogus: unknown|learn in -o out1 --bogus
--bogus: unknown option|learn in -o out1 --bogus=3
-Z: unknown|learn in -o out1 -Z
--s may be --seed, --size|learn in -o out1 --it 3 --s 1
-r needs a value|learn in -o out1 -r
--seed needs a value|learn in -o out1 --seed
--force=yes takes no value|learn in -o out1 --force=yes
b: one argument too many|learn in b -o out1
what to work on is missing|learn -o out1
what to work on is missing|render -o out1
what to work on is missing|inspect
-o FILE.npy is missing: the file to write|pack in
-o OUT is missing|learn in
-o OUT is missing|compare in
-o OUT is missing|transform in in
--output: mien inspect has no such option|inspect in -o out1
--methods: mien learn has no such option|learn in -o out1 --methods nmf
--method: mien compare has no such option|compare in -o out1 --method nmf
--components: mien render has no such option|render in -o out1 -r 3
--objective: mien inspect has no such option|inspect in --objective kl
--components 0: give a whole number|learn in -o out1 -r 0
--components -3: give a whole number|learn in -o out1 -r -3
--components 4x: give a whole number|learn in -o out1 -r 4x
--components 1.5: give a whole number|learn in -o out1 --components 1.5
--components 99999999999999999999: give a whole number|learn in -o out1 -r 99999999999999999999
--iterations 0: give a whole number|learn in -o out1 --iterations 0
--iterations ten: give a whole number|learn in -o out1 --iterations ten
--restarts 0: give a whole number|learn in -o out1 --restarts 0
--seed -1: give a whole number|learn in -o out1 --seed -1
--seed 1e3: give a whole number|learn in -o out1 --seed 1e3
--threads 0: give a whole number|learn in -o out1 --threads 0
--threads 9999: give a whole number|learn in -o out1 --threads 9999
--tolerance -0.1: give a number|learn in -o out1 --tolerance -0.1
--tolerance 1: give a number|learn in -o out1 --tolerance 1
--tolerance nan: give a number|learn in -o out1 --tolerance nan
--tolerance 1e-4q: give a number|learn in -o out1 --tolerance 1e-4q
--normalize loud: give one of auto|learn in -o out1 --normalize loud
--ink blue: give one of auto|learn in -o out1 --ink blue
--ink: mien render has no such option|render in -o out1 --ink dark
--fit squeeze: give one of reject|learn in -o out1 --fit squeeze
--size 4: give WIDTHxHEIGHT|learn in -o out1 --size 4
--size 0x4: give WIDTHxHEIGHT|learn in -o out1 --size 0x4
--size 4x5x6: give WIDTHxHEIGHT|learn in -o out1 --size 4x5x6
--size 99999x4: give WIDTHxHEIGHT|learn in -o out1 --size 99999x4
--size 4x99999: give WIDTHxHEIGHT|learn in -o out1 --size 4x99999
--hidden 0.6: give a share from 0.01 to 0.5|rank in -o out1 --hidden 0.6
--hidden 0.009: give a share from 0.01 to 0.5|rank in -o out1 --hidden 0.009
--hidden x: give a share from 0.01 to 0.5|rank in -o out1 --hidden x
--palette neon: give one of esl|learn in -o out1 --palette neon
--scale big: give one of component|learn in -o out1 --scale big
--tile 3: give COLUMNSxROWS|learn in -o out1 --tile 3
--zoom 0: give a whole number|learn in -o out1 --zoom 0
--gap 101: give a whole number|learn in -o out1 --gap 101
there is no method 'umap'; there are nmf|compare in -o out1 --methods umap
there is no method ''|compare in -o out1 --methods nmf,,pca
there is no method ''|compare in -o out1 --methods=
method nmf is named twice|compare in -o out1 --methods nmf,pca,nmf
there is no method 'tsne'|learn in -o out1 --method tsne
objective|learn in -o out1 --objective l1
solver|learn in -o out1 --solver sgd
--init|learn in -o out1 --init ones
contrast|learn in -o out1 --method ica --contrast tanh
--ica|learn in -o out1 --method ica --ica pixels
center|learn in -o out1 --method pca --center maybe
for frobenius fast, mu, hals|learn in -o out1 --solver hals --objective kl
--example 9: give a file of the input or an index from 1 to 4|learn in -o out1 -r 2 --example 9
--example nobody.pgm: give a file|learn in -o out1 -r 2 --example nobody.pgm
--example -1: give a file|learn in -o out1 -r 2 --example -1
r may be anything from 1 to max(N, p) = 30|learn in -o out1 -r 31
r may be anything from 1 to max(N, p) = 30|compare in -o out1 -r 31
r may be anything from 1 to max(N, p) = 30|compare in -o out1 -r 2000000000
PCA has at most min(N, p) = 4 components|learn in -o out1 --method pca -r 5
there is no demo 'opera'|demo opera -o out1
TABLE
absent out1
no_leftovers

# ---- options may stand anywhere, long ones may be shortened, "--" ends them
ok learn --seed 3 -r2 in --iterations=3 -oa
mv a b
ok learn -o a in --iter 3 --comp 2 --seed 3
same "$(cksum <a/nmf/basis.npy)" "$(cksum <b/nmf/basis.npy)" 'basis.npy of the same run in other words'
mkdir -- -odd
cp in/* ./-odd/
run learn -o c -r 2 --iterations 2 -- -odd
expect 0
there c/nmf/basis.npy

# ---- what was typed is kept, quoted for a shell
mkdir 'two words'
cp in/* 'two words'
ok learn 'two words' -o d -r 2 --iterations 2
same "$(json d/summary.json command)" "mien learn 'two words' -o d -r 2 --iterations 2" command

# ---- results on stdout; a pipe that closes early is no crash; a full one is an error
ok learn in -o e -r 2 --iterations 2 -q
holds out 'nmf'
holds out 'e/report.html'
for words in '--version' '--help' 'learn --help' 'inspect in' 'inspect e' 'learn in -o f -r 2 --iterations 2'; do
    # shellcheck disable=SC2086
    "$mien" $words >/dev/full 2>err </dev/null
    status=$?
    expect 1 'mien: standard output: No space left on device'
done
there f/summary.json # the work was done all the same
"$mien" learn in -o g -r 2 --iterations 2 </dev/null 2>err | true
there g/summary.json

finish
