/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine's whole state as bytes, and a machine made from such bytes. docs/snapshot.md draws every byte.
 *
 * A restored machine answers every call as the saved one would: windows and their TCEs, PHBs, guest memory, the secure
 * guest's frames and its counters are the same, and so is what it holds of the host (tce_machine_host_bytes). One thing
 * starts anew: tce_machine_generation, which counts the changes of one machine.
 */
#ifndef TCE_SNAPSHOT_H
#define TCE_SNAPSHOT_H

#include "tce_machine.h"

#define TCE_SNAPSHOT_VERSION_MAJOR 1u
#define TCE_SNAPSHOT_VERSION_MINOR 0u

/* No limit for what a snapshot may make the host commit. */
#define TCE_SNAPSHOT_UNLIMITED UINT64_MAX

/* What is wrong with a snapshot, and where: "expected a page shift of 12 to 34, found 99". */
typedef struct tce_snapshot_fault {
    size_t offset;          /* of the field or record, in bytes */
    const char *expected;   /* English, a noun without a full stop; never NULL after an error */
    uint64_t found;         /* the value there; of a record, what names it (LIOBN, BUID, number of a frame) */
} tce_snapshot_fault;

TCE_BEGIN_DECLS

/*
 * Writes the machine's state. *bytes is how many bytes the snapshot has; it was written if `size` is not less, else
 * what the buffer holds is of no use. So: ask with size 0 (buffer may be NULL then), then give a buffer of that size.
 * Equal states give equal bytes. TCE_ERR_NO_MEMORY: nothing was written.
 */
tce_err tce_machine_save(const tce_machine *m, uint8_t *buffer, size_t size, size_t *bytes);

/*
 * Makes a machine from a snapshot of `size` bytes, whoever wrote them. memory_max: bytes of the host's memory that its
 * tables, guest memory and states of frames may take, or TCE_SNAPSHOT_UNLIMITED; without a limit it is at most 4,096
 * bytes for each byte of the snapshot, and 512 KiB for each window.
 *
 * On TCE_OK the caller owns *out and ends it with tce_machine_destroy; else *out is NULL, and *fault (may be NULL) says
 * what was expected and found where. TCE_ERR_SNAPSHOT: the bytes are no snapshot of a possible machine.
 * TCE_ERR_SNAPSHOT_VERSION: of a later major version. TCE_ERR_SNAPSHOT_MEMORY: memory_max. TCE_ERR_PLATFORM, and the
 * errors of tce_phb_add and tce_window_create: a PHB or window that they refuse. TCE_ERR_NO_MEMORY.
 */
tce_err tce_machine_restore(const uint8_t *bytes, size_t size, uint64_t memory_max, tce_machine **out,
                            tce_snapshot_fault *fault);

TCE_END_DECLS

#endif
