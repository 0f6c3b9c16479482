/* SPDX-License-Identifier: Apache-2.0 */
/* Not API. Model. */
#ifndef TCE__TIME_CACHE_H
#define TCE__TIME_CACHE_H

#include "tce_time_stats.h"
#include "time_pool.h"

/* A line is named by its window (tce__cache_name; never 0) and the TCE's index / tces_per_line. */
typedef struct tce__line {
    uint64_t window;            /* 0: invalid */
    uint64_t number;
    uint64_t used;              /* number of the last look-up that hit it or joined its fetch */
} tce__line;

typedef struct tce__fetch {
    uint64_t window, number, used;
    uint64_t begin, end;        /* begin may still be to come: it waits for a slot */
    bool killed;                /* fills nothing, is joined no more */
} tce__fetch;

/* What leaves the cache at the end of a call, or with a window. */
typedef struct tce__kill {
    uint64_t cycle;
    uint64_t window;            /* 0: all of them */
    uint64_t first, last;       /* lines */
} tce__kill;

typedef struct tce__cache {
    tce__line *lines;
    uint64_t sets, ways, slots;
    uint64_t fetch_cycles, hit_cycles;
    uint32_t line_log2;
    uint64_t lookups;           /* made */
    tce__fetch *fetches;        /* ring */
    size_t fetch_head, fetch_count, fetch_capacity;
    uint64_t fetched;           /* fetches there have been */
    uint64_t *slot_ends;        /* the cycle from which each slot serves; taken in turn */
    tce__heap kills;
    tce__pool kill_pool;
    uint64_t kill_number;
} tce__cache;

bool tce__cache_open(tce__cache *cache, const tce_time_config *c);     /* false: no memory; still to be closed */
void tce__cache_close(tce__cache *cache);

/* Notes a kill of a cycle that has not been simulated yet. false: no memory. */
bool tce__cache_kill(tce__cache *cache, uint64_t cycle, uint64_t window, uint64_t first, uint64_t last);

/* Applies the kills and the ends of fetches up to a cycle, that cycle's too. */
void tce__cache_advance(tce__cache *cache, uint64_t cycle, tce_time_phb_stats *stats);

/*
 * A look-up in a cycle up to which the cache has been advanced: the cycle of its answer; TCE__NEVER: no memory. What the
 * TLP waits for is added to the stages.
 */
uint64_t tce__cache_lookup(tce__cache *cache, uint64_t cycle, uint64_t window, uint64_t index, tce_time_phb_stats *stats,
                           uint64_t *stages);

#endif
