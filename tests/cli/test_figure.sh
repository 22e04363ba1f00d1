#!/usr/bin/env bash
# test_figure.sh - the pictures of a whole run: layouts, the SVG, steps, parts along the iterations.
#
# SPDX-License-Identifier: MIT
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

folder in 12 8 7
ok compare in -o all -r 4 --iterations 12 --seed 5
there all/figure.png all/figure.svg all/steps.png all/emerge.png all/nmf/snapshots.npy \
    all/kmeans/snapshots.npy all/ica/snapshots.npy
absent all/pca/snapshots.npy # found in one step

# the SVG: as large as the PNG, text as text, pictures embedded, nothing from elsewhere
size=$("$peek" png all/figure.png)
holds all/figure.svg "width=\"${size%x*}\" height=\"${size#*x}\""
holds all/figure.svg '>adds parts</text>'
holds all/figure.svg '>1.pgm</text>'
holds all/figure.svg 'href="data:image/png;base64,'
lacks all/figure.svg 'href="http'

# snapshots: K x r x h x w bytes, the iterations told
kept=$("$peek" npy all/nmf/snapshots.npy)
count=$(json all/nmf/model.json snapshots iterations)
same "${kept% * *}" "|u1 ${count}x4x7x8" 'snapshots of NMF'
same "$(for k in 0 1 2 3 4; do json all/nmf/model.json snapshots iterations $k; done | tr '\n' ' ')" \
    '1 2 3 5 8 ' 'iterations that are kept'
ok compare in -o without -r 4 --iterations 12 --seed 5 --no-snapshots
absent without/nmf/snapshots.npy without/emerge.png
there without/steps.png
cmp -s all/nmf/basis.npy without/nmf/basis.npy || bad 'snapshots change what is learned'

# drawn again, they are the same
ok render all -o again
for picture in figure.png figure.svg steps.png emerge.png; do
    checks=$((checks + 1))
    cmp -s all/$picture again/$picture || bad "render draws another $picture"
done
ok render all -o slide --layout slide
same "$("$peek" png slide/figure.png)" 1920x1080 'a slide'
ok render all -o wide --layout slide --width 960
same "$("$peek" png wide/figure.png)" 960x540 'half a slide'
ok render all -o narrow --width 800
same "$("$peek" png narrow/figure.png | cut -d x -f 1)" 800 'a narrow page'
run render all -o wrong --layout poster
expect 2 'page'
run render all -o wrong --width 100
expect 2 '480'
absent wrong

# a model whose snapshots are not what it says is refused by name
cp -R all spoilt
head -c 200 all/nmf/snapshots.npy >spoilt/nmf/snapshots.npy
run render spoilt/nmf -o wrong
expect 3 'snapshots.npy'
cp all/kmeans/weights.npy spoilt/nmf/snapshots.npy
run render spoilt/nmf -o wrong
expect 3 'snapshots.npy'

# tables have neither steps nor parts to see
printf 'a,b,c\n1,2,3\n4,5,6\n7,8,10\n2,1,0\n5,5,5\n9,1,1\n' >t.csv
run compare t.csv -o table -r 2 --iterations 5
expect 0
absent table/steps.png table/emerge.png table/nmf/snapshots.npy
there table/figure.png table/figure.svg
finish
