/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From columns to events. Everything is checked before it is used: sizes against the payload's end first, then the
 * shapes, so that the loop over the events has only the escapes and the rare forms to look at.
 */
#include <string.h>

#include "chunk.h"
#include "little_endian.h"

#define ALWAYS_INLINE __attribute__((always_inline))
/* Kept out of the loops that call them, whose variables then stay in registers. */
#define OUT_OF_LINE __attribute__((noinline))

/* Events are made in blocks, so that the expanded columns of one block stay in the first-level cache. */
enum { BLOCK = 512 };

typedef struct column {
    const uint8_t *bytes;   /* the planes */
    const uint8_t *escaped; /* 8 planes of the values that did not fit */
    uint32_t planes, count, escapes;
    uint32_t next, next_escape;
} column;

/*
 * A shape made ready for the loop over the events: the first and the last eight bytes of its events, as they lie in
 * memory (the hosts are little-endian, so the count is the tail's low half).
 */
typedef struct plan {
    uint64_t head, tail;
    uint64_t base;    /* address of the stream from which offsets count */
    uint32_t form;
    uint32_t finish;  /* the event is not done when its columns are added up */
} plan;

_Static_assert(offsetof(tce_event, address) == 8 && offsetof(tce_event, count) == 24 && sizeof(tce_event) == 32,
               "plan.head and plan.tail are the ends of an event");
_Static_assert(TCE__FORM_VALUE == 1 && TCE__FORM_COUNT == 2, "the loop over the events makes masks of these bits");

typedef struct decoder {
    column columns[TCE__COLUMNS];
    tce__shape *shapes;
    uint32_t shape_count;
    plan *plans;
    uint64_t *values, *counts; /* columns VALUE and COUNT, expanded, and zeros for events that would take too many */
    tce__prediction *predictions;
    bool narrow_addresses;
    bool predicts; /* some shape uses predictions, so that they must be learnt */
} decoder;

static uint64_t plane_value(const uint8_t *bytes, size_t count, uint32_t planes, size_t index)
{
    uint64_t v = 0;
    for (uint32_t k = 0; k < planes; k++)
        v |= (uint64_t)bytes[k * count + index] << 8 * k;
    return v;
}

static uint64_t mark_of(uint32_t planes)
{
    return planes && planes < 8 ? (UINT64_C(1) << 8 * planes) - 1 : 0;
}

/* The next escaped value; false where there are fewer than the column has marks. */
static bool take_escape(column *c, uint64_t *value)
{
    if (c->next_escape == c->escapes)
        return false;
    *value = plane_value(c->escaped, c->escapes, 8, c->next_escape++);
    return true;
}

/* The next value of a column that is read one by one. */
static bool take(column *c, uint64_t *value)
{
    if (c->next == c->count)
        return false;
    *value = plane_value(c->bytes, c->count, c->planes, c->next++);
    return c->escapes == 0 || *value != mark_of(c->planes) || take_escape(c, value);
}

/*
 * Expands up to BLOCK values of a column of 0 to 4 planes. One loop a width, each simple enough for a compiler to do
 * several values at once.
 */
static inline ALWAYS_INLINE void expand32(const column *c, uint32_t from, uint32_t n, uint32_t *restrict out)
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
 * Expands the column's next n values, n at most BLOCK, with those that were escaped in their places. False where the
 * column has fewer escapes than marks.
 */
static bool expand(column *c, uint32_t n, uint64_t *restrict out)
{
    uint32_t narrow[BLOCK];
    if (c->planes <= 4) {
        expand32(c, c->next, n, narrow);
        for (uint32_t i = 0; i < n; i++)
            out[i] = narrow[i];
    } else {
        for (uint32_t i = 0; i < n; i++)
            out[i] = plane_value(c->bytes, c->count, c->planes, c->next + i);
    }
    c->next += n;
    if (c->escapes) {
        uint64_t mark = mark_of(c->planes);
        for (uint32_t i = 0; i < n; i++) {
            if (out[i] == mark && !take_escape(c, &out[i]))
                return false;
        }
    }
    return true;
}

static void unzigzag(uint64_t *values, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        values[i] = tce__unzigzag(values[i]);
}

/*
 * Expands a whole column into `out`, which has room for `room` values and is filled up with zeros: so that an event
 * can take its value, or none, without a branch.
 */
