/* SPDX-License-Identifier: Apache-2.0 */
/* What bench/peers/guest.c has a guest do, by calls of the C API: lines of "name calls nanoseconds-a-call". */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <time.h>

#include "Loads.h"

static double nanoseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void report(const char *name, size_t calls, double start)
{
    printf("%s %zu %.1f\n", name, calls, (nanoseconds() - start) / (double)calls);
}

int main(void)
{
    tce_machine *m = load_machine(TCE_PLATFORM_QEMU, UINT64_C(1) << 30);
    uint64_t sum = 0;
    if (m == NULL)
        return 1;
    for (int round = 0; round < 3; round++) {
        double start = nanoseconds();
        sum += load_puts(m, 1000000);
        report("H_PUT_TCE", 1000000, start);
        start = nanoseconds();
        sum += load_lists(m, 512, 100000);
        report("H_PUT_TCE_INDIRECT/512", 100000, start);
        start = nanoseconds();
        sum += load_stuffs(m, 0, 512, 100000);
        report("H_STUFF_TCE/512", 100000, start);
    }
    tce_machine_destroy(m);
    return sum == 1;
}
