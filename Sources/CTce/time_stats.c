/* SPDX-License-Identifier: Apache-2.0 */
/* What the time model has counted: the catalogue, totals, calls, PHBs, stages. Model. */
#include "time.h"

#include <stddef.h>

/* --- The catalogue --- */

#define FIELD(field_, unit_, text_) {.key = #field_, .unit = (unit_), .text = (text_)},

static const tce_time_counter totals[] = {TCE_TIME_STATS(FIELD)};
static const tce_time_counter of_phb[] = {TCE_TIME_PHB_STATS(FIELD)};
static const tce_time_counter of_group[] = {TCE_TIME_GROUP_STATS(FIELD)};
static const tce_time_counter of_call[] = {TCE_TIME_CALL_STATS(FIELD)};
static const tce_time_counter of_interval[] = {TCE_TIME_INTERVAL_STATS(FIELD)};

static const tce_time_counter kinds[] = {
#define TCE_X(name_, value_, key_, text_) [value_] = {.key = (key_), .unit = "calls", .text = (text_)},
    TCE_TIME_CALL_KINDS(TCE_X)
#undef TCE_X
};

static const tce_time_counter parts[] = {
#define TCE_X(name_, value_, key_, text_) [value_] = {.key = (key_), .unit = "cycles", .text = (text_)},
    TCE_TIME_PARTS(TCE_X)
#undef TCE_X
};

static const tce_time_counter stages[] = {
#define TCE_X(name_, value_, key_, waits_, text_) \
    [value_] = {.key = (key_), .unit = "cycles", .text = (text_), .waits = (waits_)},
    TCE_TIME_STAGES(TCE_X)
#undef TCE_X
};

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

_Static_assert(sizeof(tce_time_stats) == COUNT(totals) * sizeof(uint64_t), "a field for each counter");
_Static_assert(offsetof(tce_time_phb_stats, buid) == COUNT(of_phb) * sizeof(uint64_t), "counters first");
_Static_assert(offsetof(tce_time_group, buid) == COUNT(of_group) * sizeof(uint64_t), "counters first");
_Static_assert(offsetof(tce_time_calls, parts) == COUNT(of_call) * sizeof(uint64_t), "counters first");
_Static_assert(sizeof(tce_time_interval) == COUNT(of_interval) * sizeof(uint64_t), "a field for each counter");
_Static_assert(COUNT(kinds) == TCE_TIME_CALL_KIND_COUNT, "kinds of calls");
_Static_assert(COUNT(parts) == TCE_TIME_PART_COUNT, "parts of a cost");
_Static_assert(COUNT(stages) == TCE_TIME_STAGE_COUNT, "stages of a TLP");

const tce_time_counter *tce_time_counter_at(tce_time_catalogue catalogue, uint32_t index)
{
    static const struct {
        const tce_time_counter *items;
        uint32_t count;
    } all[] = {
        [TCE_CATALOGUE_TOTALS] = {totals, COUNT(totals)},
        [TCE_CATALOGUE_PHB] = {of_phb, COUNT(of_phb)},
        [TCE_CATALOGUE_GROUP] = {of_group, COUNT(of_group)},
        [TCE_CATALOGUE_CALL] = {of_call, COUNT(of_call)},
        [TCE_CATALOGUE_INTERVAL] = {of_interval, COUNT(of_interval)},
        [TCE_CATALOGUE_CALL_KINDS] = {kinds, COUNT(kinds)},
        [TCE_CATALOGUE_PARTS] = {parts, COUNT(parts)},
        [TCE_CATALOGUE_STAGES] = {stages, COUNT(stages)},
    };
    return catalogue < COUNT(all) && index < all[catalogue].count ? &all[catalogue].items[index] : NULL;
}

/* --- Totals, PHBs, stages --- */

tce_time_stats tce_time_statistics(const tce_time *t)
{
    tce_time_stats sum = t->stats;
    for (uint32_t i = 0; i < t->phb_count; i++) {
        const tce_time_phb_stats *s = &t->phbs[i]->stats;
#define TCE_X(field, unit, text) sum.field += s->field;
        TCE_TIME_PHB_SUMS(TCE_X)
#undef TCE_X
    }
    for (uint32_t kind = 0; kind < TCE_TIME_CALL_KIND_COUNT; kind++) {
        sum.calls += t->calls[kind].calls;
        sum.call_cycles += t->calls[kind].cycles;
        sum.exits += t->calls[kind].exits;
    }
    return sum;
}

uint32_t tce_time_phb_count(const tce_time *t)
{
    return t->phb_count;
}

bool tce_time_phb_at(const tce_time *t, uint32_t index, tce_time_phb_stats *stats)
{
    if (index >= t->phb_count)
        return false;
    *stats = t->phbs[index]->stats;
    return true;
}

uint64_t tce_time_stage_cycles(const tce_time *t, tce_time_stage stage)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; stage < TCE_TIME_STAGE_COUNT && i < t->phb_count; i++)
        sum += t->phbs[i]->stages[stage];
    return sum;
}

/* --- Calls --- */

__extension__ typedef unsigned __int128 wide;

#define MILLION UINT64_C(1000000)

uint64_t tce__calls_count(tce__calls *calls, uint64_t cost, bool exits)
{
    uint64_t cycles = (cost + MILLION / 2) / MILLION;   /* [round] */
    cycles = cycles == 0 ? 1 : cycles;
    calls->calls++;
    calls->cycles += cycles;
    calls->exits += exits;
    return cycles;
}

tce_time_calls tce_time_calls_of(const tce_time *t, tce_time_call_kind kind)
{
    tce_time_calls calls = {.calls = 0};
    if (kind >= TCE_TIME_CALL_KIND_COUNT)
        return calls;
    const tce__calls *from = &t->calls[kind];
#define TCE_X(field, unit, text) calls.field = from->field;
    TCE_TIME_CALL_STATS(TCE_X)
#undef TCE_X
    for (uint32_t i = 0; i < TCE_TIME_PART_COUNT; i++) {
        const wide part = (wide)from->high[i] << 64 | from->low[i];
        calls.parts[i] = (uint64_t)(part / MILLION);
        calls.millionths[i] = (uint32_t)(part % MILLION);
    }
    return calls;
}
