/* SPDX-License-Identifier: Apache-2.0 */
/* rtas_ddw.c: the four DDW calls (LoPAR 7.3.27, as QEMU 7.2 answers). */
#include "case.h"

#define OK TCE_RTAS_SUCCESS
#define HARDWARE TCE_RTAS_HARDWARE
#define PARAMETER TCE_RTAS_PARAMETER

static const uint32_t pe[] = {0, (uint32_t)(BUID >> 32), (uint32_t)BUID, 12, 24};

CASE(rtas_cell_counts)
{
    static const struct {
        uint32_t token, nargs, nret;
    } wrong[] = {
        {TCE_RTAS_QUERY_PE_DMA_WINDOW, 2, 5},  {TCE_RTAS_QUERY_PE_DMA_WINDOW, 4, 5},
        {TCE_RTAS_QUERY_PE_DMA_WINDOW, 3, 4},  {TCE_RTAS_QUERY_PE_DMA_WINDOW, 3, 7},
        {TCE_RTAS_CREATE_PE_DMA_WINDOW, 4, 4}, {TCE_RTAS_CREATE_PE_DMA_WINDOW, 5, 3},
        {TCE_RTAS_CREATE_PE_DMA_WINDOW, 5, 5}, {TCE_RTAS_REMOVE_PE_DMA_WINDOW, 0, 1},
        {TCE_RTAS_REMOVE_PE_DMA_WINDOW, 1, 2}, {TCE_RTAS_RESET_PE_DMA_WINDOW, 3, 2},
        {TCE_RTAS_RESET_PE_DMA_WINDOW, 4, 1},  {0x2025, 3, 1},
        {0x202A, 3, 1},                        {0, 0, 1},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint32_t rets[8] = {77, 77, 77, 77, 77, 77, 77, 77};
        tce_err err = TCE_ERR_EVENT;
        CHECK_EQ(tce_rtas_call(m, wrong[i].token, pe, wrong[i].nargs, rets, wrong[i].nret, &err), PARAMETER);
        CHECK_EQ(rets[0], UINT32_C(0xFFFFFFFD));
        CHECK_EQ(err, TCE_OK);
        for (uint32_t j = 1; j < wrong[i].nret; j++)
            CHECK_EQ(rets[j], 0);
        CHECK_EQ(rets[wrong[i].nret], 77);
    }
    CHECK_EQ(tce_window_count(m), 1);
}

CASE(rtas_cell_limits)
{
    uint32_t rets[17] = {77, 77};
    CHECK_EQ(tce_rtas_call(m, TCE_RTAS_RESET_PE_DMA_WINDOW, pe, 3, rets, 0, NULL), PARAMETER);
    CHECK_EQ(rets[0], 77);
    CHECK_EQ(tce_rtas_call(m, TCE_RTAS_RESET_PE_DMA_WINDOW, pe, UINT32_MAX, rets, 1, NULL), PARAMETER);
    CHECK_EQ(tce_rtas_call(m, TCE_RTAS_RESET_PE_DMA_WINDOW, pe, 3, rets, UINT32_MAX, NULL), PARAMETER);
    CHECK_EQ(rets[0], UINT32_C(0xFFFFFFFD));
    CHECK_EQ(rets[1], 77);
}

CASE(query_unknown_buid)
{
    uint32_t rets[6];
    const uint32_t low[] = {0, (uint32_t)(BUID >> 32), (uint32_t)BUID + 1};
    const uint32_t high[] = {0, (uint32_t)(BUID >> 32) + 1, (uint32_t)BUID};
    CHECK_EQ(tce_rtas_call(m, TCE_RTAS_QUERY_PE_DMA_WINDOW, low, 3, rets, 5, NULL), PARAMETER);
    CHECK_EQ(tce_rtas_call(m, TCE_RTAS_QUERY_PE_DMA_WINDOW, high, 3, rets, 5, NULL), PARAMETER);
    const uint32_t other_device[] = {0xFFFF00, (uint32_t)(BUID >> 32), (uint32_t)BUID};
    CHECK_EQ(tce_rtas_call(m, TCE_RTAS_QUERY_PE_DMA_WINDOW, other_device, 3, rets, 5, NULL), OK);
}

CASE(query_cells)
{
    uint32_t rets[6] = {9, 9, 9, 9, 9, 9};
    CHECK_EQ(tce_rtas_call(m, TCE_RTAS_QUERY_PE_DMA_WINDOW, pe, 3, rets, 5, NULL), OK);
    CHECK(rets[0] == 0 && rets[1] == 1 && rets[2] == 0x80000000 && rets[3] == 0x107 && rets[4] == 0 && rets[5] == 9);
    CHECK_EQ(tce_rtas_call(m, TCE_RTAS_QUERY_PE_DMA_WINDOW, pe, 3, rets, 6, NULL), OK);
    CHECK(rets[0] == 0 && rets[1] == 1 && rets[2] == 0x20 && rets[3] == 0 && rets[4] == 0x107 && rets[5] == 0);
}

