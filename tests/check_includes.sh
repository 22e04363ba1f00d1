#!/bin/sh
# check_includes.sh - the layers of the source tree, and what the library may not do.
#
# SPDX-License-Identifier: MIT
#
#   check_includes.sh SOURCE_ROOT
#
# 1. A folder of src/ includes only folders below it; cli/ includes nothing but itself and the
#    faces: mien.h, which stands alone, mien_study.h above it, mien_report.h above both. Inside report/
#    the reports stand above models, and those above files.
# 2. Foreign headers have one door each: BLAS and LAPACK, stb, libdeflate, JSON, getopt, signals and MPI.
# 3. The library never prints, never exits and leaves locale and rand() alone.
# 4. File names are unique in the whole tree.
# Names every offence. Exits 0 if there is none, 1 if there are some, 2 if it could not look.
set -u
LC_ALL=C
export LC_ALL
if [ $# -ne 1 ] || ! cd "$1/src"; then
    echo 'usage: check_includes.sh SOURCE_ROOT' >&2
    exit 2
fi

# folder: the folders it may include besides itself; "face" is any of the three
layers='
base    face
linalg  base face
data    base face
methods linalg data base face
read    data base face
draw    base face
figures draw base face
study   methods linalg data base face
report  study figures methods draw read data linalg base face
live    report study methods read data linalg base face
cli     face
mpi     cli base face
'
# folders inside one of these, the lowest first: a file includes its own and those before
inner='base base/disk report/files report/model report/page report'
# header (a pattern of awk): the files that may include it (a pattern of awk)
doors='
^(cblas|f77blas|openblas_config)[.]h$            ^linalg/blas[.][ch]$
^lapacke?[.]h$                                 ^linalg/lapack[.][ch]$
^stb_image[.]h$                                ^read/formats/stb[.]c$
^stb_image_write[.]h$                          ^draw/png[.]c$
^stb_image_resize                              ^read/resize[.]c$
^stb_truetype[.]h$                             ^draw/stb_font[.]c$
^libdeflate[.]h$                               ^base/deflate[.]c$
^jansson[.]h$                                  ^(report/|base/(json_parse|disk/manifest)[.])
^(lpsolve|lp_lib)                              ^study/stability/linear_program[.]c$
^(omp|threads)[.]h$                            ^base/parallel[.][ch]$
^(getopt|signal)[.]h$                          ^cli/
^mpi[.]h$                                      ^mpi/team_mpi[.]c$
'

files=$(find . -type f \( -name '*.c' -o -name '*.h' -o -name '*.inc' \) | sed 's|^\./||' | sort)
[ -n "$files" ] || {
    echo "check_includes: $1/src holds no C" >&2
    exit 2
}
offences=$(mktemp) || exit 2
trap 'rm -f "$offences"' EXIT

# shellcheck disable=SC2086 # names without spaces
awk -v layers="$layers" -v inner="$inner" -v doors="$doors" '
BEGIN {
    n = split(layers, row, "\n")
    for (i = 1; i <= n; i++) {
        m = split(row[i], word, " ")
        if (m) known[word[1]] = 1
        for (j = 1; j <= m; j++) allowed[word[1], word[j]] = 1
    }
    n = split(inner, row, " ")
    for (i = 1; i <= n; i++) level[row[i]] = i
    above["mien.h"] = "^mien_(study|report)[.]h$"
    above["mien_study.h"] = "^mien_report[.]h$"
    above["mien_report.h"] = "^$"
    n = split(doors, row, "\n")
    for (i = 1; i <= n; i++)
        if (split(row[i], word, " ") == 2) { n_doors++; header[n_doors] = word[1]; door[n_doors] = word[2] }
}
function folder_of(path) { sub(/\/[^\/]*$/, "", path); return path }
function offend(what) { printf "%s:%d: %s\n", FILENAME, FNR, what }
FNR == 1 {
    comment = 0
    folder = FILENAME
    if (!sub(/\/.*/, "", folder)) folder = "face"
    if (folder != "face" && !(folder in known)) offend("folder " folder "/ has no layer: add it to check_includes.sh")
}
{   # comments away; none of our strings holds "/*"
    line = $0
    text = ""
    while (length(line)) {
        if (comment) {
            at = index(line, "*/")
            if (!at) break
            line = substr(line, at + 2); comment = 0
        } else {
            at = index(line, "/*")
            if (!at) { text = text line; break }
            text = text substr(line, 1, at - 1); line = substr(line, at + 2); comment = 1
        }
    }
}
text ~ /^[ \t]*#[ \t]*include/ {
    name = text
    sub(/^[^"<]*["<]/, "", name); sub(/[">].*/, "", name)
    if (text ~ /"/) {
        to = name
        if (name ~ /^mien(_study|_report)?[.]h$/) to = "face"
        else if (!sub(/\/.*/, "", to)) to = "(no folder)"
        if (folder == "face" && (to != "face" || FILENAME !~ above[name]))
            offend(FILENAME " may not include " name)
        else if (folder == "face") next
        else if (!((folder, to) in allowed)) offend(folder "/ may not include " name)
        else if ((folder_of(FILENAME) in level) && (folder_of(name) in level) && level[folder_of(name)] > level[folder_of(FILENAME)])
            offend(folder_of(FILENAME) "/ may not include " name)
    }
    for (i = 1; i <= n_doors; i++)
        if (name ~ header[i] && FILENAME !~ door[i]) offend("only " door[i] " may include " name)
    next
}
folder != "cli" && folder != "mpi" { # the programs
    # a word of C before its bracket; a letter or _ in front makes it another one (snprintf)
    if (text ~ /(^|[^A-Za-z0-9_])(printf|vprintf|puts|putchar|perror|exit|_exit|_Exit|quick_exit|abort|setlocale|rand|srand|random|srandom|signal|sigaction)[ \t]*\(/)
        offend("the library does not print, exit or touch global state: " text)
    if (text ~ /(^|[^A-Za-z0-9_])(stdout|stderr)([^A-Za-z0-9_]|$)/)
        offend("the library does not know the terminal: " text)
}
# Declarations, calls and pointers alike. A name of Fortran ends in an underscore, which none of ours does
# (mien_method_##id becomes another word); what is weak is not known to be there.
FILENAME != "linalg/blas.c" && text ~ /(^|[^A-Za-z0-9_])(cblas_|openblas_|LAPACKE?_)/ { offend("BLAS outside linalg/blas.c: " text) }
FILENAME != "linalg/lapack.c" && text ~ /(^|[^A-Za-z0-9_])[A-Za-z][A-Za-z0-9_]*_([^A-Za-z0-9_#%]|$)/ {
    offend("LAPACK outside linalg/lapack.c: " text)
}
text ~ /__attribute__[ \t]*\(\(.*weak/ { offend("a private symbol of a library: " text) }
' $files >"$offences" || exit 2

for file in $files; do
    echo "${file##*/}"
done | sort | uniq -d | sed 's/$/: more than one file of this name/' >>"$offences"

if [ -s "$offences" ]; then
    sed 's/^/check_includes: /' "$offences" >&2
    exit 1
fi
echo "check_includes: $(echo "$files" | wc -l) files keep to their layers"
