/* SPDX-License-Identifier: Apache-2.0 */
/* The ends of the last events (time_under_way.h). Model. */
#include "time_under_way.h"

#include <stdlib.h>

bool tce__under_way_open(tce__under_way *u, uint64_t most)
{
    uint64_t places = 2;
    while (places <= most)      /* those under way, and the next one */
        places *= 2;
    *u = (tce__under_way){.mask = places - 1, .most = most};
    u->ends = calloc((size_t)places, sizeof *u->ends);
    return u->ends != NULL;
}

void tce__under_way_close(tce__under_way *u)
{
    free(u->ends);
    u->ends = NULL;
}
