/* SPDX-License-Identifier: Apache-2.0 */
/* A machine's state as bytes; docs/snapshot.md draws them. Architectural. */
#include "little_endian.h"
#include "snapshot.h"
#include "tce_checksum.h"

#include <stdlib.h>
#include <string.h>

/* Counts all bytes and writes those that there is room for. */
typedef struct writer {
    uint8_t *buffer;
    size_t size;
    size_t at;
} writer;

static void put(writer *w, const void *bytes, size_t count)
{
    if (w->at <= w->size && count <= w->size - w->at)
        memcpy(w->buffer + w->at, bytes, count);
    w->at += count;
}

static void put32(writer *w, uint32_t value)
{
    uint8_t bytes[4];
    tce__put32(bytes, value);
    put(w, bytes, sizeof bytes);
}

static void put64(writer *w, uint64_t value)
{
    uint8_t bytes[8];
    tce__put64(bytes, value);
    put(w, bytes, sizeof bytes);
}

/* Sets what was put as a place for it. */
static void set64(writer *w, size_t at, uint64_t value)
{
    if (at <= w->size && w->size - at >= 8)
        tce__put64(w->buffer + at, value);
}

static size_t begin_section(writer *w, uint32_t id)
{
    put32(w, id);
    put32(w, 0);
    put64(w, 0);
    return w->at;
}

static void end_section(writer *w, size_t begin)
{
    set64(w, begin - 8, w->at - begin);
}

/* --- In ascending order --- */

static int by_key(const void *a, const void *b)
{
    const uint64_t one = ((const tce__slot *)a)->key, other = ((const tce__slot *)b)->key;
    return (one > other) - (one < other);
}

/* The map's entries by their keys, for the caller to free. NULL: no memory. */
static tce__slot *sorted(const tce__map *map)
{
    tce__slot *slots = malloc((map->count + 1) * sizeof *slots);
    size_t count = 0;
    for (size_t i = 0; slots != NULL && i <= map->mask; i++) {
        if (map->slots[i].value != NULL)
            slots[count++] = map->slots[i];
    }
    if (slots != NULL)
        qsort(slots, count, sizeof *slots, by_key);
    return slots;
}

/* --- Machine and PHBs --- */

static void put_phb(writer *w, const tce_phb_config *config, bool frozen)
{
    put64(w, config->buid);
    put32(w, config->liobn);
    put32(w, (uint32_t)((config->ddw ? TCE__PHB_DDW : 0) | (frozen ? TCE__PHB_FROZEN : 0)));
    put64(w, config->window_start);
    put64(w, config->window_bytes);
    put64(w, config->dma64_start);
    put64(w, config->page_shifts);
}

static void put_machine(writer *w, const tce_machine *m)
{
    size_t begin = begin_section(w, TCE__SECTION_MACHINE);
    put32(w, m->platform->platform);
    put32(w, (uint32_t)((m->multitce ? TCE__MACHINE_MULTITCE : 0) | (m->pef ? TCE__MACHINE_PEF : 0) |
                        (m->eeh ? TCE__MACHINE_EEH : 0)));
    put64(w, m->memory_bytes);
    put32(w, m->svm);
    put32(w, m->made_from.phb_count);
    put64(w, m->made_from.memory_bytes);
    put_phb(w, &m->made_from.phb, false);
#define TCE_X(name, unit, text) put64(w, m->sharing.name);
    TCE_SHARING_COUNTERS(TCE_X)
#undef TCE_X
    end_section(w, begin);
}

static bool put_phbs(writer *w, const tce_machine *m)
{
    size_t begin = begin_section(w, TCE__SECTION_PHBS);
    tce__slot *slots = sorted(&m->phbs);
    for (size_t i = 0; slots != NULL && i < m->phbs.count; i++) {
        const tce__phb *phb = slots[i].value;
        put_phb(w, &phb->config, phb->frozen);
    }
    end_section(w, begin);
    free(slots);
    return slots != NULL;
}

/* --- Windows: the TCEs that are not 0, in runs that do not leave a page of the table --- */

/* A run of constant step takes less room than its TCEs from this length on. */
#define STEP_RUN_MIN 4u

/* How many TCEs from tce[at] on, up to `max`, are not 0 and go on in the step of the first two. */
static size_t step_run(const uint64_t *tce, size_t at, size_t end, size_t max)
{
    size_t count = 1;
    while (count < max && at + count < end && tce[at + count] != 0 &&
           (count == 1 || tce[at + count] - tce[at + count - 1] == tce[at + 1] - tce[at]))
        count++;
    return count;
}

static void put_run(writer *w, uint64_t index, size_t count, uint32_t form)
{
    put64(w, index);
    put32(w, (uint32_t)count);
    put32(w, form);
}

/* The TCEs of one page of a table; returns how many runs they are. */
static uint64_t put_page(writer *w, const uint64_t *tce, uint64_t index, size_t end)
{
    uint64_t runs = 0;
    for (size_t at = 0; at < end; runs++) {
        while (at < end && tce[at] == 0)
            at++;
        if (at == end)
            break;
        size_t count = step_run(tce, at, end, end);
        if (count >= STEP_RUN_MIN) {
            put_run(w, index + at, count, TCE__RUN_STEP);
            put64(w, tce[at]);
            put64(w, tce[at + 1] - tce[at]);
            at += count;
            continue;
        }
        for (count = 1; at + count < end && tce[at + count] != 0; count++) {
            if (step_run(tce, at + count, end, STEP_RUN_MIN) == STEP_RUN_MIN)
                break;
        }
        put_run(w, index + at, count, TCE__RUN_LITERAL);
        for (; count > 0; count--)
            put64(w, tce[at++]);
    }
    return runs;
}

