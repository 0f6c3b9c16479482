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

/* The first one has had its turn. */
static void offer_again(tce_time *t, tce__phb_time *phb, uint32_t requester)
{
    tce__requester *r = tce__requester_at(t, requester);
    r->key = renew(t, phb, r);
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

static void take_tag(tce__requester *r)
{
    if (r->fresh_tags != 0)
        r->fresh_tags--;
    else
        tce__ring_drop(&r->tags);
}

/*
 * Grants TLPs of the first candidate's first transaction in a row: while they are granted before `limit`, and no other
 * candidate comes before; or just one.
 */
static void grant_row(tce_time *t, tce__phb_time *phb, uint32_t requester, const tce__heap_item *other, uint64_t limit,
                      bool one)
{
    tce__requester *r = tce__requester_at(t, requester);
    const uint32_t transaction = r->pending.first.value;
    tce__transaction *x = tce__transaction_at(t, transaction);
    const bool write = x->write;
    const uint64_t size = write ? t->c.max_payload : t->c.max_read_request, page = UINT64_C(1) << x->shift;
    const uint64_t way = t->c.pcie_latency + t->c.tve_cycles;
    tce__heap_item next = {.key = r->key, .tie = requester};
    uint64_t issued = x->issued, count = 0, cycle;
    do {
        cycle = next.key > phb->up.cycle ? next.key : phb->up.cycle;
        if (cycle >= limit)
            break;
        /* [cut]; max_payload and max_read_request are 4 KiB at most. */
        uint64_t payload = tce__to_boundary(x->ioba + issued, size);
        const uint64_t rest = x->bytes - issued, page_rest = tce__to_boundary(x->offset + issued, page);
        payload = rest < payload ? rest : payload;
        payload = page_rest < payload ? page_rest : payload;
        const uint64_t bytes = write ? t->c.write_overhead + payload : t->c.read_overhead;
        const uint64_t left = tce__link_send(&phb->up, t->byte_q16, next.key, bytes, &phb->stats.up_cycles);
        tce__tlp *tlp = tce__ring_push(tce__passes(x, issued) ? &phb->bypass : &phb->port, sizeof *tlp);
        if (TCE__UNLIKELY(tlp == NULL)) {
            t->failed = true;
            return;
        }
        *tlp = (tce__tlp){
            .arrival = left + way,
            .place = issued,
            .sequence = phb->sequence++,
            .transaction = transaction,
            .payload = (uint32_t)payload,
        };
        if (TCE__UNLIKELY(phb->mixed) && !tce__order_tlp(phb, tlp, write))
            t->failed = true;
        if (!write) {
            const uint64_t turn = x->start > r->turn ? x->start : r->turn;
            phb->stats.tag_waits += next.key > turn;
            phb->stats.tag_busy_cycles += tlp->arrival - cycle;
            if (!tce__ring_push_number(&phb->tag_grants, cycle))
                t->failed = true;
            take_tag(r);
        }
        phb->stats.tlp_cycles += tlp->arrival - next.key;
        phb->stages[TCE_STAGE_LINK_WAIT] += cycle - next.key;
        phb->stages[TCE_STAGE_LINK] += left - cycle;
        issued += payload;
        count++;
        /* From here, not from `left`, so that a requester alone loses no part of a cycle. [issue] */
        r->turn = phb->up.cycle;
        next.key = r->turn;
        if (!write && r->fresh_tags == 0) {
            if (r->tags.count == 0)
                break;
            const uint64_t tag = tce__ring_number(&r->tags);
            next.key = tag > next.key ? tag : next.key;
        }
    } while (!one && issued != x->bytes && tce__heap_before(&next, other));
    phb->stats.tlps += count;
    phb->stages[TCE_STAGE_UP] += count * t->c.pcie_latency;
    phb->stages[TCE_STAGE_TVE] += count * t->c.tve_cycles;
    x->issued = issued;
    x->tlps += (uint32_t)count;
    x->under_way += (uint32_t)count;
    if (issued == x->bytes && count != 0)
        close(t, phb, r, transaction);
    offer_again(t, phb, requester);
}

static const tce__heap_item no_other = {.key = TCE__NEVER, .tie = TCE__NEVER};

void tce__grant_one(tce_time *t, tce__phb_time *phb, const tce__heap_item *candidate)
{
    grant_row(t, phb, candidate->value, &no_other, TCE__NEVER, true);
}

void tce__grant_until(tce_time *t, tce__phb_time *phb, uint64_t limit)
{
    tce__heap_item first;
    while (phb->blocked == 0 && !t->failed && tce__first_candidate(t, phb, &first)) {
        const tce__heap_item *items = phb->candidates.items, *other = &no_other;
        if (first.key >= limit || phb->up.cycle >= limit)
            return;
        if (phb->candidates.count > 1)
            other = &items[1];
        if (phb->candidates.count > 2 && tce__heap_before(&items[2], other))
            other = &items[2];
        grant_row(t, phb, first.value, other, limit, false);
    }
}
