/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls by which a guest becomes secure and shares its frames: ultracalls, and the hcalls that the ultravisor makes
 * (Linux Documentation/arch/powerpc/ultravisor.rst, kvm/book3s_hv_uvmem.c). The checks are numbered in the order in
 * which they are made. Architectural.
 */
#include "sharing.h"

#define FRAME_ORDER TCE__FRAME_SHIFT

/* Frames that one call may name: each has a state to keep. */
#define CALL_FRAMES_MAX (UINT64_C(1) << 24)

static bool is_frame(const tce_machine *m, uint64_t address)
{
    return tce__is_memory(m, address) && (address & (TCE__FRAME_BYTES - 1)) == 0;
}

/* --- The guest's ultracalls --- */

static tce_u_status esm(tce_machine *m, uint64_t blob, uint64_t fdt)
{
    /* 1. The ESM blob, and 2. the device tree, lie in memory. [uv.esm.1] [uv.esm.2] */
    if (!tce__is_memory(m, blob))
        return TCE_U_PARAMETER;
    if (!tce__is_memory(m, fdt))
        return TCE_U_P2;
    /* 3. A guest that is secure already stays so; one on its way does not run. [uv.esm.3] */
    if (m->svm != TCE_SVM_NORMAL)
        return m->svm == TCE_SVM_SECURE ? TCE_U_SUCCESS : TCE_U_BUSY;
    /* 4. H_SVM_INIT_START, the pages, H_SVM_INIT_DONE in one: all frames are secure, their contents kept.
     *    [uv.esm.4] */
    m->svm = TCE_SVM_SECURE;
    return TCE_U_SUCCESS;
}

/* The checks that UV_SHARE_PAGE and UV_UNSHARE_PAGE have in common. */
static tce_u_status check_range(const tce_machine *m, uint64_t gfn, uint64_t count)
{
    /* 1. The guest is secure. [uv.share.1] */
    if (m->svm != TCE_SVM_SECURE)
        return TCE_U_INVALID;
    /* 2. The first frame is memory. [uv.share.2] */
    if (gfn >= tce__frames_max(m))
        return TCE_U_PARAMETER;
    /* 3. So are all the others, and there is one; a call names a TiB at most. [uv.share.3] */
    if (count == 0 || count > tce__frames_max(m) - gfn || count > CALL_FRAMES_MAX)
        return TCE_U_P2;
    return TCE_U_SUCCESS;
}

static tce_u_status share(tce_machine *m, uint64_t gfn, uint64_t count, tce_err *err)
{
    m->sharing.share_calls++;
    tce_u_status status = check_range(m, gfn, count);
    if (status != TCE_U_SUCCESS)
        return status;
    if (!tce__states_reserve(m, gfn, count)) {
        *err = TCE_ERR_NO_MEMORY;
        return TCE_U_RETRY;
    }
    /* 4. From whatever state, the frame is backed by normal memory, and 0: no page-out, what was secret is dropped.
     *    [uv.share.4] */
    for (uint64_t i = 0; i < count; i++) {
        tce__set_state(m, gfn + i, TCE_FRAME_SHARED, false);
        tce__frame_zero(m, gfn + i);
    }
    return TCE_U_SUCCESS;
}

static tce_u_status unshare(tce_machine *m, uint64_t gfn, uint64_t count)
{
    m->sharing.unshare_calls++;
    tce_u_status status = check_range(m, gfn, count);
    if (status != TCE_U_SUCCESS)
        return status;
    /* 4. A shared frame is backed by secure memory, and 0; any other is left alone. [uv.unshare.4] */
    for (uint64_t i = 0; i < count; i++) {
        if (!tce__is_shared(tce__state_of(m, gfn + i)))
            continue;
        tce__set_state(m, gfn + i, TCE_FRAME_SECURE_IN, false);
        tce__frame_zero(m, gfn + i);
    }
    return TCE_U_SUCCESS;
}

