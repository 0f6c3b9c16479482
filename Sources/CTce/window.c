/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DMA windows: which LIOBN has which, their limits, and how the platform makes and removes them. What a guest does to
 * its windows is in rtas_ddw.c. Architectural.
 */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

/* Is a window of this page size, place and number of TCEs possible at all? */
tce_err tce__window_shape(uint32_t page_shift, uint64_t start, uint64_t tces)
{
    if (page_shift < TCE_PAGE_SHIFT_MIN || page_shift > TCE_PAGE_SHIFT_MAX)
        return TCE_ERR_PAGE_SHIFT;
    if (tces > TCE_WINDOW_TCES_MAX)
        return TCE_ERR_WINDOW_TCES;
    /* The window may end at 2^64: its last byte, not the one after it, must have an address. */
    if (tces == 0 || tces - 1 > (UINT64_MAX - start) >> page_shift ||
        ((tces - 1) << page_shift) + tce_page_mask(page_shift) > UINT64_MAX - start)
        return TCE_ERR_WINDOW_RANGE;
    return TCE_OK;
}

void *tce__window_memory(size_t bytes)
{
    const size_t rounded = (bytes + TCE__WINDOW_ALIGNMENT - 1) / TCE__WINDOW_ALIGNMENT * TCE__WINDOW_ALIGNMENT;
    void *p = aligned_alloc(TCE__WINDOW_ALIGNMENT, rounded);
    return p == NULL ? NULL : memset(p, 0, rounded);
}

/* Windows that count against TCE_WINDOWS_MAX for a PHB: a reset must always find room for the default one. */
static size_t places(const tce__phb *phb)
{
    uint32_t count = tce__phb_window_count(phb);
    return count == 0 ? 1 : count;
}

/* Gives an LIOBN a window, with a table that is empty; one that it had goes. The shape has been checked. */
void tce__window_install(tce_machine *m, tce__window *w, const tce__table *table, uint32_t page_shift, uint64_t start,
                         uint64_t tces)
{
    tce__window_close(m, w);
    size_t before = w->phb == NULL ? 0 : places(w->phb);
    w->table = *table;
    w->tces = tces;
    w->start = start;
    w->shift = (uint8_t)page_shift;
    w->frozen = w->phb != NULL && w->phb->frozen;   /* [eeh.new-window] */
    m->window_count++;
    m->window_places += (w->phb == NULL ? 1 : places(w->phb)) - before;
    m->generation++;
}

/* Takes the window of an LIOBN away; the LIOBN stays with its owner. */
void tce__window_close(tce_machine *m, tce__window *w)
{
    if (w->table.tce == NULL)
        return;
    size_t before = w->phb == NULL ? 1 : places(w->phb);
    tce__table_close(&w->table, w->tces);
    w->tces = 0;
    w->bypass = false;
    w->is_default = false;
    m->window_count--;
    m->window_places -= before - (w->phb == NULL ? 0 : places(w->phb));
    m->generation++;
}

/* The same window as if it had just been made. */
void tce__window_renew(tce_machine *m, tce__window *w)
{
    tce__table_renew(&w->table, w->tces, &m->kernels);
    w->bypass = false;
    m->generation++;
}

/* What the window is to have as its owner's, or why it cannot be. *w is NULL for a new LIOBN of virtual I/O. */
static tce_err find_place(tce_machine *m, const tce_window_config *config, tce__window **w)
{
    tce__window *known = tce__map_find(&m->windows, config->liobn);
    const tce__phb *phb = config->buid == 0 ? NULL : tce__phb_of(m, config->buid);
    if (config->buid != 0 && phb == NULL)
        return TCE_ERR_NO_PHB;
    if (known != NULL && known->phb != phb)
        return TCE_ERR_LIOBN_TAKEN;
    if (known == NULL && phb != NULL)
        return TCE_ERR_CONFIG;
    bool more = known == NULL;
    if (phb != NULL)
        more = known->table.tce == NULL && tce__phb_window_count(phb) != 0;
    if (more && m->window_places >= TCE_WINDOWS_MAX)
        return TCE_ERR_WINDOWS;
    *w = known;
    return TCE_OK;
}

tce_err tce_window_create(tce_machine *m, const tce_window_config *config)
{
    tce_err err = tce__window_shape(config->page_shift, config->start, config->tces);
    tce__window *w = NULL;
    if (err == TCE_OK)
        err = find_place(m, config, &w);
    if (err != TCE_OK)
        return err;
    tce__table table;
    if (!tce__table_open(&table, config->tces))
        return TCE_ERR_NO_MEMORY;
    if (w == NULL) {
        w = tce__window_memory(sizeof *w);
        if (w == NULL || !tce__map_insert(&m->windows, config->liobn, w)) {
            free(w);
            tce__table_close(&table, config->tces);
            return TCE_ERR_NO_MEMORY;
        }
        w->liobn = config->liobn;
    }
    tce__window_install(m, w, &table, config->page_shift, config->start, config->tces);
    return TCE_OK;
}

