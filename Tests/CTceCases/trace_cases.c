/* SPDX-License-Identifier: Apache-2.0 */
/* chunk*.c, event.c and gzip.c: what is appended is what is decoded, and hostile bytes are faults. */
#include "case.h"

#include <stdlib.h>
#include <string.h>

#include "tce_gzip.h"
#include "tce_trace.h"

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

/* Puts, lists, accesses recorded and not: each form that a shape can have. */
static bool fill(tce_chunk *chunk, uint32_t count, uint64_t seed)
{
    uint64_t state = seed, time = seed;
    for (uint32_t i = 0; i < count; i++) {
        tce_stream stream = {LIOBN + next_random(&state) % 2, 0, TCE_REQUESTER_UNKNOWN, 0};
        tce_event e = {.cpu = (uint16_t)(next_random(&state) % 2), .address = next_random(&state) % (1 << 20) << 12};
        uint64_t side[TCE_HCALL_WORDS + 8] = {0, TCE_DURATION_UNKNOWN, LIST, 0};
        size_t words = 0;
        e.stream = tce_chunk_stream(chunk, &stream);
        time += next_random(&state) % 1000;
        switch (next_random(&state) % 4) {
        case 0:
            e.kind = TCE_EVENT_PUT;
            e.value = next_random(&state);
            break;
        case 1:
            e.kind = TCE_EVENT_INDIRECT;
            e.flags = TCE_EVENT_SIDE;
            e.count = 1 + (uint32_t)(next_random(&state) % 8);
            side[TCE_HCALL_NPAGES] = side[TCE_HCALL_ENTRIES] = e.count;
            for (uint32_t k = 0; k < e.count; k++)
                side[TCE_HCALL_WORDS + k] = state + (i % 2 ? k * 0x1000 : next_random(&state));
            words = TCE_HCALL_WORDS + e.count;
            break;
        case 2:
            e.kind = TCE_EVENT_DMA;
            e.flags = TCE_EVENT_RECORDED;
            e.value = e.address;
            e.status = tce_outcome_make(12, 3);
            break;
        default:
            e.kind = TCE_EVENT_DMA;
            e.flags = TCE_EVENT_LENGTH | TCE_EVENT_READ;
            e.count = (uint32_t)(next_random(&state) % 5000);
            break;
        }
        if (tce_chunk_append(chunk, &e, time, words ? side : NULL, words) != TCE_CHUNK_OK)
            return false;
    }
    return true;
}

static bool same(const tce_chunk *a, const tce_chunk *b)
{
    tce_batch x = tce_chunk_batch(a), y = tce_chunk_batch(b);
    return x.count == y.count && x.side_count == y.side_count && x.stream_count == y.stream_count &&
           memcmp(x.events, y.events, x.count * sizeof *x.events) == 0 &&
           memcmp(x.times, y.times, x.count * sizeof *x.times) == 0 &&
           (x.side_count == 0 || memcmp(x.side, y.side, x.side_count * sizeof *x.side) == 0) &&
           memcmp(x.streams, y.streams, x.stream_count * sizeof *x.streams) == 0;
}

CASE(chunk_round_trip)
{
    tce_chunk *from = tce_chunk_create(), *to = tce_chunk_create();
    bool right = from && to;
    for (uint64_t seed = 1; right && seed <= 40; seed++) {
        const uint8_t *payload;
        size_t bytes;
        tce_chunk_clear(from);
        /* Lengths on both sides of the blocks in which events are decoded. */
        right = fill(from, (uint32_t)(seed < 20 ? seed : 500 + seed), seed * 977) &&
                tce_chunk_encode(from, 1, &payload, &bytes) == TCE_CHUNK_OK &&
                tce_chunk_decode(to, payload, bytes) == TCE_CHUNK_OK && same(from, to);
    }
    tce_chunk_destroy(from);
    tce_chunk_destroy(to);
    CHECK(right);
}

/* What decodes is well-formed: the times do not go back, the indices are in range. */
static bool well_formed(const tce_chunk *chunk)
{
    tce_batch b = tce_chunk_batch(chunk);
    for (size_t i = 0; i < b.count; i++) {
        if ((i && b.times[i] < b.times[i - 1]) || b.events[i].stream >= b.stream_count ||
            !tce_event_kind_name(b.events[i].kind) ||
            tce_event_side_words(&b.events[i], b.side, b.side_count) == UINT64_MAX)
            return false;
    }
    return true;
}

