#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures the rows of docs/performance.md, each against its limit, in turn in one process (bench/Sources/ratios).
# Prints them, and writes build/bench.md, which begins with what they were measured on.
# Usage: bench/run.sh [EVENTS] [DIRECTORY OF *.log.gz]
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build
swift build -c release
swift build -c release --package-path bench --product ratios
"${CC:-cc}" -O1 bench/programs/peak.c -o build/peak

# A line of a file, behind a name; nothing where there is no such file.
of() { sed -n "s/^$2[[:space:]]*[:=][[:space:]]*//p" "$1" 2>/dev/null | head -1 | tr -d '"'; }
machine() {
    printf '%s: commit %s' "$(date -u +%Y-%m-%d)" "$(git describe --always --dirty 2>/dev/null || echo unknown)"
    printf '; %s, %s cores, %s MHz' "$(of /proc/cpuinfo 'model name')" "$(nproc)" "$(of /proc/cpuinfo 'cpu MHz')"
    printf '; %s, Linux %s' "$(of /etc/os-release PRETTY_NAME)" "$(uname -r)"
    printf ', huge pages %s' "$(sed 's/.*\[\(.*\)\].*/\1/' /sys/kernel/mm/transparent_hugepage/enabled 2>/dev/null || echo unknown)"
    printf '; %s' "$(swift --version 2>/dev/null | grep -o 'Swift version [0-9.]*')"
    printf '; load before: %s\n\n' "$(cut -d ' ' -f 1-3 /proc/loadavg)"
}

machine | tee build/machine.md
options=(--events "${1:-20000000}" --traces traces --tool .build/release/tce-emu --peak build/peak)
[ $# -lt 2 ] || options+=(--logs "$2")
bench/.build/release/ratios "${options[@]}" --table build/rows.md
cat build/machine.md build/rows.md >build/bench.md
