#!/bin/bash
# test_transform.sh - new images on a saved model: weights, errors, outliers, refusals.
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2086 # names of methods are single words
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

# how many rows of errors.csv are flagged
flagged() {
    awk -F , 'NR > 1 { n += $NF } END { print n + 0 }' "$1/errors.csv"
}

# ---- a comparison, and its training images again
folder in 9 10 8
ok compare in -o all -r 3 --iterations 3000 --tolerance 0
for method in "${methods[@]}"; do
    ok transform all/$method in -o again-$method
    there again-$method/weights.npy again-$method/images.csv again-$method/errors.csv \
        again-$method/summary.json again-$method/reconstruction.png
    absent again-$method/residual.png again-$method/$method
    same "$("$peek" npy again-$method/weights.npy | cut -d ' ' -f 2)" 9x3 "$method: shape of the weights"
    cmp -s again-$method/images.csv all/images.csv || bad "$method: another images.csv"
    same "$(sed 1q again-$method/errors.csv)" index,path,loss,relative_error,outlier 'head of errors.csv'
    same "$(wc -l <again-$method/errors.csv)" 10 'rows of errors.csv'
    same "$(json again-$method/summary.json method)" $method 'method in summary.json'
    awk -v a="$(json again-$method/summary.json new loss)" -v b="$(json all/$method/model.json fit loss)" \
        'BEGIN { d = (a - b) / b; exit !(d < 1e-4 && d > -1e-4) }' ||
        bad "$method: loss $(json again-$method/summary.json new loss), learned $(json all/$method/model.json fit loss)"
done
cmp -s again-kmeans/weights.npy all/kmeans/weights.npy || bad 'kmeans: other weights than in training'
holds all/nmf/model.json '"image_errors"'

# ---- which model
run transform all in -o wrong
listed=$(printf ', %s' "${methods[@]}")
expect 2 "all holds ${#methods[@]} models (${listed#, }): name one of them, for example all/nmf"
ok learn in -o one --method pca -r 2
ok transform one in -o from-one
same "$(json from-one/summary.json model)" one/pca 'the only model of a folder'
run transform nowhere in -o wrong
expect 3 'nowhere holds no model'
run transform in in -o wrong
expect 3 'in holds no model'
run transform all/nmf -o wrong
expect 2 'what to work on is missing'
run transform all/nmf in in -o wrong
expect 2 'in: one argument too many'
run transform all/nmf in
expect 2 '-o OUT is missing'
for option in '--normalize unit' --invert '--ink dark' --color '--size 4x4' '-r 3' '--objective kl'; do
    # shellcheck disable=SC2086
    run transform all/nmf in -o wrong $option
    expect 2 'mien transform has no such option'
done

# ---- one image: in a folder, and by itself
mkdir single
cp in/4.pgm single
ok transform all/nmf single -o alone --residual
same "$("$peek" npy alone/weights.npy | cut -d ' ' -f 2)" 1x3 'weights of one image'
there alone/residual.png alone/reconstruction.png
ok transform all/nmf in/4.pgm -o alone2
cmp -s alone/weights.npy alone2/weights.npy || bad 'one image by itself has other weights'
holds alone2/images.csv '1,4.pgm,10,8'
(cd in && "$mien" transform ../all/nmf 4.pgm -o ../alone3 >../out.txt 2>../err) || bad 'a bare file name'
cmp -s alone/weights.npy alone3/weights.npy || bad 'a bare file name has other weights'

# ---- images of another size are refused by name, with what to do
folder large 3 20 16
run transform all/nmf large -o wrong
expect 3 '20x16, the model wants 10x8 (use --fit stretch|crop|pad)'
cp -R large mixed
cp in/2.pgm mixed/fits.pgm
run transform all/nmf mixed -o mixed-out
expect 0 '1.pgm: 20x16, the model wants 10x8'
same "$(json mixed-out/summary.json N)" 1 'images that fit'
same "$(json mixed-out/summary.json rejected)" 3 'rejected images'
run transform all/nmf mixed -o wrong --strict
expect 3 '--strict was given'
for fit in stretch crop pad; do
    ok transform all/nmf large -o fitted-$fit --fit $fit
    same "$(json fitted-$fit/summary.json N)" 3 "--fit $fit"
