/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TCE cache of a PHB, its fetches and its fetch slots: what one look-up after another, in time order, finds there
 * (docs/time-model.md, step 4). Model.
 */
#include "time_cache.h"

#include <stdlib.h>
#include <string.h>

bool tce__cache_open(tce__cache *cache, const tce_time_config *c)
{
    *cache = (tce__cache){
        .ways = c->cache_ways,
        .sets = c->cache_entries / (c->cache_ways * c->tces_per_line),
        .slots = c->fetch_slots,
        .fetch_cycles = c->walk_levels * c->memory_latency,
        .hit_cycles = c->hit_cycles,
    };
    /* A fetch takes a cycle at least. [cycle-order] */
    if (cache->fetch_cycles == 0)
        cache->fetch_cycles = 1;
    while ((UINT64_C(1) << cache->line_log2) < c->tces_per_line)
        cache->line_log2++;
    tce__pool_open(&cache->kill_pool, sizeof(tce__kill));
    cache->lines = calloc((size_t)(cache->sets * cache->ways), sizeof *cache->lines);
    cache->slot_ends = calloc((size_t)cache->slots, sizeof *cache->slot_ends);
    return cache->lines != NULL && cache->slot_ends != NULL;
}

void tce__cache_close(tce__cache *cache)
{
    free(cache->lines);
    free(cache->slot_ends);
    free(cache->fetches);
    tce__heap_close(&cache->kills);
    tce__pool_close(&cache->kill_pool);
}

/* --- Lines --- */

static tce__line *set_of(const tce__cache *cache, uint64_t number)
{
    return cache->lines + number % cache->sets * cache->ways;
}

static tce__line *find_line(const tce__cache *cache, uint64_t window, uint64_t number)
{
    tce__line *set = set_of(cache, number);
    for (uint64_t i = 0; i < cache->ways; i++) {
        if (set[i].number == number && set[i].window == window)
            return &set[i];
    }
    return NULL;
}

/* [fill] [evict] */
static void fill(tce__cache *cache, const tce__fetch *f, tce_time_phb_stats *stats)
{
    tce__line *set = set_of(cache, f->number), *victim = NULL;
    for (uint64_t i = 0; i < cache->ways; i++) {
        if (set[i].window == 0) {
            victim = &set[i];
            break;
        }
        if (victim == NULL || set[i].used < victim->used)
            victim = &set[i];
    }
    stats->fills++;
    stats->evictions += victim->window != 0;
    *victim = (tce__line){.window = f->window, .number = f->number, .used = f->used};
}

/* --- Fetches: a ring in the order in which they begin, which is that in which they end --- */

static tce__fetch *fetch_at(const tce__cache *cache, size_t place)
{
    return &cache->fetches[(cache->fetch_head + place) & (cache->fetch_capacity - 1)];
}

/* The fetch of a line that can be joined. The last ones are the likeliest. */
static tce__fetch *find_fetch(const tce__cache *cache, uint64_t window, uint64_t number)
{
    for (size_t place = cache->fetch_count; place-- > 0;) {
        tce__fetch *f = fetch_at(cache, place);
        if (f->number == number && f->window == window && !f->killed)
            return f;
    }
    return NULL;
}

static bool grow_fetches(tce__cache *cache)
{
    const size_t capacity = cache->fetch_capacity == 0 ? 64 : cache->fetch_capacity * 2;
    tce__fetch *fetches = malloc(capacity * sizeof *fetches);
    if (fetches == NULL)
        return false;
    for (size_t i = 0; i < cache->fetch_count; i++)
        fetches[i] = *fetch_at(cache, i);
    free(cache->fetches);
    cache->fetches = fetches;
    cache->fetch_capacity = capacity;
    cache->fetch_head = 0;
    return true;
}

/* --- Kills --- */

