/* SPDX-License-Identifier: Apache-2.0 */
/* The down link: the data of reads, in order, and the tags that come free (docs/time-model.md, step 6). Model. */
#include "time.h"

static bool is_before(const tce__data *a, const tce__data *b)
{
    return a->cycle < b->cycle || (a->cycle == b->cycle && a->sequence < b->sequence);
}

static tce__data *late_at(const tce__phb_time *phb, uint32_t index)
{
    return &((tce__data *)(void *)phb->data_pool.items)[index];
}

/* Most come in order: those that do not are kept beside. */
void tce__data_push(tce_time *t, tce__phb_time *phb, const tce__tlp *tlp, uint64_t cycle, bool failed)
{
    const tce__data data = {
        .cycle = cycle,
        .sequence = tlp->sequence,
        .place = tlp->place,
        .transaction = tlp->transaction,
        .payload = failed ? 0 : tlp->payload,
    };
    phb->stats.tlp_cycles += cycle - tlp->arrival;
    phb->stats.tag_busy_cycles += cycle - tlp->arrival;
    const tce__ring *ring = &phb->data;
    if (ring->count == 0 || is_before(tce__ring_at(ring, ring->count - 1, sizeof data), &data)) {
        tce__data *place = tce__ring_push(&phb->data, sizeof data);
        if (place != NULL)
            *place = data;
        t->failed = t->failed || place == NULL;
        return;
    }
    const uint32_t index = tce__pool_take(&phb->data_pool);
    if (index != TCE__NONE)
        *late_at(phb, index) = data;
    if (index == TCE__NONE || !tce__heap_push(&phb->late_data, cycle, tlp->sequence, index))
        t->failed = true;
}

/* Does the next one come from those beside? */
static bool is_late_next(const tce__phb_time *phb)
{
    if (TCE__LIKELY(phb->late_data.count == 0))
        return false;
    return phb->data.count == 0 || is_before(late_at(phb, phb->late_data.items[0].value),
                                             tce__ring_at(&phb->data, 0, sizeof(tce__data)));
}

uint64_t tce__data_next(const tce__phb_time *phb)
{
    if (is_late_next(phb))
        return phb->late_data.items[0].key;
    return phb->data.count == 0 ? TCE__NEVER : ((tce__data *)tce__ring_at(&phb->data, 0, sizeof(tce__data)))->cycle;
}

static tce__data pop(tce__phb_time *phb)
{
    tce__data data;
    if (is_late_next(phb)) {
        const uint32_t index = tce__heap_pop(&phb->late_data).value;
        data = *late_at(phb, index);
        tce__pool_give(&phb->data_pool, index);
    } else {
        data = *(const tce__data *)tce__ring_at(&phb->data, 0, sizeof data);
        tce__ring_drop(&phb->data);
    }
    return data;
}

void tce__complete_one(tce_time *t, tce__phb_time *phb)
{
    const tce__data data = pop(phb);
    const tce__transaction *x = tce__transaction_at(t, data.transaction);
    const uint32_t requester = x->requester;
    const uint64_t size = t->c.max_payload, start = phb->down.cycle > data.cycle ? phb->down.cycle : data.cycle;
    uint64_t address = x->ioba + data.place, left = data.payload, end;
    /* [completion] */
    do {
        const uint64_t rest = tce__to_boundary(address, size), bytes = left < rest ? left : rest;
        end = tce__link_send(&phb->down, t->byte_q16, data.cycle, t->c.completion_overhead + bytes,
                             &phb->stats.down_cycles);
        address += bytes;
        left -= bytes;
    } while (left != 0);
    phb->stages[TCE_STAGE_DOWN_WAIT] += start - data.cycle;
    phb->stages[TCE_STAGE_DOWN_LINK] += end - start;
    phb->stages[TCE_STAGE_DOWN] += t->c.pcie_latency;
    end += t->c.pcie_latency;
    phb->stats.tlp_cycles += end - data.cycle;
    phb->stats.tag_busy_cycles += end - data.cycle;
    tce__requester *r = tce__requester_at(t, requester);
    if (!tce__ring_push_number(&r->tags, end + 1) || !tce__ring_push_number(&phb->tag_ends, end))
        t->failed = true;
    if (TCE__UNLIKELY(r->blocked))
        tce__offer(t, phb, requester);
    tce__tlp_done(t, data.transaction, end);
}

void tce__complete_until(tce_time *t, tce__phb_time *phb, uint64_t limit)
{
    while (tce__data_next(phb) < limit && !t->failed)
        tce__complete_one(t, phb);
}

/* Before a read request ends all those have been granted that are under way then; it ends before its cycle is over. */
void tce__phb_count_tags(tce__phb_time *phb, uint64_t limit)
{
    while (phb->tag_ends.count != 0 && tce__ring_number(&phb->tag_ends) < limit) {
        const uint64_t end = tce__ring_number(&phb->tag_ends);
        while (phb->tag_grants.count != 0 && tce__ring_number(&phb->tag_grants) <= end) {
            tce__ring_drop(&phb->tag_grants);
            phb->tags++;
        }
        if (phb->tags > phb->stats.tags_peak)
            phb->stats.tags_peak = phb->tags;
        tce__ring_drop(&phb->tag_ends);
        phb->tags--;
    }
}
