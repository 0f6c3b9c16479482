/* SPDX-License-Identifier: Apache-2.0 */
/* window.c: LIOBNs, limits of a window, and what the platform does with it. */
#include "case.h"

#include <stdlib.h>

CASE(window_page_shift)
{
    CHECK_EQ(window_at(m, 0x71000000, 11, 0, 1), TCE_ERR_PAGE_SHIFT);
    CHECK_EQ(window_at(m, 0x71000000, 35, 0, 1), TCE_ERR_PAGE_SHIFT);
    CHECK_EQ(window_at(m, 0x71000000, 64 + 12, 0, 1), TCE_ERR_PAGE_SHIFT);
    for (uint32_t shift = 12; shift <= 34; shift++) {
        const uint32_t liobn = 0x71000000 + shift;
        const uint64_t page = UINT64_C(1) << shift;
        CHECK_EQ(window_at(m, liobn, shift, 0, 2), TCE_OK);
        CHECK_EQ(tce_h_put_tce(m, liobn, 2 * page - 1, 0x5003), TCE_H_SUCCESS);
        CHECK_EQ(tce_h_put_tce(m, liobn, 2 * page, 3), TCE_H_PARAMETER);
        CHECK(holds(m, liobn, page, 0x5003));
        CHECK(holds(m, liobn, page - 1, 0));
    }
}

CASE(window_range)
{
    CHECK_EQ(window_at(m, 0x71000000, 12, 0, 0), TCE_ERR_WINDOW_RANGE);
    CHECK_EQ(window_at(m, 0x71000000, 12, UINT64_MAX, 1), TCE_ERR_WINDOW_RANGE);
    CHECK_EQ(window_at(m, 0x71000000, 12, UINT64_C(0) - 0xFFF, 1), TCE_ERR_WINDOW_RANGE);
    CHECK_EQ(window_at(m, 0x71000000, 12, UINT64_C(0) - 0x1000, 2), TCE_ERR_WINDOW_RANGE);
    CHECK_EQ(window_at(m, 0x71000000, 12, UINT64_C(0) - 0x1000, 1), TCE_OK);
    CHECK_EQ(tce_h_put_tce(m, 0x71000000, UINT64_MAX, 3), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_put_tce(m, 0x71000000, 0, 3), TCE_H_PARAMETER);
    CHECK_EQ(window_at(m, 0x71000001, 34, 0, UINT64_C(1) << 30), TCE_OK);
    CHECK_EQ(window_at(m, 0x71000001, 34, 0, (UINT64_C(1) << 30) + 1), TCE_ERR_WINDOW_RANGE);
    CHECK_EQ(window_at(m, 0x71000001, 34, 1, UINT64_C(1) << 30), TCE_ERR_WINDOW_RANGE);
    CHECK_EQ(window_at(m, 0x71000001, 34, 0, TCE_WINDOW_TCES_MAX), TCE_ERR_WINDOW_RANGE);
}

CASE(window_tces)
{
    CHECK_EQ(window_at(m, 0x71000000, 12, 0, TCE_WINDOW_TCES_MAX + 1), TCE_ERR_WINDOW_TCES);
    CHECK_EQ(window_at(m, 0x71000000, 12, 0, UINT64_MAX), TCE_ERR_WINDOW_TCES);
    CHECK_EQ(window_at(m, 0x71000000, 12, 0, TCE_WINDOW_TCES_MAX), TCE_OK);
    CHECK_EQ(tce_h_put_tce(m, 0x71000000, (UINT64_C(1) << 52) - 1, 0x5003), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_put_tce(m, 0x71000000, UINT64_C(1) << 52, 3), TCE_H_PARAMETER);
    CHECK(holds(m, 0x71000000, (UINT64_C(1) << 52) - 1, 0x5003));
}

