/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TCE table of a window. Small ones come from the heap. Larger ones are address space that is reserved and not
 * committed, with one bit for each 4 KiB page that was written: clearing a page that was not commits nothing, and a
 * window of 2^40 TCEs is cleared in a millisecond. Architectural.
 */
#define _GNU_SOURCE 1

#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if !defined(MAP_ANONYMOUS)
#define MAP_ANONYMOUS MAP_ANON
#endif
#if !defined(MAP_NORESERVE)
#define MAP_NORESERVE 0
#endif

/* Tables (and bitmaps) up to this size come from the heap. */
#define HEAP_BYTES_MAX (UINT64_C(256) << 10)

#define PAGE_BYTES UINT64_C(4096)

/*
 * Above this size a page that was never written is not read either. A read would commit no page, but the host's page
 * tables for it (1/512 of what is read over): bounded by 128 KiB below, by 16 GiB for the largest table.
 */
#define UNGUARDED_BYTES_MAX (UINT64_C(64) << 20)

static uint64_t divide_up(uint64_t a, uint64_t b)
{
    return a / b + (a % b != 0);
}

static uint64_t table_size(uint64_t tces)
{
    return tces * sizeof(uint64_t);
}

static uint64_t touched_size(uint64_t tces)
{
    return divide_up(divide_up(tces, TCE__PAGE_TCES), 64) * sizeof(uint64_t);
}

static uint64_t summary_size(uint64_t tces)
{
    return divide_up(touched_size(tces) / sizeof(uint64_t), 64) * sizeof(uint64_t);
}

/* Zeroed memory; from HEAP_BYTES_MAX up it is committed page by page as it is written. NULL: none. */
static void *reserve(uint64_t bytes)
{
    if (bytes <= HEAP_BYTES_MAX)
        return calloc(1, (size_t)bytes);
    if (bytes > SIZE_MAX)
        return NULL;
    void *p = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
#if defined(MADV_NOHUGEPAGE)
    /* A huge page would commit 2 MiB for one TCE. Where the host has none to forbid, nothing is lost. */
    (void)madvise(p, (size_t)bytes, MADV_NOHUGEPAGE);
#endif
    return p;
}

static void release(void *p, uint64_t bytes)
{
    if (bytes <= HEAP_BYTES_MAX)
        free(p);
    else if (p != NULL)
        (void)munmap(p, (size_t)bytes);
}

bool tce__table_open(tce__table *table, uint64_t tces)
{
    /* A heap table has at most 64 pages. */
    static const uint64_t all_touched[] = {UINT64_MAX};
    _Static_assert(HEAP_BYTES_MAX <= 64 * PAGE_BYTES, "one word has a bit for each page of a heap table");
    memset(table, 0, sizeof *table);
    table->touched = all_touched;
    table->tce = reserve(table_size(tces));
    if (table->tce == NULL)
        return false;
    if (table_size(tces) <= HEAP_BYTES_MAX)
        return true;
    tce__sparse *sparse = calloc(1, sizeof *sparse);
    table->sparse = sparse;
    if (sparse != NULL) {
        sparse->touched = reserve(touched_size(tces));
        sparse->summary = reserve(summary_size(tces));
        sparse->summary_words = summary_size(tces) / sizeof(uint64_t);
    }
    if (sparse == NULL || sparse->touched == NULL || sparse->summary == NULL) {
        tce__table_close(table, tces);
        return false;
    }
    table->touched = sparse->touched;
    if (table_size(tces) > UNGUARDED_BYTES_MAX)
        table->guard = table->touched;
    return true;
}

void tce__table_close(tce__table *table, uint64_t tces)
{
    if (table->tce == NULL)
        return;
    if (table->sparse != NULL) {
        release(table->sparse->summary, summary_size(tces));
        release(table->sparse->touched, touched_size(tces));
    }
    free(table->sparse);
    release(table->tce, table_size(tces));
    memset(table, 0, sizeof *table);
}

static bool is_zero(const uint64_t *tces, uint64_t count)
{
    uint64_t any = 0;
    for (uint64_t i = 0; i < count; i++)
        any |= tces[i];
    return any == 0;
}

/* Of a heap table that was hardly written the host commits no more pages by clearing it. */
static void clear_heap(const tce__table *table, uint64_t tces, const tce__kernels *kernels)
{
    for (uint64_t first = 0; first < tces; first += TCE__PAGE_TCES) {
        const uint64_t count = tces - first < TCE__PAGE_TCES ? tces - first : TCE__PAGE_TCES;
        if (!is_zero(table->tce + first, count))
            kernels->fill(table->tce + first, 0, (size_t)count);
    }
}

