/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of writes on a PHB where TLPs pass one another: what is not known at a look-up waits here
 * (docs/time-model.md, steps 5 and 6). Model.
 */
#include "time.h"

static tce__write *write_at(const tce__phb_time *phb, uint64_t number)
{
    const uint64_t first = phb->writes - phb->order.count;
    return tce__ring_at(&phb->order, (size_t)(number - first), sizeof(tce__write));
}

static tce__reader *reader_at(const tce__phb_time *phb, uint32_t index)
{
    return &((tce__reader *)(void *)phb->readers.items)[index];
}

static bool order_write(tce__phb_time *phb, tce__row *row)
{
    tce__write *w = tce__ring_push(&phb->order, sizeof *w);
    if (w == NULL)
        return false;
    *w = (tce__write){
        .own = TCE__NEVER, .granted = row->cycle, .transaction = row->transaction, .readers = TCE__NONE};
    row->order = phb->writes++;
    return true;
}

static bool order_read(tce__phb_time *phb, tce__row *row)
{
    const uint32_t index = tce__pool_take(&phb->readers);
    if (index == TCE__NONE)
        return false;
    row->order = index;
    tce__reader *reader = reader_at(phb, index);
    *reader = (tce__reader){.known = TCE__NEVER, .behind = phb->latest, .next = TCE__NONE};
    if (phb->order.count != 0) {
        tce__write *w = write_at(phb, phb->writes - 1);
        reader->behind = TCE__NEVER;
        reader->next = w->readers;
        w->readers = index;
    }
    return true;
}

bool tce__order_row(tce_time *t, tce__phb_time *phb, tce__row *row)
{
    return tce__transaction_at(t, row->transaction)->write ? order_write(phb, row) : order_read(phb, row);
}

/* From now on a row is one TLP: those on their way are taken apart. */
bool tce__order_mix(tce_time *t, tce__phb_time *phb)
{
    tce__ring port = phb->port;
    phb->mixed = true;
    phb->port = (tce__ring){.items = NULL};
    while (port.count != 0) {
        tce__row *row = tce__ring_at(&port, 0, sizeof *row), *one = tce__ring_push(&phb->port, sizeof *row);
        if (one == NULL)
            break;
        *one = *row;
        one->count = 1;
        if (!tce__order_row(t, phb, one))
            break;
        tce__row_next(row);
        if (row->count == 0)
            tce__ring_drop(&port);
    }
    const bool done = port.count == 0;
    tce__ring_close(&port);
    return done;
}

static void push_data(tce_time *t, tce__phb_time *phb, const tce__tlp *tlp, uint64_t cycle, bool failed)
{
    const tce__data data = {tlp->place, tlp->transaction, failed ? 0 : tlp->payload};
    tce__data_push(t, phb, &data, tlp->sequence, tlp->granted, cycle);
}

/* A read that is translated, and behind no write that is not done. [read] */
static void read_memory(tce_time *t, tce__phb_time *phb, uint32_t index)
{
    const tce__reader *reader = reader_at(phb, index);
    const uint64_t from = reader->known > reader->behind ? reader->known : reader->behind;
    phb->stages[TCE_STAGE_ORDER_WAIT] += from - reader->known;
    phb->stages[TCE_STAGE_MEMORY] += t->c.memory_latency;
    push_data(t, phb, &reader->tlp, from + t->c.memory_latency, false);
    tce__pool_give(&phb->readers, index);
}

/* [write-order]: the writes whose end is known, and those of all before them. */
static void resolve(tce_time *t, tce__phb_time *phb)
{
    while (phb->order.count != 0) {
        const tce__write w = *(const tce__write *)tce__ring_at(&phb->order, 0, sizeof w);
        if (w.own == TCE__NEVER)
            return;
        tce__ring_drop(&phb->order);
        const uint64_t done = w.failed || w.own > phb->latest ? w.own : phb->latest;
        phb->stages[TCE_STAGE_ORDER_WAIT] += done - w.own;
        phb->stages[TCE_STAGE_MEMORY] += w.failed ? 0 : t->c.memory_latency;
        phb->stats.tlp_cycles += done - w.granted;
        if (done > phb->latest)
            phb->latest = done;
        for (uint32_t index = w.readers, next; index != TCE__NONE; index = next) {
            tce__reader *reader = reader_at(phb, index);
            next = reader->next;
            reader->behind = phb->latest;
            if (reader->known == 0)
                tce__pool_give(&phb->readers, index);
            else if (reader->known != TCE__NEVER)
                read_memory(t, phb, index);
        }
        if (!w.failed)
            tce__tlp_done(t, w.transaction, done);
    }
}

void tce__order_know(tce_time *t, tce__phb_time *phb, const tce__tlp *tlp, bool write, uint64_t cycle, bool failed)
{
    if (write) {
        tce__write *w = write_at(phb, tlp->order);
        w->own = failed ? cycle : cycle + t->c.memory_latency;
        w->failed = failed;
        /* Its end is known though those before it are not: what waits for it may start before they are. */
        if (failed)
            tce__tlp_done(t, tlp->transaction, cycle);
        resolve(t, phb);
        return;
    }
    const uint32_t index = (uint32_t)tlp->order;
    tce__reader *reader = reader_at(phb, index);
    reader->known = failed ? 0 : cycle;
    reader->tlp = *tlp;
    if (failed) {
        /* It waits for no write; if one knows of it, it stays until that is done. */
        push_data(t, phb, tlp, cycle, true);
        if (reader->behind != TCE__NEVER)
            tce__pool_give(&phb->readers, index);
    } else if (reader->behind != TCE__NEVER) {
        read_memory(t, phb, index);
    }
}
