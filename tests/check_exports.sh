#!/usr/bin/env bash
# check_exports.sh - what a program can link to is what the headers say, no name more and none less.
#
# SPDX-License-Identifier: MIT
#
#   check_exports.sh LIBRARY SOURCE_ROOT
#
# In an archive the names of default visibility are looked at: they would be exported by a shared
# library of which it becomes a part. Exits 0 or 1, 77 where there is no readelf or no ELF.
set -u
LC_ALL=C
export LC_ALL
library=$1 source=$2/src
command -v readelf >/dev/null || exit 77
table=--syms
[[ $library == *.a ]] || table=--dyn-syms
symbols=$(readelf -W "$table" "$library" 2>/dev/null) || exit 77

# of a defined symbol: number, value, size, type, GLOBAL, DEFAULT, section, name
exported=$(awk '$5 ~ /^(GLOBAL|WEAK)$/ && $6 == "DEFAULT" && $7 != "UND" { print $8 }' <<<"$symbols" | sort -u)
promised=$(cat "$source"/mien.h "$source"/mien_study.h "$source"/mien_report.h |
    tr '\n' ' ' | grep -oE 'MIEN_API [^;]*;' | grep -oE 'mien_[a-z_]+\(' | tr -d '(' | sort -u)
[[ -n $exported ]] || exit 77

failed=0
while read -r name; do
    echo "$name is exported, and in no header" >&2
    failed=1
done < <(comm -23 <(echo "$exported") <(echo "$promised"))
while read -r name; do
    echo "$name is in a header, and not exported" >&2
    failed=1
done < <(comm -13 <(echo "$exported") <(echo "$promised"))
[[ $failed -eq 0 ]] && echo "$(wc -l <<<"$exported") names are exported, all of them public"
exit "$failed"
