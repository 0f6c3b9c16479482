/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run of a batch, as the run*.c share it. Not API.
 */
#ifndef TCE__RUN_H
#define TCE__RUN_H

#include <string.h>

#include "internal.h"
#include "tce_run.h"

/* Windows found for the streams of a batch, so that an event costs no look-up of its LIOBN. */
enum { TCE__FOUND_SLOTS = 64 };

typedef struct tce__found {
    const tce__window *window;  /* NULL: the LIOBN has none */
    uint32_t stream_plus_1;     /* 0: nothing was looked up */
    uint32_t requester_plus_1;  /* of the time model; 0: not looked up */
} tce__found;

/* The forms that an access has by its flags: direction, and whether the length is known. */
enum { TCE__ACCESS_FORMS = 8 };

/* Plain events (run_plain.c) are counted by what their counters follow from, until the run ends. */
typedef struct tce__plain {
    uint64_t stuffs, puts, stuffed;
    uint64_t accesses[TCE__ACCESS_FORMS], bytes[TCE__ACCESS_FORMS];
} tce__plain;

typedef struct tce__run {
    tce_machine *m;
    const tce_batch *batch;
    tce_counters *counters;
    tce_run_options *options;
    size_t index;               /* of the event that is being applied */
    size_t credited;            /* events for which the budget has grown */
    uint64_t generation;
    bool check;
    tce_result result;          /* of the event that was applied last */
    tce__plain plain;
    tce__found found[TCE__FOUND_SLOTS];
} tce__run;

/* Notes that the event's recorded answer is not the machine's. */
TCE__COLD void tce__run_mismatch(tce__run *r, size_t event, tce_mismatch_what what, uint32_t cell, uint64_t recorded,
                                 uint64_t answered);

/* A recorded status against the machine's. */
static inline void tce__run_check_status(tce__run *r, size_t index, int64_t recorded, int64_t answered)
{
    r->counters->compared++;
    if (TCE__UNLIKELY(recorded != answered))
        tce__run_mismatch(r, index, TCE_MISMATCH_STATUS, 0, (uint64_t)recorded, (uint64_t)answered);
}

/*
 * Takes `pages` of work beyond what any event may cost from the run's budget; false: it is spent, and the event is not
 * to be applied (TCE_ERR_WORK).
 */
bool tce__run_spend(tce__run *r, uint64_t pages);

/* The budget has grown with the events before this one, wherever a batch ends. */
void tce__run_grow(tce__run *r);

/* What a guest or a trace names may be any number: the sum stops at the largest. */
static inline void tce__add_saturated(uint64_t *sum, uint64_t more)
{
    *sum = more > UINT64_MAX - *sum ? UINT64_MAX : *sum + more;
}

/* What an event may cost (run_work.c), as pages of that budget: at most this is visited before it ends. */
uint64_t tce__pages_walked(const tce_machine *m, const tce__window *w, uint64_t ioba, uint64_t bytes);  /* DMA */
uint64_t tce__pages_stuffed(const tce__window *w, uint64_t ioba, uint64_t tce, uint64_t npages);        /* H_STUFF_TCE */
uint64_t tce__frames_visited(const tce_machine *m, uint64_t number, const uint64_t *args, uint32_t nargs); /* ultracall */
uint64_t tce__pages_reset(const tce_machine *m);                                                        /* reset */

/* The PHB that an event means, by its LIOBN, else by its BUID; NULL: none. */
tce__phb *tce__run_phb(const tce__run *r, const tce_event *event);

/* The window that an event means where its stream's was not found before; see tce__run_found. */
const tce__window *tce__run_look_up(tce__run *r, const tce_event *event);

/* What was found is forgotten where windows have come or gone. */
static inline void tce__run_follow(tce__run *r)
{
    if (TCE__UNLIKELY(r->generation != r->m->generation)) {
        memset(r->found, 0, sizeof r->found);
        r->generation = r->m->generation;
    }
}

/*
 * After tce__run_follow: the window that an event means, by its LIOBN, else by its PHB and address. NULL: none, or the
 * batch has no such stream.
 */
static inline const tce__window *tce__run_found(tce__run *r, const tce_event *event)
{
    const tce__found *f = &r->found[event->stream % TCE__FOUND_SLOTS];
    return TCE__LIKELY(f->stream_plus_1 == event->stream + 1) ? f->window : tce__run_look_up(r, event);
}

static inline bool tce__looks_up(const tce__window *w)
{
    return !(w->bypass | w->frozen);
}

/* A recorded translation: the TCE's page, permission and page mask, whatever came of the access. w may be NULL. */
void tce__run_check_translation(tce__run *r, size_t index, const tce_event *event, uint64_t recorded_page,
                                const tce__window *w);

/* All events of the batch, without a model of time. *r: index is that of the event that was not applied. */
tce_err tce__run_events(tce__run *r);

/* Applies one event; the same where it is not plain; the same under the time model of the options. */
tce_err tce__run_event(tce__run *r, size_t index);
tce_err tce__run_any(tce__run *r, size_t index);
tce_err tce__run_timed(tce__run *r, size_t index);

/* What plain events were, into the counters. */
void tce__run_count_plain(tce__run *r);

/* The rare events: RTAS calls, ultracalls, what the platform does. */
tce_result tce__run_rtas(tce__run *r, size_t index, const tce_event *event, tce_err *err);
tce_result tce__run_ultracall(tce__run *r, size_t index, const tce_event *event, tce_err *err);
tce_err tce__run_platform(tce__run *r, const tce_event *event);

#endif
