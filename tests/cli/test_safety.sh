#!/bin/bash
# test_safety.sh - nothing is lost: what --force may replace, drawing in place, runs that were
# interrupted or killed or found no room, and files that come from others.
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2086 # names of methods are single words
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

folder in 6 8 7
forever=(--iterations 2000000000 --tolerance 0 --solver mu)

# sums FOLDER: names and contents of all files below
sums() {
    find "$1" -type f -exec cksum {} + | sort -k 3
}

# untouched STATUS WORDS FOLDER MIEN-WORDS...: refused, and nothing below the folder is another
untouched() {
    local status_wanted=$1 words=$2 place=$3 before
    before=$(sums "$place")
    run "${@:4}"
    expect "$status_wanted" "$words"
    same "$(sums "$place")" "$before" "what is in $place after mien ${*:4}"
}

# ---- what is to be read never lies in what is replaced: every command
ok compare in -o D -r 2 --iterations 2
ok learn in -o one -r 2 --iterations 2
cp -r in D/photos
ln -s D/photos link
ln -s D alias
for input in D/photos D/photos/ ./D/../D/photos link alias/photos D; do
    for command in compare learn stability 'rank --ranks 1:2'; do
        # shellcheck disable=SC2086 # words
        untouched 2 'which is to be written; choose another -o' D $command "$input" -o D --force
    done
    untouched 2 "INPUT $input lies in D" D transform one/nmf "$input" -o D --force
    untouched 2 "--from $input lies in D" D demo cone --from "$input" -o D --force
    untouched 2 "INPUT $input lies in alias" D learn "$input" -o alias --force
done
rm -r D/photos
"$peek" make D/mine.npy 6 5
untouched 2 'INPUT D/mine.npy lies in D' D learn D/mine.npy -r 2 -o D --force
rm D/mine.npy
untouched 2 'MODEL D/nmf lies in D' D transform D/nmf in -o D --force
untouched 2 'MODEL alias/nmf lies in D' D transform alias/nmf in -o D --force
untouched 2 '--init-from D/nmf lies in D' D learn in -o D --init-from D/nmf --force
untouched 2 '--init-from D/nmf lies in D' D demo swimmer -o D --init-from D/nmf --force
for force in '' --force; do
    # shellcheck disable=SC2086 # none or one word
    untouched 2 'choose another -o, or none: then it is drawn in place' D render D -o D $force
    # shellcheck disable=SC2086
    untouched 2 'or none: then it is drawn in place' D render D/nmf -o D $force
done
# an image that lies there goes by another name
mkdir links && cp in/1.pgm in/2.pgm links/
ln -s ../D/nmf/basis.png links/3.png
untouched 2 '3.png is an image of INPUT and lies in D' D learn links -o D --force --size 8x7 --fit stretch
rm links/3.png

# ---- and nothing is replaced that is not on the result's list
for foreign in notes.txt photos/me.jpg run2/summary.json nmf/extra.npy .profile nmf/deep/er/file; do
    mkdir -p "D/$(dirname "$foreign")"
    echo mine >"D/$foreign"
    untouched 2 "D holds $foreign, which is not of the result there" D learn in -o D --force
    untouched 2 'move it away or choose another -o' D demo swimmer -o D --force
    lacks err 'use --force'
    rm -r "D/$foreign"
    rmdir -p "D/$(dirname "$foreign")" 2>/dev/null
done
ok compare in -o D/run2 -r 2 --iterations 2
untouched 2 'D holds run2/' D compare in -o D --force
rm -r D/run2
mkfifo D/nmf/history
untouched 2 'D holds nmf/history, which is no regular file' D compare in -o D --force
rm D/nmf/history
# every command tells its files, and so can be replaced
ok learn in -o D -r 2 --iterations 2 --force
for words in 'compare in -r 2 --iterations 2' 'learn in -r 2 --iterations 2' 'render one' \
    'stability in -r 2 --restarts 2 --iterations 2' 'rank in --ranks 1:2 --starts 0' \
    'transform one/nmf in --residual' 'demo cone'; do
    for force in '' '' --force; do # the second time it is there
        # shellcheck disable=SC2086 # words
        run $words -o every $force
        [ "$force" ] && expect 0
        [ -d every ] || bad "$words"
    done
    (cd every && find . -type f -printf '%P\n') | sort >wanted
    for ((i = 0; i < $(json every/summary.json files); i++)); do
        json every/summary.json files $i
    done >told
    cmp -s told wanted || bad "$words: files are not those that are there"
    checks=$((checks + 1))
