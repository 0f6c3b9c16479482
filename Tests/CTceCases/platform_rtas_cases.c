/* SPDX-License-Identifier: Apache-2.0 */
/* rtas_ddw.c: the DDW calls where LoPAR 7.3.27 and QEMU differ (docs/platforms.md). KVM leaves them to QEMU. */
#include "platform_case.h"

#define OK TCE_RTAS_SUCCESS
#define HARDWARE TCE_RTAS_HARDWARE
#define PARAMETER TCE_RTAS_PARAMETER

static const uint32_t pe[] = {0, (uint32_t)(BUID >> 32), (uint32_t)BUID, 16, 28};

static bool has_default(const tce_machine *m)
{
    tce_window_info info;
    return tce_window_count(m) == 1 && tce_window_find(m, LIOBN, &info) && info.start == 0 && info.page_shift == 12 &&
           info.tces == TCES && holds(m, LIOBN, 0, 0);
}

ON(papr_create_refused, TCE_PLATFORM_PAPR, MEMORY_END)
{
    uint32_t rets[6];
    CHECK_EQ(ddw_create(m, 16, 48, rets), PARAMETER);
    CHECK_EQ(ddw_create(m, 16, UINT32_MAX, rets), PARAMETER);
    CHECK_EQ(tce_window_count(m), 1);
    CHECK_EQ(ddw_create(m, 16, 47, rets), OK);
    CHECK(rets[1] == LIOBN_DYNAMIC && rets[2] == 0x08000000 && rets[3] == 0);
    CHECK_EQ(ddw_create(m, 16, 28, rets), PARAMETER);
    CHECK(rets[0] == UINT32_C(0xFFFFFFFD) && rets[1] == 0 && rets[2] == 0 && rets[3] == 0);
}

ON(kvm_create_refused, TCE_PLATFORM_KVM, MEMORY_END)
{
    uint32_t rets[6];
    CHECK_EQ(ddw_create(m, 16, 48, rets), HARDWARE);
    CHECK_EQ(ddw_create(m, 16, 28, rets), OK);
    CHECK_EQ(ddw_create(m, 16, 28, rets), HARDWARE);
}

ON(papr_query_cells, TCE_PLATFORM_PAPR, MEMORY_END)
{
    uint32_t rets[6] = {9, 9, 9, 9, 9, 9};
    CHECK_EQ(tce_rtas_call(m, TCE_RTAS_QUERY_PE_DMA_WINDOW, pe, 3, rets, 5, NULL), OK);
    CHECK(rets[0] == 0 && rets[1] == 1 && rets[2] == 0x80000000 && rets[3] == 0x107 && rets[4] == 0 && rets[5] == 9);
    CHECK_EQ(tce_rtas_call(m, TCE_RTAS_QUERY_PE_DMA_WINDOW, pe, 3, rets, 6, NULL), OK);
    CHECK(rets[0] == 0 && rets[1] == 1 && rets[2] == 0 && rets[3] == 0x80000000 && rets[4] == 0x107 && rets[5] == 0);
}

ON(kvm_query_cells, TCE_PLATFORM_KVM, MEMORY_END)
{
    uint32_t rets[6];
    CHECK_EQ(tce_rtas_call(m, TCE_RTAS_QUERY_PE_DMA_WINDOW, pe, 3, rets, 6, NULL), OK);
    CHECK(rets[1] == 1 && rets[2] == 0x20 && rets[3] == 0 && rets[4] == 0x107 && rets[5] == 0);
}

/* The window that the reset made counts, on whatever LIOBN the last one is. */
ON(papr_remove_restores_by_window, TCE_PLATFORM_PAPR, MEMORY_END)
{
    uint32_t rets[6];
    /* The default window alone. */
    CHECK_EQ(ddw_remove(m, LIOBN), OK);
    CHECK_EQ(tce_window_count(m), 0);
    /* One that create made in its place. */
    CHECK_EQ(ddw_create(m, 16, 28, rets), OK);
    CHECK(rets[1] == LIOBN && rets[2] == 0 && rets[3] == 0);
    CHECK_EQ(ddw_remove(m, LIOBN), OK);
    CHECK(has_default(m));
    /* It is the default window again: it does not bring itself back. */
    CHECK_EQ(ddw_remove(m, LIOBN), OK);
    CHECK_EQ(tce_window_count(m), 0);
}

