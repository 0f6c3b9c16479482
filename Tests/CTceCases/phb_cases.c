/* SPDX-License-Identifier: Apache-2.0 */
/* phb.c: plugging, unplugging and resetting a PHB. */
#include "case.h"

#include "../../Sources/CTce/internal.h"

static tce_phb_config other_phb(void)
{
    tce_phb_config phb = tce_config_pseries().phb;
    phb.buid = BUID + 1;
    phb.liobn = (uint32_t)LIOBN + 0x100;
    return phb;
}

CASE(phb_config)
{
    tce_phb_config good = other_phb(), phb = good;
    phb.buid = 0;
    CHECK_EQ(tce_phb_add(m, &phb), TCE_ERR_CONFIG);
    phb = good, phb.liobn = UINT32_MAX;
    CHECK_EQ(tce_phb_add(m, &phb), TCE_ERR_CONFIG);
    phb = good, phb.window_bytes += 0x800;
    CHECK_EQ(tce_phb_add(m, &phb), TCE_ERR_CONFIG);
    phb = good, phb.window_bytes = 0;
    CHECK_EQ(tce_phb_add(m, &phb), TCE_ERR_WINDOW_RANGE);
    phb = good, phb.window_start = UINT64_C(0) - phb.window_bytes + 1;
    CHECK_EQ(tce_phb_add(m, &phb), TCE_ERR_WINDOW_RANGE);
    phb = good, phb.window_bytes = (UINT64_C(1) << 52) + 0x1000;
    CHECK_EQ(tce_phb_add(m, &phb), TCE_ERR_WINDOW_TCES);
    phb = good, phb.page_shifts = UINT64_C(1) << 11;
    CHECK_EQ(tce_phb_add(m, &phb), TCE_ERR_PAGE_SHIFT);
    phb = good, phb.page_shifts = UINT64_C(1) << 35;
    CHECK_EQ(tce_phb_add(m, &phb), TCE_ERR_PAGE_SHIFT);
    CHECK_EQ(tce_window_count(m), 1);
    CHECK(!tce_phb_find(m, good.buid, NULL));
    phb = good, phb.liobn = UINT32_MAX - 1;
    CHECK_EQ(tce_phb_add(m, &phb), TCE_OK);
    CHECK(holds(m, UINT32_MAX - 1, 0, 0));
}

CASE(phb_taken)
{
    tce_phb_config phb = other_phb();
    phb.buid = BUID;
    CHECK_EQ(tce_phb_add(m, &phb), TCE_ERR_BUID_TAKEN);
    phb = other_phb(), phb.liobn = (uint32_t)LIOBN_DYNAMIC;
    CHECK_EQ(tce_phb_add(m, &phb), TCE_ERR_LIOBN_TAKEN);
    phb.liobn = (uint32_t)LIOBN - 1;
    CHECK_EQ(tce_phb_add(m, &phb), TCE_ERR_LIOBN_TAKEN);
    CHECK_EQ(window_at(m, LIOBN + 0x101, 12, 0, 1), TCE_OK);
    phb = other_phb();
    CHECK_EQ(tce_phb_add(m, &phb), TCE_ERR_LIOBN_TAKEN);
    CHECK_EQ(tce_window_remove(m, LIOBN + 0x101), TCE_OK);
    CHECK_EQ(tce_phb_add(m, &phb), TCE_OK);
}

CASE(phb_no_memory)
{
    tce_phb_config phb = other_phb();
    phb.window_bytes = UINT64_C(1) << 52;
    tce_err err = TCE_OK;
    uint32_t made = 0;
    for (; made < 100 && err == TCE_OK; made += err == TCE_OK) {
        phb.buid = BUID + 1 + made;
        phb.liobn = (uint32_t)LIOBN + 0x100 * (1 + made);
        err = tce_phb_add(m, &phb);
    }
    CHECK_EQ(err, TCE_ERR_NO_MEMORY);
    CHECK(!tce_phb_find(m, BUID + 1 + made, NULL));
    CHECK_EQ(tce_window_count(m), made + 1);
    phb.window_bytes = 0x1000;
    CHECK_EQ(tce_phb_add(m, &phb), TCE_OK);
}

