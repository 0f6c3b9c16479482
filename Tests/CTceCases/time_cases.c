/* SPDX-License-Identifier: Apache-2.0 */
/* time*.c: what the time model takes, when things start and end, and numbers that a hostile trace gives. */
#include "time_case.h"

/* --- Parameters --- */

static bool is_taken(const tce_time_config *config)
{
    tce_time *t;
    const bool taken = tce_time_create(config, TCE_ARRIVAL_TRACE, 1, &t) == TCE_OK;
    tce_time_destroy(t);
    return taken;
}

static uint64_t digits(const char *text)
{
    uint64_t number = 0;
    for (; *text != '\0'; text++)
        number = number * 10 + (uint64_t)(*text - '0');
    return number;
}

static uint64_t most_of(const tce_time_param *param)
{
    uint64_t words = 0;
    for (const char *c = param->choices; *c != '\0'; c++)
        words += *c == '|';
    switch (param->kind) {
    case TCE_PARAM_CHOICE:
        return words;
    case TCE_PARAM_COST:
        return digits(param->most) * 1000000;
    case TCE_PARAM_SHARE:
        return digits(param->most) * 100;
    default:
        return digits(param->most);
    }
}

CASE(time_config_limits)
{
    tce_time_config config = timing();
    uint64_t *field = (uint64_t *)(void *)&config;
    config.cache_entries = 16777216;
    config.cache_ways = 1;
    CHECK(is_taken(&config));
    for (uint32_t i = 0; i < tce_time_param_count(); i++) {
        const uint64_t kept = field[i], most = most_of(tce_time_param_at(i));
        field[i] = most;
        CHECK(is_taken(&config));
        field[i] = most + 1;
        CHECK(!is_taken(&config));
        field[i] = UINT64_MAX;
        CHECK(!is_taken(&config));
        field[i] = kept;
    }
    CHECK(tce_time_param_at(tce_time_param_count()) == NULL);
}

CASE(time_config_sizes)
{
    const tce_time_config sound = timing();
    tce_time_config config = sound;
    uint64_t *none[] = {&config.clock_mhz,   &config.pcie_rate,       &config.max_payload, &config.max_read_request,
                        &config.cache_ways,  &config.cache_entries,   &config.fetch_slots, &config.tces_per_line,
                        &config.tags_per_device, &config.events_under_way};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        *none[i] = 0;
        CHECK(!is_taken(&config));
        config = sound;
    }
    uint64_t *powers[] = {&config.max_payload, &config.max_read_request};
    for (size_t i = 0; i < 2; i++) {
        for (uint64_t size = 1; size <= 8192; size++) {
            *powers[i] = size;
            CHECK_EQ(is_taken(&config), size >= 16 && size <= 4096 && (size & (size - 1)) == 0);
        }
        config = sound;
    }
    /* Whole sets. */
    config.cache_entries = 24;
    config.cache_ways = 3;
    config.tces_per_line = 8;
    CHECK(is_taken(&config));
    config.cache_entries = 25;
    CHECK(!is_taken(&config));
    config.cache_entries = 24;
    config.tces_per_line = 3;
    CHECK(!is_taken(&config));
    tce_time *t;
    CHECK_EQ(tce_time_create(&sound, TCE_ARRIVAL_SATURATE + 1, 1, &t), TCE_ERR_CONFIG);
    CHECK_EQ(tce_time_create(&sound, TCE_ARRIVAL_TRACE, 0, &t), TCE_ERR_CONFIG);
    CHECK(t == NULL);
    tce_time_destroy(NULL);
}

/* --- Starts and ends: [window] [bypass] [vio] --- */

/* Two writes and a third one, whose start is returned; times all 0. */
static uint64_t third_start(tce_machine *m, tce_arrival arrival, uint64_t under_way)
{
    const tce_event events[] = {dma(BY_1, WRITE, 0, 64), dma(BY_2, WRITE, 0, 64), dma(BY_LIOBN, WRITE, 0, 64)};
    const uint64_t times[] = {7, 7, 7};
    tce_time_config config = timing();
    config.events_under_way = under_way;
    tce_time *t = time_run(m, &config, arrival, events, times, 3, 0);
    const uint64_t start = t == NULL ? UINT64_MAX : time_record(t, 2).start;
    tce_time_destroy(t);
    return start;
}

CASE(time_window)
{
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0, 0x5003), TCE_H_SUCCESS);
    /* 88 bytes on the link, 100 to the port, 40 for the fetch, 40 for memory: done in 268, over from 269 on. */
    CHECK_EQ(third_start(m, TCE_ARRIVAL_TRACE, 1), 269);
    CHECK_EQ(third_start(m, TCE_ARRIVAL_TRACE, 2), 0);
    CHECK_EQ(third_start(m, TCE_ARRIVAL_SATURATE, 1), 269);
    CHECK_EQ(third_start(m, TCE_ARRIVAL_SATURATE, 2), 0);
}

