#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The Swift tests with the address sanitizer, and those of the parallel reader with the thread sanitizer. (The undefined
# behaviour sanitizer is scripts/ccases.sh's: Swift's build does not offer it.)
set -euo pipefail
cd "$(dirname "$0")/.."

# The machine and its model take fewer random steps together: under a sanitizer they are slow.
export TCE_RANDOM_STEPS=${TCE_RANDOM_STEPS:-50000}

# Leaks are looked for in the C cases; the Swift runtime keeps some memory to its end.
ASAN_OPTIONS=detect_leaks=0 swift test --disable-xctest --sanitize=address --scratch-path .build/address --filter TceEmuTests
swift test --disable-xctest --sanitize=thread --scratch-path .build/thread --filter 'TraceFileTests|TraceDamageTests|ReplayTests'
