/* SPDX-License-Identifier: Apache-2.0 */
/* The chunk as a store of events: its memory, its streams, appending; and the prologue of every payload. */
#include "chunk.h"

#include <stdlib.h>
#include <string.h>

#include "little_endian.h"

const char *tce_chunk_fault_text(tce_chunk_fault fault)
{
    switch (fault) {
#define TCE_X(name, value, text) case name: return text;
        TCE_CHUNK_FAULTS(TCE_X)
#undef TCE_X
    }
    return "an unknown fault";
}

tce_chunk_fault tce_prologue_read(const uint8_t *payload, size_t bytes, tce_prologue *out)
{
    if (bytes < TCE_PROLOGUE_BYTES)
        return TCE_CHUNK_CUT;
    if (memcmp(payload, "TCET", 4) != 0)
        return TCE_CHUNK_MAGIC;
    out->major = payload[5];
    out->minor = payload[6];
    if (out->major > TCE_TRACE_VERSION_MAJOR || out->major == 0)
        return TCE_CHUNK_VERSION;
    if (payload[4] < TCE_MEMBER_HEADER || payload[4] > TCE_MEMBER_END || payload[7] != 0)
        return TCE_CHUNK_KIND;
    out->kind = (tce_member_kind)payload[4];
    out->sequence = tce__get32(payload + 8);
    out->count = tce__get32(payload + 12);
    out->first_time = tce__get64(payload + 16);
    out->last_time = tce__get64(payload + 24);
    bool counted = out->kind == TCE_MEMBER_EVENTS;
    if (out->count > TCE_CHUNK_EVENTS_MAX || counted != (out->count > 0))
        return TCE_CHUNK_COUNT;
    return out->first_time <= out->last_time ? TCE_CHUNK_OK : TCE_CHUNK_TIME;
}

void tce_prologue_write(const tce_prologue *prologue, uint8_t out[TCE_PROLOGUE_BYTES])
{
    memcpy(out, "TCET", 4);
    out[4] = (uint8_t)prologue->kind;
    out[5] = TCE_TRACE_VERSION_MAJOR;
    out[6] = TCE_TRACE_VERSION_MINOR;
    out[7] = 0;
    tce__put32(out + 8, prologue->sequence);
    tce__put32(out + 12, prologue->count);
    tce__put64(out + 16, prologue->first_time);
    tce__put64(out + 24, prologue->last_time);
}

tce_chunk *tce_chunk_create(void)
{
    return calloc(1, sizeof(tce_chunk));
}

void tce_chunk_release(tce_chunk *chunk)
{
    free(chunk->events);
    free(chunk->times);
    free(chunk->side);
    free(chunk->streams);
    free(chunk->stream_slots);
    free(chunk->payload);
    free(chunk->scratch);
    *chunk = (tce_chunk){.count = 0};
}

void tce_chunk_destroy(tce_chunk *chunk)
{
    if (!chunk)
        return;
    tce_chunk_release(chunk);
    free(chunk);
}

void tce_chunk_clear(tce_chunk *chunk)
{
    chunk->count = chunk->side_count = chunk->stream_count = 0;
    chunk->last_stream = 0;
    /* A chunk that is decoded into has no hash; one that is filled makes it anew. */
    free(chunk->stream_slots);
    chunk->stream_slots = NULL;
}

tce_batch tce_chunk_batch(const tce_chunk *chunk)
{
    return (tce_batch){
        .events = chunk->events,
        .times = chunk->times,
        .count = chunk->count,
        .side = chunk->side,
        .side_count = chunk->side_count,
        .streams = chunk->streams,
        .stream_count = chunk->stream_count,
    };
}

size_t tce_chunk_memory(const tce_chunk *chunk)
{
    return chunk->capacity * (sizeof *chunk->events + sizeof *chunk->times) +
           chunk->side_capacity * sizeof *chunk->side + chunk->stream_capacity * sizeof *chunk->streams +
           chunk->payload_capacity + chunk->scratch_bytes;
}

/* May the chunk hold so many bytes more? */
static bool may_grow(tce_chunk *chunk, size_t bytes)
{
    if (chunk->memory_limit && tce_chunk_memory(chunk) + bytes > chunk->memory_limit)
        chunk->is_too_large = true;
    return !chunk->is_too_large;
}

/* Room for `wanted` elements of `size` bytes, doubling; the limits of the format keep every product small. */
static bool grow(tce_chunk *chunk, void **array, size_t *capacity, size_t wanted, size_t size)
{
    if (wanted <= *capacity)
        return true;
    size_t next = *capacity ? *capacity : 256;
    while (next < wanted)
        next *= 2;
    if (!may_grow(chunk, (next - *capacity) * size))
        return false;
    void *grown = realloc(*array, next * size);
    if (!grown)
        return false;
    *array = grown;
    *capacity = next;
    return true;
}