CASE(phb_remove)
{
    uint32_t rets[6];
    CHECK_EQ(tce_phb_remove(m, BUID + 1), TCE_ERR_NO_PHB);
    CHECK_EQ(ddw_create(m, 16, 28, rets), 0);
    uint64_t generation = tce_machine_generation(m);
    CHECK_EQ(tce_phb_remove(m, BUID), TCE_OK);
    CHECK(tce_machine_generation(m) != generation);
    CHECK_EQ(tce_window_count(m), 0);
    CHECK_EQ(ddw_query(m, rets), TCE_RTAS_PARAMETER);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0, 3), TCE_H_PARAMETER);
    CHECK_EQ(window_at(m, LIOBN, 12, 0, 1), TCE_OK);
    CHECK_EQ(tce_phb_remove(m, BUID), TCE_ERR_NO_PHB);
}

CASE(phb_reset_leaves_others)
{
    tce_phb_config phb = other_phb();
    uint32_t rets[6];
    CHECK_EQ(tce_phb_add(m, &phb), TCE_OK);
    CHECK_EQ(window_at(m, 0x71000000, 12, 0, 1), TCE_OK);
    CHECK_EQ(ddw_create(m, 16, 28, rets), 0);
    CHECK_EQ(tce_h_put_tce(m, 0x71000000, 0, 0x5003), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0, 0x5003), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_put_tce(m, LIOBN + 0x100, 0, 0x5003), TCE_H_SUCCESS);
    CHECK_EQ(tce_phb_reset(m, BUID), TCE_OK);
    CHECK(holds(m, LIOBN, 0, 0));
    CHECK(holds(m, LIOBN + 0x100, 0, 0x5003));
    CHECK(holds(m, 0x71000000, 0, 0x5003));
    CHECK(!tce_window_find(m, LIOBN_DYNAMIC, NULL));
    CHECK_EQ(tce_phb_reset(m, BUID + 2), TCE_ERR_NO_PHB);
}

CASE(phb_reset_default_shape)
{
    const tce_window_config odd[] = {
        {(uint32_t)LIOBN, 12, 0, 64, BUID},
        {(uint32_t)LIOBN, 12, 0x1000, TCES, BUID},
        {(uint32_t)LIOBN, 16, 0, TCES, BUID},
    };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        tce_window_info info;
        CHECK_EQ(tce_window_create(m, &odd[i]), TCE_OK);
        CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x1000, 0x5003), TCE_H_SUCCESS);
        CHECK_EQ(tce_phb_reset(m, BUID), TCE_OK);
        CHECK(tce_window_find(m, LIOBN, &info) && info.page_shift == 12 && info.start == 0 && info.tces == TCES);
        CHECK(holds(m, LIOBN, 0x1000, 0));
    }
}

CASE(phb_set_ddw)
{
    tce_phb_config phb;
    CHECK_EQ(tce_phb_set_ddw(m, BUID + 1, true, 0x1000), TCE_ERR_NO_PHB);
    CHECK_EQ(tce_phb_set_ddw(m, BUID, true, 1), TCE_ERR_PAGE_SHIFT);
    CHECK_EQ(tce_phb_set_ddw(m, BUID, true, 0x11000), TCE_OK);
    CHECK(tce_phb_find(m, BUID, &phb));
    CHECK(phb.ddw && phb.page_shifts == 0x11000 && phb.liobn == LIOBN && phb.dma64_start == DMA64);
}

CASE(phb_window_at)
{
    uint32_t rets[6];
    CHECK(tce__window_at(m, BUID + 1, 0) == NULL);
    CHECK(tce__window_at(m, BUID, DMA64) == NULL);
    CHECK_EQ(ddw_create(m, 16, 28, rets), 0);
    CHECK(tce__window_at(m, BUID, 0) == tce__window_of(m, LIOBN));
    CHECK(tce__window_at(m, BUID, WINDOW_END - 1) == tce__window_of(m, LIOBN));
    CHECK(tce__window_at(m, BUID, WINDOW_END) == NULL);
    CHECK(tce__window_at(m, BUID, DMA64 - 1) == NULL);
    CHECK(tce__window_at(m, BUID, DMA64) == tce__window_of(m, LIOBN_DYNAMIC));
    CHECK(tce__window_at(m, BUID, DMA64 + 0x10000000) == NULL);
    /* Both on one place: the lower LIOBN is found. */
    CHECK_EQ(ddw_remove(m, LIOBN), 0);
    CHECK_EQ(ddw_create(m, 16, 20, rets), 0);
    CHECK(tce__window_at(m, BUID, DMA64 + 0xFFFFF) == tce__window_of(m, LIOBN));
    CHECK(tce__window_at(m, BUID, DMA64 + 0x100000) == tce__window_of(m, LIOBN_DYNAMIC));
}
