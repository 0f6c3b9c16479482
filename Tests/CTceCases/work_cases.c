/* SPDX-License-Identifier: Apache-2.0 */
/* run.c, run_calls.c, run_work.c: secure guests, EEH and the bounded work of a batch. */
#include "secure.h"

#include <string.h>

#include "tce_run.h"

#define READ (TCE_EVENT_READ | TCE_EVENT_LENGTH)
#define WRITE (TCE_EVENT_WRITE | TCE_EVENT_LENGTH)
#define PAGE UINT64_C(0x1000000)

/* Runs events with a budget (NULL: none); streams[0] is the default window, streams[1] its PHB. */
static tce_err run(tce_machine *m, const tce_event *events, size_t count, const uint64_t *side, size_t side_count,
                   uint64_t *work, tce_counters *counters, tce_result *results)
{
    const tce_stream streams[] = {{LIOBN, 0, TCE_REQUESTER_UNKNOWN, 0},
                                  {TCE_LIOBN_UNKNOWN, BUID, 0x18, 0}};
    const tce_batch batch = {.events = events, .count = count, .side = side, .side_count = side_count,
                             .streams = streams, .stream_count = 2};
    tce_run_options options = {.work = work, .results = results};
    tce_counters none;
    memset(&none, 0, sizeof none);
    return tce_run(m, &batch, counters == NULL ? &none : counters, &options, NULL);
}

/* What an event takes from the budget: one page less is not enough, and then nothing was done. */
static bool costs(tce_machine *m, tce_event event, const uint64_t *side, size_t side_count, uint64_t pages)
{
    uint64_t work = pages - 1;
    if (pages != 0 && run(m, &event, 1, side, side_count, &work, NULL, NULL) != TCE_ERR_WORK)
        return false;
    if (pages != 0 && work != pages - 1)
        return false;
    work = pages;
    return run(m, &event, 1, side, side_count, &work, NULL, NULL) == TCE_OK && work == TCE_RUN_WORK_PER_EVENT;
}

CASE(work_of_dma)
{
    tce_event event = {.kind = TCE_EVENT_DMA, .flags = READ, .address = 0x800, .count = 0x800};
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, 0x5003, TCES), TCE_H_SUCCESS);
    CHECK(costs(m, event, NULL, 0, 0));
    event.count = 0x1801;
    CHECK(costs(m, event, NULL, 0, 1));
    event.count = 0x2000;
    CHECK(costs(m, event, NULL, 0, 2));
    event.count = 16 << 20;
    CHECK(costs(m, event, NULL, 0, 4096));
    /* No more than the window has; outside of it nothing is walked. */
    event.address = LAST_PAGE;
    CHECK(costs(m, event, NULL, 0, 1));
    event.address = WINDOW_END;
    CHECK(costs(m, event, NULL, 0, 0));
    const uint64_t side[] = {UINT64_MAX, 0, 0, 0};
    const tce_event endless = {.kind = TCE_EVENT_DMA, .flags = READ | TCE_EVENT_SIDE, .address = 0x1000};
    CHECK(costs(m, endless, side, 4, TCES - 1));
}

/* A secure guest's frames are touched, also those of one I/O page and where nothing is translated. */
CASE(work_of_dma_in_frames)
{
    const uint64_t side[] = {UINT64_C(1) << 26, 0, 0, 0};
    const tce_event event = {.kind = TCE_EVENT_DMA, .flags = READ | TCE_EVENT_SIDE};
    CHECK_EQ(tce_window_remove(m, LIOBN), TCE_OK);
    const tce_window_config huge = {(uint32_t)LIOBN, 34, 0, 16, BUID};
    CHECK_EQ(tce_window_create(m, &huge), TCE_OK);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0, 3), TCE_H_SUCCESS);
    CHECK(costs(m, event, side, 4, 0));
    CHECK(make_secure(m));
    CHECK(costs(m, event, side, 4, 1024));
    CHECK_EQ(counted(m).page_outs, 1024);
    CHECK_EQ(tce_window_set_bypass(m, LIOBN, true), TCE_OK);
    CHECK(costs(m, event, side, 4, 1024));
}

