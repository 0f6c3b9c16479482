/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From columns to events. Everything is checked before it is used: sizes against the payload's end first, then the
 * shapes, so that the loop over the events has only the escapes and the rare forms to look at.
 */
#include <string.h>

#include "chunk.h"
#include "column.h"
#include "little_endian.h"
#include "target.h"

/* Four doublewords, as long as an event, aligned as one; gcc and clang make of them what the processor has. */
typedef uint64_t quad __attribute__((vector_size(32), aligned(8)));

/*
 * A shape made ready for the loop over the events. An event's four doublewords (kind to stream; address; value; count
 * and status: the hosts are little-endian, so the count is the low half) are `base`, plus 0, offset, value and count as
 * far as `mask` lets them through.
 */
typedef struct plan {
    quad base, mask;
    /* The steps lie apart: side by side, clang adds them as a vector, which takes more than two additions. */
    uint32_t value_step;    /* 1: it takes from column VALUE, else 0 */
    uint32_t finish;        /* the event is not done when its columns are added up */
    uint32_t count_step;    /* 1: it takes from column COUNT, else 0 */
} plan;

_Static_assert(offsetof(tce_event, address) == 8 && offsetof(tce_event, value) == 16 &&
                   offsetof(tce_event, count) == 24 && sizeof(tce_event) == sizeof(quad),
               "an event is made as four doublewords");

struct block;
struct running;
struct decoder;
typedef uint32_t make_function(const struct decoder *d, const struct block *b, struct running *r, tce_event *events,
                               uint32_t i, uint32_t n);

typedef struct decoder {
    tce__column columns[TCE__COLUMNS];
    tce__shape *shapes;
    uint32_t shape_count;
    plan *plans;
    /* Columns VALUE (summed up) and COUNT, expanded: a 0 for who has taken none, TCE__AHEAD zeros behind. */
    uint64_t *values, *counts;
    tce__prediction *predictions;
    bool narrow_addresses;
    bool finishes; /* some shape's events have to be finished */
    make_function *make;
    bool predicts; /* some shape uses predictions, so that they must be learnt */
} decoder;

static tce_chunk_fault read_shape(const uint8_t *in, size_t stream_count, tce__shape *s)
{
    *s = (tce__shape){
        .event = {.kind = in[0],
                  .flags = in[1],
                  .cpu = tce__get16(in + 2),
                  .stream = tce__get32(in + 4),
                  .count = tce__get32(in + 8),
                  .status = (int32_t)tce__get32(in + 12)},
        .form = in[16],
        .stride_shift = in[17],
    };
    if (s->event.stream >= stream_count)
        return TCE_CHUNK_STREAM;
    bool side = s->event.flags & TCE_EVENT_SIDE;
    bool linear = s->form & TCE__FORM_LINEAR, literal = s->form & TCE__FORM_LITERAL;
    bool predict = s->form & TCE__FORM_PREDICT, value = s->form & TCE__FORM_VALUE;
    uint32_t bits = tce_outcome_shift(s->event.status);
    if (s->form & ~TCE__FORM_ALL || s->stride_shift > 63 || side != (linear || literal) || (linear && literal) ||
        (linear && s->event.kind != TCE_EVENT_INDIRECT) || (side && value) ||
        (predict && (side || value || s->event.kind != TCE_EVENT_DMA || !(s->event.flags & TCE_EVENT_RECORDED) ||
                     bits < TCE_PAGE_SHIFT_4K || bits > 63)) ||
        (s->form & TCE__FORM_COUNT && s->event.count != 0))
        return TCE_CHUNK_SHAPE;
    return side ? TCE_CHUNK_OK : tce__event_check(&s->event, NULL, 0);
}

/* Side words of form LITERAL, straight from the column. */
static tce_chunk_fault take_literal(decoder *d, tce_chunk *chunk, tce_event *event, uint64_t words)
{
    if (words == 0 || words > TCE_CHUNK_SIDE_MAX - chunk->side_count || words > d->columns[TCE__COLUMN_SIDE].count)
        return TCE_CHUNK_SIDE_WORDS;
    if (!tce__chunk_reserve(chunk, 0, chunk->side_count + words, 0))
        return TCE_CHUNK_NO_MEMORY;
    uint64_t *side = chunk->side + chunk->side_count;
    for (uint64_t i = 0; i < words; i++) {
        if (!tce__column_take(&d->columns[TCE__COLUMN_SIDE], &side[i]))
            return TCE_CHUNK_SIDE_WORDS;
    }
    event->value = chunk->side_count;
    chunk->side_count += words;
    return tce__event_check(event, side, words);
}

