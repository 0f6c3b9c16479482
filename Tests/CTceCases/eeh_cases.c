/* SPDX-License-Identifier: Apache-2.0 */
/* eeh.c: when a PE freezes, what is dropped while it is, and what thaws it. */
#include "secure.h"

#define READ TCE_ACCESS_READ
#define OTHER (BUID + 1)
#define OTHER_LIOBN (LIOBN + 0x100)
#define VIO UINT64_C(0x71000000)

/* A machine with EEH, two PHBs and a window of virtual I/O, each with a page that a device may read; or NULL. */
static tce_machine *machine_with(bool eeh)
{
    tce_config config = tce_config_pseries();
    tce_machine *m;
    config.eeh = eeh;
    config.phb_count = 2;
    if (tce_machine_create(&config, &m) != TCE_OK)
        return NULL;
    if (window_at(m, VIO, 12, 0, 16) == TCE_OK && tce_h_put_tce(m, LIOBN, 0, 0x5001) == TCE_H_SUCCESS &&
        tce_h_put_tce(m, OTHER_LIOBN, 0, 0x5001) == TCE_H_SUCCESS && tce_h_put_tce(m, VIO, 0, 0x5001) == TCE_H_SUCCESS)
        return m;
    tce_machine_destroy(m);
    return NULL;
}

static tce_fault dma(tce_machine *m, uint64_t liobn, uint64_t ioba)
{
    unsigned char byte;
    return tce_dma_read(m, liobn, ioba, &byte, 1, NULL);
}

/* Every kind of fault freezes; a success, and a page that is not shared, do not. */
static const char *every_fault(tce_machine *m)
{
    static const struct { uint64_t liobn, ioba; } faults[] = {
        {LIOBN_DYNAMIC, 0}, {LIOBN, WINDOW_END}, {LIOBN, 0x1000}, {LIOBN, 0x2000}};
    if (tce_h_put_tce(m, LIOBN, 0x2000, MEMORY_END | 1) != TCE_H_SUCCESS)
        return "a TCE beyond memory";
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        if (dma(m, LIOBN, 0) != TCE_FAULT_NONE || tce_pe_frozen(m, BUID))
            return "a success freezes nothing";
        if (dma(m, faults[i].liobn, faults[i].ioba) == TCE_FAULT_PE_FROZEN || !tce_pe_frozen(m, BUID))
            return "a fault freezes, and is said itself";
        if (dma(m, LIOBN, 0) != TCE_FAULT_PE_FROZEN || dma(m, LIOBN_DYNAMIC, 0) != TCE_FAULT_PE_FROZEN)
            return "what follows is dropped, also without a window";
        if (dma(m, OTHER_LIOBN, 0) != TCE_FAULT_NONE || tce_pe_frozen(m, OTHER))
            return "another PHB is not frozen";
        if (tce_pe_thaw(m, BUID) != TCE_OK || tce_pe_frozen(m, BUID))
            return "it is thawed";
    }
    return NULL;
}

CASE(eeh_freezes)
{
    tce_machine *e = machine_with(true);
    CHECK(e != NULL);
    const char *wrong = every_fault(e);
    tce_machine_destroy(e);
    if (wrong != NULL)
        tce_case_fail(c, __FILE__, __LINE__, wrong);
}

CASE(eeh_is_off)
{
    tce_machine *e = machine_with(false);
    CHECK(e != NULL);
    bool same = dma(e, LIOBN, 0x1000) == TCE_FAULT_NO_READ && !tce_pe_frozen(e, BUID) &&
                dma(e, LIOBN, 0) == TCE_FAULT_NONE;
    tce_machine_destroy(e);
    CHECK(same);
}

CASE(eeh_vio_has_no_pe)
{
    tce_machine *e = machine_with(true);
    CHECK(e != NULL);
    bool right = dma(e, VIO, 0x1000) == TCE_FAULT_NO_READ && dma(e, VIO, 0) == TCE_FAULT_NONE &&
                 dma(e, 0x12345, 0) == TCE_FAULT_NO_WINDOW && !tce_pe_frozen(e, BUID) && !tce_pe_frozen(e, 0);
    tce_machine_destroy(e);
    CHECK(right);
}

