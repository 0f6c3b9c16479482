/* SPDX-License-Identifier: Apache-2.0 */
/* time_stats.c, time_groups.c, time_intervals.c: the catalogue, bins, and the laws between what is counted. */
#include "secure.h"
#include "time_case.h"

#include <stdlib.h>

CASE(time_bins)
{
    CHECK_EQ(tce_bin_least(0), 0);
    for (uint32_t bin = 0; bin < TCE_BIN_COUNT; bin++) {
        const uint64_t least = tce_bin_least(bin), most = tce_bin_most(bin);
        CHECK_EQ(tce_bin_of(least), bin);
        CHECK_EQ(tce_bin_of(most), bin);
        CHECK(most - least <= least / 128);
        if (bin < 256)
            CHECK_EQ(least, bin);
        if (bin + 1 < TCE_BIN_COUNT)
            CHECK_EQ(tce_bin_least(bin + 1), most + 1);
        else
            CHECK_EQ(most, UINT64_MAX);
    }
}

CASE(time_catalogue)
{
    const uint32_t fields[] = {sizeof(tce_time_stats) / 8, offsetof(tce_time_phb_stats, buid) / 8,
                               offsetof(tce_time_group, buid) / 8, offsetof(tce_time_calls, parts) / 8,
                               sizeof(tce_time_interval) / 8, TCE_TIME_CALL_KIND_COUNT, TCE_TIME_PART_COUNT,
                               TCE_TIME_STAGE_COUNT};
    for (tce_time_catalogue catalogue = 0; catalogue < 8; catalogue++) {
        uint32_t count = 0;
        for (const tce_time_counter *one; (one = tce_time_counter_at(catalogue, count)) != NULL; count++) {
            CHECK(one->key[0] != '\0' && one->unit[0] != '\0' && one->text[0] != '\0');
            for (uint32_t before = 0; before < count; before++)
                CHECK(strcmp(tce_time_counter_at(catalogue, before)->key, one->key) != 0);
        }
        CHECK_EQ(count, fields[catalogue]);
    }
    CHECK(tce_time_counter_at(8, 0) == NULL);
    CHECK(tce_time_counter_at(TCE_CATALOGUE_STAGES, TCE_STAGE_LINK_WAIT)->waits);
    CHECK(!tce_time_counter_at(TCE_CATALOGUE_STAGES, TCE_STAGE_LINK)->waits);
}

/* Parts of a cost add up to it, before it is rounded half up; a call takes a cycle at least. */
CASE(time_parts)
{
    tce_time_config config = timing();
    const tce_event event = map(BY_1, 0, 3, 3);
    for (uint64_t each = 0; each <= 2000000; each += 166667) {
        config.hcall_stuff_entry = each;
        config.hcall_first_touch = 250000;
        tce_time *t = time_run(m, &config, TCE_ARRIVAL_TRACE, &event, NULL, 1, 0);
        CHECK(t != NULL);
        const tce_time_calls calls = tce_time_calls_of(t, TCE_TIME_STUFF);
        tce_time_destroy(t);
        uint64_t sum = 0;
        for (uint32_t i = 0; i < TCE_TIME_PART_COUNT; i++)
            sum += calls.parts[i] * 1000000 + calls.millionths[i];
        CHECK_EQ(sum, 3 * each + 250000);
        CHECK_EQ(calls.cycles, sum < 1500000 ? 1 : (sum + 500000) / 1000000);
        CHECK_EQ(calls.calls, 1);
    }
    CHECK_EQ(tce_time_calls_of(NULL, TCE_TIME_CALL_KIND_COUNT).calls, 0);
}

enum { EVENTS = 600 };

/* Calls and accesses of all sorts, half of which fault. */
static void draw(tce_event *events, uint64_t *times)
{
    uint64_t state = 1;
    for (size_t i = 0; i < EVENTS; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        const uint64_t drawn = state >> 33, page = drawn % 12 * 0x1000;
        const uint8_t flags[] = {READ, WRITE, READ | WRITE, TCE_EVENT_READ, TCE_EVENT_LENGTH, 0};
        const uint8_t flag = flags[drawn / 12 % 6];
        times[i] = i * 20;
        if (drawn % 5 == 0)
            events[i] = map(BY_1, page, drawn % 10 == 0 ? 0 : 0x5000 | (drawn & 3), 1 + drawn % 3);
        else
            events[i] = dma((uint32_t)(drawn / 7 % STREAMS), flag, page + drawn % 4096,
                            flag & TCE_EVENT_LENGTH ? drawn / 100 % 3000 : 0);
    }
}

