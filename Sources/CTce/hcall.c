/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TCE hypercalls (LoPAR 14.5.4.2). The checks are numbered in the order in which they are made, because the order
 * decides what a call with two faults answers; the ids in brackets are what the tests cite. H_GET_TCE and H_PUT_TCE of
 * a window that has been looked up are inlines of internal.h. Architectural.
 */
#include "internal.h"

#include <string.h>

/*
 * How many of npages pages from `index` (in the window) on are in the window.
 *
 * QEMU goes from page to page and looks whether each is in the window. This gives the same count. With d the distance
 * (IOBA - start) mod 2^64 and s the page shift, page k has the index ((d + k 2^s) mod 2^64) >> s =
 * (index + k) mod 2^(64 - s). The window's TCEs do not pass 2^64, so tces <= 2^(64 - s), and the first k that is
 * outside is tces - index: there the sum is tces, which has not wrapped unless tces is 2^(64 - s). That last is a
 * window that is the whole bus, which no QEMU has; there a run ends with the bus, as a device's access does.
 */
static uint64_t pages_inside(const tce__window *w, uint64_t index, uint64_t npages)
{
    uint64_t rest = w->tces - index;
    return npages < rest ? npages : rest;
}

tce_h_status tce__put_first(const tce__window *w, uint64_t index, uint64_t tce)
{
    /* 0 is what is there already: also a boot clear by H_PUT_TCE commits nothing. */
    if (tce != 0) {
        tce__table_touch(&w->table, index >> TCE__PAGE_TCES_LOG2);
        w->table.tce[index] = tce;
    }
    return TCE_H_SUCCESS;
}

tce_h_status tce__stuff(const tce_machine *m, const tce__window *w, uint64_t ioba, uint64_t tce, uint64_t npages)
{
    /* 1. The LIOBN has a window. [hcall.stuff.1] */
    if (TCE__UNLIKELY(w == NULL))
        return TCE_H_PARAMETER;
    /* 2. No more pages than the window has, unsigned and with all 64 bits; 512 is no limit. [hcall.stuff.2] */
    if (TCE__UNLIKELY(npages > w->tces))
        return TCE_H_PARAMETER;
    /* 3. No pages at all. [hcall.stuff.3] */
    if (TCE__UNLIKELY(npages == 0))
        return m->platform->no_pages;
    /* 4. The first page lies in the window; the bits inside a page are ignored. [hcall.stuff.4] */
    uint64_t index = tce__index(w, ioba);
    if (TCE__UNLIKELY(index >= w->tces))
        return TCE_H_PARAMETER;
    /* 5. Page after page is given the value; what was stored before one outside the window stays. [hcall.stuff.5] */
    uint64_t inside = pages_inside(w, index, npages);
    if (tce == 0) {
        tce__table_zero(&w->table, index, inside, &m->kernels);
    } else {
        tce__table_touch_range(&w->table, index, inside);
        m->kernels.fill(w->table.tce + index, tce, (size_t)inside);
    }
    return TCE__LIKELY(inside == npages) ? TCE_H_SUCCESS : TCE_H_PARAMETER;
}

tce_h_status tce__put_list(const tce_machine *m, const tce__window *w, uint64_t ioba, uint64_t list,
                           const uint64_t *entries, uint64_t npages)
{
    /* 1. The LIOBN has a window. [hcall.put-indirect.1] */
    if (TCE__UNLIKELY(w == NULL))
        return TCE_H_PARAMETER;
    /* 2. No more entries than a list has, unsigned and with all 64 bits. [hcall.put-indirect.2] */
    if (TCE__UNLIKELY(npages > TCE_LIST_ENTRIES_MAX))
        return TCE_H_PARAMETER;
    /* 3. The list is one 4 KiB page, at every page size of the window. [hcall.put-indirect.3] */
    if (TCE__UNLIKELY((list & (TCE__LIST_BYTES - 1)) != 0))
        return TCE_H_PARAMETER;
    /* 4. No pages at all. [hcall.put-indirect.4] */
    if (TCE__UNLIKELY(npages == 0))
        return m->platform->no_pages;
    /* 5. The first page lies in the window; the bits inside a page are ignored. [hcall.put-indirect.5] */
    uint64_t index = tce__index(w, ioba);
    if (TCE__UNLIKELY(index >= w->tces))
        return TCE_H_PARAMETER;
    /* 6. Page after page is given the next entry, any 64-bit value; what was stored before a page outside the window
     *    stays. No address bit of the list is masked: where no memory is, its entries are 0. [hcall.put-indirect.6] */
    uint64_t inside = pages_inside(w, index, npages);
    const unsigned char *page = entries != NULL ? NULL : tce__memory_page(m, list);
    if (entries == NULL && page == NULL) {
        tce__table_zero(&w->table, index, inside, &m->kernels);
    } else {
        tce__table_touch_range(&w->table, index, inside);
        if (entries != NULL)
            memcpy(w->table.tce + index, entries, (size_t)inside * sizeof *entries);
        else
            m->kernels.copy_swapped(w->table.tce + index, page, (size_t)inside);
    }
    return TCE__LIKELY(inside == npages) ? TCE_H_SUCCESS : TCE_H_PARAMETER;
}

tce_h_status tce_h_get_tce(const tce_machine *m, uint64_t liobn, uint64_t ioba, uint64_t *tce)
{
    return tce__get(tce__window_of(m, liobn), ioba, tce);
}

tce_h_status tce_h_put_tce(tce_machine *m, uint64_t liobn, uint64_t ioba, uint64_t tce)
{
    return tce__put(m, tce__window_of(m, liobn), ioba, tce);
}

tce_h_status tce_h_put_tce_indirect(tce_machine *m, uint64_t liobn, uint64_t ioba, uint64_t list, uint64_t npages)
{
    return tce__put_list(m, tce__window_of(m, liobn), ioba, list, NULL, npages);
}

tce_h_status tce_h_put_tce_list(tce_machine *m, uint64_t liobn, uint64_t ioba, uint64_t list, const uint64_t *entries,
                                uint64_t npages)
{
    return tce__put_list(m, tce__window_of(m, liobn), ioba, list, entries, npages);
}

tce_h_status tce_h_stuff_tce(tce_machine *m, uint64_t liobn, uint64_t ioba, uint64_t tce, uint64_t npages)
{
    return tce__stuff(m, tce__window_of(m, liobn), ioba, tce, npages);
}

tce_h_status tce_hcall(tce_machine *m, uint64_t opcode, const uint64_t args[6], uint64_t *out)
{
    switch (opcode) {
    case TCE_H_GET_TCE:
        return tce_h_get_tce(m, args[0], args[1], out);
    case TCE_H_PUT_TCE:
        return tce_h_put_tce(m, args[0], args[1], args[2]);
    case TCE_H_STUFF_TCE:
        return tce_h_stuff_tce(m, args[0], args[1], args[2], args[3]);
    case TCE_H_PUT_TCE_INDIRECT:
        return tce_h_put_tce_indirect(m, args[0], args[1], args[2], args[3]);
    default:
        /* Also what LoPAR has and this machine has not, such as H_MIGRATE_DMA. [hcall.function] */
        return TCE_H_FUNCTION;
    }
}