static tce_u_status unshare_all(tce_machine *m)
{
    m->sharing.unshare_calls++;
    /* 1. The guest is secure. [uv.unshare-all.1] */
    if (m->svm != TCE_SVM_SECURE)
        return TCE_U_INVALID;
    /* 2. What the guest shared is secure, and 0; what the ultravisor shared on its own stays. [uv.unshare-all.2] */
    tce__unshare_all(m);
    return TCE_U_SUCCESS;
}

/* --- The hypervisor's ultracalls; lpid and host addresses are not modelled --- */

/* The checks that UV_PAGE_IN and UV_PAGE_OUT have in common: of registers R6, R7, R8. */
static tce_u_status check_page(const tce_machine *m, const uint64_t *args)
{
    /* 1. The guest is, or becomes, a secure one. [uv.page.1] */
    if (m->svm == TCE_SVM_NORMAL)
        return TCE_U_PARAMETER;
    /* 2. The address is a frame's. [uv.page.2] */
    if (!is_frame(m, args[2]))
        return TCE_U_P3;
    /* 3. No flag. [uv.page.3] */
    if (args[3] != 0)
        return TCE_U_P4;
    /* 4. The page is a frame. [uv.page.4] */
    return args[4] == FRAME_ORDER ? TCE_U_SUCCESS : TCE_U_P5;
}

static tce_u_status page_out(tce_machine *m, const uint64_t *args, tce_err *err)
{
    tce_u_status status = check_page(m, args);
    /* 5. A secure frame is encrypted and leaves secure memory; others stay. [uv.page-out.5] */
    if (status == TCE_U_SUCCESS && !tce__page_out(m, args[2] >> TCE__FRAME_SHIFT)) {
        *err = TCE_ERR_NO_MEMORY;
        return TCE_U_RETRY;
    }
    return status;
}

static tce_u_status page_in(tce_machine *m, const uint64_t *args, tce_err *err)
{
    const uint64_t number = args[2] >> TCE__FRAME_SHIFT;
    tce_u_status status = check_page(m, args);
    if (status != TCE_U_SUCCESS)
        return status;
    if (!tce__states_reserve(m, number, 1)) {
        *err = TCE_ERR_NO_MEMORY;
        return TCE_U_RETRY;
    }
    /* 5. An absent shared frame is mapped; a normal or paged-out one comes into secure memory. [uv.page-in.5] */
    switch (tce__state_of(m, number)) {
    case TCE_FRAME_SHARED_ABSENT:
        tce__remap(m, number);
        break;
    case TCE_FRAME_NORMAL:
    case TCE_FRAME_SECURE_OUT:
        tce__page_in(m, number);
        break;
    default:
        break;
    }
    return status;
}

static tce_u_status page_inval(tce_machine *m, uint64_t address, uint64_t order)
{
    const uint64_t number = address >> TCE__FRAME_SHIFT;
    /* 1. The guest is, or becomes, a secure one. [uv.page-inval.1] */
    if (m->svm == TCE_SVM_NORMAL)
        return TCE_U_PARAMETER;
    /* 2. The address is a frame's, 3. the page is a frame. [uv.page-inval.2] [uv.page-inval.3] */
    if (!is_frame(m, address))
        return TCE_U_P2;
    if (order != FRAME_ORDER)
        return TCE_U_P3;
    /* 4. Of a frame that is not shared nothing is taken. [uv.page-inval.4] */
    if (!tce__is_shared(tce__state_of(m, number)))
        return TCE_U_P2;
    tce__set_state(m, number, TCE_FRAME_SHARED_ABSENT, tce__shared_by_ultravisor(m, number));
    return TCE_U_SUCCESS;
}

static tce_u_status terminate(tce_machine *m)
{
    /* 1. The guest is, or becomes, a secure one. [uv.terminate.1] */
    if (m->svm == TCE_SVM_NORMAL)
        return TCE_U_INVALID;
    /* 2. All frames are normal; those that were not shared have lost what they held. [uv.terminate.2] */
    tce__states_reset(m, true);
    return TCE_U_SUCCESS;
}

