/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rarer events of a batch: RTAS calls, ultracalls, and what the platform does to windows, PHBs and the machine.
 */
#include "run.h"

tce_result tce__run_rtas(tce__run *r, size_t index, const tce_event *event, tce_err *err)
{
    static const struct { uint32_t token, counter; } counted[] = {
        {TCE_RTAS_QUERY_PE_DMA_WINDOW, TCE_COUNT_QUERY},
        {TCE_RTAS_CREATE_PE_DMA_WINDOW, TCE_COUNT_CREATE},
        {TCE_RTAS_REMOVE_PE_DMA_WINDOW, TCE_COUNT_REMOVE},
        {TCE_RTAS_RESET_PE_DMA_WINDOW, TCE_COUNT_RESET},
        {TCE_RTAS_RESET_PE_DMA_WINDOWS, TCE_COUNT_RESET},
    };
    const uint64_t *side = r->batch->side + event->value;
    uint32_t args[TCE_CALL_CELLS_MAX], rets[TCE_CALL_CELLS_MAX];
    uint32_t nargs = (uint32_t)side[TCE_CALL_NARGS], nouts = (uint32_t)side[TCE_CALL_NOUTS];
    uint32_t nret = event->count < 1 ? 1 : event->count > TCE_CALL_CELLS_MAX ? TCE_CALL_CELLS_MAX : event->count;
    for (uint32_t i = 0; i < nargs; i++)
        args[i] = (uint32_t)side[TCE_CALL_WORDS + i];
    /* A token has 32 bits; a larger number is none. */
    uint32_t token = event->address > UINT32_MAX ? 0 : (uint32_t)event->address;
    int32_t status = tce_rtas_call(r->m, token, args, nargs, rets, nret, err);
    if (*err != TCE_OK)
        return (tce_result){0, 0};
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        if (counted[i].token == token) {
            r->counters->calls[counted[i].counter].calls++;
            r->counters->calls[counted[i].counter].errors += status != TCE_RTAS_SUCCESS;
        }
    }
    if (r->check && (event->flags & TCE_EVENT_RECORDED)) {
        r->counters->rtas_compared++;
        const uint64_t *outs = side + TCE_CALL_WORDS + nargs;
        if (event->status != status) {
            tce__run_mismatch(r, index, TCE_MISMATCH_CELL, 0, (uint64_t)(int64_t)event->status, (uint64_t)(int64_t)status);
        } else {
            for (uint32_t i = 0; i < nouts && i + 1 < nret; i++) {
                if ((uint32_t)outs[i] != rets[i + 1]) {
                    tce__run_mismatch(r, index, TCE_MISMATCH_CELL, i + 1, outs[i], rets[i + 1]);
                    break;
                }
            }
        }
    }
    return (tce_result){status, nret > 1 ? rets[1] : 0};
}

/* What the platform does. A refusal is counted; only a host without memory ends the run. */
tce_err tce__run_platform(tce__run *r, const tce_event *event)
{
    const uint64_t *side = event->flags & TCE_EVENT_SIDE ? r->batch->side + event->value : NULL;
    const tce_stream *stream = &r->batch->streams[event->stream];
    tce_err err = TCE_OK;
    r->counters->windows++;
    switch (event->kind) {
    case TCE_EVENT_PHB: {
        tce_phb_config config = {
            .buid = event->address,
            .liobn = (uint32_t)side[TCE_PHB_LIOBN],
            .ddw = side[TCE_PHB_DDW] != 0,
            .window_start = side[TCE_PHB_START],
            .window_bytes = side[TCE_PHB_BYTES],
            .dma64_start = side[TCE_PHB_DMA64],
            .page_shifts = side[TCE_PHB_SHIFTS],
        };
        err = side[TCE_PHB_LIOBN] > UINT32_MAX ? TCE_ERR_CONFIG
              : tce_phb_find(r->m, config.buid, NULL) ? tce_phb_set_ddw(r->m, config.buid, config.ddw, config.page_shifts)
                                                    : tce_phb_add(r->m, &config);
        break;
    }
    case TCE_EVENT_WINDOW: {
        tce_window_config config = {
            .liobn = (uint32_t)stream->liobn,
            .page_shift = side[TCE_WINDOW_SHIFT] > UINT32_MAX ? UINT32_MAX : (uint32_t)side[TCE_WINDOW_SHIFT],
            .start = event->address,
            .tces = side[TCE_WINDOW_TCES],
            .buid = side[TCE_WINDOW_BUID],
        };
        err = stream->liobn > UINT32_MAX ? TCE_ERR_CONFIG : tce_window_create(r->m, &config);
        if (err == TCE_OK)
            err = tce_window_set_bypass(r->m, config.liobn, side[TCE_WINDOW_BYPASS] != 0);
        break;
    }
    case TCE_EVENT_UNWINDOW:
        err = tce_window_remove(r->m, stream->liobn);
        break;
    case TCE_EVENT_THAW:
        err = tce_pe_thaw(r->m, event->address);
        break;
    default:
        if (!tce__run_spend(r, tce__pages_reset(r->m)))
            return TCE_ERR_WORK;
        err = tce_machine_reset(r->m);
        break;
    }
    if (err == TCE_ERR_NO_MEMORY)
        return err;
    r->counters->refused += err != TCE_OK;
    return TCE_OK;
}

tce_result tce__run_ultracall(tce__run *r, size_t index, const tce_event *event, tce_err *err)
{
    const uint64_t *side = r->batch->side + event->value, *args = side + TCE_CALL_WORDS;
    const uint32_t nargs = (uint32_t)side[TCE_CALL_NARGS];
    if (!tce__run_spend(r, tce__frames_visited(r->m, event->address, args, nargs))) {
        *err = TCE_ERR_WORK;
        return (tce_result){0, 0};
    }
    tce_u_status status = tce_ultracall(r->m, event->address, args, nargs, err);
    if (*err != TCE_OK)
        return (tce_result){0, 0};
    r->counters->ultracalls++;
    r->counters->ultracall_errors += status != TCE_U_SUCCESS;
    if (r->check && (event->flags & TCE_EVENT_RECORDED))
        tce__run_check_status(r, index, event->status, status);
    return (tce_result){status, 0};
}
