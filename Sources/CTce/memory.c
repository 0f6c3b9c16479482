/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guest real memory: sparse, in frames of 64 KiB that come to be with the first byte that is not 0. Addresses wrap at
 * 2^64. Architectural.
 */
#include "sharing.h"

#include <stdlib.h>
#include <string.h>

#define FRAME_BYTES TCE__FRAME_BYTES

/* Frames start at a cache line, so that copying a TCE list out of one crosses none. */
#define FRAME_ALIGNMENT 64u

static size_t frame_offset(uint64_t address)
{
    return (size_t)(address & (FRAME_BYTES - 1));
}

static uint64_t frame_number(uint64_t address)
{
    return address >> TCE__FRAME_SHIFT;
}

unsigned char *tce__frame_make(tce_machine *m, uint64_t number)
{
    unsigned char *frame = tce__frame_of(m, number);
    if (frame != NULL)
        return frame;
    frame = aligned_alloc(FRAME_ALIGNMENT, FRAME_BYTES);
    if (frame == NULL)
        return NULL;
    if (!tce__map_insert(&m->frames, number, frame)) {
        free(frame);
        return NULL;
    }
    return memset(frame, 0, FRAME_BYTES);
}

void tce__frame_zero(tce_machine *m, uint64_t number)
{
    unsigned char *frame = tce__frame_of(m, number);
    if (frame == NULL)
        return;
    tce__map_remove(&m->frames, number);
    free(frame);
}

void tce__memory_close(tce_machine *m)
{
    if (m->frames.slots == NULL)
        return;
    for (size_t i = 0; i <= m->frames.mask; i++)
        free(m->frames.slots[i].value);
    tce__map_close(&m->frames);
}

/* The first part of an access: up to the end of its frame, and how much of that is memory. */
typedef struct part {
    size_t bytes;
    size_t memory_bytes;
} part;

static part first_part(const tce_machine *m, uint64_t address, size_t bytes)
{
    part p = {.bytes = FRAME_BYTES - frame_offset(address)};
    if (p.bytes > bytes)
        p.bytes = bytes;
    p.memory_bytes = p.bytes;
    if (m->memory_bytes != TCE_MEMORY_UNKNOWN) {
        uint64_t left = address < m->memory_bytes ? m->memory_bytes - address : 0;
        if (p.memory_bytes > left)
            p.memory_bytes = (size_t)left;
    }
    return p;
}

static bool all_zero(const unsigned char *bytes, size_t count)
{
    return count == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, count - 1) == 0);
}

bool tce_memory_read(tce_machine *m, uint64_t address, void *buffer, size_t bytes)
{
    unsigned char *to = buffer;
    bool all = true;
    while (bytes != 0) {
        part p = first_part(m, address, bytes);
        if (TCE__UNLIKELY(m->svm != TCE_SVM_NORMAL) && p.memory_bytes != 0)
            tce__guest_touch(m, frame_number(address));
        const unsigned char *frame = p.memory_bytes == 0 ? NULL : tce__frame_of(m, frame_number(address));
        size_t copied = frame == NULL ? 0 : p.memory_bytes;
        if (copied != 0)
            memcpy(to, frame + frame_offset(address), copied);
        memset(to + copied, 0, p.bytes - copied);
        all = all && p.memory_bytes == p.bytes;
        to += p.bytes;
        address += p.bytes;
        bytes -= p.bytes;
    }
    return all;
}

/* Writes into one frame; false: the host has no memory for it. Zeros make no frame. */
static bool write_part(tce_machine *m, uint64_t address, const unsigned char *from, size_t bytes)
{
    unsigned char *frame = tce__frame_of(m, frame_number(address));
    if (frame == NULL && all_zero(from, bytes))
        return true;
    if (frame == NULL)
        frame = tce__frame_make(m, frame_number(address));
    if (frame == NULL)
        return false;
    memcpy(frame + frame_offset(address), from, bytes);
    return true;
}

bool tce_memory_write(tce_machine *m, uint64_t address, const void *buffer, size_t bytes)
{
    const unsigned char *from = buffer;
    bool all = true;
    while (bytes != 0) {
        part p = first_part(m, address, bytes);
        if (TCE__UNLIKELY(m->svm != TCE_SVM_NORMAL) && p.memory_bytes != 0)
            tce__guest_touch(m, frame_number(address));
        bool stored = p.memory_bytes == 0 || write_part(m, address, from, p.memory_bytes);
        all = all && stored && p.memory_bytes == p.bytes;
        from += p.bytes;
        address += p.bytes;
        bytes -= p.bytes;
    }
    return all;
}

static void store_big_endian(unsigned char bytes[8], uint64_t value)
{
    for (size_t i = 8; i-- > 0; value >>= 8)
        bytes[i] = (unsigned char)(value & 0xFF);
}