tce_u_status tce_ultracall(tce_machine *m, uint64_t number, const uint64_t *args, size_t nargs, tce_err *err)
{
    uint64_t r4[TCE_UV_ARGUMENTS_MAX] = {0};
    tce_err ignored;
    if (err == NULL)
        err = &ignored;
    *err = TCE_OK;
    for (size_t i = 0; i < nargs && i < TCE_UV_ARGUMENTS_MAX; i++)
        r4[i] = args[i];
    m->sharing.ultracalls++;
    /* Without an ultravisor the call lands in the hypervisor, which fails it. [uv.function] */
    if (!m->pef)
        return TCE_U_FUNCTION;
    switch (number) {
    case TCE_UV_ESM:
        return esm(m, r4[0], r4[1]);
    case TCE_UV_SHARE_PAGE:
        return share(m, r4[0], r4[1], err);
    case TCE_UV_UNSHARE_PAGE:
        return unshare(m, r4[0], r4[1]);
    case TCE_UV_UNSHARE_ALL_PAGES:
        return unshare_all(m);
    case TCE_UV_PAGE_IN:
        return page_in(m, r4, err);
    case TCE_UV_PAGE_OUT:
        return page_out(m, r4, err);
    case TCE_UV_PAGE_INVAL:
        return page_inval(m, r4[1], r4[2]);
    case TCE_UV_SVM_TERMINATE:
        return terminate(m);
    default:
        return TCE_U_FUNCTION;
    }
}

/* --- The ultravisor's hcalls --- */

/* The checks that H_SVM_PAGE_IN and H_SVM_PAGE_OUT have in common; flags: those that the call takes. */
static tce_h_status check_svm_page(const tce_machine *m, uint64_t address, uint64_t flags, uint64_t allowed,
                                   uint64_t order)
{
    /* 1. The guest is, or becomes, a secure one. [svm.page.1] */
    if (m->svm == TCE_SVM_NORMAL)
        return TCE_H_UNSUPPORTED;
    /* 2. The page is a frame. [svm.page.2] */
    if (order != FRAME_ORDER)
        return TCE_H_P3;
    /* 3. No other flag. [svm.page.3] */
    if ((flags & ~allowed) != 0)
        return TCE_H_P2;
    /* 4. A memory slot has the frame. [svm.page.4] */
    return is_frame(m, address) ? TCE_H_SUCCESS : TCE_H_PARAMETER;
}

/* The frame's state after H_SVM_PAGE_IN; there is room for it. */
static tce_h_status svm_page_in(tce_machine *m, uint64_t number, bool shared)
{
    const tce_frame_state state = tce__state_of(m, number);
    if (shared) {
        /* 5. To be shared: one that is keeps its page; any other is backed by a new one, of zeros. [svm.page-in.5] */
        if (state == TCE_FRAME_SHARED_ABSENT) {
            tce__remap(m, number);
        } else if (state != TCE_FRAME_SHARED) {
            tce__set_state(m, number, TCE_FRAME_SHARED, true);
            tce__frame_zero(m, number);
        }
        return TCE_H_SUCCESS;
    }
    /* 6. To be secure: not one that is; a shared one is 0 then. [svm.page-in.6] */
    switch (state) {
    case TCE_FRAME_SECURE_IN:
        return TCE_H_PARAMETER;
    case TCE_FRAME_SHARED:
    case TCE_FRAME_SHARED_ABSENT:
        tce__set_state(m, number, TCE_FRAME_SECURE_IN, false);
        tce__frame_zero(m, number);
        return TCE_H_SUCCESS;
    default:
        tce__page_in(m, number);
        return TCE_H_SUCCESS;
    }
}

static tce_h_status init_start(tce_machine *m)
{
    /* 1. The guest is a normal one. [svm.init-start.1] */
    if (m->svm != TCE_SVM_NORMAL)
        return TCE_H_UNSUPPORTED;
    m->svm = TCE_SVM_TRANSITION;
    return TCE_H_SUCCESS;
}

