/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What svm.c asks of sharing.c beside the touches of memory.h: to change the states of frames. Not API. Architectural.
 */
#ifndef TCE__SHARING_H
#define TCE__SHARING_H

#include "memory.h"

/* Makes room for the states of count (not 0) frames, so that setting them cannot fail. false: no memory. */
bool tce__states_reserve(tce_machine *m, uint64_t first, uint64_t count);

static inline bool tce__is_shared(tce_frame_state state)
{
    return state == TCE_FRAME_SHARED || state == TCE_FRAME_SHARED_ABSENT;
}

tce_frame_state tce__state_of(const tce_machine *m, uint64_t number);
bool tce__shared_by_ultravisor(const tce_machine *m, uint64_t number);

/* There is room for its state. A frame that is damaged is so no more. */
void tce__set_state(tce_machine *m, uint64_t number, tce_frame_state state, bool by_ultravisor);

/* secure-in to secure-out; other states stay. false: no memory. */
bool tce__page_out(tce_machine *m, uint64_t number);

/* secure-out to secure-in; shared-absent to shared. */
void tce__page_in(tce_machine *m, uint64_t number);
void tce__remap(tce_machine *m, uint64_t number);

/* For a snapshot: the bytes of a block's frames as they are kept. The block is there. */
const uint8_t *tce__states_block(const tce_machine *m, uint64_t key);

/* Gives count frames, whose block is there, a state as it is kept; false: no frame of this guest can have it. */
bool tce__states_fill(tce_machine *m, uint64_t first, uint64_t count, uint8_t byte);

/* All frames that the guest shared are secure, and 0. */
void tce__unshare_all(tce_machine *m);

#endif