CASE(chunk_hostile)
{
    tce_chunk *from = tce_chunk_create(), *to = tce_chunk_create();
    const uint8_t *payload = NULL;
    size_t bytes = 0;
    bool right = from && to && fill(from, 700, 5) && tce_chunk_encode(from, 1, &payload, &bytes) == TCE_CHUNK_OK;
    uint8_t *changed = right ? malloc(bytes) : NULL;
    uint64_t state = 99;
    right = right && changed;
    for (int round = 0; right && round < 4000; round++) {
        memcpy(changed, payload, bytes);
        for (uint64_t n = 1 + next_random(&state) % 3; n > 0; n--) {
            /* Half of the changes hit the heads, where sizes and counts stand. */
            size_t at = (size_t)(next_random(&state) % (next_random(&state) % 2 ? bytes : 400));
            changed[at] = (uint8_t)next_random(&state);
        }
        size_t length = next_random(&state) % 4 ? bytes : (size_t)(next_random(&state) % bytes);
        if (tce_chunk_decode(to, changed, length) != TCE_CHUNK_OK) {
            right = tce_chunk_batch(to).count == 0;
            continue;
        }
        right = well_formed(to);
    }
    free(changed);
    tce_chunk_destroy(from);
    tce_chunk_destroy(to);
    CHECK(right);
}

