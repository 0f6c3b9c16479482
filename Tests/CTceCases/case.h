/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a case is written with. A case gets a fresh `pseries` machine, which the runner destroys, and ends at the first
 * check that fails. The checks do not depend on NDEBUG.
 */
#ifndef CTCE_CASE_H
#define CTCE_CASE_H

#include "CTceCases.h"

#include "tce_dma.h"
#include "tce_hcall.h"
#include "tce_machine.h"
#include "tce_rtas.h"

typedef struct tce_case {
    char *message;
    size_t size;
    bool failed;
} tce_case;

#define CASE(name) void tce_case_##name(tce_case *c, tce_machine *m __attribute__((unused)))

#define CHECK(expression)                                                   \
    do {                                                                    \
        if (!(expression)) {                                                \
            tce_case_fail(c, __FILE__, __LINE__, #expression);              \
            return;                                                         \
        }                                                                   \
    } while (0)

/* Two integers are equal; a failure shows both. */
#define CHECK_EQ(got, want)                                                                              \
    do {                                                                                                 \
        uint64_t got_ = (uint64_t)(got), want_ = (uint64_t)(want);                                       \
        if (got_ != want_) {                                                                             \
            tce_case_fail_values(c, __FILE__, __LINE__, #got " == " #want, got_, want_);                 \
            return;                                                                                      \
        }                                                                                                \
    } while (0)

void tce_case_fail(tce_case *c, const char *file, int line, const char *expression);
void tce_case_fail_values(tce_case *c, const char *file, int line, const char *expression, uint64_t got,
                          uint64_t want);

#define TCE_X(name, rule) CASE(name);
TCE_CASES(TCE_X)
#undef TCE_X

/* --- The pseries machine (QEMU hw/ppc/spapr_pci.c) --- */

#define BUID UINT64_C(0x800000020000000)
#define LIOBN UINT64_C(0x80000000)          /* of the default window: 1 GiB at 0, pages of 4 KiB */
#define LIOBN_DYNAMIC UINT64_C(0x80000001)
#define DMA64 (UINT64_C(1) << 59)
#define TCES UINT64_C(0x40000)
#define LAST_PAGE UINT64_C(0x3FFFF000)
#define WINDOW_END UINT64_C(0x40000000)
#define MEMORY_END UINT64_C(0x10000000)
#define LIST UINT64_C(0x4000000)
#define KIB UINT64_C(1024)

/* H_GET_TCE succeeds and gives this value. */
static inline bool holds(const tce_machine *m, uint64_t liobn, uint64_t ioba, uint64_t value)
{
    uint64_t tce = ~value;
    return tce_h_get_tce(m, liobn, ioba, &tce) == TCE_H_SUCCESS && tce == value;
}

/* A TCE list of `count` entries: first, first + 0x1000, ... */
static inline bool write_list(tce_machine *m, uint64_t list, uint64_t first, uint64_t count)
{
    bool stored = true;
    for (uint64_t i = 0; i < count; i++)
        stored = stored && tce_memory_store64(m, list + 8 * i, first + 0x1000 * i);
    return stored;
}

/* --- RTAS calls on the pseries PHB; cells: 6 return cells --- */

static inline int32_t ddw_query(tce_machine *m, uint32_t cells[6])
{
    const uint32_t args[] = {0, (uint32_t)(BUID >> 32), (uint32_t)BUID};
    return tce_rtas_call(m, TCE_RTAS_QUERY_PE_DMA_WINDOW, args, 3, cells, 5, NULL);
}

static inline int32_t ddw_create(tce_machine *m, uint32_t page_shift, uint32_t window_shift, uint32_t cells[6])
{
    const uint32_t args[] = {0, (uint32_t)(BUID >> 32), (uint32_t)BUID, page_shift, window_shift};
    return tce_rtas_call(m, TCE_RTAS_CREATE_PE_DMA_WINDOW, args, 5, cells, 4, NULL);
}

static inline int32_t ddw_remove(tce_machine *m, uint64_t liobn)
{
    const uint32_t args[] = {(uint32_t)liobn};
    uint32_t status;
    return tce_rtas_call(m, TCE_RTAS_REMOVE_PE_DMA_WINDOW, args, 1, &status, 1, NULL);
}

static inline int32_t ddw_reset(tce_machine *m)
{
    const uint32_t args[] = {0, (uint32_t)(BUID >> 32), (uint32_t)BUID};
    uint32_t status;
    return tce_rtas_call(m, TCE_RTAS_RESET_PE_DMA_WINDOW, args, 3, &status, 1, NULL);
}

/* --- Windows made by the platform --- */

static inline tce_err window_at(tce_machine *m, uint64_t liobn, uint32_t page_shift, uint64_t start, uint64_t tces)
{
    const tce_window_config config = {(uint32_t)liobn, page_shift, start, tces, 0};
    return tce_window_create(m, &config);
}

#endif