static tce_h_status init_done(tce_machine *m)
{
    /* 1. H_SVM_INIT_START came before. [svm.init-done.1] */
    if (m->svm != TCE_SVM_TRANSITION)
        return TCE_H_UNSUPPORTED;
    /* 2. What is still normal is secure now; what is shared stays. [svm.init-done.2] */
    m->svm = TCE_SVM_SECURE;
    return TCE_H_SUCCESS;
}

static tce_h_status init_abort(tce_machine *m)
{
    /* 1. H_SVM_INIT_START came before, 2. H_SVM_INIT_DONE did not. [svm.init-abort.1] [svm.init-abort.2] */
    if (m->svm == TCE_SVM_NORMAL)
        return TCE_H_UNSUPPORTED;
    if (m->svm == TCE_SVM_SECURE)
        return TCE_H_STATE;
    /* 3. All frames are normal again, with what they held; the guest reads this status as that of its UV_ESM.
     *    [svm.init-abort.3] */
    tce__states_reset(m, false);
    return TCE_H_PARAMETER;
}

tce_h_status tce_svm_hcall(tce_machine *m, uint64_t opcode, uint64_t address, uint64_t flags, uint64_t order,
                           tce_err *err)
{
    const uint64_t number = address >> TCE__FRAME_SHIFT;
    tce_h_status status;
    tce_err ignored;
    if (err == NULL)
        err = &ignored;
    *err = TCE_OK;
    /* No ultravisor, or none of its hcalls. [svm.function] */
    if (!m->pef)
        return TCE_H_FUNCTION;
    switch (opcode) {
    case TCE_H_SVM_INIT_START:
        return init_start(m);
    case TCE_H_SVM_INIT_DONE:
        return init_done(m);
    case TCE_H_SVM_INIT_ABORT:
        return init_abort(m);
    case TCE_H_SVM_PAGE_IN:
        status = check_svm_page(m, address, flags, TCE_SVM_PAGE_SHARED, order);
        break;
    case TCE_H_SVM_PAGE_OUT:
        status = check_svm_page(m, address, flags, 0, order);
        break;
    default:
        return TCE_H_FUNCTION;
    }
    if (status != TCE_H_SUCCESS)
        return status;
    if (!tce__states_reserve(m, number, 1)) {
        *err = TCE_ERR_NO_MEMORY;
        return TCE_H_NO_MEM;
    }
    if (opcode == TCE_H_SVM_PAGE_IN)
        return svm_page_in(m, number, (flags & TCE_SVM_PAGE_SHARED) != 0);
    /* 5. A secure frame is paged out; of any other there is nothing to do. [svm.page-out.5] */
    (void)tce__page_out(m, number);
    return TCE_H_SUCCESS;
}

/* --- What there is --- */

tce_svm_state tce_machine_svm_state(const tce_machine *m)
{
    return m->svm;
}

bool tce_frame_state_of(const tce_machine *m, uint64_t address, tce_frame_state *state)
{
    if (!tce__is_memory(m, address))
        return false;
    *state = tce__state_of(m, address >> TCE__FRAME_SHIFT);
    return true;
}

uint64_t tce_frame_run(const tce_machine *m, uint64_t address, uint64_t end, tce_frame_state *state)
{
    if (end > m->memory_bytes)
        end = m->memory_bytes;
    if (address >= end)
        return 0;
    *state = tce__state_of(m, address >> TCE__FRAME_SHIFT);
    uint64_t next = address;
    do {
        const uint64_t frame = (next >> TCE__FRAME_SHIFT) + 1;
        if (frame > end >> TCE__FRAME_SHIFT) {
            next = end;
            break;
        }
        next = frame << TCE__FRAME_SHIFT;
    } while (next < end && tce__state_of(m, next >> TCE__FRAME_SHIFT) == *state);
    return next - address;
}

tce_sharing tce_machine_sharing(const tce_machine *m)
{
    return m->sharing;
}
