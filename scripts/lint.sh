#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Formatting and the rules of the house that a script can see. Prints what is wrong; exit status 1 if anything is.
set -uo pipefail
cd "$(dirname "$0")/.."
wrong=0
fail() {
    printf 'lint: %s\n' "$1" >&2
    wrong=1
}

swift format lint --strict --recursive Package.swift Sources Tests bench/Package.swift bench/Benchmarks bench/Sources || wrong=1

# No file grows beyond one thing.
while read -r lines file; do
    [ "$file" = total ] || fail "$file has $lines lines; 450 is the most"
done < <(git ls-files 'Sources/*' 'Tests/*' 'bench/*' | grep -E '\.(c|h|swift)$' | xargs wc -l | awk '$1 > 450')

# Each source file says its licence.
while read -r file; do
    fail "$file has no SPDX line"
done < <(git ls-files '*.c' '*.h' '*.swift' '*.sh' Makefile .ci/run |
    xargs grep -L 'SPDX-License-Identifier: Apache-2.0')

# Architectural code knows nothing of timing; the trace knows neither machine nor replay.
grep -nE '#include "(tce_(run|trace|gzip|time|time_stats)|run|run_time|time[a-z_]*)\.h"' \
    Sources/CTce/{map,kernels,table,memory,window,phb,machine,platform,hcall,rtas_ddw,dma,batch,sharing,svm,eeh,names,snapshot_save,snapshot_restore,snapshot_contents}.c \
    Sources/CTce/{internal,hcall,translate,memory,sharing}.h &&
    fail 'an architectural file includes a header above it'
grep -nE '"(internal|tce_machine|tce_run|tce_hcall|tce_dma|tce_rtas)\.h"' Sources/CTce/{chunk,chunk_encode,chunk_decode,event,gzip}.c Sources/CTce/chunk.h &&
    fail 'a file of the trace format includes the machine'
grep -rnE '\b(Machine|Replay)\b *[({.]' Sources/TceEmu/Trace && fail 'the trace uses the machine or the replay'

# Every rule that has an id in the C core is named by a test.
grep -ohE '\[(hcall|rtas|dma|window|memory|uv|svm|sharing|eeh)\.[a-z0-9.-]+\]' Sources/CTce/*.[ch] | sort -u | while read -r id; do
    grep -rqF "$id" Tests || echo "$id"
done >"${TMPDIR:-/tmp}/untested.$$"
if [ -s "${TMPDIR:-/tmp}/untested.$$" ]; then
    fail "no test names: $(tr '\n' ' ' <"${TMPDIR:-/tmp}/untested.$$")"
fi
rm -f "${TMPDIR:-/tmp}/untested.$$"

exit "$wrong"