/* A call in the cycle of its end; what takes no time is over at once. */
CASE(time_window_of_calls)
{
    tce_time_config config = timing();
    config.hcall_get = 50 * 1000000;
    config.events_under_way = 1;
    tce_event events[] = {{.kind = TCE_EVENT_GET, .cpu = 3}, {.kind = TCE_EVENT_OBSERVED, .cpu = 3},
                          {.kind = TCE_EVENT_GET, .cpu = 4}, {.kind = TCE_EVENT_GET, .cpu = 5}};
    for (tce_arrival arrival = TCE_ARRIVAL_TRACE; arrival <= TCE_ARRIVAL_SATURATE; arrival++) {
        const uint64_t starts[] = {0, 0, 50, 50};
        for (size_t i = 0; i < 4; i++) {
            tce_time *t = time_run(m, &config, arrival, events, NULL, 4, 0);
            CHECK(t != NULL);
            const tce_time_record record = time_record(t, i);
            tce_time_destroy(t);
            CHECK_EQ(record.event, i == 1 ? UINT64_MAX : i);
            if (i != 1)
                CHECK_EQ(record.start, starts[i]);
        }
    }
}

/* The latency of one access alone; UINT64_MAX: no record. */
static tce_time_record alone(tce_machine *m, const tce_time_config *config, tce_event event)
{
    tce_time *t = time_run(m, config, TCE_ARRIVAL_TRACE, &event, NULL, 1, 0);
    const tce_time_record none = {.event = UINT64_MAX}, record = t == NULL ? none : time_record(t, 0);
    tce_time_destroy(t);
    return record;
}

CASE(time_alone)
{
    tce_time_config config = timing();
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0, 0x5003), TCE_H_SUCCESS);
    config.tve_cycles = 3;
    CHECK_EQ(alone(m, &config, dma(BY_1, WRITE, 0, 64)).done, 88 + 100 + 3 + 40 + 40);
    CHECK_EQ(alone(m, &config, dma(BY_1, WRITE, 0, 0)).done, 24 + 100 + 3 + 40 + 40);
    CHECK_EQ(alone(m, &config, dma(BY_1, READ, 0, 64)).done, 24 + 100 + 3 + 40 + 40 + 84 + 100);
    /* Two requests; three completions, one after another on the link once the first data is there. */
    const tce_time_record two = alone(m, &config, dma(BY_1, READ, 0, 600));
    CHECK_EQ(two.tlps, 2);
    CHECK_EQ(two.done, 24 + 100 + 3 + 40 + 40 + 276 + 276 + 108 + 100);
    /* The fetch of the first TLP ends in the cycle in which the second is looked up, a hit; or the second joins it. */
    CHECK_EQ(alone(m, &config, dma(BY_1, WRITE, 0xF0, 32)).tlps, 2);
    CHECK_EQ(alone(m, &config, dma(BY_1, WRITE, 0xF0, 32)).done, 80 + 100 + 3 + 5 + 40);
    config.pcie_rate = 2;
    CHECK_EQ(alone(m, &config, dma(BY_1, WRITE, 0xF0, 32)).done, 20 + 100 + 3 + 40 + 40);
    config.pcie_rate = 1;
    CHECK_EQ(alone(m, &config, dma(BY_1, WRITE, 0x1000, 64)).done, 88 + 100 + 3 + 40);
    CHECK_EQ(alone(m, &config, dma(BY_1, WRITE, 0x1000, 64)).fault, TCE_FAULT_NO_WRITE);
    CHECK_EQ(alone(m, &config, dma(BY_1, READ, WINDOW_END, 64)).done, 24 + 100 + 3 + 20 + 100);
    /* Not translated. */
    CHECK_EQ(tce_window_set_bypass(m, LIOBN, true), TCE_OK);
    CHECK_EQ(alone(m, &config, dma(BY_1, WRITE, 0, 64)).done, 88 + 100 + 3 + 40);
    CHECK_EQ(alone(m, &config, dma(BY_1, READ, 0, 64)).done, 24 + 100 + 3 + 40 + 84 + 100);
    CHECK_EQ(alone(m, &config, dma(BY_1, WRITE, MEMORY_END, 64)).done, 88 + 100 + 3);
}

CASE(time_vio)
{
    const tce_time_config config = timing();
    CHECK_EQ(window_at(m, VIRTUAL, 12, 0, 16), TCE_OK);
    CHECK_EQ(tce_h_stuff_tce(m, VIRTUAL, 0, 0x5003, 2), TCE_H_SUCCESS);
    CHECK_EQ(alone(m, &config, dma(BY_VIRTUAL, WRITE, 0, 63)).done, 40 + 40 + 32);
    CHECK_EQ(alone(m, &config, dma(BY_VIRTUAL, WRITE, 0xFFF, 2)).done, 80 + 40 + 1);
    CHECK_EQ(alone(m, &config, dma(BY_VIRTUAL, WRITE, 0x1FFF, 2)).done, 80);
    CHECK_EQ(alone(m, &config, dma(BY_VIRTUAL, WRITE, 0x1FFF, 2)).fault, TCE_FAULT_NO_WRITE);
    CHECK_EQ(alone(m, &config, dma(BY_VIRTUAL, READ, 0x10000, 2)).done, 0);
    const tce_time_record nothing = alone(m, &config, dma(BY_NOBODY, WRITE, 0, 64));
    CHECK_EQ(nothing.fault, TCE_FAULT_NO_WINDOW);
    CHECK_EQ(nothing.done, 0);
    CHECK_EQ(nothing.tlps, 0);
    CHECK_EQ(tce_window_set_bypass(m, VIRTUAL, true), TCE_OK);
    CHECK_EQ(alone(m, &config, dma(BY_VIRTUAL, WRITE, 0, 64)).done, 40 + 32);
    CHECK_EQ(alone(m, &config, dma(BY_VIRTUAL, WRITE, 0xFFFF, 2)).done, 0);
}

