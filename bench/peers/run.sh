#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Other programs that do a part of the same, in turn with ours, several rounds. What is not installed is left out with
# a line that says so.
#   - QEMU's own hcalls: a guest of ours (guest.c) makes them on pseries without KVM. A call that no machine has is
#     measured beside them, and taken off: what is left is the work of the hcall itself. The best of all rounds is
#     printed, because the guest's clock does not stop while the machine does something else.
#   - gzip and zcat, which unpack a trace, against `info --verify` and `replay --functional`, which read it. The median.
# Usage: bench/peers/run.sh [EVENTS [ROUNDS]]
set -euo pipefail
cd "$(dirname "$0")/../.."
events=${1:-5000000} rounds=${2:-5}
tool=${TCE_EMU:-.build/release/tce-emu}
work=$(mktemp -d)
guest_pid=
trap '[ -z "$guest_pid" ] || kill "$guest_pid" 2>/dev/null; rm -rf "$work"' EXIT

skip() { printf 'left out: %s\n' "$1"; }

# The guest's firmware, by whichever compiler makes big-endian ppc64.
build_guest() {
    local flags=(-O2 -ffreestanding -nostdlib -static -mabi=elfv2 -mcpu=power8 -mno-altivec -mno-vsx -fno-pic
        -fno-stack-protector -Wl,-T,bench/peers/guest.ld -Wl,--oformat=binary bench/peers/entry.S bench/peers/guest.c
        -o "$work/guest.bin")
    powerpc64-linux-gnu-gcc "${flags[@]}" -Wl,--build-id=none 2>/dev/null ||
        powerpc64le-linux-gnu-gcc -mbig "${flags[@]}" -Wl,--build-id=none 2>/dev/null ||
        clang --target=powerpc64-unknown-linux -fuse-ld=lld "${flags[@]}" 2>/dev/null
}

# The guest does not end by itself: the machine is stopped once it says that it has done everything.
run_guest() { # where its lines go
    qemu-system-ppc64 -M pseries,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off -m 512 \
        -display none -monitor none -net none -serial "file:$1" -bios "$work/guest.bin" </dev/null >/dev/null 2>&1 &
    guest_pid=$!
    for _ in $(seq 1 600); do
        sleep 0.1
        grep -qs '^end' "$1" && break
    done
    kill "$guest_pid" 2>/dev/null || true
    wait "$guest_pid" 2>/dev/null || true
    guest_pid=
    grep -qs '^end' "$1"
}

hcalls() {
    command -v qemu-system-ppc64 >/dev/null || { skip 'QEMU: no qemu-system-ppc64'; return; }
    build_guest || { skip 'QEMU: no compiler and linker for powerpc64 (gcc-powerpc64-linux-gnu, or clang and lld)'; return; }
    cc -std=c11 -O2 -ISources/CTce/include -Ibench/Sources/Loads/include Sources/CTce/*.c bench/Sources/Loads/*.c \
        bench/programs/hcalls.c -o "$work/hcalls" -lz
    for round in $(seq 1 "$rounds"); do
        run_guest "$work/lines" || { skip 'QEMU: the guest did not run'; return; }
        tr -d '\r' <"$work/lines" | awk 'NF >= 3 { print "qemu", $0 }' >>"$work/hcalls.txt"
        "$work/hcalls" | awk '{ print "ours", $0 }' >>"$work/hcalls.txt"
        rm -f "$work/lines"
    done
    grep FAILED "$work/hcalls.txt" && { skip 'QEMU: a call failed'; return; }
    printf '\n%s, %s rounds of 3; ns a call, the best\n' "$(qemu-system-ppc64 --version | head -1)" "$rounds"
    printf '%-26s %12s %14s %12s %8s\n' call QEMU 'less no call' TceEmu ratio
    awk '
        { key = $1 " " $2; if (!(key in best) || $4 < best[key]) best[key] = $4 }
        END {
            none = best["qemu none"]
            printf "%-26s %12.1f\n", "a number that is no hcall", none
            split("H_PUT_TCE H_PUT_TCE_INDIRECT/512 H_STUFF_TCE/512", names, " ")
            for (i = 1; i <= 3; i++) {
                theirs = best["qemu " names[i]]; ours = best["ours " names[i]]
                if (theirs < none * 1.1)    # within what the exit itself varies
                    printf "%-26s %12.1f %14s %12.1f %8s\n", names[i], theirs, "-", ours, "-"
                else
                    printf "%-26s %12.1f %14.1f %12.1f %7.0fx\n", names[i], theirs, theirs - none, ours, (theirs - none) / ours
            }
        }' "$work/hcalls.txt"
}

seconds() { # command
    local start end
    start=$(date +%s%N)
    bash -c "$1" >/dev/null
    end=$(date +%s%N)
    echo $((end - start))
}

unpacking() {
    [ -x "$tool" ] || { skip "gzip: no $tool (make)"; return; }
    command -v gzip >/dev/null || { skip 'gzip: not installed'; return; }
    local file=$work/nic.tcet
    local commands=("gzip -dc $file" "zcat $file | wc -c" "$tool info --verify $file" "$tool replay --functional $file")
    "$tool" generate nic --events "$events" --seed 1 -o "$file"
    for _ in $(seq 1 "$rounds"); do
        for i in "${!commands[@]}"; do echo "$i $(seconds "${commands[$i]}")" >>"$work/times"; done
    done
    printf '\nnic, %s events, %s bytes: wall time, %s rounds\n' "$events" "$(stat -c %s "$file")" "$rounds"
    sort -k1,1n -k2,2n "$work/times" | awk -v events="$events" -v names="gzip -dc;zcat | wc -c;info --verify;replay --functional" '
        { value[$1, ++count[$1]] = $2 }
        END {
            split(names, name, ";")
            for (i = 0; i < 4; i++) {
                t = value[i, int((count[i] + 1) / 2)]
                if (i == 0) first = t
                printf "%-26s %8.2f s %8.1f ns an event %6.2fx\n", name[i + 1], t / 1e9, t / events, t / first
            }
        }'
}

hcalls
unpacking
