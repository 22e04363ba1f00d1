#!/bin/sh
# check.sh - builds a small program, as C and as C++, against the installed mien, by CMake and
# by pkg-config.
#
# SPDX-License-Identifier: MIT
#
#   check.sh STAGE LIBDIR SOURCE_ROOT VERSION CMAKE COMPILER FLAGS...
#
# FLAGS are what the library was sanitized or measured with; a program must be built with the same.
set -eu
stage=$1 libdir=$2 source=$3/tests/consumer version=$4 cmake=$5 compiler=$6
shift 6
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    printf 'consumer: %s\n' "$1" >&2
    [ ! -f "$work/log" ] || cat "$work/log" >&2
    exit 1
}

# configure NAME VERSION PREFIX
configure() {
    "$cmake" -S "$source" -B "$work/$1" -DWANTED="$2" -DCMAKE_PREFIX_PATH="$3" \
        -DCMAKE_C_COMPILER="$compiler" -DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_COMPILER="$cxx" \
        -DCMAKE_CXX_FLAGS="$flags -Wall -Wextra -Wpedantic -Werror" >"$work/log" 2>&1
}
flags=$*
# the C++ of the same family: gcc g++, clang-14 clang++-14, cc c++
cxx=$(printf '%s\n' "$compiler" | sed -e 's|gcc\([^/]*\)$|g++\1|; t' -e 's|clang\([^/]*\)$|clang++\1|; t' -e 's|cc$|c++|')

# by CMake: the version that is there, or an earlier one that it can stand for
major=${version%%.*}
rest=${version#*.}
minor=${rest%%.*}
configure right "$major.$minor" "$stage" || fail "find_package(mien $major.$minor) fails"
"$cmake" --build "$work/right" >"$work/log" 2>&1 || fail 'does not build by CMake'
"$work/right/consumer_cxx" >"$work/log" || fail 'built as C++, does not run'
"$work/right/consumer" >"$work/log" || fail 'built by CMake, does not run'
grep -qx "consumer: mien.h is of version $version" "$work/log" || fail 'mien.h tells another version'

# a wrong version is refused, and it is the version that is to blame
earlier=
[ "$minor" -eq 0 ] || earlier=$major.$((minor - 1)) # until 1.0 a minor version may break
for wrong in "$((major + 1)).0" "$major.$((minor + 1))" "$version.99" $earlier; do
    if configure "wrong-$wrong" "$wrong" "$stage"; then
        fail "find_package(mien $wrong) accepts $version"
    fi
    grep -q "version: $version" "$work/log" || fail "mien $wrong is refused for another reason"
done

# by pkg-config, after the whole folder has been moved
cp -R "$stage" "$work/moved"
PKG_CONFIG_PATH=$work/moved/$libdir/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH
[ "$(pkg-config --modversion mien)" = "$version" ] || fail 'mien.pc tells another version'
pkg-config --exists "mien >= $version" || fail 'mien.pc does not satisfy its own version'
if pkg-config --exists "mien >= $((major + 1))"; then
    fail 'mien.pc satisfies any version'
fi
pkg-config --cflags --libs mien | grep -qF "$work/moved" || fail 'mien.pc points elsewhere after moving'
static=
[ ! -f "$work/moved/$libdir/libmien.a" ] || static=--static
# shellcheck disable=SC2046,SC2086 # lists of words
"$compiler" -std=c11 $flags "$source/consumer.c" -o "$work/by-pkg-config" \
    $(pkg-config $static --cflags --libs mien) -lm >"$work/log" 2>&1 || fail 'does not build by pkg-config'
LD_LIBRARY_PATH=$work/moved/$libdir "$work/by-pkg-config" || fail 'built by pkg-config, does not run'

# and by CMake from there
configure again "$version" "$work/moved" || fail 'find_package fails after moving'
"$cmake" --build "$work/again" >"$work/log" 2>&1 || fail 'does not build after moving'
"$work/again/consumer" >/dev/null || fail 'does not run after moving'
echo "consumer: mien $version is found by CMake and pkg-config"
