/* SPDX-License-Identifier: Apache-2.0 */
/* From events to columns. chunk.h draws the payload; what is decided here is only which shapes and widths pay. */
#include <stdlib.h>
#include <string.h>

#include "chunk.h"
#include "little_endian.h"

/* Counts stay in the shapes while there are few shapes; beyond, a column is cheaper. */
enum { SHAPES_WITH_COUNT = 128, SHAPE_HASH_BITS = 17 };

typedef struct column {
    uint64_t *values;
    size_t count;
    uint32_t planes;
    size_t escapes;
} column;

typedef struct encoder {
    column columns[TCE__COLUMNS];
    tce__shape *shapes;
    uint32_t shape_count;
    uint32_t *shape_hash; /* 1 + index of a shape */
    uint64_t *bases; /* by stream */
    uint64_t last_offset, last_value;
    tce__prediction *predictions;
} encoder;

/* The encoder's arrays, cut from the chunk's scratch memory. */
static bool encoder_init(encoder *e, tce_chunk *chunk)
{
    size_t n = chunk->count;
    size_t longest[TCE__COLUMNS] = {n, n, n, n, 2 * n, 2 * n + chunk->side_count};
    size_t bytes = 0;
    for (int c = 0; c < TCE__COLUMNS; c++)
        bytes += longest[c] * sizeof(uint64_t);
    size_t columns_bytes = bytes;
    size_t predictions_bytes = TCE__PREDICT_SLOTS * sizeof(tce__prediction);
    size_t bases_bytes = chunk->stream_count * sizeof(uint64_t);
    size_t shapes_bytes = n * sizeof(tce__shape);
    size_t hash_bytes = sizeof(uint32_t) << SHAPE_HASH_BITS;
    bytes += predictions_bytes + bases_bytes + shapes_bytes + hash_bytes;
    uint8_t *at = tce__chunk_scratch(chunk, bytes);
    if (!at)
        return false;
    memset(at + columns_bytes, 0, bytes - columns_bytes);
    *e = (encoder){.shape_count = 0};
    for (int c = 0; c < TCE__COLUMNS; c++) {
        e->columns[c].values = (uint64_t *)(void *)at;
        at += longest[c] * sizeof(uint64_t);
    }
    e->predictions = (tce__prediction *)(void *)at;
    e->bases = (uint64_t *)(void *)(at += predictions_bytes);
    e->shapes = (tce__shape *)(void *)(at += bases_bytes);
    e->shape_hash = (uint32_t *)(void *)(at + shapes_bytes);
    /* The first address of each stream, so that a window far up the bus needs no escape in every chunk. */
    for (size_t i = chunk->count; i-- > 0;)
        e->bases[chunk->events[i].stream] = chunk->events[i].address;
    return true;
}

static void push(column *c, uint64_t value)
{
    c->values[c->count++] = value;
}

static bool same_shape(const tce__shape *a, const tce__shape *b)
{
    return memcmp(&a->event, &b->event, sizeof a->event) == 0 && a->form == b->form &&
           a->stride_shift == b->stride_shift;
}

/* The shape's slot in the hash: where it is, or where it would go. */
static uint32_t *find_shape(encoder *e, const tce__shape *shape)
{
    uint64_t words[4];
    memcpy(words, &shape->event, sizeof words);
    uint64_t h = shape->form | (uint64_t)shape->stride_shift << 8;
    for (int i = 0; i < 4; i++)
        h = (h ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15), h ^= h >> 32;
    uint32_t mask = (UINT32_C(1) << SHAPE_HASH_BITS) - 1;
    uint32_t at = (uint32_t)h & mask;
    while (e->shape_hash[at] && !same_shape(&e->shapes[e->shape_hash[at] - 1], shape))
        at = (at + 1) & mask;
    return &e->shape_hash[at];
}

static tce__shape *intern_shape(encoder *e, tce__shape *shape)
{
    uint32_t *slot = find_shape(e, shape);
    if (!*slot && e->shape_count >= SHAPES_WITH_COUNT && !(shape->form & TCE__FORM_COUNT)) {
        shape->form |= TCE__FORM_COUNT;
        shape->event.count = 0;
        slot = find_shape(e, shape);
    }
    if (!*slot) {
        e->shapes[e->shape_count] = *shape;
        *slot = ++e->shape_count;
    }
    push(&e->columns[TCE__COLUMN_SHAPE], *slot - 1);
    return &e->shapes[*slot - 1];
}