done

# ---- colours, and rows of numbers, are drawn too
ok learn in -o colour --color -r 2 --method pca
ok transform colour large -o colour-out --fit stretch --residual --palette diverging
same "$(json colour-out/summary.json p)" 240 'p in colour'
there colour-out/residual.png

# ---- nothing usable
mkdir empty
echo text >empty/readme.txt
run transform all/nmf empty -o wrong
expect 3 'no usable images'
run transform all/nmf nothing-there -o wrong
expect 3 'no such file'
run transform all/nmf in -o alone
expect 2 'alone exists already'
ok transform all/nmf in -o alone --force

# ---- tables and arrays: as many numbers as the model wants
"$peek" make t.npy 12 6
"$peek" make u.npy 1 6
"$peek" make v.npy 12 7
"$peek" make bad.npy 12 6 2 3 -1
ok learn t.npy -o table -r 2 --iterations 3000 --tolerance 0
ok transform table t.npy -o table-again --residual
there table-again/residual.png table-again/reconstruction.png
ok transform table u.npy -o table-one
same "$("$peek" npy table-one/weights.npy | cut -d ' ' -f 2)" 1x2 'one row'
run transform table v.npy -o wrong
expect 3 'v.npy: rows of 7 numbers, the model wants rows of 6 numbers'
run transform table bad.npy -o wrong
expect 3 'bad.npy: row 3, column 4: -1 is negative'
run transform table in -o wrong
expect 3 'in: images of 10x8, the model wants rows of 6 numbers'
run transform all/nmf v.npy -o wrong
expect 3 'v.npy: rows of 7 numbers, the model wants images of 10x8'

# ---- preparation as in training, whatever it was
# floats: the training's white counts, not the largest of the new numbers
ok learn t.npy -o unit -r 2 --normalize unit --iterations 200
white=$(json unit/nmf/model.json white)
ok transform unit u.npy -o unit-one
first=$(json unit-one/summary.json new loss)
"$peek" make w.npy 2 6 1 0 "$white" # u's row, and one that holds the largest number
ok transform unit w.npy -o unit-two
same "$(sed -n 2p unit-two/errors.csv | cut -d , -f 3 | cut -c 1-6)" "$(printf '%.9g' "$first" | cut -c 1-6)" \
    'a row has the same loss beside others'
for how in '--normalize unit' '--normalize max' '--normalize none' --invert '--normalize unit --ink dark' \
    '--ink light' '--normalize none --ink dark' '--normalize max --ink dark' --color '--color --ink dark'; do
    # shellcheck disable=SC2086
    ok learn in -o how -r 2 --method pca --force $how
    ok transform how in -o how-again --force
    awk -v a="$(json how-again/summary.json new loss)" -v b="$(json how/pca/model.json fit loss)" \
        'BEGIN { d = (a - b) / b; exit !(d < 1e-5 && d > -1e-5) }' || bad "$how: not prepared as in training"
done

# ---- the verdict: NMF is calibrated from the training images beside the model, once
known() { # known MODEL: how many times model.json holds errors of unseen images
    grep -c '"held_out_errors"' "$1/model.json"
}
without() { # without MODEL: as models of before, which hold none
    sed -i 's/"held_out_errors"/"of_another_name"/' "$1/model.json"
}
for method in pca kmeans ica; do
    same "$(known all/$method)" 1 "$method: measured with the fit"