static bool expand_all(column *c, uint64_t *out, size_t room)
{
    if (c->count > room)
        return false;
    for (uint32_t n; c->next < c->count;) {
        n = c->count - c->next < BLOCK ? c->count - c->next : BLOCK;
        if (!expand(c, n, out + c->next))
            return false;
    }
    memset(out + c->count, 0, (room - c->count) * sizeof *out);
    return true;
}

static tce_chunk_fault read_columns(decoder *d, const uint8_t *payload, size_t bytes, uint32_t events,
                                    size_t body_at)
{
    const uint8_t *head = payload + TCE_PROLOGUE_BYTES + 8;
    size_t at = body_at;
    for (int i = 0; i < TCE__COLUMNS; i++, head += 12) {
        column *c = &d->columns[i];
        c->planes = tce__get32(head);
        c->count = tce__get32(head + 4);
        c->escapes = tce__get32(head + 8);
        if (c->planes > 8 || c->escapes > c->count || (c->escapes && (c->planes == 0 || c->planes == 8)) ||
            c->count > TCE_CHUNK_SIDE_MAX + 2 * TCE_CHUNK_EVENTS_MAX ||
            (i <= TCE__COLUMN_ADDRESS && c->count != events) ||
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
    if (words > TCE_CHUNK_SIDE_MAX - chunk->side_count || words > d->columns[TCE__COLUMN_SIDE].count)
        return TCE_CHUNK_SIDE_WORDS;
    if (!tce__chunk_reserve(chunk, 0, chunk->side_count + words, 0))
        return TCE_CHUNK_NO_MEMORY;
    uint64_t *side = chunk->side + chunk->side_count;
    for (uint64_t i = 0; i < words; i++) {
        if (!take(&d->columns[TCE__COLUMN_SIDE], &side[i]))
            return TCE_CHUNK_SIDE_WORDS;
    }
    event->value = chunk->side_count;
    chunk->side_count += words;
    return tce__event_check(event, side, words);
}

static tce_chunk_fault take_linear(decoder *d, tce_chunk *chunk, tce_event *event, tce__shape *shape)
{
    uint64_t first, list, n = event->count;
    column *side_column = &d->columns[TCE__COLUMN_SIDE];
    if (n == 0 || n > TCE_LIST_ENTRIES_MAX || n + TCE_HCALL_WORDS > TCE_CHUNK_SIDE_MAX - chunk->side_count ||
        !take(side_column, &first) || !take(side_column, &list))
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
static OUT_OF_LINE tce_chunk_fault finish_event(decoder *d, tce_chunk *chunk, tce_event *event, tce__shape *shape,
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

/* How far a block's events have come: in the columns that only some take from, and in the sums of the deltas. */
typedef struct running {
    uint64_t time, offset, value;
    const uint64_t *next_value, *next_count;
} running;

/* The columns of one block of events, expanded: addresses in 32 bits where all of a chunk's fit, as most do. */
typedef struct block {
    uint32_t shape_of[BLOCK];
    int32_t deltas32[BLOCK];
    uint64_t deltas[BLOCK];
} block;

static bool is_narrow(const column *c)
{
    return c->planes <= 4 && c->escapes == 0;
}

/* Time stamps whose steps are narrow: no sum of 65,536 of them wraps, so the last one tells whether all are right. */
static inline ALWAYS_INLINE void add_narrow_steps(column *steps, uint32_t n, uint64_t *restrict times, uint64_t *now)
{
    uint32_t narrow[BLOCK];
    uint64_t time = *now;
    expand32(steps, steps->next, n, narrow);
    steps->next += n;
    for (uint32_t i = 0; i < n; i++)
        times[i] = time += narrow[i];
    *now = time;
}

/* Any time stamps. left: from now to the last one of the chunk. */
static OUT_OF_LINE tce_chunk_fault add_wide_steps(column *steps, uint32_t n, uint64_t *times, uint64_t *now,
                                                  uint64_t left)
{
    if (!expand(steps, n, times))
        return TCE_CHUNK_COLUMN;
    for (uint32_t i = 0; i < n; i++) {
        if (times[i] > left)
            return TCE_CHUNK_TIME;
        left -= times[i];
        times[i] = *now += times[i];
    }
    return TCE_CHUNK_OK;
}

static inline ALWAYS_INLINE tce_chunk_fault fill_block(decoder *d, block *b, uint32_t from, uint32_t n,
                                                       uint64_t *times, uint64_t *now, uint64_t left)
{
    column *steps = &d->columns[TCE__COLUMN_TIME], *addresses = &d->columns[TCE__COLUMN_ADDRESS];
    expand32(&d->columns[TCE__COLUMN_SHAPE], from, n, b->shape_of);
    uint32_t largest = 0;
    for (uint32_t i = 0; i < n; i++)
        largest = b->shape_of[i] > largest ? b->shape_of[i] : largest;
    if (largest >= d->shape_count)
        return TCE_CHUNK_SHAPE;
    if (d->narrow_addresses) {
        uint32_t zigzags[BLOCK];
        expand32(addresses, addresses->next, n, zigzags);
        addresses->next += n;
        for (uint32_t i = 0; i < n; i++)
            b->deltas32[i] = (int32_t)(zigzags[i] >> 1 ^ (0 - (zigzags[i] & 1)));
    } else {
        if (!expand(addresses, n, b->deltas))
            return TCE_CHUNK_COLUMN;
        unzigzag(b->deltas, n);
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
static inline ALWAYS_INLINE uint32_t make_events(const plan *plans, const block *b, running *r, tce_event *events,
                                                 uint32_t i, uint32_t n, bool narrow)
{
    const uint64_t *value = r->next_value, *count = r->next_count;
    uint64_t offset = r->offset, sum = r->value;
    bool finish = false;
    for (; i < n && !finish; i++) {
        const plan *p = &plans[b->shape_of[i]];
        uint32_t takes_value = p->form & TCE__FORM_VALUE, takes_count = p->form >> 1 & 1;
        /* All ones where the event takes from the column; the pointer then moves on by one. */
        uint64_t value_mask = 0 - (uint64_t)takes_value;
        sum += *value & value_mask;
        value += takes_value;
        uint64_t tail = p->tail + (*count & (0 - (uint64_t)takes_count));
        count += takes_count;
        offset += narrow ? (uint64_t)(int64_t)b->deltas32[i] : b->deltas[i];
        finish = p->finish;
        memcpy(&events[i], &p->head, sizeof p->head);
        events[i].address = p->base + offset;
        events[i].value = sum & value_mask;
        memcpy(&events[i].count, &tail, sizeof tail);
    }
    r->offset = offset;
    r->value = sum;
    r->next_value = value;
    r->next_count = count;
    return i;
}

static OUT_OF_LINE uint32_t make_narrow_events(const plan *plans, const block *b, running *r, tce_event *events,
                                               uint32_t i, uint32_t n)
{
    return make_events(plans, b, r, events, i, n, true);
}

static OUT_OF_LINE uint32_t make_wide_events(const plan *plans, const block *b, running *r, tce_event *events,
                                             uint32_t i, uint32_t n)
{
    return make_events(plans, b, r, events, i, n, false);
}

/* The loops that fill a block are worth a processor's wider vectors; a baseline x86-64 has the narrowest. */
typedef tce_chunk_fault fill_function(decoder *d, block *b, uint32_t from, uint32_t n, uint64_t *times, uint64_t *now,
                                      uint64_t left);

static tce_chunk_fault fill_block_baseline(decoder *d, block *b, uint32_t from, uint32_t n, uint64_t *times,
                                           uint64_t *now, uint64_t left)
{
    return fill_block(d, b, from, n, times, now, left);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static tce_chunk_fault fill_block_avx2(decoder *d, block *b, uint32_t from, uint32_t n,
                                                                       uint64_t *times, uint64_t *now, uint64_t left)
{
    return fill_block(d, b, from, n, times, now, left);
}

static fill_function *choose_fill(void)
{
    return __builtin_cpu_supports("avx2") ? fill_block_avx2 : fill_block_baseline;
}
#else
static fill_function *choose_fill(void)
{
    return fill_block_baseline;
}
#endif

static tce_chunk_fault decode_block(decoder *d, tce_chunk *chunk, block *b, uint32_t from, uint32_t n, running *r)
{
    tce_event *events = chunk->events + from;
    for (uint32_t i = 0; i < n;) {
        i = d->narrow_addresses ? make_narrow_events(d->plans, b, r, events, i, n)
                                : make_wide_events(d->plans, b, r, events, i, n);
        uint32_t shape = b->shape_of[i - 1];
        if (!d->plans[shape].finish)
            continue;
        uint64_t words = d->shapes[shape].form & TCE__FORM_LITERAL ? *r->next_count++ : 0;
        tce_chunk_fault fault = finish_event(d, chunk, &events[i - 1], &d->shapes[shape], words);
        if (fault != TCE_CHUNK_OK)
            return fault;
    }
    return TCE_CHUNK_OK;
}

static tce_chunk_fault decode_events(decoder *d, tce_chunk *chunk, const tce_prologue *prologue)
{
    block b;
    column *values = &d->columns[TCE__COLUMN_VALUE], *counts = &d->columns[TCE__COLUMN_COUNT];
    if (!expand_all(values, d->values, prologue->count + 1) || !expand_all(counts, d->counts, 2 * prologue->count + 1))
        return TCE_CHUNK_COLUMN;
    unzigzag(d->values, values->count);
    for (uint32_t i = 0; i < counts->count; i++) {
        if (d->counts[i] > UINT32_MAX)
            return TCE_CHUNK_COLUMN;
    }
    fill_function *fill = choose_fill();
    d->narrow_addresses = is_narrow(&d->columns[TCE__COLUMN_ADDRESS]);
    running r = {.time = prologue->first_time, .next_value = d->values, .next_count = d->counts};
    for (uint32_t from = 0; from < prologue->count; from += BLOCK) {
        uint32_t n = prologue->count - from < BLOCK ? prologue->count - from : BLOCK;
        tce_chunk_fault fault = fill(d, &b, from, n, chunk->times + from, &r.time, prologue->last_time - r.time);
        if (fault == TCE_CHUNK_OK)
            fault = decode_block(d, chunk, &b, from, n, &r);
        if (fault != TCE_CHUNK_OK)
            return fault;
    }
    if (r.time != prologue->last_time)
        return TCE_CHUNK_TIME;
    if (r.next_value != d->values + values->count || r.next_count != d->counts + counts->count)
        return TCE_CHUNK_COLUMN;
    d->columns[TCE__COLUMN_SHAPE].next = prologue->count;
    for (int i = 0; i < TCE__COLUMNS; i++) {
        const column *c = &d->columns[i];
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
    fault = read_columns(&d, payload, bytes, prologue.count, at + tables);
    if (fault != TCE_CHUNK_OK)
        return fault;
    size_t predictions_bytes = TCE__PREDICT_SLOTS * sizeof *d.predictions;
    size_t taken_bytes = (3 * (size_t)prologue.count + 2) * sizeof *d.values;
    uint8_t *scratch = tce__chunk_scratch(chunk, predictions_bytes + taken_bytes +
                                                     shapes * (sizeof *d.plans + sizeof *d.shapes));
    if (!scratch || !tce__chunk_reserve(chunk, prologue.count, 0, streams))
        return TCE_CHUNK_NO_MEMORY;
    d.predictions = (tce__prediction *)(void *)scratch;
    d.values = (uint64_t *)(void *)(scratch + predictions_bytes);
    d.counts = d.values + prologue.count + 1;
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
        memcpy(&p->head, &s->event, sizeof p->head);
        memcpy(&p->tail, &s->event.count, sizeof p->tail);
        p->base = tce__get64(stream_at + s->event.stream * (size_t)TCE__STREAM_BYTES + 24);
        p->form = s->form;
        p->finish = s->form & (TCE__FORM_PREDICT | TCE__FORM_LITERAL | TCE__FORM_LINEAR) ||
                    (d.predicts && teaches(&s->event));
    }
    chunk->stream_count = streams;
    fault = decode_events(&d, chunk, &prologue);
    if (fault == TCE_CHUNK_OK)
        chunk->count = prologue.count;
    return fault;
}

tce_chunk_fault tce_chunk_decode(tce_chunk *chunk, const uint8_t *payload, size_t bytes)
{
    tce_chunk_clear(chunk);
    tce_chunk_fault fault = decode(chunk, payload, bytes);
    if (fault != TCE_CHUNK_OK)
        tce_chunk_clear(chunk);
    return fault;
}
