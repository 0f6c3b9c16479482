#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds the C core and its cases without Swift and runs them, with gcc and with clang where they are installed:
#   - every public header alone, as C11 and as C++17
#   - the core's objects: symbols, no global that changes, nothing that prints or ends the process
#   - every check of the core that has an id ([hcall.put.2]) is cited by a case, and every cited one exists
#   - the cases with the address and undefined-behaviour sanitizers, with and without the vector loops, and optimised
# The compilers work side by side; what each of them printed comes when it is done.
# Arguments are names of cases to run; none: all. Exit status 0 if nothing failed; what was left out is said.
set -u -o pipefail
cd "$(dirname "$0")/.."

core=(Sources/CTce/*.c)
cases=(Tests/CTceCases/*.c Tests/ccases/main.c)
include=(-ISources/CTce/include -ITests/CTceCases/include)
warnings=(-Wall -Wextra -Wpedantic -Wshadow -Werror)
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT
failed=0

say() { printf '%s\n' "$*"; }
fail() { say "FAILED: $*"; failed=1; }

# Runs a command and shows what it printed only if it fails: clang's linker warns of its own sanitizer runtime.
quietly() {
    if ! "$@" >"$work/log" 2>&1; then
        cat "$work/log"
        return 1
    fi
}

check_headers() { # compiler of C, compiler of C++
    local header
    for header in Sources/CTce/include/*.h Tests/CTceCases/include/*.h; do
        printf '#include "%s"\n' "$(basename "$header")" >"$work/alone.c"
        cp "$work/alone.c" "$work/alone.cpp"
        quietly "$1" -std=c11 "${warnings[@]}" "${include[@]}" -fsyntax-only "$work/alone.c" ||
            fail "$1: $header alone as C11"
        command -v "$2" >/dev/null || continue
        quietly "$2" -std=c++17 "${warnings[@]}" "${include[@]}" -fsyntax-only "$work/alone.cpp" ||
            fail "$2: $header alone as C++17"
    done
    command -v "$2" >/dev/null || say "$1: no $2, headers not tried as C++17"
}

# Compiled to fixed addresses: constant tables are then read-only to nm, too.
check_objects() { # compiler
    local source object name
    local forbidden='_*(v?[dfns]*printf(_chk)?|puts|fputs|putc|fputc|putchar|fwrite|write|perror'
    forbidden+='|psignal|abort|exit|_exit|_Exit|quick_exit|raise|kill|longjmp|assert_fail|assert_rtn|stdout|stderr)'
    for source in "${core[@]}"; do
        name=$(basename "$source" .c)
        object=$work/$name.o
        quietly "$1" -std=c11 -O2 -fno-pic "${warnings[@]}" "${include[@]}" -c "$source" -o "$object" ||
            { fail "$1: $source"; continue; }
        nm -g --defined-only "$object" | awk '$3 !~ /^_?tce_/ { print $3 }' >"$work/log"
        [ -s "$work/log" ] && fail "$1: $source defines without tce_: $(tr '\n' ' ' <"$work/log")"
        nm "$object" | awk '$2 ~ /^[BbDdCGgSs]$/ { print $3 }' >"$work/log"
        [ -s "$work/log" ] && fail "$1: $source has globals that change: $(tr '\n' ' ' <"$work/log")"
        nm -u "$object" | awk '{ print $2 }' | sed 's/@.*//' | grep -Ex "$forbidden" >"$work/log" &&
            fail "$1: $source prints or ends the process: $(tr '\n' ' ' <"$work/log")"
    done
    return 0
}

check_ids() {
    local pattern='\[(hcall|rtas|dma|uv|svm|sharing|eeh)\.[a-z0-9.-]+\]'
    grep -hoE "$pattern" Sources/CTce/*.[ch] | sort -u >"$work/checks"
    grep -hoE "$pattern" Tests/CTceCases/include/CTceCases.h | sort -u >"$work/cited"
    comm -23 "$work/checks" "$work/cited" >"$work/log"
    [ -s "$work/log" ] && fail "checks that no case cites: $(tr '\n' ' ' <"$work/log")"
    comm -13 "$work/checks" "$work/cited" >"$work/log"
    [ -s "$work/log" ] && fail "cases cite checks that are none: $(tr '\n' ' ' <"$work/log")"
    return 0
}

run_cases() { # compiler, what it is, flags...
    local compiler=$1 what=$2
    shift 2
    if ! quietly "$compiler" -std=c11 -g "${warnings[@]}" "$@" "${include[@]}" "${core[@]}" "${cases[@]}" \
        -o "$work/ccases" -lz; then
        fail "$compiler, $what: build"
        return
    fi
    printf '%s, %s: ' "$compiler" "$what"
    "$work/ccases" ${names[@]+"${names[@]}"} || fail "$compiler, $what"
}

# Can this compiler link and run a program with these sanitizers?
can() { # compiler, flags...
    local compiler=$1
    shift
    printf 'int main(void) { return 0; }\n' >"$work/can.c"
    "$compiler" "$@" "$work/can.c" -o "$work/can" >/dev/null 2>&1 && "$work/can" >/dev/null 2>&1
}

# Everything with one compiler, in a shell and a directory of its own.
check() ( # compiler of C, compiler of C++
    local compiler=$1 what='address and undefined sanitizers'
    local sanitize=(-O1 -fsanitize=address,undefined -fno-sanitize-recover=all)
    work=$work/$compiler
    mkdir "$work"
    check_headers "$compiler" "$2"
    check_objects "$compiler"
    export ASAN_OPTIONS=detect_leaks=1
    if ! can "$compiler" "${sanitize[@]}"; then
        export ASAN_OPTIONS=detect_leaks=0
        what+=', leaks not looked for (LeakSanitizer does not run here)'
    fi
    if ! can "$compiler" "${sanitize[@]}"; then
        say "$compiler: no runtime of the address sanitizer, left out; undefined behaviour traps"
        sanitize=(-O1 -fsanitize=undefined -fsanitize-trap=undefined)
        what='undefined behaviour traps'
    fi
    run_cases "$compiler" "$what" "${sanitize[@]}"
    run_cases "$compiler" "$what, portable loops" "${sanitize[@]}" -DTCE_PORTABLE
    run_cases "$compiler" 'optimised' -O3 -DNDEBUG
    exit "$failed"
)

names=("$@")
running=()
check_ids
for pair in gcc:g++ clang:clang++; do
    compiler=${pair%:*}
    if ! command -v "$compiler" >/dev/null; then
        say "$compiler: not installed, left out"
        continue
    fi
    check "$compiler" "${pair#*:}" >"$work/$compiler.out" 2>&1 &
    running+=("$!:$compiler")
done
[ ${#running[@]} -gt 0 ] || fail 'neither gcc nor clang is installed'
for job in ${running[@]+"${running[@]}"}; do
    wait "${job%%:*}" || failed=1
    cat "$work/${job#*:}.out"
done
exit "$failed"
