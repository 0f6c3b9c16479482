/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The states of a secure guest's frames, and what a touch by the guest or the host does to them (Linux
 * kvm/book3s_hv_uvmem.c). A frame whose state was never set has the guest's own: normal, or secure-in once the guest is
 * secure, so that becoming secure costs nothing. Architectural.
 */
#include <stdlib.h>
#include <string.h>

#include "sharing.h"

/* --- Storage: a byte a frame, in blocks that come with the first frame that has a state of its own --- */

#define BLOCK_SHIFT TCE__STATES_BLOCK_SHIFT
#define BLOCK_FRAMES TCE__STATES_BLOCK

typedef struct block {
    uint8_t frame[BLOCK_FRAMES];    /* 0, or OWN | state | flags */
    uint64_t first;                 /* number of its first frame */
} block;

#define STATE_MASK 0x07u
#define OWN 0x08u               /* the frame has a state of its own */
#define BY_ULTRAVISOR 0x10u     /* shared by the ultravisor, not by the guest */
#define DAMAGED 0x20u           /* secure-out: something was written over its ciphertext */
#define STORED 0x40u            /* secure-out: the frame's bytes are ciphertext */

static uint8_t *byte_of(const tce_machine *m, uint64_t number)
{
    block *b = tce__map_find(&m->states, number >> BLOCK_SHIFT);
    return b == NULL ? NULL : &b->frame[number & (BLOCK_FRAMES - 1)];
}

bool tce__states_reserve(tce_machine *m, uint64_t first, uint64_t count)
{
    const uint64_t last = (first + count - 1) >> BLOCK_SHIFT;
    for (uint64_t key = first >> BLOCK_SHIFT; key <= last; key++) {
        if (tce__map_find(&m->states, key) != NULL)
            continue;
        block *b = calloc(1, sizeof *b);
        if (b == NULL || !tce__map_insert(&m->states, key, b)) {
            free(b);
            return false;
        }
        b->first = key << BLOCK_SHIFT;
    }
    return true;
}

void tce__states_close(tce_machine *m)
{
    for (size_t i = 0; m->states.slots != NULL && i <= m->states.mask; i++)
        free(m->states.slots[i].value);
    tce__map_close(&m->states);
}

uint64_t tce__states_count(const tce_machine *m)
{
    return (uint64_t)m->states.count << BLOCK_SHIFT;
}

/* Becoming secure makes every frame secure that has no state of its own. [sharing.default] */
static tce_frame_state default_state(const tce_machine *m)
{
    return m->svm == TCE_SVM_SECURE ? TCE_FRAME_SECURE_IN : TCE_FRAME_NORMAL;
}

static tce_frame_state state_in(const tce_machine *m, uint8_t byte)
{
    return (byte & OWN) != 0 ? byte & STATE_MASK : default_state(m);
}

tce_frame_state tce__state_of(const tce_machine *m, uint64_t number)
{
    const uint8_t *byte = byte_of(m, number);
    return state_in(m, byte == NULL ? 0 : *byte);
}

bool tce__shared_by_ultravisor(const tce_machine *m, uint64_t number)
{
    const uint8_t *byte = byte_of(m, number);
    return byte != NULL && (*byte & BY_ULTRAVISOR) != 0;
}

/* The one place where a frame changes its state: the number of shared ones is kept here. [sharing.count] */
static void set_byte(tce_machine *m, uint8_t *byte, uint8_t value)
{
    tce_sharing *s = &m->sharing;
    const bool before = tce__is_shared(state_in(m, *byte)), after = tce__is_shared(state_in(m, value));
    *byte = value;
    s->shared_pages += (uint64_t)after - (uint64_t)before;
    if (s->shared_pages > s->peak_shared_pages)
        s->peak_shared_pages = s->shared_pages;
}

void tce__set_state(tce_machine *m, uint64_t number, tce_frame_state state, bool by_ultravisor)
{
    set_byte(m, byte_of(m, number), (uint8_t)(OWN | state | (by_ultravisor ? BY_ULTRAVISOR : 0)));
}

