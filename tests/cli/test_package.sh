#!/bin/bash
# test_package.sh - the Debian package holds the program, its manual and images, names what it needs,
# and what is unpacked from it runs the demo.
# SPDX-License-Identifier: MIT
#
#   test_package.sh MIEN PEEK SOURCE_ROOT BUILD_TREE CPACK
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
build=$4 cpack=$5

for tool in dpkg-deb dpkg-shlibdeps; do
    command -v $tool >/dev/null || {
        echo "SKIPPED: $tool is not here"
        exit 77
    }
done
"$cpack" -G DEB -B "$work/deb" --config "$build/CPackConfig.cmake" >said 2>&1 || {
    cat said >&2
    bad 'cpack -G DEB failed'
    finish
}
package=$(echo deb/*.deb)
there "$package"
dpkg-deb -c "$package" >list
for name in ./usr/bin/mien ./usr/share/man/man1/mien.1 ./usr/share/man/man1/mien-compare.1 \
    ./usr/share/bash-completion/completions/mien ./usr/share/zsh/vendor-completions/_mien \
    ./usr/share/fish/vendor_completions.d/mien.fish ./usr/share/mien/faces.csv ./usr/share/mien/swimmer_parts.npy \
    ./usr/share/doc/mien/copyright; do
    holds list " $name"
done
same "$(grep -c 'share/mien/faces/.*[.]pgm' list)" 400 'faces in the package'
lacks list /include/
lacks list '.cmake'
dpkg-deb -f "$package" Depends >needs
for library in libc6 libopenblas0 libjansson4 libdeflate0; do
    holds needs $library
done
same "$(dpkg-deb -f "$package" Package)" mien 'name of the package'
mkdir unpacked
dpkg-deb -x "$package" unpacked || bad 'the package cannot be unpacked'
unpacked/usr/bin/mien demo swimmer -o lesson --iterations 20 >out 2>err </dev/null
same $? 0 'status of the demo from the package'
there lesson/report.html lesson/figure.png
case $(json lesson/summary.json input) in
*/unpacked/usr/share/mien/swimmer) checks=$((checks + 1)) ;;
*) bad "the unpacked program reads $(json lesson/summary.json input)" ;;
esac
finish