CASE(query_windows_left)
{
    uint32_t rets[6];
    CHECK_EQ(ddw_create(m, 16, 30, rets), OK);
    CHECK(ddw_query(m, rets) == OK && rets[1] == 0);
    CHECK_EQ(ddw_remove(m, LIOBN_DYNAMIC), OK);
    CHECK_EQ(ddw_remove(m, LIOBN), OK);
    CHECK(ddw_query(m, rets) == OK && rets[1] == 2);
}

CASE(query_page_sizes)
{
    uint32_t rets[6];
    CHECK_EQ(tce_phb_set_ddw(m, BUID, true, UINT64_C(1) << 16 | UINT64_C(1) << 34 | UINT64_C(1) << 30), TCE_OK);
    CHECK(ddw_query(m, rets) == OK && rets[3] == 0x082);
    CHECK_EQ(ddw_create(m, 12, 24, rets), PARAMETER);
    CHECK_EQ(ddw_create(m, 30, 32, rets), OK);
}

CASE(ddw_off)
{
    uint32_t rets[6];
    CHECK_EQ(ddw_create(m, 16, 30, rets), OK);
    CHECK_EQ(tce_phb_set_ddw(m, BUID, false, 0), TCE_OK);
    CHECK_EQ(ddw_query(m, rets), PARAMETER);
    CHECK_EQ(ddw_create(m, 16, 30, rets), PARAMETER);
    CHECK_EQ(ddw_remove(m, LIOBN_DYNAMIC), PARAMETER);
    CHECK_EQ(ddw_reset(m), PARAMETER);
    CHECK_EQ(tce_window_count(m), 2);
}

CASE(create_unknown_buid)
{
    uint32_t rets[4];
    const uint32_t args[] = {0, 0, 0, 3, 99};
    CHECK_EQ(tce_rtas_call(m, TCE_RTAS_CREATE_PE_DMA_WINDOW, args, 5, rets, 4, NULL), PARAMETER);
}

CASE(create_page_shift)
{
    uint32_t rets[6];
    const uint32_t bad[] = {0, 3, 11, 13, 20, 22, 25, 30, 34, 35, 63, 64, 76, 0x10000C, UINT32_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_EQ(ddw_create(m, bad[i], UINT32_MAX, rets), PARAMETER);
    const uint32_t good[] = {12, 16, 21, 24};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        tce_window_info info;
        CHECK_EQ(ddw_create(m, good[i], 30, rets), OK);
        CHECK(tce_window_find(m, LIOBN_DYNAMIC, &info));
        CHECK_EQ(info.page_shift, good[i]);
        CHECK_EQ(info.tces, UINT64_C(1) << (30 - good[i]));
        CHECK_EQ(ddw_remove(m, LIOBN_DYNAMIC), OK);
    }
}

CASE(create_window_shift)
{
    uint32_t rets[6];
    CHECK_EQ(ddw_create(m, 16, 15, rets), PARAMETER);
    CHECK_EQ(ddw_create(m, 16, 0, rets), PARAMETER);
    CHECK_EQ(ddw_create(m, 16, 16, rets), OK);
    CHECK_EQ(tce_h_put_tce(m, LIOBN_DYNAMIC, DMA64 + 0xFFFF, 3), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_put_tce(m, LIOBN_DYNAMIC, DMA64 + 0x10000, 3), TCE_H_PARAMETER);
    /* The window's size is looked at before the LIOBNs are: both are taken now. */
    CHECK_EQ(ddw_create(m, 16, 15, rets), PARAMETER);
}

CASE(create_both_taken)
{
    uint32_t rets[6];
    CHECK_EQ(ddw_create(m, 16, 30, rets), OK);
    CHECK_EQ(ddw_create(m, 16, 30, rets), HARDWARE);
    CHECK(rets[0] == UINT32_MAX && rets[1] == 0 && rets[2] == 0 && rets[3] == 0);
    CHECK_EQ(ddw_create(m, 13, 30, rets), PARAMETER);
}

CASE(create_2_to_32_tces)
{
    uint32_t rets[6];
    tce_window_info info;
    CHECK_EQ(ddw_create(m, 16, 48, rets), HARDWARE);
    CHECK_EQ(ddw_create(m, 16, 63, rets), HARDWARE);
    CHECK_EQ(ddw_create(m, 16, 64, rets), HARDWARE);
    CHECK_EQ(ddw_create(m, 16, 80, rets), HARDWARE);
    CHECK_EQ(ddw_create(m, 16, UINT32_MAX, rets), HARDWARE);
    CHECK_EQ(tce_window_count(m), 1);
    CHECK_EQ(ddw_create(m, 16, 47, rets), OK);
    CHECK(tce_window_find(m, LIOBN_DYNAMIC, &info) && info.tces == UINT64_C(1) << 31);
}