/* Is the list one run of equal steps of a power of two, with nothing else to tell? Then its shift, else -1. */
static int linear_shift(const tce_event *event, const uint64_t *side)
{
    const uint64_t *tces = side + TCE_HCALL_WORDS;
    uint64_t n = side[TCE_HCALL_ENTRIES];
    if (event->kind != TCE_EVENT_INDIRECT || n == 0 || n != event->count || n != side[TCE_HCALL_NPAGES] ||
        side[TCE_HCALL_DURATION] != TCE_DURATION_UNKNOWN)
        return -1;
    uint64_t step = n > 1 ? tces[1] - tces[0] : UINT64_C(1) << TCE_PAGE_SHIFT_4K;
    if (step == 0 || (step & (step - 1)) != 0)
        return -1;
    for (uint64_t i = 1; i < n; i++) {
        if (tces[i] - tces[i - 1] != step)
            return -1;
    }
    int shift = 0;
    while (step >>= 1)
        shift++;
    return shift;
}

static void encode_event(encoder *e, const tce_chunk *chunk, size_t index)
{
    const tce_event *event = &chunk->events[index];
    const uint64_t *side = event->flags & TCE_EVENT_SIDE ? chunk->side + event->value : NULL;
    uint64_t offset = event->address - e->bases[event->stream];
    tce__shape shape;
    memset(&shape, 0, sizeof shape);
    shape.event = *event;
    shape.event.address = 0;
    shape.event.value = 0;

    int shift = side ? linear_shift(event, side) : -1;
    if (shift >= 0) {
        shape.form = TCE__FORM_LINEAR;
        shape.stride_shift = (uint8_t)shift;
    } else if (side) {
        shape.form = TCE__FORM_LITERAL;
    } else if (event->value != 0) {
        uint32_t bits = event->kind == TCE_EVENT_DMA ? tce_outcome_shift(event->status) : 0;
        bool predicted = (event->flags & TCE_EVENT_RECORDED) && bits >= TCE_PAGE_SHIFT_4K && bits < 64 &&
                         tce__predict_page(e->predictions, event->stream, event->address, bits) == event->value;
        shape.form = predicted ? TCE__FORM_PREDICT : TCE__FORM_VALUE;
    }
    tce__shape *interned = intern_shape(e, &shape);

    uint64_t before = index ? chunk->times[index - 1] : chunk->times[0];
    push(&e->columns[TCE__COLUMN_TIME], chunk->times[index] - before);
    push(&e->columns[TCE__COLUMN_ADDRESS], tce__zigzag(offset - e->last_offset));
    e->last_offset = offset;
    if (interned->form & TCE__FORM_VALUE) {
        push(&e->columns[TCE__COLUMN_VALUE], tce__zigzag(event->value - e->last_value));
        e->last_value = event->value;
    }
    if (interned->form & TCE__FORM_COUNT)
        push(&e->columns[TCE__COLUMN_COUNT], event->count);
    if (interned->form & TCE__FORM_LITERAL) {
        uint64_t words = tce_event_side_words(event, chunk->side, chunk->side_count);
        push(&e->columns[TCE__COLUMN_COUNT], words);
        for (uint64_t i = 0; i < words; i++)
            push(&e->columns[TCE__COLUMN_SIDE], side[i]);
    }
    if (interned->form & TCE__FORM_LINEAR) {
        push(&e->columns[TCE__COLUMN_SIDE], tce__zigzag(side[TCE_HCALL_WORDS] - interned->last_first));
        interned->last_first = side[TCE_HCALL_WORDS];
        push(&e->columns[TCE__COLUMN_SIDE], tce__zigzag(side[TCE_HCALL_VALUE] - interned->last_list));
        interned->last_list = side[TCE_HCALL_VALUE];
    }
    /* What was predicted has nothing to teach, and the decoder skips it too. */
    if (!(interned->form & TCE__FORM_PREDICT))
        tce__predict_event(e->predictions, event, side);
}

/* The number of planes for which planes and escapes together take the fewest bytes. */
static void choose_planes(column *c, bool may_escape)
{
    size_t fits[9] = {0}; /* values that need exactly this many planes, the escape mark left free */
    for (size_t i = 0; i < c->count; i++) {
        uint64_t v = c->values[i];
        uint32_t planes = 0;
        while (planes < 8 && v >= (planes ? (UINT64_C(1) << 8 * planes) - may_escape : 1))
            planes++;
        fits[planes]++;
    }
    size_t fitting = fits[0];
    size_t best = SIZE_MAX;
    c->planes = 8;
    c->escapes = 0;
    if (fitting == c->count) {
        c->planes = 0;
        return;
    }
    for (uint32_t planes = 1; planes <= 8; planes++) {
        fitting += fits[planes];
        size_t escapes = c->count - fitting;
        /* Escapes cost their bytes, and a look at every value when the column is read. */
        size_t cost = c->count * planes + 8 * escapes + (escapes ? c->count / 4 : 0);
        if (cost < best && (may_escape || escapes == 0)) {
            best = cost;
            c->planes = planes;
            c->escapes = escapes;
        }
    }
}

