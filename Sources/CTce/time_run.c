/* SPDX-License-Identifier: Apache-2.0 */
/* The time model's life, and the guest's side: stamps, what calls cost, what they kill (docs/time-model.md). Model. */
#include "time_plan.h"

#include <stdlib.h>
#include <string.h>

#include "time_config.h"

__extension__ typedef unsigned __int128 wide;

#define MILLION UINT64_C(1000000)
#define CYCLES_MAX (UINT64_C(1) << 60)

static uint64_t narrow(wide value)
{
    return value > CYCLES_MAX ? CYCLES_MAX : (uint64_t)value;
}

uint64_t tce__round_cost(uint64_t each, uint64_t count, uint64_t base)
{
    return narrow(((wide)each * count + base + MILLION / 2) / MILLION);
}

uint64_t tce__product(uint64_t each, uint64_t count)
{
    return narrow((wide)each * count);
}

/* --- Lifetime --- */

#define CPUS ((size_t)TCE_CPU_UNKNOWN + 1)

tce_err tce_time_create(const tce_time_config *config, tce_arrival arrival, uint64_t unit_ns, tce_time **out)
{
    *out = NULL;
    if (!tce__time_config_valid(config) || unit_ns == 0 || arrival > TCE_ARRIVAL_SATURATE)
        return TCE_ERR_CONFIG;
    tce_time *t = calloc(1, sizeof *t);
    if (t == NULL)
        return TCE_ERR_NO_MEMORY;
    t->c = *config;
    t->arrival = arrival;
    t->unit_ns = unit_ns;
    if (!tce__under_way_open(&t->under_way, config->events_under_way)) {
        free(t);
        return TCE_ERR_NO_MEMORY;
    }
    const wide rate = (wide)config->pcie_rate * (10000 - config->dllp_share);
    t->byte_q16 = narrow((((wide)config->clock_mhz * 10000 << 16) + rate / 2) / rate);
    /* Products that fit, of most stamps; narrow() would change none of them. */
    t->unit_mhz = narrow((wide)unit_ns * config->clock_mhz);
    t->units_max = CYCLES_MAX / t->unit_mhz;
    t->way = config->pcie_latency + config->tve_cycles;
    tce__pool_open(&t->transactions, sizeof(tce__transaction));
    tce__pool_open(&t->uses, sizeof(tce__use));
    t->vcpus = calloc(CPUS, sizeof *t->vcpus);
    if (arrival == TCE_ARRIVAL_SATURATE)
        t->plan = tce__plan_open();
    if ((arrival == TCE_ARRIVAL_SATURATE && t->plan == NULL) || t->vcpus == NULL || !tce__map_open(&t->lives) ||
        !tce__map_open(&t->phb_of_buid) || !tce__requesters_open(&t->requesters)) {
        tce_time_destroy(t);
        return TCE_ERR_NO_MEMORY;
    }
    *out = t;
    return TCE_OK;
}

void tce_time_destroy(tce_time *t)
{
    if (t == NULL)
        return;
    tce__transactions_close(t);
    tce__phbs_close(t);
    tce__lives_close(t);
    tce__requesters_close(&t->requesters);
    tce__pool_close(&t->uses);
    tce__queue_close(&t->vio);
    tce__queue_close(&t->finished);
    tce__under_way_close(&t->under_way);
    tce__groups_close(&t->groups);
    free(t->intervals.items);
    free(t->records);
    free(t->before);
    tce__plan_close(t->plan);
    free(t->vcpus);
    free(t);
}

tce_err tce_time_finish(tce_time *t)
{
    tce__time_advance(t, TCE__NEVER);
    return t->failed ? TCE_ERR_NO_MEMORY : TCE_OK;
}

void tce_time_keep_records(tce_time *t, bool keep)
{
    t->keeps = keep;
}

size_t tce_time_take_records(tce_time *t, tce_time_record *out, size_t max)
{
    const size_t count = t->record_count < max ? t->record_count : max;
    if (count == 0)
        return 0;
    memcpy(out, t->records, count * sizeof *out);
    memmove(t->records, t->records + count, (t->record_count - count) * sizeof *out);
    t->record_count -= count;
    return count;
}

/* --- Stamps --- */

/* Transactions that come before the PHBs are simulated up to the present. */
#define FRESH_MAX 256u

/* [unit] */
static uint64_t stamp_of(const tce_time *t, uint64_t time)
{
    if (TCE__LIKELY(time - t->first_time < t->units_max))
        return time < t->first_time ? 0 : (time - t->first_time) * t->unit_mhz / 1000;
    const wide ns = (wide)time * t->unit_ns, first = (wide)t->first_time * t->unit_ns;
    return ns < first ? 0 : narrow((ns - first) * t->c.clock_mhz / 1000);
}

