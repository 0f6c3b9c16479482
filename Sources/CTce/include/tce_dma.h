/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a device does: translation of its accesses, and its reads and writes of guest memory through the IOMMU.
 */
#ifndef TCE_DMA_H
#define TCE_DMA_H

#include "tce_machine.h"

/* Why an access failed: one line gives the constant, its value, its key in reports and its text. */
#define TCE_FAULTS(X)                                                                            \
    X(TCE_FAULT_NONE, 0, "none", "no fault")                                                     \
    X(TCE_FAULT_NO_WINDOW, 1, "no_window", "no DMA window has this LIOBN")                       \
    X(TCE_FAULT_OUTSIDE_WINDOW, 2, "outside_window", "the IOBA is not in the DMA window")        \
    X(TCE_FAULT_NO_READ, 3, "no_read", "the TCE does not let the device read")                   \
    X(TCE_FAULT_NO_WRITE, 4, "no_write", "the TCE does not let the device write")                \
    X(TCE_FAULT_NOT_MEMORY, 5, "not_memory", "the real address is not guest memory")             \
    X(TCE_FAULT_NOT_SHARED, 6, "not_shared", "the page is not shared with the hypervisor")       \
    X(TCE_FAULT_PE_FROZEN, 7, "pe_frozen", "the PE is frozen after an earlier fault")

TCE_ENUM(uint32_t, tce_fault) {
#define TCE_X(name, value, key, text) name = value,
    TCE_FAULTS(TCE_X)
#undef TCE_X
};

#define TCE_FAULT_COUNT 8u

/* Contiguous guest memory that a part of an access falls on; never crosses an I/O page. */
typedef struct tce_segment {
    uint64_t address;   /* real address */
    uint64_t bytes;
} tce_segment;

TCE_BEGIN_DECLS

/* "no_read" and "the TCE does not let the device read"; NULL for a value that is no fault. */
const char *tce_fault_key(tce_fault fault);
const char *tce_fault_text(tce_fault fault);

/*
 * Translates an access of `bytes` bytes at `ioba`; bytes 0 is an access of the byte's page, without a byte. access:
 * TCE_ACCESS_READ, TCE_ACCESS_WRITE, both (an atomic: needs both), or TCE_ACCESS_NONE for one whose direction is not
 * known, which needs any permission and faults as TCE_FAULT_NO_READ. Every page it lies on is checked, lowest first;
 * the first fault is returned. On TCE_FAULT_NONE *address is the real address of its first byte (what follows may lie
 * elsewhere: see tce_translate_span). An access that passes 2^64 is outside the window.
 */
tce_fault tce_translate(const tce_machine *m, uint64_t liobn, uint64_t ioba, uint64_t bytes, uint64_t access,
                        uint64_t *address);

/*
 * The same, cut into segments, one for each I/O page, at most `max` of them. *count is how many were written. Those
 * before a fault are valid. With TCE_FAULT_NONE and fewer bytes covered than asked for, go on after the covered ones.
 */
tce_fault tce_translate_span(const tce_machine *m, uint64_t liobn, uint64_t ioba, uint64_t bytes, uint64_t access,
                             tce_segment *segments, size_t max, size_t *count);

/*
 * Translates count accesses of one byte's page each (the batch of a lookup loop): addresses[i] is the real address of
 * iobas[i], faults[i] its fault (faults may be NULL); where there is a fault, addresses[i] is left alone. Returns the
 * number of faults.
 */
size_t tce_translate_batch(const tce_machine *m, uint64_t liobn, const uint64_t *iobas, size_t count, uint64_t access,
                           uint64_t *addresses, uint8_t *faults);

/*
 * A device reads or writes guest memory. *done (may be NULL) is the number of bytes moved before the first fault:
 * whole pages, in address order, as QEMU moves them. A page that the host has no memory for faults as
 * TCE_FAULT_NOT_MEMORY.
 *
 * TCE_FAULT_NOT_SHARED is the one fault that stops nothing: every byte was moved, but some of them from or to a frame
 * of a secure guest that is not shared. What was read there is ciphertext; what was written there has damaged the
 * frame (tce_svm.h). Translation alone touches no frame and never says so.
 */
tce_fault tce_dma_read(tce_machine *m, uint64_t liobn, uint64_t ioba, void *buffer, uint64_t bytes, uint64_t *done);
tce_fault tce_dma_write(tce_machine *m, uint64_t liobn, uint64_t ioba, const void *buffer, uint64_t bytes,
                        uint64_t *done);

/*
 * EEH. On a machine with `eeh`, the first fault of a device's read or write, other than TCE_FAULT_NOT_SHARED, freezes
 * its PE, which is the whole PHB. From then on all its accesses are dropped with TCE_FAULT_PE_FROZEN, until the PE is
 * thawed or the machine reset. Virtual I/O has no PE. TCE_ERR_NO_PHB.
 */
bool tce_pe_frozen(const tce_machine *m, uint64_t buid);
tce_err tce_pe_thaw(tce_machine *m, uint64_t buid);

TCE_END_DECLS

#endif