void tce__states_reset(tce_machine *m, bool drop)
{
    /* What was not shared is gone; of a guest that stays as it was, only what was damaged. [sharing.reset.drop]
     * [sharing.reset.keep] A frame that is removed may bring another into its slot. */
    for (size_t i = 0; i <= m->frames.mask;) {
        const tce__slot slot = m->frames.slots[i];
        const uint8_t *byte = slot.value == NULL ? NULL : byte_of(m, slot.key);
        const uint8_t flags = byte == NULL ? 0 : *byte;
        const bool gone = drop ? !tce__is_shared(state_in(m, flags)) : (flags & DAMAGED) != 0;
        if (slot.value != NULL && gone)
            tce__frame_zero(m, slot.key);
        else
            i++;
    }
    tce__map_fit(&m->frames);
    for (size_t i = 0; !drop && i <= m->states.mask; i++) {
        const block *b = m->states.slots[i].value;
        for (size_t j = 0; b != NULL && j < BLOCK_FRAMES; j++)
            m->sharing.lost_pages += (b->frame[j] & DAMAGED) != 0;
    }
    for (size_t i = 0; i <= m->states.mask; i++) {
        block *b = m->states.slots[i].value;
        if (b != NULL)
            memset(b->frame, 0, sizeof b->frame);
    }
    m->sharing.shared_pages = 0;
    m->svm = TCE_SVM_NORMAL;
}

void tce__states_cut(tce_machine *m, uint64_t number)
{
    /* What is no memory is not shared either. [sharing.cut] */
    for (size_t i = 0; i <= m->states.mask; i++) {
        block *b = m->states.slots[i].value;
        for (size_t j = 0; b != NULL && j < BLOCK_FRAMES; j++) {
            if (b->first + j >= number && b->frame[j] != 0)
                set_byte(m, &b->frame[j], 0);
        }
    }
}

void tce__unshare_all(tce_machine *m)
{
    for (size_t i = 0; i <= m->states.mask; i++) {
        block *b = m->states.slots[i].value;
        for (size_t j = 0; b != NULL && j < BLOCK_FRAMES; j++) {
            if (tce__is_shared(state_in(m, b->frame[j])) && (b->frame[j] & BY_ULTRAVISOR) == 0) {
                set_byte(m, &b->frame[j], OWN | TCE_FRAME_SECURE_IN);
                tce__frame_zero(m, b->first + j);
            }
        }
    }
}

/* --- Snapshots: docs/snapshot.md has the byte --- */

const uint8_t *tce__states_block(const tce_machine *m, uint64_t key)
{
    return byte_of(m, key << BLOCK_SHIFT);
}

/* Can a frame have this state of its own? */
static bool is_possible(const tce_machine *m, uint8_t byte)
{
    const tce_frame_state state = byte & STATE_MASK;
    const uint8_t flags = byte & (uint8_t)~(STATE_MASK | OWN);
    if (m->svm == TCE_SVM_NORMAL || (byte & OWN) == 0)
        return false;
    switch (state) {
    case TCE_FRAME_SECURE_IN:
        return flags == 0;
    case TCE_FRAME_SECURE_OUT:
        return flags == 0 || flags == DAMAGED || flags == (DAMAGED | STORED);
    case TCE_FRAME_SHARED:
    case TCE_FRAME_SHARED_ABSENT:
        /* A guest shares when it is secure. */
        return flags == BY_ULTRAVISOR || (flags == 0 && m->svm == TCE_SVM_SECURE);
    default:
        return false;
    }
}

bool tce__states_fill(tce_machine *m, uint64_t first, uint64_t count, uint8_t byte)
{
    if (!is_possible(m, byte))
        return false;
    for (uint64_t i = 0; i < count; i++)
        set_byte(m, byte_of(m, first + i), byte);
    return true;
}

/* --- Touches --- */