ON(papr_remove_in_both_orders, TCE_PLATFORM_PAPR, MEMORY_END)
{
    uint32_t rets[6];
    const uint64_t orders[][2] = {{LIOBN, LIOBN_DYNAMIC}, {LIOBN_DYNAMIC, LIOBN}};
    for (size_t i = 0; i < 2; i++) {
        /* The default window and a dynamic one: it comes back where the dynamic one goes last. */
        CHECK_EQ(ddw_reset(m), OK);
        CHECK_EQ(tce_h_put_tce(m, LIOBN, 0, 0x1003), S);
        CHECK_EQ(ddw_create(m, 16, 28, rets), OK);
        CHECK_EQ(ddw_remove(m, orders[i][0]), OK);
        CHECK_EQ(tce_window_count(m), 1);
        CHECK_EQ(ddw_remove(m, orders[i][1]), OK);
        CHECK_EQ(has_default(m), i == 0);
        CHECK_EQ(tce_window_count(m), i == 0);
        /* Two that create made: it comes back in both orders. */
        CHECK_EQ(ddw_reset(m), OK);
        CHECK_EQ(ddw_remove(m, LIOBN), OK);
        CHECK_EQ(ddw_create(m, 16, 28, rets), OK);
        CHECK_EQ(ddw_create(m, 16, 28, rets), OK);
        CHECK_EQ(ddw_remove(m, orders[i][0]), OK);
        CHECK_EQ(tce_window_count(m), 1);
        CHECK_EQ(ddw_remove(m, orders[i][1]), OK);
        CHECK(has_default(m));
    }
}

/* A window of the default one's place and size that create made is not the default one; a reset makes it so. */
ON(papr_remove_looks_at_no_shape, TCE_PLATFORM_PAPR, MEMORY_END)
{
    uint32_t rets[6];
    CHECK_EQ(ddw_remove(m, LIOBN), OK);
    CHECK_EQ(ddw_create(m, 12, 30, rets), OK);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0, 0x1003), S);
    CHECK_EQ(ddw_remove(m, LIOBN), OK);
    CHECK(has_default(m));
    CHECK_EQ(ddw_remove(m, LIOBN), OK);
    CHECK_EQ(ddw_create(m, 12, 30, rets), OK);
    CHECK_EQ(ddw_reset(m), OK);
    CHECK_EQ(ddw_remove(m, LIOBN), OK);
    CHECK_EQ(tce_window_count(m), 0);
    CHECK_EQ(tce_machine_reset(m), TCE_OK);
    CHECK(has_default(m));
    CHECK_EQ(ddw_remove(m, LIOBN), OK);
    CHECK_EQ(tce_window_count(m), 0);
}

ON(kvm_remove_restores_by_liobn, TCE_PLATFORM_KVM, MEMORY_END)
{
    uint32_t rets[6];
    CHECK_EQ(ddw_remove(m, LIOBN), OK);
    CHECK_EQ(ddw_create(m, 16, 28, rets), OK);
    CHECK_EQ(ddw_create(m, 16, 28, rets), OK);
    CHECK_EQ(ddw_remove(m, LIOBN_DYNAMIC), OK);
    CHECK_EQ(ddw_remove(m, LIOBN), OK);
    CHECK_EQ(tce_window_count(m), 0);
    CHECK_EQ(ddw_create(m, 16, 28, rets), OK);
    CHECK_EQ(ddw_create(m, 16, 28, rets), OK);
    CHECK_EQ(ddw_remove(m, LIOBN), OK);
    CHECK_EQ(ddw_remove(m, LIOBN_DYNAMIC), OK);
    CHECK(has_default(m));
}

CASE(reset_by_its_plural)
{
    const tce_platform all[] = {TCE_PLATFORM_QEMU, TCE_PLATFORM_KVM, TCE_PLATFORM_PAPR};
    CHECK(m != NULL);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const bool known = all[i] == TCE_PLATFORM_PAPR;
        const uint32_t other_buid[] = {0, (uint32_t)(BUID >> 32), (uint32_t)BUID + 1};
        uint32_t rets[2] = {7, 7};
        tce_machine *other = machine_on(all[i], MEMORY_END);
        bool held = other != NULL && tce_h_put_tce(other, LIOBN, 0, 0x1003) == S &&
                    tce_rtas_call(other, TCE_RTAS_RESET_PE_DMA_WINDOWS, pe, 3, rets, 2, NULL) == PARAMETER &&
                    tce_rtas_call(other, TCE_RTAS_RESET_PE_DMA_WINDOWS, pe, 4, rets, 1, NULL) == PARAMETER &&
                    tce_rtas_call(other, TCE_RTAS_RESET_PE_DMA_WINDOWS, other_buid, 3, rets, 1, NULL) == PARAMETER &&
                    holds(other, LIOBN, 0, 0x1003) &&
                    tce_rtas_call(other, TCE_RTAS_RESET_PE_DMA_WINDOWS, pe, 3, rets, 1, NULL) ==
                        (known ? OK : PARAMETER) &&
                    holds(other, LIOBN, 0, known ? 0 : 0x1003) && ddw_reset(other) == OK && holds(other, LIOBN, 0, 0);
        tce_machine_destroy(other);
        CHECK(held);
    }
}