static uint64_t load_big_endian(const unsigned char bytes[8])
{
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* The ciphertext of `bytes` bytes in a frame (NULL: one of zeros), the same at every read. [sharing.cipher] */
static void read_cipher(const unsigned char *frame, uint64_t address, unsigned char *to, size_t bytes)
{
    static const unsigned char zeros[8];
    while (bytes != 0) {
        size_t offset = frame_offset(address), inside = offset & 7, count = 8 - inside < bytes ? 8 - inside : bytes;
        unsigned char block[8];
        uint64_t value = load_big_endian(frame == NULL ? zeros : frame + offset - inside);
        store_big_endian(block, tce__cipher(value, address - inside));
        memcpy(to, block + inside, count);
        to += count;
        address += count;
        bytes -= count;
    }
}

bool tce__host_read(tce_machine *m, uint64_t address, void *buffer, size_t bytes, bool *unshared)
{
    unsigned char *to = buffer;
    bool all = true;
    while (bytes != 0) {
        part p = first_part(m, address, bytes);
        tce__view view = TCE__VIEW_CLEAR;
        if (TCE__UNLIKELY(m->svm != TCE_SVM_NORMAL) && p.memory_bytes != 0)
            view = tce__host_touch(m, frame_number(address));
        if (view != TCE__VIEW_CLEAR)
            *unshared = true;
        const unsigned char *frame = p.memory_bytes == 0 ? NULL : tce__frame_of(m, frame_number(address));
        if (view == TCE__VIEW_CIPHER)
            read_cipher(frame, address, to, p.memory_bytes);
        else if (frame != NULL)
            memcpy(to, frame + frame_offset(address), p.memory_bytes);
        size_t copied = frame == NULL && view != TCE__VIEW_CIPHER ? 0 : p.memory_bytes;
        memset(to + copied, 0, p.bytes - copied);
        all = all && p.memory_bytes == p.bytes;
        to += p.bytes;
        address += p.bytes;
        bytes -= p.bytes;
    }
    return all;
}

/* What the host sees as ciphertext becomes what the frame holds, so that it can be written over. [sharing.stored] */
static bool encrypt_in_place(tce_machine *m, uint64_t number)
{
    unsigned char *frame = tce__frame_make(m, number);
    if (frame == NULL)
        return false;
    const uint64_t start = number << TCE__FRAME_SHIFT;
    for (size_t i = 0; i < FRAME_BYTES; i += 8)
        store_big_endian(frame + i, tce__cipher(load_big_endian(frame + i), start + i));
    return true;
}

tce_err tce__host_write(tce_machine *m, uint64_t address, const void *buffer, size_t bytes, bool *unshared)
{
    const unsigned char *from = buffer;
    while (bytes != 0) {
        part p = first_part(m, address, bytes);
        const uint64_t number = frame_number(address);
        tce__view view = TCE__VIEW_CLEAR;
        if (TCE__UNLIKELY(m->svm != TCE_SVM_NORMAL) && p.memory_bytes != 0)
            view = tce__host_touch(m, number);
        if (view != TCE__VIEW_CLEAR) {
            *unshared = true;
            /* Without memory for its state the frame is not paged out: nothing may be written over. */
            if (tce__state_of(m, number) != TCE_FRAME_SECURE_OUT ||
                (view == TCE__VIEW_CIPHER && !encrypt_in_place(m, number)))
                return TCE_ERR_NO_MEMORY;
            /* [sharing.damage] */
            tce__damage(m, number, true);
        }
        if (p.memory_bytes != 0 && !write_part(m, address, from, p.memory_bytes))
            return TCE_ERR_NO_MEMORY;
        from += p.bytes;
        address += p.bytes;
        bytes -= p.bytes;
    }
    return TCE_OK;
}

bool tce_host_read(tce_machine *m, uint64_t address, void *buffer, size_t bytes)
{
    bool unshared = false;
    return tce__host_read(m, address, buffer, bytes, &unshared);
}

tce_err tce_host_write(tce_machine *m, uint64_t address, const void *buffer, size_t bytes, bool *all)
{
    bool unshared = false;
    const uint64_t last = address + bytes - 1;
    if (all != NULL)
        *all = bytes == 0 || (last >= address ? tce__is_memory(m, last) : m->memory_bytes == TCE_MEMORY_UNKNOWN);
    return tce__host_write(m, address, buffer, bytes, &unshared);
}

uint64_t tce_memory_load64(tce_machine *m, uint64_t address)
{
    unsigned char bytes[8];
    (void)tce_memory_read(m, address, bytes, sizeof bytes);
    return load_big_endian(bytes);
}

bool tce_memory_store64(tce_machine *m, uint64_t address, uint64_t value)
{
    unsigned char bytes[8];
    store_big_endian(bytes, value);
    return tce_memory_write(m, address, bytes, sizeof bytes);
}

/* Frames wholly beyond the new end go; of the one that it cuts, the rest is 0. */
tce_err tce_machine_set_memory_bytes(tce_machine *m, uint64_t bytes)
{
    if (bytes == TCE_MEMORY_UNKNOWN || m->memory_bytes == TCE_MEMORY_UNKNOWN)
        return TCE_ERR_CONFIG;
    const uint64_t whole = frame_number(bytes), end = whole + (frame_offset(bytes) != 0);
    for (size_t i = 0; i <= m->frames.mask;) {
        tce__slot slot = m->frames.slots[i];
        if (slot.value == NULL || slot.key < end)
            i++;
        else
            tce__frame_zero(m, slot.key);   /* another may have moved here */
    }
    unsigned char *cut = whole == end || bytes > m->memory_bytes ? NULL : tce__frame_of(m, whole);
    if (cut != NULL)
        memset(cut + frame_offset(bytes), 0, FRAME_BYTES - frame_offset(bytes));
    tce__states_cut(m, end);
    m->memory_bytes = bytes;
    return TCE_OK;
}

const unsigned char *tce__memory_page(const tce_machine *m, uint64_t address)
{
    if (!tce__is_memory(m, address))
        return NULL;
    const unsigned char *frame = tce__frame_of(m, frame_number(address));
    /* Where memory ends inside the page, the rest of the frame was never written: it reads as zeros too. */
    return frame == NULL ? NULL : frame + (frame_offset(address) & ~(size_t)(TCE__LIST_BYTES - 1));
}
