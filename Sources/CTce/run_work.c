/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the events of a batch cost, and the budget that they take it from (TCE_RUN_WORK): one that asks for more than
 * there is must be found before anything is done. A page of the budget is some nanoseconds of work.
 */
#include "memory.h"
#include "run.h"

void tce__run_grow(tce__run *r)
{
    if (r->options->work != NULL)
        tce__add_saturated(r->options->work, (uint64_t)(r->index - r->credited) * TCE_RUN_WORK_PER_EVENT);
    r->credited = r->index;
}

bool tce__run_spend(tce__run *r, uint64_t pages)
{
    tce_run_options *o = r->options;
    if (o->work == NULL)
        return true;
    tce__run_grow(r);
    if (pages > *o->work)
        return false;
    *o->work -= pages;
    return true;
}

/* Of a secure guest the frames count, where an I/O page has more than one. */
uint64_t tce__pages_walked(const tce_machine *m, const tce__window *w, uint64_t ioba, uint64_t bytes)
{
    const uint64_t index = tce__index(w, ioba);
    const uint32_t unit = m->svm != TCE_SVM_NORMAL && w->shift > TCE__FRAME_SHIFT ? TCE__FRAME_SHIFT : w->shift;
    if (index >= w->tces || w->frozen)
        return 0;
    /* What the window has from there on: it does not pass 2^64, so these are less. */
    const uint64_t rest = (w->tces - index) << (w->shift - unit), asked = bytes >> unit;
    return asked < rest ? asked : rest;
}

/*
 * Clearing steps over TCEs that were never written, 2^18 at a time, and clears the others 2^3 at a time. Another value
 * takes memory of the host, so that each TCE counts: one event commits 32 MiB at most.
 */
#define SKIPPED_AT_ONCE_LOG2 18u
#define CLEARED_AT_ONCE_LOG2 3u

uint64_t tce__pages_stuffed(const tce__window *w, uint64_t ioba, uint64_t tce, uint64_t npages)
{
    /* More pages than the window has, or a first one outside: refused on every platform. */
    if (w == NULL || npages > w->tces || tce__index(w, ioba) >= w->tces)
        return 0;
    const uint64_t rest = w->tces - tce__index(w, ioba), run = npages < rest ? npages : rest;
    if (tce != 0)
        return run;
    const tce__sparse *sparse = w->table.sparse;
    const uint64_t written = sparse == NULL ? w->tces : sparse->touched_pages << TCE__PAGE_TCES_LOG2;
    return (run >> SKIPPED_AT_ONCE_LOG2) + ((run < written ? run : written) >> CLEARED_AT_ONCE_LOG2);
}

/*
 * The end of a secure guest visits the frames that have a state, and the slots for those that hold something: four each
 * at most, but for what left since the end of the last one, whose coming was paid for. Not the number of slots, which
 * depends on the past, and which a restored machine does not have.
 */
static uint64_t frames_of_secure_guest(const tce_machine *m)
{
    return m->svm == TCE_SVM_NORMAL ? 0 : tce__states_count(m) + 4 * (uint64_t)m->frames.count;
}

uint64_t tce__frames_visited(const tce_machine *m, uint64_t number, const uint64_t *args, uint32_t nargs)
{
    const uint64_t gfn = nargs > 0 ? args[0] : 0, count = nargs > 1 ? args[1] : 0, end = tce__frames_max(m);
    switch (number) {
    case TCE_UV_SHARE_PAGE:
    case TCE_UV_UNSHARE_PAGE:
        /* Frames that are not all memory: refused. */
        return m->svm == TCE_SVM_SECURE && gfn < end && count <= end - gfn ? count : 0;
    case TCE_UV_UNSHARE_ALL_PAGES:
        /* A walk over bytes, most of them 0. */
        return m->svm == TCE_SVM_SECURE ? tce__states_count(m) >> 4 : 0;
    case TCE_UV_SVM_TERMINATE:
        return frames_of_secure_guest(m);
    default:
        return 0;
    }
}

/* Each window is given another table, which the host takes up to 20 microseconds to map. */
#define PAGES_A_WINDOW 256u

uint64_t tce__pages_reset(const tce_machine *m)
{
    return (uint64_t)m->windows.count * PAGES_A_WINDOW + frames_of_secure_guest(m);
}
