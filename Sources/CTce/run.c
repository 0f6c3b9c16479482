/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The batch: events to calls on the machine, counters, comparison. Every answer is that of the hcalls, RTAS calls,
 * windows and page translations of the architectural files; only the walk over an access's pages stands here, too, so
 * that it can count them.
 */
#include "tce_run.h"

#include <string.h>

#include "internal.h"

/* Windows found for the streams of a batch, so that an event costs no look-up of its LIOBN. */
enum { FOUND_SLOTS = 64 };

typedef struct found {
    const tce__window *window; /* NULL: the LIOBN has none */
    uint32_t stream_plus_1;    /* 0: nothing was looked up */
} found;

typedef struct run {
    tce_machine *m;
    const tce_batch *batch;
    tce_counters *counters;
    tce_run_options *options;
    uint64_t generation;
    bool check;
    found found[FOUND_SLOTS];
} run;

const char *tce_call_count_name(uint32_t index)
{
    switch (index) {
#define TCE_X(name, text) case name: return text;
        TCE_CALL_COUNTS(TCE_X)
#undef TCE_X
    }
    return NULL;
}

const char *tce_mismatch_name(tce_mismatch_what what)
{
    switch (what) {
#define TCE_X(name, value, text) case name: return text;
        TCE_MISMATCH_WHATS(TCE_X)
#undef TCE_X
    }
    return NULL;
}

/* What a guest or a trace names may be any number: the sum stops at the largest. */
static void add_saturated(uint64_t *sum, uint64_t more)
{
    *sum = more > UINT64_MAX - *sum ? UINT64_MAX : *sum + more;
}

/* The window that an event means: by its LIOBN, else by its PHB and address. */
static inline const tce__window *window_of(run *r, const tce_event *event)
{
    const tce_stream *stream = &r->batch->streams[event->stream];
    if (TCE__UNLIKELY(stream->liobn == TCE_LIOBN_UNKNOWN))
        return tce__window_at(r->m, stream->buid, event->address);
    if (TCE__UNLIKELY(r->generation != r->m->generation)) {
        memset(r->found, 0, sizeof r->found);
        r->generation = r->m->generation;
    }
    found *f = &r->found[event->stream % FOUND_SLOTS];
    if (TCE__UNLIKELY(f->stream_plus_1 != event->stream + 1)) {
        f->window = tce__window_of(r->m, stream->liobn);
        f->stream_plus_1 = event->stream + 1;
    }
    return f->window;
}

static void mismatch(run *r, size_t event, tce_mismatch_what what, uint32_t cell, uint64_t recorded,
                     uint64_t answered)
{
    if (what == TCE_MISMATCH_CELL)
        r->counters->rtas_mismatches++;
    else
        r->counters->mismatches++;
    tce_run_options *o = r->options;
    if (o->mismatches && o->mismatch_count < o->mismatch_max)
        o->mismatches[o->mismatch_count++] = (tce_mismatch){event, what, cell, recorded, answered};
}

static void check_status(run *r, size_t index, int64_t recorded, int64_t answered)
{
    r->counters->compared++;
    if (recorded != answered)
        mismatch(r, index, TCE_MISMATCH_STATUS, 0, (uint64_t)recorded, (uint64_t)answered);
}

/* A recorded translation: the TCE's page, permission and page mask, whatever came of the access. */
static void check_translation(run *r, size_t index, const tce_event *event, uint64_t recorded_page,
                              const tce__window *w)
{
    uint64_t page = 0;
    uint32_t permission = 0, shift = 64;
    if (w && tce__index(w, event->address) < w->tces) {
        uint64_t tce = tce__table_load(&w->table, tce__index(w, event->address));
        shift = w->shift;
        page = tce & ~tce_page_mask(shift);
        permission = (uint32_t)(tce & TCE_ACCESS_RW);
    }
    uint32_t recorded_shift = tce_outcome_shift(event->status);
    uint32_t recorded_permission = tce_outcome_permission(event->status);
    /* QEMU prints 32 bits of the mask: from 2^32 on, and for "no page", it reads 0xffffffff. */
    bool same_mask = recorded_shift == shift || (recorded_shift == 32 && shift >= 32);
    r->counters->compared++;
    if (recorded_page != page)
        mismatch(r, index, TCE_MISMATCH_PAGE, 0, recorded_page, page);
    else if (recorded_permission != permission)
        mismatch(r, index, TCE_MISMATCH_PERMISSION, 0, recorded_permission, permission);
    else if (!same_mask)
        mismatch(r, index, TCE_MISMATCH_MASK, 0, recorded_shift, shift);
}

