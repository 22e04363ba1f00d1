#!/bin/bash
# test_pack.sh - mien pack: one array in place of a folder, the same bytes, and what does not fit.
# SPDX-License-Identifier: MIT
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

quick=(-r 2 --iterations 3 --seed 1)

# result FOLDER: sums of all that does not hold a time or the command line
result() {
    (cd "$1" && find . -type f ! -name summary.json ! -name report.html ! -name history.csv \
        ! -name model.json ! -name .mien-files -print0 | sort -z | xargs -0 sha256sum)
}

# summary FOLDER: summary.json without times and names
summary() {
    grep -vE '"(command|input|seconds|files)":|seconds' "$1/summary.json"
}

# alike INPUT FILE OPTIONS...: both give the same, for every option that reads
alike() {
    local input=$1 file=$2
    shift 2
    rm -rf from packed
    run compare "$input" -o from "${quick[@]}" -q "$@"
    expect 0
    run compare "$file" -o packed "${quick[@]}" -q
    expect 0
    same "$(diff <(result packed) <(result from) | head -n 4)" '' "results of $file"
    same "$(diff <(summary packed) <(summary from) | head -n 4)" '' "summary of $file"
}

# ---- a folder with all that a folder can have
mkdir -p faces/deep
cp "$assets"/faces/face00[0-7].pgm faces
cp "$assets"/faces/face01[0-3].pgm faces/deep
cp "$assets"/faces/face020.pgm $'faces/a\ttab, "quotes"\\n.pgm'
cp "$assets"/faces/face021.pgm $'faces/line\nbreak.pgm'
cp "$assets"/faces/face022.pgm $'faces/not utf8 \xff.pgm'
cp "$assets"/faces/face023.pgm faces/oddly.named
head -c 300 "$assets"/faces/face030.pgm >faces/cut.pgm
echo words >faces/README
run pack faces -o faces.npy
expect 0 '16 images used, 1 refused, 1 other files skipped'
same "$(cat out)" faces.npy 'what pack prints'
same "$(find . -maxdepth 1 -name 'faces.npy*' | sort | tr '\n' ' ')" './faces.npy ./faces.npy.list ' 'files'
alike faces faces.npy
run inspect faces
sed 1d out >inspected
run inspect faces.npy
expect 0
same "$(sed 1d out)" "$(cat inspected)" 'inspect'
run inspect faces.npy --strict
expect 3 '1 images were refused and --strict was given'

# ---- how it was read is how it is read
for options in '--size 20x24 --fit stretch' '--ink light' '--normalize unit' '--color' '--ink light --normalize max'; do
    # shellcheck disable=SC2086 # words
    run pack faces -o faces.npy --force -q $options
    expect 0
    # shellcheck disable=SC2086
    alike faces faces.npy $options
done
run pack faces -o faces.npy --force -q --ink light
rm -rf from packed
run learn faces -o from "${quick[@]}" -q --ink dark --normalize unit
run learn faces.npy -o packed "${quick[@]}" -q --ink dark --normalize unit
same "$(diff <(result packed) <(result from) | head -n 4)" '' 'another ink and normalisation than in packing'

# ---- lists with labels, arrays, rows that are images, 16 bits and a maxval of their own
for k in 0 1 2 3 4 5; do echo "faces/face00$k.pgm;who $((k % 2))"; done >list.txt
run pack list.txt -o list.npy -q
expect 0
alike list.txt list.npy
there packed/nmf/clusters.csv
alike_array() {
    run pack "$1" -o array.npy --force -q "${@:2}"
    expect 0
    alike "$1" array.npy "${@:2}"
}
alike_array faces.npy
mkdir deep
for k in 1 2 3 4 5; do
    printf 'P2 2 3 %d\n%d 2 3 4 5 %d\n' $((400 + k)) "$k" $((390 + k)) >deep/$k.pgm
done
alike_array deep
alike_array deep --normalize unit --ink dark
for k in 1 2 3 4 5; do echo "$k,2.5,3,$((k * k)),5,6,who$((k % 2))"; done >rows.csv
alike_array rows.csv --shape 2x3 --label 7

