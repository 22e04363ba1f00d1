#!/bin/bash
# test_input.sh - what is read, what is refused and why: folders, sizes, arrays, tables, inspect.
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2086 # names of methods are single words
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

quick=(-r 2 --iterations 2)

# ---- a folder as people have them
folder in 5 6 4
pgm in/wide.pgm 9 4 1
head -c 30 in/1.pgm >in/cut.pgm
echo 'read me' >in/README
echo 'a,b' >in/.hidden
mkfifo in/pipe
ln -s "$PWD/in" in/loop
ln -s nowhere in/dangling
run learn in -o o1 "${quick[@]}"
expect 0 'mien: wide.pgm: 9x4, expected 6x4 (use --size or --fit)'
holds err 'mien: cut.pgm: truncated'
holds err 'mien: 5 images used, 3 refused, 3 other files skipped'
checks=$((checks + 1))
grep -qv '^mien: ' err && bad 'a message without the prefix'
same "$(json o1/summary.json N)" 5 'images used'
same "$(json o1/summary.json rejected)" 3 'rejected images'
for i in 0 1 2; do
    json o1/summary.json rejected $i path
    json o1/summary.json rejected $i reason
done >list
holds list wide.pgm
holds list '9x4, expected 6x4'
holds list cut.pgm
holds list truncated
holds list dangling
same "$(json o1/summary.json skipped)" 3 'skipped: README, .hidden and the pipe'

# quiet: not a word, and the same result
run learn in -o o2 "${quick[@]}" -q
expect 0
same "$(cat err)" '' 'stderr with -q'
cmp -s o1/nmf/basis.npy o2/nmf/basis.npy || bad '-q changes the result'

run learn in -o o3 "${quick[@]}" --strict
expect 3 '3 images were refused and --strict was given'
absent o3
run inspect in --strict
expect 3 '--strict'
ok inspect in
for words in '5 images of 6x4' 'refused       3' 'wide.pgm: 9x4, expected 6x4' '1 of 9x4' 'lee-seung'; do
    holds out "$words"
done
ok inspect in --json
mv out inspect.json
same "$(json inspect.json N) $(json inspect.json p)" '5 24' 'N and p of inspect'
same "$(json inspect.json rejected)" 3 'rejected of inspect'
same "$(json inspect.json formats PGM)" 7 'formats of inspect'
same "$(json inspect.json fingerprint)" "$(json o1/summary.json data fingerprint)" 'fingerprints'

# many refused: three are named, -v names all
folder many 4 5 5
for i in 1 2 3 4 5; do
    pgm many/odd$i.pgm 3 $i $i
done
run learn many -o o4 "${quick[@]}"
expect 0 '-v names them all'
same "$(grep -c 'odd' err)" 3 'refused images named'
run learn many -o o5 "${quick[@]}" -v
same "$(grep -c 'odd' err)" 5 'refused images named with -v'

# ---- names do not decide: odd ones are used, and told; images of other kinds are named
folder names 3 4 4
mv names/1.pgm names/1.pgm.bad
mv names/2.pgm names/subject.info
printf 'targa?' >names/x.tga
printf 'packed' >names/x.pgm.gz
printf 'packed' >names/x.tar.gz
printf 'Pf 2 2 -1.0\n' >names/float
run learn names -o odd1 "${quick[@]}"
expect 0 '2 of the images are not named like one and are used (1.pgm.bad)'
same "$(json odd1/summary.json N)" 3 'images with odd names'
holds err 'x.tga: a TGA image, which mien does not read (convert it to PNG)'
holds err 'x.pgm.gz: packed by gzip, which mien does not unpack (gunzip it)'
holds err 'float: a PFM image, which mien does not read (convert it to PNG)'
holds err '3 images used, 3 refused, 1 other files skipped'
mkdir alike
printf 'P2 2 1 100\n0 100' | tee alike/1.pgm >alike/2.pgm
run learn alike -o odd2 --method kmeans -r 1 --normalize none
expect 0 'warning: all 2 images are equal: one component explains them'
ok inspect alike --normalize none
holds out 'values 0 to 100'

# ---- sizes
ok learn many -o s1 "${quick[@]}" --fit stretch
same "$(json s1/summary.json N)" 9 'images with --fit stretch'
same "$(cut -d , -f 3,4 s1/images.csv | sort -u | wc -l)" 7 'sizes as stored in images.csv'
for fit in crop stretch pad; do
    ok inspect many --size 7x3 --fit $fit --json
    mv out sized.json
    same "$(json sized.json width)x$(json sized.json height) $(json sized.json N)" '7x3 9' "--fit $fit"
done
run learn many -o s2 "${quick[@]}" --size 7x3
expect 3 '7x3'
absent s2

# ---- nothing usable: status 3, with the reasons, and nothing written
mkdir none one
echo text >none/a.txt
run learn none -o n1 "${quick[@]}"
expect 3 'none'
pgm one/1.pgm 4 4 1
printf 'P5 4 4 255\nshort' >one/2.pgm
run learn one -o n2 "${quick[@]}"
expect 3 '2.pgm: truncated'
run inspect nowhere
expect 3 'nowhere: there is no such file or folder'
run compare nowhere -o n3
expect 3 'nowhere'
run learn in/README -o n4 "${quick[@]}"
expect 3 'README'
run learn /dev/zero -o n5 "${quick[@]}"
expect 3 '/dev/zero'
run learn in/pipe -o n6 "${quick[@]}" # and it must not wait for a writer
expect 3 'pipe'
absent n1 n2 n3 n4 n5 n6
if [ "$(id -u)" -ne 0 ]; then
    chmod 000 many
    run inspect many
    expect 3 'Permission denied'
    chmod 755 many
fi