CASE(create_past_the_bus)
{
    uint32_t rets[6];
    tce_phb_config phb = tce_config_pseries().phb;
    const uint32_t fits[] = {0, 0, 5, 16, 30}, passes[] = {0, 0, 5, 16, 31};
    phb.buid = 5;
    phb.liobn = 0x90000000;
    phb.dma64_start = UINT64_C(0) - (UINT64_C(1) << 30);
    CHECK_EQ(tce_phb_add(m, &phb), TCE_OK);
    CHECK_EQ(tce_rtas_call(m, TCE_RTAS_CREATE_PE_DMA_WINDOW, passes, 5, rets, 4, NULL), HARDWARE);
    CHECK_EQ(tce_rtas_call(m, TCE_RTAS_CREATE_PE_DMA_WINDOW, fits, 5, rets, 4, NULL), OK);
    CHECK_EQ(tce_h_put_tce(m, 0x90000001, UINT64_MAX, 3), TCE_H_SUCCESS);
}

CASE(create_beside_default)
{
    uint32_t rets[6];
    CHECK_EQ(ddw_create(m, 16, 28, rets), OK);
    CHECK(rets[1] == LIOBN_DYNAMIC && rets[2] == 0x08000000 && rets[3] == 0);
    CHECK(holds(m, LIOBN_DYNAMIC, DMA64, 0));
    CHECK_EQ(tce_h_put_tce(m, LIOBN_DYNAMIC, DMA64, 0x10003), TCE_H_SUCCESS);
    CHECK(holds(m, LIOBN, 0, 0));
}

CASE(create_after_default_removed)
{
    uint32_t rets[6];
    CHECK_EQ(ddw_create(m, 12, 24, rets), OK);
    CHECK_EQ(tce_h_put_tce(m, LIOBN_DYNAMIC, DMA64, 0x1003), TCE_H_SUCCESS);
    CHECK_EQ(ddw_remove(m, LIOBN), OK);
    CHECK_EQ(ddw_create(m, 16, 20, rets), OK);
    CHECK(rets[1] == LIOBN && rets[2] == 0x08000000 && rets[3] == 0);
    CHECK(holds(m, LIOBN, DMA64, 0));
    CHECK(holds(m, LIOBN_DYNAMIC, DMA64, 0x1003));
}

CASE(create_after_both_removed)
{
    uint32_t rets[6];
    CHECK_EQ(ddw_remove(m, LIOBN), OK);
    CHECK_EQ(ddw_create(m, 24, 32, rets), OK);
    CHECK(rets[1] == LIOBN && rets[2] == 0 && rets[3] == 0);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, UINT64_C(0xFFFFFFFF), 3), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, UINT64_C(0x100000000), 3), TCE_H_PARAMETER);
}

CASE(create_table_is_empty)
{
    uint32_t rets[6];
    CHECK_EQ(ddw_create(m, 16, 28, rets), OK);
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN_DYNAMIC, DMA64, 0x50003, 4096), TCE_H_SUCCESS);
    CHECK_EQ(ddw_remove(m, LIOBN_DYNAMIC), OK);
    CHECK_EQ(ddw_create(m, 16, 28, rets), OK);
    CHECK(holds(m, LIOBN_DYNAMIC, DMA64, 0));
    CHECK(holds(m, LIOBN_DYNAMIC, DMA64 + 0xFFFFFFF, 0));
}

CASE(create_window_limit)
{
    uint32_t rets[6];
    for (uint32_t i = 0; i < TCE_WINDOWS_MAX - 1; i++)
        CHECK_EQ(window_at(m, 0x71000000 + i, 12, 0, 1), TCE_OK);
    CHECK_EQ(tce_window_count(m), TCE_WINDOWS_MAX);
    CHECK_EQ(ddw_create(m, 16, 28, rets), HARDWARE);
    /* In place of the default one, there is room. */
    CHECK_EQ(ddw_remove(m, LIOBN), OK);
    CHECK_EQ(window_at(m, 0x70000000, 12, 0, 1), TCE_ERR_WINDOWS);
    CHECK_EQ(ddw_create(m, 16, 28, rets), OK);
    CHECK_EQ(tce_window_remove(m, 0x71000000), TCE_OK);
    CHECK_EQ(ddw_create(m, 16, 28, rets), OK);
}

CASE(remove_unknown)
{
    CHECK_EQ(window_at(m, 0x71000000, 12, 0, 64), TCE_OK);
    CHECK_EQ(ddw_remove(m, LIOBN_DYNAMIC), PARAMETER);
    CHECK_EQ(ddw_remove(m, 0x80000002), PARAMETER);
    CHECK_EQ(ddw_remove(m, 0x71000000), PARAMETER);
    CHECK(tce_window_find(m, 0x71000000, NULL));
    CHECK_EQ(ddw_remove(m, LIOBN), OK);
    CHECK_EQ(ddw_remove(m, LIOBN), PARAMETER);
}

