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
rm -r moved/share
bin/mien demo swimmer -o lost >out 2>err </dev/null
status=$?
expect 1 'the images of the demo are not found'
absent lost

finish
