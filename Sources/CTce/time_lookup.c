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
        phb->stats.tlp_cycles += done - tlp->granted;
        tce__tlp_done(t, tlp->transaction, done);
    } else {
        /* [read] [read-behind-write] */
        const uint64_t from = failed || cycle > phb->latest ? cycle : phb->latest;
        phb->stages[TCE_STAGE_ORDER_WAIT] += from - cycle;
        tce__data_push(t, phb, &(tce__data){tlp->place, tlp->transaction, failed ? 0 : tlp->payload}, tlp->sequence,
                       tlp->granted, from + memory);
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
    const uint64_t number = (x->offset + tlp->place) >> (x->shift + phb->cache.line_log2);
    const uint64_t known = tce__cache_lookup(&phb->cache, cycle, x->name, number, &phb->stats, phb->stages);
    if (TCE__UNLIKELY(known == TCE__NEVER))
        t->failed = true;
    return known;
}

/* A TLP of a transaction that faults, somewhere. */
static void look_up_risky(tce_time *t, tce__phb_time *phb, const tce__transaction *x, const tce__tlp *tlp,
                          uint64_t cycle)
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

uint64_t tce__row_arrival(const tce_time *t, const tce__row *row)
{
    return tce__link_left(row->cycle, row->part + row->duration) + t->way;
}

/* The first TLP of a row has its turn at the port, or passes it, in a cycle. */
static void look_up(tce_time *t, tce__phb_time *phb, const tce__row *row, uint64_t cycle)
{
    const tce__tlp tlp = {
        .granted = row->cycle,
        .arrival = tce__row_arrival(t, row),
        .place = row->place,
        .sequence = row->sequence,
        .order = row->order,
        .transaction = row->transaction,
        .payload = row->payload,
    };
    const tce__transaction *x = tce__transaction_at(t, tlp.transaction);
    phb->stages[TCE_STAGE_LINK] += tlp.arrival - t->way - tlp.granted;
    phb->stages[TCE_STAGE_UP] += t->c.pcie_latency;
    phb->stages[TCE_STAGE_TVE] += t->c.tve_cycles;
    if (!tce__passes(x, tlp.place)) {
        phb->next_lookup = cycle + t->c.lookup_interval;
        phb->stages[TCE_STAGE_PORT_WAIT] += cycle - tlp.arrival;
    }
    if (TCE__UNLIKELY(x->faults))
        look_up_risky(t, phb, x, &tlp, cycle);
    else
        know(t, phb, &tlp, x->write, x->bypass ? cycle : translate(t, phb, x, &tlp, cycle), false);
}

void tce__look_up(tce_time *t, tce__phb_time *phb, tce__ring *ring, uint64_t cycle)
{
    tce__row *row = tce__ring_at(ring, 0, sizeof *row), first = *row;
    tce__row_next(row);
    if (row->count == 0)
        tce__ring_drop(ring);
    look_up(t, phb, &first, cycle);
}

/* The answers to the TLPs of a row, one after another: the cache is asked again only where something has changed. */
typedef struct answers {
    tce__found_line found;
    uint64_t known;             /* the last one's cycle */
    uint64_t count, waited, queued;     /* that found the same, and are still to be counted */
} answers;

static void count_answers(tce__phb_time *phb, answers *a)
{
    if (a->count != 0)
        tce__cache_repeated(&phb->cache, &a->found, a->count, a->waited, a->queued, &phb->stats, phb->stages);
    a->count = a->waited = a->queued = 0;
}

static void ask_cache(tce__phb_time *phb, answers *a, uint64_t cycle, uint64_t window, uint64_t number, bool last)
{
    count_answers(phb, a);
    a->known = tce__cache_lookup(&phb->cache, cycle, window, number, &phb->stats, phb->stages);
    if (!last && TCE__LIKELY(a->known != TCE__NEVER))
        a->found = tce__cache_found(&phb->cache, window, number);
}

static void repeat_answer(const tce__phb_time *phb, answers *a, uint64_t cycle)
{
    a->count++;
    if (a->found.line != NULL) {
        a->known = cycle + phb->cache.hit_cycles;
    } else {
        a->waited += a->known - cycle;
        a->queued += a->found.fetch->begin >= cycle;
    }
}

/*
 * The same for all TLPs of a row, before `limit`, where nothing faults and nothing passes. They are in one I/O page:
 * the cache is asked for one line. Returns whether they were all.
 */
static bool look_up_row(tce_time *t, tce__phb_time *phb, tce__row *place, uint64_t limit)
{
    tce__row row = *place;
    tce__transaction *x = tce__transaction_at(t, row.transaction);
    const uint64_t number = (x->offset + row.place) >> (x->shift + phb->cache.line_log2), way = t->way;
    const uint64_t memory = t->c.memory_latency, interval = t->c.lookup_interval;
    const bool write = x->write;
    uint64_t link = 0, port_wait = 0, order_wait = 0, cycles = 0, latest = phb->latest, next = phb->next_lookup;
    answers a = {.known = 0};
    while (row.count != 0) {
        const uint64_t left = tce__link_left(row.cycle, row.part + row.duration), arrival = left + way;
        const uint64_t cycle = arrival > next ? arrival : next;
        if (cycle >= limit)
            break;
        next = cycle + interval;
        link += left - row.cycle;
        port_wait += cycle - arrival;
        if (cycle < a.found.until)
            repeat_answer(phb, &a, cycle);
        else
            ask_cache(phb, &a, cycle, x->name, number, row.count == 1);
        if (TCE__UNLIKELY(a.known == TCE__NEVER)) {
            t->failed = true;
            break;
        }
        if (write) {
            const uint64_t own = a.known + memory;
            latest = own > latest ? own : latest;
            order_wait += latest - own;
            cycles += latest - row.cycle;
        } else {
            const uint64_t from = a.known > latest ? a.known : latest;
            order_wait += from - a.known;
            tce__data_push(t, phb, &(tce__data){row.place, row.transaction, row.payload}, row.sequence, row.cycle,
                           from + memory);
        }
        tce__row_next(&row);
    }
    const uint32_t count = place->count - row.count;
    count_answers(phb, &a);
    phb->next_lookup = next;
    phb->latest = latest;
    phb->stages[TCE_STAGE_LINK] += link;
    phb->stages[TCE_STAGE_UP] += count * t->c.pcie_latency;
    phb->stages[TCE_STAGE_TVE] += count * t->c.tve_cycles;
    phb->stages[TCE_STAGE_PORT_WAIT] += port_wait;
    phb->stages[TCE_STAGE_ORDER_WAIT] += order_wait;
    phb->stages[TCE_STAGE_MEMORY] += count * memory;
    phb->stats.tlp_cycles += cycles;
    if (write && count != 0) {
        x->under_way -= count - 1;
        tce__tlp_done(t, row.transaction, latest);
    }
    if (row.count != 0)
        *place = row;
    return row.count == 0;
}

void tce__look_up_until(tce_time *t, tce__phb_time *phb, uint64_t limit)
{
    while (phb->port.count != 0 && !t->failed) {
        tce__row *row = tce__ring_at(&phb->port, 0, sizeof *row);
        if (TCE__LIKELY(!tce__transaction_at(t, row->transaction)->faults)) {
            if (!look_up_row(t, phb, row, limit))
                return;
            tce__ring_drop(&phb->port);
            continue;
        }
        const uint64_t arrival = tce__row_arrival(t, row);
        const uint64_t cycle = arrival > phb->next_lookup ? arrival : phb->next_lookup;
        if (cycle >= limit)
            return;
        tce__look_up(t, phb, &phb->port, cycle);
    }
}
