/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events without end, of a network card or a storage controller, on any number of windows of any size: the same each
 * time, and of any two shapes with the same number of TCEs touched, so that size or number alone is what differs.
 */
#include <stdlib.h>
#include <string.h>

#include "Loads.h"

#define BATCH_MAX 32768u
#define STEP_MAX 512u               /* events that one step adds at most */
#define QUEUES 4u
#define POSTED_MAX 64u
#define FLYING_MAX 32u
#define COMMAND_PAGES_MAX 32u
#define PAGES_MIN 12u               /* of a window: rings, and buffers more than are posted */
#define MEMORY_BYTES (UINT64_C(2) << 30)

typedef struct window_state {
    uint32_t posted[QUEUES][POSTED_MAX];    /* buffers, oldest at `head` */
    uint32_t head[QUEUES];
    uint32_t next;                          /* buffer or block that is mapped next */
    uint32_t descriptor;
} window_state;

typedef struct command {
    uint32_t window, requester, block, pages, done, cpu;
    bool reads_memory;
} command;

struct load_events {
    load_shape shape;
    uint64_t tces, pages;           /* of a window: its TCEs, those of them that are touched */
    uint64_t stride;                /* from one that is touched, or one block of them, to the next */
    uint32_t depth;                 /* buffers posted in a queue */
    uint64_t random, time;
    uint32_t set_up;                /* windows that have their rings */
    window_state *windows;
    command flying[FLYING_MAX];
    uint32_t flying_count;
    size_t given, count;            /* events that the last batch had, and that there are */
    tce_event events[BATCH_MAX + STEP_MAX];
    uint64_t times[BATCH_MAX + STEP_MAX];
    uint64_t *side;
    size_t side_count, side_max;
    tce_stream *streams;
    size_t stream_count;
};

/* Steele, Lea and Flood's SplitMix64. */
static uint64_t next_random(load_events *e, uint64_t below)
{
    uint64_t z = e->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return ((z ^ z >> 31) >> 32) * below >> 32;
}

load_shape load_shape_of(load_kind kind)
{
    return (load_shape){.kind = kind, .windows = 1, .window_bytes = UINT64_C(1) << 30, .requesters = 1,
                        .pages = kind == LOAD_NIC ? 12288 : 131072};
}

static uint64_t pages_of(const load_shape *shape)
{
    const uint64_t each = shape->pages / shape->windows;
    return each > PAGES_MIN ? each : PAGES_MIN;
}

load_events *load_events_open(const load_shape *shape)
{
    load_events *e = calloc(1, sizeof *e);
    if (e == NULL)
        return NULL;
    const uint64_t step = shape->kind == LOAD_NIC ? 1 : COMMAND_PAGES_MAX;
    e->shape = *shape;
    e->tces = shape->window_bytes >> TCE_PAGE_SHIFT_4K;
    e->pages = pages_of(shape);
    e->stride = shape->stride != 0 ? shape->stride * step : e->tces / (e->pages / step);
    e->depth = (uint32_t)((e->pages - QUEUES) / 8 < POSTED_MAX ? (e->pages - QUEUES) / 8 : POSTED_MAX);
    e->windows = calloc(shape->windows, sizeof *e->windows);
    e->side_max = (size_t)(BATCH_MAX + STEP_MAX) * (TCE_HCALL_WORDS + COMMAND_PAGES_MAX);
    e->side = calloc(e->side_max, sizeof *e->side);
    e->stream_count = (size_t)shape->windows * shape->requesters;
    e->streams = calloc(e->stream_count, sizeof *e->streams);
    if (e->windows == NULL || e->side == NULL || e->streams == NULL) {
        load_events_close(e);
        return NULL;
    }
    for (size_t i = 0; i < e->stream_count; i++)
        e->streams[i] = (tce_stream){
            .liobn = LOAD_LIOBN + 0x100 * (i / shape->requesters),
            .buid = LOAD_BUID + i / shape->requesters,
            .requester = (uint32_t)(i % shape->requesters),
        };
    return e;
}

void load_events_close(load_events *e)
{
    if (e == NULL)
        return;
    free(e->windows);
    free(e->side);
    free(e->streams);
    free(e);
}

tce_machine *load_events_machine(const load_shape *shape)
{
    tce_config config = tce_config_pseries();
    tce_machine *m;
    config.memory_bytes = MEMORY_BYTES;
    config.phb_count = shape->windows;
    config.phb.window_bytes = shape->window_bytes;
    config.phb.dma64_start = UINT64_C(1) << 59;
    return tce_machine_create(&config, &m) == TCE_OK ? m : NULL;
}

