#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Swift tests with the address sanitizer, and with the thread sanitizer.
# (The undefined behaviour sanitizer is scripts/ccases.sh's: Swift's build does not offer it.)
set -euo pipefail
cd "$(dirname "$0")/.."

# A sanitized step is several times as dear, and what the sanitizers find needs no million of them.
export TCE_RANDOM_STEPS=${TCE_RANDOM_STEPS:-20000}
export TCE_SNAPSHOT_CUTS=${TCE_SNAPSHOT_CUTS:-4}
export TCE_CHANGED_LOGS=${TCE_CHANGED_LOGS:-10}
export TCE_DUMPED_TRACES=${TCE_DUMPED_TRACES:-1}
export TCE_TIME_RUNS=${TCE_TIME_RUNS:-100}
export TCE_POLICY_CELLS=${TCE_POLICY_CELLS:-2}

# What Swift does not check by itself is the C core, which scripts/ccases.sh runs sanitized, and the places where Swift
# meets it. Suites that come to no other such place, with long runs in plain Swift, are left out.
checked='PublishedCallsTests|PublishedCliffTests|PublishedGoodputTests|TceEmuTests\.Reference|'\
'PolicyConditionTests|PolicyOutcomeTests|GuestBootTests|RecordedBootTests|GuestCommandTests|MultiTCECommandTests|'\
'NaiveJoinTests'

# Threads are those of the trace's reader, and those that run policies side by side.
threaded='BombTests|LyingFieldTests|MemberOrderTests|RandomDamageTests|TraceDamageTests|TraceFileTests|ReplayTests|'\
'RecordedLogTests|WorkloadTests|MultiTCEComparisonTests|PolicyComparisonTests'

run() { # sanitizer, options of `swift test`...
    swift test --disable-xctest --sanitize="$1" --scratch-path ".build/$1" -Xcc -O1 "${@:2}"
}

# Leaks are looked for in the C cases; the Swift runtime keeps some memory to its end.
ASAN_OPTIONS=detect_leaks=0:suppressions=$PWD/scripts/address.supp run address --skip "($checked)"
run thread --filter "\.($threaded)/"