CASE(remove_dynamic_restores_default)
{
    uint32_t rets[6];
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x5000, 0x5003), TCE_H_SUCCESS);
    CHECK_EQ(ddw_create(m, 16, 28, rets), OK);
    CHECK_EQ(ddw_remove(m, LIOBN), OK);
    CHECK_EQ(ddw_remove(m, LIOBN_DYNAMIC), OK);
    tce_window_info info;
    CHECK(tce_window_find(m, LIOBN, &info));
    CHECK(info.start == 0 && info.page_shift == 12 && info.tces == TCES);
    CHECK(holds(m, LIOBN, 0x5000, 0));
    CHECK(ddw_query(m, rets) == OK && rets[1] == 1);
}

CASE(remove_default_restores_nothing)
{
    uint32_t rets[6];
    CHECK_EQ(ddw_remove(m, LIOBN), OK);
    CHECK_EQ(tce_window_count(m), 0);
    CHECK_EQ(ddw_create(m, 16, 28, rets), OK);
    CHECK_EQ(ddw_remove(m, LIOBN), OK);
    CHECK_EQ(tce_window_count(m), 0);
}

CASE(remove_default_leaves_dynamic)
{
    uint32_t rets[6];
    CHECK_EQ(ddw_create(m, 16, 28, rets), OK);
    CHECK_EQ(tce_h_put_tce(m, LIOBN_DYNAMIC, DMA64, 0x50003), TCE_H_SUCCESS);
    CHECK_EQ(ddw_remove(m, LIOBN), OK);
    CHECK(holds(m, LIOBN_DYNAMIC, DMA64, 0x50003));
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0, 3), TCE_H_PARAMETER);
}

CASE(remove_dynamic_leaves_default)
{
    uint32_t rets[6];
    CHECK_EQ(ddw_create(m, 16, 28, rets), OK);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x5000, 0x5003), TCE_H_SUCCESS);
    CHECK_EQ(ddw_remove(m, LIOBN_DYNAMIC), OK);
    CHECK(holds(m, LIOBN, 0x5000, 0x5003));
}

CASE(reset_unknown_buid)
{
    uint32_t status;
    const uint32_t args[] = {0, (uint32_t)(BUID >> 32), (uint32_t)BUID + 1};
    CHECK_EQ(tce_rtas_call(m, TCE_RTAS_RESET_PE_DMA_WINDOW, args, 3, &status, 1, NULL), PARAMETER);
}

CASE(reset_default_alone)
{
    uint32_t rets[6];
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x5000, 0x5003), TCE_H_SUCCESS);
    CHECK_EQ(ddw_reset(m), OK);
    CHECK(holds(m, LIOBN, 0x5000, 0));
    CHECK_EQ(ddw_remove(m, LIOBN), OK);
    CHECK_EQ(ddw_create(m, 16, 28, rets), OK);
    CHECK_EQ(ddw_create(m, 16, 28, rets), OK);
    CHECK_EQ(ddw_reset(m), OK);
    CHECK_EQ(tce_window_count(m), 1);
    CHECK(holds(m, LIOBN, LAST_PAGE, 0));
    CHECK_EQ(tce_h_put_tce(m, LIOBN_DYNAMIC, DMA64, 3), TCE_H_PARAMETER);
}

CASE(rtas_names)
{
    CHECK_EQ(tce_rtas_token_of("ibm,query-pe-dma-window"), 0x2026);
    CHECK_EQ(tce_rtas_token_of("ibm,reset-pe-dma-window"), 0x2029);
    CHECK_EQ(tce_rtas_token_of("ibm,reset-pe-dma-windows"), 0x12029);
    CHECK_EQ(tce_rtas_token_of("ibm,query-pe-dma-windows"), 0);
    CHECK(tce_rtas_name(0x2025) == NULL && tce_rtas_name(0x202A) == NULL);
    for (uint32_t token = 0x2026; token <= 0x2029; token++)
        CHECK(tce_rtas_name(token) != NULL && tce_rtas_token_of(tce_rtas_name(token)) == token);
    CHECK(tce_rtas_status_text(-2) != NULL && tce_rtas_status_text(1) == NULL);
    CHECK_EQ(tce_rtas_page_size_mask(UINT64_MAX), 0x1FF);
    CHECK_EQ(tce_rtas_page_shifts(0x107), UINT64_C(0x1211000));
    CHECK_EQ(tce_rtas_page_size_mask(tce_rtas_page_shifts(UINT32_MAX)), 0x1FF);
}