# ---- constant and duplicate images are found, and do no harm
folder twins 3 4 4
cp twins/1.pgm twins/copy.pgm
printf 'P5 4 4 255\n%s' 7777777777777777 >twins/flat.pgm
ok inspect twins
holds out '1.pgm = copy.pgm'
holds out 'flat.pgm'
ok inspect twins --json
mv out twins.json
same "$(json twins.json constant 0 path)" flat.pgm 'the constant image'
same "$(json twins.json duplicates 0 1 path)" copy.pgm 'the duplicate'
ok compare twins -o t1 -r 3 --iterations 20
for method in "${methods[@]}"; do
    "$peek" npy t1/$method/basis.npy >/dev/null || bad "$method on twins"
done

# ---- arrays and tables
"$peek" make data.npy 12 10
ok learn data.npy -o a1 -r 3 --iterations 5
same "$("$peek" npy a1/nmf/basis.npy | cut -d ' ' -f 2)" 3x1x10 'basis of an array'
same "$(json a1/summary.json data normalize)" none 'normalisation of an array'
"$peek" make negative.npy 12 10 7 3 -0.5
run learn negative.npy -o a2 -r 3
expect 3 'negative.npy: row 8, column 4: -0.5 is negative; NMF assumes that no number is'
"$peek" make nan.npy 12 10 11 9 nan
run compare nan.npy -o a3 -r 3
expect 3 'row 12, column 10 is NaN'
head -c 300 data.npy >cut.npy
run learn cut.npy -o a4 -r 3
expect 3 'cut.npy'
absent a2 a3 a4

# ---- results that stand among the images are no images
folder album 5 6 4
ok learn album -o album/out -r 2 --iterations 3
mkdir album/deep
ok compare album -o album/deep/second -r 2 --iterations 3 --methods nmf,pca --force -q
run learn album -o after -r 2 --iterations 3
expect 0 'mien: deep/second and 1 more folders hold results of mien and are left out'
same "$(json after/summary.json N) $(json after/summary.json rejected)" '5 0' 'images beside results'
cmp -s after/nmf/basis.npy album/out/nmf/basis.npy || bad 'a result among the images changes the next'
rm -r album/deep
run learn album -o after -r 2 --iterations 3 --force
expect 0 'mien: out holds a result of mien and is left out'
ok learn album -o after -r 2 --iterations 3 --force -q
ok inspect album
holds out 'left out      1 folders of results of mien, out the first'
mkdir -p model
cp album/out/nmf/basis.png album/1.pgm album/2.pgm album/3.pgm album/4.pgm model
mv model album/people # no result, whatever it is called
echo '{"version": "2.0", "command": "another program"}' >album/people/summary.json
run learn album -o after -r 2 --iterations 3 --force
same "$(json after/summary.json N)" 9 'images beside the summary of another program'

# ---- names that a terminal would obey are shown, not sent
folder odd 4 6 4
pgm odd/"$(printf 'red\033[31m\nmien: ok')".pgm 9 4 1
pgm odd/"$(printf 'c1\302\233 u\303\244 raw\233')".pgm 9 4 1
run learn odd -o odd-out -r 2 --iterations 2
expect 0 'mien: red\x1b[31m\x0amien: ok.pgm: 9x4'
holds err "$(printf 'mien: c1\\xc2\\x9b u\303\244 raw\\x9b.pgm: 9x4')"
ok inspect odd
holds out 'red\x1b[31m'
checks=$((checks + 1))
grep -q "$(printf '\033')" out err && bad 'an escape character reaches the terminal'

printf 'name,left,right,size\nana,1,2,3\nben,0,1.5,1e1\ncem,4,0,2\ndan,1,1,1\n' >table.csv
ok compare table.csv -o c1 -q -r 2 --iterations 5
same "$(json c1/summary.json N) $(json c1/summary.json p)" '4 3' 'size of a table'
same "$(cut -d , -f 2 c1/images.csv | tr '\n' ' ')" 'id ana ben cem dan ' 'row names'
same "$(tr '\n' ' ' <c1/columns.csv)" 'index,name 1,left 2,right 3,size ' 'column names'
same "$(json c1/nmf/model.json columns)" 3 'column names in model.json'
same "$(page c1/report.html data columns 2)" size 'column names on the page'
# new rows by name: other names are refused, a table without names is taken as it is
printf 'name,left,right,weight\neve,1,2,3\n' >renamed.csv
run transform c1/nmf renamed.csv -o c1-new
expect 3 "renamed.csv: 1 of 3 columns have another name than the model's, first column 3: 'weight', and the model's is 'size'"
absent c1-new
printf 'who,left,right,size\neve,1,2,3\n' >eve.csv
ok transform c1/nmf eve.csv -o c1-eve
printf '1,2,3\n' >bare.csv
ok transform c1/nmf bare.csv -o c1-bare
cmp -s c1-eve/weights.npy c1-bare/weights.npy || bad 'names of columns change the weights'
printf '1,2,3\n0,4,5\n4,0,2\n' >unnamed.csv
ok learn unnamed.csv -o c4 -r 2 --iterations 5
absent c4/columns.csv
same "$(page c4/report.html data columns)" null 'a table without names, on the page'
printf '1,2,3\n4,-5,6\n7,8,9\n' >negative.csv
run learn negative.csv -o c2 -r 2
expect 3 'negative.csv'
holds err '-5'
grep -qE 'row (1|2)|line 2' err || bad 'the row of the negative entry is not named'
grep -qE 'column (1|2)' err || bad 'the column of the negative entry is not named'
printf '1,2,3\n4,5\n7,8,9\n' >ragged.csv
run learn ragged.csv -o c3 -r 2
expect 3 'ragged.csv'
absent c2 c3

no_leftovers
finish
