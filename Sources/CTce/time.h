/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the time model share (docs/time-model.md). A model takes the events of a run in their order, with
 * what the machine answered; it keeps, for each PHB, what is on its links and in its TCE cache, and simulates it up to
 * the stamp of the event that comes next: nothing that is still to come can happen before that. Not API. Model.
 */
#ifndef TCE__TIME_H
#define TCE__TIME_H

#include "tce_time.h"
#include "time_phb.h"
#include "time_pool.h"
#include "time_stats.h"
#include "time_under_way.h"

/* --- What calls wrote, beside each TCE (time_stamps.c) --- */

/* Beside a TCE: the end of the last call that wrote it, and the first of its pending uses, + 1. */
enum { TCE__BESIDE_END = 0, TCE__BESIDE_USERS = 1, TCE__BESIDE_WORDS = 2 };

/* One life of a window: from its being made, or reset, to the next such event. */
typedef struct tce__life {
    uint64_t tces;
    uint32_t liobn;
    uint32_t phb;               /* index of its hardware; TCE__NONE: virtual I/O */
    tce__table entries;         /* TCE__BESIDE_WORDS a TCE */
    uint64_t *touched;          /* one bit for each 64 KiB of the table that a call has written */
    uint32_t users;             /* pending transactions that use its TCEs */
    bool gone;                  /* it has ended, and has no entries any more: only the users know of it */
} tce__life;

/* A TCE that a pending transaction uses: a link in the list of the TCE's pending users. */
typedef struct tce__use {
    uint32_t transaction;
    uint32_t before, after;     /* in that list; TCE__NONE */
    uint32_t next;              /* of the same transaction; TCE__NONE */
    uint64_t index;             /* the TCE */
    uint64_t cleared;           /* the first end of a later call that clears it; TCE__NEVER */
} tce__use;

/* --- Transactions (time_dma.c) and who makes them (time_requester.c) --- */

typedef struct tce__transaction {
    uint64_t start;
    uint64_t ioba, bytes;
    uint64_t issued;            /* how many bytes have been cut into TLPs */
    uint64_t offset;            /* of ioba in the window */
    uint64_t name;              /* the window's in the caches; 0: no window */
    uint64_t done;
    uint32_t requester;
    uint32_t under_way;         /* TLPs granted and not done */
    uint32_t tlps;              /* granted */
    uint8_t fault;              /* tce_fault: the functional answer */
    uint8_t shift;              /* page shift */
    uint8_t access;             /* TCE_ACCESS_..., as the functional answer was made */
    bool write, bypass, frozen, assumed;
    bool faults;                /* the answer is a fault that stops it */
    bool closed;                /* all its TLPs are granted or withdrawn */
    uint64_t fault_at;          /* the cycle in which its first fault is known, as far as it is */
    uint64_t tces;              /* of the window */
    uint64_t *pages;            /* of one with a fault: its TCEs, page by page; owned */
    uint64_t event;             /* its number */
    uint64_t stamp;
    tce__life *life;            /* NULL: no window */
    uint32_t uses;              /* the first of them; TCE__NONE */
    uint32_t waits, clearers;   /* in a saturated run (time_plan.c) */
} tce__transaction;

/* Does the TLP of its byte at `place` pass the port? [bypass] */
static inline bool tce__passes(const tce__transaction *x, uint64_t place)
{
    return TCE__UNLIKELY(x->bypass) && (x->offset + place) >> x->shift < x->tces;
}

/* Is its end known? */
static inline bool tce__transaction_ended(const tce__transaction *x)
{
    return x->closed && x->under_way == 0;
}

/* What tells one requester from another. [path] */
typedef struct tce__requester_name {
    uint64_t who;               /* LIOBN, or the BUID that no PHB has; else 0 */
    uint32_t id;                /* TCE_REQUESTER_UNKNOWN */
    uint32_t phb;               /* its number; TCE__NONE: virtual I/O */
    uint32_t kind;
} tce__requester_name;

typedef struct tce__requester {
    uint64_t turn;              /* the cycle from which its next TLP may be ready */
    uint64_t key;               /* the cycle of its entry in the PHB's candidates; TCE__NEVER: it has none */
    uint64_t done;              /* virtual I/O: of its last access */
    uint32_t phb;               /* TCE__NONE: virtual I/O */
    uint32_t fresh_tags;        /* that were never used yet */
    tce__queue pending;         /* transactions to issue, by start and number */
    tce__ring tags;             /* cycles from which used ones serve again */
    bool blocked;               /* its next TLP waits for a tag, and none is known to come free */
    /* In a saturated run (time_agenda.c): */
    bool busy;                  /* a transaction is on its way to the link */
    tce__heap soon;             /* transactions that have not started, by the cycle from which they are ready */
    tce__heap ready;            /* those that were ready when the last one started, by place in the trace */
    uint64_t since;             /* the cycle in which that was */
    uint64_t proposed;          /* the cycle of its entry in the agenda; TCE__NEVER: none */
    tce__requester_name name;
} tce__requester;

