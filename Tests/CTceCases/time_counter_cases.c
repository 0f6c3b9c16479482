/* SPDX-License-Identifier: Apache-2.0 */
/* time_stats.c and what counts for it: use of links, tags and slots, in numbers that a reader can follow. */
#include "time_case.h"

/* What a PHB counted in a run of accesses, each in its microsecond (a cycle). */
static tce_time_phb_stats counted(tce_machine *m, const tce_time_config *config, const tce_event *events,
                                  const uint64_t *times, size_t count)
{
    tce_time_phb_stats stats = {.buid = UINT64_MAX};
    tce_time *t = time_run(m, config, TCE_ARRIVAL_TRACE, events, times, count, 0);
    if (t != NULL && !tce_time_phb_at(t, 0, &stats))
        stats.buid = UINT64_MAX;
    tce_time_destroy(t);
    return stats;
}

static uint64_t queued(tce_machine *m, const tce_time_config *config, const tce_event *events, const uint64_t *times,
                       size_t count)
{
    tce_time *t = time_run(m, config, TCE_ARRIVAL_TRACE, events, times, count, 0);
    const uint64_t cycles = t == NULL ? UINT64_MAX : tce_time_statistics(t).queue_cycles;
    tce_time_destroy(t);
    return cycles;
}

CASE(time_use)
{
    const tce_event events[] = {dma(BY_1, WRITE, 0, 8), dma(BY_1, READ, 0, 8), dma(BY_1, READ, 8, 8)};
    const uint64_t times[] = {0, 1000, 5000};
    const tce_time_config config = timing();
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0, 0x5003), TCE_H_SUCCESS);
    const tce_time_phb_stats s = counted(m, &config, events, times, 3);
    CHECK_EQ(s.buid, BUID);
    CHECK_EQ(s.up_cycles, 32 + 24 + 24);
    CHECK_EQ(s.down_cycles, 28 + 28);
    /* From its grant: request, way up, hit, memory, data, way down. */
    CHECK_EQ(s.tag_busy_cycles, 2 * (24 + 100 + 5 + 40 + 28 + 100));
    CHECK_EQ(s.tags_peak, 1);
    CHECK_EQ(s.tag_waits, 0);
    CHECK_EQ(s.fetch_busy_cycles, 40);
    CHECK_EQ(s.slots_peak, 1);
    CHECK_EQ(s.slot_waits, 0);
    CHECK_EQ(s.tlps, 3);
}

/* 7.5 cycles a TLP: parts of a cycle add up. */
CASE(time_use_of_parts)
{
    const tce_event events[] = {dma(BY_1, WRITE, 0, 6), dma(BY_1, WRITE, 6, 6), dma(BY_1, WRITE, 12, 6)};
    const uint64_t times[] = {0, 1000, 2000};
    tce_time_config config = timing();
    config.pcie_rate = 4;
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0, 0x5003), TCE_H_SUCCESS);
    CHECK_EQ(counted(m, &config, events, times, 1).up_cycles, 7);
    CHECK_EQ(counted(m, &config, events, times, 2).up_cycles, 15);
    CHECK_EQ(counted(m, &config, events, times, 3).up_cycles, 22);
}

CASE(time_use_at_once)
{
    const tce_event events[] = {dma(BY_1, READ, 0, 8), dma(BY_1, READ, 0x1000, 8), dma(BY_1, READ, 0x2000, 8)};
    tce_time_config config = timing();
    config.memory_latency = 400;
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, 0x5003, 3), TCE_H_SUCCESS);
    tce_time_phb_stats s = counted(m, &config, events, NULL, 3);
    CHECK_EQ(s.tags_peak, 3);
    CHECK_EQ(s.tag_waits, 0);
    CHECK_EQ(s.slots_peak, 3);
    CHECK_EQ(s.slot_waits, 0);
    config.fetch_slots = 1;
    s = counted(m, &config, events, NULL, 3);
    CHECK_EQ(s.slots_peak, 1);
    CHECK_EQ(s.slot_waits, 2);
    config.fetch_slots = 2;
    s = counted(m, &config, events, NULL, 3);
    CHECK_EQ(s.slots_peak, 2);
    CHECK_EQ(s.slot_waits, 1);
    config.tags_per_device = 2;
    s = counted(m, &config, events, NULL, 3);
    CHECK_EQ(s.tags_peak, 2);
    CHECK_EQ(s.tag_waits, 1);
    /* The first one ends in 24 + 100 + 400 + 400 + 28 + 100 = 1052, its tag serves in the cycle after; the third had its turn in 48. */
    CHECK_EQ(s.tag_wait_cycles, 1053 - 48);
}

