/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The batch: events of any kind to calls on the machine, counters, comparison. Every answer is that of the hcalls, RTAS
 * calls, windows and page translations of the architectural files.
 */
#include "tce_run.h"

#include <string.h>

#include "hcall.h"
#include "run.h"
#include "translate.h"

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

/* How an event's access goes on, once its window is known. */
typedef struct access {
    const tce__window *window;
    uint64_t ioba, bytes;
    uint64_t direction;     /* TCE_ACCESS_... */
    bool known;             /* its length is */
} access;

const tce__window *tce__run_look_up(tce__run *r, const tce_event *event)
{
    if (event->stream >= r->batch->stream_count)
        return NULL;
    const tce_stream *stream = &r->batch->streams[event->stream];
    if (stream->liobn == TCE_LIOBN_UNKNOWN)
        return tce__window_at(r->m, stream->buid, event->address);
    const tce__window *w = tce__window_of(r->m, stream->liobn);
    r->found[event->stream % TCE__FOUND_SLOTS] = (tce__found){.window = w, .stream_plus_1 = event->stream + 1};
    return w;
}

void tce__run_mismatch(tce__run *r, size_t event, tce_mismatch_what what, uint32_t cell, uint64_t recorded,
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

void tce__run_check_translation(tce__run *r, size_t index, const tce_event *event, uint64_t recorded_page,
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
        tce__run_mismatch(r, index, TCE_MISMATCH_PAGE, 0, recorded_page, page);
    else if (recorded_permission != permission)
        tce__run_mismatch(r, index, TCE_MISMATCH_PERMISSION, 0, recorded_permission, permission);
    else if (!same_mask)
        tce__run_mismatch(r, index, TCE_MISMATCH_MASK, 0, recorded_shift, shift);
}

/* In a secure guest the bytes' frames are touched; a trace does not have the bytes themselves. */
static bool touch(tce__run *r, const access *a, const tce_segment *segment)
{
    /* One of unknown length has one byte at least. An atomic writes, too. */
    return tce__device_touch(r->m, segment->address, segment->bytes + !a->known,
                             (a->direction & TCE_ACCESS_WRITE) != 0);
}

/* Several pages, or a secure guest: the first fault is the access's. *address: of the first byte. */
static tce_fault translate_pages(tce__run *r, const access *a, uint64_t *address)
{
    tce__cut c = tce__cut_of(a->ioba, a->bytes);
    bool unshared = false;
    for (bool first = true; tce__cut_goes_on(&c); first = false) {
        tce_segment segment;
        r->counters->translations += tce__looks_up(a->window);
        tce_fault fault = tce__next_segment(r->m, a->window, &c, a->direction, &segment);
        if (fault != TCE_FAULT_NONE)
            return fault;
        if (first)
            *address = segment.address;
        if (r->m->svm != TCE_SVM_NORMAL)
            unshared |= touch(r, a, &segment);
    }
    return unshared ? TCE_FAULT_NOT_SHARED : TCE_FAULT_NONE;
}

tce__phb *tce__run_phb(const tce__run *r, const tce_event *event)
{
    const tce_stream *stream = &r->batch->streams[event->stream];
    return stream->liobn == TCE_LIOBN_UNKNOWN ? tce__phb_of(r->m, stream->buid)
                                              : tce__phb_of_liobn(r->m, stream->liobn);
}

static inline tce_result run_dma(tce__run *r, size_t index, const tce_event *event, tce_err *err)
{
    tce_counters *c = r->counters;
    const uint64_t *side = event->flags & TCE_EVENT_SIDE ? r->batch->side + event->value : NULL;
    const bool length = event->flags & TCE_EVENT_LENGTH;
    const access a = {
        .window = tce__run_found(r, event),
        .ioba = event->address,
        .bytes = !length ? 0 : side ? side[TCE_HCALL_NPAGES] : event->count,
        .direction = (event->flags & (TCE_EVENT_READ | TCE_EVENT_WRITE)) / TCE_EVENT_READ,
        .known = length,
    };
    tce_fault fault = TCE_FAULT_NO_WINDOW;
    uint64_t address = 0;
    if (TCE__LIKELY(a.window != NULL)) {
        const bool secure = r->m->svm != TCE_SVM_NORMAL;
        /* Nothing is walked on one page, and where nothing is translated, but a secure guest's frames. */
        const bool one = (a.bytes <= tce__page_rest(a.window, a.ioba) || a.window->bypass) && !secure;
        if (TCE__UNLIKELY(!one) && !tce__run_spend(r, tce__pages_walked(r->m, a.window, a.ioba, a.bytes))) {
            *err = TCE_ERR_WORK;
            return (tce_result){0, 0};
        }
        if (TCE__LIKELY(one)) {
            c->translations += tce__looks_up(a.window);
            fault = tce__translate_page(r->m, a.window, a.ioba, a.bytes, a.direction, &address);
        } else {
            fault = translate_pages(r, &a, &address);
        }
    }
    c->transactions++;
    if (length && a.direction) {
        c->reads += a.direction & TCE_ACCESS_READ;
        c->writes += a.direction == TCE_ACCESS_WRITE;
        tce__add_saturated(&c->bytes, a.bytes);
    } else {
        c->unknown++;
    }
    if (TCE__UNLIKELY(r->m->eeh) && fault != TCE_FAULT_NONE) {
        tce__phb *phb = tce__run_phb(r, event);
        if (phb != NULL && phb->frozen)
            fault = TCE_FAULT_PE_FROZEN;
        tce__eeh_fault(r->m, phb, fault);
    }
    c->faults[fault]++;
    if (r->check && (event->flags & TCE_EVENT_RECORDED))
        tce__run_check_translation(r, index, event, side ? side[TCE_HCALL_VALUE] : event->value, a.window);
    const bool reached = fault == TCE_FAULT_NONE || fault == TCE_FAULT_NOT_SHARED;
    return (tce_result){fault, reached ? address : 0};
}

/*
 * A secure guest writes a list into its page, big-endian, as far as that is memory; what the host then reads there is
 * for the page's state to say. false: the host has no memory for it.
 */
static bool write_list(tce_machine *m, uint64_t list, const uint64_t *entries, uint64_t npages)
{
    uint64_t swapped[TCE_LIST_ENTRIES_MAX];
    size_t count = (size_t)npages * sizeof *entries;
    if (!tce__is_memory(m, list))
        return true;
    if (m->memory_bytes != TCE_MEMORY_UNKNOWN && count > m->memory_bytes - list)
        count = (size_t)(m->memory_bytes - list);
    m->kernels.copy_swapped(swapped, entries, (size_t)npages);
    return tce_memory_write(m, list, swapped, count);
}

/* A list that the trace does not have is read where the guest says that it lies. */
static tce_h_status put_list(tce__run *r, const tce__window *w, const tce_event *event, const uint64_t *side,
                             tce_err *err)
{
    const uint64_t npages = side[TCE_HCALL_NPAGES], list = side[TCE_HCALL_VALUE];
    const uint64_t liobn = r->batch->streams[event->stream].liobn;
    const uint64_t *entries = side[TCE_HCALL_ENTRIES] == npages ? side + TCE_HCALL_WORDS : NULL;
    if (TCE__UNLIKELY(r->m->svm != TCE_SVM_NORMAL) && entries != NULL) {
        if (!write_list(r->m, list, entries, npages)) {
            *err = TCE_ERR_NO_MEMORY;
            return TCE_H_NO_MEM;
        }
        entries = NULL;
    }
    return tce__put_list(r->m, w, liobn, event->address, list, entries, npages);
}

static inline tce_result run_hcall(tce__run *r, size_t index, const tce_event *event, tce_err *err)
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
    const tce__window *w = tce__run_found(r, event);
    tce_h_status status;
    tce_result result = {0, 0};
    switch (event->kind) {
    case TCE_EVENT_GET:
        npages = 1;
        status = tce__get(r->m, w, event->address, &result.value);
        break;
    case TCE_EVENT_PUT:
        npages = 1;
        status = tce__put(r->m, w, event->address, value);
        break;
    case TCE_EVENT_STUFF:
        if (TCE__UNLIKELY(npages > TCE_LIST_ENTRIES_MAX) &&
            !tce__run_spend(r, tce__pages_stuffed(w, event->address, value, npages))) {
            *err = TCE_ERR_WORK;
            return result;
        }
        status = tce__stuff(r->m, w, event->address, value, npages);
        break;
    default:
        status = put_list(r, w, event, side, err);
        if (*err != TCE_OK)
            return result;
        break;
    }
    result.status = status;
    tce_call_counter *c = &r->counters->calls[counter_of[event->kind]];
    c->calls++;
    tce__add_saturated(&c->tces, npages);
    c->errors += status != TCE_H_SUCCESS;
    if (r->check && (event->flags & TCE_EVENT_RECORDED)) {
        if (event->kind == TCE_EVENT_GET && status == TCE_H_SUCCESS && event->status == TCE_H_SUCCESS &&
            result.value != value) {
            r->counters->compared++;
            tce__run_mismatch(r, index, TCE_MISMATCH_TCE, 0, value, result.value);
        } else {
            tce__run_check_status(r, index, event->status, status);
        }
    }
    return result;
}