# ---- transform: new images as one array
run learn faces -o model "${quick[@]}" -q
run pack faces -o faces.npy --force -q
run transform model faces -o from --force -q
run transform model faces.npy -o packed --force -q
expect 0
same "$(diff <(result packed) <(result from) | head -n 4)" '' 'transform'

# ---- what is refused: words, status, words on stderr
refused() {
    local expected=$1 words=$2
    shift 2
    run "$@"
    expect "$expected" "$words"
}
refused 2 '--size is not what its images of 48x48 were packed with' inspect faces.npy --size 9x9
refused 2 '--fit is not what' inspect faces.npy --fit crop
refused 2 '--color is not what' inspect faces.npy --color
refused 2 '--label' inspect faces.npy --label 2
run inspect faces.npy --size 48x48
expect 0
refused 2 'faces.npy is there already (--force replaces what mien packed)' pack faces -o faces.npy
refused 2 'ends in .npy' pack faces -o faces.bin
ln faces.npy hard.npy
ln -s faces.npy soft.npy
cp faces.npy before
for input in faces.npy ./faces.npy "$PWD/faces.npy" soft.npy hard.npy; do
    refused 2 'faces.npy is INPUT itself; give -o another name' pack "$input" -o faces.npy --force
done
cmp -s before faces.npy || bad 'INPUT was replaced'
rm before hard.npy soft.npy
printf '1,2\n3,4\n5,7\n' >table.csv
refused 2 'a table is not packed' pack table.csv -o table.npy
absent table.npy*
refused 1 'nowhere/faces.npy cannot be made: the folder it should be in does not exist' pack faces -o nowhere/faces.npy
refused 1 'nowhere/faces.npy cannot be made' pack there/is/none -o nowhere/faces.npy # before INPUT is read
echo mine >new.npy.list
refused 2 'new.npy.list stands where the list goes, was not written by mien pack' pack faces -o new.npy --force
same "$(cat new.npy.list)" mine 'a list of the user'
run pack faces.npy -o again.npy
expect 0
same "$(head -n 6 again.npy.list)" "$(head -n 6 faces.npy.list)" 'packed again: what was asked for'
run inspect again.npy
lacks err nan
echo mine >own.npy
refused 2 'was not written by mien pack and is not replaced' pack faces -o own.npy --force
same "$(cat own.npy)" mine 'a file of the user'
# an array of the user beside a list that was mien's: of other words, sizes, and of the same with another value
cp faces.npy.list own.npy.list
refused 2 'own.npy was not written by mien pack and is not replaced' pack faces -o own.npy --force
same "$(cat own.npy)" mine 'a file of the user beside a list'
"$peek" make own.npy 16 2304
cp own.npy before
refused 2 'own.npy was not written by mien pack and is not replaced' pack faces -o own.npy --force
cmp -s before own.npy || bad 'an array of the user was replaced'
cp faces.npy own.npy
printf x | dd of=own.npy bs=1 seek=900 conv=notrunc status=none
cp own.npy before
refused 2 'own.npy was not written by mien pack and is not replaced' pack faces -o own.npy --force
cmp -s before own.npy || bad 'an array of the user was replaced'
rm own.npy.list before
ln -s faces.npy link.npy
refused 2 'not a regular file' pack faces -o link.npy --force

