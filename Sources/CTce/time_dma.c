/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions from their place in the trace to their end: which TCEs they use and so when they start, and what is
 * counted when one is done (docs/time-model.md). Model.
 */
#include <stdlib.h>

#include "time_plan.h"
#include "translate.h"

#define PAGE_4K UINT64_C(4096)

/* --- A new one --- */

/* Length and direction, assumed where the recording does not tell. [assumed] */
static void shape(const tce_time *t, tce__transaction *x, const tce__dma *dma)
{
    uint64_t permission = 0;
    if (dma->window != NULL && !dma->window->bypass && x->offset >> x->shift < x->tces)
        permission = tce__table_load(&dma->window->table, x->offset >> x->shift) & TCE_ACCESS_RW;
    x->bytes = dma->bytes;
    if (!dma->has_length) {
        const bool inside = x->offset >> x->shift < x->tces;
        const uint64_t size = inside ? UINT64_C(1) << x->shift : PAGE_4K, place = inside ? x->offset : x->ioba;
        const uint64_t rest = size - (place & (size - 1));
        x->bytes = t->c.assumed_bytes < rest ? t->c.assumed_bytes : rest;
    }
    if (dma->access != TCE_ACCESS_NONE)
        x->write = dma->access == TCE_ACCESS_WRITE;
    else
        x->write = permission == TCE_ACCESS_RW || permission == 0 ? t->c.assumed_direction == 1
                                                                  : permission == TCE_ACCESS_WRITE;
    x->assumed = !dma->has_length || dma->access == TCE_ACCESS_NONE;
}

/* The TCEs of a transaction that faults: its TLPs find out one by one. */
static bool note_pages(tce__transaction *x, const tce__window *w, uint64_t first, uint64_t last)
{
    x->pages = calloc((size_t)(last - first + 1), sizeof *x->pages);
    for (uint64_t i = first; x->pages != NULL && i <= last && !x->bypass; i++)
        x->pages[i - first] = tce__table_load(&w->table, i);
    return x->pages != NULL;
}

/* Its start, and that it uses its TCEs. [ready] */
static bool use_pages(tce_time *t, tce__transaction *x, uint32_t index, uint64_t first, uint64_t last)
{
    for (uint64_t page = first; page <= last; page++) {
        const uint64_t written = tce__life_written(x->life, page);
        if (t->plan != NULL)
            tce__plan_uses(t, index, written);
        else if (written > x->start)
            x->start = written;
        if (!tce__life_use(t, x, index, page))
            return false;
    }
    return true;
}

static bool open_window(tce_time *t, tce__transaction *x, uint32_t index, const tce__dma *dma)
{
    const tce__window *w = dma->window;
    x->shift = w->shift;
    x->offset = x->ioba - w->start;
    x->tces = w->tces;
    x->bypass = w->bypass;
    x->name = tce__cache_name(w->liobn);
    shape(t, x, dma);
    const uint64_t first = x->offset >> x->shift;
    if (first >= x->tces)
        return true;
    uint64_t last = x->bytes == 0 ? first : (x->offset + (x->bytes - 1)) >> x->shift;
    if (last < first || last >= x->tces)
        last = x->tces - 1;
    if (TCE__UNLIKELY(x->faults) && !x->frozen && !note_pages(x, w, x->bypass ? 0 : first, x->bypass ? 0 : last))
        return false;
    if (x->bypass)
        return true;
    tce__life *life = tce__life_of(t, w);
    if (life == NULL)
        return false;
    x->life = life;
    life->users++;
    return use_pages(t, x, index, first, last);
}

/* --- From place to end --- */

uint32_t tce__time_requester(tce_time *t, const tce_stream *stream, const tce__phb *phb)
{
    const uint32_t index = phb == NULL ? TCE__NONE : tce__phb_time_of(t, phb->config.buid);
    return t->failed ? TCE__NONE : tce__requester_of(t, stream, index);
}

static bool add_virtual(tce_time *t, uint32_t index)
{
    const tce__transaction *x = tce__transaction_at(t, index);
    return tce__queue_push(&t->vio, x->start, x->event, index);
}

void tce__time_dma(tce_time *t, const tce__dma *dma)
{
    const uint32_t index = tce__pool_take(&t->transactions);
    if (index == TCE__NONE) {
        t->failed = true;
        return;
    }
    tce__transaction *x = tce__transaction_at(t, index);
    *x = (tce__transaction){
        .event = dma->event,
        .stamp = t->now,
        .start = t->plan == NULL ? tce__time_present(t) : tce__plan_floor(t),
        .clearers = TCE__NONE,
        .ioba = dma->ioba,
        .offset = dma->ioba,
        .fault_at = TCE__NEVER,
        .uses = TCE__NONE,
        .fault = (uint8_t)dma->fault,
        .shift = TCE_PAGE_SHIFT_4K,
        .access = (uint8_t)dma->access,
        .frozen = dma->fault == TCE_FAULT_PE_FROZEN,
        .faults = dma->fault != TCE_FAULT_NONE && dma->fault != TCE_FAULT_NOT_SHARED,
        .requester = dma->requester,
    };
    if (dma->window == NULL) {
        shape(t, x, dma);
    } else if (!open_window(t, x, index, dma)) {
        t->failed = true;
        return;
    }
    tce__under_way_set(&t->under_way, x->event, TCE__PENDING | index);
    if (t->plan != NULL) {
        tce__agenda_add(t, index);
        return;
    }
    t->fresh++;
    if (tce__requester_at(t, dma->requester)->phb != TCE__NONE)
        tce__phb_add(t, index);
    else if (!add_virtual(t, index))
        t->failed = true;
}

