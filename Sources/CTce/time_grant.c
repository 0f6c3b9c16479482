/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The up link: when each requester's next TLP is ready, which of them is granted the link, and what a grant does
 * (docs/time-model.md, steps 1 to 3). Model.
 */
#include "time.h"

/* --- Which TLP each requester would send next, and from when on --- */

/* The cycle in which the requester's next TLP is ready; TCE__NEVER: none, or no tag is known to come free. */
static uint64_t ready_cycle(const tce_time *t, tce__requester *r)
{
    r->blocked = false;
    if (r->pending.count == 0)
        return TCE__NEVER;
    const tce__transaction *x = tce__transaction_at(t, r->pending.first.value);
    uint64_t ready = x->start > r->turn ? x->start : r->turn;
    if (!x->write && r->fresh_tags == 0) {
        r->blocked = r->tags.count == 0;
        if (r->blocked)
            return TCE__NEVER;
        /* [tag] */
        const uint64_t tag = tce__ring_number(&r->tags);
        ready = tag > ready ? tag : ready;
    }
    return ready;
}

/* The same anew, with the number of those that are blocked. */
static uint64_t renew(const tce_time *t, tce__phb_time *phb, tce__requester *r)
{
    phb->blocked -= r->blocked;
    const uint64_t ready = ready_cycle(t, r);
    phb->blocked += r->blocked;
    return ready;
}

void tce__offer(tce_time *t, tce__phb_time *phb, uint32_t requester)
{
    tce__requester *r = tce__requester_at(t, requester);
    const uint64_t ready = renew(t, phb, r);
    if (ready == r->key)
        return;
    r->key = ready;
    /* [tie]: requesters are numbered as they are first seen. */
    if (ready != TCE__NEVER && !tce__heap_push(&phb->candidates, ready, requester, requester))
        t->failed = true;
}

/* The requester whose TLP has been ready longest. [arbitrate] */
bool tce__first_candidate(tce_time *t, tce__phb_time *phb, tce__heap_item *first)
{
    while (phb->candidates.count != 0) {
        *first = phb->candidates.items[0];
        if (TCE__LIKELY(tce__requester_at(t, first->value)->key == first->key))
            return true;
        (void)tce__heap_pop(&phb->candidates);  /* stale */
    }
    return false;
}

/* The first candidate has had its turn, and what its next TLP is ready for is known. */
static void replace_first(tce__phb_time *phb, const tce__requester *r, uint32_t requester)
{
    if (r->key == TCE__NEVER)
        (void)tce__heap_pop(&phb->candidates);
    else
        tce__heap_replace(&phb->candidates, r->key, requester, requester);
}

/* --- Grants --- */

static void close(tce_time *t, tce__phb_time *phb, tce__requester *r, uint32_t transaction)
{
    phb->risky -= tce__transaction_at(t, transaction)->faults;
    tce__queue_drop(&r->pending);
    const uint32_t expected = tce__queue_expected(&r->pending);
    if (expected != TCE__NONE)
        tce__transaction_expect(t, expected);
    tce__transaction_closed(t, transaction);
}

