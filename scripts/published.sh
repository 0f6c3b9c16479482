#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The published figures that the time model has to give, and what it gives: every point of every curve, some minutes.
# `make test` looks at a few of the points. Arguments are passed on to `swift test`, such as --scratch-path DIR.
# Exit status 0 if all are within their limits: 0.5 % of the goodput, 5 % of the TCE cache's curves.
set -u -o pipefail
cd "$(dirname "$0")/.."
scripts/deps.sh

log=$(mktemp)
trap 'rm -f "$log"' EXIT

TCE_PUBLISHED=all swift test --disable-xctest --filter '^TceEmuTests\.Published' "$@" 2>&1 | tee "$log" |
    awk 'sub(/^published: /, "") { print; fflush() }'
if [ "${PIPESTATUS[0]}" -ne 0 ]; then
    grep -v '^published: ' "$log" >&2
    exit 1
fi
