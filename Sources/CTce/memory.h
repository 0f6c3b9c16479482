/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guest memory inside the core: which addresses are memory, the frames that hold its bytes (memory.c), and who sees
 * what of them in a secure guest (sharing.c). Not API. Architectural.
 */
#ifndef TCE__MEMORY_H
#define TCE__MEMORY_H

#include "internal.h"

#define TCE__LIST_BYTES UINT64_C(4096)

#define TCE__FRAME_SHIFT TCE_FRAME_SHIFT
#define TCE__FRAME_BYTES ((size_t)1 << TCE__FRAME_SHIFT)

static inline bool tce__is_memory(const tce_machine *m, uint64_t address)
{
    return TCE__LIKELY(address < m->memory_bytes) || m->memory_bytes == TCE_MEMORY_UNKNOWN;
}

void tce__memory_close(tce_machine *m);

/* --- Frames (memory.c); number: real address >> TCE__FRAME_SHIFT --- */

/* The bytes of a frame, or NULL where it was never written: all 0. */
static inline unsigned char *tce__frame_of(const tce_machine *m, uint64_t number)
{
    return (unsigned char *)tce__map_find(&m->frames, number);
}

unsigned char *tce__frame_make(tce_machine *m, uint64_t number);    /* the same, made if need be. NULL: no memory */
void tce__frame_zero(tce_machine *m, uint64_t number);              /* all 0, and nothing held for it */

/* --- Who sees what (sharing.c) --- */

/* What a touch by the hypervisor, or a device that it emulates, finds in a frame. */
typedef enum tce__view {
    TCE__VIEW_CLEAR,        /* the frame's bytes */
    TCE__VIEW_CIPHER,       /* the ciphertext of the frame's bytes */
    TCE__VIEW_STORED        /* the frame's bytes, which are ciphertext already, with what was written over it */
} tce__view;

/* Before the guest, or the hypervisor, reads or writes in a frame that is memory. Only while m->svm is not normal. */
void tce__guest_touch(tce_machine *m, uint64_t number);
tce__view tce__host_touch(tce_machine *m, uint64_t number);

/* The ciphertext of the doubleword at a real address (a multiple of 8), in the host's order of bytes. */
uint64_t tce__cipher(uint64_t value, uint64_t address);

/* Something was written into a frame that the hypervisor sees as ciphertext. stored: its bytes are ciphertext now. */
void tce__damage(tce_machine *m, uint64_t number, bool stored);

/*
 * The same for an access whose bytes a trace does not have: true if a frame of it is not shared. The part that lies
 * in memory counts.
 */
bool tce__device_touch(tce_machine *m, uint64_t address, uint64_t bytes, bool write);

/* All frames forget their states; those that are not shared lose what they hold, if `drop`. */
void tce__states_reset(tce_machine *m, bool drop);
void tce__states_close(tce_machine *m);

/* Frames that have room for a state: what a walk over all of them visits. */
uint64_t tce__states_count(const tce_machine *m);

/* The states of a block of frames are kept together (sharing.c); key: number of a frame over TCE__STATES_BLOCK. */
#define TCE__STATES_BLOCK_SHIFT 12u
#define TCE__STATES_BLOCK ((size_t)1 << TCE__STATES_BLOCK_SHIFT)

/* Frames that memory has, the last one perhaps in part. */
static inline uint64_t tce__frames_max(const tce_machine *m)
{
    return m->memory_bytes == 0 ? 0 : ((m->memory_bytes - 1) >> TCE__FRAME_SHIFT) + 1;
}

/* Frames from `number` on are no memory any more: their states are forgotten. */
void tce__states_cut(tce_machine *m, uint64_t number);

/* --- The hypervisor's and a device's view of memory (memory.c) --- */

/*
 * As tce_memory_read and tce_memory_write, but as the hypervisor sees it. *unshared becomes true where a byte lay in a
 * frame that is not shared, else it is left alone. TCE_ERR_NO_MEMORY of a write: it was stored up to there.
 */
bool tce__host_read(tce_machine *m, uint64_t address, void *buffer, size_t bytes, bool *unshared);
tce_err tce__host_write(tce_machine *m, uint64_t address, const void *buffer, size_t bytes, bool *unshared);

/* The host's bytes of the 4 KiB page that address lies in, or NULL where it reads as zeros. Not in a secure guest. */
const unsigned char *tce__memory_page(const tce_machine *m, uint64_t address);

#endif
