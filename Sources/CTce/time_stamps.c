/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Beside each TCE: when the last call that wrote it ended, and which pending transactions use it. Both sparse, as the
 * tables are. Model.
 */
#include <stdlib.h>

#include "time_plan.h"

static uint64_t *entry_of(tce__life *life, uint64_t index)
{
    const uint64_t word = index * TCE__BESIDE_WORDS;
    if (TCE__UNLIKELY(!tce__table_touched(&life->entries, word)))
        tce__table_touch(&life->entries, word >> TCE__PAGE_TCES_LOG2);
    return &life->entries.tce[word];
}

tce__life *tce__life_find(tce_time *t, const tce__window *w)
{
    tce__life *life = tce__map_find(&t->lives, w->liobn);
    if (TCE__LIKELY(life != NULL))
        return t->recent_life = life;
    uint32_t phb = w->phb == NULL ? TCE__NONE : tce__phb_time_of(t, w->phb->config.buid);
    life = t->failed ? NULL : calloc(1, sizeof *life);
    if (life == NULL)
        return NULL;
    *life = (tce__life){.tces = w->tces, .liobn = w->liobn, .phb = phb};
    life->touched = calloc((size_t)(((w->tces - 1) >> TCE__TOUCH_TCES_LOG2) / 64 + 1), sizeof *life->touched);
    if (life->touched != NULL && tce__table_open(&life->entries, w->tces * TCE__BESIDE_WORDS)) {
        if (tce__map_insert(&t->lives, w->liobn, life))
            return life;
        tce__table_close(&life->entries, w->tces * TCE__BESIDE_WORDS);
    }
    free(life->touched);
    free(life);
    return NULL;
}

/* What is pending is found by no later call; the last of it takes the life along. */
static void life_free(tce__life *life)
{
    tce__table_close(&life->entries, life->tces * TCE__BESIDE_WORDS);
    free(life->touched);
    life->touched = NULL;
    life->gone = true;
    if (life->users == 0)
        free(life);
}

static void forget(tce_time *t, tce__life *life)
{
    tce__map_remove(&t->lives, life->liobn);
    t->recent_life = NULL;
    life_free(life);
}

void tce__life_end(tce_time *t, uint64_t liobn, uint64_t cycle)
{
    tce__life *life = tce__map_find(&t->lives, liobn);
    /* [window-kill]: also the lines that an access to a window before has brought since. */
    for (uint32_t i = 0; i < t->phb_count; i++)
        tce__time_kill(t, i, cycle, tce__cache_name(liobn), 0, UINT64_MAX);
    if (life != NULL)
        forget(t, life);
}

void tce__lives_end(tce_time *t, uint64_t cycle)
{
    for (uint32_t i = 0; i < t->phb_count; i++)
        tce__time_kill(t, i, cycle, 0, 0, UINT64_MAX);
    for (size_t i = 0; i <= t->lives.mask;) {
        if (t->lives.slots[i].value != NULL)
            forget(t, t->lives.slots[i].value);     /* another may have moved here */
        else
            i++;
    }
}

void tce__lives_close(tce_time *t)
{
    for (size_t i = 0; t->lives.slots != NULL && i <= t->lives.mask; i++) {
        if (t->lives.slots[i].value != NULL)
            life_free(t->lives.slots[i].value);
    }
    tce__map_close(&t->lives);
}

bool tce__life_use(tce_time *t, tce__transaction *x, uint32_t transaction, uint64_t index)
{
    const uint32_t use = tce__pool_take(&t->uses);
    if (use == TCE__NONE)
        return false;
    uint64_t *users = &entry_of(x->life, index)[TCE__BESIDE_USERS];
    *tce__use_at(t, use) = (tce__use){
        .transaction = transaction,
        .before = TCE__NONE,
        .after = *users == 0 ? TCE__NONE : (uint32_t)(*users - 1),
        .next = x->uses,
        .index = index,
        .cleared = TCE__NEVER,
    };
    if (*users != 0)
        tce__use_at(t, (uint32_t)(*users - 1))->before = use;
    *users = (uint64_t)use + 1;
    x->uses = use;
    return true;
}

uint64_t tce__life_leave(tce_time *t, tce__transaction *x)
{
    uint64_t cleared = TCE__NEVER;
    tce__life *life = x->life;
    for (uint32_t use = x->uses, next; use != TCE__NONE; use = next) {
        const tce__use u = *tce__use_at(t, use);
        next = u.next;
        tce__pool_give(&t->uses, use);
        cleared = u.cleared < cleared ? u.cleared : cleared;
        if (life->gone)
            continue;
        if (u.after != TCE__NONE)
            tce__use_at(t, u.after)->before = u.before;
        if (u.before != TCE__NONE)
            tce__use_at(t, u.before)->after = u.after;
        else
            entry_of(life, u.index)[TCE__BESIDE_USERS] = u.after == TCE__NONE ? 0 : (uint64_t)u.after + 1;
    }
    x->uses = TCE__NONE;
    x->life = NULL;
    if (--life->users == 0 && life->gone)
        free(life);
    return cleared;
}

void tce__life_write(tce__life *life, uint64_t index, uint64_t count, uint64_t end)
{
    const uint64_t last = (index + count - 1) >> TCE__TOUCH_TCES_LOG2;
    for (uint64_t part = index >> TCE__TOUCH_TCES_LOG2; part <= last; part++)
        life->touched[part >> 6] |= UINT64_C(1) << (part & 63);
    tce__table_touch_range(&life->entries, index * TCE__BESIDE_WORDS, count * TCE__BESIDE_WORDS);
    for (uint64_t i = index; i < index + count; i++)
        life->entries.tce[i * TCE__BESIDE_WORDS + TCE__BESIDE_END] = end;
}

bool tce__time_touch(tce_time *t, const tce__window *w, uint64_t index, uint64_t written)
{
    if (written == 0)
        return true;
    tce__life *life = tce__life_of(t, w);
    if (life == NULL)
        return false;
    const uint64_t last = (index + written - 1) >> TCE__TOUCH_TCES_LOG2;
    for (uint64_t part = index >> TCE__TOUCH_TCES_LOG2; part <= last; part++)
        life->touched[part >> 6] |= UINT64_C(1) << (part & 63);
    return true;
}

void tce__life_clear(tce_time *t, tce__life *life, uint64_t index, uint64_t end, uint32_t planned)
{
    const uint64_t users = tce__table_load(&life->entries, index * TCE__BESIDE_WORDS + TCE__BESIDE_USERS);
    for (uint32_t use = users == 0 ? TCE__NONE : (uint32_t)(users - 1); use != TCE__NONE;) {
        tce__use *u = tce__use_at(t, use);
        if (t->plan != NULL)
            tce__plan_clears(t, planned, u->transaction);
        else if (end < u->cleared)
            u->cleared = end;
        use = u->after;
    }
}
