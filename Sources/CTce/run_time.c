/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event of a batch under the time model: the machine answers as it always does, and the model is told what happened
 * (docs/time-model.md, "The guest's side" and "When a transaction starts").
 */
#include <stdlib.h>

#include "hcall.h"
#include "run.h"
#include "time_run.h"
#include "translate.h"

/* Bytes that any access may have. */
#define TCE__BYTES_FREE (UINT64_C(64) << 10)

static const tce_stream *stream_of(const tce__run *r, const tce_event *event)
{
    return &r->batch->streams[event->stream];
}

/* --- Hcalls --- */

/* Would the in-kernel handler leave this TCE to user space? (Linux kvm/book3s_64_vio.c) */
static bool is_too_hard(const tce_machine *m, const tce__window *w, uint64_t tce)
{
    return (tce & TCE_ACCESS_RW) != 0 && ((tce & tce_page_mask(w->shift) & ~TCE_ACCESS_RW) != 0 ||
                                          !tce__is_memory(m, tce & ~TCE_ACCESS_RW));
}

/* Is the list, as the hypervisor sees it, one that the handler leaves to user space? */
static bool is_list_too_hard(tce__run *r, const tce__window *w, const uint64_t *side)
{
    const uint64_t list = side[TCE_HCALL_VALUE], npages = side[TCE_HCALL_NPAGES];
    const bool given = side[TCE_HCALL_ENTRIES] == npages && r->m->svm == TCE_SVM_NORMAL;
    if (npages > TCE_LIST_ENTRIES_MAX || (list & (TCE__LIST_BYTES - 1)) != 0)
        return false;
    if (!tce__is_memory(r->m, list))
        return true;
    unsigned char page[TCE__LIST_BYTES];
    uint64_t entries[TCE_LIST_ENTRIES_MAX];
    bool unshared = false;
    if (!given) {
        /* The call has read it already: nothing changes by reading it again. */
        (void)tce__host_read(r->m, list, page, (size_t)npages * sizeof *entries, &unshared);
        r->m->kernels.copy_swapped(entries, page, (size_t)npages);
    }
    const uint64_t *from = given ? side + TCE_HCALL_WORDS : entries;
    for (uint64_t i = 0; i < npages; i++) {
        if (is_too_hard(r->m, w, from[i]))
            return true;
    }
    return false;
}

/* [exit] */
static bool exits(tce__run *r, const tce__window *w, const tce_event *event, const uint64_t *side, uint64_t value)
{
    const bool many = event->kind == TCE_EVENT_STUFF || event->kind == TCE_EVENT_INDIRECT;
    if (many && !r->m->multitce)
        return false;
    if (w == NULL)
        return true;
    const bool aligned = ((event->address - w->start) & tce_page_mask(w->shift)) == 0;
    if (!aligned || tce__index(w, event->address) >= w->tces)
        return false;
    if (event->kind == TCE_EVENT_PUT)
        return is_too_hard(r->m, w, value);
    return event->kind == TCE_EVENT_INDIRECT && is_list_too_hard(r, w, side);
}

/* Keeps what the TCEs are that the call may write: *count of them from index on. false: no memory. */
static bool keep_before(tce_time *t, const tce__window *w, uint64_t index, uint64_t count)
{
    if (count > t->before_capacity) {
        uint64_t *before =
            count > SIZE_MAX / sizeof *before ? NULL : realloc(t->before, (size_t)count * sizeof *before);
        if (before == NULL)
            return false;
        t->before = before;
        t->before_capacity = count;
    }
    for (uint64_t i = 0; i < count; i++)
        t->before[i] = tce__table_load(&w->table, index + i);
    return true;
}

static tce_err run_hcall(tce__run *r, size_t i, const tce_event *event, uint64_t number)
{
    tce_time *t = r->options->time;
    const uint64_t *side = event->flags & TCE_EVENT_SIDE ? r->batch->side + event->value : NULL;
    const uint64_t value = side ? side[TCE_HCALL_VALUE] : event->value;
    uint64_t npages = side ? side[TCE_HCALL_NPAGES] : event->count;
    const tce__window *w = tce__run_found(r, event);
    if (event->kind == TCE_EVENT_PUT)
        npages = 1;
    tce__call call = {
        .event = number,
        .cpu = event->cpu,
        .kind = event->kind,
        .secure = r->m->svm == TCE_SVM_SECURE,
        .window = w,
    };
    uint64_t room = 0;
    if (w != NULL && event->kind != TCE_EVENT_GET) {
        call.index = tce__index(w, event->address);
        /* A run of zeros longer than the window is refused; of such a list the head is written. */
        const bool refused = event->kind == TCE_EVENT_STUFF && npages > w->tces;
        room = call.index >= w->tces || refused ? 0 : w->tces - call.index;
        room = npages < room ? npages : room;
    }
    /* Without a model a run of zeros costs next to nothing; here each TCE of it is looked at. */
    if (!r->options->state_only && room > TCE_LIST_ENTRIES_MAX && !tce__run_spend(r, room))
        return TCE_ERR_WORK;
    if (!r->options->state_only && !keep_before(t, w, call.index, room))
        return TCE_ERR_NO_MEMORY;
    const uint64_t page_outs = r->m->sharing.page_outs;
    r->m->written = 0;
    tce_err err = tce__run_event(r, i);
    if (err != TCE_OK)
        return err;
    call.paged_out = r->m->sharing.page_outs - page_outs;
    call.written = event->kind == TCE_EVENT_PUT ? r->result.status == TCE_H_SUCCESS : r->m->written;
    if (r->options->state_only)
        return tce__time_touch(t, w, call.index, call.written) ? TCE_OK : TCE_ERR_NO_MEMORY;
    call.before = t->before;
    call.exits = t->c.exit_to_user == TCE_EXIT_KVM && exits(r, w, event, side, value);
    tce__time_call(t, &call);
    return TCE_OK;
}

