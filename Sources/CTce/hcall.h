/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TCE hcalls on a window that has been looked up; w NULL: the LIOBN has none. The checks are numbered in the order
 * in which they are made; a platform that makes one is named there. Not API. Architectural.
 */
#ifndef TCE__HCALL_H
#define TCE__HCALL_H

#include "internal.h"
#include "memory.h"

/* entries: npages TCEs in host order, or NULL: they are read from guest memory at `list`. */
tce_h_status tce__put_list(tce_machine *m, const tce__window *w, uint64_t liobn, uint64_t ioba, uint64_t list,
                           const uint64_t *entries, uint64_t npages);

/* The end of tce__store where nothing was written on that page of the table yet. */
TCE__COLD tce_h_status tce__store_first(const tce__window *w, uint64_t index, uint64_t tce);

/* The end of tce__stuff: one value from index (in the window) on; of a run that leaves the window what is inside it. */
tce_h_status tce__stuff_run(tce_machine *m, const tce__window *w, uint64_t index, uint64_t tce, uint64_t npages);

/* Stores one TCE at an index in the window: H_SUCCESS. */
static inline tce_h_status tce__store(const tce__window *w, uint64_t index, uint64_t tce)
{
    if (TCE__UNLIKELY(!tce__table_touched(&w->table, index)))
        return tce__store_first(w, index, tce);
    w->table.tce[index] = tce;
    return TCE_H_SUCCESS;
}

/* Is the whole I/O page that a TCE names memory of the partition? */
static inline bool tce__owned(const tce_machine *m, const tce__window *w, uint64_t tce)
{
    /* The page's last byte decides: memory starts at 0. */
    return tce__is_memory(m, tce | tce_page_mask(w->shift));
}

/* Is this IOBA (in the window) refused for the bits inside its page? */
static inline bool tce__misaligned(const tce_machine *m, const tce__window *w, uint64_t ioba)
{
    return TCE__UNLIKELY(m->platform->ioba_aligned) && ((ioba - w->start) & tce_page_mask(w->shift)) != 0;
}

/* Is this a TCE that the platform does not store? */
static inline bool tce__disowned(const tce_machine *m, const tce__window *w, uint64_t tce)
{
    return TCE__UNLIKELY(m->platform->owned_only) && (tce & TCE_ACCESS_RW) != 0 && !tce__owned(m, w, tce);
}

/* LoPAR 14.5.4.2.1 */
static inline tce_h_status tce__get(const tce_machine *m, const tce__window *w, uint64_t ioba, uint64_t *tce)
{
    /* 1. The LIOBN has a window. [hcall.get.1] */
    if (TCE__UNLIKELY(w == NULL))
        return TCE_H_PARAMETER;
    /* 2. KVM: the IOBA is a page's. Elsewhere the bits inside a page are ignored. [hcall.get.2] */
    if (tce__misaligned(m, w, ioba))
        return TCE_H_PARAMETER;
    /* 3. The IOBA lies in the window. [hcall.get.3] */
    uint64_t index = tce__index(w, ioba);
    if (TCE__UNLIKELY(index >= w->tces))
        return TCE_H_PARAMETER;
    uint64_t value = tce__table_load(&w->table, index);
    /* 4. PAPR: of a page that the partition has no more, the number is not shown. [hcall.get.4] */
    if (tce__disowned(m, w, value)) {
        *tce = value | ~tce_page_mask(TCE_PAGE_SHIFT_MIN);
        return TCE_H_PARTIAL;
    }
    /* 5. The value that was stored, whatever it is. [hcall.get.5] */
    *tce = value;
    return TCE_H_SUCCESS;
}

/* LoPAR 14.5.4.2.2 */
static inline tce_h_status tce__put(const tce_machine *m, const tce__window *w, uint64_t ioba, uint64_t tce)
{
    /* 1. The LIOBN has a window. [hcall.put.1] */
    if (TCE__UNLIKELY(w == NULL))
        return TCE_H_PARAMETER;
    /* 2. KVM: the IOBA is a page's. Elsewhere the bits inside a page are ignored. [hcall.put.2] */
    if (tce__misaligned(m, w, ioba))
        return TCE_H_PARAMETER;
    /* 3. The IOBA lies in the window. [hcall.put.3] */
    uint64_t index = tce__index(w, ioba);
    if (TCE__UNLIKELY(index >= w->tces))
        return TCE_H_PARAMETER;
    /* 4. PAPR: with permission, the address is the partition's. [hcall.put.4] */
    if (tce__disowned(m, w, tce))
        return TCE_H_PARAMETER;
    /* 5. The value is stored as it is, all 64 bits. [hcall.put.5] */
    return tce__store(w, index, tce);
}

/* LoPAR 14.5.4.2.3 */
static inline tce_h_status tce__stuff(tce_machine *m, const tce__window *w, uint64_t ioba, uint64_t tce,
                                      uint64_t npages)
{
    const tce__platform *p = m->platform;
    /* 0. The machine has the call. [hcall.stuff.0] */
    if (TCE__UNLIKELY(!m->multitce))
        return TCE_H_FUNCTION;
    /* 1. The LIOBN has a window. [hcall.stuff.1] */
    if (TCE__UNLIKELY(w == NULL))
        return TCE_H_PARAMETER;
    /* 2. The first page lies in the window; KVM: the IOBA is a page's. [hcall.stuff.2] */
    uint64_t index = tce__index(w, ioba);
    if (TCE__UNLIKELY(index >= w->tces) || tce__misaligned(m, w, ioba))
        return TCE_H_PARAMETER;
    /* 3. PAPR: no more than 512 pages. [hcall.stuff.3] */
    if (TCE__UNLIKELY(npages > p->stuff_max))
        return TCE_H_P4;
    /* 4. No more pages than the window has, unsigned and with all 64 bits; KVM, PAPR: none of them beyond its end.
     *    [hcall.stuff.4] */
    if (TCE__UNLIKELY(npages > (p->whole_runs ? w->tces - index : w->tces)))
        return TCE_H_PARAMETER;
    /* 5. KVM: the value has no permission. PAPR: with permission, its address is the partition's. [hcall.stuff.5] */
    if ((TCE__UNLIKELY(p->stuff_unmaps_only) && (tce & TCE_ACCESS_RW) != 0) || tce__disowned(m, w, tce))
        return TCE_H_PARAMETER;
    /* 6. No pages at all. [hcall.stuff.6] */
    if (TCE__UNLIKELY(npages == 0))
        return p->no_pages;
    /* 7. Page after page is given the value; what was stored before one outside the window stays. [hcall.stuff.7] */
    if (npages != 1)
        return tce__stuff_run(m, w, index, tce, npages);
    m->written = 1;
    return tce__store(w, index, tce);
}

#endif
