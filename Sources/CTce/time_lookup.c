/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Look-ups, in link order: what the TCE cache answers, what faults, and when writes are done and the memory of reads
 * starts (docs/time-model.md, steps 4 to 7). Model.
 */
#include "time.h"
#include "translate.h"

/* The TLP is translated, faulted or dropped in a cycle. */
static inline void know(tce_time *t, tce__phb_time *phb, const tce__tlp *tlp, bool write, uint64_t cycle, bool failed)
{
    if (TCE__UNLIKELY(phb->mixed)) {
        tce__order_know(t, phb, tlp, write, cycle, failed);
        return;
    }
    const uint64_t memory = failed ? 0 : t->c.memory_latency;
    phb->stages[TCE_STAGE_MEMORY] += memory;
    if (write) {
        /* [write] [write-order] */
        const uint64_t own = cycle + memory, done = failed || own > phb->latest ? own : phb->latest;
        phb->latest = done > phb->latest ? done : phb->latest;
        phb->stages[TCE_STAGE_ORDER_WAIT] += done - own;
        phb->stats.tlp_cycles += done - tlp->arrival;
        tce__tlp_done(t, tlp->transaction, done);
    } else {
        /* [read] [read-behind-write] */
        const uint64_t from = failed || cycle > phb->latest ? cycle : phb->latest;
        phb->stages[TCE_STAGE_ORDER_WAIT] += from - cycle;
        tce__data_push(t, phb, tlp, from + memory, failed);
    }
}

/* --- Faults --- */

/* A fault of the transaction is known in a cycle. [fault] */
static void set_fault(tce_time *t, tce__phb_time *phb, uint32_t transaction, uint64_t cycle)
{
    tce__transaction *x = tce__transaction_at(t, transaction);
    if (cycle >= x->fault_at)
        return;
    x->fault_at = cycle;
    if (!x->closed && !tce__heap_push(&phb->faults, cycle, x->event, transaction))
        t->failed = true;
}

/* Would these bytes fault where the transaction's TCEs are what they were? */
static bool page_faults(const tce_time *t, const tce__transaction *x, const tce__tlp *tlp)
{
    const uint64_t mask = tce_page_mask(x->shift), offset = x->offset + tlp->place;
    const uint64_t tce = x->bypass ? TCE_ACCESS_RW : x->pages[(offset >> x->shift) - (x->offset >> x->shift)];
    const uint64_t real = x->bypass ? offset : (tce & ~mask) | (offset & mask);
    const uint64_t bytes = tlp->payload;
    return !tce__allows(tce, x->access) || real + bytes - (bytes != 0) >= t->memory_bytes;
}

/* The cycle of the cache's answer. */
static inline uint64_t translate(tce_time *t, tce__phb_time *phb, const tce__transaction *x, const tce__tlp *tlp,
                                 uint64_t cycle)
{
    const uint64_t tce = (x->offset + tlp->place) >> x->shift;
    const uint64_t known = tce__cache_lookup(&phb->cache, cycle, x->name, tce, &phb->stats, phb->stages);
    if (TCE__UNLIKELY(known == TCE__NEVER))
        t->failed = true;
    return known;
}

/* A TLP of a transaction that faults, somewhere. */
static void look_up_risky(tce_time *t, tce__phb_time *phb, const tce__transaction *x, const tce__tlp *tlp, uint64_t cycle)
{
    uint64_t known = cycle;
    bool failed = true;
    if (x->frozen || cycle >= x->fault_at) {
        phb->stats.dropped++;
        if (x->frozen)
            set_fault(t, phb, tlp->transaction, cycle);
    } else if ((x->offset + tlp->place) >> x->shift >= x->tces) {
        set_fault(t, phb, tlp->transaction, cycle);
    } else {
        if (!x->bypass)
            known = translate(t, phb, x, tlp, cycle);
        failed = page_faults(t, x, tlp);
        if (failed)
            set_fault(t, phb, tlp->transaction, known);
    }
    know(t, phb, tlp, x->write, known, failed);
}

/* --- Look-ups --- */

/* A TLP has its turn at the port, or passes it, in a cycle. */
static inline void look_up(tce_time *t, tce__phb_time *phb, const tce__tlp *tlp, uint64_t cycle)
{
    const tce__transaction *x = tce__transaction_at(t, tlp->transaction);
    if (TCE__LIKELY(!tce__passes(x, tlp->place))) {
        phb->next_lookup = cycle + t->c.lookup_interval;
        phb->stages[TCE_STAGE_PORT_WAIT] += cycle - tlp->arrival;
    }
    if (TCE__UNLIKELY(x->faults))
        look_up_risky(t, phb, x, tlp, cycle);
    else
        know(t, phb, tlp, x->write, x->bypass ? cycle : translate(t, phb, x, tlp, cycle), false);
}

void tce__look_up(tce_time *t, tce__phb_time *phb, const tce__tlp *tlp, uint64_t cycle)
{
    look_up(t, phb, tlp, cycle);
}

void tce__look_up_until(tce_time *t, tce__phb_time *phb, uint64_t limit)
{
    while (phb->port.count != 0 && !t->failed) {
        const tce__tlp *tlp = tce__ring_at(&phb->port, 0, sizeof *tlp);
        const uint64_t cycle = tlp->arrival > phb->next_lookup ? tlp->arrival : phb->next_lookup;
        if (cycle >= limit)
            return;
        tce__ring_drop(&phb->port);
        look_up(t, phb, tlp, cycle);
    }
}
