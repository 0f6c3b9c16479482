/* SPDX-License-Identifier: Apache-2.0 */
/* The least that a step could cost: loads, stores, copies, zlib. */
#include <string.h>
#include <zlib.h>

#include "Loads.h"

#define AHEAD 16u

uint64_t load_entries(const uint64_t *table, const uint64_t *indices, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (i + AHEAD < count)
            __builtin_prefetch(&table[indices[i + AHEAD]]);
        sum += table[indices[i]];
    }
    return sum;
}

__attribute__((noinline)) static uint64_t entry_checked(const uint64_t *table, uint64_t entries, uint64_t index)
{
    return index < entries ? table[index] : 0;
}

uint64_t load_entries_checked(const uint64_t *table, uint64_t entries, const uint64_t *indices, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += entry_checked(table, entries, indices[i]);
    return sum;
}

__attribute__((noinline)) static bool store_checked(uint64_t *table, uint64_t entries, uint64_t index, uint64_t value)
{
    if (index >= entries)
        return false;
    table[index] = value;
    return true;
}

uint64_t load_stores_checked(uint64_t *table, uint64_t entries, size_t count)
{
    uint64_t stored = 0;
    for (size_t i = 0; i < count; i++)
        stored += store_checked(table, entries, i & 16383, i);
    return stored;
}

uint64_t load_copies(uint64_t *to, const uint64_t *from, size_t n, size_t count)
{
    for (size_t i = 0; i < count; i++)
        memcpy(to + (i & 31) * 512, from, n * sizeof *to);
    return to[n - 1];
}

uint64_t load_fills(uint64_t *to, int byte, size_t n, size_t count)
{
    for (size_t i = 0; i < count; i++)
        memset(to + (i & 31) * 512, byte, n * sizeof *to);
    return to[n - 1];
}

uint64_t load_bytes_set(uint8_t *bytes, size_t n, uint8_t value)
{
    uint64_t changed = 0;
    for (size_t i = 0; i < n; i++) {
        changed += bytes[i] != value;
        bytes[i] = value;
    }
    return changed;
}

#define GZIP_WINDOW (15 + 16)

/* A gzip file from its begin: `out` is written again from its start wherever it is full or `whole` members end. */
static uint64_t inflate_all(const uint8_t *gzip, size_t bytes, uint8_t *out, size_t out_bytes, uint64_t *lines)
{
    z_stream z;
    uint64_t made = 0;
    memset(&z, 0, sizeof z);
    if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
        return 0;
    z.next_in = (Bytef *)(uintptr_t)gzip;
    size_t left = bytes;
    int end = Z_OK;
    while (end == Z_OK || (end == Z_STREAM_END && left > 0)) {
        if (end == Z_STREAM_END)
            (void)inflateReset(&z);
        const uInt in = left > (1u << 30) ? 1u << 30 : (uInt)left;
        z.avail_in = in;
        z.next_out = out;
        z.avail_out = (uInt)out_bytes;
        end = inflate(&z, Z_NO_FLUSH);
        const size_t got = out_bytes - z.avail_out;
        left -= in - z.avail_in;
        made += got;
        for (const uint8_t *at = out; lines != NULL && (at = memchr(at, '\n', (size_t)(out + got - at))) != NULL; at++)
            ++*lines;
    }
    (void)inflateEnd(&z);
    return end == Z_STREAM_END ? made : 0;
}

uint64_t load_inflate(const uint8_t *gzip, size_t bytes, uint8_t *out, size_t out_bytes)
{
    return inflate_all(gzip, bytes, out, out_bytes, NULL);
}

uint64_t load_inflate_lines(const uint8_t *gzip, size_t bytes)
{
    uint8_t out[65536];
    uint64_t lines = 0;
    return inflate_all(gzip, bytes, out, sizeof out, &lines) == 0 ? 0 : lines;
}