static tce_chunk_fault take_linear(decoder *d, tce_chunk *chunk, tce_event *event, tce__shape *shape)
{
    uint64_t first, list, n = event->count;
    tce__column *side_column = &d->columns[TCE__COLUMN_SIDE];
    if (n == 0 || n > TCE_LIST_ENTRIES_MAX || n + TCE_HCALL_WORDS > TCE_CHUNK_SIDE_MAX - chunk->side_count ||
        !tce__column_take(side_column, &first) || !tce__column_take(side_column, &list))
        return TCE_CHUNK_SIDE_WORDS;
    if (!tce__chunk_reserve(chunk, 0, chunk->side_count + n + TCE_HCALL_WORDS, 0))
        return TCE_CHUNK_NO_MEMORY;
    uint64_t *side = chunk->side + chunk->side_count;
    shape->last_first += tce__unzigzag(first);
    shape->last_list += tce__unzigzag(list);
    side[TCE_HCALL_NPAGES] = n;
    side[TCE_HCALL_DURATION] = TCE_DURATION_UNKNOWN;
    side[TCE_HCALL_VALUE] = shape->last_list;
    side[TCE_HCALL_ENTRIES] = n;
    for (uint64_t i = 0; i < n; i++)
        side[TCE_HCALL_WORDS + i] = shape->last_first + (i << shape->stride_shift);
    event->value = chunk->side_count;
    chunk->side_count += n + TCE_HCALL_WORDS;
    return TCE_CHUNK_OK;
}

/* Events from which later predictions are made. */
static bool teaches(const tce_event *event)
{
    return event->kind == TCE_EVENT_PUT || event->kind == TCE_EVENT_INDIRECT ||
           (event->kind == TCE_EVENT_DMA && (event->flags & TCE_EVENT_RECORDED));
}

/* The forms that a loop without branches cannot do. */
static TCE__OUT_OF_LINE tce_chunk_fault finish_event(decoder *d, tce_chunk *chunk, tce_event *event, tce__shape *shape,
                                                uint64_t literal_words)
{
    tce_chunk_fault fault = TCE_CHUNK_OK;
    if (shape->form & TCE__FORM_PREDICT) {
        event->value = tce__predict_page(d->predictions, event->stream, event->address,
                                         tce_outcome_shift(event->status));
        return TCE_CHUNK_OK; /* it has nothing to teach that is not known */
    }
    if (shape->form & TCE__FORM_LITERAL)
        fault = take_literal(d, chunk, event, literal_words);
    else if (shape->form & TCE__FORM_LINEAR)
        fault = take_linear(d, chunk, event, shape);
    if (fault == TCE_CHUNK_OK && d->predicts)
        tce__predict_event(d->predictions, event,
                           event->flags & TCE_EVENT_SIDE ? chunk->side + event->value : NULL);
    return fault;
}

/* How far a block's events have come: values taken of the columns that only some take from, and sums of the deltas. */
typedef struct running {
    uint64_t time, offset;
    uint32_t values, counts;
} running;

/* The columns of one block of events, expanded: addresses in 32 bits where all of a chunk's fit, as most do. */
typedef struct block {
    uint32_t shape_of[TCE__BLOCK];
    int32_t deltas32[TCE__BLOCK];
    uint64_t deltas[TCE__BLOCK];
} block;

static bool is_narrow(const tce__column *c)
{
    return c->planes <= 4 && c->escapes == 0;
}

/* Time stamps whose steps are narrow: no sum of 65,536 of them wraps, so the last one tells whether all are right. */
static inline TCE__ALWAYS_INLINE void add_narrow_steps(tce__column *steps, uint32_t n, uint64_t *restrict times,
                                                       uint64_t *now)
{
    uint32_t narrow[TCE__BLOCK];
    uint64_t time = *now;
    tce__expand32(steps, steps->next, n, narrow);
    steps->next += n;
    for (uint32_t i = 0; i < n; i++)
        times[i] = time += narrow[i];
    *now = time;
}

/* Any time stamps. left: from now to the last one of the chunk. */
static TCE__OUT_OF_LINE tce_chunk_fault add_wide_steps(tce__column *steps, uint32_t n, uint64_t *times, uint64_t *now,
                                                  uint64_t left)
{
    if (!tce__column_expand(steps, n, times))
        return TCE_CHUNK_COLUMN;
    for (uint32_t i = 0; i < n; i++) {
        if (times[i] > left)
            return TCE_CHUNK_TIME;
        left -= times[i];
        times[i] = *now += times[i];
    }
    return TCE_CHUNK_OK;
}

