/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PHB's time: made and ended, and simulated from event to event (docs/time-model.md, steps 2 to 8). Model.
 *
 * Look-ups and completions decide nothing about grants, unless a fault withdraws what is not granted or a read waits
 * for a tag: but for these all grants up to a cycle can be made, then all look-ups, then all completions.
 */
#include <stdlib.h>

#include "time.h"

/* --- Lifetime --- */

static tce__phb_time *phb_make(const tce_time *t, uint64_t buid)
{
    tce__phb_time *phb = calloc(1, sizeof *phb);
    if (phb == NULL)
        return NULL;
    phb->stats.buid = buid;
    phb->proposed = TCE__NEVER;
    tce__pool_open(&phb->data_pool, sizeof(tce__data));
    tce__pool_open(&phb->readers, sizeof(tce__reader));
    if (tce__cache_open(&phb->cache, &t->c))
        return phb;
    tce__cache_close(&phb->cache);
    free(phb);
    return NULL;
}

static void phb_free(tce__phb_time *phb)
{
    tce__heap_close(&phb->candidates);
    tce__heap_close(&phb->faults);
    tce__ring_close(&phb->port);
    tce__queue_close(&phb->data);
    tce__pool_close(&phb->data_pool);
    tce__cache_close(&phb->cache);
    tce__ring_close(&phb->bypass);
    tce__ring_close(&phb->order);
    tce__pool_close(&phb->readers);
    tce__ring_close(&phb->tag_grants);
    tce__ring_close(&phb->tag_ends);
    free(phb);
}

static uint32_t phb_add(tce_time *t, uint64_t buid)
{
    if (t->phb_count == t->phb_capacity) {
        const uint32_t capacity = t->phb_capacity == 0 ? 4 : t->phb_capacity * 2;
        tce__phb_time **phbs = realloc(t->phbs, capacity * sizeof *phbs);
        if (phbs == NULL) {
            t->failed = true;
            return TCE__NONE;
        }
        t->phbs = phbs;
        t->phb_capacity = capacity;
    }
    tce__phb_time *phb = phb_make(t, buid);
    if (phb == NULL || !tce__map_insert(&t->phb_of_buid, buid, (void *)(uintptr_t)(t->phb_count + 1))) {
        if (phb != NULL)
            phb_free(phb);
        t->failed = true;
        return TCE__NONE;
    }
    t->phbs[t->phb_count] = phb;
    return t->phb_count++;
}

uint32_t tce__phb_time_of(tce_time *t, uint64_t buid)
{
    const uintptr_t known = (uintptr_t)tce__map_find(&t->phb_of_buid, buid);
    return TCE__LIKELY(known != 0) ? (uint32_t)(known - 1) : phb_add(t, buid);
}

void tce__phbs_close(tce_time *t)
{
    for (uint32_t i = 0; i < t->phb_count; i++)
        phb_free(t->phbs[i]);
    free(t->phbs);
    tce__map_close(&t->phb_of_buid);
}

/* --- From event to event --- */

void tce__phb_add(tce_time *t, uint32_t transaction)
{
    const tce__transaction *x = tce__transaction_at(t, transaction);
    tce__phb_time *phb = t->phbs[tce__requester_at(t, x->requester)->phb];
    phb->risky += x->faults;
    if (TCE__UNLIKELY(x->bypass && !phb->mixed) && !tce__order_mix(t, phb))
        t->failed = true;
    tce__requester *r = tce__requester_at(t, x->requester);
    if (!tce__queue_push(&r->pending, x->start, x->event, transaction))
        t->failed = true;
    else if (r->pending.first.value == transaction)
        tce__offer(t, phb, x->requester);
}

/* What happens next on a PHB, and when. */
typedef struct next {
    uint64_t cycle;
    enum { GRANT, PASS, LOOK_UP, COMPLETE, WITHDRAW } what;
    tce__heap_item candidate;
} next;

/* When the first one of a ring arrives. */
static uint64_t arrival_of(const tce_time *t, const tce__ring *ring)
{
    return tce__row_arrival(t, tce__ring_at(ring, 0, sizeof(tce__row)));
}

/* The cycle of the first fault that still withdraws something; TCE__NEVER. */
static uint64_t first_fault(const tce_time *t, tce__phb_time *phb)
{
    while (phb->faults.count != 0) {
        const tce__heap_item *first = &phb->faults.items[0];
        const tce__transaction *x = tce__transaction_at(t, first->value);
        if (x->event == first->tie && !x->closed && x->fault_at == first->key)
            return first->key;
        (void)tce__heap_pop(&phb->faults);
    }
    return TCE__NEVER;
}

static next next_of(tce_time *t, tce__phb_time *phb)
{
    next n = {.cycle = TCE__NEVER, .what = GRANT};
    /* Of one cycle the first of these: grants, look-ups, completions, withdrawals. [cycle-order] */
    if (tce__first_candidate(t, phb, &n.candidate))
        n.cycle = n.candidate.key > phb->up.cycle ? n.candidate.key : phb->up.cycle;
    if (phb->bypass.count != 0 && arrival_of(t, &phb->bypass) < n.cycle) {
        n.cycle = arrival_of(t, &phb->bypass);
        n.what = PASS;
    }
    if (phb->port.count != 0) {
        const uint64_t arrival = arrival_of(t, &phb->port);
        const uint64_t cycle = arrival > phb->next_lookup ? arrival : phb->next_lookup;
        if (cycle < n.cycle) {
            n.cycle = cycle;
            n.what = LOOK_UP;
        }
    }
    const uint64_t data = tce__queue_key(&phb->data);
    if (data < n.cycle) {
        n.cycle = data;
        n.what = COMPLETE;
    }
    const uint64_t fault = first_fault(t, phb);
    if (fault < n.cycle) {
        n.cycle = fault;
        n.what = WITHDRAW;
    }
    return n;
}

uint64_t tce__phb_next(tce_time *t, tce__phb_time *phb)
{
    return next_of(t, phb).cycle;
}

static void happen(tce_time *t, tce__phb_time *phb, const next *n)
{
    switch (n->what) {
    case GRANT:
        tce__grant_one(t, phb, &n->candidate);
        break;
    case PASS:
        tce__look_up(t, phb, &phb->bypass, n->cycle);
        break;
    case LOOK_UP:
        tce__look_up(t, phb, &phb->port, n->cycle);
        break;
    case COMPLETE:
        tce__complete_one(t, phb);
        break;
    default:
        tce__withdraw(t, phb, tce__heap_pop(&phb->faults).value);
        break;
    }
}

void tce__phb_step(tce_time *t, tce__phb_time *phb)
{
    const next n = next_of(t, phb);
    happen(t, phb, &n);
    tce__phb_count_tags(phb, n.cycle);
}

void tce__phb_advance(tce_time *t, tce__phb_time *phb, uint64_t limit)
{
    while (!t->failed) {
        if (TCE__LIKELY(phb->blocked == 0 && phb->risky == 0 && !phb->mixed)) {
            const uint64_t until = tce__grant_until(t, phb, limit);
            tce__look_up_until(t, phb, until);
            tce__complete_until(t, phb, until);
            if (until >= limit)
                break;
            continue;
        }
        const next n = next_of(t, phb);
        if (n.cycle >= limit)
            break;
        happen(t, phb, &n);
    }
    tce__phb_count_tags(phb, limit);
    if (limit != 0)
        tce__cache_advance(&phb->cache, limit - 1, &phb->stats);
}
