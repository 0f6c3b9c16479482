/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A saturated run: stamps say nothing, so calls and transactions wait for one another alone (docs/time-model.md,
 * [saturate]). Events of up to a window's length are planned; what may happen next is simulated (time_agenda.c) when
 * the window is full, before a barrier, and at the end. Model.
 */
#include "time_plan.h"

#include <stdlib.h>
#include <string.h>

#define CPUS ((size_t)TCE_CPU_UNKNOWN + 1)

/* A call that has not ended. */
typedef struct planned_call {
    uint64_t event, cycles;
    uint64_t earliest;          /* cycle in which it may start */
    uint64_t end;
    tce__life *life;            /* whose TCEs it wrote; NULL: none */
    uint64_t index, written;
    uint32_t waits;             /* transactions that use a TCE it clears */
    uint32_t waiters;           /* transactions that use a TCE it wrote; TCE__NONE */
    uint32_t kills;             /* what leaves the cache at its end; TCE__NONE */
    uint32_t next;              /* of its vCPU */
    uint16_t cpu;
    bool started;
} planned_call;

/* One that waits: a transaction for a call, or a call for a transaction. */
typedef struct waiter {
    uint32_t who, next;
} waiter;

typedef struct planned_kill {
    uint64_t window, first, last;
    uint32_t phb, next;
} planned_kill;

static planned_call *call_at(const tce__plan *plan, uint32_t index)
{
    return &((planned_call *)(void *)plan->calls.items)[index];
}

static waiter *waiter_at(const tce__plan *plan, uint32_t index)
{
    return &((waiter *)(void *)plan->waiters.items)[index];
}

static planned_kill *kill_at(const tce__plan *plan, uint32_t index)
{
    return &((planned_kill *)(void *)plan->kills.items)[index];
}

tce__plan *tce__plan_open(void)
{
    tce__plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return NULL;
    tce__pool_open(&plan->calls, sizeof(planned_call));
    tce__pool_open(&plan->waiters, sizeof(waiter));
    tce__pool_open(&plan->kills, sizeof(planned_kill));
    plan->heads = malloc(CPUS * sizeof *plan->heads);
    plan->tails = malloc(CPUS * sizeof *plan->tails);
    if (plan->heads == NULL || plan->tails == NULL) {
        tce__plan_close(plan);
        return NULL;
    }
    memset(plan->heads, 0xff, CPUS * sizeof *plan->heads);      /* TCE__NONE */
    return plan;
}

void tce__plan_close(tce__plan *plan)
{
    if (plan == NULL)
        return;
    tce__pool_close(&plan->calls);
    tce__pool_close(&plan->waiters);
    tce__pool_close(&plan->kills);
    tce__heap_close(&plan->ends);
    tce__heap_close(&plan->starts);
    tce__heap_close(&plan->phbs);
    free(plan->heads);
    free(plan->tails);
    free(plan);
}

static void mark_done(tce__plan *plan, uint64_t from)
{
    if (from > plan->done)
        plan->done = from;
}

static void add_waiter(tce_time *t, uint32_t *list, uint32_t who)
{
    const uint32_t index = tce__pool_take(&t->plan->waiters);
    if (index == TCE__NONE) {
        t->failed = true;
        return;
    }
    *waiter_at(t->plan, index) = (waiter){.who = who, .next = *list};
    *list = index;
}

/* --- Calls --- */

/* Starts the vCPU's first call, if nothing holds it. */
static void start_call(tce_time *t, uint16_t cpu)
{
    tce__plan *plan = t->plan;
    const uint32_t index = plan->heads[cpu];
    if (index == TCE__NONE)
        return;
    planned_call *call = call_at(plan, index);
    if (call->waits != 0 || call->started)
        return;
    const uint64_t start = call->earliest > t->vcpus[cpu] ? call->earliest : t->vcpus[cpu];
    call->started = true;
    call->end = tce__cycle_after(start, call->cycles);
    t->vcpus[cpu] = call->end;
    tce__time_called(t, call->event, start, call->end);
    if (!tce__heap_push(&plan->ends, call->end, call->event, index))
        t->failed = true;
}

uint32_t tce__plan_call(tce_time *t, uint64_t event, uint16_t cpu, uint64_t cycles)
{
    tce__plan *plan = t->plan;
    const uint32_t index = tce__pool_take(&plan->calls);
    if (index == TCE__NONE) {
        t->failed = true;
        return TCE__NONE;
    }
    *call_at(plan, index) = (planned_call){
        .event = event,
        .cycles = cycles,
        .earliest = tce__plan_floor(t),
        .waiters = TCE__NONE,
        .kills = TCE__NONE,
        .next = TCE__NONE,
        .cpu = cpu,
    };
    if (plan->heads[cpu] == TCE__NONE)
        plan->heads[cpu] = index;
    else
        call_at(plan, plan->tails[cpu])->next = index;
    plan->tails[cpu] = index;
    tce__under_way_set(&t->under_way, event, TCE__PENDING);
    return index;
}