/* Several pages: the first fault is the access's. *address: of the first byte. */
static tce_fault translate_pages(run *r, const tce__window *w, const tce_event *event, uint64_t bytes,
                                 uint64_t access, uint64_t *address)
{
    uint64_t ioba = event->address, left = bytes, part_address;
    while (left) {
        uint64_t part = tce__page_rest(w, ioba);
        part = part < left ? part : left;
        r->counters->translations++;
        tce_fault fault = tce__translate_page(r->m, w, ioba, part, access, &part_address);
        if (fault != TCE_FAULT_NONE)
            return fault;
        if (left == bytes)
            *address = part_address;
        ioba += part;
        left -= part;
        if (left && ioba - w->start == 0) /* past the end of the bus */
            return TCE_FAULT_OUTSIDE_WINDOW;
    }
    return TCE_FAULT_NONE;
}

static inline tce_result run_dma(run *r, size_t index, const tce_event *event)
{
    tce_counters *c = r->counters;
    const uint64_t *side = event->flags & TCE_EVENT_SIDE ? r->batch->side + event->value : NULL;
    uint64_t bytes = side ? side[TCE_HCALL_NPAGES] : event->count;
    bool length = event->flags & TCE_EVENT_LENGTH;
    uint64_t access = (event->flags & (TCE_EVENT_READ | TCE_EVENT_WRITE)) / TCE_EVENT_READ;
    if (!length)
        bytes = 0;
    const tce__window *w = window_of(r, event);

    c->transactions++;
    if (length && access) {
        c->reads += access & TCE_ACCESS_READ;
        c->writes += access == TCE_ACCESS_WRITE;
        add_saturated(&c->bytes, bytes);
    } else {
        c->unknown++;
    }
    tce_fault fault = TCE_FAULT_NO_WINDOW;
    uint64_t address = 0;
    if (TCE__LIKELY(w != NULL)) {
        if (TCE__LIKELY(w->bypass || bytes <= tce__page_rest(w, event->address))) {
            c->translations += !w->bypass;
            fault = tce__translate_page(r->m, w, event->address, bytes, access, &address);
        } else {
            fault = translate_pages(r, w, event, bytes, access, &address);
        }
    }
    c->faults[fault]++;
    if (r->check && (event->flags & TCE_EVENT_RECORDED))
        check_translation(r, index, event, side ? side[TCE_HCALL_VALUE] : event->value, w);
    return (tce_result){fault, fault == TCE_FAULT_NONE ? address : 0};
}

static inline tce_result run_hcall(run *r, size_t index, const tce_event *event)
{
    static const uint8_t counter_of[TCE_EVENT_KIND_LIMIT] = {
        [TCE_EVENT_GET] = TCE_COUNT_GET,
        [TCE_EVENT_PUT] = TCE_COUNT_PUT,
        [TCE_EVENT_STUFF] = TCE_COUNT_STUFF,
        [TCE_EVENT_INDIRECT] = TCE_COUNT_INDIRECT,
    };
    const uint64_t *side = event->flags & TCE_EVENT_SIDE ? r->batch->side + event->value : NULL;
    uint64_t value = side ? side[TCE_HCALL_VALUE] : event->value;
    uint64_t npages = side ? side[TCE_HCALL_NPAGES] : event->count;
    const tce__window *w = window_of(r, event);
    tce_h_status status;
    tce_result result = {0, 0};
    switch (event->kind) {
    case TCE_EVENT_GET:
        npages = 1;
        status = tce__get(w, event->address, &result.value);
        break;
    case TCE_EVENT_PUT:
        npages = 1;
        status = tce__put(r->m, w, event->address, value);
        break;
    case TCE_EVENT_STUFF:
        status = tce__stuff(r->m, w, event->address, value, npages);
        break;
    default:
        /* A list that the trace does not have is read where the guest says that it lies. */
        status = tce__put_list(r->m, w, event->address, value,
                               side[TCE_HCALL_ENTRIES] == npages ? side + TCE_HCALL_WORDS : NULL, npages);
        break;
    }
    result.status = status;
    tce_call_counter *c = &r->counters->calls[counter_of[event->kind]];
    c->calls++;
    add_saturated(&c->tces, npages);
    c->errors += status != TCE_H_SUCCESS;
    if (r->check && (event->flags & TCE_EVENT_RECORDED)) {
        if (event->kind == TCE_EVENT_GET && status == TCE_H_SUCCESS && event->status == TCE_H_SUCCESS &&
            result.value != value) {
            r->counters->compared++;
            mismatch(r, index, TCE_MISMATCH_TCE, 0, value, result.value);
        } else {
            check_status(r, index, event->status, status);
        }
    }
    return result;
}