static inline TCE__ALWAYS_INLINE tce_chunk_fault fill_block(decoder *d, block *b, uint32_t from, uint32_t n,
                                                       uint64_t *times, uint64_t *now, uint64_t left)
{
    tce__column *steps = &d->columns[TCE__COLUMN_TIME], *addresses = &d->columns[TCE__COLUMN_ADDRESS];
    tce__expand32(&d->columns[TCE__COLUMN_SHAPE], from, n, b->shape_of);
    uint32_t largest = 0;
    for (uint32_t i = 0; i < n; i++)
        largest = b->shape_of[i] > largest ? b->shape_of[i] : largest;
    if (largest >= d->shape_count)
        return TCE_CHUNK_SHAPE;
    if (d->narrow_addresses) {
        uint32_t zigzags[TCE__BLOCK];
        tce__expand32(addresses, addresses->next, n, zigzags);
        addresses->next += n;
        for (uint32_t i = 0; i < n; i++)
            b->deltas32[i] = (int32_t)(zigzags[i] >> 1 ^ (0 - (zigzags[i] & 1)));
    } else {
        if (!tce__column_expand(addresses, n, b->deltas))
            return TCE_CHUNK_COLUMN;
        tce__unzigzag_all(b->deltas, n);
    }
    if (!is_narrow(steps))
        return add_wide_steps(steps, n, times, now, left);
    add_narrow_steps(steps, n, times, now);
    return TCE_CHUNK_OK;
}

/*
 * Makes events[i], events[i + 1], ... up to the n-th, or to the first that has to be finished; returns how many are
 * made. The hot loop of the decoder: no branch but its end, and little enough to stay in registers.
 */
static inline TCE__ALWAYS_INLINE uint32_t make_events(const decoder *d, const block *b, running *r, tce_event *events,
                                                 uint32_t i, uint32_t n, bool narrow, bool may_finish)
{
    const plan *plans = d->plans;
    const uint64_t *values = d->values, *counts = d->counts;
    uint32_t value = r->values, count = r->counts;
    uint64_t offset = r->offset;
    uint32_t finish = 0;
    while (i < n && !finish) {
        const plan *p = &plans[b->shape_of[i]];
        tce_event *event = &events[i];
        value += p->value_step;
        count += p->count_step;
        offset += narrow ? (uint64_t)(int64_t)b->deltas32[i] : b->deltas[i];
        quad made = p->base + (p->mask & (quad){0, offset, values[value], counts[count]});
        memcpy(event, &made, sizeof made);
        if (may_finish)
            finish = p->finish;
        i++;
    }
    r->offset = offset;
    r->values = value;
    r->counts = count;
    return i;
}

/* What a chunk needs of the loop: narrow addresses or any, with events to be finished or without. */
#define MAKE_FUNCTION(name, target, narrow, may_finish)                                                          \
    target static TCE__OUT_OF_LINE uint32_t name(const decoder *d, const block *b, running *r, tce_event *events, \
                                                 uint32_t i, uint32_t n)                                          \
    {                                                                                                              \
        return make_events(d, b, r, events, i, n, narrow, may_finish);                                             \
    }

MAKE_FUNCTION(make_any, , false, true)
MAKE_FUNCTION(make_narrow, , true, true)
MAKE_FUNCTION(make_plain, , true, false)

/* The loops that fill a block are worth a processor's wider vectors; a baseline x86-64 has the narrowest. */
typedef tce_chunk_fault fill_function(decoder *d, block *b, uint32_t from, uint32_t n, uint64_t *times, uint64_t *now,
                                      uint64_t left);

static tce_chunk_fault fill_block_baseline(decoder *d, block *b, uint32_t from, uint32_t n, uint64_t *times,
                                           uint64_t *now, uint64_t left)
{
    return fill_block(d, b, from, n, times, now, left);
}

#if defined(TCE__AVX2)
#define AVX2 __attribute__((target("avx2")))

AVX2 static tce_chunk_fault fill_block_avx2(decoder *d, block *b, uint32_t from, uint32_t n, uint64_t *times,
                                            uint64_t *now, uint64_t left)
{
    return fill_block(d, b, from, n, times, now, left);
}

MAKE_FUNCTION(make_narrow_avx2, AVX2, true, true)
MAKE_FUNCTION(make_plain_avx2, AVX2, true, false)
#endif

