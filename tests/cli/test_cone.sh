#!/bin/bash
# test_cone.sh - mien demo cone: the lesson, and the cone of the user's own data.
# SPDX-License-Identifier: MIT
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

ok demo cone -o lesson
holds out 'NMF is not unique: three starts, three answers, the same loss'
holds out 'lesson/cone.svg'
there lesson/cone.png lesson/cone.svg lesson/summary.json
holds lesson/cone.svg 'Donoho'
holds lesson/cone.svg '</svg>'
same "$(json lesson/summary.json exact) $(json lesson/summary.json plane)" 'true false' 'the lesson'
ok demo cone -o again --threads 1
cmp -s lesson/cone.png again/cone.png || bad 'another picture with one thread'
cmp -s lesson/cone.svg again/cone.svg || bad 'another SVG with one thread'
ok demo cone -o again --seed 5 --force
cmp -s lesson/cone.png again/cone.png && bad 'the same picture with another seed'

# --from: images, pixels by choice, a table
folder in 12 6 5
ok demo cone --from in -o own
same "$(json own/summary.json N) $(json own/summary.json input)" '12 in' 'own images'
ok demo cone --from in -o own --pixels 7,20 --force
holds out 'pixel 7 (row 2, column 1); pixel 20 (row 4, column 2)'
printf '1,2,0\n2,1,1\n3,3,5\n1,1,2\n' >table.csv
ok demo cone --from table.csv -o table --pixels 1,2
holds out 'cone       26.57'
ok demo cone --from table.csv -o plane --plane
holds out 'singular vector 1'
same "$(json plane/summary.json plane)" true plane

# data that reach both axes: no choice is left, and it says so
printf '1,0\n0,2\n2,2\n' >axes.csv
ok demo cone --from axes.csv -o axes
holds out 'Data that reach both axes leave NMF no choice'
lacks out 'not unique'

# wrong words, bad data: nothing is written
while IFS='|' read -r expected message words; do
    # shellcheck disable=SC2086 # words are to be split
    run demo $words -o none
    expect "$expected" "$message"
    absent none
done <<'TABLE'
2|takes no -r|cone -r 3
2|takes no -r|cone --methods pca
2|--pixels needs --from|cone --pixels 1,2
2|needs --from|cone --plane
2|alternative to --pixels|cone --from in --plane --pixels 1,2
2|give the indices of two pixels|cone --from in --pixels 0
2|give the indices of two pixels|cone --from in --pixels 3,3
2|give the indices of two pixels|cone --from in --pixels 3,x
2|give two different pixels from 1 to 30|cone --from in --pixels 3,31
2|give the indices of two pixels, from 1|cone --from in --pixels 0,3
2|belong to the cone|faces --from in
3|nothing|cone --from nothing
TABLE
printf '0,0\n0,0\n' >zeros.csv
run demo cone --from zeros.csv -o none
expect 3 'all points are zero'
run compare in -o none --plane
expect 2 'no such option'
absent none
no_leftovers

# without -o
ok demo cone -q
there mien-demo-cone/cone.png
run demo cone
expect 2 'mien-demo-cone exists already'

# --force spares a folder whose summary.json is another program's
mkdir photos
echo '{"album": "summer"}' >photos/summary.json
echo x >photos/me.jpg
run demo cone -o photos --force
expect 2 'holds no result of mien'
there photos/me.jpg
finish