void tce__transaction_closed(tce_time *t, uint32_t transaction)
{
    tce__transaction *x = tce__transaction_at(t, transaction);
    x->closed = true;
    if (t->plan != NULL)
        tce__agenda_free(t, x->requester);
    x = tce__transaction_at(t, transaction);
    if (x->under_way == 0)
        tce__transaction_finish(t, transaction);
}

static void keep_record(tce_time *t, tce_time_record record)
{
    if (!t->keeps)
        return;
    if (t->record_count == t->record_capacity) {
        const size_t capacity = t->record_capacity == 0 ? 256 : t->record_capacity * 2;
        tce_time_record *records = realloc(t->records, capacity * sizeof *records);
        if (records == NULL) {
            t->failed = true;
            return;
        }
        t->records = records;
        t->record_capacity = capacity;
    }
    t->records[t->record_count++] = record;
}

void tce__time_record(tce_time *t, tce_time_record record)
{
    if (record.done > t->stats.last_done)
        t->stats.last_done = record.done;
    keep_record(t, record);
}

/* The transaction is done, and every call that ended by then is known. */
static void retire(tce_time *t, uint32_t index)
{
    tce__transaction *x = tce__transaction_at(t, index);
    const uint64_t cleared = x->life == NULL ? TCE__NEVER : tce__life_leave(t, x);
    const tce__outcome outcome = {
        .requester = x->requester,
        .direction = x->assumed ? TCE_TIME_UNKNOWN : x->write ? TCE_TIME_WRITE : TCE_TIME_READ,
        .fault = x->fault,
        /* Done in the cycle in which the call ends is not done yet. [overtaken] */
        .overtaken = t->plan == NULL && cleared <= x->done,
        .bytes = x->bytes,
        .tlps = x->tlps,
        .wait_cycles = t->plan == NULL ? x->start - x->stamp : 0,
        .start = x->start,
        .done = x->done,
    };
    t->stats.transactions++;
    t->stats.assumed += x->assumed;
    t->stats.overtaken += outcome.overtaken;
    t->stats.wait_cycles += outcome.wait_cycles;
    if (!tce__groups_count(&t->groups, &outcome))
        t->failed = true;
    tce__intervals_transaction(&t->intervals, &outcome);
    tce__time_record(t, (tce_time_record){
                            .event = x->event, .start = x->start, .done = x->done, .fault = x->fault, .tlps = x->tlps});
    free(x->pages);
    x->pages = NULL;
    tce__pool_give(&t->transactions, index);
}

/* Its end is known. It is taken leave of when nothing before that end is still to come. */
void tce__transaction_finish(tce_time *t, uint32_t index)
{
    const tce__transaction *x = tce__transaction_at(t, index);
    tce__under_way_set(&t->under_way, x->event, x->done + 1);   /* [cycle-order] */
    if (t->plan != NULL)
        tce__plan_done(t, index);
    if (x->done < t->simulated)
        retire(t, index);
    else if (!tce__queue_push(&t->finished, x->done, x->event, index))
        t->failed = true;
}

void tce__transactions_retire(tce_time *t, uint64_t limit)
{
    while (tce__queue_key(&t->finished) < limit && !t->failed) {
        const uint32_t index = t->finished.first.value;
        tce__queue_drop(&t->finished);
        retire(t, index);
    }
}

static void access_first_virtual(tce_time *t)
{
    const uint32_t index = t->vio.first.value;
    tce__queue_drop(&t->vio);
    tce__access_virtual(t, index);
}

/*
 * What happens next is no later than what its end depends on. Unless it faults, that end is later by a memory access,
 * or by the way down the link, and, if a TLP is still to be granted, by its way up: all that happens until then can be
 * simulated at once.
 */
static uint64_t known_until(tce_time *t, tce__phb_time *phb, const tce__transaction *x)
{
    const uint64_t memory = t->c.memory_latency, down = t->c.pcie_latency;
    const uint64_t cycle = tce__phb_next(t, phb);
    /* Where TLPs pass others, a write may end with one before it that is looked up later, and faults. */
    if (x->faults || (x->closed && phb->mixed))
        return cycle + 1;
    const uint64_t from = !x->closed && x->start > cycle ? x->start : cycle;
    return from + (x->closed ? 0 : t->way) + (memory < down ? memory : down) + 1;
}

void tce__transaction_complete(tce_time *t, uint32_t transaction)
{
    const tce__transaction *x = tce__transaction_at(t, transaction);
    const uint32_t phb = tce__requester_at(t, x->requester)->phb;
    while (!tce__transaction_ended(x) && !t->failed) {
        if (phb == TCE__NONE)
            access_first_virtual(t);
        else
            tce__phb_advance(t, t->phbs[phb], known_until(t, t->phbs[phb], x));
    }
}

void tce__time_advance(tce_time *t, uint64_t limit)
{
    if (t->plan != NULL) {
        if (limit == TCE__NEVER)
            (void)tce__plan_barrier(t);
        for (uint32_t i = 0; i < t->phb_count && limit == TCE__NEVER; i++)
            tce__phb_advance(t, t->phbs[i], limit);
        return;
    }
    t->simulated = limit;
    t->fresh = 0;
    for (uint32_t i = 0; i < t->phb_count && !t->failed; i++)
        tce__phb_advance(t, t->phbs[i], limit);
    while (tce__queue_key(&t->vio) < limit && !t->failed)
        access_first_virtual(t);
    tce__transactions_retire(t, limit);
}

void tce__transactions_close(tce_time *t)
{
    for (uint32_t i = 0; i < t->transactions.count; i++) {
        if (tce__transaction_at(t, i)->life != NULL)
            (void)tce__life_leave(t, tce__transaction_at(t, i));
        free(tce__transaction_at(t, i)->pages);
    }
    tce__pool_close(&t->transactions);
}
