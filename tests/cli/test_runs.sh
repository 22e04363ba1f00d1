#!/bin/bash
# test_runs.sh - what a run promises: the same bytes for the same seed, starts from files, the chosen
# example, methods that refuse while others go on, and drawing again.
# SPDX-License-Identifier: MIT
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

folder in 9 10 8

# bytes_of OUT: checksums of all basis.npy and weights.npy
bytes_of() {
    (cd "$1" && cksum ./*/basis.npy ./*/weights.npy)
}

# ---- the same seed, the same bytes, at any number of threads; another seed, other bytes
ok compare in -o one -r 4 --iterations 15 --seed 11 --threads 1 --restarts 2
ok compare in -o two -r 4 --iterations 15 --seed 11 --threads 2 --restarts 2
ok compare in -o three -r 4 --iterations 15 --seed 11 --threads 3 --restarts 2
ok compare in -o again -r 4 --iterations 15 --seed 11 --threads 2 --restarts 2
same "$(bytes_of two)" "$(bytes_of one)" 'two threads instead of one'
same "$(bytes_of three)" "$(bytes_of one)" 'three threads instead of one'
same "$(bytes_of again)" "$(bytes_of two)" 'the same command twice'
for method in nmf ica; do # few iterations: converged, ICA is the same from everywhere
    for seed in 1 2; do
        ok learn in -o seed-$method-$seed --method $method -r 4 --iterations 1 --seed $seed
    done
    checks=$((checks + 1))
    cmp -s seed-$method-1/$method/basis.npy seed-$method-2/$method/basis.npy &&
        bad "$method: the seed makes no difference"
done
for solver in fast mu hals; do
    objective=frobenius
    [ $solver = mu ] && objective=kl
    ok learn in -o $solver-1 -r 4 --iterations 9 --solver $solver --objective $objective --threads 1
    ok learn in -o $solver-2 -r 4 --iterations 9 --solver $solver --objective $objective --threads 2
    same "$(bytes_of $solver-2)" "$(bytes_of $solver-1)" "threads, --solver $solver"
    same "$(json $solver-1/summary.json options solver)" $solver 'solver in summary.json'
done

# ---- restarts keep the best
loss() {
    json "$1/summary.json" methods "$2" loss
}
for method in nmf kmeans; do
    for seed in 0 1 2 3; do
        ok learn in -o r-$method-$seed --method $method -r 4 --iterations 10 --seed $seed --restarts 1
    done
    ok learn in -o r-$method-all --method $method -r 4 --iterations 10 --seed 0 --restarts 4
    best=$(for seed in 0 1 2 3; do loss r-$method-$seed $method; done | sort -g | head -n 1)
    same "$(loss r-$method-all $method)" "$best" "$method: --restarts 4"
done

# ---- to go on from an earlier result: the loss falls below where that ended
ok learn in -o start -r 4 --iterations 5 --solver mu --seed 2 --restarts 1
ok learn in -o went-on --init-from start/nmf --iterations 5 --solver mu
ok learn in -o straight -r 4 --iterations 10 --solver mu --seed 2 --restarts 1
same "$(json went-on/summary.json r)" 4 'r is taken from the start'
awk -v a="$(loss start nmf)" -v b="$(loss went-on nmf)" -v c="$(loss straight nmf)" \
    'BEGIN { exit !(b < a && (b - c) / c < 1e-4 && (c - b) / c < 1e-4) }' ||
    bad "5 + 5 iterations: $(loss start nmf), $(loss went-on nmf); 10: $(loss straight nmf)"
run learn in -o bad1 --init-from start -r 4
expect 3 'start/weights.npy'
run learn in -o bad2 --init-from start/nmf -r 5
expect 2 '--init-from start/nmf has 4 components, -r says 5'
folder fewer 5 10 8
run learn fewer -o bad3 --init-from start/nmf
expect 3 'weights.npy is 9 x 4'
absent bad1 bad2 bad3

# ---- the example: by index, by name, by the end of a path
mkdir -p deep/s1 deep/s2
cp in/1.pgm in/2.pgm deep/s1
cp in/2.pgm deep/s2/1.pgm
cp in/3.pgm deep/s2/3.pgm
for pair in 2=2 s2/1.pgm=3 deep/s2/3.pgm=4 3.pgm=4; do
    ok compare deep -o ex -r 2 --iterations 3 --example "${pair%=*}" --force
    same "$(json ex/summary.json example)" "${pair#*=}" "--example ${pair%=*}"
done
ok compare deep -o ex0 -r 2 --iterations 3
same "$(json ex0/summary.json example)" 1 'the example without --example'
checks=$((checks + 1))
cmp -s ex/figure.png ex0/figure.png && bad '--example does not change the figure'

# ---- a method that cannot do it is named, the others run, and the status tells
run compare in -o some -r 12 --iterations 4
expect 0 '12 components are too many for VQ (at most 9), PCA (at most 9), ICA (at most 9)'
same "$(grep -c 'components' err)" 1 'lines about r'
same "$(json some/summary.json methods)" 1 'methods that ran with r > N' # NMF alone can
json some/summary.json failed pca >reason || bad 'pca is not among the failed'
holds reason 'min(N, p) = 9'
for method in kmeans ica; do
    checks=$((checks + 1))
    json some/summary.json failed $method >reason || bad "$method is not among the failed"
