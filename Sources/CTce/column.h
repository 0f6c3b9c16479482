/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a column of an events payload: its planes back into values, one by one or a block at a time. Inlines, so that
 * a caller compiled for wider vectors has them so. The column's sizes have been checked against the payload before.
 */
#ifndef TCE_COLUMN_H
#define TCE_COLUMN_H

#include <string.h>

#include "chunk.h"
#include "little_endian.h"

#define TCE__ALWAYS_INLINE __attribute__((always_inline))
/* Kept out of the loops that call them, whose variables then stay in registers. */
#define TCE__OUT_OF_LINE __attribute__((noinline))

/* Events are made in blocks, so that the expanded columns of one block stay in the first-level cache. */
enum { TCE__BLOCK = 512 };

typedef struct tce__column {
    const uint8_t *bytes;   /* the planes */
    const uint8_t *escaped; /* 8 planes of the values that did not fit */
    uint32_t planes, count, escapes;
    uint32_t next, next_escape;
} tce__column;

static inline uint64_t tce__plane_value(const uint8_t *bytes, size_t count, uint32_t planes, size_t index)
{
    uint64_t v = 0;
    for (uint32_t k = 0; k < planes; k++)
        v |= (uint64_t)bytes[k * count + index] << 8 * k;
    return v;
}

static inline uint64_t tce__mark_of(uint32_t planes)
{
    return planes && planes < 8 ? (UINT64_C(1) << 8 * planes) - 1 : 0;
}

/* The next escaped value; false where there are fewer than the column has marks. */
static inline bool tce__take_escape(tce__column *c, uint64_t *value)
{
    if (c->next_escape == c->escapes)
        return false;
    *value = tce__plane_value(c->escaped, c->escapes, 8, c->next_escape++);
    return true;
}

/* The next value of a column that is read one by one. */
static inline bool tce__column_take(tce__column *c, uint64_t *value)
{
    if (c->next == c->count)
        return false;
    *value = tce__plane_value(c->bytes, c->count, c->planes, c->next++);
    return c->escapes == 0 || *value != tce__mark_of(c->planes) || tce__take_escape(c, value);
}

/*
 * Expands up to TCE__BLOCK values of a column of 0 to 4 planes. One loop a width, each simple enough for a compiler to
 * do several values at once.
 */
static inline TCE__ALWAYS_INLINE void tce__expand32(const tce__column *c, uint32_t from, uint32_t n,
                                                    uint32_t *restrict out)
{
    const uint8_t *p0 = c->bytes + from, *p1 = p0 + c->count, *p2 = p1 + c->count, *p3 = p2 + c->count;
    switch (c->planes) {
    case 0:
        memset(out, 0, n * sizeof *out);
        break;
    case 1:
        for (uint32_t i = 0; i < n; i++)
            out[i] = p0[i];
        break;
    case 2:
        for (uint32_t i = 0; i < n; i++)
            out[i] = p0[i] | (uint32_t)p1[i] << 8;
        break;
    case 3:
        for (uint32_t i = 0; i < n; i++)
            out[i] = p0[i] | (uint32_t)p1[i] << 8 | (uint32_t)p2[i] << 16;
        break;
    default:
        for (uint32_t i = 0; i < n; i++)
            out[i] = p0[i] | (uint32_t)p1[i] << 8 | (uint32_t)p2[i] << 16 | (uint32_t)p3[i] << 24;
    }
}

/*
 * Expands the column's next n values, n at most TCE__BLOCK, with those that were escaped in their places. False where
 * the column has fewer escapes than marks.
 */
static inline bool tce__column_expand(tce__column *c, uint32_t n, uint64_t *restrict out)
{
    uint32_t narrow[TCE__BLOCK];
    if (c->planes <= 4) {
        tce__expand32(c, c->next, n, narrow);
        for (uint32_t i = 0; i < n; i++)
            out[i] = narrow[i];
    } else {
        for (uint32_t i = 0; i < n; i++)
            out[i] = tce__plane_value(c->bytes, c->count, c->planes, c->next + i);
    }
    c->next += n;
    if (c->escapes) {
        uint64_t mark = tce__mark_of(c->planes);
        for (uint32_t i = 0; i < n; i++) {
            if (out[i] == mark && !tce__take_escape(c, &out[i]))
                return false;
        }
    }
    return true;
}

static inline void tce__unzigzag_all(uint64_t *values, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        values[i] = tce__unzigzag(values[i]);
}

/*
 * Expands a whole column, so that an event can take its value, or none, without a branch; and behind it TCE__AHEAD
 * zeros, as many as the events of one block could take too many.
 */
enum { TCE__AHEAD = 2 * TCE__BLOCK };

static inline bool tce__column_expand_all(tce__column *c, uint64_t *out)
{
    for (uint32_t n; c->next < c->count;) {
        n = c->count - c->next < TCE__BLOCK ? c->count - c->next : TCE__BLOCK;
        if (!tce__column_expand(c, n, out + c->next))
            return false;
    }
    memset(out + c->count, 0, TCE__AHEAD * sizeof *out);
    return true;
}

/*
 * Reads the heads of all columns and finds the columns, which begin at `body_at` and go to the payload's end. No column
 * has more values than its events can take.
 */
static inline tce_chunk_fault tce__columns_read(tce__column columns[TCE__COLUMNS], const uint8_t *payload, size_t bytes,
                                                uint32_t events, size_t body_at)
{
    const uint8_t *head = payload + TCE_PROLOGUE_BYTES + 8;
    size_t at = body_at;
    for (int i = 0; i < TCE__COLUMNS; i++, head += 12) {
        tce__column *c = &columns[i];
        c->planes = tce__get32(head);
        c->count = tce__get32(head + 4);
        c->escapes = tce__get32(head + 8);
        if (c->planes > 8 || c->escapes > c->count || (c->escapes && (c->planes == 0 || c->planes == 8)) ||
            c->count > TCE_CHUNK_SIDE_MAX + 2 * TCE_CHUNK_EVENTS_MAX ||
            (i <= TCE__COLUMN_ADDRESS && c->count != events) || (i == TCE__COLUMN_VALUE && c->count > events) ||
            (i == TCE__COLUMN_COUNT && c->count > 2 * (uint64_t)events) ||
            (i == TCE__COLUMN_SHAPE && (c->planes > 2 || c->escapes)))
            return TCE_CHUNK_COLUMN;
        size_t planes_bytes = (size_t)c->planes * c->count;
        size_t escape_bytes = 8 * (size_t)c->escapes;
        if (planes_bytes + escape_bytes > bytes - at)
            return TCE_CHUNK_CUT;
        c->bytes = payload + at;
        c->escaped = c->bytes + planes_bytes;
        at += planes_bytes + escape_bytes;
    }
    return at == bytes ? TCE_CHUNK_OK : TCE_CHUNK_TRAILING;
}

#endif