void tce__plan_writes(tce_time *t, uint32_t call, tce__life *life, uint64_t index, uint64_t written)
{
    planned_call *c = call_at(t->plan, call);
    c->life = life;
    c->index = index;
    c->written = written;
}

void tce__plan_clears(tce_time *t, uint32_t call, uint32_t transaction)
{
    tce__transaction *x = tce__transaction_at(t, transaction);
    if (tce__transaction_ended(x)) {
        planned_call *c = call_at(t->plan, call);
        if (x->done + 1 > c->earliest)
            c->earliest = x->done + 1;
        return;
    }
    add_waiter(t, &x->clearers, call);
    call_at(t->plan, call)->waits++;
}

void tce__plan_kill(tce_time *t, uint32_t call, uint32_t phb, uint64_t window, uint64_t first, uint64_t last)
{
    planned_call *c = call_at(t->plan, call);
    const uint32_t index = phb == TCE__NONE ? TCE__NONE : tce__pool_take(&t->plan->kills);
    if (phb == TCE__NONE)
        return;
    if (index == TCE__NONE) {
        t->failed = true;
        return;
    }
    *kill_at(t->plan, index) =
        (planned_kill){.window = window, .first = first, .last = last, .phb = phb, .next = c->kills};
    c->kills = index;
}

void tce__plan_called(tce_time *t, uint16_t cpu)
{
    start_call(t, cpu);
}

void tce__plan_end_call(tce_time *t)
{
    tce__plan *plan = t->plan;
    const uint32_t index = tce__heap_pop(&plan->ends).value;
    const planned_call call = *call_at(plan, index);
    for (uint64_t i = 0; call.life != NULL && i < call.written; i++) {
        if (tce__life_written(call.life, call.index + i) == (TCE__PENDING | index))
            tce__life_write(call.life, call.index + i, 1, call.end);
    }
    for (uint32_t kill = call.kills, next; kill != TCE__NONE; kill = next) {
        const planned_kill k = *kill_at(plan, kill);
        next = k.next;
        tce__cache_advance(&t->phbs[k.phb]->cache, call.end - 1, &t->phbs[k.phb]->stats);
        tce__time_kill(t, k.phb, call.end, k.window, k.first, k.last);
        tce__pool_give(&plan->kills, kill);
    }
    for (uint32_t w = call.waiters, next; w != TCE__NONE; w = next) {
        tce__transaction *x = tce__transaction_at(t, waiter_at(plan, w)->who);
        next = waiter_at(plan, w)->next;
        if (call.end > x->start)
            x->start = call.end;
        if (--x->waits == 0)
            tce__agenda_ready(t, waiter_at(plan, w)->who);
        tce__pool_give(&plan->waiters, w);
    }
    plan->heads[call.cpu] = call.next;
    mark_done(plan, call.end);
    tce__pool_give(&plan->calls, index);
    start_call(t, call.cpu);
}

/* --- Transactions; `start` is the cycle from which one is ready, until it starts (time_agenda.c) --- */

void tce__plan_uses(tce_time *t, uint32_t transaction, uint64_t written)
{
    tce__transaction *x = tce__transaction_at(t, transaction);
    if ((written & TCE__PENDING) == 0) {
        if (written > x->start)
            x->start = written;
        return;
    }
    x->waits++;
    add_waiter(t, &call_at(t->plan, (uint32_t)written)->waiters, transaction);
}

void tce__plan_done(tce_time *t, uint32_t transaction)
{
    tce__plan *plan = t->plan;
    tce__transaction *x = tce__transaction_at(t, transaction);
    const uint64_t done = x->done;
    mark_done(plan, done + 1);
    for (uint32_t w = x->clearers, next; w != TCE__NONE; w = next) {
        planned_call *call = call_at(plan, waiter_at(plan, w)->who);
        next = waiter_at(plan, w)->next;
        call->waits--;
        if (done + 1 > call->earliest)
            call->earliest = done + 1;
        tce__pool_give(&plan->waiters, w);
        if (call == call_at(plan, plan->heads[call->cpu]))
            start_call(t, call->cpu);
    }
    x->clearers = TCE__NONE;
}

/* --- Events behind --- */

void tce__plan_admit(tce_time *t, uint64_t event)
{
    while (tce__under_way_held(&t->under_way, event) != 0 && tce__agenda_step(t))
        ;
}

uint64_t tce__plan_barrier(tce_time *t)
{
    while (tce__agenda_step(t))
        ;
    tce__transactions_retire(t, TCE__NEVER);
    if (t->plan->done > t->plan->floor)
        t->plan->floor = t->plan->done;
    return t->plan->floor > t->under_way.floor ? t->plan->floor : t->under_way.floor;
}

void tce__plan_not_before(tce_time *t, uint64_t cycle)
{
    if (cycle > t->plan->floor)
        t->plan->floor = cycle;
    mark_done(t->plan, cycle);
}

uint64_t tce__plan_floor(const tce_time *t)
{
    return t->plan->floor > t->under_way.floor ? t->plan->floor : t->under_way.floor;
}