static void put_window(writer *w, const tce__window *window)
{
    const uint64_t last = (window->tces - 1) >> TCE__PAGE_TCES_LOG2;
    const uint8_t flags = (uint8_t)((window->bypass ? TCE__WINDOW_BYPASS : 0) |
                                    (window->is_default ? TCE__WINDOW_DEFAULT : 0));
    const uint8_t bytes[4] = {window->shift, flags, 0, 0};
    put32(w, window->liobn);
    put(w, bytes, sizeof bytes);
    put64(w, window->start);
    put64(w, window->tces);
    put64(w, window->phb == NULL ? 0 : window->phb->config.buid);
    const size_t runs_at = w->at;
    uint64_t runs = 0;
    put64(w, 0);
    for (uint64_t page = 0; (page = tce__table_next(&window->table, page, last)) <= last; page++) {
        const uint64_t index = page << TCE__PAGE_TCES_LOG2, left = window->tces - index;
        const size_t end = (size_t)(left < TCE__PAGE_TCES ? left : TCE__PAGE_TCES);
        const uint64_t made = put_page(w, window->table.tce + index, index, end);
        /* Written, and all 0 again: what the host holds is part of what the machine's limits look at. */
        if (made == 0 && window->table.sparse != NULL)
            put_run(w, index, 1, TCE__RUN_ZERO);
        runs += made == 0 && window->table.sparse != NULL ? 1 : made;
    }
    set64(w, runs_at, runs);
}

static bool put_windows(writer *w, const tce_machine *m)
{
    size_t begin = begin_section(w, TCE__SECTION_WINDOWS);
    tce__slot *slots = sorted(&m->windows);
    for (size_t i = 0; slots != NULL && i < m->windows.count; i++) {
        const tce__window *window = slots[i].value;
        if (window->table.tce != NULL)
            put_window(w, window);
    }
    end_section(w, begin);
    free(slots);
    return slots != NULL;
}

/* --- Guest memory: of each frame, also one of zeros, the pages of 4 KiB that hold something --- */

static void put_frame(writer *w, uint64_t number, const unsigned char *frame)
{
    static const unsigned char zeros[TCE__MEMORY_PAGE_BYTES];
    uint32_t mask = 0;
    for (uint32_t i = 0; i < TCE__MEMORY_PAGES; i++) {
        if (memcmp(frame + i * sizeof zeros, zeros, sizeof zeros) != 0)
            mask |= UINT32_C(1) << i;
    }
    put64(w, number);
    put32(w, mask);
    put32(w, 0);
    for (uint32_t i = 0; i < TCE__MEMORY_PAGES; i++) {
        if ((mask >> i & 1) != 0)
            put(w, frame + i * sizeof zeros, sizeof zeros);
    }
}

static bool put_memory(writer *w, const tce_machine *m)
{
    size_t begin = begin_section(w, TCE__SECTION_MEMORY);
    tce__slot *slots = sorted(&m->frames);
    for (size_t i = 0; slots != NULL && i < m->frames.count; i++)
        put_frame(w, slots[i].key, slots[i].value);
    end_section(w, begin);
    free(slots);
    return slots != NULL;
}

/* --- The states of frames. A block without one is saved too: what a reset visits is part of the state --- */

static void put_block(writer *w, const uint8_t *states, uint64_t key)
{
    put64(w, key << TCE__STATES_BLOCK_SHIFT);
    const size_t runs_at = w->at;
    uint64_t runs = 0;
    put64(w, 0);
    for (size_t i = 0, count; i < TCE__STATES_BLOCK; i += count) {
        for (count = 1; i + count < TCE__STATES_BLOCK && states[i + count] == states[i];)
            count++;
        if (states[i] == 0)
            continue;
        uint8_t bytes[TCE__STATE_RUN_BYTES] = {0};
        tce__put16(bytes, (uint16_t)i);
        tce__put16(bytes + 2, (uint16_t)count);
        bytes[4] = states[i];
        put(w, bytes, sizeof bytes);
        runs++;
    }
    set64(w, runs_at, runs);
}

static bool put_states(writer *w, const tce_machine *m)
{
    size_t begin = begin_section(w, TCE__SECTION_STATES);
    tce__slot *slots = sorted(&m->states);
    for (size_t i = 0; slots != NULL && i < m->states.count; i++)
        put_block(w, tce__states_block(m, slots[i].key), slots[i].key);
    end_section(w, begin);
    free(slots);
    return slots != NULL;
}

tce_err tce_machine_save(const tce_machine *m, uint8_t *buffer, size_t size, size_t *bytes)
{
    writer w = {.buffer = buffer, .size = size};
    uint8_t version[4];
    tce__put16(version, TCE_SNAPSHOT_VERSION_MAJOR);
    tce__put16(version + 2, TCE_SNAPSHOT_VERSION_MINOR);
    put(&w, tce__snapshot_magic, sizeof tce__snapshot_magic);
    put(&w, version, sizeof version);
    put64(&w, 0);
    put_machine(&w, m);
    if (!put_phbs(&w, m) || !put_windows(&w, m) || !put_memory(&w, m) || !put_states(&w, m))
        return TCE_ERR_NO_MEMORY;
    *bytes = w.at + TCE__SNAPSHOT_CRC;
    if (*bytes > size)
        return TCE_OK;
    set64(&w, 8, *bytes);
    put32(&w, tce_crc32(0, buffer, w.at));
    return TCE_OK;
}
