/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain events, which most are: an access to one page, H_PUT_TCE, H_STUFF_TCE. They have no side words, and nothing
 * comes of them but their answer and a few counters, so that the loop over a batch has them in line. Whatever is not
 * plain is left to tce__run_any, which could do all of them.
 */
#include "hcall.h"
#include "run.h"
#include "translate.h"

/* The loop over a batch has one copy of each, a single event (under the time model) another. */
#define ALWAYS_INLINE __attribute__((always_inline))

/*
 * May an event be plain? For the state alone nothing is counted; a secure guest's frames are touched. Of fewer than
 * 2^32 events the lengths, of 32 bits, have a sum that does not wrap.
 */
static inline bool takes_plain(const tce__run *r)
{
    return !r->options->state_only && r->m->svm == TCE_SVM_NORMAL && r->batch->count <= UINT32_MAX;
}

static inline bool is_compared(const tce__run *r, const tce_event *event)
{
    return TCE__UNLIKELY(r->check) && (event->flags & TCE_EVENT_RECORDED) != 0;
}

/* An access to one page that is translated, without a fault. */
static inline ALWAYS_INLINE bool run_dma(tce__run *r, size_t index, const tce_event *event, tce_result *result)
{
    const tce__window *w = tce__run_found(r, event);
    const uint32_t form = (event->flags & (TCE_EVENT_READ | TCE_EVENT_WRITE | TCE_EVENT_LENGTH)) / TCE_EVENT_READ;
    const uint64_t bytes = event->flags & TCE_EVENT_LENGTH ? event->count : 0;
    if (TCE__UNLIKELY(w == NULL) || TCE__UNLIKELY(!tce__looks_up(w)) ||
        TCE__UNLIKELY(bytes > tce__page_rest(w, event->address)))
        return false;
    result->status = tce__translate_page(r->m, w, event->address, bytes, form & TCE_ACCESS_RW, &result->value);
    if (TCE__UNLIKELY(result->status != TCE_FAULT_NONE))
        return false;
    r->plain.accesses[form]++;
    r->plain.bytes[form] += bytes;
    if (is_compared(r, event))
        tce__run_check_translation(r, index, event, event->value, w);
    return true;
}

static inline ALWAYS_INLINE bool run_call(tce__run *r, size_t index, const tce_event *event, tce_result *result)
{
    const tce__window *w = tce__run_found(r, event);
    /* A longer run takes from the budget. */
    if (TCE__UNLIKELY(w == NULL) ||
        (event->kind == TCE_EVENT_STUFF && TCE__UNLIKELY(event->count > TCE_LIST_ENTRIES_MAX)))
        return false;
    result->value = 0;
    if (event->kind == TCE_EVENT_PUT) {
        result->status = tce__put(r->m, w, event->address, event->value);
        r->plain.puts++;
    } else {
        result->status = tce__stuff(r->m, w, event->address, event->value, event->count);
        r->plain.stuffs++;
        r->plain.stuffed += event->count;
    }
    if (TCE__UNLIKELY(result->status != TCE_H_SUCCESS))
        r->counters->calls[event->kind == TCE_EVENT_PUT ? TCE_COUNT_PUT : TCE_COUNT_STUFF].errors++;
    if (is_compared(r, event))
        tce__run_check_status(r, index, event->status, result->status);
    return true;
}

/* Applies a plain event; false: it is none, and nothing was done. */
static inline ALWAYS_INLINE bool run_plain(tce__run *r, size_t index, const tce_event *event, tce_result *result)
{
    if (TCE__UNLIKELY((event->flags & TCE_EVENT_SIDE) != 0))
        return false;
    switch (event->kind) {
    case TCE_EVENT_DMA:
        return run_dma(r, index, event, result);
    case TCE_EVENT_PUT:
    case TCE_EVENT_STUFF:
        return run_call(r, index, event, result);
    default:
        return false;
    }
}

/*
 * Out of line, which keeps clang from taking all of it for cold, and making it small, because its rare exits and its
 * usual end share one return.
 */
__attribute__((noinline)) tce_err tce__run_events(tce__run *r)
{
    const tce_event *events = r->batch->events;
    const size_t count = r->batch->count;
    tce_result *results = r->options->results;
    bool plain = takes_plain(r);
    for (size_t i = 0; i < count; i++) {
        tce_result result;
        if (TCE__LIKELY(plain) && TCE__LIKELY(run_plain(r, i, &events[i], &result))) {
            if (results != NULL)
                results[i] = result;
            continue;
        }
        r->index = i;
        const tce_err err = tce__run_any(r, i);
        if (TCE__UNLIKELY(err != TCE_OK))
            return err;
        tce__run_follow(r);
        plain = takes_plain(r);
    }
    r->index = count;
    return TCE_OK;
}

tce_err tce__run_event(tce__run *r, size_t index)
{
    tce_result result;
    tce__run_follow(r);
    if (!takes_plain(r) || !run_plain(r, index, &r->batch->events[index], &result))
        return tce__run_any(r, index);
    r->result = result;
    if (r->options->results != NULL)
        r->options->results[index] = result;
    return TCE_OK;
}

static void count_calls(tce__run *r, uint32_t which, uint64_t calls, uint64_t tces)
{
    r->counters->events += calls;
    r->counters->calls[which].calls += calls;
    tce__add_saturated(&r->counters->calls[which].tces, tces);
}

void tce__run_count_plain(tce__run *r)
{
    const tce__plain *plain = &r->plain;
    tce_counters *c = r->counters;
    count_calls(r, TCE_COUNT_PUT, plain->puts, plain->puts);
    count_calls(r, TCE_COUNT_STUFF, plain->stuffs, plain->stuffed);
    for (uint32_t form = 0; form < TCE__ACCESS_FORMS; form++) {
        const uint64_t count = plain->accesses[form], direction = form & TCE_ACCESS_RW;
        c->events += count;
        c->transactions += count;
        c->translations += count;
        c->faults[TCE_FAULT_NONE] += count;
        if ((form & TCE_EVENT_LENGTH / TCE_EVENT_READ) != 0 && direction != TCE_ACCESS_NONE) {
            c->reads += (direction & TCE_ACCESS_READ) != 0 ? count : 0;
            c->writes += direction == TCE_ACCESS_WRITE ? count : 0;
            tce__add_saturated(&c->bytes, plain->bytes[form]);
        } else {
            c->unknown += count;
        }
    }
}
