/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translation of a device's access, page by page, as inlines so that a batch loop has them in line. Not API.
 * Architectural.
 */
#ifndef TCE__TRANSLATE_H
#define TCE__TRANSLATE_H

#include "internal.h"
#include "memory.h"

/* Does a TCE let a device make this access? TCE_ACCESS_NONE (direction not known) needs any permission. */
static inline bool tce__allows(uint64_t tce, uint64_t access)
{
    /* For each access, four bits: which control fields (LoPAR 3.2.2.2) allow it. */
    uint64_t fields = UINT64_C(0x8CAE);     /* both: {3}; write: {2,3}; read: {1,3}; not known: {1,2,3} */
    return fields >> ((access & TCE_ACCESS_RW) << 2 | (tce & TCE_ACCESS_RW)) & 1;
}

/* Which fault it is where tce__allows says no. */
static inline tce_fault tce__refusal(uint64_t tce, uint64_t access)
{
    bool read = (tce & TCE_ACCESS_READ) != 0;
    return (access & TCE_ACCESS_RW) == TCE_ACCESS_WRITE || ((access & TCE_ACCESS_WRITE) != 0 && read)
               ? TCE_FAULT_NO_WRITE
               : TCE_FAULT_NO_READ;
}

/* Bytes from ioba to the end of its I/O page. */
static inline uint64_t tce__page_rest(const tce__window *w, uint64_t ioba)
{
    return (UINT64_C(1) << w->shift) - ((ioba - w->start) & tce_page_mask(w->shift));
}

/*
 * The same for a window that is not translated, where an access may be of any length: the first of its pages that has
 * a fault decides. Real addresses ascend with IOBAs, so it is the one that memory ends on or that the window ends at.
 */
static inline tce_fault tce__translate_bypass(const tce_machine *m, const tce__window *w, uint64_t ioba,
                                              uint64_t bytes, uint64_t *address)
{
    uint64_t offset = ioba - w->start, last = offset + bytes - (bytes != 0);
    bool passes = last < offset;        /* the end of the bus */
    if (offset >> w->shift >= w->tces)
        return TCE_FAULT_OUTSIDE_WINDOW;
    if (passes)
        last = UINT64_MAX;
    if (!tce__is_memory(m, last)) {
        uint64_t first = offset < m->memory_bytes ? m->memory_bytes : offset;
        return first >> w->shift < w->tces ? TCE_FAULT_NOT_MEMORY : TCE_FAULT_OUTSIDE_WINDOW;
    }
    if (passes || last >> w->shift >= w->tces)
        return TCE_FAULT_OUTSIDE_WINDOW;
    *address = offset;
    return TCE_FAULT_NONE;
}

/*
 * Translates `bytes` bytes (0: none) at ioba, all of them on its I/O page unless the window is a bypass: the TCE's
 * permission first, then memory. *address is written only on TCE_FAULT_NONE.
 */
static inline tce_fault tce__translate_page(const tce_machine *m, const tce__window *w, uint64_t ioba, uint64_t bytes,
                                            uint64_t access, uint64_t *address)
{
    uint64_t offset = ioba - w->start, index = offset >> w->shift, mask = tce_page_mask(w->shift);
    if (TCE__UNLIKELY(w->bypass | w->frozen))
        return w->frozen ? TCE_FAULT_PE_FROZEN : tce__translate_bypass(m, w, ioba, bytes, address);
    if (TCE__UNLIKELY(index >= w->tces))
        return TCE_FAULT_OUTSIDE_WINDOW;
    uint64_t tce = tce__table_load(&w->table, index);
    if (TCE__UNLIKELY(!tce__allows(tce, access)))
        return tce__refusal(tce, access);
    /* Bits of the TCE between the control field and the page are ignored, as QEMU and the PHBs do. */
    uint64_t real = (tce & ~mask) | (offset & mask);
    /* Memory starts at 0, so the last byte decides. It lies on the same page: nothing wraps. */
    if (TCE__UNLIKELY(!tce__is_memory(m, real + bytes - (bytes != 0))))
        return TCE_FAULT_NOT_MEMORY;
    *address = real;
    return TCE_FAULT_NONE;
}

/* An access that is being cut at I/O pages. */
typedef struct tce__cut {
    uint64_t ioba;
    uint64_t left;      /* bytes not yet translated */
    bool first;         /* nothing is yet: an access of 0 bytes still has its page looked at */
} tce__cut;

static inline tce__cut tce__cut_of(uint64_t ioba, uint64_t bytes)
{
    return (tce__cut){.ioba = ioba, .left = bytes, .first = true};
}

static inline bool tce__cut_goes_on(const tce__cut *c)
{
    return c->first || c->left != 0;
}

/* Translates the next page of it into *segment. */
static inline tce_fault tce__next_segment(const tce_machine *m, const tce__window *w, tce__cut *c, uint64_t access,
                                          tce_segment *segment)
{
    /* What is beyond 2^64 is in no window, also where the window starts at 0. */
    if (TCE__UNLIKELY(!c->first && c->ioba == 0))
        return TCE_FAULT_OUTSIDE_WINDOW;
    uint64_t bytes = tce__page_rest(w, c->ioba);
    if (bytes > c->left)
        bytes = c->left;
    tce_fault fault = tce__translate_page(m, w, c->ioba, bytes, access, &segment->address);
    if (fault != TCE_FAULT_NONE)
        return fault;
    segment->bytes = bytes;
    /* A page in the window never passes 2^64: it can only end there, at IOBA 0. */
    c->ioba += bytes;
    c->left -= bytes;
    c->first = false;
    return TCE_FAULT_NONE;
}

#endif