/* From its start until those of its own device before it have left the link, or virtual I/O's last one is done. */
CASE(time_queue)
{
    const tce_event own[] = {dma(BY_1, WRITE, 0, 8), dma(BY_1, WRITE, 0, 600), dma(BY_1, WRITE, 0, 8)};
    const tce_event two[] = {dma(BY_1, WRITE, 0, 8), dma(BY_2, WRITE, 0, 8), dma(BY_1, WRITE, 0, 8)};
    const tce_event virtual[] = {dma(BY_VIRTUAL, WRITE, 0, 8), dma(BY_VIRTUAL, WRITE, 0, 8)};
    const uint64_t times[] = {0, 10, 2000}, vio_times[] = {0, 30};
    const tce_time_config config = timing();
    CHECK_EQ(window_at(m, VIRTUAL, 12, 0, 16), TCE_OK);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0, 0x5003), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_put_tce(m, VIRTUAL, 0, 0x5003), TCE_H_SUCCESS);
    CHECK_EQ(queued(m, &config, own, times, 1), 0);
    CHECK_EQ(queued(m, &config, own, times, 2), 32 - 10);
    CHECK_EQ(queued(m, &config, own, times, 3), 32 - 10);
    /* The link is another stage. */
    CHECK_EQ(queued(m, &config, two, times, 2), 0);
    CHECK_EQ(queued(m, &config, virtual, vio_times, 2), 40 + 40 + 4 - 30);
}

/* --- What calls wrote before the part that is timed --- */

/* The cycles of one H_STUFF_TCE of one TCE, one at least, after others that took no time. */
static uint64_t first_touches(tce_machine *m, const tce_event *before, size_t count, uint64_t ioba)
{
    const tce_event after = map(BY_VIRTUAL, ioba, 0, 1);
    tce_batch batch = {.events = before, .count = count, .streams = time_streams, .stream_count = STREAMS};
    tce_counters counters;
    tce_run_options options = {.state_only = true};
    tce_time_config config = timing();
    config.hcall_first_touch = 7000000;
    memset(&counters, 0, sizeof counters);
    if (tce_time_create(&config, TCE_ARRIVAL_TRACE, 1000, &options.time) != TCE_OK)
        return UINT64_MAX;
    bool right = tce_run(m, &batch, &counters, &options, NULL) == TCE_OK;
    options.state_only = false;
    batch.events = &after;
    batch.count = 1;
    right = right && tce_run(m, &batch, &counters, &options, NULL) == TCE_OK && tce_time_finish(options.time) == TCE_OK;
    const uint64_t cycles = tce_time_statistics(options.time).call_cycles;
    tce_time_destroy(options.time);
    return right ? cycles : UINT64_MAX;
}

/* 64 KiB of a table are 8,192 TCEs. */
CASE(time_first_touch_before)
{
    const uint64_t second = UINT64_C(8192) << 12;
    const tce_event below[] = {map(BY_VIRTUAL, second - 0x3000, 0, 3)};
    const tce_event across[] = {map(BY_VIRTUAL, second - 0x3000, 0, 4)};
    const tce_event refused[] = {map(BY_VIRTUAL, 2 * second, 0, 1)};
    CHECK_EQ(window_at(m, VIRTUAL, 12, 0, 16384), TCE_OK);
    CHECK_EQ(first_touches(m, NULL, 0, 0), 7);
    CHECK_EQ(first_touches(m, refused, 1, 0), 7);
    CHECK_EQ(first_touches(m, below, 1, 0), 1);
    CHECK_EQ(first_touches(m, below, 1, second), 7);
    CHECK_EQ(first_touches(m, across, 1, 0), 1);
    CHECK_EQ(first_touches(m, across, 1, second), 1);
}

/* --- Events that are none --- */

CASE(time_bad_events)
{
    const tce_event stream = {.kind = TCE_EVENT_PUT, .stream = STREAMS, .value = 0x5003};
    const tce_event side = {.kind = TCE_EVENT_INDIRECT, .flags = TCE_EVENT_SIDE, .value = 7, .count = 1};
    const tce_event list = {.kind = TCE_EVENT_INDIRECT, .count = 1};
    const tce_event *events[] = {&stream, &side, &list};
    const tce_time_config config = timing();
    for (size_t i = 0; i < 3; i++) {
        const tce_batch batch = {.events = events[i], .count = 1, .streams = time_streams, .stream_count = STREAMS};
        tce_counters counters;
        tce_run_options options = {.time = NULL};
        memset(&counters, 0, sizeof counters);
        CHECK_EQ(tce_time_create(&config, TCE_ARRIVAL_TRACE, 1000, &options.time), TCE_OK);
        const tce_err err = tce_run(m, &batch, &counters, &options, NULL);
        tce_time_destroy(options.time);
        CHECK_EQ(err, TCE_ERR_EVENT);
    }
}
