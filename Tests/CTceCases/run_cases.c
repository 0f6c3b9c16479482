/* SPDX-License-Identifier: Apache-2.0 */
/* run.c: a batch in one call. */
#include "case.h"

#include <string.h>

#include "tce_run.h"

CASE(run_counts_and_answers)
{
    const tce_stream streams[] = {{LIOBN, 0, TCE_REQUESTER_UNKNOWN, 0}, {0x1234, 0, TCE_REQUESTER_UNKNOWN, 0}};
    const tce_event events[] = {
        {.kind = TCE_EVENT_PUT, .address = 0x1000, .value = 0x5001},
        {.kind = TCE_EVENT_PUT, .address = 0x1000, .value = 0x5001, .stream = 1},
        {.kind = TCE_EVENT_GET, .address = 0x1000},
        {.kind = TCE_EVENT_DMA, .flags = TCE_EVENT_READ | TCE_EVENT_LENGTH, .address = 0x1008, .count = 8},
        {.kind = TCE_EVENT_DMA, .flags = TCE_EVENT_WRITE | TCE_EVENT_LENGTH, .address = 0x1008, .count = 8},
        {.kind = TCE_EVENT_STUFF, .address = 0x1000, .count = 1},
        {.kind = TCE_EVENT_DMA, .address = 0x1008},
    };
    const tce_batch batch = {.events = events, .count = 7, .streams = streams, .stream_count = 2};
    tce_result results[7];
    tce_run_options options = {.results = results};
    tce_counters counters;
    size_t done;
    memset(&counters, 0, sizeof counters);
    CHECK_EQ(tce_run(m, &batch, &counters, &options, &done), TCE_OK);
    CHECK_EQ(done, 7);
    CHECK_EQ(counters.events, 7);
    CHECK_EQ(counters.calls[TCE_COUNT_PUT].calls, 2);
    CHECK_EQ(counters.calls[TCE_COUNT_PUT].errors, 1);
    CHECK_EQ(counters.faults[TCE_FAULT_NONE], 1);
    CHECK_EQ(counters.faults[TCE_FAULT_NO_WRITE], 1);
    CHECK_EQ(counters.faults[TCE_FAULT_NO_READ], 1);
    CHECK_EQ(counters.unknown, 1);
    CHECK_EQ(results[1].status, TCE_H_PARAMETER);
    CHECK_EQ(results[2].value, 0x5001);
    CHECK_EQ(results[3].value, 0x5008);
    CHECK_EQ(results[4].status, TCE_FAULT_NO_WRITE);
}

CASE(run_malformed_events)
{
    const tce_stream stream = {LIOBN, 0, TCE_REQUESTER_UNKNOWN, 0};
    const uint64_t side[] = {2, 0, 0, 2, 1};
    const tce_event wrong[] = {
        {.kind = TCE_EVENT_PUT, .stream = 1},
        {.kind = 15},
        {.kind = TCE_EVENT_INDIRECT},
        {.kind = TCE_EVENT_RTAS},
        {.kind = TCE_EVENT_INDIRECT, .flags = TCE_EVENT_SIDE, .count = 2},            /* its tail is not all there */
        {.kind = TCE_EVENT_INDIRECT, .flags = TCE_EVENT_SIDE, .value = UINT64_MAX},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const tce_batch batch = {
            .events = &wrong[i], .count = 1, .side = side, .side_count = 5, .streams = &stream, .stream_count = 1};
        tce_counters counters;
        size_t done = 9;
        memset(&counters, 0, sizeof counters);
        CHECK_EQ(tce_run(m, &batch, &counters, NULL, &done), TCE_ERR_EVENT);
        CHECK_EQ(done, 0);
        CHECK_EQ(counters.events, 0);
    }
}

CASE(run_state_only)
{
    const tce_stream stream = {LIOBN, 0, TCE_REQUESTER_UNKNOWN, 0};
    const tce_event events[] = {
        {.kind = TCE_EVENT_PUT, .address = 0x1000, .value = 0x5003},
        {.kind = TCE_EVENT_DMA, .address = 0x1008},
    };
    const tce_batch batch = {.events = events, .count = 2, .streams = &stream, .stream_count = 1};
    tce_run_options options = {.state_only = true};
    tce_counters counters;
    memset(&counters, 0, sizeof counters);
    CHECK_EQ(tce_run(m, &batch, &counters, &options, NULL), TCE_OK);
    CHECK_EQ(counters.events, 0);
    CHECK_EQ(counters.transactions, 0);
    CHECK(holds(m, LIOBN, 0x1000, 0x5003));
}
