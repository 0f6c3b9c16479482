#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# All Swift tests with the address sanitizer, and all with the thread sanitizer but those of `roomy` and `single`.
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

# A window of 2^40 TCEs takes 8 TiB of addresses, more than the thread sanitizer leaves to a program. What asks for them
# is of one thread: the C cases, which scripts/ccases.sh runs sanitized, and a test of Swift's windows.
roomy='^CTceTests\.|WindowTests/sparse'

# The time model, the guest layer and the policies are of one thread, too, and their random runs are long.
single='BounceBufferTests|BounceMappingTests|BufferWindowTests|CaseShrinkerTests|ClosedFormsCacheTests|'\
'ClosedFormsCallsTests|ClosedFormsTests|CoherentTests|DynamicWindowTests|EngineTests|GuestBootTests|'\
'GuestReplayTests|HcallLayerTests|IOMMUTableTests|ListPageSharingTests|MappingTests|MaskTests|'\
'PageExamplesTests|PolicyConditionTests|PolicyOutcomeTests|PublishedCallsTests|PublishedCliffTests|'\
'PublishedGoodputTests|RecordedBootTests|ReferenceAnswersTests|ReferenceCacheTests|'\
'ReferenceCostTests|ReferenceFaultTests|ReferenceGoodputTests|ReferencePathTests|'\
'ReferenceScenarioTests|ReferenceStartTests|RestartTests'

run() { # sanitizer, options of `swift test`...
    swift test --disable-xctest --sanitize="$1" --scratch-path ".build/$1" -Xcc -O1 "${@:2}"
}

# Leaks are looked for in the C cases; the Swift runtime keeps some memory to its end.
ASAN_OPTIONS=detect_leaks=0 run address
run thread --skip "$roomy" --skip "($single)/"
