/* SPDX-License-Identifier: Apache-2.0 */
/* The sections of a snapshot that may be long: windows with their TCEs, guest memory, states. Architectural. */
#include "little_endian.h"
#include "snapshot.h"

#include <string.h>

#define HOST_PAGE_BYTES UINT64_C(4096)

#define FRAME_LIMIT (UINT64_C(1) << (64 - TCE__FRAME_SHIFT))

/* --- Windows --- */

static uint64_t pages_of(const tce__table *table)
{
    return table->sparse == NULL ? 0 : table->sparse->touched_pages + table->sparse->bitmap_pages;
}

/* One run of TCEs. It lies in one page of the table, so that it commits no more. *next: where it may begin. */
static bool read_run(tce__reader *r, const tce__window *w, uint64_t *next)
{
    const size_t offset = r->at;
    const uint8_t *p = tce__reader_take(r, TCE__RUN_BYTES, "the 16 bytes of a run of TCEs");
    if (p == NULL)
        return false;
    const uint64_t index = tce__get64(p);
    const uint32_t count = tce__get32(p + 8), form = tce__get32(p + 12);
    if (index < *next || index >= w->tces)
        return tce__reader_bad(r, offset, "a run of TCEs that begins after the one before, and in the window", index);
    if (count == 0 || count > TCE__PAGE_TCES - index % TCE__PAGE_TCES || count > w->tces - index)
        return tce__reader_bad(r, offset + 8, "a run of TCEs that ends in its block of 512, and in the window", count);
    if (form > TCE__RUN_ZERO)
        return tce__reader_bad(r, offset + 12, "a run of form 0, 1 or 2", form);
    const size_t bytes[] = {(size_t)count * 8, 16, 0};
    p = tce__reader_take(r, bytes[form], "the TCEs of a run");
    if (p == NULL)
        return false;
    /* A page of the table, and perhaps one of its bitmap. */
    const uint64_t pages = pages_of(&w->table);
    if (!tce__table_touched(&w->table, index) && r->memory_left < 2 * HOST_PAGE_BYTES)
        return tce__reader_spend(r, offset, 2 * HOST_PAGE_BYTES);
    tce__table_touch_range(&w->table, index, count);
    r->memory_left -= (pages_of(&w->table) - pages) * HOST_PAGE_BYTES;
    *next = index + count;
    if (form == TCE__RUN_ZERO)
        return true;
    uint64_t *tce = w->table.tce + index;
    uint64_t value = tce__get64(p);
    for (uint32_t i = 0; i < count; i++) {
        tce[i] = form == TCE__RUN_STEP ? value : tce__get64(p + 8 * i);
        value += form == TCE__RUN_STEP ? tce__get64(p + 8) : 0;
    }
    return true;
}

/* Is this what the PHB's reset makes? */
static bool is_default_window(const tce__window *w)
{
    return w->phb != NULL && w == &w->phb->windows[0] && w->shift == TCE_PAGE_SHIFT_4K &&
           w->start == w->phb->config.window_start &&
           w->tces == w->phb->config.window_bytes >> TCE_PAGE_SHIFT_4K;
}

static bool read_window(tce__reader *r, uint64_t *liobn_next)
{
    const size_t offset = r->at;
    const uint8_t *p = tce__reader_take(r, TCE__WINDOW_BYTES, "the 40 bytes of a window");
    if (p == NULL)
        return false;
    const tce_window_config config = {
        .liobn = tce__get32(p),
        .page_shift = p[4],
        .start = tce__get64(p + 8),
        .tces = tce__get64(p + 16),
        .buid = tce__get64(p + 24),
    };
    if (config.liobn < *liobn_next)
        return tce__reader_bad(r, offset, "windows in ascending order of LIOBN", config.liobn);
    *liobn_next = (uint64_t)config.liobn + 1;
    if ((p[5] & ~(TCE__WINDOW_BYPASS | TCE__WINDOW_DEFAULT)) != 0)
        return tce__reader_bad(r, offset + 5, "flags of a window that are known", p[5]);
    if (tce__get16(p + 6) != 0)
        return tce__reader_bad(r, offset + 6, "two bytes of 0", tce__get16(p + 6));
    /* What a window commits when it is made: a heap table whole, of a larger one the smaller bitmaps. */
    const uint64_t table_max = UINT64_C(256) << 10;
    if (config.tces <= table_max / sizeof(uint64_t) && !tce__reader_spend(r, offset, config.tces * sizeof(uint64_t)))
        return false;
    if (config.tces > table_max / sizeof(uint64_t) && r->memory_left < 2 * table_max)
        return tce__reader_spend(r, offset, 2 * table_max);
    tce_err err = tce_window_create(r->m, &config);
    if (err != TCE_OK)
        return tce__reader_fail(r, err, offset, "a window that the machine can have", config.liobn);
    tce__window *w = tce__map_find(&r->m->windows, config.liobn);
    if (w->table.sparse != NULL)
        r->memory_left -= tce__table_bytes(&w->table, w->tces);
    w->bypass = (p[5] & TCE__WINDOW_BYPASS) != 0;
    w->is_default = (p[5] & TCE__WINDOW_DEFAULT) != 0;
    if (w->is_default && !is_default_window(w))
        return tce__reader_bad(r, offset + 5, "the default window as its PHB's reset makes it", config.liobn);
    uint64_t next = 0;
    for (uint64_t runs = tce__get64(p + 32); runs > 0; runs--) {
        if (!read_run(r, w, &next))
            return false;
    }
    return true;
}