static void kill_lines(tce__cache *cache, const tce__kill *k, tce_time_phb_stats *stats)
{
    const uint64_t count = k->last - k->first + 1, all = cache->sets * cache->ways;
    /* The shorter way: the lines that are named, or those that there are. */
    if (k->window != 0 && count != 0 && count <= all / cache->ways) {
        for (uint64_t number = k->first; number <= k->last; number++) {
            tce__line *line = find_line(cache, k->window, number);
            if (line != NULL) {
                line->window = 0;
                stats->kills++;
            }
        }
    } else {
        for (uint64_t i = 0; i < all; i++) {
            tce__line *line = &cache->lines[i];
            if (line->window != 0 &&
                (k->window == 0 || (line->window == k->window && line->number >= k->first && line->number <= k->last))) {
                line->window = 0;
                stats->kills++;
            }
        }
    }
    /* [kill-in-flight]: what was begun in an earlier cycle. Those that have ended are out of the ring. */
    for (size_t place = 0; place < cache->fetch_count; place++) {
        tce__fetch *f = fetch_at(cache, place);
        if (f->begin >= k->cycle)
            break;
        if (!f->killed && (k->window == 0 || (f->window == k->window && f->number >= k->first && f->number <= k->last))) {
            f->killed = true;
            stats->kills_in_flight++;
        }
    }
}

bool tce__cache_kill(tce__cache *cache, uint64_t cycle, uint64_t window, uint64_t first, uint64_t last)
{
    uint32_t index = tce__pool_take(&cache->kill_pool);
    if (index == TCE__NONE)
        return false;
    ((tce__kill *)(void *)cache->kill_pool.items)[index] =
        (tce__kill){.cycle = cycle, .window = window, .first = first, .last = last};
    return tce__heap_push(&cache->kills, cycle, cache->kill_number++, index);
}

void tce__cache_advance(tce__cache *cache, uint64_t cycle, tce_time_phb_stats *stats)
{
    for (;;) {
        const uint64_t kill = cache->kills.count == 0 ? TCE__NEVER : cache->kills.items[0].key;
        const uint64_t end = cache->fetch_count == 0 ? TCE__NEVER : fetch_at(cache, 0)->end;
        /* Inside one cycle kills come first. [cycle-order] */
        if (kill <= end && kill <= cycle && kill != TCE__NEVER) {
            const uint32_t index = tce__heap_pop(&cache->kills).value;
            const tce__kill k = ((tce__kill *)(void *)cache->kill_pool.items)[index];
            tce__pool_give(&cache->kill_pool, index);
            kill_lines(cache, &k, stats);
        } else if (end <= cycle && end != TCE__NEVER) {
            const tce__fetch f = *fetch_at(cache, 0);
            cache->fetch_head = (cache->fetch_head + 1) & (cache->fetch_capacity - 1);
            cache->fetch_count--;
            if (!f.killed)
                fill(cache, &f, stats);
        } else {
            return;
        }
    }
}

/* --- Look-ups --- */

uint64_t tce__cache_lookup(tce__cache *cache, uint64_t cycle, uint64_t window, uint64_t index, tce_time_phb_stats *stats,
                           uint64_t *stages)
{
    const uint64_t number = index >> cache->line_log2, lookup = ++cache->lookups;
    stats->lookups++;
    tce__line *line = find_line(cache, window, number);
    if (line != NULL) {
        line->used = lookup;
        stats->hits++;
        stages[TCE_STAGE_HIT] += cache->hit_cycles;
        return cycle + cache->hit_cycles;
    }
    tce__fetch *joined = find_fetch(cache, window, number);
    if (joined != NULL) {
        joined->used = lookup;
        stats->joined++;
        stats->joined_queued += joined->begin >= cycle;
        stages[TCE_STAGE_JOIN] += joined->end - cycle;
        return joined->end;
    }
    stats->misses++;
    if (cache->fetch_count == cache->fetch_capacity && !grow_fetches(cache))
        return TCE__NEVER;
    /* Fetch k has the slot that fetch k - slots leaves, from the cycle after its end. [slot-wait] */
    uint64_t *slot = &cache->slot_ends[cache->fetched++ % cache->slots];
    const uint64_t begin = *slot > cycle ? *slot : cycle;
    const uint64_t end = begin + cache->fetch_cycles;
    *slot = end + 1;
    stats->slot_waits += begin > cycle;
    stats->fetch_busy_cycles += cache->fetch_cycles;
    stages[TCE_STAGE_SLOT_WAIT] += begin - cycle;
    stages[TCE_STAGE_FETCH] += cache->fetch_cycles;
    *fetch_at(cache, cache->fetch_count++) =
        (tce__fetch){.window = window, .number = number, .begin = begin, .end = end, .used = lookup};
    const uint64_t in_use = cache->fetch_count < cache->slots ? cache->fetch_count : cache->slots;
    if (in_use > stats->slots_peak)
        stats->slots_peak = in_use;
    return end;
}
