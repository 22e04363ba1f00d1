#!/bin/bash
# test_ink.sh - darkness or brightness: what is decided and told, from reading to drawing.
# SPDX-License-Identifier: MIT
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

quick=(-r 3 --iterations 3)
numbers() { # the matrices of a model
    cat "$1"/nmf/weights.npy "$1"/nmf/basis.npy
}

# ---- decided from the pixels, said once, and noted in every summary
run learn "$assets/faces" -o faces "${quick[@]}"
expect 0
same "$(cat err)" "mien: ink: dark, 0.0 % of the images' border pixels are black (--ink light learns from brightness)" \
    'what is said of faces'
same "$(json faces/summary.json ink)" dark 'ink in summary.json'
same "$(json faces/nmf/model.json ink)" dark 'ink in model.json'
same "$(page faces/report.html data ink)" dark 'ink on the page'
run learn "$assets/swimmer" -o swimmer "${quick[@]}"
expect 0 'mien: ink: light, 98.4 %'
same "$(json swimmer/summary.json ink)" light 'ink of swimmers'
run learn "$assets/faces" -o quiet "${quick[@]}" -q
same "$(cat err)" '' 'stderr with -q'
for words in 'rank --ranks 2:3 --starts 0 --iterations 2' 'stability --restarts 2 -r 2 --iterations 2'; do
    # shellcheck disable=SC2086
    run $words "$assets/swimmer" -o other --force
    expect 0 'mien: ink: light, 98.4 %'
    same "$(json other/summary.json ink)" light "ink in the summary of ${words%% *}"
done
ok inspect "$assets/faces"
holds out 'ink           dark, 0.0 % of border pixels are black'
ok inspect "$assets/faces" --json
holds out '"ink": "dark"'
ok inspect faces/nmf
holds out 'lee-seung, dark ink'

# ---- asked for: obeyed without a word; --invert is the word of before
for words in '--ink dark' '--ink light' '--ink auto' --invert '--invert --ink light'; do
    # shellcheck disable=SC2086
    ok learn "$assets/faces" -o "asked$words" "${quick[@]}" $words
done
same "$(json 'asked--ink light/summary.json' ink)" light '--ink light'
same "$(json 'asked--invert/summary.json' ink)" dark '--invert'
same "$(json 'asked--invert --ink light/summary.json' ink)" light 'the last word counts'
for other in '--ink dark' '--ink auto' --invert; do
    checks=$((checks + 1))
    cmp -s <(numbers faces) <(numbers "asked$other") || bad "$other differs from what was decided"
done
checks=$((checks + 1))
cmp -s <(numbers faces) <(numbers 'asked--ink light') && bad 'light is the same as dark'

# ---- what is not normalised is as stored; colours are light, and normalised by their type
ok learn "$assets/faces" -o stored "${quick[@]}" --normalize none
holds err 'mien: ink: light, as stored'
same "$(json stored/summary.json ink)" light 'ink of what is stored'
ok learn "$assets/faces" -o colour "${quick[@]}" --color
same "$(json colour/summary.json data normalize)" unit '--color is unit'
same "$(json colour/summary.json ink)" light 'ink of colours'
ok learn "$assets/faces" -o colour2 "${quick[@]}" --color --normalize lee-seung --ink dark
same "$(json colour2/summary.json data normalize)" lee-seung '--color as asked'

# ---- tables have none
printf '1,2,3\n4,5,6\n7,8,10\n' >t.csv
ok learn t.csv -o table -r 2
same "$(cat err)" '' 'stderr for a table'
same "$(json table/summary.json ink)" null 'ink of a table'
for words in '--ink dark' '--ink light' --invert; do
    # shellcheck disable=SC2086
    run learn t.csv -o none -r 2 $words
    expect 2 't.csv: --ink is for images; a table is taken as it is'
done
ok learn t.csv -o table2 -r 2 --ink auto
absent none

# ---- a model prepares new images as its own, and is drawn again with the file untouched
ok transform faces "$assets/faces" -o again
same "$(json again/summary.json ink)" dark 'ink of new images'
cp -R faces before # a model of before: inverted, without untouched pixels and names
rm before/nmf/untouched.npy
sed -i 's/"ink": "dark"/"invert": true/; /"example_names": \[/,/\]/d' before/nmf/model.json
ok transform before "$assets/faces" -o again2
cmp -s again/weights.npy again2/weights.npy || bad 'an inverted model is not dark ink'
run render before -o drawn
expect 0 'lies elsewhere'
run render faces -o drawn2
expect 0 'lies elsewhere'
cp -R faces "a model's"
run render "a model's" -o drawn3
expect 0 "mien render 'a model'\\''s' INPUT"
cmp -s faces/figure.png drawn2/figure.png || bad 'render draws another figure'
cmp -s drawn/figure.png drawn2/figure.png && bad 'the untouched file is not in the figure'
same "$("$peek" npy faces/nmf/untouched.npy | cut -d ' ' -f 2)" 8x48x48 'untouched examples'

# ---- floats for a model of bytes: 0 to 1 is scaled and said, other scales are refused
folder greys 9 6 5
ok learn greys -o bytes -r 2 --normalize unit --ink dark
"$peek" make ones.npy 9 30 1 0 0.5
run transform bytes ones.npy -o t1
expect 0 'mien: values from 0 to 1: 1 is taken for white, as 255 was in training'
"$peek" make big.npy 9 30 1 0 300
run transform bytes big.npy -o t2
expect 3 'big.npy: values up to 300, the model was learned from 8-bit greys, of which 255 is white'
"$peek" make fits.npy 9 30 1 0 200
ok transform bytes fits.npy -o t3
ok learn greys -o plain -r 2 --normalize none
run transform plain ones.npy -o t4
expect 3 'ones.npy: values up to'
absent t2 t4
no_leftovers
finish