uint64_t tce__time_event(tce_time *t, uint64_t time, uint64_t memory_bytes)
{
    if (!t->begun) {
        t->begun = true;
        t->first_time = time;
    }
    const uint64_t stamp = stamp_of(t, time);
    t->memory_bytes = memory_bytes;
    if (t->plan != NULL) {
        tce__plan_admit(t, t->events);
    } else {
        uint64_t held;
        if (stamp > t->now)
            t->now = stamp;
        while (TCE__UNLIKELY((held = tce__under_way_held(&t->under_way, t->events)) != 0) && !t->failed)
            tce__transaction_complete(t, (uint32_t)held);
        if (TCE__UNLIKELY(t->fresh >= FRESH_MAX) && tce__time_present(t) > t->simulated)
            tce__time_advance(t, tce__time_present(t));
    }
    tce__under_way_set(&t->under_way, t->events, 0);    /* until it is more than that */
    return t->events++;
}

/* --- Calls --- */

void tce__time_called(tce_time *t, uint64_t event, uint64_t start, uint64_t end)
{
    tce__intervals_call(&t->intervals, start, end);
    tce__under_way_set(&t->under_way, event, end);
    tce__time_record(t, (tce_time_record){.event = event, .start = start, .done = end, .fault = TCE_TIME_CALL});
}

/* A call that starts as soon as its vCPU may: the cycle in which it ends. */
static uint64_t busy(tce_time *t, tce_time_call_kind kind, uint64_t event, uint16_t cpu, uint64_t cycles)
{
    uint64_t *end = &t->vcpus[cpu];
    const uint64_t present = tce__time_present(t), start = present > *end ? present : *end;     /* [vcpu] */
    *end = tce__cycle_after(start, cycles);
    t->calls[kind].wait_cycles += start - t->now;
    tce__time_called(t, event, start, *end);
    return *end;
}

uint64_t tce__time_barrier(tce_time *t)
{
    return t->plan == NULL ? tce__time_present(t) : tce__plan_barrier(t);
}

/* What a call of one part takes. */
static uint64_t count_call(tce_time *t, tce_time_call_kind kind, tce_time_part part, uint64_t cost)
{
    uint64_t sum = 0;
    tce__calls_add(&t->calls[kind], &sum, part, cost);
    return tce__calls_count(&t->calls[kind], sum, false);
}

void tce__time_ultracall(tce_time *t, uint64_t event, uint16_t cpu, uint64_t cost)
{
    const uint64_t cycles = count_call(t, TCE_TIME_ULTRACALL, TCE_PART_ULTRACALL, cost);
    if (t->plan == NULL)
        (void)busy(t, TCE_TIME_ULTRACALL, event, cpu, cycles);
    else if (tce__plan_call(t, event, cpu, cycles) != TCE__NONE)
        tce__plan_called(t, cpu);
}

uint64_t tce__time_rtas(tce_time *t, uint64_t event, uint16_t cpu, uint64_t cost)
{
    const uint64_t cycles = count_call(t, TCE_TIME_RTAS, TCE_PART_RTAS, cost);
    if (t->plan == NULL)
        return busy(t, TCE_TIME_RTAS, event, cpu, cycles);
    const uint64_t start = tce__plan_barrier(t), end = tce__cycle_after(start, cycles);
    t->vcpus[cpu] = end;
    tce__plan_not_before(t, end);
    tce__time_called(t, event, start, end);
    return end;
}

static tce_time_call_kind kind_of(const tce__call *call)
{
    switch (call->kind) {
    case TCE_EVENT_PUT:
        return TCE_TIME_PUT;
    case TCE_EVENT_STUFF:
        return TCE_TIME_STUFF;
    case TCE_EVENT_INDIRECT:
        return TCE_TIME_LIST;
    default:
        return TCE_TIME_GET;
    }
}

static bool goes_to_user(const tce_time *t, const tce__call *call)
{
    return t->c.exit_to_user == TCE_EXIT_ALWAYS || (t->c.exit_to_user == TCE_EXIT_KVM && call->exits);
}

/* What the call costs but for what depends on the TCEs that it wrote. [cost] */
static uint64_t add_call_cost(tce_time *t, const tce__call *call, tce_time_call_kind kind, bool exits)
{
    const tce_time_config *c = &t->c;
    tce__calls *calls = &t->calls[kind];
    uint64_t cost = 0;
    tce__calls_add(calls, &cost, TCE_PART_ENTRY, c->hcall_entry);
    switch (kind) {
    case TCE_TIME_PUT:
        tce__calls_add(calls, &cost, TCE_PART_HANDLER, c->hcall_put);
        break;
    case TCE_TIME_STUFF:
        tce__calls_add(calls, &cost, TCE_PART_HANDLER, c->hcall_stuff);
        tce__calls_add(calls, &cost, TCE_PART_ENTRIES, tce__product(c->hcall_stuff_entry, call->written));
        break;
    case TCE_TIME_LIST:
        tce__calls_add(calls, &cost, TCE_PART_HANDLER, c->hcall_list);
        tce__calls_add(calls, &cost, TCE_PART_ENTRIES, tce__product(c->hcall_list_entry, call->written));
        break;
    default:
        tce__calls_add(calls, &cost, TCE_PART_HANDLER, c->hcall_get);
        break;
    }
    if (call->secure)
        tce__calls_add(calls, &cost, TCE_PART_REFLECTION, c->hcall_reflection);
    if (exits)
        tce__calls_add(calls, &cost, TCE_PART_EXIT, c->hcall_exit);
    if (call->paged_out != 0)
        tce__calls_add(calls, &cost, TCE_PART_PAGING, tce__product(c->uv_page_out + c->uv_page_in, call->paged_out));
    return cost;
}