static fill_function *choose_loops(decoder *d)
{
    d->narrow_addresses = is_narrow(&d->columns[TCE__COLUMN_ADDRESS]);
    d->make = !d->narrow_addresses ? make_any : d->finishes ? make_narrow : make_plain;
#if defined(TCE__AVX2)
    if (__builtin_cpu_supports("avx2")) {
        if (d->narrow_addresses)
            d->make = d->finishes ? make_narrow_avx2 : make_plain_avx2;
        return fill_block_avx2;
    }
#endif
    return fill_block_baseline;
}

static tce_chunk_fault decode_block(decoder *d, tce_chunk *chunk, block *b, uint32_t from, uint32_t n, running *r)
{
    tce_event *events = chunk->events + from;
    for (uint32_t i = 0; i < n;) {
        i = d->make(d, b, r, events, i, n);
        uint32_t shape = b->shape_of[i - 1];
        if (!d->plans[shape].finish)
            continue;
        uint64_t words = d->shapes[shape].form & TCE__FORM_LITERAL ? d->counts[++r->counts] : 0;
        tce_chunk_fault fault = finish_event(d, chunk, &events[i - 1], &d->shapes[shape], words);
        if (fault != TCE_CHUNK_OK)
            return fault;
    }
    return TCE_CHUNK_OK;
}

static tce_chunk_fault decode_events(decoder *d, tce_chunk *chunk, const tce_prologue *prologue)
{
    block b;
    tce__column *values = &d->columns[TCE__COLUMN_VALUE], *counts = &d->columns[TCE__COLUMN_COUNT];
    d->values[0] = d->counts[0] = 0;
    if (!tce__column_expand_all(values, d->values + 1) || !tce__column_expand_all(counts, d->counts + 1))
        return TCE_CHUNK_COLUMN;
    tce__unzigzag_all(d->values + 1, values->count);
    for (uint32_t i = 1; i <= values->count; i++)
        d->values[i] += d->values[i - 1];
    for (uint32_t i = 1; i <= counts->count; i++) {
        if (d->counts[i] > UINT32_MAX)
            return TCE_CHUNK_COLUMN;
    }
    fill_function *fill = choose_loops(d);
    running r = {.time = prologue->first_time};
    for (uint32_t from = 0; from < prologue->count; from += TCE__BLOCK) {
        uint32_t n = prologue->count - from < TCE__BLOCK ? prologue->count - from : TCE__BLOCK;
        tce_chunk_fault fault = fill(d, &b, from, n, chunk->times + from, &r.time, prologue->last_time - r.time);
        if (fault == TCE_CHUNK_OK)
            fault = decode_block(d, chunk, &b, from, n, &r);
        if (fault == TCE_CHUNK_OK && (r.values > values->count || r.counts > counts->count))
            fault = TCE_CHUNK_COLUMN;
        if (fault != TCE_CHUNK_OK)
            return fault;
    }
    if (r.time != prologue->last_time || chunk->times[0] != prologue->first_time)
        return TCE_CHUNK_TIME;
    if (r.values != values->count || r.counts != counts->count)
        return TCE_CHUNK_COLUMN;
    d->columns[TCE__COLUMN_SHAPE].next = prologue->count;
    for (int i = 0; i < TCE__COLUMNS; i++) {
        const tce__column *c = &d->columns[i];
        if (c->next_escape != c->escapes || c->next != c->count)
            return TCE_CHUNK_COLUMN;
    }
    return TCE_CHUNK_OK;
}