static uint8_t *write_planes(uint8_t *out, const uint64_t *values, size_t count, uint32_t planes)
{
    for (uint32_t k = 0; k < planes; k++) {
        for (size_t i = 0; i < count; i++)
            *out++ = (uint8_t)(values[i] >> 8 * k);
    }
    return out;
}

static uint8_t *write_column(uint8_t *out, column *c)
{
    if (c->planes == 0)
        return out;
    uint64_t mark = c->planes < 8 ? (UINT64_C(1) << 8 * c->planes) - 1 : UINT64_MAX;
    if (c->escapes == 0)
        return write_planes(out, c->values, c->count, c->planes);
    uint8_t *escapes = out + c->count * c->planes;
    size_t e = 0;
    for (size_t i = 0; i < c->count; i++) {
        uint64_t v = c->values[i];
        bool escaped = v >= mark;
        for (uint32_t k = 0; k < c->planes; k++)
            out[k * c->count + i] = escaped ? 0xff : (uint8_t)(v >> 8 * k);
        if (escaped) {
            for (uint32_t k = 0; k < 8; k++)
                escapes[k * c->escapes + e] = (uint8_t)(v >> 8 * k);
            e++;
        }
    }
    return escapes + 8 * c->escapes;
}

static uint8_t *write_shape(uint8_t *out, const tce__shape *s)
{
    memset(out, 0, TCE__SHAPE_BYTES);
    out[0] = s->event.kind;
    out[1] = s->event.flags;
    tce__put16(out + 2, s->event.cpu);
    tce__put32(out + 4, s->event.stream);
    tce__put32(out + 8, s->event.count);
    tce__put32(out + 12, (uint32_t)s->event.status);
    out[16] = s->form;
    out[17] = s->stride_shift;
    return out + TCE__SHAPE_BYTES;
}

tce_chunk_fault tce_chunk_encode(tce_chunk *chunk, uint32_t sequence, const uint8_t **payload, size_t *bytes)
{
    encoder e;
    if (chunk->count == 0)
        return TCE_CHUNK_COUNT;
    if (!encoder_init(&e, chunk))
        return TCE_CHUNK_NO_MEMORY;
    for (size_t i = 0; i < chunk->count; i++)
        encode_event(&e, chunk, i);

    size_t size = TCE__CHUNK_FIXED_BYTES + chunk->stream_count * TCE__STREAM_BYTES +
                  e.shape_count * (size_t)TCE__SHAPE_BYTES;
    for (int c = 0; c < TCE__COLUMNS; c++) {
        choose_planes(&e.columns[c], c != TCE__COLUMN_SHAPE);
        size += e.columns[c].count * e.columns[c].planes + 8 * e.columns[c].escapes;
    }
    if (size > TCE_PAYLOAD_BYTES_MAX)
        return TCE_CHUNK_BYTES;
    if (size > chunk->payload_capacity) {
        uint8_t *grown = realloc(chunk->payload, size);
        if (!grown)
            return TCE_CHUNK_NO_MEMORY;
        chunk->payload = grown;
        chunk->payload_capacity = size;
    }

    uint8_t *out = chunk->payload;
    tce_prologue_write(&(tce_prologue){.kind = TCE_MEMBER_EVENTS,
                                       .sequence = sequence,
                                       .count = (uint32_t)chunk->count,
                                       .first_time = chunk->times[0],
                                       .last_time = chunk->times[chunk->count - 1]},
                       out);
    out += TCE_PROLOGUE_BYTES;
    tce__put32(out, (uint32_t)chunk->stream_count);
    tce__put32(out + 4, e.shape_count);
    out += 8;
    for (int c = 0; c < TCE__COLUMNS; c++, out += 12) {
        tce__put32(out, e.columns[c].planes);
        tce__put32(out + 4, (uint32_t)e.columns[c].count);
        tce__put32(out + 8, (uint32_t)e.columns[c].escapes);
    }
    for (size_t i = 0; i < chunk->stream_count; i++, out += TCE__STREAM_BYTES) {
        tce__put64(out, chunk->streams[i].liobn);
        tce__put64(out + 8, chunk->streams[i].buid);
        tce__put32(out + 16, chunk->streams[i].requester);
        tce__put32(out + 20, chunk->streams[i].device);
        tce__put64(out + 24, e.bases[i]);
    }
    for (uint32_t i = 0; i < e.shape_count; i++)
        out = write_shape(out, &e.shapes[i]);
    for (int c = 0; c < TCE__COLUMNS; c++)
        out = write_column(out, &e.columns[c]);
    *payload = chunk->payload;
    *bytes = size;
    return TCE_CHUNK_OK;
}
