/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the time model counts, as it is kept while it runs (tce_time_stats.h is what others see). Not API. Model.
 */
#ifndef TCE__TIME_STATS_H
#define TCE__TIME_STATS_H

#include "tce_event.h"
#include "tce_time_stats.h"
#include "time_pool.h"

/* --- Groups (time_groups.c) --- */

/* Bins in one piece, which is allocated when the first of them counts: those of a power of two. */
#define TCE__BIN_PIECE_LOG2 7u
#define TCE__BIN_PIECES (TCE_BIN_COUNT >> TCE__BIN_PIECE_LOG2)

/* One of these for each direction and fault. */
#define TCE__GROUPS (TCE_TIME_DIRECTION_COUNT * TCE_FAULT_COUNT)

typedef struct tce__group {
    tce_time_group counted;
    uint64_t *bins[TCE__BIN_PIECES];
} tce__group;

/* Who it is of. The last one is for the others. */
typedef struct tce__grouped {
    uint64_t buid, liobn;
    uint32_t requester;
    uint32_t count;                     /* groups that there are */
    tce__group *groups[TCE__GROUPS];    /* NULL: no transaction */
} tce__grouped;

typedef struct tce__groups {
    tce__grouped *of[TCE_TIME_REQUESTERS + 1];  /* NULL: no transaction */
    uint32_t count;                     /* groups that there are, of all */
} tce__groups;

/* A transaction that is done. */
typedef struct tce__outcome {
    uint32_t requester;                 /* its number */
    tce_time_direction direction;
    uint32_t fault;                     /* tce_fault */
    bool overtaken;
    uint64_t bytes, tlps, wait_cycles, start, done;
} tce__outcome;

/* Who a requester is, before its first transaction is done. false: no memory. */
bool tce__groups_name(tce__groups *groups, uint32_t requester, uint64_t buid, uint64_t liobn, uint32_t id);
bool tce__groups_count(tce__groups *groups, const tce__outcome *o);    /* false: no memory */
void tce__groups_close(tce__groups *groups);

/* --- Intervals (time_intervals.c) --- */

typedef struct tce__intervals {
    uint64_t width;                     /* 0: nothing is counted */
    tce_time_interval *items;           /* those that are not empty, in order */
    size_t count;
    size_t last;                        /* the one that counted last: mostly the next, too */
} tce__intervals;

void tce__intervals_transaction(tce__intervals *intervals, const tce__outcome *o);
void tce__intervals_call(tce__intervals *intervals, uint64_t start, uint64_t end);

/* --- Calls (time_stats.c) --- */

/* Calls of one kind; their parts in millionths of a cycle, two words each. */
typedef struct tce__calls {
    uint64_t calls, cycles, wait_cycles, exits;
    uint64_t high[TCE_TIME_PART_COUNT], low[TCE_TIME_PART_COUNT];
} tce__calls;

/* A part of what a call costs, in millionths of a cycle, is counted, and added to *cost. */
static inline void tce__calls_add(tce__calls *calls, uint64_t *cost, tce_time_part part, uint64_t more)
{
    calls->low[part] += more;
    calls->high[part] += calls->low[part] < more;
    *cost += more;
}

/* The cycles that a call takes, all of whose parts have been added; it is counted. */
uint64_t tce__calls_count(tce__calls *calls, uint64_t cost, bool exits);

#endif