done
no_leftovers

# ---- mounted file systems: in a namespace of our own, where that is allowed
cat >mounted.sh <<'END'
mount -t tmpfs none D/usb && echo mine >D/usb/file || exit 77
"$1" learn in -o D --force
echo "status $?"
cat D/usb/file
umount D/usb && rmdir D/usb
cp -r D/nmf copy
mount --bind copy D/nmf && "$1" learn in -o D --force
echo "status $?"
ls D/nmf/basis.npy
umount D/nmf
mount -t tmpfs none copy && "$1" learn in -o copy -r 2 --iterations 2
echo "status $?"
ls copy/figure.png
END
mkdir D/usb
if unshare -rm bash mounted.sh "$mien" >out 2>&1; then
    same "$(grep -c 'where another file system begins' out)" 2 'mounts that are told'
    same "$(grep '^status' out | tr '\n' ' ')" 'status 2 status 2 status 0 ' 'status at mounts'
    holds out mine
    holds out D/nmf/basis.npy
    holds out copy/figure.png # an empty one is used
else
    echo 'note: nothing can be mounted here; not tried'
fi
rm -rf D/usb copy

# ---- in place: pictures and page are replaced, models stay
ok compare in -o P -r 2 --iterations 4
cp -r P before
ok render P --palette diverging --example 4
for method in "${methods[@]}"; do
    for file in basis.npy weights.npy model.json history.csv examples.npy; do
        cmp -s P/$method/$file before/$method/$file || bad "$method/$file changed"
        checks=$((checks + 1))
    done
    for file in basis.png weights.png; do
        ! cmp -s P/$method/$file before/$method/$file || bad "$method/$file did not change"
        checks=$((checks + 1))
    done
done
same "$(page before/report.html palette) $(page before/report.html example)" 'esl 0' 'the page as it was'
same "$(page P/report.html palette) $(page P/report.html example)" 'diverging 3' 'the page made anew'
same "$(json P/summary.json example)" 4 example
same "$(json P/summary.json files)" "$(json before/summary.json files)" 'files of a result drawn in place'
ok render P --example 1
cmp -s P/report.html before/report.html || bad 'drawn as before, the page is as before'
ok render P/nmf --palette gray
cmp -s P/pca/basis.png before/pca/basis.png || bad 'another model was drawn, too'
cmp -s P/report.html before/report.html || bad 'the page of all was made anew for one model'
echo mine >P/notes.txt
ok render P
there P/notes.txt
untouched 2 'P holds notes.txt' P compare in -o P --force
rm P/notes.txt
ok compare in -o P -r 2 --iterations 2 --force
(cd P/nmf && "$mien" render . --palette gray) >out 2>err || bad 'render .'
run render nowhere
expect 3 'holds no model'
no_leftovers

# ---- an interrupted run leaves the whole result, and goes beside it
# begun WORDS...: mien in the background; returns when it is at work
begun() {
    "$mien" "$@" >out 2>err </dev/null &
    pid=$!
    for ((i = 0; i < 600; i++)); do
        compgen -G './*.tmp-*/.mien-building' >/dev/null && break
        sleep 0.02
    done
}
earlier=$(sums P)
for k in '' -2; do
    for patience in 0.5 2 8 20; do
        begun learn in -o P -r 3 --force "${forever[@]}"
        sleep $patience
        kill -INT $pid
        wait $pid
        status=$?
        [ ! -d P.interrupted$k ] || break
    done
    expect 130 "interrupted: P is as it was; what was reached is in P.interrupted$k"
    same "$(sums P)" "$earlier" 'the earlier result'
    same "$(json P.interrupted$k/summary.json interrupted)" true interrupted
done
no_leftovers

# ---- one run at a time, and what killed ones leave is not read, and goes
begun learn in -o K -r 3 "${forever[@]}"
for words in 'learn in -r 2' 'rank in --ranks 1:2' 'render one'; do
    # shellcheck disable=SC2086 # words
    run $words -o K
    expect 2 "K: another run of mien (process $pid) is writing there"