/* The laws of tce_time_stats.h, on a run that has come to its end. */
static bool obeys(const tce_time *t, uint64_t *bins)
{
    const tce_time_stats s = tce_time_statistics(t);
    tce_time_group sum = {.transactions = 0}, g;
    tce_time_phb_stats phb, phbs = {.tlps = 0};
    tce_time_interval v, intervals = {.calls = 0};
    uint64_t stages = 0, calls = 0, cycles = 0, latency = 0, faults = 0;
    bool right = s.hits + s.misses + s.joined == s.lookups && s.fills <= s.misses && s.evictions <= s.fills;
    for (uint32_t i = 0; tce_time_group_at(t, i, &g, bins); i++) {
        uint64_t counted = 0;
        for (uint32_t bin = 0; bin < TCE_BIN_COUNT; bin++) {
            counted += bins[bin];
            right = right && (bins[bin] == 0 || (bin >= tce_bin_of(g.least) && bin <= tce_bin_of(g.most)));
        }
        right = right && counted == g.transactions && bins[tce_bin_of(g.least)] != 0 && g.sum_high == 0;
        sum.transactions += g.transactions;
        sum.tlps += g.tlps;
        sum.wait_cycles += g.wait_cycles;
        sum.overtaken += g.overtaken;
        latency += g.sum_low;
        faults += g.fault == TCE_FAULT_NONE ? 0 : g.transactions;
    }
    for (uint32_t i = 0; tce_time_phb_at(t, i, &phb); i++) {
        phbs.tlps += phb.tlps;
        phbs.lookups += phb.lookups;
    }
    for (tce_time_stage stage = 0; stage <= TCE_TIME_STAGE_COUNT; stage++)
        stages += tce_time_stage_cycles(t, stage);
    for (tce_time_call_kind kind = 0; kind < TCE_TIME_CALL_KIND_COUNT; kind++) {
        calls += tce_time_calls_of(t, kind).calls;
        cycles += tce_time_calls_of(t, kind).cycles;
    }
    for (size_t i = 0; tce_time_interval_at(t, i, &v); i++) {
        right = right && v.first_cycle % tce_time_interval_width(t) == 0;
        right = right && (i == 0 || v.first_cycle > intervals.first_cycle);
        intervals.first_cycle = v.first_cycle;
        intervals.transactions += v.transactions;
        intervals.latency_cycles += v.latency_cycles;
        intervals.calls += v.calls;
        intervals.faults += v.faults;
        intervals.call_cycles += v.call_cycles;
    }
    return right && stages == s.tlp_cycles && sum.transactions == s.transactions && sum.tlps == s.tlps &&
           sum.wait_cycles == s.wait_cycles && sum.overtaken == s.overtaken && phbs.tlps == s.tlps &&
           phbs.lookups == s.lookups && calls == s.calls && cycles == s.call_cycles &&
           intervals.transactions == s.transactions && intervals.latency_cycles == latency &&
           intervals.faults == faults && intervals.calls == s.calls && intervals.call_cycles == s.call_cycles;
}

CASE(time_laws)
{
    static tce_event events[EVENTS];
    static uint64_t times[EVENTS], bins[TCE_BIN_COUNT];
    draw(events, times);
    CHECK_EQ(window_at(m, VIRTUAL, 12, 0, 16), TCE_OK);
    for (uint64_t i = 0; i < 32; i++) {
        tce_time_config config = timing();
        /* From here on the window is not translated. */
        if (i == 24)
            CHECK_EQ(tce_window_set_bypass(m, LIOBN, true), TCE_OK);
        config.hcall_stuff = (i & 1) * 300 * 1000000;
        config.events_under_way = i & 2 ? 5 : 65536;
        config.tags_per_device = i & 4 ? 1 : 8;
        config.passthrough = i >> 3 & 1;
        const tce_arrival arrival = i < 16 || i >= 28 ? TCE_ARRIVAL_TRACE : TCE_ARRIVAL_SATURATE;
        tce_time *t = time_run(m, &config, arrival, events, times, EVENTS, 50);
        const bool right = t != NULL && obeys(t, bins);
        tce_time_destroy(t);
        CHECK(right);
    }
}