bool tce__read_windows(tce__reader *r)
{
    uint64_t liobn_next = 0;
    while (r->at < r->end) {
        if (!read_window(r, &liobn_next))
            return false;
    }
    return true;
}

/* --- Guest memory --- */

/* Of a frame in which memory ends, what is behind the end holds nothing. */
static bool is_zero_beyond(const tce_machine *m, uint64_t number, const unsigned char *frame)
{
    const uint64_t start = number << TCE__FRAME_SHIFT;
    if (m->memory_bytes == TCE_MEMORY_UNKNOWN || m->memory_bytes - start >= TCE__FRAME_BYTES)
        return true;
    for (size_t i = (size_t)(m->memory_bytes - start); i < TCE__FRAME_BYTES; i++) {
        if (frame[i] != 0)
            return false;
    }
    return true;
}

static bool read_frame(tce__reader *r, uint64_t *next)
{
    const size_t offset = r->at;
    const uint8_t *p = tce__reader_take(r, TCE__FRAME_HEAD, "the 16 bytes before a frame's pages");
    if (p == NULL)
        return false;
    const uint64_t number = tce__get64(p);
    const uint32_t mask = tce__get32(p + 8);
    if (number < *next || number >= FRAME_LIMIT || !tce__is_memory(r->m, number << TCE__FRAME_SHIFT))
        return tce__reader_bad(r, offset, "frames in ascending order and in memory", number);
    *next = number + 1;
    if (mask >> TCE__MEMORY_PAGES != 0)
        return tce__reader_bad(r, offset + 8, "at most sixteen pages of a frame", mask);
    if (tce__get32(p + 12) != 0)
        return tce__reader_bad(r, offset + 12, "four bytes of 0", tce__get32(p + 12));
    if (!tce__reader_spend(r, offset, TCE__FRAME_BYTES))
        return false;
    unsigned char *frame = tce__frame_make(r->m, number);
    if (frame == NULL)
        return tce__reader_fail(r, TCE_ERR_NO_MEMORY, offset, "memory of the host for a frame", number);
    for (uint32_t i = 0; i < TCE__MEMORY_PAGES; i++) {
        if ((mask >> i & 1) == 0)
            continue;
        const uint8_t *page = tce__reader_take(r, TCE__MEMORY_PAGE_BYTES, "the 4,096 bytes of a page");
        if (page == NULL)
            return false;
        memcpy(frame + (size_t)i * TCE__MEMORY_PAGE_BYTES, page, TCE__MEMORY_PAGE_BYTES);
    }
    if (!is_zero_beyond(r->m, number, frame))
        return tce__reader_bad(r, offset, "a frame that holds nothing beyond the end of memory", number);
    return true;
}

bool tce__read_memory(tce__reader *r)
{
    uint64_t next = 0;
    while (r->at < r->end) {
        if (!read_frame(r, &next))
            return false;
    }
    return true;
}

/* --- States of frames --- */

static bool read_block(tce__reader *r, uint64_t *next)
{
    const size_t offset = r->at;
    const uint8_t *p = tce__reader_take(r, TCE__BLOCK_BYTES, "the 16 bytes before the states of 4,096 frames");
    if (p == NULL)
        return false;
    const uint64_t first = tce__get64(p);
    if (first < *next || first >= FRAME_LIMIT || first % TCE__STATES_BLOCK != 0)
        return tce__reader_bad(r, offset, "blocks of frames in ascending order, each at a multiple of 4,096", first);
    *next = first + TCE__STATES_BLOCK;
    if (!tce__reader_spend(r, offset, TCE__STATES_BLOCK + 64))
        return false;
    if (!tce__states_reserve(r->m, first, 1))
        return tce__reader_fail(r, TCE_ERR_NO_MEMORY, offset, "memory of the host for the states of frames", first);
    uint64_t at = 0;
    for (uint64_t runs = tce__get64(p + 8); runs > 0; runs--) {
        const size_t run = r->at;
        const uint8_t *q = tce__reader_take(r, TCE__STATE_RUN_BYTES, "the 8 bytes of a run of states");
        if (q == NULL)
            return false;
        const uint64_t begin = tce__get16(q), count = tce__get16(q + 2);
        if (begin < at || count == 0 || begin + count > TCE__STATES_BLOCK)
            return tce__reader_bad(r, run, "a run of states after the one before, and in its block", begin);
        if (first + begin + count > tce__frames_max(r->m))
            return tce__reader_bad(r, run, "states of frames that are memory", first + begin);
        if ((tce__get32(q + 4) & ~UINT32_C(0xFF)) != 0)
            return tce__reader_bad(r, run + 5, "three bytes of 0", tce__get32(q + 4) >> 8);
        if (!tce__states_fill(r->m, first + begin, count, q[4]))
            return tce__reader_bad(r, run + 4, "a state that a frame of this guest can have", q[4]);
        at = begin + count;
    }
    return true;
}

bool tce__read_states(tce__reader *r)
{
    const tce_sharing counted = r->m->sharing;
    uint64_t next = 0;
    r->m->sharing.shared_pages = 0;
    while (r->at < r->end) {
        if (!read_block(r, &next))
            return false;
    }
    const uint64_t shared = r->m->sharing.shared_pages;
    r->m->sharing = counted;
    if (counted.shared_pages != shared || counted.peak_shared_pages < shared)
        return tce__reader_bad(r, r->at, "as many shared frames as the machine's section counts", shared);
    return true;
}
