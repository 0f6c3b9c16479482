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
        .next_change = TCE__NEVER,
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
    cache->sets_are_power_of_two = (cache->sets & (cache->sets - 1)) == 0;
    tce__pool_open(&cache->kill_pool, sizeof(tce__kill));
    cache->lines = calloc((size_t)(cache->sets * cache->ways), sizeof *cache->lines);
    for (uint32_t i = 0; i < TCE__CACHE_RECENT; i++)
        cache->recent[i] = cache->lines;
    cache->slot_ends = calloc((size_t)cache->slots, sizeof *cache->slot_ends);
    return cache->lines != NULL && cache->slot_ends != NULL;
}

void tce__cache_close(tce__cache *cache)
{
    free(cache->lines);
    free(cache->slot_ends);
    free(cache->fetches);
    free(cache->buckets);
    tce__queue_close(&cache->kills);
    tce__pool_close(&cache->kill_pool);
}

/* --- Lines --- */

static tce__line *set_of(const tce__cache *cache, uint64_t number)
{
    const uint64_t set = cache->sets_are_power_of_two ? number & (cache->sets - 1) : number % cache->sets;
    return cache->lines + set * cache->ways;
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
    tce__line *set = set_of(cache, f->number), *victim = set;
    for (uint64_t i = 0; i < cache->ways; i++) {
        if (set[i].window == 0) {
            victim = &set[i];
            break;
        }
        if (set[i].used < victim->used)
            victim = &set[i];
    }
    stats->fills++;
    stats->evictions += victim->window != 0;
    *victim = (tce__line){.window = f->window, .number = f->number, .used = f->used};
    cache->recent[f->number % TCE__CACHE_RECENT] = victim;
}

/* --- Fetches --- */

static tce__fetch *fetch_at(const tce__cache *cache, uint64_t fetch)
{
    return &cache->fetches[fetch & cache->fetch_mask];
}

static uint64_t *bucket_of(const tce__cache *cache, uint64_t window, uint64_t number)
{
    const uint64_t hash = (number ^ window << 32) * UINT64_C(0x9E3779B97F4A7C15);
    return &cache->buckets[(hash >> 32) & cache->fetch_mask];
}

/* The fetch of a line that can be joined: of those of one line that have not ended only the last one can be. */
static tce__fetch *find_fetch(tce__cache *cache, uint64_t window, uint64_t number)
{
    uint64_t next = cache->fetch_first == cache->fetch_next ? 0 : *bucket_of(cache, window, number);
    while (next > cache->fetch_first) {
        tce__fetch *f = fetch_at(cache, next - 1);
        if (f->number == number && f->window == window) {
            cache->fetch_recent = next - 1;
            return f->killed ? NULL : f;
        }
        next = f->before;
    }
    return NULL;
}

/* The fetch takes its place in its bucket. */
static void file_fetch(tce__cache *cache, uint64_t fetch)
{
    tce__fetch *f = fetch_at(cache, fetch);
    uint64_t *bucket = bucket_of(cache, f->window, f->number);
    f->before = *bucket;
    *bucket = fetch + 1;
}

static bool grow_fetches(tce__cache *cache)
{
    const uint64_t capacity = cache->fetches == NULL ? 64 : (cache->fetch_mask + 1) * 2;
    tce__fetch *fetches = malloc((size_t)capacity * sizeof *fetches);
    uint64_t *buckets = calloc((size_t)capacity, sizeof *buckets);
    if (fetches == NULL || buckets == NULL) {
        free(fetches);
        free(buckets);
        return false;
    }
    for (uint64_t i = cache->fetch_first; i < cache->fetch_next; i++)
        fetches[i & (capacity - 1)] = *fetch_at(cache, i);
    free(cache->fetches);
    free(cache->buckets);
    cache->fetches = fetches;
    cache->buckets = buckets;
    cache->fetch_mask = capacity - 1;
    for (uint64_t i = cache->fetch_first; i < cache->fetch_next; i++)
        file_fetch(cache, i);
    return true;
}

/* --- Kills --- */

static bool is_killed(const tce__kill *k, uint64_t window, uint64_t number)
{
    return k->window == 0 || (window == k->window && number >= k->first && number <= k->last);
}

static void kill_line(tce__line *line, tce_time_phb_stats *stats)
{
    line->window = 0;
    stats->kills++;
}

static void kill_lines(tce__cache *cache, const tce__kill *k, uint64_t cycle, tce_time_phb_stats *stats)
{
    const uint64_t count = k->last - k->first + 1, all = cache->sets * cache->ways;
    /* The shorter way: the lines that are named, or those that there are. */
    if (k->window != 0 && count != 0 && count <= cache->sets) {
        for (uint64_t number = k->first; number <= k->last; number++) {
            tce__line *line = find_line(cache, k->window, number);
            if (line != NULL)
                kill_line(line, stats);
        }
    } else {
        for (uint64_t i = 0; i < all; i++) {
            if (cache->lines[i].window != 0 && is_killed(k, cache->lines[i].window, cache->lines[i].number))
                kill_line(&cache->lines[i], stats);
        }
    }
    /* [kill-in-flight]: what was begun in an earlier cycle. Those that have ended are out of the ring. */
    for (uint64_t i = cache->fetch_first; i < cache->fetch_next && fetch_at(cache, i)->begin < cycle; i++) {
        tce__fetch *f = fetch_at(cache, i);
        if (!f->killed && is_killed(k, f->window, f->number)) {
            f->killed = true;
            stats->kills_in_flight++;
        }
    }
}

