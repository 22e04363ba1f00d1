#!/bin/bash
# test_install_packages.sh - tools/install-packages on made-up machines: what it would install, and
# what it says where it cannot.
# SPDX-License-Identifier: MIT
#
#   test_install_packages.sh SOURCE_ROOT
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh" none none "$1"
script=$1/tools/install-packages

# machine NAMES...: commands that are there besides the usual ones; a call of apt-get is written
# to `calls`. dpkg-query knows the packages in the file `installed`.
machine() {
    rm -rf path calls
    mkdir path
    touch calls
    for name in sh dirname awk env cat grep; do
        ln -s "$(command -v $name)" path/$name
    done
    for name; do
        # shellcheck disable=SC2016 # for the shell that runs it
        case $name in
        dpkg-query) text='while [ $# -gt 1 ]; do shift; done; grep -qx "$1" installed && printf installed' ;;
        apt-get) text='echo "$DEBIAN_FRONTEND apt-get $*" >>calls; read -r line && echo "stdin: $line" >>calls; case $* in *"${FAIL:-nothing fails}"*) exit 100 ;; esac; exit 0' ;;
        apt-cache) text='case " $KNOWN " in *" $2 "*) echo "Package: $2"; exit 0 ;; esac; exit 100' ;;
        sudo) text='echo "sudo $*" >>calls; exec "$@"' ;;
        root) text='echo 0' name=id ;;
        user) text='echo 1000' name=id ;;
        esac
        printf '#!%s\n%s\n' "$(command -v sh)" "$text" >"path/$name"
        chmod +x "path/$name"
    done
}

install() {
    echo 'an answer nobody asked for' | PATH=$PWD/path "$(command -v sh)" "$script" "$@" >out 2>err
    status=$?
}

all() {
    sed 's/#.*//; /^\[/d; /^ *$/d; s/?$//' "$1/tools/packages.txt"
}

# nothing is missing: nothing happens
all "$1" >installed
machine dpkg-query apt-get root
install build test
expect 0
same "$(cat calls out err)" '' 'a machine with everything'

# two are missing: exactly they are installed, after one update, without questions
grep -vx -e cmake -e libcmocka-dev installed >fewer
mv fewer installed
install build test
expect 0
same "$(grep -c update calls)" 1 'updates'
holds calls 'noninteractive apt-get install -q -y --no-install-recommends cmake libcmocka-dev'
lacks calls 'stdin:'
lacks calls 'sudo'
holds out 'installing cmake libcmocka-dev'
machine dpkg-query apt-get root
install build
lacks calls libcmocka-dev
machine dpkg-query apt-get root
install
holds calls 'recommends cmake'
lacks calls libcmocka-dev

# one that not every distribution has: installed where the lists know it, else passed over
cp installed without
all "$1" | grep -vx libclang-rt-dev >installed
machine dpkg-query apt-get apt-cache root
KNOWN='gcc libclang-rt-dev' install build test
expect 0
holds calls 'recommends libclang-rt-dev'
machine dpkg-query apt-get apt-cache root
KNOWN=gcc install build test # a name without a package, as a virtual one has, is no offer
expect 0
same "$(cat calls out err)" '' 'a machine that has no such package'
mv without installed

# a user with sudo
machine dpkg-query apt-get user sudo
install build
expect 0
same "$(grep -c '^sudo' calls)" 2 'calls through sudo'
holds calls 'noninteractive apt-get install'

# a user without: told what to ask for
machine dpkg-query apt-get user
install build test
expect 1 'ask an administrator to install: cmake libcmocka-dev'
same "$(cat calls)" '' 'calls without root and sudo'

# no apt-get: told the names, and the build may try
machine root
install build
expect 0 'no apt-get here'
holds err libopenblas-dev

# an update that fails is no end, an installation that fails is one
machine dpkg-query apt-get root
FAIL=update install build
expect 0 'update failed'
FAIL=recommends install build
expect 1 'could not install: cmake'
install bild
expect 2 "no section 'bild'"

finish
