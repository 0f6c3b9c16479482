/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A saturated run, one thing after another: which requester starts which of its transactions, and what happens next
 * over all vCPUs and PHBs (docs/time-model.md, [saturate]). Model.
 */
#include "time_plan.h"

/* --- Starts --- */

/* Puts the requester on the agenda anew, if the cycle in which it can start a transaction has changed. */
static void propose(tce_time *t, uint32_t requester)
{
    tce__requester *r = tce__requester_at(t, requester);
    uint64_t cycle = TCE__NEVER;
    if (!r->busy && r->ready.count != 0)
        cycle = r->since > r->turn ? r->since : r->turn;
    else if (!r->busy && r->soon.count != 0)
        cycle = r->soon.items[0].key > r->turn ? r->soon.items[0].key : r->turn;
    if (cycle == r->proposed)
        return;
    r->proposed = cycle;
    if (cycle != TCE__NEVER && !tce__heap_push(&t->plan->starts, cycle, requester, requester))
        t->failed = true;
}

void tce__agenda_ready(tce_time *t, uint32_t transaction)
{
    const tce__transaction *x = tce__transaction_at(t, transaction);
    if (!tce__heap_push(&tce__requester_at(t, x->requester)->soon, x->start, x->event, transaction))
        t->failed = true;
    propose(t, x->requester);
}

void tce__agenda_add(tce_time *t, uint32_t transaction)
{
    if (tce__transaction_at(t, transaction)->waits == 0)
        tce__agenda_ready(t, transaction);
}

void tce__agenda_free(tce_time *t, uint32_t requester)
{
    tce__requester_at(t, requester)->busy = false;
    propose(t, requester);
}

/* --- PHBs --- */

static void propose_phb(tce_time *t, uint32_t index)
{
    tce__phb_time *phb = t->phbs[index];
    const uint64_t cycle = tce__phb_next(t, phb);
    if (cycle == phb->proposed)
        return;
    phb->proposed = cycle;
    if (cycle != TCE__NEVER && !tce__heap_push(&t->plan->phbs, cycle, index, index))
        t->failed = true;
}

/* --- One thing after another --- */

/* Starts the first transaction in the trace that is ready in the cycle. */
static void start_transaction(tce_time *t, uint32_t requester, uint64_t cycle)
{
    tce__requester *r = tce__requester_at(t, requester);
    while (r->soon.count != 0 && r->soon.items[0].key <= cycle) {
        const tce__heap_item item = tce__heap_pop(&r->soon);
        if (!tce__heap_push(&r->ready, item.tie, 0, item.value))
            t->failed = true;
    }
    r->since = cycle;
    if (t->failed)
        return;
    const uint32_t index = tce__heap_pop(&r->ready).value, phb = r->phb;
    tce__transaction_at(t, index)->start = cycle;
    if (phb == TCE__NONE) {
        tce__access_virtual(t, index);
        propose(t, requester);
        return;
    }
    r->busy = true;
    propose(t, requester);
    tce__phb_add(t, index);
    propose_phb(t, phb);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The first entries that are not stale. */
static uint64_t first_start(const tce_time *t)
{
    tce__heap *starts = &t->plan->starts;
    while (starts->count != 0 && tce__requester_at(t, starts->items[0].value)->proposed != starts->items[0].key)
        (void)tce__heap_pop(starts);
    return starts->count == 0 ? TCE__NEVER : starts->items[0].key;
}

static uint64_t first_event(const tce_time *t)
{
    tce__heap *phbs = &t->plan->phbs;
    while (phbs->count != 0 && t->phbs[phbs->items[0].value]->proposed != phbs->items[0].key)
        (void)tce__heap_pop(phbs);
    return phbs->count == 0 ? TCE__NEVER : phbs->items[0].key;
}

/*
 * One thing after another on the first PHB: each may let a call or a transaction start in the same cycle. When the end
 * of a transaction is known, an event behind may be planned. [window]
 */
static void step_phb(tce_time *t)
{
    tce__plan *plan = t->plan;
    const uint32_t index = tce__heap_pop(&plan->phbs).value;
    const uint64_t other = first_event(t);
    const size_t finished = t->finished.count;
    tce__phb_time *phb = t->phbs[index];
    uint64_t end;
    phb->proposed = TCE__NEVER;
    do {
        tce__phb_step(t, phb);
        end = plan->ends.count == 0 ? TCE__NEVER : plan->ends.items[0].key;
        end = least(least(end, first_start(t)), other);
    } while (!t->failed && t->finished.count == finished && tce__phb_next(t, phb) < end);
    propose_phb(t, index);
}

bool tce__agenda_step(tce_time *t)
{
    tce__plan *plan = t->plan;
    const uint64_t end = plan->ends.count == 0 ? TCE__NEVER : plan->ends.items[0].key;
    const uint64_t start = first_start(t), event = first_event(t);
    tce__transactions_retire(t, least(end, least(start, event)));
    /* Inside a cycle: ends of calls, starts, what happens on the links. [cycle-order] */
    if (end != TCE__NEVER && end <= start && end <= event) {
        tce__plan_end_call(t);
    } else if (start != TCE__NEVER && start <= event) {
        const uint32_t requester = tce__heap_pop(&plan->starts).value;
        tce__requester_at(t, requester)->proposed = TCE__NEVER;
        start_transaction(t, requester, start);
    } else if (event != TCE__NEVER) {
        step_phb(t);
    } else {
        return false;
    }
    return !t->failed;
}
