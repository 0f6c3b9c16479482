#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes sure that zlib's header can be included, and that the programs that are named as arguments are there (valgrind):
# installs what is missing where that is allowed, else says what to install.
set -euo pipefail

# A Swift toolchain brings clang along.
compiler=$(command -v cc || command -v gcc || command -v clang || true)

has() { # zlib1g-dev, or a program whose package has its name
    if [ "$1" = zlib1g-dev ]; then
        printf '#include <zlib.h>\n' | "$compiler" -E -x c - >/dev/null 2>&1
    else
        command -v "$1" >/dev/null
    fi
}

command -v swift >/dev/null || {
    echo "deps: there is no swift here: install a Swift 6.2 toolchain (https://www.swift.org/install)" >&2
    exit 1
}
missing=()
for package in zlib1g-dev "$@"; do
    has "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(uname)" = Linux ] && command -v apt-get >/dev/null; then
    as_root=""
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null && as_root="sudo -n"
    fi
    if [ "$(id -u)" = 0 ] || [ -n "$as_root" ]; then
        echo "deps: installing ${missing[*]}" >&2
        $as_root apt-get update -qq && $as_root apt-get install -y -qq "${missing[@]}" >/dev/null
    fi
fi
for package in "${missing[@]}"; do
    has "$package" && continue
    case $package in
    zlib1g-dev) echo "deps: zlib's header is missing: install zlib1g-dev (Debian, Ubuntu), zlib-devel (Fedora) or zlib" >&2 ;;
    *) echo "deps: $package is missing: install it" >&2 ;;
    esac
    exit 1
done