/* Nothing moves while a PE is frozen, at any length; translations are refused but never freeze. */
CASE(eeh_drops)
{
    tce_machine *e = machine_with(true);
    CHECK(e != NULL);
    unsigned char bytes[4] = {7, 7, 7, 7};
    uint64_t done = 9, address = 9, ioba = 0;
    uint8_t fault = 0;
    tce_segment segment;
    size_t count = 9;
    bool right = tce_h_put_tce(e, LIOBN, 0, 0x5003) == TCE_H_SUCCESS;
    right = right && tce_translate(e, LIOBN, 0x1000, 1, READ, &address) == TCE_FAULT_NO_READ &&
            tce_translate_span(e, LIOBN, 0x1000, 1, READ, &segment, 1, &count) == TCE_FAULT_NO_READ &&
            !tce_pe_frozen(e, BUID);
    right = right && dma(e, LIOBN, 0x1000) == TCE_FAULT_NO_READ;
    right = right && tce_dma_write(e, LIOBN, 0, bytes, 4, &done) == TCE_FAULT_PE_FROZEN && done == 0 &&
            tce_memory_load64(e, 0x5000) == 0;
    right = right && tce_dma_read(e, LIOBN, 0, bytes, 0, &done) == TCE_FAULT_PE_FROZEN;
    right = right && tce_translate(e, LIOBN, 0, 1, READ, &address) == TCE_FAULT_PE_FROZEN && address == 9 &&
            tce_translate(e, LIOBN_DYNAMIC, 0, 1, READ, &address) == TCE_FAULT_PE_FROZEN &&
            tce_translate_span(e, LIOBN, 0, 1, READ, &segment, 1, &count) == TCE_FAULT_PE_FROZEN && count == 0 &&
            tce_translate_batch(e, LIOBN, &ioba, 1, READ, &address, &fault) == 1 && fault == TCE_FAULT_PE_FROZEN;
    /* The guest goes on: its hcalls are not a device's accesses. */
    right = right && tce_h_put_tce(e, LIOBN, 0x1000, 0x6003) == TCE_H_SUCCESS && holds(e, LIOBN, 0x1000, 0x6003);
    right = right && tce_pe_thaw(e, BUID) == TCE_OK && dma(e, LIOBN, 0x1000) == TCE_FAULT_NONE;
    tce_machine_destroy(e);
    CHECK(right);
}

/* A window that is made while the PE is frozen is frozen, too; so is one that is not translated. */
CASE(eeh_other_window)
{
    tce_machine *e = machine_with(true);
    CHECK(e != NULL);
    uint32_t cells[6];
    bool right = dma(e, LIOBN, 0x1000) == TCE_FAULT_NO_READ && ddw_create(e, 16, 30, cells) == TCE_RTAS_SUCCESS &&
                 dma(e, LIOBN_DYNAMIC, DMA64) == TCE_FAULT_PE_FROZEN;
    right = right && tce_window_set_bypass(e, LIOBN, true) == TCE_OK && dma(e, LIOBN, 0) == TCE_FAULT_PE_FROZEN;
    right = right && tce_pe_thaw(e, BUID) == TCE_OK && dma(e, LIOBN, 0) == TCE_FAULT_NONE &&
            dma(e, LIOBN_DYNAMIC, DMA64) == TCE_FAULT_NO_READ;
    tce_machine_destroy(e);
    CHECK(right);
}

CASE(eeh_thaw_and_reset)
{
    tce_machine *e = machine_with(true);
    CHECK(e != NULL);
    bool right = tce_pe_thaw(e, BUID + 7) == TCE_ERR_NO_PHB && tce_pe_thaw(e, BUID) == TCE_OK;
    right = right && dma(e, LIOBN, 0x1000) == TCE_FAULT_NO_READ;
    /* The guest's reset of the windows is none of the PE; the platform's of the PHB neither. */
    right = right && ddw_reset(e) == TCE_RTAS_SUCCESS && tce_pe_frozen(e, BUID) &&
            dma(e, LIOBN, 0) == TCE_FAULT_PE_FROZEN;
    right = right && tce_phb_reset(e, BUID) == TCE_OK && tce_pe_frozen(e, BUID);
    right = right && tce_pe_thaw(e, OTHER) == TCE_OK && tce_pe_frozen(e, BUID);
    right = right && tce_machine_reset(e) == TCE_OK && !tce_pe_frozen(e, BUID) &&
            dma(e, LIOBN, 0) == TCE_FAULT_NO_READ;
    tce_machine_destroy(e);
    CHECK(right);
}

CASE(eeh_not_shared)
{
    tce_machine *e = machine_with(true);
    CHECK(e != NULL);
    bool right = make_secure(e) && dma(e, LIOBN, 0) == TCE_FAULT_NOT_SHARED && !tce_pe_frozen(e, BUID) &&
                 dma(e, LIOBN, 0) == TCE_FAULT_NOT_SHARED;
    /* A fault after it does. */
    unsigned char bytes[0x1001];
    right = right && tce_dma_read(e, LIOBN, 0, bytes, sizeof bytes, NULL) == TCE_FAULT_NO_READ &&
            tce_pe_frozen(e, BUID);
    tce_machine_destroy(e);
    CHECK(right);
}
