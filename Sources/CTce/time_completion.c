/* SPDX-License-Identifier: Apache-2.0 */
/* The down link: the data of reads, in order, and the tags that come free (docs/time-model.md, step 6). Model. */
#include "time.h"

static tce__data *data_at(const tce__phb_time *phb, uint32_t index)
{
    return &((tce__data *)(void *)phb->data_pool.items)[index];
}

void tce__data_push(tce_time *t, tce__phb_time *phb, const tce__data *data, uint64_t sequence, uint64_t granted,
                    uint64_t cycle)
{
    const uint32_t index = tce__pool_take(&phb->data_pool);
    phb->stats.tlp_cycles += cycle - granted;
    phb->stats.tag_busy_cycles += cycle - granted;
    if (TCE__UNLIKELY(index == TCE__NONE) || !tce__queue_push(&phb->data, cycle, sequence, index))
        t->failed = true;
    else
        *data_at(phb, index) = *data;
}

void tce__complete_one(tce_time *t, tce__phb_time *phb)
{
    const uint64_t ready = phb->data.first.key;
    const tce__data data = *data_at(phb, phb->data.first.value);
    tce__pool_give(&phb->data_pool, phb->data.first.value);
    tce__queue_drop(&phb->data);
    const tce__transaction *x = tce__transaction_at(t, data.transaction);
    const uint32_t requester = x->requester;
    const uint64_t size = t->c.max_payload;
    uint64_t address = x->ioba + data.place, left = data.payload;
    tce__link_idle(&phb->down, ready);
    const uint64_t start = phb->down.cycle;
    /* [completion] */
    do {
        const uint64_t rest = tce__to_boundary(address, size), bytes = left < rest ? left : rest;
        const uint64_t duration = tce__link_duration(t->byte_q16, t->c.completion_overhead + bytes);
        tce__link_use(&phb->down, duration, &phb->stats.down_cycles);
        address += bytes;
        left -= bytes;
    } while (left != 0);
    uint64_t end = tce__link_left(phb->down.cycle, phb->down.part);
    phb->stages[TCE_STAGE_DOWN_WAIT] += start - ready;
    phb->stages[TCE_STAGE_DOWN_LINK] += end - start;
    phb->stages[TCE_STAGE_DOWN] += t->c.pcie_latency;
    end += t->c.pcie_latency;
    phb->stats.tlp_cycles += end - ready;
    phb->stats.tag_busy_cycles += end - ready;
    tce__requester *r = tce__requester_at(t, requester);
    if (!tce__ring_push_number(&r->tags, end + 1) || !tce__ring_push_number(&phb->tag_ends, end))
        t->failed = true;
    if (TCE__UNLIKELY(r->blocked))
        tce__offer(t, phb, requester);
    tce__tlp_done(t, data.transaction, end);
}

void tce__complete_until(tce_time *t, tce__phb_time *phb, uint64_t limit)
{
    while (tce__queue_key(&phb->data) < limit && !t->failed)
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