static tce_result run_rtas(run *r, size_t index, const tce_event *event, tce_err *err)
{
    static const struct { uint32_t token, counter; } counted[] = {
        {TCE_RTAS_QUERY_PE_DMA_WINDOW, TCE_COUNT_QUERY},
        {TCE_RTAS_CREATE_PE_DMA_WINDOW, TCE_COUNT_CREATE},
        {TCE_RTAS_REMOVE_PE_DMA_WINDOW, TCE_COUNT_REMOVE},
        {TCE_RTAS_RESET_PE_DMA_WINDOW, TCE_COUNT_RESET},
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
            mismatch(r, index, TCE_MISMATCH_CELL, 0, (uint64_t)(int64_t)event->status, (uint64_t)(int64_t)status);
        } else {
            for (uint32_t i = 0; i < nouts && i + 1 < nret; i++) {
                if ((uint32_t)outs[i] != rets[i + 1]) {
                    mismatch(r, index, TCE_MISMATCH_CELL, i + 1, outs[i], rets[i + 1]);
                    break;
                }
            }
        }
    }
    return (tce_result){status, nret > 1 ? rets[1] : 0};
}

/* What the platform does. A refusal is counted; only a host without memory ends the run. */
static tce_err run_platform(run *r, const tce_event *event)
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
    default:
        err = tce_machine_reset(r->m);
        break;
    }
    if (err == TCE_ERR_NO_MEMORY)
        return err;
    r->counters->refused += err != TCE_OK;
    return TCE_OK;
}

static tce_err run_event(run *r, size_t index)
{
    const tce_event *event = &r->batch->events[index];
    tce_result result = {0, 0};
    tce_err err = TCE_OK;
    if (TCE__UNLIKELY(event->stream >= r->batch->stream_count))
        return TCE_ERR_EVENT;
    if (event->flags & TCE_EVENT_SIDE &&
        tce_event_side_words(event, r->batch->side, r->batch->side_count) == UINT64_MAX)
        return TCE_ERR_EVENT;
    switch (event->kind) {
    case TCE_EVENT_DMA:
        if (!r->options->state_only)
            result = run_dma(r, index, event);
        break;
    case TCE_EVENT_INDIRECT:
        if (!(event->flags & TCE_EVENT_SIDE))
            return TCE_ERR_EVENT;
        result = run_hcall(r, index, event);
        break;
    case TCE_EVENT_GET:
    case TCE_EVENT_PUT:
    case TCE_EVENT_STUFF:
        result = run_hcall(r, index, event);
        break;
    case TCE_EVENT_RTAS:
        if (!(event->flags & TCE_EVENT_SIDE))
            return TCE_ERR_EVENT;
        result = run_rtas(r, index, event, &err);
        break;
    case TCE_EVENT_PHB:
    case TCE_EVENT_WINDOW:
        if (!(event->flags & TCE_EVENT_SIDE))
            return TCE_ERR_EVENT;
        err = run_platform(r, event);
        break;
    case TCE_EVENT_UNWINDOW:
    case TCE_EVENT_RESET:
        err = run_platform(r, event);
        break;
    case TCE_EVENT_OBSERVED:
        r->counters->observed++;
        break;
    case TCE_EVENT_ULTRACALL:
        r->counters->ultracalls++;
        break;
    case TCE_EVENT_THAW:
        break;
    default:
        if (!tce_event_kind_name(event->kind))
            return TCE_ERR_EVENT;
        r->counters->guest++;
        break;
    }
    if (r->options->results)
        r->options->results[index] = result;
    r->counters->events += err == TCE_OK;
    return err;
}

tce_err tce_run(tce_machine *m, const tce_batch *batch, tce_counters *counters, tce_run_options *options, size_t *done)
{
    tce_run_options plain = {.check = false};
    tce_counters uncounted;
    run r = {.m = m, .batch = batch, .counters = counters, .options = options ? options : &plain};
    if (r.options->state_only || !counters) {
        memset(&uncounted, 0, sizeof uncounted);
        r.counters = &uncounted;
    }
    r.check = r.options->check && !r.options->state_only;
    r.options->mismatch_count = 0;
    r.generation = m->generation;
    tce_err err = TCE_OK;
    size_t i = 0;
    for (; i < batch->count; i++) {
        err = run_event(&r, i);
        if (err != TCE_OK)
            break;
    }
    if (done)
        *done = i;
    return err;
}