void tce__table_renew(tce__table *table, uint64_t tces, const tce__kernels *kernels)
{
    tce__table fresh;
    if (table->sparse != NULL && tce__table_open(&fresh, tces)) {
        tce__table_close(table, tces);      /* gives the committed pages back */
        *table = fresh;
    } else if (table->sparse == NULL) {
        clear_heap(table, tces, kernels);
    } else {
        tce__table_zero(table, 0, tces, kernels);
    }
}

/*
 * What is committed: a heap table whole; else the pages written of the table, of its bitmap, and of the summary, of
 * which no more can have been written than of the bitmap.
 */
uint64_t tce__table_bytes(const tce__table *table, uint64_t tces)
{
    const tce__sparse *sparse = table->sparse;
    if (sparse == NULL)
        return table->tce == NULL ? 0 : table_size(tces);
    uint64_t bitmap = touched_size(tces), summary = summary_size(tces), pages = sparse->bitmap_pages * PAGE_BYTES;
    if (bitmap > HEAP_BYTES_MAX)
        bitmap = pages;
    if (summary > HEAP_BYTES_MAX && summary > pages)
        summary = pages;
    return sizeof *sparse + sparse->touched_pages * PAGE_BYTES + bitmap + summary;
}

void tce__table_touch(const tce__table *table, uint64_t page)
{
    uint64_t word = page >> 6;
    uint64_t *summary = table->sparse->summary;
    table->sparse->touched[word] |= UINT64_C(1) << (page & 63);
    table->sparse->touched_pages++;
    if (tce__bit(summary, word))
        return;
    /* The bits of one page of the bitmap are eight words of the summary: all 0 says that it is a new page. */
    uint64_t any = 0;
    for (uint64_t i = (word >> 6) & ~UINT64_C(7), end = i + 8; i < end && i < table->sparse->summary_words; i++)
        any |= summary[i];
    if (any == 0)
        table->sparse->bitmap_pages++;
    summary[word >> 6] |= UINT64_C(1) << (word & 63);
}

/* The first word of the bitmap from `word` on that is not 0, or one past `last` or more. */
static uint64_t next_word(const tce__table *table, uint64_t word, uint64_t last)
{
    const uint64_t *summary = table->sparse->summary;
    while (word <= last) {
        uint64_t bits = summary[word >> 6] >> (word & 63);
        if (bits != 0)
            return word + (uint64_t)__builtin_ctzll(bits);
        word = (word | 63) + 1;
    }
    return word;
}

uint64_t tce__table_next(const tce__table *table, uint64_t page, uint64_t last)
{
    while (page <= last) {
        uint64_t bits = table->touched[page >> 6] >> (page & 63);
        if (bits != 0)
            return page + (uint64_t)__builtin_ctzll(bits);
        page = next_word(table, (page >> 6) + 1, last >> 6) << 6;
    }
    return page;
}

/* Up to here the chosen loop is faster than the C library's memset, which prefers long runs. */
#define SHORT_RUN_TCES (UINT64_C(8) * TCE__PAGE_TCES)

static void zero_run(const tce__table *table, uint64_t index, uint64_t count, const tce__kernels *kernels)
{
    if (count <= SHORT_RUN_TCES)
        kernels->fill(table->tce + index, 0, (size_t)count);
    else
        memset(table->tce + index, 0, (size_t)table_size(count));
}

void tce__table_zero(const tce__table *table, uint64_t index, uint64_t count, const tce__kernels *kernels)
{
    if (count == 0)
        return;
    if (table->sparse == NULL) {
        zero_run(table, index, count, kernels);
        return;
    }
    const uint64_t end = index + count, last = (end - 1) >> TCE__PAGE_TCES_LOG2;
    uint64_t page = index >> TCE__PAGE_TCES_LOG2;
    while (page <= last) {
        uint64_t bits = table->touched[page >> 6] >> (page & 63);
        if (bits == 0) {
            page = next_word(table, (page >> 6) + 1, last >> 6) << 6;
            continue;
        }
        /* A run of touched pages, within one word of the bitmap, is cleared in one go. */
        page += (uint64_t)__builtin_ctzll(bits);
        bits = ~(table->touched[page >> 6] >> (page & 63));
        uint64_t stop = page + (bits == 0 ? 64 : (uint64_t)__builtin_ctzll(bits));
        uint64_t from = page << TCE__PAGE_TCES_LOG2, to = stop << TCE__PAGE_TCES_LOG2;
        if (from < index)
            from = index;
        if (to > end)
            to = end;
        if (from < to)
            zero_run(table, from, to - from, kernels);
        page = stop;
    }
}
