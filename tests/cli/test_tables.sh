#!/bin/bash
# test_tables.sh - tables are people: ids, labels, scales, heat-maps, the cross table; lists of
# images; rows that are images; negative numbers.
# SPDX-License-Identifier: MIT
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

# 60 people of three groups: each group is large in four of twelve regions
awk 'BEGIN {
    printf "subject,group"
    for (j = 1; j <= 12; j++) printf ",region %d", j
    print ""
    seed = 7
    for (i = 0; i < 60; i++) {
        printf "s%02d,%s", i, substr("abc", i % 3 + 1, 1)
        for (j = 0; j < 12; j++) {
            seed = (seed * 137 + 187) % 65521
            printf ",%.3f", (j % 3 == i % 3 ? 4 : 0.2) * (0.8 + 0.4 * seed / 65521)
        }
        print ""
    }
}' >people.csv

# a column of text is refused, with what can be done
run compare people.csv -o none -r 3
expect 3 "people.csv: row 1 (line 2), column 2 (group): 'a' is not a number"
expect 3 '--label group'
absent none

# one command, and the groups stand on the diagonal
ok compare people.csv -o all -r 3 --label group
holds out 'NMF: labels by dominant component'
for method in nmf kmeans; do
    d=all/$method
    there $d/membership.csv $d/memberships.png $d/clusters.csv $d/weights.csv $d/basis.csv $d/basis.png
    same "$(json all/summary.json methods $method adjusted_rand_index)" 1 "$method: Rand index"
    for ((l = 0; l < 3; l++)); do
        for ((k = 0; k < 3; k++)); do
            same "$(json all/summary.json methods $method cross_table counts $l $k)" \
                "$((l == k ? 20 : 0))" "$method: cross table $l $k"
        done
    done
    same "$(head -n 1 $d/clusters.csv)" 'id,dominant,label' "$d/clusters.csv"
    same "$(sed -n 2p $d/clusters.csv | cut -d , -f 1,3)" 's00,a' "$d/clusters.csv"
    same "$(cut -d , -f 2,3 $d/clusters.csv | sed 1d | sort | uniq -c | awk '{ print $1 }' | tr '\n' ' ')" \
        '20 20 20 ' "$d/clusters.csv: three clusters that are the groups"
done
holds out 'NMF: labels by dominant component; 3 labels, adjusted Rand index 1.00'
ok compare people.csv -o many -r 13 --label group --methods kmeans
holds out 'VQ: dominant components by label; 3 labels, adjusted Rand index 0.'
same "$(awk '/dominant components by label/ { t = NR } t && NR > t + 1 && NF == 4 {
    n += $2 + $3 + $4; rows++ } END { print rows, n }' out)" '13 60' 'the table, a row a component'
for method in pca ica; do
    there all/$method/weights.csv all/$method/basis.csv
    absent all/$method/memberships.png all/$method/clusters.csv
done
same "$(head -n 1 all/nmf/weights.csv)" 'id,component_1,component_2,component_3' 'weights.csv'
same "$(head -n 1 all/nmf/basis.csv | cut -d , -f 1-3)" 'component,region 1,region 2' 'basis.csv'
same "$(sed 1d all/nmf/basis.csv | wc -l) $(sed 1d all/nmf/weights.csv | wc -l)" '3 60' 'rows of both'
same "$(head -n 2 all/images.csv | tr '\n' ' ')" 'index,id 1,s00 ' 'images.csv'
same "$(sed -n 2p all/columns.csv)" '1,region 1' 'columns.csv'
same "$(head -n 1 all/nmf/membership.csv)" 'id,component_1,component_2,component_3,dominant,entropy' \
    'membership.csv'
same "$(page all/report.html data is_table) $(page all/report.html data n) $(page all/report.html data p)" 'true 60 12' \
    'a table on the page'
same "$(page all/report.html images untouched) $(page all/report.html images names 0)" 'null s00' 'rows on the page'
holds all/report.html ', 60 observations.'
# the heat-map of a table is no montage of hairlines
for picture in basis memberships; do
    "$peek" png all/nmf/$picture.png | awk -F x '{ exit !($1 >= 900 && $2 >= 400) }' || bad "$picture.png"
done

# words for columns: by number; a column twice; one that is not there
ok learn people.csv -o numbers -r 3 --id 1 --label 2
cmp -s numbers/nmf/basis.npy all/nmf/basis.npy || bad 'numbers of columns instead of names'
run learn people.csv -o none -r 3 --label diagnosis
expect 2 '--label diagnosis: there is no such column; there are subject, group, region 1'
run learn people.csv -o none -r 3 --label group --ignore subject,group
expect 2 'named twice'
ok learn people.csv -o fewer -r 2 --ignore group --ignore '3,region 2'
same "$(json fewer/summary.json p)" 10 'two regions left out'

