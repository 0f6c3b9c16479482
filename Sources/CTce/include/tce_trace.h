/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The payload of a trace chunk: events in columns. docs/trace-format.md draws every byte.
 *
 * A tce_chunk holds events as they lie in memory. It is filled by tce_chunk_append and turned into a payload by
 * tce_chunk_encode, or filled from a payload by tce_chunk_decode; it is kept and used again for the next chunk.
 * What a file is made of around the payloads is not known here: see tce_gzip.h for one member.
 */
#ifndef TCE_TRACE_H
#define TCE_TRACE_H

#include "tce_event.h"

#define TCE_TRACE_VERSION_MAJOR 1u
#define TCE_TRACE_VERSION_MINOR 0u

/* Bytes that each payload begins with, whatever its kind. */
#define TCE_PROLOGUE_BYTES 32u

/* Limits of the format, for a reader's memory. */
#define TCE_CHUNK_EVENTS_MAX 65536u
#define TCE_CHUNK_SIDE_MAX 1048576u
#define TCE_PAYLOAD_BYTES_MAX 16777216u
#define TCE_TEXT_BYTES_MAX 1048576u /* of the header's or the end's payload */

/* What a writer puts into one chunk, unless told otherwise. */
#define TCE_CHUNK_EVENTS 32768u
#define TCE_CHUNK_SIDE 131072u

TCE_ENUM(uint8_t, tce_member_kind) {
    TCE_MEMBER_HEADER = 1,
    TCE_MEMBER_EVENTS = 2,
    TCE_MEMBER_END = 3,
};

/* What is wrong with a payload: constant, value, text. */
#define TCE_CHUNK_FAULTS(X)                                                                     \
    X(TCE_CHUNK_OK, 0, "nothing")                                                               \
    X(TCE_CHUNK_NO_MEMORY, 1, "the host has no memory left")                                    \
    X(TCE_CHUNK_CUT, 2, "the payload ends too early")                                           \
    X(TCE_CHUNK_MAGIC, 3, "it does not begin with the magic \"TCET\"")                          \
    X(TCE_CHUNK_VERSION, 4, "its format version is not one that this reader knows")             \
    X(TCE_CHUNK_KIND, 5, "its kind is not known, or a reserved byte is not 0")                                               \
    X(TCE_CHUNK_COUNT, 6, "its event count is not possible")                                    \
    X(TCE_CHUNK_COLUMN, 7, "a column's size or width is not possible")                          \
    X(TCE_CHUNK_SHAPE, 8, "an event shape is not possible")                                     \
    X(TCE_CHUNK_STREAM, 9, "an event names a stream that the chunk does not have")              \
    X(TCE_CHUNK_SIDE_WORDS, 10, "an event's side words are not possible")                       \
    X(TCE_CHUNK_TIME, 11, "its time stamps are not those that it promised")                     \
    X(TCE_CHUNK_TRAILING, 12, "bytes follow the last column")                                   \
    X(TCE_CHUNK_FULL, 13, "no more events fit")                                                 \
    X(TCE_CHUNK_BYTES, 14, "it is larger than 16 MiB")                                          \
    X(TCE_CHUNK_LARGE, 15, "it needs more memory than it was given")

TCE_ENUM(int32_t, tce_chunk_fault) {
#define TCE_X(name, value, text) name = value,
    TCE_CHUNK_FAULTS(TCE_X)
#undef TCE_X
};

/* The first bytes of a payload, decoded. */
typedef struct tce_prologue {
    tce_member_kind kind;
    uint8_t major, minor;
    uint32_t sequence;
    uint32_t count;
    uint64_t first_time;
    uint64_t last_time;
} tce_prologue;

typedef struct tce_chunk tce_chunk;

TCE_BEGIN_DECLS

const char *tce_chunk_fault_text(tce_chunk_fault fault);

/* Reads the first TCE_PROLOGUE_BYTES of a payload of any kind; writes them. */
tce_chunk_fault tce_prologue_read(const uint8_t *payload, size_t bytes, tce_prologue *out);
void tce_prologue_write(const tce_prologue *prologue, uint8_t out[TCE_PROLOGUE_BYTES]);

/* An empty chunk, or NULL without memory. Ended with tce_chunk_destroy; NULL is allowed there. */
tce_chunk *tce_chunk_create(void);
void tce_chunk_destroy(tce_chunk *chunk);

/* Forgets events, side words and streams; keeps the memory. */
void tce_chunk_clear(tce_chunk *chunk);

/* The chunk's events. The arrays are the chunk's and stand until it is changed. */
tce_batch tce_chunk_batch(const tce_chunk *chunk);

/* The index of a stream, added if it is new; UINT32_MAX without memory, or when the chunk has 65,536. */
uint32_t tce_chunk_stream(tce_chunk *chunk, const tce_stream *stream);

/*
 * Adds an event. With TCE_EVENT_SIDE, side[0...side_words) are its side words and event->value is set here; without,
 * they are NULL and 0. event->stream is from tce_chunk_stream. time may not go back. TCE_CHUNK_FULL where the format's
 * limits are reached; TCE_CHUNK_STREAM, TCE_CHUNK_SIDE_WORDS, TCE_CHUNK_SHAPE, TCE_CHUNK_TIME for an event that no
 * reader would accept. Nothing is added then.
 */
tce_chunk_fault tce_chunk_append(tce_chunk *chunk, const tce_event *event, uint64_t time, const uint64_t *side,
                                 size_t side_words);

/* Makes the payload of an events member. *payload is the chunk's own memory, until its next use. */
tce_chunk_fault tce_chunk_encode(tce_chunk *chunk, uint32_t sequence, const uint8_t **payload, size_t *bytes);

/*
 * Fills the chunk from the payload of an events member. Every index in it is then in range and every event one that
 * tce_chunk_append would take; hostile bytes give a fault, in time bounded by the limits above. After a fault the
 * chunk is empty.
 */
tce_chunk_fault tce_chunk_decode(tce_chunk *chunk, const uint8_t *payload, size_t bytes);

/*
 * The same where the chunk may hold at most `memory` bytes, what it holds already included: TCE_CHUNK_LARGE if that is
 * not enough. A payload of a few bytes can make 8 MiB of side words, so that its size does not tell.
 */
tce_chunk_fault tce_chunk_decode_within(tce_chunk *chunk, const uint8_t *payload, size_t bytes, size_t memory);

/* Bytes that the chunk's arrays take. */
size_t tce_chunk_memory(const tce_chunk *chunk);

/* Forgets the events and gives the memory back. */
void tce_chunk_release(tce_chunk *chunk);

TCE_END_DECLS

#endif
