/* SPDX-License-Identifier: Apache-2.0 */
/* What happened by intervals of time: those that are not empty, in order, a bounded number of them. Model. */
#include <stdlib.h>
#include <string.h>

#include "time.h"

static void add(uint64_t *sum, uint64_t more)
{
    *sum = more > UINT64_MAX - *sum ? UINT64_MAX : *sum + more;
}

static void merge(tce_time_interval *into, const tce_time_interval *more)
{
    into->transactions += more->transactions;
    into->bytes += more->bytes;
    into->faults += more->faults;
    add(&into->latency_cycles, more->latency_cycles);
    into->calls += more->calls;
    add(&into->call_cycles, more->call_cycles);
}

/* The first cycle of the interval that a cycle is in. */
static uint64_t first_of(const tce__intervals *v, uint64_t cycle)
{
    return cycle - cycle % v->width;
}

/* Makes room for one more: the width doubles until two of them are one. 2^64 cycles are one in the end. */
static void widen(tce__intervals *v)
{
    while (v->count == TCE_TIME_INTERVALS) {
        size_t kept = 0;
        v->width = v->width > UINT64_MAX / 2 ? UINT64_MAX : v->width * 2;
        for (size_t i = 0; i < v->count; i++) {
            tce_time_interval *item = &v->items[i];
            item->first_cycle = first_of(v, item->first_cycle);
            if (kept != 0 && v->items[kept - 1].first_cycle == item->first_cycle)
                merge(&v->items[kept - 1], item);
            else
                v->items[kept++] = *item;
        }
        v->count = kept;
    }
}

/* The first of those that do not begin before a cycle. */
static size_t place_of(const tce__intervals *v, uint64_t first)
{
    size_t low = 0, high = v->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (v->items[middle].first_cycle < first)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static tce_time_interval *interval_of(tce__intervals *v, uint64_t cycle)
{
    tce_time_interval *last = &v->items[v->last];
    if (TCE__LIKELY(v->last < v->count && cycle >= last->first_cycle && cycle - last->first_cycle < v->width))
        return last;
    size_t place = place_of(v, first_of(v, cycle));
    if (place == v->count || v->items[place].first_cycle != first_of(v, cycle)) {
        widen(v);
        place = place_of(v, first_of(v, cycle));
    }
    /* Where the width doubled, it may have one by now. */
    if (place == v->count || v->items[place].first_cycle != first_of(v, cycle)) {
        memmove(&v->items[place + 1], &v->items[place], (v->count - place) * sizeof *v->items);
        v->items[place] = (tce_time_interval){.first_cycle = first_of(v, cycle)};
        v->count++;
    }
    v->last = place;
    return &v->items[place];
}

void tce__intervals_transaction(tce__intervals *v, const tce__outcome *o)
{
    if (v->width == 0)
        return;
    /* In an unshared page the bytes move, but are not the guest's. */
    const bool moved = o->fault == TCE_FAULT_NONE || o->fault == TCE_FAULT_NOT_SHARED;
    tce_time_interval *item = interval_of(v, o->done);
    item->transactions++;
    item->bytes += !moved || o->direction == TCE_TIME_UNKNOWN ? 0 : o->bytes;
    item->faults += o->fault != TCE_FAULT_NONE;
    add(&item->latency_cycles, o->done - o->start);
}

void tce__intervals_call(tce__intervals *v, uint64_t start, uint64_t end)
{
    if (v->width == 0)
        return;
    tce_time_interval *item = interval_of(v, end);
    item->calls++;
    add(&item->call_cycles, end - start);
}

/* --- What others see --- */

tce_err tce_time_set_interval(tce_time *t, uint64_t cycles)
{
    tce__intervals *v = &t->intervals;
    if (cycles != 0 && v->items == NULL) {
        v->items = malloc(TCE_TIME_INTERVALS * sizeof *v->items);
        if (v->items == NULL)
            return TCE_ERR_NO_MEMORY;
    }
    *v = (tce__intervals){.width = cycles, .items = v->items};
    return TCE_OK;
}

uint64_t tce_time_interval_width(const tce_time *t)
{
    return t->intervals.width;
}

size_t tce_time_interval_count(const tce_time *t)
{
    return t->intervals.count;
}

bool tce_time_interval_at(const tce_time *t, size_t index, tce_time_interval *interval)
{
    if (index >= t->intervals.count)
        return false;
    *interval = t->intervals.items[index];
    return true;
}
