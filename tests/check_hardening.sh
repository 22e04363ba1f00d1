#!/usr/bin/env bash
# check_hardening.sh - the program as it was built: is every guard in it that cmake/hardening.cmake asks for?
#
# SPDX-License-Identifier: MIT
#
#   check_hardening.sh PROGRAM
#
# Exits 0 when all are, 1 when not (each is named), 77 where there is no readelf, no objdump or no ELF.
set -u
LC_ALL=C
export LC_ALL
program=$1
command -v readelf >/dev/null && command -v objdump >/dev/null || exit 77
headers=$(readelf -hlWd -n "$program" 2>/dev/null) || exit 77
symbols=$(readelf -sW "$program" && readelf --dyn-syms -W "$program")
failed=0

# wants TEXT PATTERN WHAT
wants() {
    if grep -qE "$2" <<<"$1"; then
        echo "yes: $3"
    else
        echo "NO: $3" >&2
        failed=1
    fi
}

wants "$headers" 'Flags:.* PIE|Type: +DYN' 'position-independent program'
wants "$headers" 'GNU_RELRO' 'tables read-only after the start (RELRO)'
wants "$headers" 'BIND_NOW|Flags:.* NOW' 'all of them, since everything is bound at the start (full RELRO)'
wants "$headers" 'GNU_STACK .* RW ' 'no code on the stack'
wants "$symbols" '__stack_chk_fail' 'stack protector'
wants "$symbols" '__(v?snprintf|memcpy|memmove|memset|strcpy|read|fprintf|vfprintf|fdelt)_chk' 'checked sizes in libc calls (FORTIFY_SOURCE)'
if grep -qE 'Machine:.*X86-64' <<<"$headers"; then
    # the note on the whole program is there only where libc's own start files carry it
    wants "$(objdump -d --disassemble=main "$program")" 'endbr64' 'landing marks for indirect calls (IBT)'
fi
exit $failed
