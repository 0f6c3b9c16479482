/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The four RTAS calls for dynamic DMA windows (LoPAR 7.3.27; QEMU hw/ppc/spapr_rtas_ddw.c).
 * The checks are numbered in the order in which they are made. The unit is the PHB: the config address of a device is
 * never looked at. Architectural.
 */
#include "internal.h"

#include <string.h>

/* The largest block of TCEs that a query in the form with 5 cells tells, on every platform. */
#define QUERY_BLOCK UINT32_C(0x80000000)

/* A window has fewer TCEs than 2 to this. */
#define CREATE_TCES_LOG2 32u

/* Argument cells (LoPAR 7.3.27.1-4). */
enum {
    ARG_BUID_HIGH = 1,
    ARG_BUID_LOW = 2,
    ARG_PAGE_SHIFT = 3,
    ARG_WINDOW_SHIFT = 4,
    ARG_LIOBN = 0,      /* of remove, its only one */
};

/* The PHB that query, create and reset name, if it offers the calls. */
static tce__phb *phb_named(const tce_machine *m, const uint32_t *args)
{
    tce__phb *phb = tce__phb_of(m, (uint64_t)args[ARG_BUID_HIGH] << 32 | args[ARG_BUID_LOW]);
    return phb != NULL && phb->config.ddw ? phb : NULL;
}

static int32_t query(const tce_machine *m, const uint32_t *args, uint32_t *rets, uint32_t nret)
{
    /* 1. A PHB has this BUID. [rtas.query.1] */
    const tce__phb *phb = phb_named(m, args);
    if (phb == NULL)
        return TCE_RTAS_PARAMETER;
    /* 2. Windows left, the largest block of TCEs (in two cells where there is room), page sizes; pages of no size can
     *    be migrated. The block does not depend on memory nor on the windows there are. [rtas.query.2] */
    uint32_t *cell = rets + 1;
    *cell++ = TCE_PHB_WINDOWS - tce__phb_window_count(phb);
    if (nret == 6) {
        *cell++ = (uint32_t)(m->platform->query_block_wide >> 32);
        *cell++ = (uint32_t)m->platform->query_block_wide;
    } else {
        *cell++ = QUERY_BLOCK;
    }
    *cell++ = tce_rtas_page_size_mask(phb->config.page_shifts);
    *cell = 0;
    return TCE_RTAS_SUCCESS;
}

static int32_t create(tce_machine *m, const uint32_t *args, uint32_t *rets, tce_err *err)
{
    const uint32_t page_shift = args[ARG_PAGE_SHIFT], window_shift = args[ARG_WINDOW_SHIFT];
    /* 1. A PHB has this BUID. [rtas.create.1] */
    tce__phb *phb = phb_named(m, args);
    if (phb == NULL)
        return TCE_RTAS_PARAMETER;
    /* 2. The PHB offers the page size; all 32 bits of the cell count. [rtas.create.2] */
    if (page_shift > TCE_PAGE_SHIFT_MAX || (phb->config.page_shifts >> page_shift & 1) == 0)
        return TCE_RTAS_PARAMETER;
    /* 3. The window is one page or more. [rtas.create.3] */
    if (window_shift < page_shift)
        return TCE_RTAS_PARAMETER;
    /* 4. The lowest LIOBN without a window is taken. [rtas.create.4] */
    tce__window *w = NULL;
    for (uint32_t i = TCE_PHB_WINDOWS; i-- > 0;) {
        if (phb->windows[i].table.tce == NULL)
            w = &phb->windows[i];
    }
    if (w == NULL)
        return m->platform->create_refused;
    /* 5. QEMU keeps the number of TCEs in 32 bits; PAPR: no more than the largest block. [rtas.create.5] */
    if (window_shift - page_shift >= CREATE_TCES_LOG2)
        return m->platform->create_refused;
    /* 6. The first window of a PHB takes the default one's place. One that would pass the end of the bus, which QEMU's
     *    own places and sizes never do, is a hardware error on each platform. [rtas.create.6] */
    const bool beside = tce__phb_window_count(phb) != 0;
    const uint64_t start = beside ? phb->config.dma64_start : phb->config.window_start;
    const uint64_t tces = UINT64_C(1) << (window_shift - page_shift);
    if (tce__window_shape(page_shift, start, tces) != TCE_OK || (beside && m->window_places >= TCE_WINDOWS_MAX))
        return TCE_RTAS_HARDWARE;
    tce__table table;
    if (!tce__table_open(&table, tces)) {
        *err = TCE_ERR_NO_MEMORY;
        return TCE_RTAS_HARDWARE;
    }
    tce__window_install(m, w, &table, page_shift, start, tces);
    rets[1] = w->liobn;
    rets[2] = (uint32_t)(start >> 32);
    rets[3] = (uint32_t)start;
    return TCE_RTAS_SUCCESS;
}