void tce__page_in(tce_machine *m, uint64_t number)
{
    uint8_t *byte = byte_of(m, number);
    m->sharing.page_ins++;
    if ((*byte & DAMAGED) != 0) {
        /* What was written breaks the integrity of the whole frame: nothing of it comes back. [sharing.lost] */
        tce__frame_zero(m, number);
        m->sharing.lost_pages++;
    }
    set_byte(m, byte, OWN | TCE_FRAME_SECURE_IN);
}

void tce__guest_touch(tce_machine *m, uint64_t number)
{
    const uint8_t *byte = byte_of(m, number);
    if (TCE__LIKELY(byte == NULL))
        return;
    switch (state_in(m, *byte)) {
    case TCE_FRAME_SECURE_OUT:
        /* H_SVM_PAGE_IN, UV_PAGE_IN. [sharing.guest.out] */
        tce__page_in(m, number);
        break;
    case TCE_FRAME_SHARED_ABSENT:
        /* The hypervisor's fault path sends the page with UV_PAGE_IN. [sharing.guest.absent] */
        tce__remap(m, number);
        break;
    default:
        break;
    }
}

void tce__remap(tce_machine *m, uint64_t number)
{
    /* The same page, with what it held, shared by whom it was. [sharing.remap] */
    uint8_t *byte = byte_of(m, number);
    m->sharing.remaps++;
    set_byte(m, byte, (uint8_t)((*byte & ~STATE_MASK) | TCE_FRAME_SHARED));
}

bool tce__page_out(tce_machine *m, uint64_t number)
{
    if (tce__state_of(m, number) != TCE_FRAME_SECURE_IN)
        return true;
    if (!tce__states_reserve(m, number, 1))
        return false;
    m->sharing.page_outs++;
    set_byte(m, byte_of(m, number), OWN | TCE_FRAME_SECURE_OUT);
    return true;
}

tce__view tce__host_touch(tce_machine *m, uint64_t number)
{
    const tce_frame_state state = tce__state_of(m, number);
    /* What is normal or shared the host sees as it is, also what it has unmapped. [sharing.host.clear] */
    if (state != TCE_FRAME_SECURE_IN && state != TCE_FRAME_SECURE_OUT)
        return TCE__VIEW_CLEAR;
    /* A host fault, UV_PAGE_OUT of the 64 KiB. A host without memory for the state still shows ciphertext.
     * [sharing.host.in] */
    if (!tce__page_out(m, number))
        return TCE__VIEW_CIPHER;
    return (*byte_of(m, number) & STORED) != 0 ? TCE__VIEW_STORED : TCE__VIEW_CIPHER;
}

void tce__damage(tce_machine *m, uint64_t number, bool stored)
{
    uint8_t *byte = byte_of(m, number);
    if (byte == NULL)
        return;
    /* However often it is written to, a frame is damaged once, until it is paged in. [sharing.damage.once] */
    m->sharing.damaged_pages += (*byte & DAMAGED) == 0;
    *byte |= (uint8_t)(DAMAGED | (stored ? STORED : 0));
}

bool tce__device_touch(tce_machine *m, uint64_t address, uint64_t bytes, bool write)
{
    bool unshared = false;
    if (bytes == 0 || !tce__is_memory(m, address))
        return false;
    uint64_t last = address + bytes - 1;
    if (!tce__is_memory(m, last))
        last = m->memory_bytes - 1;
    for (uint64_t number = address >> TCE__FRAME_SHIFT; number <= last >> TCE__FRAME_SHIFT; number++) {
        if (tce__host_touch(m, number) == TCE__VIEW_CLEAR)
            continue;
        unshared = true;
        if (write)
            tce__damage(m, number, false);
    }
    return unshared;
}

/* --- Ciphertext: not AES, but as deterministic, and as different for every address and content --- */

static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

uint64_t tce__cipher(uint64_t value, uint64_t address)
{
    return mix(value ^ mix(address + UINT64_C(0x9E3779B97F4A7C15)));
}
