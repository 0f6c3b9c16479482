/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guest real memory: sparse, in frames of 64 KiB that come to be with the first byte that is not 0. Addresses wrap at
 * 2^64. Architectural.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define FRAME_SHIFT 16u
#define FRAME_BYTES ((size_t)1 << FRAME_SHIFT)

/* Frames start at a cache line, so that copying a TCE list out of one crosses none. */
#define FRAME_ALIGNMENT 64u

static size_t frame_offset(uint64_t address)
{
    return (size_t)(address & (FRAME_BYTES - 1));
}

static unsigned char *frame_of(const tce_machine *m, uint64_t address)
{
    return tce__map_find(&m->frames, address >> FRAME_SHIFT);
}

static unsigned char *frame_make(tce_machine *m, uint64_t address)
{
    unsigned char *frame = aligned_alloc(FRAME_ALIGNMENT, FRAME_BYTES);
    if (frame == NULL)
        return NULL;
    if (!tce__map_insert(&m->frames, address >> FRAME_SHIFT, frame)) {
        free(frame);
        return NULL;
    }
    return memset(frame, 0, FRAME_BYTES);
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

bool tce_memory_read(const tce_machine *m, uint64_t address, void *buffer, size_t bytes)
{
    unsigned char *to = buffer;
    bool all = true;
    while (bytes != 0) {
        part p = first_part(m, address, bytes);
        const unsigned char *frame = p.memory_bytes == 0 ? NULL : frame_of(m, address);
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

bool tce_memory_write(tce_machine *m, uint64_t address, const void *buffer, size_t bytes)
{
    const unsigned char *from = buffer;
    bool all = true;
    while (bytes != 0) {
        part p = first_part(m, address, bytes);
        unsigned char *frame = p.memory_bytes == 0 ? NULL : frame_of(m, address);
        bool stored = true;
        if (p.memory_bytes != 0 && frame == NULL && !all_zero(from, p.memory_bytes)) {
            frame = frame_make(m, address);
            stored = frame != NULL;
        }
        if (frame != NULL)
            memcpy(frame + frame_offset(address), from, p.memory_bytes);
        all = all && stored && p.memory_bytes == p.bytes;
        from += p.bytes;
        address += p.bytes;
        bytes -= p.bytes;
    }
    return all;
}

uint64_t tce_memory_load64(const tce_machine *m, uint64_t address)
{
    unsigned char bytes[8];
    uint64_t value = 0;
    (void)tce_memory_read(m, address, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        value = value << 8 | bytes[i];
    return value;
}

bool tce_memory_store64(tce_machine *m, uint64_t address, uint64_t value)
{
    unsigned char bytes[8];
    for (size_t i = sizeof bytes; i-- > 0; value >>= 8)
        bytes[i] = (unsigned char)(value & 0xFF);
    return tce_memory_write(m, address, bytes, sizeof bytes);
}

const unsigned char *tce__memory_page(const tce_machine *m, uint64_t address)
{
    if (!tce__is_memory(m, address))
        return NULL;
    const unsigned char *frame = frame_of(m, address);
    /* Where memory ends inside the page, the rest of the frame was never written: it reads as zeros too. */
    return frame == NULL ? NULL : frame + (frame_offset(address) & ~(size_t)(TCE__LIST_BYTES - 1));
}
