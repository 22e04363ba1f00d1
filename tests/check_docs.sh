#!/bin/sh
# check_docs.sh - files and functions that docs/ names exist.
#
# SPDX-License-Identifier: MIT
#
#   check_docs.sh SOURCE_ROOT
#
# A word that ends in .c, .h, .inc or .sh and has a folder in front is a file of SOURCE_ROOT or of its
# src/; mien_word() is a function that a header declares; what is called sample or
# cmd_mean is the reader's to write. Names every offence. Exits 0 if there is none, 1 if there are some, 2 if it could not look.
set -u
LC_ALL=C
export LC_ALL
if [ $# -ne 1 ] || ! cd "$1" || ! [ -d docs ]; then
    echo 'usage: check_docs.sh SOURCE_ROOT' >&2
    exit 2
fi
offences=0
for page in docs/*.md; do
    files=$(grep -oE '[a-z_0-9]+(/[a-z_0-9]+)+[.](c|h|inc|sh)\b' "$page" | grep -vE 'sample|cmd_mean' | sort -u)
    functions=$(grep -oE '\bmien_[a-z_0-9]+\(\)' "$page" | tr -d '()' | grep -v sample | sort -u)
    for name in $files; do
        [ -e "$name" ] || [ -e "src/$name" ] || {
            echo "$page: there is no $name"
            offences=$((offences + 1))
        }
    done
    for name in $functions; do
        grep -rqE "\b$name\(" --include='*.h' src || {
            echo "$page: there is no $name()"
            offences=$((offences + 1))
        }
    done
done
[ "$offences" -eq 0 ] && echo 'check_docs: what docs/ names exists'
[ "$offences" -eq 0 ]
