#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What an event costs as a trace grows longer, has more windows, larger ones, or more requesters: nanoseconds of
# processor time, against the curve's first point in turn with it, and instructions where valgrind is. Then the memory
# of commands on files of growing length. docs/performance.md says why each curve bends where it does.
# Usage: bench/scale.sh [MOST EVENTS] (default 10,000,000; 100000000 takes some minutes more)
set -euo pipefail
cd "$(dirname "$0")/.."
most=${1:-10000000}
tool=${TCE_EMU:-.build/release/tce-emu}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# With the compiler that the package is built with, where it is there.
compiler=$(command -v clang || command -v cc)
"$compiler" -std=c11 -O2 -gdwarf-4 -ISources/CTce/include -Ibench/Sources/Loads/include Sources/CTce/*.c \
    bench/Sources/Loads/*.c bench/programs/scale.c -o "$work/scale" -lz
"$compiler" -O1 bench/programs/peak.c -o "$work/peak"

"$work/scale" times "$most" >"$work/times"
if command -v valgrind >/dev/null; then
    valgrind --tool=callgrind --toggle-collect=measured --dump-after=measured --callgrind-out-file="$work/part" \
        "$work/scale" counts >"$work/names" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
    awk -v parts="$work/part" '
        { file = parts "." NR; while ((getline line < file) > 0) if (line ~ /^summary:/) split(line, total, " ")
          print $1, $2, $3, total[2] / $4 }' "$work/names" >"$work/counts"
else
    : >"$work/counts"
    echo 'no valgrind: instructions are left out'
fi
awk '
    FILENAME ~ /counts$/ { instructions[$1, $2, $3] = $4; next }
    $1 != curve { curve = $1; printf "\n%-18s %-12s %10s %14s %14s\n", curve, "", "ns", "of the first", "instructions" }
    { count = (($1, $2, $3) in instructions) ? sprintf("%.0f", instructions[$1, $2, $3]) : "-"
      printf "%-18s %-12s %10.1f %13.2fx %14s\n", $2, $3, $4, $5, count }' "$work/counts" "$work/times"

[ -x "$tool" ] || { echo "no $tool: memory is left out (make)"; exit 0; }
printf '\n%-18s %12s %18s %18s\n' 'peak KiB, events' generate 'replay functional' 'replay timed'
for ((events = 1000000; events <= most; events *= 10)); do
    file=$work/nic.tcet
    made=$("$work/peak" "$tool" generate nic --events "$events" --seed 1 --level 1 -o "$file")
    printf '%-18s %12s %18s %18s\n' "$events" "$made" "$("$work/peak" "$tool" replay --functional "$file")" \
        "$("$work/peak" "$tool" replay "$file")"
done