static tce_chunk_fault decode(tce_chunk *chunk, const uint8_t *payload, size_t bytes)
{
    tce_prologue prologue;
    tce_chunk_fault fault = tce_prologue_read(payload, bytes, &prologue);
    if (fault != TCE_CHUNK_OK)
        return fault;
    if (prologue.kind != TCE_MEMBER_EVENTS)
        return TCE_CHUNK_KIND;
    if (bytes < TCE__CHUNK_FIXED_BYTES)
        return TCE_CHUNK_CUT;
    size_t streams = tce__get32(payload + TCE_PROLOGUE_BYTES);
    uint32_t shapes = tce__get32(payload + TCE_PROLOGUE_BYTES + 4);
    if (streams == 0 || streams > TCE_CHUNK_EVENTS_MAX)
        return TCE_CHUNK_STREAM;
    if (shapes == 0 || shapes > prologue.count)
        return TCE_CHUNK_SHAPE;
    size_t at = TCE__CHUNK_FIXED_BYTES;
    size_t tables = streams * TCE__STREAM_BYTES + (size_t)shapes * TCE__SHAPE_BYTES;
    if (tables > bytes - at)
        return TCE_CHUNK_CUT;

    decoder d = {.shape_count = shapes};
    fault = tce__columns_read(d.columns, payload, bytes, prologue.count, at + tables);
    if (fault != TCE_CHUNK_OK)
        return fault;
    size_t predictions_bytes = TCE__PREDICT_SLOTS * sizeof *d.predictions;
    size_t value_room = 1 + d.columns[TCE__COLUMN_VALUE].count + TCE__AHEAD;
    size_t count_room = 1 + d.columns[TCE__COLUMN_COUNT].count + TCE__AHEAD;
    size_t taken_bytes = (value_room + count_room) * sizeof *d.values;
    uint8_t *scratch = tce__chunk_scratch(chunk, predictions_bytes + taken_bytes +
                                                     shapes * (sizeof *d.plans + sizeof *d.shapes));
    if (!scratch || !tce__chunk_reserve(chunk, prologue.count, 0, streams))
        return TCE_CHUNK_NO_MEMORY;
    d.predictions = (tce__prediction *)(void *)scratch;
    d.values = (uint64_t *)(void *)(scratch + predictions_bytes);
    d.counts = d.values + value_room;
    d.plans = (plan *)(void *)(scratch + predictions_bytes + taken_bytes);
    d.shapes = (tce__shape *)(void *)(d.plans + shapes);

    const uint8_t *stream_at = payload + at, *shape_at = stream_at + streams * TCE__STREAM_BYTES;
    for (size_t i = 0; i < streams; i++) {
        const uint8_t *in = stream_at + i * TCE__STREAM_BYTES;
        chunk->streams[i] = (tce_stream){.liobn = tce__get64(in),
                                         .buid = tce__get64(in + 8),
                                         .requester = tce__get32(in + 16),
                                         .device = tce__get32(in + 20)};
    }
    for (uint32_t i = 0; i < shapes; i++) {
        fault = read_shape(shape_at + i * (size_t)TCE__SHAPE_BYTES, streams, &d.shapes[i]);
        if (fault != TCE_CHUNK_OK)
            return fault;
        d.predicts |= d.shapes[i].form & TCE__FORM_PREDICT;
    }
    if (d.predicts)
        memset(d.predictions, 0, predictions_bytes);
    for (uint32_t i = 0; i < shapes; i++) {
        const tce__shape *s = &d.shapes[i];
        plan *p = &d.plans[i];
        uint64_t stream_base = tce__get64(stream_at + s->event.stream * (size_t)TCE__STREAM_BYTES + 24);
        memcpy(&p->base, &s->event, sizeof p->base);
        p->base[1] = stream_base;
        p->mask = (quad){0, UINT64_MAX, s->form & TCE__FORM_VALUE ? UINT64_MAX : 0,
                         s->form & TCE__FORM_COUNT ? UINT64_MAX : 0};
        p->value_step = s->form & TCE__FORM_VALUE ? 1 : 0;
        p->count_step = s->form & TCE__FORM_COUNT ? 1 : 0;
        p->finish = s->form & (TCE__FORM_PREDICT | TCE__FORM_LITERAL | TCE__FORM_LINEAR) ||
                    (d.predicts && teaches(&s->event));
        d.finishes |= p->finish != 0;
    }
    chunk->stream_count = streams;
    fault = decode_events(&d, chunk, &prologue);
    if (fault == TCE_CHUNK_OK)
        chunk->count = prologue.count;
    return fault;
}

tce_chunk_fault tce_chunk_decode_within(tce_chunk *chunk, const uint8_t *payload, size_t bytes, size_t memory)
{
    tce_chunk_clear(chunk);
    chunk->memory_limit = memory;
    tce_chunk_fault fault = decode(chunk, payload, bytes);
    if (fault == TCE_CHUNK_NO_MEMORY && chunk->is_too_large)
        fault = TCE_CHUNK_LARGE;
    chunk->memory_limit = 0;
    chunk->is_too_large = false;
    if (fault != TCE_CHUNK_OK)
        tce_chunk_clear(chunk);
    return fault;
}

tce_chunk_fault tce_chunk_decode(tce_chunk *chunk, const uint8_t *payload, size_t bytes)
{
    return tce_chunk_decode_within(chunk, payload, bytes, 0);
}