/* Nothing is translated: an access of any length is one step. */
CASE(work_of_bypass)
{
    tce_config config = tce_config_pseries();
    tce_machine *all;
    config.memory_bytes = TCE_MEMORY_UNKNOWN;
    config.phb_count = 0;
    CHECK_EQ(tce_machine_create(&config, &all), TCE_OK);
    const uint64_t side[] = {(UINT64_C(1) << 52) - 8, 0, 0, 0};
    const tce_event event = {.kind = TCE_EVENT_DMA, .flags = READ | TCE_EVENT_SIDE, .address = 8};
    tce_counters counters;
    tce_result result;
    memset(&counters, 0, sizeof counters);
    bool right = window_at(all, LIOBN, 12, 0, UINT64_C(1) << 40) == TCE_OK &&
                 tce_window_set_bypass(all, LIOBN, true) == TCE_OK && costs(all, event, side, 4, 0) &&
                 run(all, &event, 1, side, 4, NULL, &counters, &result) == TCE_OK;
    tce_machine_destroy(all);
    CHECK(right);
    CHECK_EQ(result.status, TCE_FAULT_NONE);
    CHECK_EQ(result.value, 8);
    CHECK_EQ(counters.translations, 0);
}

CASE(work_of_stuff)
{
    tce_event event = {.kind = TCE_EVENT_STUFF, .value = 3, .count = 512};
    CHECK(costs(m, event, NULL, 0, 0));
    event.count = 513;
    CHECK(costs(m, event, NULL, 0, 513));
    event.count = (uint32_t)TCES;
    CHECK(costs(m, event, NULL, 0, TCES));
    event.address = LAST_PAGE;
    CHECK(costs(m, event, NULL, 0, 1));
    /* Refused before anything is written. */
    event.address = WINDOW_END;
    CHECK(costs(m, event, NULL, 0, 0));
    event.address = 0;
    event.count = (uint32_t)TCES + 1;
    CHECK(costs(m, event, NULL, 0, 0));
    /* Clearing what was written, 8 at a time. */
    event.value = 0;
    event.count = (uint32_t)TCES;
    CHECK(costs(m, event, NULL, 0, (TCES >> 18) + (TCES >> 3)));
    CHECK(holds(m, LIOBN, LAST_PAGE, 0));
    CHECK_EQ(tce_machine_reset(m), TCE_OK);
    CHECK(costs(m, event, NULL, 0, 1));
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x1000, 3), TCE_H_SUCCESS);
    CHECK(costs(m, event, NULL, 0, 1 + (512 >> 3)));
}

CASE(work_of_ultracalls)
{
    const tce_event event = {.kind = TCE_EVENT_ULTRACALL, .flags = TCE_EVENT_SIDE, .address = TCE_UV_SHARE_PAGE};
    uint64_t side[] = {2, 0, 0x100, 0x400};
    CHECK(costs(m, event, side, 4, 0));         /* not secure: refused */
    tce_counters counters;
    memset(&counters, 0, sizeof counters);
    CHECK_EQ(run(m, &event, 1, side, 4, NULL, &counters, NULL), TCE_OK);
    CHECK_EQ(counters.ultracalls, 1);
    CHECK_EQ(counters.ultracall_errors, 1);
    CHECK(make_secure(m));
    CHECK(costs(m, event, side, 4, 0x400));
    CHECK_EQ(counted(m).shared_pages, 0x400);
    tce_event other = event;
    other.address = TCE_UV_UNSHARE_PAGE;
    CHECK(costs(m, other, side, 4, 0x400));
    other.address = TCE_UV_UNSHARE_ALL_PAGES;
    CHECK(costs(m, other, side, 4, 4096 >> 4));
    /* Refused: not all of them are memory. */
    side[3] = MEMORY_END >> 16;
    CHECK(costs(m, event, side, 4, 0));
    side[3] = UINT64_MAX;
    CHECK(costs(m, event, side, 4, 0));
    side[2] = UINT64_MAX;
    CHECK(costs(m, other, side, 4, 4096 >> 4));
    CHECK(tce_memory_store64(m, PAGE, SECRET));
    other.address = TCE_UV_SVM_TERMINATE;
    CHECK(costs(m, other, side, 4, 4096 + 4));
    CHECK(costs(m, other, side, 4, 0));
}

CASE(work_of_reset)
{
    const tce_event event = {.kind = TCE_EVENT_RESET};
    /* A PHB's two LIOBNs, each 256. */
    CHECK(costs(m, event, NULL, 0, 512));
    CHECK_EQ(window_at(m, 5, 12, 0, 16), TCE_OK);
    CHECK(costs(m, event, NULL, 0, 768));
    CHECK(make_secure(m));
    CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, 0, 1), TCE_U_SUCCESS);
    CHECK(costs(m, event, NULL, 0, 768 + 4096));
    CHECK_EQ(tce_machine_svm_state(m), TCE_SVM_NORMAL);
}