# transform takes new people by the same words, with or without the label
ok transform all/nmf people.csv -o new
there new/membership.csv new/memberships.png new/clusters.csv new/weights.csv
same "$(cut -d , -f 1,3 new/clusters.csv)" "$(cut -d , -f 1,3 all/nmf/clusters.csv)" 'labels of new people'
same "$(head -n 1 new/errors.csv)" 'index,id,loss,relative_error,outlier' 'errors.csv'
cut -d , -f 1,3- people.csv >unlabelled.csv
ok transform all/nmf unlabelled.csv -o new2
cmp -s new/weights.npy new2/weights.npy || bad 'a label changes the weights'
ok transform all/pca people.csv -o new3
there new3/weights.csv
absent new3/membership.csv

# drawn again, with the labels
ok render all/nmf -o again
cmp -s again/basis.png all/nmf/basis.png || bad 'basis.png drawn again'
cmp -s again/memberships.png all/nmf/memberships.png || bad 'memberships.png drawn again'

# scales of columns: kept in the model, and those of training for new people
awk -F, -v OFS=, 'NR > 1 { $3 *= 1000 } 1' people.csv >large.csv
run learn large.csv -o large -r 3 --label group
expect 0 "column 3 (region 1) holds"
ok learn large.csv -o scaled -r 3 --label group --scale-columns max -q
same "$(json scaled/summary.json methods nmf adjusted_rand_index)" 1 'scaled columns'
same "$(json scaled/nmf/model.json scale_columns how)" max 'model.json'
head -n 5 large.csv >few.csv
ok transform scaled/nmf few.csv -o few
"$peek" npy few/weights.npy >/dev/null || bad 'weights of few'
paste -d , <(sed -n 2,5p scaled/nmf/weights.csv) <(sed -n 2,5p few/weights.csv) |
    awk -F, '{ for (k = 2; k <= 4; k++) { d = $k - $(k + 4); if (d * d > 1e-8) exit 1 } }' ||
    bad 'new people are scaled by themselves'
run learn people.csv -o none --label group --scale-columns mean
expect 2 'none|max|sd'

# negative numbers: NMF is refused by name, the others run
awk -F, -v OFS=, 'NR == 4 { $5 = -0.5 } 1' people.csv >signed.csv
run compare signed.csv -o signed -r 3 --label group
expect 0 'signed.csv: row 3 (line 4), column 5 (region 3): -0.5 is negative; NMF assumes that no number is'
there signed/pca/basis.npy signed/kmeans/basis.npy signed/ica/basis.npy
absent signed/nmf
run compare signed.csv -o strict -r 3 --label group --strict
expect 3 'is negative'
there strict/pca/basis.npy
for command in learn stability rank; do
    run $command signed.csv -o none --label group
    expect 3 'NMF assumes that no number is'
done
run learn signed.csv -o none --label group --method pca --normalize unit
expect 3 '--normalize unit is for numbers that are not'
run transform all/nmf signed.csv -o none
expect 3 'NMF assumes that no number is'

# a study speaks of observations and variables
ok stability people.csv -o study -r 3 --label group --restarts 5 --iterations 20
holds study/report.html '60 observations of 12 variables'
holds study/report.html 'Dark variables'
lacks study/report.html 'two images'

# rows that are images: the same as the folder
mkdir faces
for ((i = 1; i <= 8; i++)); do
    pgm faces/$i.pgm 6 5 $((i * 31))
    sed 1,3d faces/$i.pgm | tr '\n' ',' | sed 's/,$/\n/'
done >rows.csv
ok learn faces -o f -r 2 --iterations 20
ok learn rows.csv -o rows -r 2 --iterations 20 --shape 5x6
cmp -s f/nmf/basis.npy rows/nmf/basis.npy || bad '--shape gives another basis'
same "$(json f/summary.json methods nmf localisation)" "$(json rows/summary.json methods nmf localisation)" \
    'scores of rows that are images'
ok transform rows/nmf faces -o rows-new
ok render rows/nmf -o rows-again
cmp -s rows-again/exemplars.png rows/nmf/exemplars.png || bad 'exemplars of rows that are images, again'
run learn rows.csv -o none -r 2 --shape 6x6
expect 3 'rows of 30 numbers, and --shape 6x6 is 36'
run learn rows.csv -o none --shape 5x6x4
expect 2 '--shape 5x6x4: give HEIGHTxWIDTH'
for wrong in '--id 1' '--scale-columns max' '--ignore 2' '--shape 5x6'; do
    # shellcheck disable=SC2086 # an option and its value
    run learn faces -o none -r 2 $wrong
    expect 2 'is for tables, not for images'
done

# a list of images is images and labels, never a table of its labels
for ((i = 1; i <= 8; i++)); do echo "faces/$i.pgm;$((i % 2))"; done >at.txt
ok compare at.txt -o list -r 2 --iterations 20
same "$("$peek" npy list/nmf/basis.npy | cut -d ' ' -f 2)" 2x5x6 'basis of a list'
same "$(json list/summary.json methods nmf n_labels)" 2 'labels of a list'
cmp -s f/nmf/basis.npy list/nmf/basis.npy || bad 'a list of the same images gives another basis'
same "$(sed -n 2p list/images.csv)" '1,faces/1.pgm,6,5' 'images.csv of a list'

no_leftovers
finish