static void put32(uint8_t *at, uint64_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Values at an edge of something in each field: counts, planes, escapes, shapes, bases, and pairs of them at once. */
CASE(chunk_hostile_fields)
{
    static const uint64_t edges[] = {0,      1,       2,       7,       8,        9,         12,        31,
                                     63,     64,      0x80,    0xff,    0x100,    511,       512,       513,
                                     0xffff, 0x10000, 0x10001, 0xfffff, 0x100000, 0x7fffffff, 0x80000000, 0xffffffff};
    enum { EDGES = sizeof edges / sizeof *edges, FIXED = 112 };
    tce_chunk *from = tce_chunk_create(), *to = tce_chunk_create();
    const uint8_t *payload = NULL;
    size_t bytes = 0, decoded = 0;
    bool right = from && to && fill(from, 90, 77) && tce_chunk_encode(from, 1, &payload, &bytes) == TCE_CHUNK_OK;
    uint8_t *changed = right ? malloc(bytes) : NULL;
    size_t tables = right ? FIXED + get32(payload + 32) * 32u + get32(payload + 36) * 24u : 0;
    uint64_t state = 4242;
    right = right && changed;
    for (int round = 0; right && round < 8000; round++) {
        memcpy(changed, payload, bytes);
        for (uint64_t n = 1 + next_random(&state) % 2; n > 0; n--) {
            uint64_t edge = edges[next_random(&state) % EDGES];
            switch (next_random(&state) % 4) {
            case 0: put32(changed + 8 + next_random(&state) % 26 * 4, edge); break;
            case 1: put32(changed + FIXED + next_random(&state) % ((tables - FIXED) / 4) * 4, edge); break;
            case 2: changed[FIXED + next_random(&state) % (tables - FIXED)] = (uint8_t)edge; break;
            default: changed[tables + next_random(&state) % (bytes - tables)] = (uint8_t)edge; break;
            }
        }
        /* In memory of its own size, so that a byte read behind it is seen. */
        size_t length = next_random(&state) % 4 ? bytes : FIXED + (size_t)(next_random(&state) % (bytes - FIXED));
        uint8_t *exact = malloc(length);
        right = exact;
        if (!exact)
            break;
        memcpy(exact, changed, length);
        bool taken = tce_chunk_decode_within(to, exact, length, round % 2 ? 0 : 1 << 20) == TCE_CHUNK_OK;
        decoded += taken;
        right = taken ? well_formed(to) : tce_chunk_batch(to).count == 0;
        free(exact);
    }
    free(changed);
    tce_chunk_destroy(from);
    tce_chunk_destroy(to);
    CHECK(right);
    CHECK(decoded > 100);
}

CASE(chunk_memory_limit)
{
    tce_chunk *from = tce_chunk_create(), *to = tce_chunk_create();
    const uint8_t *payload = NULL;
    size_t bytes = 0;
    bool right = from && to && fill(from, 3000, 8) && tce_chunk_encode(from, 1, &payload, &bytes) == TCE_CHUNK_OK;
    tce_chunk_fault little = TCE_CHUNK_OK, enough = TCE_CHUNK_OK;
    size_t held = 0, after = 1;
    if (right) {
        little = tce_chunk_decode_within(to, payload, bytes, 200000);
        held = tce_chunk_memory(to);
        enough = tce_chunk_decode_within(to, payload, bytes, 4 << 20);
        right = same(from, to);
        tce_chunk_release(to);
        after = tce_chunk_memory(to);
        right = right && tce_chunk_decode(to, payload, bytes) == TCE_CHUNK_OK && same(from, to);
    }
    tce_chunk_destroy(from);
    tce_chunk_destroy(to);
    CHECK(right);
    CHECK_EQ(little, TCE_CHUNK_LARGE);
    CHECK_EQ(enough, TCE_CHUNK_OK);
    CHECK(held <= 200000);
    CHECK_EQ(after, 0);
}

CASE(chunk_append_checks)
{
    tce_chunk *chunk = tce_chunk_create();
    CHECK(chunk);
    tce_stream stream = {LIOBN, 0, TCE_REQUESTER_UNKNOWN, 0};
    uint32_t index = tce_chunk_stream(chunk, &stream);
    tce_event put = {.kind = TCE_EVENT_PUT, .stream = index}, list = {.kind = TCE_EVENT_INDIRECT, .stream = index};
    tce_event unknown = {.kind = 15, .stream = index}, lost = {.kind = TCE_EVENT_PUT, .stream = index + 1};
    tce_chunk_fault faults[] = {
        tce_chunk_append(chunk, &put, 5, NULL, 0),  tce_chunk_append(chunk, &put, 5, NULL, 0),
        tce_chunk_append(chunk, &put, 4, NULL, 0),  tce_chunk_append(chunk, &list, 5, NULL, 0),
        tce_chunk_append(chunk, &unknown, 5, NULL, 0), tce_chunk_append(chunk, &lost, 5, NULL, 0),
    };
    size_t count = tce_chunk_batch(chunk).count;
    tce_chunk_destroy(chunk);
    CHECK_EQ(faults[0], TCE_CHUNK_OK);
    CHECK_EQ(faults[1], TCE_CHUNK_OK);
    CHECK_EQ(faults[2], TCE_CHUNK_TIME);
    CHECK_EQ(faults[3], TCE_CHUNK_SIDE_WORDS);
    CHECK_EQ(faults[4], TCE_CHUNK_SHAPE);
    CHECK_EQ(faults[5], TCE_CHUNK_STREAM);
    CHECK_EQ(count, 2);
}

CASE(chunk_is_full)
{
    tce_chunk *chunk = tce_chunk_create();
    CHECK(chunk);
    tce_stream stream = {LIOBN, 0, TCE_REQUESTER_UNKNOWN, 0};
    tce_event put = {.kind = TCE_EVENT_PUT, .stream = tce_chunk_stream(chunk, &stream)};
    tce_chunk_fault last = TCE_CHUNK_OK;
    for (uint32_t i = 0; i < TCE_CHUNK_EVENTS_MAX; i++)
        last |= tce_chunk_append(chunk, &put, i, NULL, 0);
    tce_chunk_fault more = tce_chunk_append(chunk, &put, TCE_CHUNK_EVENTS_MAX, NULL, 0);
    tce_chunk_destroy(chunk);
    CHECK_EQ(last, TCE_CHUNK_OK);
    CHECK_EQ(more, TCE_CHUNK_FULL);
}

/* A member made, its head read, its payload inflated; then each byte of it changed. */
CASE(member_every_byte_counts)
{
    uint8_t payload[600], out[600], changed[700];
    uint64_t state = 3;
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = i % 3 ? 'a' : (uint8_t)next_random(&state);
    tce_deflater *d = tce_deflater_create(6);
    tce_inflater *inflater = tce_inflater_create();
    tce_member made = {.sequence = 7, .count = 3, .first_time = 1234567890123}, read;
    const uint8_t *member = NULL;
    bool right = d && inflater && tce_deflate_member(d, payload, sizeof payload, &made, &member) == TCE_GZIP_OK &&
                 made.member_bytes <= sizeof changed &&
                 tce_member_parse(member, made.member_bytes, &read) == TCE_GZIP_OK &&
                 memcmp(&made, &read, sizeof made) == 0 &&
                 tce_inflate_member(inflater, member, &read, out) == TCE_GZIP_OK &&
                 memcmp(payload, out, sizeof out) == 0 && tce_member_search(member, made.member_bytes, 0) == 0 &&
                 tce_member_search(member, made.member_bytes, 1) == made.member_bytes;
    for (size_t at = 0; right && at < made.member_bytes; at++) {
        memcpy(changed, member, made.member_bytes);
        changed[at] ^= 0x20;
        right = tce_member_parse(changed, made.member_bytes, &read) != TCE_GZIP_OK ||
                tce_inflate_member(inflater, changed, &read, out) != TCE_GZIP_OK;
    }
    tce_deflater_destroy(d);
    tce_inflater_destroy(inflater);
    CHECK(right);
}