done
ok learn in -o fresh -r 3
same "$(known fresh/nmf)" 0 'NMF is not measured unasked'
ok transform fresh in -o fresh-none --no-calibrate
holds out 'no verdict: fresh/nmf does not hold the errors of unseen images; give --training'
lacks out 'as a whole'
lacks out 'far out'
same "$(json fresh-none/summary.json whole)" null 'no verdict'
same "$(json fresh-none/summary.json fence)" null 'no fence'
same "$(grep -c ',$' fresh-none/errors.csv)" 9 'no outlier is told, nor denied'
same "$(known fresh/nmf)" 0 'not asked, not kept'
ok transform fresh in -o fresh-some
same "$(known fresh/nmf)" 1 'kept in the model'
holds out '(errors of unseen images measured on '"$(pwd -P)"'/in, and kept in fresh/nmf/model.json)'
same "$(json fresh-some/summary.json whole apart)" false 'its own images'
same "$(json fresh-some/summary.json fence_from)" 'unseen training images' 'who sets the fence'
same "$(grep -c ',0$' fresh-some/errors.csv)" 9 'no outliers'
cp fresh/nmf/model.json kept.json
ok transform fresh in -o fresh-again
lacks out 'measured on'
cmp -s fresh/nmf/model.json kept.json || bad 'calibrated twice'
for file in errors.csv weights.npy; do
    cmp -s fresh-some/$file fresh-again/$file || bad "$file: other bytes from the kept numbers"
done
absent fresh/nmf/model.json.new

# measured by learn and compare when asked, as transform would
ok learn in -o asked -r 3 --calibrate
same "$(known asked/nmf)" 1 '--calibrate'
same "$(json asked/nmf/model.json fit held_out_errors p95)" "$(json kept.json fit held_out_errors p95)" \
    'the same, whoever measures'
ok compare in -o asked-all -r 2 --methods nmf,pca --calibrate
same "$(known asked-all/nmf)" 1 'compare --calibrate'

# images elsewhere are read when they are named, and only then; a model's path is not followed
mkdir -p away/deep
ok learn "$PWD/in" -o away/deep/out -r 3
ok transform away/deep/out in -o away-none
holds out 'no verdict'
same "$(known away/deep/out/nmf)" 0 'the path of a model was followed'
run transform away/deep/out in -o wrong --training large
expect 3
run transform away/deep/out in -o wrong --training single
expect 3 'single: not the images that away/deep/out/nmf was made from'
ok transform away/deep/out in -o away-named --training in
same "$(json away-named/summary.json whole apart)" false 'named images'
same "$(known away/deep/out/nmf)" 1 'kept, too'
ok transform away/deep/out in -o replaced --training in
cp -R in replaced/in
run transform away/deep/out in -o replaced --training replaced/in --force
expect 2 '--training'
without away/deep/out/nmf
ln -s "$PWD/in" away/deep/in
ok transform away/deep/out in -o away-link
holds out 'no verdict'
rm away/deep/in
cp -R in away/deep/in
cp in/1.pgm away/deep/in/2.pgm # not what it was
ok transform away/deep/out in -o away-changed
holds out 'no verdict'
cp in/2.pgm away/deep/in/2.pgm
ln -s "$PWD/err" away/deep/out/nmf/model.json.new # a trap
cp err err.before
ok transform away/deep/out in -o away-beside
same "$(known away/deep/out/nmf)" 1 'beside the result'
cmp -s err.before err || bad 'wrote through a link'

# ---- a model of an earlier version: from its images if they are there, else no verdict
ok learn "$PWD/in" -o older --method pca -r 2
without older/pca
ok transform older in -o older-out
same "$(known older/pca)" 1 'a model of before is calibrated'
mkdir apart
mv older apart/older
without apart/older/pca
ok transform apart/older in -o older-none
same "$(json older-none/summary.json whole)" null 'of the whole nothing is known'
ok transform apart/older in -o older-named --training in
same "$(json older-named/summary.json whole apart)" false 'a model of before, and its images'
mv apart/older older