typedef struct tce__requesters {
    tce__pool pool;             /* in the order in which they were first seen */
    uint32_t *places;           /* by hash of the name: number + 1 */
    uint32_t mask;
    uint32_t recent;            /* the last one that was asked for */
} tce__requesters;

typedef struct tce__plan tce__plan;

struct tce_time {
    tce_time_config c;
    tce_arrival arrival;
    uint64_t unit_ns;
    uint64_t unit_mhz;          /* their product */
    uint64_t units_max;         /* times whose product with it is small */
    uint64_t byte_q16;          /* cycles of a link for a byte, in 1/65536 */
    uint64_t way;               /* cycles from the up link to the port */
    uint64_t events;            /* given to the model */
    uint64_t first_time;        /* of the first one, in units of the trace */
    bool begun;                 /* there was one */
    bool keeps;                 /* records */
    bool failed;                /* the host has no memory */
    uint64_t *before;           /* what the TCEs were that a call wrote */
    uint64_t before_capacity;
    uint64_t now;               /* stamp of the last event */
    uint32_t fresh;             /* transactions that came since the last simulation up to the present */
    uint64_t simulated;         /* no call ends, and nothing starts, before this cycle any more */
    uint64_t memory_bytes;      /* of the guest; TCE_MEMORY_UNKNOWN */
    uint64_t *vcpus;            /* end of the last call of each */
    tce__map lives;             /* LIOBN to tce__life */
    tce__life *recent_life;     /* the last one that was asked for; NULL */
    tce__map phb_of_buid;       /* BUID to the index in `phbs`, + 1, as a pointer */
    tce__phb_time **phbs;
    uint32_t phb_count, phb_capacity;
    tce__requesters requesters;
    tce__pool transactions, uses;
    tce__plan *plan;            /* of a saturated run; else NULL */
    tce__queue vio;             /* accesses of virtual devices by start */
    tce__queue finished;        /* transactions by the cycle in which they are done */
    tce_time_record *records;
    size_t record_count, record_capacity;
    tce__under_way under_way;
    tce_time_stats stats;       /* but for what calls and PHBs count for themselves */
    tce__calls calls[TCE_TIME_CALL_KIND_COUNT];
    tce__groups groups;
    tce__intervals intervals;
};

static inline tce__transaction *tce__transaction_at(const tce_time *t, uint32_t index)
{
    return &((tce__transaction *)(void *)t->transactions.items)[index];
}

static inline tce__requester *tce__requester_at(const tce_time *t, uint32_t index)
{
    return &((tce__requester *)(void *)t->requesters.pool.items)[index];
}

/* The transaction is soon looked at. */
static inline void tce__transaction_expect(const tce_time *t, uint32_t index)
{
    const tce__transaction *x = tce__transaction_at(t, index);
    __builtin_prefetch(x);
    __builtin_prefetch((const char *)x + 64);
}

static inline tce__use *tce__use_at(const tce_time *t, uint32_t index)
{
    return &((tce__use *)(void *)t->uses.items)[index];
}

/* Cycles end here: what would end later ends in this one. No sum of a cycle and what follows it wraps. */
#define TCE__LAST_CYCLE (UINT64_C(1) << 62)

static inline uint64_t tce__cycle_after(uint64_t cycle, uint64_t cycles)
{
    return cycle + cycles < TCE__LAST_CYCLE ? cycle + cycles : TCE__LAST_CYCLE;
}

#define TCE__TOUCH_TCES_LOG2 13u    /* 64 KiB of a table */
#define TCE__TOUCH_TCES (UINT64_C(1) << TCE__TOUCH_TCES_LOG2)

/* What a window is called in the caches. Its lines are those of the LIOBN, whatever window it has. */
static inline uint64_t tce__cache_name(uint64_t liobn)
{
    return liobn + 1;
}

/* The cycle before which no event that comes now starts. */
static inline uint64_t tce__time_present(const tce_time *t)
{
    return t->now > t->under_way.floor ? t->now : t->under_way.floor;
}

/* time_stamps.c */
tce__life *tce__life_find(tce_time *t, const tce__window *w);  /* the window's present one; NULL: no memory */
void tce__life_end(tce_time *t, uint64_t liobn, uint64_t cycle);
void tce__lives_close(tce_time *t);
/* A transaction of the life uses a TCE. false: no memory. */
bool tce__life_use(tce_time *t, tce__transaction *x, uint32_t transaction, uint64_t index);
/* It does no more. Returns the first end of a later call that clears one of them; TCE__NEVER. */
uint64_t tce__life_leave(tce_time *t, tce__transaction *x);
void tce__life_write(tce__life *life, uint64_t index, uint64_t count, uint64_t end);
/* A call that takes no time, before the part that is timed, wrote these TCEs. false: no memory. */
bool tce__time_touch(tce_time *t, const tce__window *w, uint64_t index, uint64_t written);
/* A call clears the TCE: `end` is its end, or it is a planned one, which waits for the users. */
void tce__life_clear(tce_time *t, tce__life *life, uint64_t index, uint64_t end, uint32_t planned);

void tce__lives_end(tce_time *t, uint64_t cycle);               /* all of them: the machine is reset */

