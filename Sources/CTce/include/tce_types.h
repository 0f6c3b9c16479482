/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TCE itself: its bits, the I/O page sizes, and the permissions of a device (LoPAR 3.2.2.2, 7.3.27.1).
 */
#ifndef TCE_TYPES_H
#define TCE_TYPES_H

#include "tce_base.h"

/* Control field of a TCE, from the device's point of view: may it read memory, may it write memory (LoPAR 3.2.2.2). */
#define TCE_ACCESS_NONE UINT64_C(0)
#define TCE_ACCESS_READ UINT64_C(1)
#define TCE_ACCESS_WRITE UINT64_C(2)
#define TCE_ACCESS_RW UINT64_C(3)

/* I/O page shifts that a window can have. The DDW calls offer some of them; see tce_phb_config.page_shifts. */
#define TCE_PAGE_SHIFT_MIN 12u
#define TCE_PAGE_SHIFT_4K 12u
#define TCE_PAGE_SHIFT_64K 16u
#define TCE_PAGE_SHIFT_2M 21u
#define TCE_PAGE_SHIFT_16M 24u
#define TCE_PAGE_SHIFT_MAX 34u

/* Entries in a TCE list: one 4 KiB page of doublewords (LoPAR 14.5.4.2.4). */
#define TCE_LIST_ENTRIES_MAX 512u

/* An LIOBN that no table has: "not known" in an event, "every PHB's own" in a query. */
#define TCE_LIOBN_UNKNOWN UINT64_MAX

/* A BUID that no PHB has. */
#define TCE_BUID_UNKNOWN UINT64_MAX

/* Bytes of an I/O page less one. shift: 0...63. */
static inline uint64_t tce_page_mask(uint32_t shift)
{
    return (UINT64_C(1) << shift) - 1;
}

#endif
