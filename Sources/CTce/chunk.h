/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the chunk's store, encoder and decoder: the layout of an events payload and the predictor of translations.
 *
 *    0  prologue                   TCE_PROLOGUE_BYTES, tce_prologue_write
 *   32  u32 number of streams
 *   36  u32 number of shapes
 *   40  column heads               TCE__COLUMNS x { u32 planes, u32 values, u32 escapes }
 *  112  streams                    each { u64 LIOBN, u64 BUID, u32 requester, u32 device, u64 base }
 *       shapes                     each { u8 kind, u8 flags, u16 cpu, u32 stream, u32 count, i32 status,
 *                                         u8 form, u8 stride shift, 6 x 0 }
 *       columns, in order          planes x values bytes: byte k of every value, then byte k + 1 of every value;
 *                                  then 8 x escapes bytes: the values that did not fit, as 8 planes
 *
 * A value of which all `planes` bytes are 0xff stands in the escape list (planes 1 to 7; 0 planes: all values are 0;
 * 8 planes have no escapes). An event is the shape that column SHAPE names, with what the other columns change.
 */
#ifndef TCE_CHUNK_H
#define TCE_CHUNK_H

#include "event.h"

enum {
    TCE__COLUMN_SHAPE,   /* of each event; never escaped */
    TCE__COLUMN_TIME,    /* of each event: time stamp less the one before (the first: less the prologue's) */
    TCE__COLUMN_ADDRESS, /* of each event: address less its stream's base; zigzag of that less the event's before */
    TCE__COLUMN_VALUE,   /* of events of form VALUE: zigzag of value less the last one in the column */
    TCE__COLUMN_COUNT,   /* of events of form COUNT; of form LITERAL: how many side words */
    TCE__COLUMN_SIDE,    /* side words of form LITERAL; of form LINEAR: zigzags of first TCE and list
                            address, each less the shape's last */
    TCE__COLUMNS,
};

enum {
    TCE__CHUNK_FIXED_BYTES = TCE_PROLOGUE_BYTES + 8 + TCE__COLUMNS * 12,
    TCE__STREAM_BYTES = 32,
    TCE__SHAPE_BYTES = 24,
};

/* Forms of a shape: which parts of an event come from a column, and which from a prediction. */
enum {
    TCE__FORM_VALUE = 1,   /* `value` is in column VALUE, else it is 0 or another form's */
    TCE__FORM_COUNT = 2,   /* `count` is in column COUNT, else it is the shape's */
    TCE__FORM_PREDICT = 4, /* DMA: the recorded page is the one that the last TCE seen for that I/O page has */
    TCE__FORM_LITERAL = 8, /* side words follow in column SIDE */
    TCE__FORM_LINEAR = 16, /* INDIRECT: list entry i is the first plus i << stride shift; no duration known */
    TCE__FORM_ALL = 31,
};

typedef struct tce__shape {
    tce_event event;       /* address and value 0; count 0 where it stands in a column */
    uint64_t last_first;   /* form LINEAR: running state of the deltas */
    uint64_t last_list;
    uint8_t form;
    uint8_t stride_shift;
} tce__shape;

/* The last TCE seen for an I/O page, in a small direct-mapped table that starts empty in each chunk. */
enum { TCE__PREDICT_SLOTS = 8192 };

typedef struct tce__prediction {
    uint64_t page; /* the tag: I/O page's address + stream + 1; 0: empty */
    uint64_t tce;
} tce__prediction;

static inline uint64_t tce__predict_tag(uint32_t stream, uint64_t page)
{
    return page + stream + 1;
}

static inline size_t tce__predict_slot(uint64_t tag)
{
    return (size_t)((tag * UINT64_C(0x9e3779b97f4a7c15)) >> 51); /* 64 - 13 bits */
}

static inline void tce__predict_learn(tce__prediction *table, uint32_t stream, uint64_t address, uint64_t tce)
{
    uint64_t tag = tce__predict_tag(stream, address & ~tce_page_mask(TCE_PAGE_SHIFT_4K));
    tce__prediction *slot = &table[tce__predict_slot(tag)];
    slot->page = tag;
    slot->tce = tce;
}

/* The page that a translation at `address` is expected to give, 0 if there is none. shift: 12...63. */
static inline uint64_t tce__predict_page(const tce__prediction *table, uint32_t stream, uint64_t address,
                                         uint32_t shift)
{
    uint64_t tag = tce__predict_tag(stream, address & ~tce_page_mask(shift));
    const tce__prediction *slot = &table[tce__predict_slot(tag)];
    return slot->page == tag ? slot->tce & ~tce_page_mask(shift) : 0;
}

/* Learns from an event that has gone by. side: the event's side words, if it has any. */
static inline void tce__predict_event(tce__prediction *table, const tce_event *event, const uint64_t *side)
{
    if (event->kind == TCE_EVENT_PUT && !(event->flags & TCE_EVENT_SIDE)) {
        tce__predict_learn(table, event->stream, event->address, event->value);
    } else if (event->kind == TCE_EVENT_INDIRECT) {
        uint64_t entries = side[TCE_HCALL_ENTRIES];
        const uint64_t *tces = side + TCE_HCALL_WORDS;
        uint64_t step = entries > 1 ? tces[1] - tces[0] : 0;
        bool power = step >= 4096 && (step & (step - 1)) == 0;
        for (uint64_t i = 0; i < entries; i++)
            tce__predict_learn(table, event->stream, event->address + i * (power ? step : 4096), tces[i]);
    } else if (event->kind == TCE_EVENT_DMA && (event->flags & TCE_EVENT_RECORDED) &&
               !(event->flags & TCE_EVENT_SIDE)) {
        uint32_t shift = tce_outcome_shift(event->status);
        if (shift >= TCE_PAGE_SHIFT_4K && shift < 64)
            tce__predict_learn(table, event->stream, event->address & ~tce_page_mask(shift), event->value);
    }
}

struct tce_chunk {
    tce_event *events;
    uint64_t *times;
    size_t count, capacity;
    uint64_t *side;
    size_t side_count, side_capacity;
    tce_stream *streams;
    size_t stream_count, stream_capacity;
    uint32_t *stream_slots; /* hash of the streams: 1 + index; twice as many as stream_capacity, a power of two */
    uint32_t last_stream;   /* found last: most events name the same few */
    uint8_t *payload;
    size_t payload_capacity;
    void *scratch;        /* of the encoder and the decoder, which make it */
    size_t scratch_bytes;
    size_t memory_limit;  /* of what tce_chunk_memory counts; 0: none */
    bool is_too_large;    /* the limit was met */
};

static inline uint64_t tce__zigzag(uint64_t delta)
{
    return delta << 1 ^ (0 - (delta >> 63));
}
static inline uint64_t tce__unzigzag(uint64_t z)
{
    return z >> 1 ^ (0 - (z & 1));
}

/* At least `bytes` of the chunk's scratch memory, its content not kept; NULL without memory. */
void *tce__chunk_scratch(tce_chunk *chunk, size_t bytes);

/* Makes room; false without memory. */
bool tce__chunk_reserve(tce_chunk *chunk, size_t events, size_t side, size_t streams);

#endif