static inline tce__life *tce__life_of(tce_time *t, const tce__window *w)
{
    tce__life *life = t->recent_life;
    return TCE__LIKELY(life != NULL && life->liobn == w->liobn) ? life : tce__life_find(t, w);
}

/* End of the last call that wrote the TCE; 0: none. */
static inline uint64_t tce__life_written(const tce__life *life, uint64_t index)
{
    return tce__table_load(&life->entries, index * TCE__BESIDE_WORDS + TCE__BESIDE_END);
}

/* Has a call written its 64 KiB? */
static inline bool tce__life_touched(const tce__life *life, uint64_t index)
{
    return tce__bit(life->touched, index >> TCE__TOUCH_TCES_LOG2);
}

/* Lines of a PHB's cache leave it in a cycle; window 0: all. phb TCE__NONE: nothing. */
static inline void tce__time_kill(tce_time *t, uint32_t phb, uint64_t cycle, uint64_t window, uint64_t first,
                                  uint64_t last)
{
    if (phb != TCE__NONE && !tce__cache_kill(&t->phbs[phb]->cache, cycle, window, first, last))
        t->failed = true;
}

/* time_phb.c */
uint32_t tce__phb_time_of(tce_time *t, uint64_t buid);         /* TCE__NONE: no memory */
void tce__phbs_close(tce_time *t);
void tce__phb_add(tce_time *t, uint32_t transaction);
void tce__phb_advance(tce_time *t, tce__phb_time *phb, uint64_t limit);
void tce__phb_step(tce_time *t, tce__phb_time *phb);           /* that alone happens */
uint64_t tce__phb_next(tce_time *t, tce__phb_time *phb);       /* the cycle in which something happens; TCE__NEVER */
/* The most read requests under way at once, as far as all is known: before a cycle. */
void tce__phb_count_tags(tce__phb_time *phb, uint64_t limit);

/* time_requester.c; the number of the PHB or TCE__NONE. TCE__NONE: no memory */
bool tce__requesters_open(tce__requesters *r);
void tce__requesters_close(tce__requesters *r);
uint32_t tce__requester_of(tce_time *t, const tce_stream *stream, uint32_t phb);

/* time_grant.c */
void tce__offer(tce_time *t, tce__phb_time *phb, uint32_t requester);   /* its next TLP may be ready at another cycle */
bool tce__first_candidate(tce_time *t, tce__phb_time *phb, tce__heap_item *first);
void tce__grant_one(tce_time *t, tce__phb_time *phb, const tce__heap_item *candidate);
/* The cycle before which all grants have been made: `limit`, or an earlier one where a read waits for a tag. */
uint64_t tce__grant_until(tce_time *t, tce__phb_time *phb, uint64_t limit);
void tce__withdraw(tce_time *t, tce__phb_time *phb, uint32_t transaction);      /* what is not granted of it */

/* time_lookup.c: the first TLP of a row in a cycle, those of the port before one */
uint64_t tce__row_arrival(const tce_time *t, const tce__row *row);
void tce__look_up(tce_time *t, tce__phb_time *phb, tce__ring *ring, uint64_t cycle);
void tce__look_up_until(tce_time *t, tce__phb_time *phb, uint64_t limit);

/* time_order.c */
bool tce__order_row(tce_time *t, tce__phb_time *phb, tce__row *row);    /* of one TLP; false: no memory */
bool tce__order_mix(tce_time *t, tce__phb_time *phb);                   /* from now on; false: no memory */
void tce__order_know(tce_time *t, tce__phb_time *phb, const tce__tlp *tlp, bool write, uint64_t cycle, bool failed);

/* time_completion.c */
/* Of the TLP of this place in link order, granted in a cycle: there in another. */
void tce__data_push(tce_time *t, tce__phb_time *phb, const tce__data *data, uint64_t sequence, uint64_t granted,
                    uint64_t cycle);
void tce__complete_one(tce_time *t, tce__phb_time *phb);
void tce__complete_until(tce_time *t, tce__phb_time *phb, uint64_t limit);

/* time_dma.c */
void tce__transaction_finish(tce_time *t, uint32_t transaction);
void tce__transaction_closed(tce_time *t, uint32_t transaction);
void tce__transactions_close(tce_time *t);
void tce__transaction_complete(tce_time *t, uint32_t transaction);      /* simulates until its end is known */
void tce__transactions_retire(tce_time *t, uint64_t limit);             /* takes leave of those done before it */

/* A TLP of the transaction is done in a cycle: the transaction may be no more. */
static inline void tce__tlp_done(tce_time *t, uint32_t transaction, uint64_t cycle)
{
    tce__transaction *x = tce__transaction_at(t, transaction);
    if (cycle > x->done)
        x->done = cycle;
    if (--x->under_way == 0 && x->closed)
        tce__transaction_finish(t, transaction);
}

/* time_vio.c */
void tce__access_virtual(tce_time *t, uint32_t transaction);

/* Simulates all cycles before `limit`, and takes leave of the transactions that are done by then. */
void tce__time_advance(tce_time *t, uint64_t limit);

#endif