/* What is not granted in the cycle of a fault never is. [fault] */
void tce__withdraw(tce_time *t, tce__phb_time *phb, uint32_t transaction)
{
    const tce__transaction *x = tce__transaction_at(t, transaction);
    const uint32_t requester = x->requester;
    tce__requester *r = tce__requester_at(t, requester);
    /* What is freed in a cycle serves from the next one on. [cycle-order] */
    if (x->fault_at + 1 > r->turn)
        r->turn = x->fault_at + 1;
    t->stats.withdrawn++;
    close(t, phb, r, transaction);
    tce__offer(t, phb, requester);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* TLPs of a row: so many of the longest are less than 2^62 parts of a cycle on the link. */
#define ROW_MAX 4096u

/* Tags that have come free by a cycle are as good as those that were never used. */
static void take_back_tags(tce__requester *r, uint64_t cycle)
{
    while (r->tags.count != 0 && tce__ring_number(&r->tags) <= cycle) {
        tce__ring_drop(&r->tags);
        r->fresh_tags++;
    }
}

/* How many TLPs of a row, but the first, are granted before a cycle: each when the one before it leaves the link. */
static uint64_t count_before(const tce__row *row, uint64_t most, uint64_t cycle)
{
    if (cycle <= row->cycle || most == 0)
        return 0;
    const uint64_t cycles = cycle - row->cycle, room = least(cycles, UINT64_C(1) << 46) << 16;
    /* The last one, then, if need be, all. */
    if (row->part + most * row->duration < room)
        return most;
    return (room - 1 - row->part) / row->duration;
}

/* Tags for as many TLPs as may be, as far as they have come free by a cycle. */
static uint64_t tags_for(tce__requester *r, uint64_t wanted, uint64_t cycle)
{
    if (TCE__UNLIKELY(r->fresh_tags < wanted))
        take_back_tags(r, cycle);
    return least(wanted, r->fresh_tags);
}

/* Read requests of a row are under way from their grants on. */
static void note_tags(tce_time *t, tce__phb_time *phb, const tce__row *row)
{
    uint64_t cycle = row->cycle, part = row->part;
    for (uint32_t i = 0; i < row->count; i++) {
        if (TCE__UNLIKELY(!tce__ring_push_number(&phb->tag_grants, cycle)))
            t->failed = true;
        part += row->duration;
        cycle += part >> 16;
        part &= TCE__LINK_ONE - 1;
    }
}

/*
 * Grants TLPs of the requester's first transaction, which is ready at r->key: one, or a row of equal ones, as many as
 * are granted before a cycle. Then asks from when on its next one is ready.
 */
static void grant_row(tce_time *t, tce__phb_time *phb, tce__requester *r, uint64_t before)
{
    const uint32_t transaction = r->pending.first.value;
    tce__transaction *x = tce__transaction_at(t, transaction);
    tce__row *row = tce__ring_push(tce__passes(x, x->issued) ? &phb->bypass : &phb->port, sizeof *row);
    if (TCE__UNLIKELY(row == NULL)) {
        t->failed = true;
        return;
    }
    /* [cut]; max_payload and max_read_request are 4 KiB at most. */
    const uint64_t issued = x->issued, ready = r->key, page = UINT64_C(1) << x->shift;
    const uint64_t size = x->write ? t->c.max_payload : t->c.max_read_request;
    const uint64_t rest = least(x->bytes - issued, tce__to_boundary(x->offset + issued, page));
    const uint64_t payload = least(rest, tce__to_boundary(x->ioba + issued, size));
    const uint64_t bytes = x->write ? t->c.write_overhead + payload : t->c.read_overhead;
    const uint64_t own = x->start > r->turn ? x->start : r->turn;
    tce__link_idle(&phb->up, ready);
    *row = (tce__row){
        .cycle = phb->up.cycle,
        .part = phb->up.part,
        .duration = tce__link_duration(t->byte_q16, bytes),
        .place = issued,
        .sequence = phb->sequence,
        .transaction = transaction,
        .payload = (uint32_t)payload,
    };
    uint64_t count = payload == size ? least(rest >> __builtin_ctzll(size), ROW_MAX) : 1;
    if (issued == 0)
        t->stats.queue_cycles += own - x->start;
    if (!x->write) {
        phb->stats.tag_waits += ready > own;
        phb->stats.tag_wait_cycles += ready - own;
        count = tags_for(r, count, row->cycle);
    }
    /* From when one has left, not from `left`, so that a requester alone loses no part of a cycle. [issue] */
    if (count > 1)
        count = 1 + count_before(row, count - 1, before);
    row->count = (uint32_t)count;
    phb->sequence += count;
    phb->stages[TCE_STAGE_LINK_WAIT] += row->cycle - ready;
    phb->stats.tlp_cycles += row->cycle - ready;
    phb->stats.tlps += count;
    tce__link_use(&phb->up, count * row->duration, &phb->stats.up_cycles);
    if (TCE__UNLIKELY(phb->mixed) && !tce__order_row(t, phb, row))
        t->failed = true;
    if (!x->write) {
        r->fresh_tags -= (uint32_t)count;
        note_tags(t, phb, row);
    }
    x->issued = issued + count * payload;
    x->tlps += (uint32_t)count;
    x->under_way += (uint32_t)count;
    r->turn = phb->up.cycle;
    if (x->issued == x->bytes)
        close(t, phb, r, transaction);
    r->key = renew(t, phb, r);
}

void tce__grant_one(tce_time *t, tce__phb_time *phb, const tce__heap_item *candidate)
{
    tce__requester *r = tce__requester_at(t, candidate->value);
    grant_row(t, phb, r, 0);
    replace_first(phb, r, candidate->value);
}

/* The cycle from which on a grant is another requester's than the first candidate's; TCE__NEVER. [arbitrate] [tie] */
static uint64_t other_turn(const tce__phb_time *phb, uint32_t requester)
{
    const tce__heap_item *items = phb->candidates.items, *other = &items[1];
    if (phb->candidates.count < 2)
        return TCE__NEVER;
    if (phb->candidates.count > 2 && tce__heap_before(&items[2], other))
        other = &items[2];
    return other->key + (requester < other->tie);
}

uint64_t tce__grant_until(tce_time *t, tce__phb_time *phb, uint64_t limit)
{
    tce__heap_item first;
    while (!t->failed && tce__first_candidate(t, phb, &first)) {
        tce__requester *r = tce__requester_at(t, first.value);
        if (r->key >= limit || phb->up.cycle >= limit)
            return limit;
        const uint64_t turn = other_turn(phb, first.value);
        /* Nobody is asked who is first while nobody else has anything to send. */
        do {
            grant_row(t, phb, r, least(limit, turn));
        } while (turn == TCE__NEVER && !t->failed && r->key < limit && phb->up.cycle < limit && phb->blocked == 0);
        replace_first(phb, r, first.value);
        /* It may have a tag before any other is ready, but not before its turn. */
        if (TCE__UNLIKELY(phb->blocked != 0))
            return least(limit, r->turn);
    }
    return limit;
}