done
absent some/pca some/ica some/kmeans
there some/figure.png some/report.html some/nmf/basis.npy
same "$(page some/report.html failures)" 3 'failures on the page'
run compare in -o none --methods pca,ica -r 12
expect 2 'has at most min(N, p) = 9'
run compare in -o some -r 12 --iterations 4 --strict --force
expect 3 '12 components are too many'
there some/nmf/basis.npy
absent none
ok compare in -o order --methods pca,nmf -r 2 --iterations 2
same "$(sed -n '1,3s/^\([a-z]*\) .*/\1/p' out | tr '\n' ' ')" 'method nmf pca ' 'order of the table'

# ---- PCA without centring has no mean image, with it has one
ok learn in -o centred --method pca -r 3
ok learn in -o plain --method pca -r 3 --no-center
ok learn in -o plain2 --method pca -r 3 --center no
there centred/pca/mean.npy
absent plain/pca/mean.npy
cmp -s plain/pca/basis.npy plain2/pca/basis.npy || bad '--no-center is not --center no'
checks=$((checks + 1))
cmp -s plain/pca/basis.npy centred/pca/basis.npy && bad '--no-center makes no difference'

# ---- drawing again: the same choices give the same pictures, others give others
ok render one -o drawn
same "$(cd drawn && cksum figure.png ./*/*.png)" "$(cd one && cksum figure.png ./*/*.png)" 'pictures drawn again'
ok render one/nmf -o drawn-nmf
for picture in basis weights reconstruction; do
    cmp -s drawn-nmf/$picture.png one/nmf/$picture.png || bad "render one/nmf: another $picture.png"
done
for choice in '--palette diverging' '--palette gray' '--gap 9' '--zoom 3' '--tile 1x4' '--scale common'; do
    # shellcheck disable=SC2086
    ok render one -o drawn $choice --force
    same "$("$peek" png drawn/figure.png | cut -d x -f 1)" 1600 "width of the figure with $choice"
    checks=$((checks + 1))
    cmp -s drawn/pca/basis.png one/pca/basis.png && bad "$choice changes nothing"
done
ok render one -o drawn --tile 4x1 --gap 2 --zoom 3 --force
size=$("$peek" png drawn/nmf/basis.png)
# four tiles of 10 x 8, three times as large, gaps between and around them
awk -F x -v size="$size" 'BEGIN { split(size, s, "x"); exit !(s[1] >= 120 + 3 * 2 && s[1] <= 120 + 5 * 2 && s[2] >= 24 && s[2] <= 24 + 4) }' ||
    bad "--tile 4x1 --gap 2 --zoom 3 of 10x8: $size"
ok render one -o drawn --example 5.pgm --force
checks=$((checks + 1))
cmp -s drawn/nmf/weights.png one/nmf/weights.png && bad 'render --example changes nothing'
# ---- also of images that were brought to another size: all pictures, the example's and the exemplars'
folder sizes 24 9 7
for i in 25 26 27 28 29 30 31 32 33 34 35 36; do
    pgm sizes/$i.pgm 12 10 $i
done
for how in '--size 6x5 --fit crop' '--size 8x8 --fit stretch' '--fit pad' '--size 12x10'; do
    for example in 1 6; do # the second is none of those that the first model holds
        # shellcheck disable=SC2086
        run learn sizes -o sized-$example -r 2 --iterations 3 --example $example $how --force
        expect 0
    done
    ok render sized-1/nmf -o drawn --example 6 --force
    for picture in weights reconstruction exemplars; do
        checks=$((checks + 1))
        cmp -s drawn/$picture.png sized-6/nmf/$picture.png || bad "$how: another $picture.png"
    done
    sed -i '/"fit_mode"/d' sized-1/nmf/model.json # as before this was kept: readable
    ok render sized-1/nmf -o drawn --example 6 --force
done
run render one -o wrong --example 99
expect 2 'the model has images 1 to 9'
run render one -o wrong --example nobody.pgm
expect 2 'not in images.csv'
run render in -o wrong
expect 3 'in holds no model'
run render nowhere -o wrong
expect 3 'nowhere'
run render one -o wrong --tile 1x1
expect 2 'a grid of 1x1 has 1 places, but there are 4 components'
cp -R one broken
head -c 100 one/nmf/basis.npy >broken/nmf/basis.npy
run render broken -o wrong --force
expect 3 'broken/nmf/basis.npy'
echo '{' >broken/nmf/model.json
run inspect broken/nmf
expect 3 'broken/nmf/model.json'
no_leftovers

# ---- what a model holds
ok inspect one/nmf
for words in 'Non-negative matrix factorization (nmf)' '4 images of 10x8' '9 images' 'KL divergence'; do
    holds out "$words"
done
ok inspect one
for method in "${methods[@]}"; do
    holds out "one/$method"
done
ok inspect one/pca --json
mv out model.json
same "$(json model.json method)" pca 'inspect --json of a model'
ok inspect one --json
mv out models.json
same "$(json models.json)" "${#methods[@]}" 'inspect --json of a comparison'
same "$(json models.json ica method)" ica 'inspect --json of a comparison'

finish
