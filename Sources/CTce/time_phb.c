/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PHB's links, look-up port and order of writes, simulated from event to event (docs/time-model.md, steps 2 to 8).
 *
 * Three things happen at cycles of their own: a TLP is granted the up link, a TLP is looked up (or, in a window that is
 * not translated, passes), a read's data takes the down link. Everything else follows from them at once, because what
 * a look-up finds tells when its answer comes. Inside a cycle they happen in this order. [cycle-order] Model.
 */
#include <stdlib.h>
#include <string.h>

#include "time.h"
#include "translate.h"

#define PAGE_4K UINT64_C(4096)

/* --- Lifetime --- */

static tce__phb_time *phb_make(const tce_time *t, uint64_t buid)
{
    tce__phb_time *phb = calloc(1, sizeof *phb);
    if (phb == NULL)
        return NULL;
    phb->stats.buid = buid;
    if (tce__cache_open(&phb->cache, &t->c))
        return phb;
    tce__cache_close(&phb->cache);
    free(phb);
    return NULL;
}

static void phb_free(tce__phb_time *phb)
{
    tce__heap_close(&phb->candidates);
    tce__ring_close(&phb->port);
    tce__ring_close(&phb->bypass);
    free(phb->order);
    tce__heap_close(&phb->data);
    tce__ring_close(&phb->tag_ends);
    tce__cache_close(&phb->cache);
    free(phb);
}

