/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the C cases without Swift: `ccases [-v] [NAME...]`; all of them, or those named. */
#include "CTceCases.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool wanted(const char *name, int count, char **names)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return count == 0;
}

int main(int argc, char **argv)
{
    bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
    int first = verbose ? 2 : 1;
    unsigned passed = 0, failed = 0;
    for (size_t i = 0; i < tce_case_count(); i++) {
        char message[512];
        if (!wanted(tce_case_name(i), argc - first, argv + first))
            continue;
        int status = tce_case_run(i, message, sizeof message);
        if (status == 0)
            passed++;
        else
            failed++;
        if (status != 0)
            printf("FAILED %s: %s\n  %s\n", tce_case_name(i), tce_case_rule(i), message);
        else if (verbose)
            printf("passed %s: %s\n", tce_case_name(i), tce_case_rule(i));
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0 || passed == 0;
}
