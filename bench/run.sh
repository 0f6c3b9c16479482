#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures the rows of docs/performance.md. Usage: bench/run.sh [EVENTS] [DIRECTORY OF *.log.gz]
# The figures of a row are a ratio of two things run in turn; see bench/Sources/ratios.
set -euo pipefail
cd "$(dirname "$0")/.."
events=${1:-20000000}
logs=${2:-}
tool=$PWD/.build/release/tce-emu
mkdir -p build
[ -x "$tool" ] || swift build -c release

swift build -c release --package-path bench --product ratios
bench/.build/release/ratios "$events"

echo
"$tool" generate nic --events "$events" --seed 1 -o build/nic.tcet
cc -O1 bench/peak.c -o build/peak
help=$(build/peak "$tool" --help)
table=2048 # the 1 GiB window's table, in KiB
for option in --functional --arrival=trace; do
    replay=$(build/peak "$tool" replay "$option" build/nic.tcet)
    echo "memory of a replay ($option) of $events nic events: peak $replay KiB, less --help's $help and the table's" \
        "$table: $((replay - help - table)) KiB"
done

if [ -n "$logs" ]; then
    echo
    echo "file size against the log's .gz"
    for log in "$logs"/*.log.gz; do
        "$tool" import qemu "$log" -o build/log.tcet 2>/dev/null
        trace=$(stat -c %s build/log.tcet) gz=$(stat -c %s "$log")
        count=$("$tool" info build/log.tcet --format csv | awk -F, '$1 == "events" { print $2 }')
        awk -v name="$(basename "$log")" -v t="$trace" -v g="$gz" -v n="$count" \
            'BEGIN { printf "%-34s %9d / %9d = %.3f, %.2f bytes an event\n", name, t, g, t / g, t / n }'
    done
fi
