/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When the last events of the trace ended, and so from which cycle on the next one may start: when all those far enough
 * before it are done. [window] Not API. Model.
 */
#ifndef TCE__TIME_UNDER_WAY_H
#define TCE__TIME_UNDER_WAY_H

#include "internal.h"

/* Of an event whose end is not known: this, and who it is. */
#define TCE__PENDING (UINT64_C(1) << 63)

typedef struct tce__under_way {
    uint64_t *ends;             /* by number of the event: the cycle from which on it is done, or TCE__PENDING | ... */
    uint64_t mask;
    uint64_t most;              /* events under way at once */
    uint64_t first;             /* the first event whose end is not in `floor` */
    uint64_t floor;             /* no event that comes now starts before this cycle */
} tce__under_way;

bool tce__under_way_open(tce__under_way *u, uint64_t most);    /* false: no memory */
void tce__under_way_close(tce__under_way *u);

static inline void tce__under_way_set(tce__under_way *u, uint64_t event, uint64_t end)
{
    u->ends[event & u->mask] = end;
}

/* The end that the event waits for first, if it may not come yet: TCE__PENDING | ...; else 0, and the floor is its. */
static inline uint64_t tce__under_way_held(tce__under_way *u, uint64_t event)
{
    while (u->first + u->most < event) {
        const uint64_t end = u->ends[u->first & u->mask];
        if ((end & TCE__PENDING) != 0)
            return end;
        if (end > u->floor)
            u->floor = end;
        u->first++;
    }
    return 0;
}

#endif
