#!/bin/sh
# check_includes_fails.sh - check_includes.sh notices each kind of offence.
#
# SPDX-License-Identifier: MIT
#
#   check_includes_fails.sh SOURCE_ROOT
set -u
check=$1/tests/check_includes.sh
copy=$(mktemp -d) || exit 2
trap 'rm -rf "$copy"' EXIT
status=0

cp -R "$1/src" "$copy/src" || exit 2
wanted=$copy/wanted
: >"$wanted"

# offence FILE LINE MESSAGE: FILE gets LINE at its end, for which it is to be refused in these words
offence() {
    mkdir -p "$(dirname "$copy/src/$1")"
    printf '%s\n' "$2" >>"$copy/src/$1"
    printf '%s:%s: \t%s\n' "$1" "$(wc -l <"$copy/src/$1")" "$3" >>"$wanted"
}

# innocent FILE LINE: no offence
innocent() {
    printf '%s\n' "$2" >>"$copy/src/$1"
}

# ---- all innocents at once: nothing is said
innocent methods/pca/pca.c '#include "base/rng.h"'
innocent cli/main.c '#include "mien_report.h"'
innocent report/model/model.c '#include "report/files/names.h"'
innocent report/page/page.c '#include "report/model/model.h"'
innocent methods/pca/pca.c '/* printf("x"); exit(1); */'
innocent methods/pca/pca.c '/* a note'"
"' #include "cli/options/options.h" */'
innocent methods/pca/pca.c 'int x(char *t) { return snprintf(t, 1, "x"); }'
innocent cli/main.c 'void x(void) { exit(1); }'
said=$(sh "$check" "$copy" 2>&1) || {
    printf 'these are innocent, yet: %s\n' "$said" >&2
    status=1
}

# ---- all offences at once: each is named, with its file and line, and nothing else is
offence base/rng.c '#include "data/npy.h"' 'base/ may not include data/npy.h'
offence base/rng.c '#  include  "linalg/blas.h"' 'base/ may not include'
offence linalg/blas.c '#include "data/source.h"' 'linalg/ may not include'
offence data/npy.c '#include "linalg/rows.h"' 'data/ may not include'
offence methods/pca/pca.c '#include "draw/canvas.h"' 'methods/ may not include'
offence draw/canvas.c '#include "methods/loss.h"' 'draw/ may not include'
offence report/page/page.c '#include "cli/options/options.h"' 'report/ may not include'
offence report/model/model.c '#include "report/page/page.h"' 'report/model/ may not include report/page/page.h'
offence report/files/html.c '#include "report/model/model.h"' 'report/files/ may not include report/model/model.h'
offence cli/main.c '#include "base/disk/files.h"' 'cli/ may not include'
offence mien.h '#include "base/disk/files.h"' 'may not include'
offence mien.h '#include "mien_study.h"' 'may not include'
offence mien_study.h '#include "mien_report.h"' 'may not include'
offence mien_report.h '#include "base/disk/files.h"' 'may not include'
offence base/rng.c '#include "../cli/options/options.h"' 'may not include'
offence base/rng.c '#include "files.h"' 'may not include'
offence extra/new.c '#include <math.h>' 'has no layer'
offence methods/pca/pca.c '#include <cblas.h>' 'may include cblas.h'
offence draw/canvas.c '#include <stb_image.h>' 'may include stb_image.h'
offence methods/pca/pca.c '#include <jansson.h>' 'may include jansson.h'
offence study/stability/unique.c '#include <lpsolve/lp_lib.h>' 'may include lpsolve/lp_lib.h'
offence methods/pca/pca.c '#include <omp.h>' 'may include omp.h'
offence methods/pca/pca.c 'void dsyevr_(const char *job);' 'LAPACK outside'
offence linalg/rows.c 'void dpotrf_(const char *uplo);' 'LAPACK outside'
offence linalg/blas.c 'void x(void) { ilaenv_ (1); }' 'LAPACK outside'
offence study/cone.c 'static void (*solve)(void) = dgesv_;' 'LAPACK outside'
offence linalg/blas.c 'extern int shutdown(void) __attribute__((weak));' 'private symbol'
offence linalg/rows.c 'void cblas_sgemv(int order);' 'BLAS outside'
offence methods/pca/pca.c 'void x(void) { cblas_sgemm(1); }' 'BLAS outside'
offence methods/pca/pca.c '#include <lapacke.h>' 'may include lapacke.h'
offence methods/pca/pca.c 'void x(void) { printf("x"); }' 'does not print'
offence methods/pca/pca.c 'void x(void) { fputs("x", stderr); }' 'terminal'
offence methods/pca/pca.c 'void x(void) { exit (1); }' 'exit'
offence methods/pca/pca.c 'void x(void) { /* why */ abort(); }' 'exit'
cp "$copy/src/base/rng.h" "$copy/src/report/rng.h"
printf 'rng.h: \tmore than one file of this name\n' >>"$wanted"
said=$(sh "$check" "$copy" 2>&1)
[ $? -eq 1 ] || {
    echo 'offences are not status 1' >&2
    status=1
}
tab=$(printf '\t')
while IFS=$tab read -r place message; do
    printf '%s\n' "$said" | grep -F -- "check_includes: $place" | grep -qF -- "$message" || {
        printf '%swas not refused with "%s"\n' "$place" "$message" >&2
        status=1
    }
done <"$wanted"
printf '%s\n' "$said" | while IFS= read -r line; do
    cut -f 1 "$wanted" | {
        while IFS= read -r place; do
            case $line in *"$place"*) exit 0 ;; esac
        done
        exit 1
    } || printf '%s\n' "$line"
done >"$copy/more"
[ ! -s "$copy/more" ] || {
    sed 's/^/not an offence, yet: /' "$copy/more" >&2
    status=1
}

sh "$check" "$copy/nowhere" 2>/dev/null
[ $? -eq 2 ] || {
    echo 'a missing source tree is not status 2' >&2
    status=1
}
exit $status