/* --- What a hostile trace gives --- */

/* Stamps and costs at their limits: cycles end at 2^62, and nothing ends before it starts. */
CASE(time_largest_numbers)
{
    tce_time_config config = timing();
    const uint64_t most = UINT64_C(1000000000) * 1000000;
    config.clock_mhz = 100000;
    config.hcall_entry = config.hcall_stuff = config.hcall_stuff_entry = config.hcall_first_touch = most;
    config.passthrough = 1;
    config.passthrough_entry = config.kill_issue = config.kill_completion = most;
    config.kill_scope = TCE_KILL_PAGE;
    config.memory_latency = config.pcie_latency = config.tve_cycles = config.hit_cycles = 1000000000;
    config.walk_levels = 5;
    config.dllp_share = 9000;
    const tce_event events[] = {map(BY_1, 0, 0x5003, 512), dma(BY_1, WRITE, 0, 4096), dma(BY_2, READ, 0, 4096),
                                map(BY_1, 0, 0, 512), map(BY_1, 0, 3, (uint32_t)TCES), dma(BY_PHB, READ, 0, 64)};
    const uint64_t times[] = {0, 1, UINT64_MAX / 2, UINT64_MAX - 1, UINT64_MAX, UINT64_MAX};
    for (uint64_t i = 0; i < 6; i++) {
        tce_time *t = time_run(m, &config, TCE_ARRIVAL_TRACE, events, times, 6, 1);
        CHECK(t != NULL);
        const tce_time_calls calls = tce_time_calls_of(t, TCE_TIME_STUFF);
        const uint64_t last = tce_time_statistics(t).last_done;
        const tce_time_record record = time_record(t, i);
        tce_time_destroy(t);
        CHECK_EQ(record.event, i);
        CHECK(record.start <= record.done && record.done <= last && last < UINT64_C(1) << 63);
        CHECK_EQ(calls.calls, 3);
        CHECK_EQ(calls.parts[TCE_PART_ENTRY], 3 * UINT64_C(1000000000));
    }
}

/* A call that would end beyond 2^62 ends there; 2^60 millionths a part are the most that one costs. */
CASE(time_cycles_end)
{
    enum { CALLS = 4096 };
    static tce_event events[CALLS];
    static uint64_t times[CALLS];
    tce_time_config config = timing();
    config.hcall_stuff_entry = UINT64_C(1000000000) * 1000000;
    config.clock_mhz = 100000;
    for (size_t i = 0; i < CALLS; i++) {
        events[i] = map(BY_1, 0, 3, 4096);
        times[i] = i == 0 ? 0 : UINT64_MAX;
    }
    tce_time *t = time_run(m, &config, TCE_ARRIVAL_TRACE, events, times, CALLS, 0);
    CHECK(t != NULL);
    const uint64_t last = tce_time_statistics(t).last_done;
    tce_time_destroy(t);
    /* The stamp stops at 2^60. */
    CHECK_EQ(last, (UINT64_C(1) << 60) + (CALLS - 1) * (((UINT64_C(1) << 60) + 500000) / 1000000));
}

/* What an access pays for its TLPs and completions: one page less is not enough. */
CASE(time_work)
{
    const tce_batch batch = {.events = (tce_event[]){dma(BY_1, READ, 0, 1 << 20)}, .count = 1,
                             .streams = time_streams, .stream_count = STREAMS};
    tce_time_config config = timing();
    tce_counters counters;
    memset(&counters, 0, sizeof counters);
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, 0x5003, 512), TCE_H_SUCCESS);
    config.max_payload = 128;
    for (uint64_t request = 16; request <= 1024; request *= 2) {
        const uint64_t tlps = (1 << 20) / (request < 128 ? request : 128), pages = (1 << 20 >> 12) - 1;
        for (uint64_t less = 0; less < 2; less++) {
            uint64_t work = tlps + pages + 1 - less;
            tce_run_options options = {.work = &work};
            config.max_read_request = request;
            CHECK_EQ(tce_time_create(&config, TCE_ARRIVAL_TRACE, 1, &options.time), TCE_OK);
            const tce_err err = tce_run(m, &batch, &counters, &options, NULL);
            tce_time_destroy(options.time);
            CHECK_EQ(err, less == 0 ? TCE_OK : TCE_ERR_WORK);
        }
    }
}