/* A device that reaches an unshared page, counted as a fault in every place. */
CASE(time_laws_unshared)
{
    const tce_event events[] = {dma(BY_1, READ, 0, 8), dma(BY_1, READ, 0x10000, 8), dma(BY_1, WRITE, 0, 8)};
    static uint64_t bins[TCE_BIN_COUNT];
    const tce_time_config config = timing();
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0, 0x20003), TCE_H_SUCCESS);
    CHECK(make_secure(m));
    tce_time *t = time_run(m, &config, TCE_ARRIVAL_TRACE, events, NULL, 3, 1000000);
    tce_time_interval v = {.faults = 0};
    const bool right = t != NULL && obeys(t, bins) && tce_time_interval_at(t, 0, &v);
    tce_time_destroy(t);
    CHECK(right);
    CHECK_EQ(v.faults, 3);
    CHECK_EQ(v.bytes, 16);
}

/* --- Groups --- */

CASE(time_group_names)
{
    const tce_event events[] = {dma(BY_PHB, READ, 0, 8),    dma(BY_2, WRITE, 0, 8), dma(BY_LIOBN, READ, 0, 8),
                                dma(BY_NOBODY, READ, 0, 8), dma(BY_2, READ, 0, 8),  dma(BY_2, READ, 0x1000, 8),
                                dma(BY_2, TCE_EVENT_READ, 0, 0)};
    const tce_time_config config = timing();
    tce_time_group g[7];
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0, 0x5003), TCE_H_SUCCESS);
    tce_time *t = time_run(m, &config, TCE_ARRIVAL_TRACE, events, NULL, 7, 0);
    CHECK(t != NULL);
    const uint32_t count = tce_time_group_count(t);
    bool right = count == 7;
    for (uint32_t i = 0; i < 7; i++)
        right = right && tce_time_group_at(t, i, &g[i], NULL) && g[i].transactions == 1 && !g[i].others;
    right = right && !tce_time_group_at(t, 7, &g[0], NULL);
    tce_time_destroy(t);
    CHECK_EQ(count, 7);
    CHECK(right);
    const struct { uint64_t buid, liobn; uint32_t id, direction, fault; } want[] = {
        {BUID, TCE_LIOBN_UNKNOWN, TCE_REQUESTER_UNKNOWN, TCE_TIME_READ, TCE_FAULT_NONE},
        {BUID, TCE_LIOBN_UNKNOWN, 2, TCE_TIME_READ, TCE_FAULT_NONE},
        {BUID, TCE_LIOBN_UNKNOWN, 2, TCE_TIME_READ, TCE_FAULT_NO_READ},
        {BUID, TCE_LIOBN_UNKNOWN, 2, TCE_TIME_WRITE, TCE_FAULT_NONE},
        {BUID, TCE_LIOBN_UNKNOWN, 2, TCE_TIME_UNKNOWN, TCE_FAULT_NONE},
        {BUID, LIOBN, TCE_REQUESTER_UNKNOWN, TCE_TIME_READ, TCE_FAULT_NONE},
        {TCE_BUID_UNKNOWN, NOBODY, TCE_REQUESTER_UNKNOWN, TCE_TIME_READ, TCE_FAULT_NO_WINDOW},
    };
    for (uint32_t i = 0; i < 7; i++) {
        CHECK_EQ(g[i].buid, want[i].buid);
        CHECK_EQ(g[i].liobn, want[i].liobn);
        CHECK_EQ(g[i].requester, want[i].id);
        CHECK_EQ(g[i].direction, want[i].direction);
        CHECK_EQ(g[i].fault, want[i].fault);
    }
}

