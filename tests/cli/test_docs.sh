#!/bin/bash
# test_docs.sh - README.md and docs/: every command runs, every option exists, every link leads somewhere.
# SPDX-License-Identifier: MIT
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
root=$3
pages=("$root"/README.md "$root"/docs/*.md)

# blocks FILE: the lines of its fenced blocks that begin with a word we know, without remarks
blocks() {
    awk '/^```/ { inside = !inside; next } inside' "$1" | sed 's/  *# .*//'
}

# spans FILE: what stands between single backticks, outside of blocks; one a line, lines joined
spans() {
    # shellcheck disable=SC2016 # backticks are what is looked for
    awk '/^```/ { inside = !inside; next } !inside' "$1" | tr '\n' ' ' | sed 's/``[^`]*``//g' | grep -o '`[^`]*`' | tr -d '`'
}

# ---- links
for page in "${pages[@]}"; do
    while IFS= read -r link; do
        checks=$((checks + 1))
        [ -e "$(dirname "$page")/${link%%#*}" ] || bad "${page##*/}: the link to $link leads nowhere"
    done < <(grep -o '](\([^)#]*\)[^)]*)' "$page" | sed 's/^](//; s/)$//' | grep -v '^[a-z]*:')
done

# ---- options: each that is named is one of mien's, of our tools', or of Slurm's
"$mien" --help >all
for command in compare learn transform rank stability render report pack inspect demo; do
    "$mien" help $command >>all
done
cat "$root"/tools/test "$root"/tools/bench >>all
echo '--cpus-per-task --kill-on-bad-exit --mpi --requeue --signal' >>all
for page in "${pages[@]}"; do
    while IFS= read -r option; do
        checks=$((checks + 1))
        grep -qE -- "(^|[^a-z-])$option([^a-z-]|\$)" all || bad "${page##*/}: there is no option $option"
    done < <({ blocks "$page" | grep '^mien '; spans "$page" | grep -E '^(mien |--)'; } | grep -oE -- '--[a-z][a-z-]*' | sort -u)
done

# ---- commands: on a small folder, in the order of the page, each page afresh
# mien_lines FILE: its commands, an argument "..." or in capitals is a pattern and no command
mien_lines() {
    { blocks "$1" | grep '^mien '; spans "$1" | grep '^mien [a-z]* '; } | grep -vE '(^| )[A-Z]{2,}([ .]|$)|\.\.\.' |
        sed 's/  */ /g; s/ (.*//; s/ $//' | awk '!seen[$0]++'
}

prepare() {
    rm -rf field
    mkdir -p field/faces/anna
    for ((i = 1; i <= 64; i++)); do
        pgm "field/faces/$i.pgm" 8 8 $((i * i))
    done
    pgm field/faces/anna/3.png 8 8 3
    folder field/new 5 8 8
    awk 'BEGIN { print "id,group,a,b,c,d,e,f"
        for (i = 1; i <= 40; i++) print "p" i "," (i % 2 ? "x" : "y") "," i % 7 + 1 "," i % 5 + 2 "," i % 3 "," 9 - i % 4 "," i % 11 "," 3 }' \
        >field/volumes.csv
    (cd field && "$mien" learn faces -o earlier -q >/dev/null && "$mien" compare faces -o out -q >/dev/null)
}

for page in "${pages[@]}"; do
    mien_lines "$page" >lines
    [ -s lines ] || continue
    prepare
    while IFS= read -r line; do
        [[ $line != *'demo fashion'* ]] || continue # wants a package of its own
        checks=$((checks + 1))
        read -ra words <<<"$line"
        more=()
        case " $line " in
        ' mien inspect '* | ' mien help '*) ;;
        ' mien rank '*) more=(--force --masks 2 --starts 0) ;; # else it takes half a minute
        *' -o '*) more=(--force) ;;
        ' mien render '* | ' mien report '*) ;;
        *) more=(-o shown --force) ;; # named in a sentence
        esac
        (cd field && timeout -s KILL 600 "$mien" "${words[@]:1}" "${more[@]}") >out 2>err </dev/null ||
            bad "${page##*/}: $line: status $?"
    done <lines
done

# ---- what else the blocks call is there: tools, presets, the package's version
for page in "${pages[@]}"; do
    while IFS= read -r tool; do
        checks=$((checks + 1))
        [ -x "$root/$tool" ] || bad "${page##*/}: $tool is no program"
    done < <({ blocks "$page"; spans "$page"; } | grep -oE '^tools/[a-z-]+( |$)' | tr -d ' ' | sort -u)
    while IFS= read -r preset; do
        checks=$((checks + 1))
        grep -qF "\"name\": \"$preset\"" "$root/CMakePresets.json" || bad "${page##*/}: there is no preset $preset"
    done < <({ blocks "$page"; spans "$page"; } | grep -oE -- '--preset [a-z]+' | sed 's/.* //' | sort -u)
done
version=$(sed -n 's/^#define MIEN_VERSION "\([0-9]*\.[0-9]*\).*/\1/p' "$root/src/mien.h")
holds "$root/README.md" "find_package(mien $version REQUIRED)"
finish
