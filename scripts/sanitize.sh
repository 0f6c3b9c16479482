#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The library's tests with the address sanitizer, and those of the parallel reader and the replay with the thread
# sanitizer. (The undefined behaviour sanitizer is scripts/ccases.sh's: Swift's build does not offer it.)
set -euo pipefail
cd "$(dirname "$0")/.."

# A sanitized step is several times as dear, and what it can find needs no million of them.
export TCE_RANDOM_STEPS=${TCE_RANDOM_STEPS:-20000} TCE_SNAPSHOT_CUTS=${TCE_SNAPSHOT_CUTS:-4}
export TCE_TIME_RUNS=${TCE_TIME_RUNS:-500}

# Leaks are looked for in the C cases; the Swift runtime keeps some memory to its end.
ASAN_OPTIONS=detect_leaks=0 swift test --disable-xctest --sanitize=address --scratch-path .build/address --filter TceEmuTests
swift test --disable-xctest --sanitize=thread --scratch-path .build/thread --filter 'TraceFileTests|TraceDamageTests|ReplayTests'
