/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device's accesses: translation of one and of its segments, and the movement of its bytes. The step for one I/O page
 * is tce__translate_page of translate.h. Architectural.
 */
#include "translate.h"

/* What an access through an LIOBN without a window meets: its PE may be frozen. [eeh.no-window] */
static tce_fault no_window(const tce_machine *m, uint64_t liobn)
{
    const tce__phb *phb = tce__phb_of_liobn(m, liobn);
    return phb != NULL && phb->frozen ? TCE_FAULT_PE_FROZEN : TCE_FAULT_NO_WINDOW;
}

tce_fault tce_translate(const tce_machine *m, uint64_t liobn, uint64_t ioba, uint64_t bytes, uint64_t access,
                        uint64_t *address)
{
    const tce__window *w = tce__window_of(m, liobn);
    if (TCE__UNLIKELY(w == NULL))
        return no_window(m, liobn);
    if (TCE__LIKELY(bytes <= tce__page_rest(w, ioba)) || w->bypass)
        return tce__translate_page(m, w, ioba, bytes, access, address);
    tce__cut c = tce__cut_of(ioba, bytes);
    tce_segment first = {0, 0}, segment;
    tce_fault fault = tce__next_segment(m, w, &c, access, &first);
    while (fault == TCE_FAULT_NONE && c.left != 0)
        fault = tce__next_segment(m, w, &c, access, &segment);
    if (fault == TCE_FAULT_NONE)
        *address = first.address;
    return fault;
}

tce_fault tce_translate_span(const tce_machine *m, uint64_t liobn, uint64_t ioba, uint64_t bytes, uint64_t access,
                             tce_segment *segments, size_t max, size_t *count)
{
    *count = 0;
    const tce__window *w = tce__window_of(m, liobn);
    if (w == NULL)
        return no_window(m, liobn);
    tce__cut c = tce__cut_of(ioba, bytes);
    for (size_t i = 0; i < max && tce__cut_goes_on(&c); i++) {
        tce_fault fault = tce__next_segment(m, w, &c, access, &segments[i]);
        if (fault != TCE_FAULT_NONE)
            return fault;
        *count = i + 1;
    }
    return TCE_FAULT_NONE;
}

/*
 * Moves one segment at a time, as QEMU's DMA does: the pages before a fault have been moved. A segment that the host
 * has no memory for counts as not being guest memory: nothing is said to be written.
 */
static tce_fault transfer(tce_machine *m, uint64_t liobn, tce__cut c, uint64_t access, unsigned char *into,
                          const unsigned char *from, uint64_t *done)
{
    const tce__window *w = tce__window_of(m, liobn);
    tce_fault fault = w == NULL ? no_window(m, liobn) : TCE_FAULT_NONE;
    bool unshared = false;
    uint64_t moved = 0;
    while (fault == TCE_FAULT_NONE && tce__cut_goes_on(&c)) {
        tce_segment segment;
        fault = tce__next_segment(m, w, &c, access, &segment);
        if (fault != TCE_FAULT_NONE)
            break;
        if (into != NULL)
            (void)tce__host_read(m, segment.address, into + moved, (size_t)segment.bytes, &unshared);
        else if (tce__host_write(m, segment.address, from + moved, (size_t)segment.bytes, &unshared) != TCE_OK)
            fault = TCE_FAULT_NOT_MEMORY;
        if (fault == TCE_FAULT_NONE)
            moved += segment.bytes;
    }
    if (done != NULL)
        *done = moved;
    /* Ciphertext and damage stop nothing; another fault decides. [dma.not-shared] */
    if (fault == TCE_FAULT_NONE && unshared)
        fault = TCE_FAULT_NOT_SHARED;
    tce__eeh_fault(m, tce__phb_of_liobn(m, liobn), fault);
    return fault;
}

tce_fault tce_dma_read(tce_machine *m, uint64_t liobn, uint64_t ioba, void *buffer, uint64_t bytes, uint64_t *done)
{
    unsigned char nothing[1];
    return transfer(m, liobn, tce__cut_of(ioba, bytes), TCE_ACCESS_READ, bytes == 0 ? nothing : buffer, NULL, done);
}

tce_fault tce_dma_write(tce_machine *m, uint64_t liobn, uint64_t ioba, const void *buffer, uint64_t bytes,
                        uint64_t *done)
{
    return transfer(m, liobn, tce__cut_of(ioba, bytes), TCE_ACCESS_WRITE, NULL, buffer, done);
}