# damaged: FILE changed by a command, and what is said
damaged() {
    cp faces.npy damaged.npy
    cp faces.npy.list damaged.npy.list
    eval "$1"
    refused 3 "$2" inspect damaged.npy
}
damaged 'printf x | dd of=damaged.npy bs=1 seek=900 conv=notrunc status=none' 'its values are not those'
damaged 'truncate -s -1 damaged.npy' 'truncated'
damaged 'echo >>damaged.npy' 'too many'
damaged 'printf x | dd of=damaged.npy bs=1 conv=notrunc status=none' 'not an .npy array'
damaged 'truncate -s -3 damaged.npy.list' 'is not what mien pack writes'
damaged 'echo more >>damaged.npy.list' 'is not what mien pack writes'
damaged 'sed -i "s/^images 16/images 15/" damaged.npy.list' 'line 23 is not'
damaged 'sed -i "s/^mien pack 1/mien pack 2/" damaged.npy.list' 'line 1 is not'
damaged 'sed -i "s/^refused 1/refused 99999999999/" damaged.npy.list' 'is not what mien pack writes'
damaged 'sed -i "s/^array uint8/array uint16/" damaged.npy.list' 'line 2 is not'
damaged 'sed -i "s/^white .*/white nan/" damaged.npy.list' 'line 4 is not'
damaged 'sed -i "s/^white 255/white 128/" damaged.npy.list' 'damaged.npy.list was changed since mien pack wrote it'
damaged 'sed -i "s/face000/face999/" damaged.npy.list' 'damaged.npy.list was changed since mien pack wrote it'
damaged 'sed -i "\$ s/.*/list 00000000/" damaged.npy.list' 'damaged.npy.list was changed since mien pack wrote it'
damaged 'sed -i "\$ d" damaged.npy.list' 'is not what mien pack writes'
rm damaged.npy.list
run inspect damaged.npy
expect 0 # an array without names

# stopped between the two names: the list of one with the array of the other is refused, or is right
run pack faces -o one.npy -q
for options in '--size 20x24 --fit stretch' '--ink light' '--normalize unit'; do
    # shellcheck disable=SC2086 # words
    run pack faces -o two.npy --force -q $options
    cp one.npy half.npy
    cp two.npy.list half.npy.list
    run inspect half.npy
    if cmp -s one.npy two.npy; then # other words of the same values: it is the new one
        expect 0
        cp out half.out
        run inspect two.npy
        same "$(sed 1d out)" "$(sed 1d half.out)" 'the same array under a new list'
    else
        expect 3 'half.npy'
    fi
done
cp one.npy.list half.npy.list
"$peek" make half.npy 16 2304
refused 3 'half.npy' inspect half.npy

# a signal, at whatever moment: the status says so, or the file is whole; nothing else is left
for ((k = 1; k < 12; k++)); do
    rm -rf stopped.npy*
    quiet=()
    [ $((k % 2)) -eq 0 ] || quiet=(-q)
    timeout --preserve-status -s TERM "0.0$k" "$mien" pack faces -o stopped.npy "${quiet[@]}" >out 2>err </dev/null
    status=$?
    checks=$((checks + 1))
    case $status in
    0) same "$(echo stopped.npy*)" 'stopped.npy stopped.npy.list' 'what is whole' ;;
    130 | 143) same "$(echo stopped.npy*)" 'stopped.npy*' 'what a signal leaves' ;; # 143: before main
    *) bad "status $status after a signal" ;;
    esac
done

# what a killed run left where files have names goes; what is none of its kind stays
touch faces.npy.tmp-1-1 faces.npy.tmp-mine
run pack list.txt -o faces.npy --force -q
expect 0
absent faces.npy.tmp-1-1
same "$(echo faces.npy*)" 'faces.npy faces.npy.list faces.npy.tmp-mine' 'what stays'
rm faces.npy.tmp-mine
run pack faces -o faces.npy --force -q

# a full disk leaves nothing, and what was there stays
if [ -w /dev/full ] && (ulimit -f 1 && true) 2>/dev/null; then
    cp faces.npy before
    (
        ulimit -f 8
        exec "$mien" pack faces -o faces.npy --force -q
    ) >out 2>err </dev/null
    status=$?
    expect 1 'faces.npy cannot be made: File too large; give another -o'
    cmp -s before faces.npy || bad 'the earlier array is gone'
    same "$(echo faces.npy*)" 'faces.npy faces.npy.list' 'what a full disk leaves'
fi
if [ "$(id -u)" -ne 0 ]; then
    mkdir locked
    chmod a-w locked
    refused 1 'locked/faces.npy cannot be made: Permission denied' pack there/is/none -o locked/faces.npy
    cp faces.npy.list unreadable.npy.list
    cp faces.npy unreadable.npy
    chmod a-r unreadable.npy
    refused 3 'Permission denied' inspect unreadable.npy
fi
finish