done
kill -KILL $pid
wait $pid 2>/dev/null
litter=$(echo K.tmp-*)
pgm "$litter/9.pgm" 8 7 9
mkdir input && cp in/*.pgm input/ && cp -r "$litter" input/
ok inspect input
holds out 'X             6 x 56'
ok learn in -o K -r 2 --iterations 2
absent "$litter"
there input/"$litter"/9.pgm # another place
rm -r input

# ---- the second signal, and others that end a program, take the folder with them
# ended SIGNAL...: signals, one after the other
ended() {
    begun learn in -o S -r 3 "${forever[@]}"
    for signal; do
        sleep 0.3
        kill -"$signal" $pid 2>/dev/null
    done
    wait $pid 2>/dev/null
    absent S.tmp-$pid
    rm -rf S
}
ulimit -c 0
for signals in 'INT INT' 'TERM TERM' 'HUP INT' QUIT USR1 USR2 ALRM XCPU; do
    # shellcheck disable=SC2086 # words
    ended $signals
done
no_leftovers

# ---- no room for the result: weights and basis are kept, and it is said where
"$peek" make wide.npy 40 900
(
    ulimit -f 20 # blocks of 1024 bytes for every file
    "$mien" learn wide.npy -o full -r 3 --iterations 2 >/dev/null 2>err </dev/null
    echo $? >status
)
status=$(cat status)
expect 1 ': File too large'
holds err 'mien: full/'
holds err 'the weights and the basis alone are kept in full.kept'
lacks err 'full.tmp'
absent full
there full.kept/nmf/basis.npy full.kept/nmf/weights.npy
ok learn wide.npy -o full -r 3 --iterations 2 --init-from full.kept/nmf
no_leftovers

# ---- files of others: rank's state, models, names
ok rank in -o R --ranks 1:2 --starts 0
mkdir states
words=(rank in --ranks 1:3 --starts 0)
run "${words[@]}" -o states/k
expect 0
echo precious >precious
ln -s ../precious states/k2.checkpoint
run "${words[@]}" -o states/k2
expect 1 'k2.checkpoint: a link, which is not followed here; remove it'
same "$(cat precious)" precious 'what the link led to'
rm states/k2.checkpoint
printf 'mien rank 4 data of others\n' >states/k2.checkpoint
run "${words[@]}" -o states/k2
expect 2 "k2.checkpoint is no checkpoint of mien's and is not removed: move it away"
absent states/k2

ok learn in -o M -r 2 --iterations 2 --method pca
for change in 's/"method": "pca"/"method": "nmf"/' 's/"method": "pca"/"method": "ica"/' \
    's/"white": [0-9.]*/"white": -1/'; do
    rm -rf M2 && cp -r M M2
    sed -i "$change" M2/pca/model.json
    for words in 'render M2/pca -o M3' 'render M2/pca' 'transform M2/pca in -o M3' 'inspect M2/pca'; do
        # shellcheck disable=SC2086 # words
        run $words
        expect 3 M2/pca
        absent M3
    done
done
# a model's path is not followed out of here, but for the user's word
ok learn in -o F -r 2 --iterations 2
sed -i "s|\"input\": \"in\"|\"input\": \"$PWD/in\"|" F/nmf/model.json
run render F -o F2
expect 0 'is not read, since'
absent F2/nmf/exemplars.png
ok render F in -o F3
there F3/nmf/exemplars.png

mkdir odd && cp in/1.pgm in/2.pgm odd/
cp in/3.pgm $'odd/a\x1b[31m\xe2\x80\xae.pgm'
cp in/3.pgm $'odd/=cmd.pgm'
for name in $'b\x7f.pgm' $'new\nline.pgm' $'c1\xc2\x9b.pgm' $'\xe2\x80\xa8.pgm' $'raw\x9b\xff.pgm'; do
    : >"odd/$name"
done
ok inspect odd --json
"$peek" json out rejected >count || bad 'inspect --json is no JSON'
same "$(cat count)" 5 'refused files'
# steers FILE: how many bytes could steer a terminal
steers() {
    LC_ALL=C grep -c $'[\x01-\x08\x0b-\x1f\x7f]\|\xc2[\x80-\x9f]\|\xe2\x80[\x8b-\x8f\xa8-\xae]' "$1"
}
same "$(steers out)" 0 'what steers a terminal, in JSON'
ok inspect odd -v
same "$(steers out)" 0 'what steers a terminal, in words'
holds out 'new\x0aline.pgm: an empty file'
run learn odd -o odd-out -r 2 --iterations 2 -v
expect 0 'new\x0aline.pgm'
same "$(steers err)" 0 'what steers a terminal, in messages'
same "$(steers odd-out/images.csv)" 0 'controls in a table'
holds odd-out/images.csv 'a\x1b[31m\u202e.pgm'
holds odd-out/images.csv ',=cmd.pgm,'

finish
