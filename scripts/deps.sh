#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes sure that zlib's header can be included: installs it where that is allowed, else says what to install.
set -euo pipefail

# A Swift toolchain brings clang along.
compiler=$(command -v cc || command -v gcc || command -v clang || true)

has_zlib() {
    printf '#include <zlib.h>\n' | "$compiler" -E -x c - >/dev/null 2>&1
}

command -v swift >/dev/null || {
    echo "deps: there is no swift here: install a Swift 6.2 toolchain (https://www.swift.org/install)" >&2
    exit 1
}
has_zlib && exit 0
if [ "$(uname)" = Linux ] && command -v apt-get >/dev/null; then
    as_root=""
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null && as_root="sudo -n"
    fi
    if [ "$(id -u)" = 0 ] || [ -n "$as_root" ]; then
        echo "deps: installing zlib1g-dev" >&2
        $as_root apt-get update -qq && $as_root apt-get install -y -qq zlib1g-dev >/dev/null
    fi
fi
has_zlib || {
    echo "deps: zlib's header is missing: install zlib1g-dev (Debian, Ubuntu), zlib-devel (Fedora) or zlib" >&2
    exit 1
}
