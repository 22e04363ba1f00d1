#!/bin/bash
# test_large.sh - data beyond what may be used: --memory, --cache, mapped arrays, what is refused.
# SPDX-License-Identifier: MIT
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

quick=(-r 2 --iterations 3 --seed 1 --no-snapshots)

result() {
    (cd "$1" && sha256sum nmf/weights.npy nmf/basis.npy nmf/reconstruction.png images.csv figure.png)
}

# ---- 6 MB of images, 2 MB allowed: the same bytes, from the cache, mapped, and read
mkdir faces cache
for k in 1 2 3 4 5 6; do
    mkdir faces/$k
    cp "$assets"/faces/*.pgm faces/$k
done
run learn faces -o plain "${quick[@]}" -q
expect 0
run pack faces -o faces.npy -q
expect 0
# the command itself says what it needs, and is told to go on with less where only files take it
need=$("$mien" learn faces.npy -o unused "${quick[@]}" -v 2>&1 | sed -n 's/.*and \([0-9]*\) have to be.*/\1/p')
rm -rf unused
checks=$((checks + 1))
[[ $need =~ ^[0-9]+$ ]] || bad "-v does not tell what is needed"
run learn faces -o small "${quick[@]}" --memory "$((need + 1))M" --cache cache
expect 0
same "$(result small)" "$(result plain)" 'with little memory'
same "$(ls -A cache)" '' 'what is left in the cache'
run inspect faces --memory 4M --cache cache
expect 0 'stand in a file in cache'
lacks err 'out of memory'
same "$(ls -A cache)" '' 'what is left in the cache'
run pack faces -o cached.npy --memory 4M --cache cache -q
expect 0
cmp -s faces.npy cached.npy || bad 'a packed file by way of the cache'
cmp -s faces.npy.list cached.npy.list || bad 'its list'
run inspect cached.npy --memory 1M -q # streamed
expect 0
"$mien" inspect cached.npy >whole 2>/dev/null
cmp -s out whole || bad 'inspect of a streamed array'

# ---- 80 MB by themselves, with what the page shows of them as by default
{
    printf '\223NUMPY\1\0\166\0%-117s\n' "{'descr': '|u1', 'fortran_order': False, 'shape': (40000, 40, 50), }"
    head -c 80000000 /dev/urandom
} >large.npy
run learn large.npy -o large -r 2 --iterations 1 --solver mu --restarts 1 --levels 1 --no-snapshots --memory 60M --cache cache
expect 0
there large/nmf/weights.npy large/report.html
rm -r large large.npy

# ---- pixel by pixel, where there is room for such a copy and where there is none: told, the same bytes
{
    printf '\223NUMPY\1\0\166\0%-117s\n' "{'descr': '|u1', 'fortran_order': False, 'shape': (16000, 40, 50), }"
    head -c 32000000 /dev/urandom
} >large.npy
turned=(learn large.npy -r 2 --iterations 2 --levels 1 --restarts 1 --normalize unit --no-snapshots --report-images 0 --cache cache)
run "${turned[@]}" -o roomy
expect 0
lacks err 'pixel by pixel'
run "${turned[@]}" -o turned --memory 30M
expect 0 'such a copy goes to the cache, 31 MB'
lacks err 'no room'
same "$(sha256sum <turned/nmf/weights.npy)" "$(sha256sum <roomy/nmf/weights.npy)" 'pixel by pixel from the cache'
if (ulimit -f 30000 && true) 2>/dev/null; then
    (
        ulimit -f 30000
        exec "$mien" "${turned[@]}" -o without --memory 30M
    ) >out 2>err </dev/null
    status=$?
    expect 0 'there is no room for that copy: cache: File too large: each step of the basis reads'
    expect 0 'name a folder with 31 MB free by --cache'
    same "$(sha256sum <without/nmf/weights.npy)" "$(sha256sum <roomy/nmf/weights.npy)" 'pixel by pixel without room'
fi
# rank, too, before its first fit; to which it does not come here
echo precious >none.checkpoint
run rank large.npy -o none --memory 30M --cache cache --normalize unit --ranks 1:2 --threads 1
expect 2 'what permutes them wants them pixel by pixel, too: such a copy goes to the cache, 31 MB'
rm -r large.npy roomy turned without none.checkpoint

# ---- refused: the figure and the remedy
run learn faces -o none "${quick[@]}" --memory 1M -q
expect 1 'MB may be used'
expect 1 '--memory'
absent none none.*
run inspect faces --cache nowhere
expect 1 '--cache nowhere: No such file or directory'
run inspect faces --cache faces.npy
expect 1 '--cache faces.npy: Not a directory (name a folder that can be written to)'
if [ -d /proc/self ]; then
    run inspect faces --cache /proc
    expect 1 '--cache /proc: '
    holds err 'name a folder'
fi
for size in '' 0 -5M 5 5X 5MB 1e9 nan 1..5G 99999999T ' 5M' '500 '; do
    run inspect faces --memory "$size"
    expect 2 'give a size from 1M on, for example 500M or 4G'
done
for size in 500M 500m 1.5G 1T 20000000; do
    run inspect faces.npy --memory "$size" -q
    expect 0
done

# ---- told
ok inspect faces.npy
holds out 'MB for compare with r = '
ok inspect faces.npy --json
checks=$((checks + 1))
[ "$(json out memory)" -gt 1000000 ] || bad 'memory in JSON'

# ---- a disk without room for the cache
if (ulimit -f 100 && true) 2>/dev/null; then
    (
        ulimit -f 100
        exec "$mien" inspect faces --memory 4M --cache cache
    ) >out 2>err </dev/null
    status=$?
    expect 1 'could not go to the disk either'
fi
finish