uint32_t tce__phb_time_of(tce_time *t, uint64_t buid)
{
    const uintptr_t known = (uintptr_t)tce__map_find(&t->phb_of_buid, buid);
    if (TCE__LIKELY(known != 0))
        return (uint32_t)(known - 1);
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

void tce__phbs_close(tce_time *t)
{
    for (uint32_t i = 0; i < t->phb_count; i++)
        phb_free(t->phbs[i]);
    free(t->phbs);
    tce__map_close(&t->phb_of_buid);
}

/* --- Links --- */

/* Sends `bytes` that are ready from a cycle on; returns the cycle in which they have left. [link] */
static uint64_t send(const tce_time *t, tce__link *link, uint64_t ready, uint64_t bytes, uint64_t *busy_cycles)
{
    const uint64_t one = UINT64_C(1) << 16, wanted = bytes * t->byte_q16, duration = wanted > one ? wanted : one;
    if (ready > link->cycle)
        *link = (tce__link){.cycle = ready, .part = 0, .busy_part = link->busy_part};
    const uint64_t part = link->part + (duration & (one - 1)), busy = link->busy_part + duration;
    link->cycle += (duration >> 16) + (part >> 16);
    link->part = (uint32_t)(part & (one - 1));
    link->busy_part = (uint32_t)(busy & (one - 1));
    *busy_cycles += busy >> 16;
    return link->cycle + (link->part != 0);
}

/* --- Requesters: which TLP each would send next, and from when on --- */

static bool is_read_without_tag(const tce__requester *r, const tce__transaction *x)
{
    return !x->write && r->fresh_tags == 0 && r->tags.count == 0;
}

/* The cycle in which the requester's next TLP is ready; TCE__NEVER: none, or no tag is known to come free. */
static uint64_t ready_cycle(const tce_time *t, const tce__requester *r)
{
    if (r->pending.count == 0)
        return TCE__NEVER;
    const tce__heap_item *top = &r->pending.items[0];
    const tce__transaction *x = tce__transaction_at(t, top->value);
    uint64_t ready = top->key > r->turn ? top->key : r->turn;
    if (is_read_without_tag(r, x))
        return x->fault_at == TCE__NEVER ? TCE__NEVER : x->fault_at + 1;
    /* [tag] */
    if (!x->write && r->fresh_tags == 0 && tce__ring_front(&r->tags) > ready)
        ready = tce__ring_front(&r->tags);
    /* What is left of a transaction with a fault is withdrawn in the cycle after: then the next one has its turn. */
    return x->fault_at < ready ? x->fault_at + 1 : ready;
}

/* Puts the requester among the candidates anew, if its turn has changed. */
static void offer(tce_time *t, tce__phb_time *phb, uint32_t requester)
{
    tce__requester *r = tce__requester_at(t, requester);
    const uint64_t ready = ready_cycle(t, r);
    if (ready == r->key)
        return;
    r->key = ready;
    /* [tie]: requesters are numbered as they are first seen. */
    if (ready != TCE__NEVER && !tce__heap_push(&phb->candidates, ready, requester, requester))
        t->failed = true;
}

/* The requester whose TLP has been ready longest. [arbitrate] */
static bool first_candidate(tce_time *t, tce__phb_time *phb, tce__heap_item *first)
{
    while (phb->candidates.count != 0) {
        *first = phb->candidates.items[0];
        if (tce__requester_at(t, first->value)->key == first->key)
            return true;
        (void)tce__heap_pop(&phb->candidates);  /* stale */
    }
    return false;
}

void tce__phb_add(tce_time *t, uint32_t transaction)
{
    const tce__transaction *x = tce__transaction_at(t, transaction);
    tce__requester *r = tce__requester_at(t, x->requester);
    if (!tce__heap_push(&r->pending, x->start, x->event, transaction)) {
        t->failed = true;
        return;
    }
    offer(t, t->phbs[r->phb], x->requester);
}

/* --- Grant --- */

/* A read request takes a tag in a cycle. */
static void take_tag(tce__phb_time *phb, tce__requester *r, uint64_t cycle)
{
    if (r->fresh_tags != 0)
        r->fresh_tags--;
    else
        (void)tce__ring_pop(&r->tags);
    while (phb->tag_ends.count != 0 && tce__ring_front(&phb->tag_ends) < cycle) {
        (void)tce__ring_pop(&phb->tag_ends);
        phb->reads--;
    }
    if (++phb->reads > phb->stats.tags_peak)
        phb->stats.tags_peak = phb->reads;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* How far an address is from the next multiple of a power of two. */
static uint64_t to_boundary(uint64_t address, uint64_t size)
{
    return size - (address & (size - 1));
}

/* Bytes of the transaction's next TLP. [cut] */
static uint64_t next_cut(const tce_time *t, const tce__transaction *x)
{
    const uint64_t address = x->ioba + x->issued, offset = x->offset + x->issued;
    uint64_t bytes = least(x->bytes - x->issued, to_boundary(address, x->write ? t->c.max_payload : t->c.max_read_request));
    bytes = least(bytes, to_boundary(address, PAGE_4K));
    return least(bytes, to_boundary(offset, UINT64_C(1) << x->shift));
}

static tce__write *write_at(const tce__phb_time *phb, uint64_t number)
{
    return &phb->order[number & (phb->order_capacity - 1)];
}

/* A write takes its place in link order. false: no memory. */
static bool order_write(tce__phb_time *phb, tce__tlp *tlp, uint32_t index)
{
    if (phb->writes - phb->resolved == phb->order_capacity) {
        const size_t capacity = phb->order_capacity == 0 ? 64 : phb->order_capacity * 2;
        tce__write *order = malloc(capacity * sizeof *order);
        if (order == NULL)
            return false;
        for (uint64_t i = phb->resolved; i < phb->writes; i++)
            order[i & (capacity - 1)] = *write_at(phb, i);
        free(phb->order);
        phb->order = order;
        phb->order_capacity = capacity;
    }
    tlp->behind = phb->writes;
    *write_at(phb, phb->writes++) = (tce__write){.own = TCE__NEVER, .tlp = index, .readers = TCE__NONE};
    return true;
}

/* A read's place: behind the last write. */
static void order_read(tce__phb_time *phb, tce__tlp *tlp, uint32_t index)
{
    if (phb->resolved == phb->writes) {
        tlp->behind = phb->latest;
        return;
    }
    tce__write *w = write_at(phb, phb->writes - 1);
    tlp->behind = TCE__NEVER;
    tlp->next = w->readers;
    w->readers = index;
}

static void withdraw(tce_time *t, tce__phb_time *phb, uint32_t requester)
{
    tce__requester *r = tce__requester_at(t, requester);
    const uint32_t transaction = tce__heap_pop(&r->pending).value;
    const tce__transaction *x = tce__transaction_at(t, transaction);
    /* What is freed in a cycle serves from the next one on. [cycle-order] */
    if (x->fault_at + 1 > r->turn)
        r->turn = x->fault_at + 1;
    t->stats.withdrawn++;
    r->key = TCE__NEVER;
    tce__transaction_closed(t, transaction);
    offer(t, phb, requester);
}

static void grant(tce_time *t, tce__phb_time *phb, const tce__heap_item *candidate, uint64_t cycle)
{
    const uint32_t requester = candidate->value;
    tce__requester *r = tce__requester_at(t, requester);
    const uint32_t transaction = r->pending.items[0].value;
    tce__transaction *x = tce__transaction_at(t, transaction);
    (void)tce__heap_pop(&phb->candidates);
    /* Those that are granted in the cycle in which the fault is known are granted. [fault] */
    if (TCE__UNLIKELY(x->fault_at < cycle)) {
        withdraw(t, phb, requester);
        return;
    }
    const uint64_t ready = candidate->key, payload = next_cut(t, x);
    const uint32_t index = tce__pool_take(&t->tlps);
    if (index == TCE__NONE) {
        t->failed = true;
        return;
    }
    if (!x->write) {
        const uint64_t turn = r->pending.items[0].key > r->turn ? r->pending.items[0].key : r->turn;
        phb->stats.tag_waits += ready > turn;
        take_tag(phb, r, cycle);
    }
    const uint64_t bytes = x->write ? t->c.write_overhead + payload : t->c.read_overhead;
    const uint64_t left = send(t, &phb->up, ready, bytes, &phb->stats.up_cycles);
    const uint64_t arrival = left + t->c.pcie_latency + t->c.tve_cycles;
    tce__tlp *tlp = tce__tlp_at(t, index);
    *tlp = (tce__tlp){
        .sequence = phb->sequence++,
        .place = x->issued,
        .arrival = arrival,
        .transaction = transaction,
        .payload = (uint32_t)payload,
        .next = TCE__NONE,
    };
    phb->stats.tlps++;
    phb->stats.tlp_cycles += arrival - ready;
    phb->stats.tag_busy_cycles += x->write ? 0 : arrival - cycle;
    phb->stages[TCE_STAGE_LINK_WAIT] += cycle - ready;
    phb->stages[TCE_STAGE_LINK] += left - cycle;
    phb->stages[TCE_STAGE_UP] += t->c.pcie_latency;
    phb->stages[TCE_STAGE_TVE] += t->c.tve_cycles;
    x->issued += payload;
    x->tlps++;
    x->under_way++;
    if (x->write && !order_write(phb, tlp, index))
        t->failed = true;
    if (!x->write)
        order_read(phb, tlp, index);
    if (!tce__ring_push(x->bypass ? &phb->bypass : &phb->port, index))
        t->failed = true;
    /* From here, not from `left`, so that a requester alone loses no part of a cycle. [issue] */
    r->turn = phb->up.cycle;
    r->key = TCE__NEVER;
    if (x->issued == x->bytes) {
        (void)tce__heap_pop(&r->pending);
        tce__transaction_closed(t, transaction);
    }
    offer(t, phb, requester);
}

/* --- After the translation --- */

static void push_data(tce_time *t, tce__phb_time *phb, uint32_t index, uint64_t cycle)
{
    if (!tce__heap_push(&phb->data, cycle, tce__tlp_at(t, index)->sequence, index))
        t->failed = true;
}

/* A read that is translated, and behind no write that is not done. [read] */
static void read_memory(tce_time *t, tce__phb_time *phb, uint32_t index)
{
    const tce__tlp *tlp = tce__tlp_at(t, index);
    const uint64_t from = tlp->known > tlp->behind ? tlp->known : tlp->behind;
    phb->stages[TCE_STAGE_ORDER_WAIT] += from - tlp->known;
    phb->stages[TCE_STAGE_MEMORY] += t->c.memory_latency;
    push_data(t, phb, index, from + t->c.memory_latency);
}

/* [write-order]: the writes whose end is known, and those of all before them. */
static void resolve(tce_time *t, tce__phb_time *phb)
{
    while (phb->resolved != phb->writes && write_at(phb, phb->resolved)->own != TCE__NEVER) {
        const tce__write w = *write_at(phb, phb->resolved++);
        const tce__tlp *written = tce__tlp_at(t, w.tlp);
        const uint32_t transaction = written->transaction;
        const uint64_t done = w.failed || w.own > phb->latest ? w.own : phb->latest;
        phb->stages[TCE_STAGE_ORDER_WAIT] += done - w.own;
        phb->stages[TCE_STAGE_MEMORY] += w.failed ? 0 : t->c.memory_latency;
        phb->stats.tlp_cycles += done - written->arrival;
        if (done > phb->latest)
            phb->latest = done;
        tce__pool_give(&t->tlps, w.tlp);
        tce__tlp_done(t, transaction, done);
        for (uint32_t reader = w.readers, next; reader != TCE__NONE; reader = next) {
            tce__tlp *tlp = tce__tlp_at(t, reader);
            next = tlp->next;
            tlp->behind = phb->latest;
            if (tlp->known != 0 && !tlp->failed)
                read_memory(t, phb, reader);
        }
    }
}

/* The TLP is translated, faulted or dropped in a cycle. */
static void know(tce_time *t, tce__phb_time *phb, uint32_t index, uint64_t cycle, bool failed)
{
    tce__tlp *tlp = tce__tlp_at(t, index);
    tlp->known = cycle;
    tlp->failed = failed;
    if (tce__transaction_at(t, tlp->transaction)->write) {
        tce__write *w = write_at(phb, tlp->behind);
        w->own = failed ? cycle : cycle + t->c.memory_latency;
        w->failed = failed;
        resolve(t, phb);
    } else if (failed) {
        push_data(t, phb, index, cycle);    /* waits for no write */
    } else if (tlp->behind != TCE__NEVER) {
        read_memory(t, phb, index);
    }
}

/* A fault of the transaction is known in a cycle. [fault] */
static void set_fault(tce_time *t, tce__phb_time *phb, tce__transaction *x, uint64_t cycle)
{
    if (cycle >= x->fault_at)
        return;
    x->fault_at = cycle;
    if (!x->closed)
        offer(t, phb, x->requester);
}

/* --- Look-up --- */

/* Would these bytes fault where the transaction's TCEs are what they were? */
static bool page_faults(const tce_time *t, const tce__transaction *x, const tce__tlp *tlp)
{
    if (x->pages == NULL)
        return false;
    const uint64_t mask = tce_page_mask(x->shift), offset = x->offset + tlp->place;
    const uint64_t tce = x->bypass ? TCE_ACCESS_RW : x->pages[(offset >> x->shift) - (x->offset >> x->shift)];
    const uint64_t real = x->bypass ? offset : (tce & ~mask) | (offset & mask);
    const uint64_t bytes = tlp->payload;
    return !tce__allows(tce, x->access) || real + bytes - (bytes != 0) >= t->memory_bytes;
}

static void look_up(tce_time *t, tce__phb_time *phb, uint32_t index, uint64_t cycle)
{
    const tce__tlp *tlp = tce__tlp_at(t, index);
    tce__transaction *x = tce__transaction_at(t, tlp->transaction);
    if (!x->bypass) {
        phb->next_lookup = cycle + t->c.lookup_interval;
        phb->stages[TCE_STAGE_PORT_WAIT] += cycle - tlp->arrival;
    }
    if (x->frozen || cycle >= x->fault_at) {
        phb->stats.dropped++;
        if (x->frozen)
            set_fault(t, phb, x, cycle);
        know(t, phb, index, cycle, true);
        return;
    }
    const uint64_t tce = (x->offset + tlp->place) >> x->shift;
    if (tce >= x->tces) {
        set_fault(t, phb, x, cycle);
        know(t, phb, index, cycle, true);
        return;
    }
    uint64_t known = cycle;
    if (!x->bypass) {
        tce__cache_advance(&phb->cache, cycle, &phb->stats);
        known = tce__cache_lookup(&phb->cache, cycle, x->name, tce, &phb->stats, phb->stages);
        if (known == TCE__NEVER) {
            t->failed = true;
            return;
        }
    }
    const bool failed = page_faults(t, x, tlp);
    if (failed)
        set_fault(t, phb, x, known);
    know(t, phb, index, known, failed);
}

/* --- Completions --- */

static void complete(tce_time *t, tce__phb_time *phb)
{
    const tce__heap_item data = tce__heap_pop(&phb->data);
    const tce__tlp tlp = *tce__tlp_at(t, data.value);
    const tce__transaction *x = tce__transaction_at(t, tlp.transaction);
    const uint32_t requester = x->requester;
    uint64_t address = x->ioba + tlp.place, left = tlp.failed ? 0 : tlp.payload, end;
    const uint64_t start = phb->down.cycle > data.key ? phb->down.cycle : data.key;
    /* [completion] */
    do {
        const uint64_t bytes = least(left, to_boundary(address, t->c.max_payload));
        end = send(t, &phb->down, data.key, t->c.completion_overhead + bytes, &phb->stats.down_cycles);
        address += bytes;
        left -= bytes;
    } while (left != 0);
    phb->stages[TCE_STAGE_DOWN_WAIT] += start - data.key;
    phb->stages[TCE_STAGE_DOWN_LINK] += end - start;
    phb->stages[TCE_STAGE_DOWN] += t->c.pcie_latency;
    end += t->c.pcie_latency;
    phb->stats.tlp_cycles += end - tlp.arrival;
    phb->stats.tag_busy_cycles += end - tlp.arrival;
    if (!tce__ring_push(&phb->tag_ends, end))
        t->failed = true;
    tce__pool_give(&t->tlps, data.value);
    tce__tlp_done(t, tlp.transaction, end);
    tce__requester *r = tce__requester_at(t, requester);
    if (!tce__ring_push(&r->tags, end + 1))
        t->failed = true;
    offer(t, phb, requester);
}

/* --- From event to event --- */

/* What happens next on a PHB, and when. */
typedef struct next {
    uint64_t cycle;
    enum { GRANT, PASS, LOOK_UP, COMPLETE } what;
    tce__heap_item candidate;
} next;

static next next_of(tce_time *t, tce__phb_time *phb)
{
    next n = {.cycle = TCE__NEVER, .what = GRANT};
    uint64_t other;
    /* Of one cycle the first of these: grants, then look-ups, then completions. [cycle-order] */
    if (first_candidate(t, phb, &n.candidate))
        n.cycle = n.candidate.key > phb->up.cycle ? n.candidate.key : phb->up.cycle;
    if (phb->bypass.count != 0) {
        other = tce__tlp_at(t, (uint32_t)tce__ring_front(&phb->bypass))->arrival;
        if (other < n.cycle) {
            n.cycle = other;
            n.what = PASS;
        }
    }
    if (phb->port.count != 0) {
        const uint64_t arrival = tce__tlp_at(t, (uint32_t)tce__ring_front(&phb->port))->arrival;
        other = arrival > phb->next_lookup ? arrival : phb->next_lookup;
        if (other < n.cycle) {
            n.cycle = other;
            n.what = LOOK_UP;
        }
    }
    if (phb->data.count != 0 && phb->data.items[0].key < n.cycle) {
        n.cycle = phb->data.items[0].key;
        n.what = COMPLETE;
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
        grant(t, phb, &n->candidate, n->cycle);
        break;
    case PASS:
        look_up(t, phb, (uint32_t)tce__ring_pop(&phb->bypass), n->cycle);
        break;
    case LOOK_UP:
        look_up(t, phb, (uint32_t)tce__ring_pop(&phb->port), n->cycle);
        break;
    default:
        complete(t, phb);
        break;
    }
}

void tce__phb_step(tce_time *t, tce__phb_time *phb)
{
    const next n = next_of(t, phb);
    happen(t, phb, &n);
}

void tce__phb_advance(tce_time *t, tce__phb_time *phb, uint64_t limit)
{
    while (!t->failed) {
        const next n = next_of(t, phb);
        if (n.cycle >= limit)
            break;
        happen(t, phb, &n);
    }
    if (limit != 0)
        tce__cache_advance(&phb->cache, limit - 1, &phb->stats);
}
