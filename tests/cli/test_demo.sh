#!/bin/bash
# test_demo.sh - mien demo finds its images where it is installed, in the build tree, and after the
# installed folder has been moved; and it learns what it says.
# SPDX-License-Identifier: MIT
#
#   test_demo.sh MIEN PEEK SOURCE_ROOT MIEN_IN_BUILD_TREE
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
built=$4

ok demo faces -o faces -r 9 --iterations 4
holds out 'NMF  may only add'
holds out 'faces/report.html'
there faces/figure.png faces/report.html
same "$(json faces/summary.json N) $(json faces/summary.json p)" '400 2304' 'size of the faces'
same "$(json faces/summary.json data normalize)" lee-seung 'normalisation of the faces'
same "$(sed -n "$(json faces/summary.json example)s/^[0-9]*,\([^,]*\).*/\1/p" <(tail -n +2 faces/images.csv))" \
    face222.pgm 'example of the faces'

# what was found of what was drawn, in the table, the summary and on the page
holds out 'dark glasses               84'
holds out 'luck'
same "$(json faces/summary.json truth source) $(json faces/summary.json truth groups)" \
    'faces.csv 25' 'truth of the faces'
same "$(json faces/summary.json truth groups 0 name) $(json faces/summary.json truth groups 0 count)" \
    'dark glasses 84' 'the first group'
same "$(json faces/summary.json truth groups 0 methods)" "${#methods[@]}" 'methods against the truth'
same "$(page faces/report.html truth sentence)" "$(json faces/summary.json truth sentence)" 'truth on the page'
same "$(page faces/report.html truth groups 0 name)" 'dark glasses' 'a group on the page'
ok demo faces -o parts --methods nmf
json parts/summary.json truth groups 0 methods nmf auc | awk '{ exit !($1 > 0.9) }' ||
    bad 'no part is the dark glasses'
k=$(json parts/summary.json truth groups 0 methods nmf component)
holds out "part $k is the dark glasses (AUC "
case $(json parts/summary.json truth sentence) in
"NMF: part $k is the dark glasses (AUC "*) checks=$((checks + 1)) ;;
*) bad 'the sentence of summary.json' ;;
esac

# a comparison of the same images by hand knows nothing of them
ok compare "$assets/faces" -o by-hand --methods pca -r 4
same "$("$peek" json by-hand/summary.json truth 2>/dev/null || echo none)" none 'truth without a demo'
case $(json faces/summary.json input) in
*/share/mien/faces) checks=$((checks + 1)) ;;
*) bad "the installed program reads $(json faces/summary.json input)" ;;
esac

# the swimmer's limbs: r = 17 and all of its parts without being told
ok demo swimmer -o swimmer
same "$(json swimmer/summary.json N) $(json swimmer/summary.json p) $(json swimmer/summary.json r)" \
    '256 1024 17' 'size of the swimmers'
json swimmer/summary.json methods nmf relative_error | awk '{ exit !($1 < 0.02) }' ||
    bad "NMF does not find the swimmer's parts"
holds out 'for the 16 limbs, one to a basis image'
holds out 'NMF found 16 of 16 limbs'
same "$(json swimmer/summary.json truth methods nmf limbs_found) $(
    json swimmer/summary.json truth methods kmeans limbs_found) $(
    json swimmer/summary.json truth methods pca limbs_found)" '16 0 0' 'limbs that methods find'
same "$(page swimmer/report.html truth methods nmf limbs_found)" 16 'limbs on the page'
# an example on no axis of PCA: more than four of its weights are not zero
example=$(json swimmer/summary.json example)
tail -c $(((256 - example + 1) * 17 * 4)) swimmer/pca/weights.npy | od -An -v -tf4 -N $((17 * 4)) |
    awk '{ for (k = 1; k <= NF; k++) n += $k * $k > 1e-4 } END { exit !(n > 4) }' ||
    bad "PCA's weights of the swimmer's example"

# Fashion-MNIST of another package, where it is; and without
mkdir empty
XDG_DATA_DIRS=$work/empty run demo fashion -o fashion
expect 1 'apt-get install dataset-fashion-mnist'
absent fashion
if [ -e /usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz ]; then
    ok demo fashion -o fashion --methods nmf,pca --iterations 5
    same "$(json fashion/summary.json N) $(json fashion/summary.json p) $(
        json fashion/summary.json r) $(json fashion/summary.json ink)" '10000 784 25 light' garments
    same "$(json fashion/summary.json data normalize)" unit 'normalisation of the garments'
    same "$(json fashion/summary.json methods nmf n_labels)" 10 'kinds of garments'
    holds out 'NMF: dominant components by label; 10 labels, adjusted Rand index 0.'
    holds out ' T-shirt'
    holds out 'sleeves, soles'
else
    echo 'test_demo.sh: SKIPPED Fashion-MNIST: dataset-fashion-mnist is not installed'
fi

# without -o and without a name
ok demo --iterations 1 --methods pca -q
there mien-demo-faces/summary.json
lacks out 'NMF  may only add'
run demo --iterations 1
expect 2 'mien-demo-faces exists already'

# the program of the build tree reads assets/, the same bytes
"$built" demo faces -o built -r 9 --iterations 4 >out 2>err </dev/null
same $? 0 'status in the build tree'
same "$(json built/summary.json input)" "$assets/faces" 'images of the build tree'
same "$(json built/summary.json data fingerprint)" "$(json faces/summary.json data fingerprint)" images
cmp -s built/nmf/basis.npy faces/nmf/basis.npy || bad 'another result in the build tree'

# moved as a whole, called through a link; alone it says what it misses
stage=${mien%/*/*}
cp -R "$stage" moved
mkdir bin
ln -s ../moved/bin/mien bin/mien
bin/mien demo swimmer -o via-link --iterations 2 >out 2>err </dev/null
same $? 0 'status through a link'
same "$(json via-link/summary.json input)" "$PWD/moved/share/mien/swimmer" 'images through a link'
rm moved/share/mien/swimmer_parts.npy
bin/mien demo swimmer -o poorer --iterations 2 >out 2>err </dev/null
status=$?
expect 0 'what was found is not told'
rm -r moved/share
bin/mien demo swimmer -o lost >out 2>err </dev/null
status=$?
expect 1 'the images of the demo are not found'
absent lost

finish
