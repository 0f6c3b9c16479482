/* SPDX-License-Identifier: Apache-2.0 */
/* The machine: presets, lifetime, reset. Architectural. */
#include "internal.h"
#include "memory.h"

#include <stdlib.h>

#define PAGE_SHIFT_BIT(shift) (UINT64_C(1) << (shift))

/* The n-th PHB's LIOBNs are 0x100 n above the first's (QEMU include/hw/ppc/spapr.h, SPAPR_PCI_LIOBN). */
#define PHB_LIOBN_STRIDE UINT64_C(0x100)

tce_config tce_config_pseries(void)
{
    return (tce_config){
        .platform = TCE_PLATFORM_QEMU,
        .memory_bytes = UINT64_C(256) << 20,
        .multitce = true,
        .pef = true,
        .phb_count = 1,
        .phb = {
            .buid = UINT64_C(0x800000020000000),
            .liobn = UINT32_C(0x80000000),
            .ddw = true,
            .window_start = 0,
            .window_bytes = UINT64_C(1) << 30,
            .dma64_start = UINT64_C(1) << 59,
            .page_shifts = PAGE_SHIFT_BIT(TCE_PAGE_SHIFT_4K) | PAGE_SHIFT_BIT(TCE_PAGE_SHIFT_64K) |
                           PAGE_SHIFT_BIT(TCE_PAGE_SHIFT_2M) | PAGE_SHIFT_BIT(TCE_PAGE_SHIFT_16M),
        },
    };
}

tce_config tce_config_powervm(void)
{
    tce_config config = tce_config_pseries();
    config.phb.window_bytes = UINT64_C(2) << 30;
    config.phb.page_shifts &= ~PAGE_SHIFT_BIT(TCE_PAGE_SHIFT_16M);
    return config;
}

static tce_err add_phbs(tce_machine *m, const tce_config *config)
{
    if (config->phb_count > TCE_WINDOWS_MAX)
        return TCE_ERR_WINDOWS;
    for (uint32_t n = 0; n < config->phb_count; n++) {
        tce_phb_config phb = config->phb;
        uint64_t liobn = phb.liobn + PHB_LIOBN_STRIDE * n;
        phb.buid += n;
        if (liobn > UINT32_MAX)     /* a BUID that wraps is 0 first, which none is */
            return TCE_ERR_CONFIG;
        phb.liobn = (uint32_t)liobn;
        tce_err err = tce_phb_add(m, &phb);
        if (err != TCE_OK)
            return err;
    }
    return TCE_OK;
}

tce_err tce_machine_create(const tce_config *config, tce_machine **out)
{
    *out = NULL;
    const tce__platform *platform = tce__platform_of(config->platform);
    if (platform == NULL)
        return TCE_ERR_PLATFORM;
    tce_machine *m = calloc(1, sizeof *m);
    if (m == NULL)
        return TCE_ERR_NO_MEMORY;
    m->platform = platform;
    m->memory_bytes = config->memory_bytes;
    m->multitce = config->multitce;
    m->pef = config->pef;
    m->eeh = config->eeh;
    m->made_from = *config;
    m->kernels = tce__kernels_choose();
    tce_err err = TCE_ERR_NO_MEMORY;
    if (tce__map_open(&m->windows) && tce__map_open(&m->phbs) && tce__map_open(&m->frames) &&
        tce__map_open(&m->states))
        err = add_phbs(m, config);
    if (err != TCE_OK) {
        tce_machine_destroy(m);
        return err;
    }
    *out = m;
    return TCE_OK;
}

void tce_machine_destroy(tce_machine *m)
{
    if (m == NULL)
        return;
    /* A PHB's windows are part of it; virtual I/O's stand alone. */
    for (size_t i = 0; m->windows.slots != NULL && i <= m->windows.mask; i++) {
        tce__window *w = m->windows.slots[i].value;
        if (w != NULL && w->phb == NULL) {
            tce__table_close(&w->table, w->tces);
            free(w);
        }
    }
    for (size_t i = 0; m->phbs.slots != NULL && i <= m->phbs.mask; i++) {
        if (m->phbs.slots[i].value != NULL)
            tce__phb_free(m->phbs.slots[i].value);
    }
    tce__map_close(&m->windows);
    tce__map_close(&m->phbs);
    tce__memory_close(m);
    tce__states_close(m);
    free(m);
}

tce_err tce_machine_reset(tce_machine *m)
{
    tce_err err = TCE_OK;
    if (m->svm != TCE_SVM_NORMAL)
        tce__states_reset(m, true);
    for (size_t i = 0; i <= m->windows.mask; i++) {
        tce__window *w = m->windows.slots[i].value;
        if (w != NULL && w->phb == NULL)
            tce__window_renew(m, w);
    }
    for (size_t i = 0; i <= m->phbs.mask; i++) {
        tce__phb *phb = m->phbs.slots[i].value;
        if (phb == NULL)
            continue;
        tce__eeh_set(m, phb, false);    /* [eeh.reset] */
        if (tce__phb_reset(m, phb) != TCE_OK)
            err = TCE_ERR_NO_MEMORY;
    }
    return err;
}

void tce_machine_config(const tce_machine *m, tce_config *out)
{
    *out = m->made_from;
}

tce_platform tce_machine_platform(const tce_machine *m)
{
    return m->platform->platform;
}

uint64_t tce_machine_memory_bytes(const tce_machine *m)
{
    return m->memory_bytes;
}

uint64_t tce_machine_generation(const tce_machine *m)
{
    return m->generation;
}