bool tce__cache_kill(tce__cache *cache, uint64_t cycle, uint64_t window, uint64_t first, uint64_t last)
{
    const uint32_t index = tce__pool_take(&cache->kill_pool);
    if (index == TCE__NONE)
        return false;
    ((tce__kill *)(void *)cache->kill_pool.items)[index] =
        (tce__kill){.window = window, .first = first, .last = last};
    if (cycle < cache->next_change)
        cache->next_change = cycle;
    return tce__queue_push(&cache->kills, cycle, cache->kill_number++, index);
}

void tce__cache_advance(tce__cache *cache, uint64_t cycle, tce_time_phb_stats *stats)
{
    for (;;) {
        const uint64_t kill = tce__queue_key(&cache->kills);
        const uint64_t end =
            cache->fetch_first == cache->fetch_next ? TCE__NEVER : fetch_at(cache, cache->fetch_first)->end;
        /* Inside one cycle kills come first. [cycle-order] */
        if (kill <= end && kill <= cycle && kill != TCE__NEVER) {
            const uint32_t index = cache->kills.first.value;
            tce__queue_drop(&cache->kills);
            const uint32_t expected = tce__queue_expected(&cache->kills);
            if (expected != TCE__NONE)
                __builtin_prefetch(cache->kill_pool.items + expected * sizeof(tce__kill));
            const tce__kill k = ((tce__kill *)(void *)cache->kill_pool.items)[index];
            tce__pool_give(&cache->kill_pool, index);
            kill_lines(cache, &k, kill, stats);
        } else if (end <= cycle && end != TCE__NEVER) {
            const tce__fetch *f = fetch_at(cache, cache->fetch_first++);
            if (!f->killed)
                fill(cache, f, stats);
        } else {
            cache->next_change = kill < end ? kill : end;
            return;
        }
    }
}

/* --- Look-ups --- */

static uint64_t begin_fetch(tce__cache *cache, uint64_t cycle, uint64_t window, uint64_t number,
                            tce_time_phb_stats *stats, uint64_t *stages)
{
    const uint64_t before = cache->fetch_next - cache->fetch_first;
    if ((cache->fetches == NULL || before == cache->fetch_mask + 1) && !grow_fetches(cache))
        return TCE__NEVER;
    /* Fetch k has the slot that fetch k - slots leaves, from the cycle after its end. [slot-wait] */
    uint64_t *slot = &cache->slot_ends[cache->slot];
    cache->slot = cache->slot + 1 == cache->slots ? 0 : cache->slot + 1;
    const uint64_t begin = *slot > cycle ? *slot : cycle, end = begin + cache->fetch_cycles;
    const uint64_t in_use = before < cache->slots ? before + 1 : cache->slots;
    *slot = end + 1;
    stats->misses++;
    stats->slot_waits += begin > cycle;
    stats->fetch_busy_cycles += cache->fetch_cycles;
    if (in_use > stats->slots_peak)
        stats->slots_peak = in_use;
    stages[TCE_STAGE_SLOT_WAIT] += begin - cycle;
    stages[TCE_STAGE_FETCH] += cache->fetch_cycles;
    if (end < cache->next_change)
        cache->next_change = end;
    *fetch_at(cache, cache->fetch_next) =
        (tce__fetch){.window = window, .number = number, .begin = begin, .end = end, .used = cache->lookups};
    cache->fetch_recent = cache->fetch_next;
    file_fetch(cache, cache->fetch_next++);
    return end;
}

/* The fetch that was joined or begun last, if it is the line's: then the cache does not hold the line. */
static tce__fetch *recent_fetch(const tce__cache *cache, uint64_t window, uint64_t number)
{
    if (cache->fetch_recent < cache->fetch_first || cache->fetch_recent >= cache->fetch_next)
        return NULL;
    tce__fetch *f = fetch_at(cache, cache->fetch_recent);
    return f->number == number && f->window == window && !f->killed ? f : NULL;
}

uint64_t tce__cache_search(tce__cache *cache, uint64_t cycle, uint64_t window, uint64_t number,
                           tce_time_phb_stats *stats, uint64_t *stages)
{
    tce__fetch *joined = recent_fetch(cache, window, number);
    tce__line *line = joined != NULL ? NULL : find_line(cache, window, number);
    if (line != NULL) {
        cache->recent[number % TCE__CACHE_RECENT] = line;
        line->used = cache->lookups;
        stats->hits++;
        stages[TCE_STAGE_HIT] += cache->hit_cycles;
        return cycle + cache->hit_cycles;
    }
    if (joined == NULL)
        joined = find_fetch(cache, window, number);
    if (joined == NULL)
        return begin_fetch(cache, cycle, window, number, stats, stages);
    joined->used = cache->lookups;
    stats->joined++;
    stats->joined_queued += joined->begin >= cycle;
    stages[TCE_STAGE_JOIN] += joined->end - cycle;
    return joined->end;
}