/* Groups of `count` requesters, one access each; *others: transactions of the group that they share. */
static uint32_t groups_of(tce_machine *m, uint32_t count, uint64_t *others)
{
    const tce_time_config config = timing();
    tce_stream *streams = calloc(count, sizeof *streams);
    tce_event *events = calloc(count, sizeof *events);
    tce_counters counters;
    tce_run_options options = {.time = NULL};
    memset(&counters, 0, sizeof counters);
    for (uint32_t i = 0; streams != NULL && events != NULL && i < count; i++) {
        streams[i] = (tce_stream){LIOBN, BUID, i, 0};
        events[i] = dma(i, READ, 0, 8);
    }
    const tce_batch batch = {.events = events, .count = count, .streams = streams, .stream_count = count};
    uint32_t groups = 0;
    *others = 0;
    if (streams != NULL && events != NULL && tce_time_create(&config, TCE_ARRIVAL_TRACE, 1, &options.time) == TCE_OK &&
        tce_run(m, &batch, &counters, &options, NULL) == TCE_OK && tce_time_finish(options.time) == TCE_OK) {
        tce_time_group g;
        groups = tce_time_group_count(options.time);
        for (uint32_t i = 0; tce_time_group_at(options.time, i, &g, NULL); i++)
            *others += g.others ? g.transactions : 0;
    }
    tce_time_destroy(options.time);
    free(streams);
    free(events);
    return groups;
}

CASE(time_many_requesters)
{
    uint64_t others;
    CHECK_EQ(groups_of(m, TCE_TIME_REQUESTERS, &others), TCE_TIME_REQUESTERS);
    CHECK_EQ(others, 0);
    CHECK_EQ(groups_of(m, TCE_TIME_REQUESTERS + 1, &others), TCE_TIME_REQUESTERS + 1);
    CHECK_EQ(others, 1);
    /* Beyond 65,536 the requesters of a PHB are one. */
    CHECK_EQ(groups_of(m, 65600, &others), TCE_TIME_REQUESTERS + 1);
    CHECK_EQ(others, 65600 - TCE_TIME_REQUESTERS);
}

/* --- Intervals --- */

/* Calls that end one in each `apart` cycles: the intervals that are kept; *width: what it has become. */
static size_t intervals_of(tce_machine *m, size_t count, uint64_t apart, uint64_t *width)
{
    tce_event *events = calloc(count, sizeof *events);
    uint64_t *times = calloc(count, sizeof *times), calls = 0;
    tce_time_config config = timing();
    for (size_t i = 0; events != NULL && times != NULL && i < count; i++) {
        events[i] = (tce_event){.kind = TCE_EVENT_GET};
        times[i] = i * apart;
    }
    tce_time *t = time_run(m, &config, TCE_ARRIVAL_TRACE, events, times, count, 1);
    free(events);
    free(times);
    tce_time_interval v;
    const size_t kept = t == NULL ? 0 : tce_time_interval_count(t);
    for (size_t i = 0; i < kept && tce_time_interval_at(t, i, &v); i++)
        calls += v.calls;
    *width = t == NULL || calls != count ? 0 : tce_time_interval_width(t);
    tce_time_destroy(t);
    return kept;
}

CASE(time_intervals)
{
    uint64_t width;
    CHECK_EQ(intervals_of(m, TCE_TIME_INTERVALS, 1, &width), TCE_TIME_INTERVALS);
    CHECK_EQ(width, 1);
    /* They end in 1...4097: [0, 1], [2, 3], ... [4096, 4097]. */
    CHECK_EQ(intervals_of(m, TCE_TIME_INTERVALS + 1, 1, &width), TCE_TIME_INTERVALS / 2 + 1);
    CHECK_EQ(width, 2);
    /* Empty ones are not kept. */
    CHECK_EQ(intervals_of(m, TCE_TIME_INTERVALS, UINT64_C(1) << 40, &width), TCE_TIME_INTERVALS);
    CHECK_EQ(width, 1);
    CHECK_EQ(intervals_of(m, TCE_TIME_INTERVALS + 1, UINT64_C(1) << 40, &width), TCE_TIME_INTERVALS / 2 + 1);
    CHECK_EQ(width, UINT64_C(1) << 41);
    tce_time_config config = timing();
    tce_time *t = time_run(m, &config, TCE_ARRIVAL_TRACE, &(tce_event){.kind = TCE_EVENT_GET}, NULL, 1, 0);
    CHECK(t != NULL);
    const size_t none = tce_time_interval_count(t);
    CHECK_EQ(tce_time_set_interval(t, 10), TCE_OK);
    tce_time_interval v;
    const bool found = tce_time_interval_at(t, 0, &v);
    tce_time_destroy(t);
    CHECK_EQ(none, 0);
    CHECK(!found);
}