/* The budget grows with each event, not with each batch. */
CASE(work_grows)
{
    tce_event events[4] = {{.kind = TCE_EVENT_GET}, {.kind = TCE_EVENT_GET}, {.kind = TCE_EVENT_GET},
                           {.kind = TCE_EVENT_STUFF, .value = 3, .count = 3 * TCE_RUN_WORK_PER_EVENT + 600}};
    uint64_t work = 599;
    CHECK_EQ(run(m, events, 4, NULL, 0, &work, NULL, NULL), TCE_ERR_WORK);
    CHECK_EQ(work, 3 * TCE_RUN_WORK_PER_EVENT + 599);
    work = 600;
    CHECK_EQ(run(m, events, 4, NULL, 0, &work, NULL, NULL), TCE_OK);
    CHECK_EQ(work, TCE_RUN_WORK_PER_EVENT);
    work = UINT64_MAX - 1;
    CHECK_EQ(run(m, events, 3, NULL, 0, &work, NULL, NULL), TCE_OK);
    CHECK_EQ(work, UINT64_MAX);
}

/* N lists from a page that is not shared: each is a page-out, each but the first a page-in. */
CASE(run_unshared_lists)
{
    const uint64_t side[] = {2, 0, PAGE, 2, 0x5003, 0x6003};
    const tce_event event = {.kind = TCE_EVENT_INDIRECT, .flags = TCE_EVENT_SIDE, .address = 0x1000};
    CHECK(make_secure(m));
    for (uint64_t i = 0; i < 5; i++) {
        CHECK_EQ(run(m, &event, 1, side, 6, NULL, NULL, NULL), TCE_OK);
        CHECK(holds(m, LIOBN, 0x1000, ciphertext(0x5003, PAGE)));
        CHECK(holds(m, LIOBN, 0x2000, ciphertext(0x6003, PAGE + 8)));
        CHECK_EQ(counted(m).page_outs, i + 1);
        CHECK_EQ(counted(m).page_ins, i);
    }
    CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, PAGE >> 16, 1), TCE_U_SUCCESS);
    CHECK_EQ(run(m, &event, 1, side, 6, NULL, NULL, NULL), TCE_OK);
    CHECK(holds(m, LIOBN, 0x2000, 0x6003));
    CHECK_EQ(counted(m).page_outs, 5);
    /* No entries: not read; refused before it is read: only written. */
    const uint64_t none[] = {0, 0, PAGE + FRAME, 0};
    CHECK_EQ(run(m, &event, 1, none, 4, NULL, NULL, NULL), TCE_OK);
    CHECK_EQ(state_at(m, PAGE + FRAME), TCE_FRAME_SECURE_IN);
    const uint64_t askew[] = {1, 0, PAGE + FRAME + 8, 1, 7};
    CHECK_EQ(run(m, &event, 1, askew, 5, NULL, NULL, NULL), TCE_OK);
    CHECK_EQ(tce_memory_load64(m, PAGE + FRAME + 8), 7);
    CHECK_EQ(counted(m).page_outs, 5);
}

/* A list on which memory ends is written as far as there is memory. */
CASE(run_list_at_the_end)
{
    const uint64_t side[] = {2, 0, PAGE, 2, UINT64_MAX, UINT64_MAX};
    const tce_event event = {.kind = TCE_EVENT_INDIRECT, .flags = TCE_EVENT_SIDE, .address = 0x1000};
    CHECK_EQ(tce_machine_set_memory_bytes(m, PAGE + 4), TCE_OK);
    CHECK(make_secure(m));
    CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, PAGE >> 16, 1), TCE_U_SUCCESS);
    CHECK_EQ(run(m, &event, 1, side, 6, NULL, NULL, NULL), TCE_OK);
    CHECK(holds(m, LIOBN, 0x1000, UINT64_C(0xFFFFFFFF) << 32));
    CHECK(holds(m, LIOBN, 0x2000, 0));
    const uint64_t beyond[] = {1, 0, PAGE + FRAME, 1, UINT64_MAX};
    CHECK_EQ(run(m, &event, 1, beyond, 5, NULL, NULL, NULL), TCE_OK);
    CHECK(holds(m, LIOBN, 0x1000, 0));
}

