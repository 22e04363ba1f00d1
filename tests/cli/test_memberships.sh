#!/bin/bash
# test_memberships.sh - membership.csv, exemplars.png, scores of parts, folders as labels.
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2086 # names of methods are single words
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

# two people, 6 images each, told apart by the half that is bright
for ((i = 1; i <= 6; i++)); do
    for who in anna ben; do
        mkdir -p people/$who
        awk -v who=$who -v seed="$i" 'BEGIN {
            printf "P2\n8 6\n255\n"
            for (j = 0; j < 48; j++) {
                seed = (seed * 137 + 187) % 65521
                print ((j < 24) == (who == "anna") ? 180 : 5) + seed % 40
            }
        }' >people/$who/$i.pgm
    done
done

ok compare people -o all -r 2 --iterations 60 --normalize unit
for method in nmf kmeans; do
    d=all/$method
    there $d/membership.csv $d/exemplars.png
    "$peek" png $d/exemplars.png >size || bad "$d/exemplars.png"
    same "$(head -n 1 $d/membership.csv)" 'path,component_1,component_2,dominant,entropy' "$d: columns"
    same "$(cut -d , -f 1 $d/membership.csv)" "$(cut -d , -f 2 all/images.csv)" "$d: paths"
    awk -F, 'NR > 1 && ($2 + $3 < 0.999999 || $2 + $3 > 1.000001 || $2 < 0 || $3 < 0 ||
        $4 != ($2 >= $3 ? 1 : 2) || $5 < 0 || $5 > 1) { exit 1 }' $d/membership.csv ||
        bad "$d/membership.csv: no shares"
    same "$(json all/summary.json methods $method n_labels)" 2 "$method: labels"
    same "$(json all/summary.json methods $method adjusted_rand_index)" 1 "$method: Rand index"
    json all/summary.json methods $method normalized_mutual_information |
        awk '{ exit !($1 > 0.999999 && $1 <= 1) }' || bad "$method: mutual information"
    json all/summary.json methods $method cancellation |
        awk '{ exit !($1 == 0) }' || bad "$method: cancellation"
done
awk -F, 'NR > 1 && ($2 != 0 && $2 != 1 || $5 != 0) { exit 1 }' all/kmeans/membership.csv ||
    bad 'VQ: shares are not one 1 and zeroes'
for method in pca ica; do
    absent all/$method/membership.csv all/$method/exemplars.png
    checks=$((checks + 1))
    "$peek" json all/summary.json methods $method n_labels >/dev/null 2>&1 &&
        bad "$method: compared with labels"
done
for method in "${methods[@]}"; do
    for key in localisation overlap cancellation; do
        same "$(json all/$method/model.json fit $key)" "$(json all/summary.json methods $method $key)" \
            "$method: $key in model.json and summary.json"
    done
done
holds out ' sparse '
same "$(page all/report.html methods 0 agreement adjusted_rand) $(page all/report.html methods 0 cross labels)" \
    '1 2' 'labels on the page'
same "$(page all/report.html methods 2 memberships) $(page all/report.html methods 2 exemplars)" 'false null' \
    'memberships of PCA on the page'
same "$(page all/report.html images labels 0) $(page all/report.html images names 0)" 'anna anna/1.pgm' \
    'labels of images on the page'

# the same files for any number of threads
for threads in 1 3; do
    ok compare people -o t$threads -r 2 --iterations 60 --normalize unit --threads $threads
done
for name in nmf/membership.csv nmf/exemplars.png kmeans/membership.csv; do
    cmp -s t1/$name t3/$name || bad "$name: three threads instead of one"
done

# a folder without folders has no labels
cp -r people/anna plain
ok learn plain -o unlabelled -r 2 --iterations 5
checks=$((checks + 1))
"$peek" json unlabelled/summary.json methods nmf n_labels >/dev/null 2>&1 && bad 'labels from nowhere'
same "$(page unlabelled/report.html methods 0 agreement) $(page unlabelled/report.html images labels)" 'null null' \
    'labels on the page from nowhere'

# a table has rows and no pictures: no localisation, but shares and stripes
printf '1,2,0\n0,1,3\n2,0,1\n4,1,1\n' >table.csv
ok learn table.csv -o rows -r 2 --iterations 5
same "$(json rows/summary.json methods nmf localisation)" null 'localisation of a table'
there rows/nmf/membership.csv rows/nmf/exemplars.png

# drawn again while the images are there, and else left out
ok render all -o again
cmp -s again/nmf/exemplars.png all/nmf/exemplars.png || bad 'exemplars.png drawn again'
run inspect all/nmf
expect 0
holds out 'cancellation 0.000'
mv people elsewhere
run render all/nmf -o gone
expect 0
there gone/basis.png
absent gone/exemplars.png

finish