/* --- RTAS calls and what the platform does: windows come and go --- */

/* Each PHB is told what leaves its cache. */
static bool pays_for_kills(tce__run *r)
{
    const uint32_t phbs = r->options->time->phb_count;
    return phbs <= TCE_RUN_WORK_PER_EVENT || tce__run_spend(r, phbs);
}

static void end_windows(tce_time *t, const tce__phb *phb, const bool *had, bool reset, uint64_t cycle)
{
    for (uint32_t i = 0; i < TCE_PHB_WINDOWS; i++) {
        const bool has = phb->windows[i].table.tce != NULL;
        if (reset ? i == 0 || had[i] : had[i] != has)
            tce__life_end(t, phb->windows[i].liobn, cycle);
    }
}

/* The PHB that an RTAS call names: by its BUID, or by the LIOBN of a window that is removed. */
static const tce__phb *phb_named(const tce__run *r, const tce_event *event)
{
    const uint64_t *args = r->batch->side + event->value + TCE_CALL_WORDS;
    const uint64_t nargs = r->batch->side[event->value + TCE_CALL_NARGS];
    if (event->address == TCE_RTAS_REMOVE_PE_DMA_WINDOW)
        return nargs < 1 ? NULL : tce__phb_of_liobn(r->m, (uint32_t)args[0]);
    return nargs < 3 ? NULL : tce__phb_of(r->m, (uint64_t)(uint32_t)args[1] << 32 | (uint32_t)args[2]);
}

static tce_err run_rtas(tce__run *r, size_t i, const tce_event *event, uint64_t number)
{
    tce_time *t = r->options->time;
    bool had[TCE_PHB_WINDOWS] = {false};
    const tce__phb *phb = event->flags & TCE_EVENT_SIDE ? phb_named(r, event) : NULL;
    for (uint32_t w = 0; phb != NULL && w < TCE_PHB_WINDOWS; w++)
        had[w] = phb->windows[w].table.tce != NULL;
    tce_err err = tce__run_event(r, i);
    if (err != TCE_OK)
        return err;
    const uint64_t end = r->options->state_only ? 0 : tce__time_rtas(t, number, event->cpu, t->c.rtas_ddw);
    const bool reset =
        event->address == TCE_RTAS_RESET_PE_DMA_WINDOW || event->address == TCE_RTAS_RESET_PE_DMA_WINDOWS;
    if (phb != NULL && r->result.status == TCE_RTAS_SUCCESS)
        end_windows(t, phb, had, reset, end);
    return TCE_OK;
}

static tce_err run_ultracall(tce__run *r, size_t i, const tce_event *event, uint64_t number)
{
    tce_time *t = r->options->time;
    const tce_sharing before = r->m->sharing;
    tce_err err = tce__run_event(r, i);
    if (err != TCE_OK)
        return err;
    const uint64_t *side = r->batch->side + event->value;
    const uint64_t count = side[TCE_CALL_NARGS] > 1 ? side[TCE_CALL_WORDS + 1] : 0;
    uint64_t each = 0, frames = 0;
    bool moves = r->result.status == TCE_U_SUCCESS;
    switch (event->address) {
    case TCE_UV_SHARE_PAGE:
        each = t->c.uv_share;
        frames = count;
        break;
    case TCE_UV_UNSHARE_PAGE:
        each = t->c.uv_unshare;
        frames = count;
        break;
    case TCE_UV_UNSHARE_ALL_PAGES:
        each = t->c.uv_unshare;
        frames = before.shared_pages - r->m->sharing.shared_pages;
        break;
    case TCE_UV_PAGE_OUT:
        each = t->c.uv_page_out;
        frames = 1;
        break;
    case TCE_UV_PAGE_IN:
        each = t->c.uv_page_in;
        frames = 1;
        break;
    default:
        moves = false;
        break;
    }
    tce__time_ultracall(t, number, event->cpu, moves ? tce__product(each, frames) : t->c.uv_call);
    return TCE_OK;
}

/* --- Accesses --- */

