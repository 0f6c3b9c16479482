#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Instructions that each operation of the core takes, counted under valgrind over small fixed loads
# (bench/programs/instructions.c), against the ceilings of bench/instructions.txt. Unlike time they are the same in every
# run; a compiler's version and the C library's memcpy change them by a few in a hundred, which the ceilings leave room
# for. Exit status 1: a ceiling is exceeded.
#   scripts/instructions.sh            every compiler that is installed
#   scripts/instructions.sh --update   writes the ceilings anew, 4 in 100 above what is measured
#   scripts/instructions.sh --files    prints the instructions of each hot loop by source file, too
set -euo pipefail
cd "$(dirname "$0")/.."

ceilings=bench/instructions.txt
room=1.04
update=no files=no
for option in "$@"; do
    case $option in
    --update) update=yes ;;
    --files) files=yes ;;
    *) echo "instructions: there is no option $option" >&2; exit 64 ;;
    esac
done

scripts/deps.sh valgrind
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Counts with a compiler: lines of "operation instructions", and the profiler's parts beside them.
count() { # compiler
    local to=$work/$1
    mkdir "$to"
    # valgrind 3.19 does not read DWARF 5.
    "$1" -std=c11 -O2 -gdwarf-4 -ISources/CTce/include -Ibench/Sources/Loads/include Sources/CTce/*.c \
        bench/Sources/Loads/*.c bench/programs/instructions.c -o "$to/load" -lz
    valgrind --tool=callgrind --toggle-collect=measured --dump-after=measured --callgrind-out-file="$to/part" \
        "$to/load" >"$to/names" 2>"$to/log" || { cat "$to/log" >&2; return 1; }
    awk -v parts="$to/part" '
        !/^\+/ { file = parts "." ++part; while ((getline line < file) > 0) if (line ~ /^summary:/) split(line, total, " ") }
        { sub(/^\+/, ""); printf "%s %.1f\n", $1, total[2] / $2 }' "$to/names" >"$to/counts"
}

# Instructions of each operation by the file of the function, with what was inlined into it: of the time model, by stage.
by_file() { # compiler, operation
    local part operations
    read -r part operations < <(awk -v name="$2" '!/^\+/ { part++ } $1 == name { print part, $2 }' "$work/$1/names")
    awk -v operations="$operations" '
        function named(text, id) {
            sub(/^[a-z]+=/, "", text)
            id = text; sub(/ .*/, "", id)
            if (text ~ / /) { sub(/^[^ ]* /, "", text); sub(/.*\//, "", text); name[id] = text }
            return name[id]
        }
        /^fl=/ { file = named($0); next }
        /^(fi|fe|cfi|cfl)=/ { named($0); next }
        /^calls=/ { getline; next }
        /^[0-9+*-]/ && NF == 2 { cost[file] += $2 }
        END { for (file in cost) if (cost[file] / operations >= 0.05) printf "%9.1f  %s\n", cost[file] / operations, file }
    ' "$work/$1/part.$part" | sort -rn
}

compilers=()
for compiler in gcc clang; do
    command -v "$compiler" >/dev/null && compilers+=("$compiler")
done
[ ${#compilers[@]} -gt 0 ] || { echo 'instructions: neither gcc nor clang is installed' >&2; exit 1; }
running=()
for compiler in "${compilers[@]}"; do
    count "$compiler" &
    running+=($!)
done
for job in "${running[@]}"; do wait "$job"; done

if [ "$update" = yes ]; then
    [ ${#compilers[@]} = 2 ] || { echo 'instructions: --update needs gcc and clang' >&2; exit 1; }
    {
        echo '# Most instructions of each operation, of an x86-64 with AVX2: operation, gcc, clang.'
        echo '# Written by scripts/instructions.sh --update, after a change that is worth more.'
        join "$work/gcc/counts" "$work/clang/counts" --nocheck-order |
            awk -v room="$room" '{ printf "%s %.1f %.1f\n", $1, $2 * room, $3 * room }'
    } >"$ceilings"
fi

# Other processors and their instructions have no ceilings.
compared=no
[ "$(uname -m)" = x86_64 ] && grep -qw avx2 /proc/cpuinfo && compared=yes
[ "$compared" = yes ] || echo 'instructions: no x86-64 with AVX2, counted and not compared'

exceeded=0
for compiler in "${compilers[@]}"; do
    printf '\n%s\n%-32s %12s %12s\n' "$("$compiler" --version | head -1)" 'instructions' 'measured' 'ceiling'
    awk -v column="$([ "$compiler" = gcc ] && echo 2 || echo 3)" -v compared="$compared" '
        FNR == NR { if (!/^#/) ceiling[$1] = $column; next }
        { over = compared == "yes" && (!($1 in ceiling) || $2 > ceiling[$1]); wrong += over
          printf "%-32s %12.1f %12s%s\n", $1, $2, ($1 in ceiling) ? ceiling[$1] : "none", over ? "  EXCEEDED" : "" }
        END { exit wrong > 0 }' "$ceilings" "$work/$compiler/counts" || exceeded=1
done

if [ "$files" = yes ]; then
    for operation in decode/nic decode/nvme translate translate_batch functional/nic functional/nvme cycle-level/nic \
        cycle-level/nvme; do
        for compiler in "${compilers[@]}"; do
            printf '\n%s, %s, by file\n' "$operation" "$compiler"
            by_file "$compiler" "$operation"
        done
    done
fi

[ "$exceeded" = 0 ] || {
    echo 'instructions: a ceiling is exceeded; a change that is worth it says why and writes them anew (--update)' >&2
    exit 1
}
