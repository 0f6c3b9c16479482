#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures the rows of docs/performance.md, each against its limit, in turn in one process (bench/Sources/ratios).
# Prints them, and writes build/bench.md. Usage: bench/run.sh [EVENTS] [DIRECTORY OF *.log.gz]
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build
[ -x .build/release/tce-emu ] || swift build -c release
swift build -c release --package-path bench --product ratios
"${CC:-cc}" -O1 bench/programs/peak.c -o build/peak
options=(--events "${1:-20000000}" --tool .build/release/tce-emu --peak build/peak --table build/bench.md)
[ $# -lt 2 ] || options+=(--logs "$2")
exec bench/.build/release/ratios "${options[@]}"
