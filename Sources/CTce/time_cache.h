/* SPDX-License-Identifier: Apache-2.0 */
/* The TCE cache of a PHB, its fetches and fetch slots. Not API. Model. */
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
    uint64_t before;            /* the one before it in its bucket, + 1; one that has ended: no more */
    bool killed;                /* fills nothing, is joined no more */
} tce__fetch;

/* What leaves the cache at the end of a call, or with a window. */
typedef struct tce__kill {
    uint64_t window;            /* 0: all of them */
    uint64_t first, last;       /* lines */
} tce__kill;

#define TCE__CACHE_RECENT 64u

typedef struct tce__cache {
    tce__line *lines;
    tce__line *recent[TCE__CACHE_RECENT];       /* by number: those that were hit last, whatever they are now */
    uint64_t next_change;       /* before this cycle no fetch ends and nothing is killed */
    uint64_t hit_cycles;
    uint64_t lookups;           /* made */
    uint32_t line_log2;
    bool sets_are_power_of_two;
    uint64_t sets, ways, slots;
    uint64_t fetch_cycles;
    tce__fetch *fetches;        /* ring, by number, in the order in which they begin and end */
    uint64_t fetch_first, fetch_next, fetch_mask;   /* numbers: the first that has not ended, the next one */
    uint64_t fetch_recent;      /* the one that was joined or begun last, whatever became of it */
    uint64_t *buckets;          /* by hash of the line: the last fetch, + 1; as many as places in the ring */
    uint64_t *slot_ends;        /* the cycle from which each slot serves; taken in turn */
    uint64_t slot;              /* whose turn it is */
    tce__queue kills;           /* in kill_pool, by cycle and number */
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
 * A look-up in a cycle up to which the cache has been advanced: the cycle of its answer; TCE__NEVER: no memory. What
 * the TLP waits for is added to the stages.
 */
uint64_t tce__cache_search(tce__cache *cache, uint64_t cycle, uint64_t window, uint64_t number,
                           tce_time_phb_stats *stats, uint64_t *stages);

/* The same in any cycle. */
static inline uint64_t tce__cache_lookup(tce__cache *cache, uint64_t cycle, uint64_t window, uint64_t number,
                                         tce_time_phb_stats *stats, uint64_t *stages)
{
    if (TCE__UNLIKELY(cycle >= cache->next_change))
        tce__cache_advance(cache, cycle, stats);
    stats->lookups++;
    cache->lookups++;
    tce__line *line = cache->recent[number % TCE__CACHE_RECENT];
    if (TCE__LIKELY(line->number == number && line->window == window)) {
        line->used = cache->lookups;
        stats->hits++;
        stages[TCE_STAGE_HIT] += cache->hit_cycles;
        return cycle + cache->hit_cycles;
    }
    return tce__cache_search(cache, cycle, window, number, stats, stages);
}

/*
 * What a look-up found, and the next ones of the same line find until something changes: the line, or a fetch of it
 * that they join.
 */
typedef struct tce__found_line {
    uint64_t until;             /* cycle */
    tce__line *line;            /* NULL: the fetch */
    tce__fetch *fetch;
} tce__found_line;

/* Of the line that has just been looked up. */
static inline tce__found_line tce__cache_found(const tce__cache *cache, uint64_t window, uint64_t number)
{
    tce__line *line = cache->recent[number % TCE__CACHE_RECENT];
    const bool hit = line->number == number && line->window == window;
    return (tce__found_line){
        .until = cache->next_change,
        .line = hit ? line : NULL,
        .fetch = hit ? NULL : &cache->fetches[cache->fetch_recent & cache->fetch_mask],
    };
}

/* So many look-ups found the same again; those that joined waited for so long, and so many of them before it began. */
static inline void tce__cache_repeated(tce__cache *cache, const tce__found_line *found, uint64_t count, uint64_t waited,
                                       uint64_t queued, tce_time_phb_stats *stats, uint64_t *stages)
{
    cache->lookups += count;
    stats->lookups += count;
    if (found->line != NULL) {
        found->line->used = cache->lookups;
        stats->hits += count;
        stages[TCE_STAGE_HIT] += count * cache->hit_cycles;
    } else {
        found->fetch->used = cache->lookups;
        stats->joined += count;
        stats->joined_queued += queued;
        stages[TCE_STAGE_JOIN] += waited;
    }
}

#endif