/* Which accesses of a trace touch and damage: a trace has no bytes, only their number, and perhaps not that. */
CASE(run_dma_touches)
{
    tce_event event = {.kind = TCE_EVENT_DMA, .flags = READ};
    tce_counters counters;
    tce_result result;
    memset(&counters, 0, sizeof counters);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0, PAGE | 3), TCE_H_SUCCESS);
    CHECK(make_secure(m));
    CHECK_EQ(run(m, &event, 1, NULL, 0, NULL, &counters, &result), TCE_OK);     /* 0 bytes */
    CHECK_EQ(result.status, TCE_FAULT_NONE);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SECURE_IN);
    event.flags = 0;                                                            /* unknown: one at least */
    CHECK_EQ(run(m, &event, 1, NULL, 0, NULL, &counters, &result), TCE_OK);
    CHECK_EQ(result.status, TCE_FAULT_NOT_SHARED);
    CHECK_EQ(result.value, PAGE);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SECURE_OUT);
    CHECK_EQ(counted(m).damaged_pages, 0);
    event = (tce_event){.kind = TCE_EVENT_DMA, .flags = READ, .count = 8};
    CHECK_EQ(run(m, &event, 1, NULL, 0, NULL, &counters, &result), TCE_OK);
    CHECK_EQ(counted(m).damaged_pages, 0);
    event.flags = READ | WRITE;                                                 /* an atomic writes, too */
    CHECK_EQ(run(m, &event, 1, NULL, 0, NULL, &counters, &result), TCE_OK);
    CHECK_EQ(counted(m).damaged_pages, 1);
    event.flags = WRITE;
    CHECK_EQ(run(m, &event, 1, NULL, 0, NULL, &counters, &result), TCE_OK);
    CHECK_EQ(counted(m).damaged_pages, 1);
    CHECK_EQ(counted(m).page_outs, 1);
    CHECK_EQ(counters.faults[TCE_FAULT_NOT_SHARED], 4);
    /* What a trace wrote is not known: the rest of the frame is still its ciphertext. */
    CHECK_EQ(host_load(m, PAGE), ciphertext(0, PAGE));
    CHECK_EQ(tce_memory_load64(m, PAGE), 0);
    CHECK_EQ(counted(m).lost_pages, 1);
}

/* EEH in a batch: by LIOBN or by PHB, dropped ones counted, thawed by an event; also for the state alone. */
CASE(run_eeh)
{
    tce_config config = tce_config_pseries();
    tce_machine *e;
    config.eeh = true;
    CHECK_EQ(tce_machine_create(&config, &e), TCE_OK);
    const tce_event events[] = {
        {.kind = TCE_EVENT_PUT, .address = 0x1000, .value = 0x5003},
        {.kind = TCE_EVENT_DMA, .flags = READ, .address = 0x1000, .count = 8},
        {.kind = TCE_EVENT_DMA, .address = WINDOW_END, .stream = 1},            /* unknown length: no window */
        {.kind = TCE_EVENT_DMA, .flags = READ, .address = 0x1000, .count = 8},
        {.kind = TCE_EVENT_DMA, .flags = READ, .address = 0x1000, .count = 8, .stream = 1},
        {.kind = TCE_EVENT_DMA, .address = WINDOW_END, .stream = 1},
        {.kind = TCE_EVENT_THAW, .address = BUID},
        {.kind = TCE_EVENT_DMA, .flags = WRITE, .address = 0x1000, .count = 8},
        {.kind = TCE_EVENT_THAW, .address = BUID + 1},
    };
    tce_counters counters;
    memset(&counters, 0, sizeof counters);
    bool right = run(e, events, 9, NULL, 0, NULL, &counters, NULL) == TCE_OK && !tce_pe_frozen(e, BUID);
    tce_run_options quiet = {.state_only = true};
    const tce_stream streams[] = {{LIOBN, 0, TCE_REQUESTER_UNKNOWN, 0}, {TCE_LIOBN_UNKNOWN, BUID, 0x18, 0}};
    const tce_batch batch = {.events = events, .count = 3, .streams = streams, .stream_count = 2};
    right = right && tce_run(e, &batch, NULL, &quiet, NULL) == TCE_OK && tce_pe_frozen(e, BUID);
    tce_machine_destroy(e);
    CHECK(right);
    CHECK_EQ(counters.transactions, 6);
    CHECK_EQ(counters.translations, 2);
    CHECK_EQ(counters.faults[TCE_FAULT_NONE], 2);
    CHECK_EQ(counters.faults[TCE_FAULT_NO_WINDOW], 1);
    CHECK_EQ(counters.faults[TCE_FAULT_PE_FROZEN], 3);
    CHECK_EQ(counters.refused, 1);
}