static int32_t remove_window(tce_machine *m, const uint32_t *args, tce_err *err)
{
    /* 1. The LIOBN is a PHB's and has a window. [rtas.remove.1] */
    tce__window *w = tce__map_find(&m->windows, args[ARG_LIOBN]);
    if (w == NULL || w->table.tce == NULL || w->phb == NULL || !w->phb->config.ddw)
        return TCE_RTAS_PARAMETER;
    /* 2. The default window comes back with the removal of the last other one: LoPAR 7.3.27.3 means the window, QEMU
     *    7.2 looks at the LIOBN. [rtas.remove.2] */
    const bool other = m->platform->restore_by_window ? !w->is_default : w != &w->phb->windows[0];
    if (tce__phb_window_count(w->phb) == 1 && other) {
        *err = tce__phb_reset(m, w->phb);
        return *err == TCE_OK ? TCE_RTAS_SUCCESS : TCE_RTAS_HARDWARE;
    }
    tce__window_close(m, w);
    return TCE_RTAS_SUCCESS;
}

static int32_t reset(tce_machine *m, const uint32_t *args, tce_err *err)
{
    /* 1. A PHB has this BUID. [rtas.reset.1] */
    tce__phb *phb = phb_named(m, args);
    if (phb == NULL)
        return TCE_RTAS_PARAMETER;
    /* 2. The default window alone is left, all TCEs 0, also where it had never gone. [rtas.reset.2] */
    *err = tce__phb_reset(m, phb);
    return *err == TCE_OK ? TCE_RTAS_SUCCESS : TCE_RTAS_HARDWARE;
}

/* The number of cells is the first check of every call. [rtas.cells] */
static int32_t dispatch(tce_machine *m, uint32_t token, const uint32_t *args, uint32_t nargs, uint32_t *rets,
                        uint32_t nret, tce_err *err)
{
    switch (token) {
    case TCE_RTAS_QUERY_PE_DMA_WINDOW:
        return nargs == 3 && (nret == 5 || nret == 6) ? query(m, args, rets, nret) : TCE_RTAS_PARAMETER;
    case TCE_RTAS_CREATE_PE_DMA_WINDOW:
        return nargs == 5 && nret == 4 ? create(m, args, rets, err) : TCE_RTAS_PARAMETER;
    case TCE_RTAS_REMOVE_PE_DMA_WINDOW:
        return nargs == 1 && nret == 1 ? remove_window(m, args, err) : TCE_RTAS_PARAMETER;
    case TCE_RTAS_RESET_PE_DMA_WINDOWS:
        /* LoPAR's name of the call. [rtas.reset.name] */
        if (!m->platform->reset_plural)
            return TCE_RTAS_PARAMETER;
        /* fall through */
    case TCE_RTAS_RESET_PE_DMA_WINDOW:
        return nargs == 3 && nret == 1 ? reset(m, args, err) : TCE_RTAS_PARAMETER;
    default:
        return TCE_RTAS_PARAMETER;
    }
}

int32_t tce_rtas_call(tce_machine *m, uint32_t token, const uint32_t *args, uint32_t nargs, uint32_t *rets,
                      uint32_t nret, tce_err *err)
{
    tce_err ignored;
    if (err == NULL)
        err = &ignored;
    *err = TCE_OK;
    /* Counts that no call has are never used as lengths. */
    if (nret == 0)
        return TCE_RTAS_PARAMETER;
    int32_t status = TCE_RTAS_PARAMETER;
    if (nret <= TCE_RTAS_CELLS_MAX && nargs <= TCE_RTAS_CELLS_MAX) {
        memset(rets, 0, nret * sizeof *rets);
        status = dispatch(m, token, args, nargs, rets, nret, err);
    }
    rets[0] = (uint32_t)status;
    return status;
}