static tce_event *add(load_events *e, uint8_t kind, uint32_t window, uint32_t requester, uint64_t ioba, uint64_t gap)
{
    tce_event *event = &e->events[e->count];
    e->time += gap;
    e->times[e->count++] = e->time;
    *event = (tce_event){.kind = kind, .cpu = TCE_CPU_UNKNOWN, .stream = window * e->shape.requesters + requester,
                         .address = ioba};
    return event;
}

static void add_dma(load_events *e, uint32_t window, uint32_t requester, uint64_t ioba, uint32_t bytes, bool reads,
                    uint64_t gap)
{
    tce_event *event = add(e, TCE_EVENT_DMA, window, requester, ioba, gap);
    event->flags = TCE_EVENT_LENGTH | (reads ? TCE_EVENT_READ : TCE_EVENT_WRITE);
    event->count = bytes;
}

static uint64_t some_page(load_events *e)
{
    return next_random(e, (MEMORY_BYTES >> TCE_PAGE_SHIFT_4K) - COMMAND_PAGES_MAX) << TCE_PAGE_SHIFT_4K;
}

static void add_put(load_events *e, uint32_t window, uint32_t cpu, uint64_t page, uint64_t gap)
{
    tce_event *event = add(e, TCE_EVENT_PUT, window, 0, page << TCE_PAGE_SHIFT_4K, gap);
    event->cpu = (uint16_t)cpu;
    event->value = some_page(e) | TCE_ACCESS_RW;
}

static void add_clear(load_events *e, uint32_t window, uint32_t cpu, uint64_t page, uint32_t count, uint64_t gap)
{
    tce_event *event = add(e, TCE_EVENT_STUFF, window, 0, page << TCE_PAGE_SHIFT_4K, gap);
    event->cpu = (uint16_t)cpu;
    event->count = count;
}

static void add_list(load_events *e, uint32_t window, uint32_t cpu, uint64_t page, uint32_t count, uint64_t gap)
{
    const uint64_t first = some_page(e);
    uint64_t *side = &e->side[e->side_count];
    tce_event *event = add(e, TCE_EVENT_INDIRECT, window, 0, page << TCE_PAGE_SHIFT_4K, gap);
    event->cpu = (uint16_t)cpu;
    event->flags = TCE_EVENT_SIDE;
    event->count = count;
    event->value = e->side_count;
    side[TCE_HCALL_NPAGES] = count;
    side[TCE_HCALL_DURATION] = TCE_DURATION_UNKNOWN;
    side[TCE_HCALL_VALUE] = LOAD_LIST;
    side[TCE_HCALL_ENTRIES] = count;
    for (uint64_t i = 0; i < count; i++)
        side[TCE_HCALL_WORDS + i] = (first + (i << TCE_PAGE_SHIFT_4K)) | TCE_ACCESS_RW;
    e->side_count += TCE_HCALL_WORDS + count;
}

/* --- A network card: the first pages are rings, a buffer each of the others --- */

static uint64_t page_at(const load_events *e, uint64_t number)
{
    return number * e->stride;
}

static void post(load_events *e, uint32_t window, uint32_t queue, uint32_t slot)
{
    window_state *w = &e->windows[window];
    const uint32_t buffer = QUEUES + w->next;
    w->next = (w->next + 1) % (uint32_t)(e->pages - QUEUES);
    w->posted[queue][slot] = buffer;
    add_put(e, window, queue, page_at(e, buffer), 120 + next_random(e, 80));
}

static void set_up_nic(load_events *e, uint32_t window)
{
    for (uint32_t queue = 0; queue < QUEUES; queue++) {
        add_put(e, window, queue, page_at(e, queue), 3000);
        for (uint32_t slot = 0; slot < e->depth; slot++)
            post(e, window, queue, slot);
    }
}

