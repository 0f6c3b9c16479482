/* SPDX-License-Identifier: Apache-2.0 */
/* Accesses of virtual devices, and those that reach nothing (docs/time-model.md, [vio]). Model. */
#include "time_run.h"
#include "translate.h"

/* What an access finds on its way. */
typedef struct walk {
    uint64_t pages;             /* whose TCEs it looked at */
    bool failed;
} walk;

/* Page after page until one shows a fault. */
static walk walk_pages(const tce_time *t, const tce__transaction *x)
{
    const uint64_t mask = tce_page_mask(x->shift), first = x->offset >> x->shift;
    walk w = {0, x->frozen || first >= x->tces};
    uint64_t bytes = 0;
    if (w.failed || x->bypass)
        return (walk){0, w.failed || x->faults};        /* there is no TCE that shows it */
    do {
        const uint64_t offset = x->offset + bytes, page = offset >> x->shift, rest = x->bytes - bytes;
        uint64_t part = mask + 1 - (offset & mask);
        part = part < rest ? part : rest;
        /* The last condition: it has passed 2^64. */
        if (page >= x->tces || (bytes != 0 && offset == 0))
            return (walk){w.pages, true};
        w.pages++;
        if (x->pages != NULL) {
            const uint64_t tce = x->pages[page - first], real = (tce & ~mask) | (offset & mask);
            w.failed = !tce__allows(tce, x->access) || real + part - (part != 0) >= t->memory_bytes;
        }
        bytes += part;
    } while (!w.failed && bytes < x->bytes);
    return w;
}

void tce__access_virtual(tce_time *t, uint32_t index)
{
    tce__transaction *x = tce__transaction_at(t, index);
    tce__requester *r = tce__requester_at(t, x->requester);
    uint64_t done = x->start;
    if (x->name != 0) {
        /* One access after another. */
        const walk w = walk_pages(t, x);
        const uint64_t begin = x->start > r->done ? x->start : r->done;
        t->stats.queue_cycles += begin - x->start;
        done = begin + w.pages * t->c.memory_latency;
        if (!w.failed)
            done = tce__cycle_after(done + t->c.memory_latency, tce__round_cost(t->c.vio_copy, x->bytes, 0));
        r->done = done;
        r->turn = done;
    }
    x->closed = true;
    x->under_way = 1;
    tce__tlp_done(t, index, done);
}
