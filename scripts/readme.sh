#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Holds the README to its word: runs every command of its console blocks and compares the output, compiles and runs its
# C program and its Swift test. Needs a release build.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.build/release:$PATH"
mkdir -p build
wrong=0

# The content of the README's blocks in a language, one after another.
blocks() {
    awk -v fence="\`\`\`$1" '$0 == fence { inside = 1; next } /^```/ { inside = 0 } inside' README.md
}

check() { # command, expected output
    local got
    echo "readme: \$ ${1:0:100}"
    got=$(bash -c "$1" 2>/dev/null) || { echo "readme: it failed" >&2; wrong=1; }
    if [ "$got" != "$2" ]; then
        echo "readme: its output is not what the README shows:" >&2
        diff <(printf '%s\n' "$2") <(printf '%s\n' "$got") >&2 || true
        wrong=1
    fi
}

command="" expected=""
while IFS= read -r line; do
    if [ "${line:0:2}" = '$ ' ]; then
        [ -z "$command" ] || check "$command" "$expected"
        command=${line:2} expected=""
    else
        expected+=${expected:+$'\n'}$line
    fi
done < <(blocks console)
[ -z "$command" ] || check "$command" "$expected"

while IFS= read -r link; do
    [ -e "$link" ] || { echo "readme: there is no $link" >&2; wrong=1; }
done < <(grep -oE '\]\([A-Za-z.][^):]*\)' README.md | sed 's/^](//; s/)$//')

echo "readme: the C program"
blocks c >build/readme.c
cc -std=c11 -O1 -ISources/CTce/include build/readme.c Sources/CTce/*.c -lz -o build/readme-c
build/readme-c || { echo "readme: the C program failed" >&2; wrong=1; }

echo "readme: the Swift test"
mkdir -p build/readme-swift/Tests/ReadmeTests
blocks swift >build/readme-swift/Tests/ReadmeTests/ReadmeTests.swift
cat >build/readme-swift/Package.swift <<'SWIFT'
// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Readme",
    dependencies: [.package(name: "TceEmu", path: "../..")],
    targets: [.testTarget(name: "ReadmeTests", dependencies: [.product(name: "TceEmu", package: "TceEmu")])]
)
SWIFT
swift test --disable-xctest --package-path build/readme-swift --scratch-path build/readme-build || wrong=1

exit "$wrong"