bool tce__chunk_reserve(tce_chunk *chunk, size_t events, size_t side, size_t streams)
{
    if (events > chunk->capacity) {
        size_t times = chunk->capacity;
        if (!grow(chunk, (void **)&chunk->times, &times, events, sizeof *chunk->times) ||
            !grow(chunk, (void **)&chunk->events, &chunk->capacity, events, sizeof *chunk->events))
            return false;
    }
    return grow(chunk, (void **)&chunk->side, &chunk->side_capacity, side, sizeof *chunk->side) &&
           grow(chunk, (void **)&chunk->streams, &chunk->stream_capacity, streams, sizeof *chunk->streams);
}

void *tce__chunk_scratch(tce_chunk *chunk, size_t bytes)
{
    if (bytes > chunk->scratch_bytes) {
        if (!may_grow(chunk, bytes - chunk->scratch_bytes))
            return NULL;
        free(chunk->scratch);
        chunk->scratch = malloc(bytes);
        chunk->scratch_bytes = chunk->scratch ? bytes : 0;
    }
    return chunk->scratch;
}

static bool same_stream(const tce_stream *a, const tce_stream *b)
{
    return a->liobn == b->liobn && a->buid == b->buid && a->requester == b->requester && a->device == b->device;
}

/* The slot of a stream in the hash: where its index is, or where it would go. */
static uint32_t *stream_slot(const tce_chunk *chunk, const tce_stream *stream)
{
    uint64_t key = stream->liobn * 31 + stream->buid + ((uint64_t)stream->requester << 32 | stream->device) * 17;
    size_t mask = 2 * chunk->stream_capacity - 1;
    size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & mask;
    while (chunk->stream_slots[at] && !same_stream(&chunk->streams[chunk->stream_slots[at] - 1], stream))
        at = (at + 1) & mask;
    return &chunk->stream_slots[at];
}

/* Makes room for one more stream, the hash with it. */
static bool grow_streams(tce_chunk *chunk)
{
    size_t before = chunk->stream_capacity;
    if (!tce__chunk_reserve(chunk, 0, 0, chunk->stream_count + 1))
        return false;
    if (chunk->stream_slots && chunk->stream_capacity == before)
        return true;
    free(chunk->stream_slots);
    chunk->stream_slots = calloc(2 * chunk->stream_capacity, sizeof *chunk->stream_slots);
    if (!chunk->stream_slots)
        return false;
    for (size_t i = 0; i < chunk->stream_count; i++)
        *stream_slot(chunk, &chunk->streams[i]) = (uint32_t)i + 1;
    return true;
}

uint32_t tce_chunk_stream(tce_chunk *chunk, const tce_stream *stream)
{
    if (chunk->last_stream < chunk->stream_count && same_stream(&chunk->streams[chunk->last_stream], stream))
        return chunk->last_stream;
    if (!grow_streams(chunk))
        return UINT32_MAX;
    uint32_t *slot = stream_slot(chunk, stream);
    if (!*slot) {
        if (chunk->stream_count == TCE_CHUNK_EVENTS_MAX)
            return UINT32_MAX;
        chunk->streams[chunk->stream_count++] = *stream;
        *slot = (uint32_t)chunk->stream_count;
    }
    return chunk->last_stream = *slot - 1;
}

tce_chunk_fault tce_chunk_append(tce_chunk *chunk, const tce_event *event, uint64_t time, const uint64_t *side,
                                 size_t side_words)
{
    if (chunk->count == TCE_CHUNK_EVENTS_MAX || side_words > TCE_CHUNK_SIDE_MAX - chunk->side_count)
        return TCE_CHUNK_FULL;
    if (event->stream >= chunk->stream_count)
        return TCE_CHUNK_STREAM;
    if (chunk->count && time < chunk->times[chunk->count - 1])
        return TCE_CHUNK_TIME;
    tce_chunk_fault fault = tce__event_check(event, side, side_words);
    if (fault != TCE_CHUNK_OK)
        return fault;
    if (!tce__chunk_reserve(chunk, chunk->count + 1, chunk->side_count + side_words, chunk->stream_count))
        return TCE_CHUNK_NO_MEMORY;
    tce_event *added = &chunk->events[chunk->count];
    *added = *event;
    if (side_words) {
        added->value = chunk->side_count;
        memcpy(chunk->side + chunk->side_count, side, side_words * sizeof *side);
        chunk->side_count += side_words;
    }
    chunk->times[chunk->count++] = time;
    return TCE_CHUNK_OK;
}