/* The window of an LIOBN for one who may change it. */
static tce__window *window_for(tce_machine *m, uint64_t liobn)
{
    tce__window *w = tce__map_find(&m->windows, liobn);
    return w != NULL && w->table.tce != NULL ? w : NULL;
}

tce_err tce_window_remove(tce_machine *m, uint64_t liobn)
{
    tce__window *w = window_for(m, liobn);
    if (w == NULL)
        return TCE_ERR_NO_WINDOW;
    tce__window_close(m, w);
    if (w->phb == NULL) {
        tce__map_remove(&m->windows, liobn);
        free(w);
    }
    return TCE_OK;
}

tce_err tce_window_set_bypass(tce_machine *m, uint64_t liobn, bool bypass)
{
    tce__window *w = window_for(m, liobn);
    if (w == NULL)
        return TCE_ERR_NO_WINDOW;
    w->bypass = bypass;
    m->generation++;
    return TCE_OK;
}

static tce_window_info info_of(const tce__window *w)
{
    return (tce_window_info){
        .liobn = w->liobn,
        .page_shift = w->shift,
        .start = w->start,
        .tces = w->tces,
        .buid = w->phb == NULL ? 0 : w->phb->config.buid,
        .bypass = w->bypass,
    };
}

bool tce_window_find(const tce_machine *m, uint64_t liobn, tce_window_info *out)
{
    const tce__window *w = tce__window_of(m, liobn);
    if (w != NULL && out != NULL)
        *out = info_of(w);
    return w != NULL;
}

uint64_t tce_window_run(const tce_machine *m, uint64_t liobn, uint64_t page, uint64_t *tce)
{
    const tce__window *w = tce__window_of(m, liobn);
    if (w == NULL || page >= w->tces)
        return 0;
    if (w->bypass) {
        *tce = page << w->shift | TCE_ACCESS_RW;
        return w->tces - page;
    }
    const uint64_t first = tce__table_load(&w->table, page), mask = tce_page_mask(w->shift);
    const uint64_t access = first & TCE_ACCESS_RW, size = access == 0 ? 0 : mask + 1;
    uint64_t count = 1;
    for (; page + count < w->tces; count++) {
        const uint64_t next = tce__table_load(&w->table, page + count);
        if ((next & TCE_ACCESS_RW) != access || (access != 0 && ((next & ~mask) != (first & ~mask) + count * size)))
            break;
    }
    *tce = access == 0 ? 0 : (first & ~mask) | access;
    return count;
}

size_t tce_window_count(const tce_machine *m)
{
    return m->window_count;
}

/* Lets heap[at] sink in a heap whose top has the highest LIOBN. */
static void sink(tce_window_info *heap, size_t count, size_t at)
{
    const tce_window_info moved = heap[at];
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && heap[child + 1].liobn > heap[child].liobn)
            child++;
        if (heap[child].liobn <= moved.liobn)
            break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

/* In the caller's array alone, so that it cannot fail: a heap of the `max` lowest, then sorted. */
size_t tce_window_list(const tce_machine *m, tce_window_info *out, size_t max)
{
    size_t count = 0;
    if (max == 0)
        return 0;
    for (size_t i = 0; i <= m->windows.mask; i++) {
        const tce__window *w = m->windows.slots[i].value;
        if (w == NULL || w->table.tce == NULL)
            continue;
        if (count < max) {
            out[count++] = info_of(w);
            for (size_t j = count / 2; count == max && j-- > 0;)
                sink(out, count, j);
        } else if (w->liobn < out[0].liobn) {
            out[0] = info_of(w);
            sink(out, count, 0);
        }
    }
    for (size_t j = count / 2; count < max && j-- > 0;)
        sink(out, count, j);
    for (size_t end = count; end-- > 1;) {
        tce_window_info highest = out[0];
        out[0] = out[end];
        out[end] = highest;
        sink(out, end, 0);
    }
    return count;
}

uint64_t tce_machine_host_bytes(const tce_machine *m)
{
    return tce_machine_table_bytes(m) + m->frames.count * TCE__FRAME_BYTES + tce__states_count(m);
}

uint64_t tce_machine_table_bytes(const tce_machine *m)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i <= m->windows.mask; i++) {
        const tce__window *w = m->windows.slots[i].value;
        if (w != NULL)
            bytes += tce__table_bytes(&w->table, w->tces);
    }
    return bytes;
}
