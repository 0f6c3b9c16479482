/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platforms: what each answers differently, one row each. docs/platforms.md explains every column and says where
 * the sources are silent. Architectural.
 */
#include "internal.h"

static const tce__platform platforms[] = {
    {
        /* QEMU 7.2, hw/ppc/spapr_iommu.c and spapr_rtas_ddw.c, as observed. */
        .platform = TCE_PLATFORM_QEMU,
        .stuff_max = UINT64_MAX,
        .no_pages = TCE_H_PARAMETER,
        .svm_hcall = TCE_H_FUNCTION,
        .query_block_wide = UINT64_C(0x2000000000),
        .create_refused = TCE_RTAS_HARDWARE,
    },
    {
        /* Linux v6.6 kvm/book3s_64_vio.c, virtual mode; what it gives up goes to QEMU. RTAS calls are QEMU's. */
        .platform = TCE_PLATFORM_KVM,
        .ioba_aligned = true,
        .whole_runs = true,     /* the kernel's own check is missing; v4.9 and PAPR refuse the run */
        .stuff_unmaps_only = true,
        .kernel_first = true,
        .stuff_max = UINT64_MAX,
        .no_pages = TCE_H_SUCCESS,
        .svm_hcall = TCE_H_UNSUPPORTED,
        .query_block_wide = UINT64_C(0x2000000000),
        .create_refused = TCE_RTAS_HARDWARE,
    },
    {
        /* LoPAR 2.9, 14.5.4.2.1-4 and 7.3.27. */
        .platform = TCE_PLATFORM_PAPR,
        .owned_only = true,
        .whole_runs = true,
        .mtt_known = true,
        .list_is_memory = true,
        .stuff_max = TCE_LIST_ENTRIES_MAX,
        .no_pages = TCE_H_SUCCESS,
        .svm_hcall = TCE_H_FUNCTION,
        .query_block_wide = UINT32_C(0x80000000),
        .create_refused = TCE_RTAS_PARAMETER,
        .restore_by_window = true,
        .reset_plural = true,
    },
};

const tce__platform *tce__platform_of(tce_platform platform)
{
    for (size_t i = 0; i < sizeof platforms / sizeof *platforms; i++) {
        if (platforms[i].platform == platform)
            return &platforms[i];
    }
    return NULL;
}