/* 8 TiB of address space each: a host has 128 TiB for a process, or less. */
CASE(window_no_memory)
{
    tce_err err = TCE_OK;
    uint32_t made = 0;
    for (; made < 100 && err == TCE_OK; made += err == TCE_OK)
        err = window_at(m, 0x71000000 + made, 12, 0, TCE_WINDOW_TCES_MAX);
    CHECK_EQ(err, TCE_ERR_NO_MEMORY);
    CHECK_EQ(tce_window_count(m), made + 1);
    CHECK(!tce_window_find(m, 0x71000000 + made, NULL));
    CHECK_EQ(window_at(m, 0x71000000 + made, 12, 0, 1), TCE_OK);
    /* In place of one: it stays as it was. */
    CHECK_EQ(tce_h_put_tce(m, 0x71000000 + made, 0, 0x5003), TCE_H_SUCCESS);
    CHECK_EQ(window_at(m, 0x71000000 + made, 12, 0, TCE_WINDOW_TCES_MAX), TCE_ERR_NO_MEMORY);
    CHECK(holds(m, 0x71000000 + made, 0, 0x5003));
}

CASE(window_owner)
{
    tce_window_config config = {(uint32_t)LIOBN, 12, 0, 1, 0};
    CHECK_EQ(tce_window_create(m, &config), TCE_ERR_LIOBN_TAKEN);
    config.liobn = (uint32_t)LIOBN_DYNAMIC;     /* without a window, but the PHB's all the same */
    CHECK_EQ(tce_window_create(m, &config), TCE_ERR_LIOBN_TAKEN);
    config.buid = 1;
    CHECK_EQ(tce_window_create(m, &config), TCE_ERR_NO_PHB);
    config.buid = BUID;
    CHECK_EQ(tce_window_create(m, &config), TCE_OK);
    config.liobn = (uint32_t)LIOBN_DYNAMIC + 1;
    CHECK_EQ(tce_window_create(m, &config), TCE_ERR_CONFIG);
    CHECK_EQ(window_at(m, config.liobn, 12, 0, 1), TCE_OK);
    CHECK_EQ(tce_window_create(m, &config), TCE_ERR_LIOBN_TAKEN);
}

CASE(window_in_place)
{
    tce_window_info info;
    CHECK_EQ(window_at(m, 0x71000000, 12, 0, 64), TCE_OK);
    CHECK_EQ(tce_h_put_tce(m, 0x71000000, 0, 0x5003), TCE_H_SUCCESS);
    CHECK_EQ(tce_window_set_bypass(m, 0x71000000, true), TCE_OK);
    CHECK_EQ(window_at(m, 0x71000000, 16, 0x10000, 32), TCE_OK);
    CHECK(holds(m, 0x71000000, 0x10000, 0));
    CHECK(tce_window_find(m, 0x71000000, &info));
    CHECK(info.page_shift == 16 && info.start == 0x10000 && info.tces == 32 && info.buid == 0 && !info.bypass);
    CHECK_EQ(tce_window_count(m), 2);
}

CASE(window_remove)
{
    CHECK_EQ(tce_window_remove(m, 0x71000000), TCE_ERR_NO_WINDOW);
    CHECK_EQ(tce_window_remove(m, LIOBN_DYNAMIC), TCE_ERR_NO_WINDOW);
    CHECK_EQ(tce_window_remove(m, LIOBN), TCE_OK);
    CHECK_EQ(tce_window_remove(m, LIOBN), TCE_ERR_NO_WINDOW);
    CHECK_EQ(tce_window_remove(m, LIOBN | UINT64_C(1) << 32), TCE_ERR_NO_WINDOW);
    CHECK_EQ(tce_window_count(m), 0);
    CHECK_EQ(window_at(m, LIOBN, 12, 0, 1), TCE_ERR_LIOBN_TAKEN);
    CHECK_EQ(window_at(m, 0x71000000, 12, 0, 1), TCE_OK);
    CHECK_EQ(tce_window_remove(m, 0x71000000), TCE_OK);
    CHECK(!tce_window_find(m, 0x71000000, NULL));
}

CASE(window_bypass_flag)
{
    tce_window_info info;
    CHECK_EQ(tce_window_set_bypass(m, LIOBN_DYNAMIC, true), TCE_ERR_NO_WINDOW);
    CHECK_EQ(tce_window_set_bypass(m, LIOBN, true), TCE_OK);
    CHECK(tce_window_find(m, LIOBN, &info) && info.bypass && info.buid == BUID);
    CHECK_EQ(tce_window_set_bypass(m, LIOBN, false), TCE_OK);
    CHECK(tce_window_find(m, LIOBN, &info) && !info.bypass);
}