/* What a call does to the TCEs that it wrote. */
typedef struct effect {
    uint64_t changed, first_touches;
} effect;

static effect count_effect(const tce__call *call, const tce__life *life)
{
    effect e = {0, 0};
    for (uint64_t i = 0; i < call->written; i++) {
        const uint64_t index = call->index + i;
        e.changed += call->before[i] != tce__table_load(&call->window->table, index);
        if (i == 0 || (index & (TCE__TOUCH_TCES - 1)) == 0)
            e.first_touches += !tce__life_touched(life, index);
    }
    return e;
}

/* Lines leave the cache at the end of a call: known, or, in a saturated run, that of a planned one. */
static void kill_lines(tce_time *t, uint32_t phb, uint64_t end, uint32_t planned, uint64_t window, uint64_t first,
                       uint64_t last)
{
    if (t->plan == NULL)
        tce__time_kill(t, phb, end, window, first, last);
    else
        tce__plan_kill(t, planned, phb, window, first, last);
}

/* Notes the call beside its TCEs, and what leaves the cache at its end. [kill] */
static void apply_effect(tce_time *t, const tce__call *call, tce__life *life, uint64_t end, uint32_t planned)
{
    const uint32_t line_log2 = life->phb == TCE__NONE ? 0 : t->phbs[life->phb]->cache.line_log2;
    const bool whole_pe = t->c.passthrough != 0 && t->c.kill_scope == TCE_KILL_PE;
    const uint64_t window = tce__cache_name(life->liobn);
    uint64_t first = 0, last = 0;
    bool open = false;
    tce__life_write(life, call->index, call->written, end);
    for (uint64_t i = 0; i < call->written; i++) {
        const uint64_t index = call->index + i, before = call->before[i];
        const uint64_t after = tce__table_load(&call->window->table, index);
        if ((before & TCE_ACCESS_RW) != 0 && (after & TCE_ACCESS_RW) == 0)
            tce__life_clear(t, life, index, end, planned);
        if (before == after)
            continue;
        /* Runs of lines, so that a list is one kill. */
        const uint64_t line = index >> line_log2;
        if (open && line > last + 1 && !whole_pe) {
            kill_lines(t, life->phb, end, planned, window, first, last);
            open = false;
        }
        if (!open)
            first = line;
        open = true;
        last = line;
    }
    if (open && whole_pe)
        kill_lines(t, life->phb, end, planned, 0, 0, UINT64_MAX);
    else if (open)
        kill_lines(t, life->phb, end, planned, window, first, last);
}

/* What the TCEs add that the call wrote. [cost] [kill] */
static void add_effect_cost(tce_time *t, const tce__call *call, const tce__life *life, tce__calls *calls, uint64_t *cost)
{
    const tce_time_config *c = &t->c;
    const effect e = count_effect(call, life);
    t->stats.changed += e.changed;
    if (e.first_touches != 0)
        tce__calls_add(calls, cost, TCE_PART_FIRST_TOUCH, tce__product(c->hcall_first_touch, e.first_touches));
    if (c->passthrough == 0)
        return;
    tce__calls_add(calls, cost, TCE_PART_PASSTHROUGH, tce__product(c->passthrough_entry, call->written));
    if (e.changed != 0)
        tce__calls_add(calls, cost, TCE_PART_KILL,
                       tce__product(c->kill_issue, c->kill_scope == TCE_KILL_PAGE ? e.changed : 1) + c->kill_completion);
}

void tce__time_call(tce_time *t, const tce__call *call)
{
    const tce_time_call_kind kind = kind_of(call);
    const bool exits = goes_to_user(t, call);
    tce__life *life = NULL;
    if (call->written != 0 && (life = tce__life_of(t, call->window)) == NULL) {
        t->failed = true;
        return;
    }
    uint64_t cost = add_call_cost(t, call, kind, exits);
    if (life != NULL)
        add_effect_cost(t, call, life, &t->calls[kind], &cost);
    const uint64_t cycles = tce__calls_count(&t->calls[kind], cost, exits);
    if (t->plan == NULL) {
        const uint64_t end = busy(t, kind, call->event, call->cpu, cycles);
        if (life != NULL)
            apply_effect(t, call, life, end, TCE__NONE);
        return;
    }
    const uint32_t planned = tce__plan_call(t, call->event, call->cpu, cycles);
    if (planned == TCE__NONE)
        return;
    if (life != NULL) {
        apply_effect(t, call, life, TCE__PENDING | planned, planned);
        tce__plan_writes(t, planned, life, call->index, call->written);
    }
    tce__plan_called(t, call->cpu);
}
