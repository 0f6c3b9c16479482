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
    const wide rate = (wide)config->pcie_rate * (10000 - config->dllp_share);
    t->byte_q16 = narrow((((wide)config->clock_mhz * 10000 << 16) + rate / 2) / rate);
    tce__pool_open(&t->requesters, sizeof(tce__requester));
    tce__pool_open(&t->transactions, sizeof(tce__transaction));
    tce__pool_open(&t->uses, sizeof(tce__use));
    tce__pool_open(&t->tlps, sizeof(tce__tlp));
    t->vcpus = calloc(CPUS, sizeof *t->vcpus);
    if (arrival == TCE_ARRIVAL_SATURATE)
        t->plan = tce__plan_open();
    if ((arrival == TCE_ARRIVAL_SATURATE && t->plan == NULL) || t->vcpus == NULL || !tce__map_open(&t->lives) || !tce__map_open(&t->phb_of_buid) ||
        !tce__map_open(&t->requester_of)) {
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
    tce__map_close(&t->requester_of);
    tce__pool_close(&t->requesters);
    tce__pool_close(&t->transactions);
    tce__pool_close(&t->uses);
    tce__pool_close(&t->tlps);
    tce__heap_close(&t->vio);
    tce__heap_close(&t->finished);
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

tce_time_stats tce_time_statistics(const tce_time *t)
{
    tce_time_stats stats = t->stats;
    stats.up_cycles = t->up_parts >> 16;
    stats.down_cycles = t->down_parts >> 16;
    return stats;
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

/* Transactions that may be under way before the PHBs are simulated up to the present. */
#define PENDING_MAX 256u

uint64_t tce__time_event(tce_time *t, uint64_t time, uint64_t memory_bytes)
{
    const wide ns = (wide)time * t->unit_ns;
    if (!t->begun) {
        t->begun = true;
        t->first_time = time;
    }
    const wide first = (wide)t->first_time * t->unit_ns;
    const uint64_t stamp = ns < first ? 0 : narrow((ns - first) * t->c.clock_mhz / 1000);  /* [unit] */
    t->memory_bytes = memory_bytes;
    if (t->plan != NULL) {
        tce__plan_admit(t, t->events);
    } else if (stamp > t->now) {
        t->now = stamp;
        if (t->transactions.count - t->transactions.free_count >= PENDING_MAX)
            tce__time_advance(t, stamp);
    }
    return t->events++;
}

/* --- Calls --- */

/* The cycles that a call takes. */
static uint64_t count_call(tce_time *t, uint64_t cost)
{
    const uint64_t cycles = tce__round_cost(0, 0, cost);
    t->stats.calls++;
    t->stats.call_cycles += cycles == 0 ? 1 : cycles;
    return cycles == 0 ? 1 : cycles;
}

/* A call that starts as soon as its vCPU may: the cycle in which it ends. */
static uint64_t busy(tce_time *t, uint64_t event, uint16_t cpu, uint64_t cost)
{
    uint64_t *end = &t->vcpus[cpu];
    const uint64_t start = t->now > *end ? t->now : *end;   /* [vcpu] */
    *end = start + count_call(t, cost);
    tce__time_record(t, (tce_time_record){.event = event, .start = start, .done = *end, .fault = TCE_TIME_CALL});
    return *end;
}

uint64_t tce__time_barrier(tce_time *t)
{
    return t->plan == NULL ? t->now : tce__plan_barrier(t);
}

void tce__time_ultracall(tce_time *t, uint64_t event, uint16_t cpu, uint64_t cost)
{
    if (t->plan == NULL)
        (void)busy(t, event, cpu, cost);
    else if (tce__plan_call(t, event, cpu, count_call(t, cost)) != TCE__NONE)
        tce__plan_called(t, cpu);
}

uint64_t tce__time_rtas(tce_time *t, uint64_t event, uint16_t cpu, uint64_t cost)
{
    if (t->plan == NULL)
        return busy(t, event, cpu, cost);
    const uint64_t start = tce__plan_barrier(t), end = start + count_call(t, cost);
    t->vcpus[cpu] = end;
    tce__plan_not_before(t, end);
    tce__time_record(t, (tce_time_record){.event = event, .start = start, .done = end, .fault = TCE_TIME_CALL});
    return end;
}

/* What the call costs but for what depends on the TCEs that it wrote, in millionths. [cost] */
static uint64_t call_cost(tce_time *t, const tce__call *call)
{
    const tce_time_config *c = &t->c;
    tce_time_stats *s = &t->stats;
    uint64_t handler = c->hcall_get;
    uint64_t cost = c->hcall_entry;
    const bool exits = c->exit_to_user == TCE_EXIT_ALWAYS || (c->exit_to_user == TCE_EXIT_KVM && call->exits);
    if (call->kind == TCE_EVENT_PUT)
        handler = c->hcall_put;
    else if (call->kind == TCE_EVENT_STUFF)
        handler = c->hcall_stuff + tce__product(c->hcall_stuff_entry, call->written);
    else if (call->kind == TCE_EVENT_INDIRECT)
        handler = c->hcall_list + tce__product(c->hcall_list_entry, call->written);
    cost += handler;
    s->entry_parts += c->hcall_entry;
    s->handler_parts += handler;
    if (call->secure) {
        cost += c->hcall_reflection;
        s->reflection_parts += c->hcall_reflection;
    }
    if (exits) {
        cost += c->hcall_exit;
        s->exit_parts += c->hcall_exit;
        s->exits++;
    }
    const uint64_t paging = tce__product(c->uv_page_out + c->uv_page_in, call->paged_out);
    s->paging_parts += paging;
    return cost + paging;
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
    for (uint64_t i = 0; i < call->written; i++) {
        const uint64_t index = call->index + i, before = call->before[i];
        const uint64_t after = tce__table_load(&call->window->table, index);
        if ((before & TCE_ACCESS_RW) != 0 && (after & TCE_ACCESS_RW) == 0)
            tce__life_clear(t, life, index, end, planned);
        tce__life_write(life, index, end);
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

void tce__time_call(tce_time *t, const tce__call *call)
{
    const tce_time_config *c = &t->c;
    uint64_t cost = call_cost(t, call);
    tce__life *life = NULL;
    if (call->written != 0) {
        life = tce__life_of(t, call->window);
        if (life == NULL) {
            t->failed = true;
            return;
        }
        const effect e = count_effect(call, life);
        const uint64_t touch = tce__product(c->hcall_first_touch, e.first_touches);
        uint64_t passthrough = 0;
        if (c->passthrough != 0) {
            passthrough = tce__product(c->passthrough_entry, call->written);
            if (e.changed != 0)
                passthrough += tce__product(c->kill_issue, c->kill_scope == TCE_KILL_PAGE ? e.changed : 1) +
                               c->kill_completion;
        }
        t->stats.changed += e.changed;
        t->stats.first_touch_parts += touch;
        t->stats.passthrough_parts += passthrough;
        cost += touch + passthrough;
    }
    if (t->plan == NULL) {
        const uint64_t end = busy(t, call->event, call->cpu, cost);
        if (life != NULL)
            apply_effect(t, call, life, end, TCE__NONE);
        return;
    }
    const uint32_t planned = tce__plan_call(t, call->event, call->cpu, count_call(t, cost));
    if (planned == TCE__NONE)
        return;
    if (life != NULL) {
        apply_effect(t, call, life, TCE__PENDING | planned, planned);
        tce__plan_writes(t, planned, life, call->index, call->written);
    }
    tce__plan_called(t, call->cpu);
}
