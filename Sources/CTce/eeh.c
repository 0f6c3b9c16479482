/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EEH: a PE whose device's access failed is frozen, and what it does is dropped until it is thawed (LoPAR 3.2.2). The
 * PE is the whole PHB, which is QEMU's unit too (hw/ppc/spapr_rtas_ddw.c looks at the BUID alone). Architectural.
 */
#include "internal.h"

void tce__eeh_set(tce_machine *m, tce__phb *phb, bool frozen)
{
    if (phb->frozen == frozen)
        return;
    phb->frozen = frozen;
    for (uint32_t i = 0; i < TCE_PHB_WINDOWS; i++)
        phb->windows[i].frozen = frozen;
    m->generation++;
}

void tce__eeh_fault(tce_machine *m, tce__phb *phb, tce_fault fault)
{
    /* Not asked for; virtual I/O has no PE. [eeh.off] [eeh.vio] */
    if (!m->eeh || phb == NULL)
        return;
    /* What a device reads from a page that is not shared is no fault to the PHB. [eeh.not-shared] */
    if (fault == TCE_FAULT_NONE || fault == TCE_FAULT_NOT_SHARED)
        return;
    /* The first fault freezes; from the next access on everything of the PHB is dropped. [eeh.freeze] */
    tce__eeh_set(m, phb, true);
}

bool tce_pe_frozen(const tce_machine *m, uint64_t buid)
{
    const tce__phb *phb = tce__phb_of(m, buid);
    return phb != NULL && phb->frozen;
}

tce_err tce_pe_thaw(tce_machine *m, uint64_t buid)
{
    /* The platform thaws, frozen or not. [eeh.thaw] */
    tce__phb *phb = tce__phb_of(m, buid);
    if (phb == NULL)
        return TCE_ERR_NO_PHB;
    tce__eeh_set(m, phb, false);
    return TCE_OK;
}
