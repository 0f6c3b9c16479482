/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCI host bridges: two LIOBNs each, the default window on the first, and the reset that brings it back (LoPAR 7.3.27).
 * Architectural.
 */
#include "internal.h"

#include <stdlib.h>

#define DEFAULT_PAGE_SHIFT TCE_PAGE_SHIFT_4K    /* the default window has 4 KiB pages (LoPAR 7.3.27) */

/* The page shifts that a window can have, one bit each. */
#define PAGE_SHIFTS_POSSIBLE \
    (((UINT64_C(1) << (TCE_PAGE_SHIFT_MAX + 1)) - 1) & ~((UINT64_C(1) << TCE_PAGE_SHIFT_MIN) - 1))

static uint64_t default_tces(const tce_phb_config *config)
{
    return config->window_bytes >> DEFAULT_PAGE_SHIFT;
}

static tce_err check_config(const tce_machine *m, const tce_phb_config *config)
{
    /* BUID 0 means virtual I/O; the dynamic window has the next LIOBN, which must be one. */
    if (config->buid == 0 || config->liobn == UINT32_MAX)
        return TCE_ERR_CONFIG;
    if ((config->window_bytes & tce_page_mask(DEFAULT_PAGE_SHIFT)) != 0)
        return TCE_ERR_CONFIG;
    if ((config->page_shifts & ~PAGE_SHIFTS_POSSIBLE) != 0)
        return TCE_ERR_PAGE_SHIFT;
    tce_err err = tce__window_shape(DEFAULT_PAGE_SHIFT, config->window_start, default_tces(config));
    if (err != TCE_OK)
        return err;
    if (tce__phb_of(m, config->buid) != NULL)
        return TCE_ERR_BUID_TAKEN;
    for (uint32_t i = 0; i < TCE_PHB_WINDOWS; i++) {
        if (tce__map_find(&m->windows, (uint64_t)config->liobn + i) != NULL)
            return TCE_ERR_LIOBN_TAKEN;
    }
    return m->window_places >= TCE_WINDOWS_MAX ? TCE_ERR_WINDOWS : TCE_OK;
}

/* Takes the PHB out of the maps; what was not put in is not there. */
static void unlink_phb(tce_machine *m, tce__phb *phb)
{
    tce__map_remove(&m->phbs, phb->config.buid);
    for (uint32_t i = 0; i < TCE_PHB_WINDOWS; i++)
        tce__map_remove(&m->windows, phb->windows[i].liobn);
}

static bool link_phb(tce_machine *m, tce__phb *phb)
{
    bool linked = tce__map_insert(&m->phbs, phb->config.buid, phb);
    for (uint32_t i = 0; i < TCE_PHB_WINDOWS; i++)
        linked = linked && tce__map_insert(&m->windows, phb->windows[i].liobn, &phb->windows[i]);
    return linked;
}

tce_err tce_phb_add(tce_machine *m, const tce_phb_config *config)
{
    tce_err err = check_config(m, config);
    if (err != TCE_OK)
        return err;
    tce__phb *phb = tce__window_memory(sizeof *phb);
    if (phb == NULL)
        return TCE_ERR_NO_MEMORY;
    phb->config = *config;
    for (uint32_t i = 0; i < TCE_PHB_WINDOWS; i++) {
        phb->windows[i].liobn = config->liobn + i;
        phb->windows[i].phb = phb;
    }
    if (link_phb(m, phb)) {
        m->window_places++;
        err = tce__phb_reset(m, phb);
        if (err == TCE_OK)
            return TCE_OK;
        m->window_places--;
    }
    unlink_phb(m, phb);
    free(phb);
    return TCE_ERR_NO_MEMORY;
}

void tce__phb_free(tce__phb *phb)
{
    for (uint32_t i = 0; i < TCE_PHB_WINDOWS; i++)
        tce__table_close(&phb->windows[i].table, phb->windows[i].tces);
    free(phb);
}

tce_err tce_phb_remove(tce_machine *m, uint64_t buid)
{
    tce__phb *phb = tce__phb_of(m, buid);
    if (phb == NULL)
        return TCE_ERR_NO_PHB;
    for (uint32_t i = 0; i < TCE_PHB_WINDOWS; i++)
        tce__window_close(m, &phb->windows[i]);
    m->window_places--;
    m->generation++;
    unlink_phb(m, phb);
    free(phb);
    return TCE_OK;
}

tce_err tce_phb_set_ddw(tce_machine *m, uint64_t buid, bool ddw, uint64_t page_shifts)
{
    tce__phb *phb = tce__phb_of(m, buid);
    if (phb == NULL)
        return TCE_ERR_NO_PHB;
    if ((page_shifts & ~PAGE_SHIFTS_POSSIBLE) != 0)
        return TCE_ERR_PAGE_SHIFT;
    phb->config.ddw = ddw;
    phb->config.page_shifts = page_shifts;
    return TCE_OK;
}

/* The default window alone, all TCEs 0. Without memory for its table nothing has changed. */
tce_err tce__phb_reset(tce_machine *m, tce__phb *phb)
{
    tce__window *w = &phb->windows[0];
    const uint64_t start = phb->config.window_start, tces = default_tces(&phb->config);
    tce__table table;
    bool same = w->table.tce != NULL && w->shift == DEFAULT_PAGE_SHIFT && w->start == start && w->tces == tces;
    if (!same && !tce__table_open(&table, tces))
        return TCE_ERR_NO_MEMORY;
    for (uint32_t i = 1; i < TCE_PHB_WINDOWS; i++)
        tce__window_close(m, &phb->windows[i]);
    if (same)
        tce__window_renew(m, w);
    else
        tce__window_install(m, w, &table, DEFAULT_PAGE_SHIFT, start, tces);
    w->is_default = true;
    return TCE_OK;
}

tce_err tce_phb_reset(tce_machine *m, uint64_t buid)
{
    tce__phb *phb = tce__phb_of(m, buid);
    return phb == NULL ? TCE_ERR_NO_PHB : tce__phb_reset(m, phb);
}

bool tce_phb_find(const tce_machine *m, uint64_t buid, tce_phb_config *out)
{
    const tce__phb *phb = tce__phb_of(m, buid);
    if (phb != NULL && out != NULL)
        *out = phb->config;
    return phb != NULL;
}