tce_err tce__run_any(tce__run *r, size_t index)
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
        /* For the state alone an access matters where it freezes a PE or pages a secure guest's frame out. */
        if (!r->options->state_only || r->m->eeh || r->m->svm != TCE_SVM_NORMAL)
            result = run_dma(r, index, event, &err);
        break;
    case TCE_EVENT_INDIRECT:
        if (!(event->flags & TCE_EVENT_SIDE))
            return TCE_ERR_EVENT;
        result = run_hcall(r, index, event, &err);
        break;
    case TCE_EVENT_GET:
    case TCE_EVENT_PUT:
    case TCE_EVENT_STUFF:
        result = run_hcall(r, index, event, &err);
        break;
    case TCE_EVENT_RTAS:
        if (!(event->flags & TCE_EVENT_SIDE))
            return TCE_ERR_EVENT;
        result = tce__run_rtas(r, index, event, &err);
        break;
    case TCE_EVENT_PHB:
    case TCE_EVENT_WINDOW:
        if (!(event->flags & TCE_EVENT_SIDE))
            return TCE_ERR_EVENT;
        err = tce__run_platform(r, event);
        break;
    case TCE_EVENT_UNWINDOW:
    case TCE_EVENT_RESET:
    case TCE_EVENT_THAW:
        err = tce__run_platform(r, event);
        break;
    case TCE_EVENT_OBSERVED:
        r->counters->observed++;
        break;
    case TCE_EVENT_ULTRACALL:
        if (!(event->flags & TCE_EVENT_SIDE))
            return TCE_ERR_EVENT;
        result = tce__run_ultracall(r, index, event, &err);
        break;
    default:
        if (!tce_event_kind_name(event->kind))
            return TCE_ERR_EVENT;
        r->counters->guest++;
        break;
    }
    r->result = result;
    if (r->options->results)
        r->options->results[index] = result;
    r->counters->events += err == TCE_OK;
    return err;
}

static tce_err run_timed_events(tce__run *r)
{
    tce_err err = TCE_OK;
    for (; r->index < r->batch->count; r->index++) {
        err = tce__run_timed(r, r->index);
        if (TCE__UNLIKELY(err != TCE_OK))
            break;
    }
    return err;
}

tce_err tce_run(tce_machine *m, const tce_batch *batch, tce_counters *counters, tce_run_options *options, size_t *done)
{
    tce_run_options plain = {.check = false};
    tce_counters uncounted;
    tce__run r = {.m = m, .batch = batch, .counters = counters, .options = options ? options : &plain};
    if (r.options->state_only || !counters) {
        memset(&uncounted, 0, sizeof uncounted);
        r.counters = &uncounted;
    }
    r.check = r.options->check && !r.options->state_only;
    r.options->mismatch_count = 0;
    r.generation = m->generation;
    const tce_err err = r.options->time == NULL ? tce__run_events(&r) : run_timed_events(&r);
    tce__run_count_plain(&r);
    tce__run_grow(&r);
    if (done)
        *done = r.index;
    return err;
}