CASE(window_generation)
{
    uint32_t rets[6];
    uint64_t last = tce_machine_generation(m);
#define CHECK_CHANGED                                \
    do {                                             \
        CHECK(tce_machine_generation(m) != last);    \
        last = tce_machine_generation(m);            \
    } while (0)
    CHECK_EQ(window_at(m, 0x71000000, 12, 0, 64), TCE_OK);
    CHECK_CHANGED;
    CHECK_EQ(window_at(m, 0x71000000, 12, 0, 64), TCE_OK);
    CHECK_CHANGED;
    CHECK_EQ(tce_window_set_bypass(m, 0x71000000, true), TCE_OK);
    CHECK_CHANGED;
    CHECK_EQ(ddw_create(m, 16, 28, rets), 0);
    CHECK_CHANGED;
    CHECK_EQ(ddw_remove(m, LIOBN), 0);
    CHECK_CHANGED;
    CHECK_EQ(ddw_reset(m), 0);
    CHECK_CHANGED;
    CHECK_EQ(tce_machine_reset(m), TCE_OK);
    CHECK_CHANGED;
    CHECK_EQ(tce_window_remove(m, 0x71000000), TCE_OK);
    CHECK_CHANGED;
    CHECK_EQ(tce_window_remove(m, 0x71000000), TCE_ERR_NO_WINDOW);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0, 3), TCE_H_SUCCESS);
    CHECK_EQ(tce_machine_generation(m), last);
#undef CHECK_CHANGED
}

CASE(window_list_order)
{
    enum { COUNT = 1000 };
    static const size_t sizes[] = {0, 1, 2, 3, 500, COUNT, COUNT + 1, COUNT + 10};
    /* 389 and 1000 have no common factor: each LIOBN once, in no order. */
    for (uint32_t i = 0; i < COUNT; i++)
        CHECK_EQ(window_at(m, 0x71000000 + i * 389 % COUNT * 7, 12, 0, 1), TCE_OK);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        tce_window_info list[COUNT + 10];
        size_t want = sizes[s] < COUNT + 1 ? sizes[s] : COUNT + 1;
        CHECK_EQ(tce_window_list(m, list, sizes[s]), want);
        for (size_t i = 0; i < want; i++)
            CHECK_EQ(list[i].liobn, i == COUNT ? LIOBN : 0x71000000 + i * 7);
    }
}

CASE(window_limit)
{
    for (uint32_t i = 0; i < TCE_WINDOWS_MAX - 1; i++)
        CHECK_EQ(window_at(m, 0x71000000 + i * 0x100, 12, 0, 1), TCE_OK);
    CHECK_EQ(window_at(m, 0x70000000, 12, 0, 1), TCE_ERR_WINDOWS);
    CHECK_EQ(tce_window_count(m), TCE_WINDOWS_MAX);
    CHECK_EQ(window_at(m, 0x71000000, 12, 0, 2), TCE_OK);
    const tce_phb_config phb = {.buid = 7, .liobn = 0x60000000, .window_bytes = 0x1000};
    CHECK_EQ(tce_phb_add(m, &phb), TCE_ERR_WINDOWS);
    CHECK_EQ(tce_phb_remove(m, BUID), TCE_OK);
    CHECK_EQ(tce_phb_add(m, &phb), TCE_OK);
    CHECK_EQ(window_at(m, 0x70000000, 12, 0, 1), TCE_ERR_WINDOWS);
    CHECK_EQ(tce_h_put_tce(m, 0x71000000 + 0x100 * (TCE_WINDOWS_MAX - 2), 0, 0x5003), TCE_H_SUCCESS);
    for (uint32_t i = 0; i < TCE_WINDOWS_MAX - 2; i++)
        CHECK_EQ(tce_window_remove(m, 0x71000000 + i * 0x100), TCE_OK);
    CHECK(holds(m, 0x71000000 + 0x100 * (TCE_WINDOWS_MAX - 2), 0, 0x5003));
    CHECK_EQ(tce_window_count(m), 2);
}
