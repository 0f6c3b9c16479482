/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device's accesses: translation of one and of its segments, and the movement of its bytes. The step for one I/O page
 * is tce__translate_page of internal.h. Architectural.
 */
#include "internal.h"

/* An access that is being cut at I/O pages. */
typedef struct cut {
    uint64_t ioba;
    uint64_t left;      /* bytes not yet translated */
    bool first;         /* nothing is yet: an access of 0 bytes still has its page looked at */
} cut;

/* Translates the next page of it into *segment; then, if anything is left, c->left is not 0. */
static tce_fault next_segment(const tce_machine *m, const tce__window *w, cut *c, uint64_t access, tce_segment *segment)
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

tce_fault tce_translate(const tce_machine *m, uint64_t liobn, uint64_t ioba, uint64_t bytes, uint64_t access,
                        uint64_t *address)
{
    const tce__window *w = tce__window_of(m, liobn);
    if (TCE__UNLIKELY(w == NULL))
        return TCE_FAULT_NO_WINDOW;
    if (TCE__LIKELY(bytes <= tce__page_rest(w, ioba)) || w->bypass)
        return tce__translate_page(m, w, ioba, bytes, access, address);
    cut c = {.ioba = ioba, .left = bytes, .first = true};
    tce_segment first = {0, 0}, segment;
    tce_fault fault = next_segment(m, w, &c, access, &first);
    while (fault == TCE_FAULT_NONE && c.left != 0)
        fault = next_segment(m, w, &c, access, &segment);
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
        return TCE_FAULT_NO_WINDOW;
    cut c = {.ioba = ioba, .left = bytes, .first = true};
    for (size_t i = 0; i < max && (c.first || c.left != 0); i++) {
        tce_fault fault = next_segment(m, w, &c, access, &segments[i]);
        if (fault != TCE_FAULT_NONE)
            return fault;
        *count = i + 1;
    }
    return TCE_FAULT_NONE;
}

/* Moves one segment at a time, as QEMU's DMA does: the pages before a fault have been moved. */
tce_fault tce_dma_read(const tce_machine *m, uint64_t liobn, uint64_t ioba, void *buffer, uint64_t bytes,
                       uint64_t *done)
{
    uint64_t moved = 0;
    const tce__window *w = tce__window_of(m, liobn);
    tce_fault fault = w == NULL ? TCE_FAULT_NO_WINDOW : TCE_FAULT_NONE;
    for (cut c = {.ioba = ioba, .left = bytes, .first = true}; fault == TCE_FAULT_NONE && (c.first || c.left != 0);) {
        tce_segment segment;
        fault = next_segment(m, w, &c, TCE_ACCESS_READ, &segment);
        if (fault != TCE_FAULT_NONE)
            break;
        (void)tce_memory_read(m, segment.address, (unsigned char *)buffer + moved, (size_t)segment.bytes);
        moved += segment.bytes;
    }
    if (done != NULL)
        *done = moved;
    return fault;
}

/* A segment that the host has no memory for counts as not being guest memory: nothing is said to be written. */
tce_fault tce_dma_write(tce_machine *m, uint64_t liobn, uint64_t ioba, const void *buffer, uint64_t bytes,
                        uint64_t *done)
{
    uint64_t moved = 0;
    const tce__window *w = tce__window_of(m, liobn);
    tce_fault fault = w == NULL ? TCE_FAULT_NO_WINDOW : TCE_FAULT_NONE;
    for (cut c = {.ioba = ioba, .left = bytes, .first = true}; fault == TCE_FAULT_NONE && (c.first || c.left != 0);) {
        tce_segment segment;
        fault = next_segment(m, w, &c, TCE_ACCESS_WRITE, &segment);
        if (fault != TCE_FAULT_NONE)
            break;
        if (!tce_memory_write(m, segment.address, (const unsigned char *)buffer + moved, (size_t)segment.bytes))
            fault = TCE_FAULT_NOT_MEMORY;
        else
            moved += segment.bytes;
    }
    if (done != NULL)
        *done = moved;
    return fault;
}
