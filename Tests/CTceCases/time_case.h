/* SPDX-License-Identifier: Apache-2.0 */
/* What the cases of the time model are written with: parameters in round numbers, and a run of events under a model. */
#ifndef CTCE_TIME_CASE_H
#define CTCE_TIME_CASE_H

#include "case.h"

#include <string.h>

#include "tce_run.h"
#include "tce_time_stats.h"

#define READ (TCE_EVENT_READ | TCE_EVENT_LENGTH)
#define WRITE (TCE_EVENT_WRITE | TCE_EVENT_LENGTH)
#define NOBODY UINT64_C(0x666)      /* an LIOBN that nothing has */
#define VIRTUAL UINT64_C(0x71000000)

/* What is not given costs nothing. One byte a cycle on a link; 1 MHz, so that a stamp in us is one in cycles. */
static inline tce_time_config timing(void)
{
    return (tce_time_config){
        .clock_mhz = 1,
        .exit_to_user = TCE_EXIT_NEVER,
        .pcie_rate = 1,
        .pcie_latency = 100,
        .write_overhead = 24,
        .read_overhead = 24,
        .completion_overhead = 20,
        .max_payload = 256,
        .max_read_request = 512,
        .tags_per_device = 8,
        .lookup_interval = 1,
        .cache_entries = 8,
        .cache_ways = 2,
        .tces_per_line = 1,
        .hit_cycles = 5,
        .fetch_slots = 4,
        .walk_levels = 1,
        .memory_latency = 40,
        .vio_copy = 500000,
        .assumed_bytes = 64,
        .events_under_way = 65536,
    };
}

/* Streams of every run: the default window by requester 1 and 2, and by nobody; virtual I/O; nothing; the PHB. */
enum { BY_1, BY_2, BY_LIOBN, BY_VIRTUAL, BY_NOBODY, BY_PHB, STREAMS };

static const tce_stream time_streams[STREAMS] = {
    {LIOBN, BUID, 1, 0},
    {LIOBN, BUID, 2, 0},
    {LIOBN, 0, TCE_REQUESTER_UNKNOWN, 0},
    {VIRTUAL, 0, TCE_REQUESTER_UNKNOWN, 0},
    {NOBODY, 0, TCE_REQUESTER_UNKNOWN, 0},
    {TCE_LIOBN_UNKNOWN, BUID, TCE_REQUESTER_UNKNOWN, 0},
};

/* Runs events to their end; times in us. NULL: that failed. */
static inline tce_time *time_run(tce_machine *m, const tce_time_config *config, tce_arrival arrival,
                                 const tce_event *events, const uint64_t *times, size_t count, uint64_t interval)
{
    const tce_batch batch = {
        .events = events, .times = times, .count = count, .streams = time_streams, .stream_count = STREAMS};
    tce_counters counters;
    tce_run_options options = {.time = NULL};
    memset(&counters, 0, sizeof counters);
    if (tce_time_create(config, arrival, 1000, &options.time) != TCE_OK)
        return NULL;
    tce_time_keep_records(options.time, true);
    if (tce_time_set_interval(options.time, interval) == TCE_OK &&
        tce_run(m, &batch, &counters, &options, NULL) == TCE_OK && tce_time_finish(options.time) == TCE_OK)
        return options.time;
    tce_time_destroy(options.time);
    return NULL;
}

/* The record of an event, taken with all others; event UINT64_MAX: it has none. */
static inline tce_time_record time_record(tce_time *t, uint64_t event)
{
    tce_time_record record, found = {.event = UINT64_MAX};
    while (tce_time_take_records(t, &record, 1) == 1) {
        if (record.event == event)
            found = record;
    }
    return found;
}

static inline tce_event dma(uint32_t stream, uint8_t flags, uint64_t ioba, uint32_t bytes)
{
    return (tce_event){.kind = TCE_EVENT_DMA, .flags = flags, .cpu = TCE_CPU_UNKNOWN, .stream = stream,
                       .address = ioba, .count = bytes};
}

static inline tce_event map(uint32_t stream, uint64_t ioba, uint64_t tce, uint32_t count)
{
    return (tce_event){
        .kind = TCE_EVENT_STUFF, .cpu = 0, .stream = stream, .address = ioba, .value = tce, .count = count};
}

#endif