# ---- penalties: training images come back, with what they lacked
near() { # near A B SHARE WORDS
    checks=$((checks + 1))
    awk -v a="$1" -v b="$2" -v share="$3" 'BEGIN { d = a > b ? a - b : b - a; exit !(d <= share * b) }' ||
        bad "$4: $1, expected $2"
}
for how in '--sparse-basis 0.3' '--penalty local' '--sparse-weights 0.2' \
    '--objective frobenius --sparse-basis 0.1' \
    '--objective frobenius --penalty hoyer --sparse-basis 0.6'; do
    # shellcheck disable=SC2086
    ok learn in -o priced -r 3 --iterations 20 --restarts 1 --force $how
    ok transform priced in -o priced-again --force
    for score in loss relative_error; do
        near "$(json priced-again/summary.json new $score)" "$(json priced/nmf/model.json fit $score)" 1e-3 "$how: $score"
    done
    near "$(json priced-again/summary.json new image_errors median)" \
        "$(json priced/nmf/model.json fit image_errors median)" 1e-3 "$how: median"
    same "$(json priced-again/summary.json note)" '' "$how: note"
done
ok learn in -o priced -r 3 --iterations 20 --force --objective frobenius --penalty hoyer --sparse-weights 0.5
run transform priced in -o priced-again --force
expect 0
holds out 'penalty hoyer held the weights of all training images together'
same "$(json priced-again/summary.json new image_errors median)" \
    "$(json priced/nmf/model.json fit image_errors median)" 'errors are those of encodings'

echo '{' >older/pca/model.json
run transform older in -o wrong
expect 3 'older/pca/model.json'

# ---- strangers stand out, faces the model has not seen do not
mkdir seen unseen
at=0
find "$assets/faces" -type f | sort >list
while read -r file; do
    at=$((at + 1))
    half=seen
    [ $((at % 2)) -eq 0 ] || half=unseen
    ln -s "$file" $half/$at.pgm
done <list
for method in pca kmeans ica; do
    ok learn seen -o faces-$method -r 49 --method $method
    ok transform faces-$method unseen -o held-out-$method
    few=$(flagged held-out-$method)
    checks=$((checks + 1))
    [ "$few" -le 4 ] || bad "$method: $few of 200 held-out faces lie far out"
    same "$(json held-out-$method/summary.json whole apart)" false "$method: held-out faces as a whole"
done
ok learn seen -o faces -r 36 --iterations 150 --restarts 1 --ink light # swimmers in dark ink are nearly blank
ok transform faces unseen -o held-out
ok transform faces "$assets/swimmer" -o strangers --fit stretch --residual
few=$(flagged held-out)
many=$(flagged strangers)
checks=$((checks + 2))
[ "$few" -le 4 ] || bad "$few of 200 held-out faces lie far out"
[ "$many" -gt 230 ] || bad "only $many of 256 swimmers lie far out"
same "$(json strangers/summary.json outliers)" "$many" 'outliers in summary.json'
same "$(json strangers/summary.json whole apart)" true 'strangers as a whole'
same "$(json held-out/summary.json whole apart)" false 'held-out faces as a whole'
there strangers/residual.png
# eight columns of 48x48, three times as large, beside their captions
same "$("$peek" png strangers/residual.png | cut -d x -f 1)" 1468 'width of residual.png'
run transform faces "$assets/swimmer" -o strangers --fit stretch --force
holds out "$many of 256 lie far out: relative error above"
holds out 'as a whole they are of another kind than the training images'
holds out 'and '
run transform faces "$assets/swimmer" -o strangers --fit stretch --force -v
same "$(grep -c '^  [0-9]' out)" "$many" 'outliers named with -v'
ok transform faces unseen -o t1 --threads 1
ok transform faces unseen -o t3 --threads 3
cmp -s t1/weights.npy t3/weights.npy || bad 'other weights with other threads'
absent wrong
no_leftovers
finish