/* The event's window has been looked up. */
static uint32_t requester_of(tce__run *r, const tce_event *event)
{
    tce__found *f = &r->found[event->stream % TCE__FOUND_SLOTS];
    const bool found = f->stream_plus_1 == event->stream + 1 && r->generation == r->m->generation;
    if (TCE__LIKELY(found && f->requester_plus_1 != 0))
        return f->requester_plus_1 - 1;
    const uint32_t requester = tce__time_requester(r->options->time, stream_of(r, event), tce__run_phb(r, event));
    if (found && requester != TCE__NONE)
        f->requester_plus_1 = requester + 1;
    return requester;
}

static tce_err run_dma(tce__run *r, size_t i, const tce_event *event, uint64_t number)
{
    tce_time *t = r->options->time;
    const uint64_t *side = event->flags & TCE_EVENT_SIDE ? r->batch->side + event->value : NULL;
    tce__dma dma = {
        .event = number,
        .ioba = event->address,
        .bytes = side ? side[TCE_HCALL_NPAGES] : event->count,
        .access = (event->flags & (TCE_EVENT_READ | TCE_EVENT_WRITE)) / TCE_EVENT_READ,
        .has_length = (event->flags & TCE_EVENT_LENGTH) != 0,
        .window = tce__run_found(r, event),
    };
    /* Every TLP and every completion is simulated. */
    const uint64_t tlp = t->c.max_payload < t->c.max_read_request ? t->c.max_payload : t->c.max_read_request;
    if (dma.has_length && dma.bytes > TCE__BYTES_FREE && !tce__run_spend(r, dma.bytes / tlp))
        return TCE_ERR_WORK;
    tce_err err = tce__run_event(r, i);
    if (err != TCE_OK)
        return err;
    dma.fault = (tce_fault)r->result.status;
    dma.requester = requester_of(r, event);
    if (dma.requester == TCE__NONE)
        return TCE_ERR_NO_MEMORY;
    tce__time_dma(t, &dma);
    return TCE_OK;
}

/* --- Events --- */

/* What most events are not. Apart, so that the others have no part in what it keeps in registers. */
__attribute__((noinline)) static tce_err run_rare(tce__run *r, size_t i, const tce_event *event, uint64_t number)
{
    tce_time *t = r->options->time;
    const bool timed = !r->options->state_only;
    tce_err err = TCE_OK;
    uint64_t refused, acts;
    switch (event->kind) {
    case TCE_EVENT_RTAS:
        return pays_for_kills(r) ? run_rtas(r, i, event, number) : TCE_ERR_WORK;
    case TCE_EVENT_ULTRACALL:
        return timed ? run_ultracall(r, i, event, number) : tce__run_event(r, i);
    case TCE_EVENT_WINDOW:
    case TCE_EVENT_UNWINDOW:
        refused = r->counters->refused;
        err = pays_for_kills(r) ? tce__run_event(r, i) : TCE_ERR_WORK;
        acts = timed ? tce__time_barrier(t) : 0;
        if (err == TCE_OK && r->counters->refused == refused)
            tce__life_end(t, stream_of(r, event)->liobn, acts);
        return err;
    case TCE_EVENT_RESET:
        err = pays_for_kills(r) ? tce__run_event(r, i) : TCE_ERR_WORK;
        tce__lives_end(t, timed ? tce__time_barrier(t) : 0);
        return err;
    case TCE_EVENT_PHB:
    case TCE_EVENT_THAW:
        err = tce__run_event(r, i);
        if (timed)
            (void)tce__time_barrier(t);
        return err;
    default:
        return tce__run_event(r, i);
    }
}

tce_err tce__run_timed(tce__run *r, size_t i)
{
    const tce_event *event = &r->batch->events[i];
    tce_time *t = r->options->time;
    if (event->stream >= r->batch->stream_count || ((event->flags & TCE_EVENT_SIDE) != 0 &&
        tce_event_side_words(event, r->batch->side, r->batch->side_count) == UINT64_MAX))
        return TCE_ERR_EVENT;
    const bool timed = !r->options->state_only;
    tce__run_follow(r);
    const uint64_t time = r->batch->times == NULL ? 0 : r->batch->times[i];
    const uint64_t number = timed ? tce__time_event(t, time, r->m->memory_bytes) : 0;
    tce_err err;
    if (event->kind == TCE_EVENT_DMA && timed)
        err = run_dma(r, i, event, number);
    else if (event->kind == TCE_EVENT_INDIRECT && (event->flags & TCE_EVENT_SIDE) == 0)
        err = TCE_ERR_EVENT;
    else if (event->kind >= TCE_EVENT_GET && event->kind <= TCE_EVENT_INDIRECT)   /* and H_PUT_TCE, H_STUFF_TCE */
        err = run_hcall(r, i, event, number);
    else
        err = run_rare(r, i, event, number);
    return err != TCE_OK ? err : t->failed ? TCE_ERR_NO_MEMORY : TCE_OK;
}