static void step_nic(load_events *e)
{
    const uint32_t window = (uint32_t)next_random(e, e->shape.windows);
    const uint32_t requester = (uint32_t)next_random(e, e->shape.requesters);
    const uint32_t queue = (uint32_t)next_random(e, QUEUES), kind = (uint32_t)next_random(e, 10);
    const uint32_t bytes = kind < 3 ? 64 : kind < 8 ? 1514 : 65 + (uint32_t)next_random(e, 1449);
    window_state *w = &e->windows[window];
    const uint32_t slot = w->head[queue], buffer = w->posted[queue][slot];
    const uint64_t ring = page_at(e, queue) << TCE_PAGE_SHIFT_4K, entry = w->descriptor++ % 128 * 16;
    const bool sends = queue >= QUEUES / 2;
    add_dma(e, window, requester, ring + entry, 16, true, 60 + next_random(e, 400));
    add_dma(e, window, requester, (page_at(e, buffer) << TCE_PAGE_SHIFT_4K) + 64, bytes, sends,
            20 + next_random(e, 16));
    add_dma(e, window, requester, ring + 2048 + entry, 16, false, 40 + next_random(e, 16));
    add_clear(e, window, queue, page_at(e, buffer), 1, 200 + next_random(e, 100));
    post(e, window, queue, slot);
    w->head[queue] = (slot + 1) % e->depth;
}

/* --- A storage controller: its queues are in the first block, a command in each of the others --- */

static void set_up_nvme(load_events *e, uint32_t window)
{
    add_list(e, window, 0, 0, 2, 3000);
}

static void begin_command(load_events *e)
{
    const uint32_t window = (uint32_t)next_random(e, e->shape.windows);
    window_state *w = &e->windows[window];
    const uint32_t blocks = (uint32_t)(e->pages / COMMAND_PAGES_MAX) - 1;
    const command c = {
        .window = window,
        .requester = (uint32_t)next_random(e, e->shape.requesters),
        .block = 1 + w->next,
        .pages = 1u << next_random(e, 6),
        .cpu = (uint32_t)next_random(e, 2),
        .reads_memory = next_random(e, 10) >= 7,
    };
    w->next = (w->next + 1) % blocks;
    if (c.pages == 1)
        add_put(e, window, c.cpu, page_at(e, c.block), 500 + next_random(e, 500));
    else
        add_list(e, window, c.cpu, page_at(e, c.block), c.pages, 500 + next_random(e, 500));
    add_dma(e, window, c.requester, w->descriptor++ % 64 * 64, 64, true, 800 + next_random(e, 200));
    e->flying[e->flying_count++] = c;
}

static void step_nvme(load_events *e)
{
    if (e->flying_count == 0 || (e->flying_count < FLYING_MAX && next_random(e, 8) == 0)) {
        begin_command(e);
        return;
    }
    const uint32_t index = (uint32_t)next_random(e, e->flying_count);
    command *c = &e->flying[index];
    const uint64_t page = page_at(e, c->block);
    add_dma(e, c->window, c->requester, (page + c->done) << TCE_PAGE_SHIFT_4K, 4096, c->reads_memory,
            500 + next_random(e, 64));
    if (++c->done < c->pages)
        return;
    add_dma(e, c->window, c->requester, 4096 + next_random(e, 256) * 16, 16, false, 100);
    add_clear(e, c->window, c->cpu, page, c->pages, 2000 + next_random(e, 500));
    *c = e->flying[--e->flying_count];
}

/* --- Batches --- */

/* What the last batch did not have is the beginning of the next one. */
static void drop_given(load_events *e)
{
    size_t side_count = 0;
    const size_t rest = e->count - e->given;
    memmove(e->events, e->events + e->given, rest * sizeof *e->events);
    memmove(e->times, e->times + e->given, rest * sizeof *e->times);
    for (size_t i = 0; i < rest; i++) {
        tce_event *event = &e->events[i];
        const size_t words = (size_t)tce_event_side_words(event, e->side, e->side_count);
        if (words == 0)
            continue;
        memmove(e->side + side_count, e->side + event->value, words * sizeof *e->side);
        event->value = side_count;
        side_count += words;
    }
    e->count = rest;
    e->side_count = side_count;
}

tce_batch load_events_next(load_events *e, size_t most)
{
    const bool nic = e->shape.kind == LOAD_NIC;
    drop_given(e);
    e->given = most < BATCH_MAX ? most : BATCH_MAX;
    while (e->count < e->given) {
        if (e->set_up == e->shape.windows)
            nic ? step_nic(e) : step_nvme(e);
        else
            nic ? set_up_nic(e, e->set_up++) : set_up_nvme(e, e->set_up++);
    }
    return (tce_batch){.events = e->events, .times = e->times, .count = e->given, .side = e->side,
                       .side_count = e->side_count, .streams = e->streams, .stream_count = e->stream_count};
}
