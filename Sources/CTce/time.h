/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the time model share (docs/time-model.md). A model takes the events of a run in their order, with
 * what the machine answered; it keeps, for each PHB, what is on its links and in its TCE cache, and simulates it up to
 * the stamp of the event that comes next: nothing that is still to come can happen before that. Not API. Model.
 */
#ifndef TCE__TIME_H
#define TCE__TIME_H

#include "tce_time.h"
#include "time_cache.h"
#include "time_pool.h"
#include "time_stats.h"
#include "time_under_way.h"

/* --- What calls wrote, beside each TCE (time_stamps.c) --- */

/* One life of a window: from its being made, or reset, to the next such event. */
typedef struct tce__life {
    uint64_t tces;
    uint32_t liobn;
    uint32_t phb;               /* index of its hardware; TCE__NONE: virtual I/O */
    tce__table entries;         /* two for each TCE: end of the last call that wrote it; first of its pending uses, + 1 */
    uint64_t *touched;          /* one bit for each 64 KiB of the table that a call has written */
    uint32_t users;             /* first of the pending transactions that use its TCEs; TCE__NONE */
} tce__life;

/* A TCE that a pending transaction uses: a link in the list of the TCE's pending users. */
typedef struct tce__use {
    uint32_t transaction;
    uint32_t before, after;     /* in that list; TCE__NONE */
    uint32_t next;              /* of the same transaction; TCE__NONE */
    uint64_t index;             /* the TCE */
} tce__use;

/* --- Transactions (time_dma.c) --- */

typedef struct tce__transaction {
    uint64_t event;             /* its number */
    uint64_t stamp, start, done;
    uint64_t ioba, bytes;
    uint64_t offset;            /* of ioba in the window, and */
    uint64_t issued;            /* how many bytes have been cut into TLPs */
    uint64_t fault_at;          /* the cycle in which its first fault is known, as far as it is */
    uint64_t overtaken_at;      /* the first end of a later call that clears a TCE of it */
    tce__life *life;            /* NULL: no window, or one that is gone */
    uint64_t name;              /* the window's in the caches; 0: no window */
    uint64_t tces;              /* of the window */
    uint64_t *pages;            /* of one with a fault: its TCEs, page by page; owned */
    uint32_t requester;
    uint32_t waits, clearers, next;     /* in a saturated run (time_plan.c) */
    uint32_t uses;              /* the first of them; TCE__NONE */
    uint32_t before, after;     /* in the life's list of users; TCE__NONE */
    uint32_t under_way;         /* TLPs granted and not done */
    uint32_t tlps;              /* granted */
    uint8_t fault;              /* tce_fault: the functional answer */
    uint8_t shift;              /* page shift */
    uint8_t access;             /* TCE_ACCESS_..., as the functional answer was made */
    bool write, bypass, frozen, assumed;
    bool closed;                /* all its TLPs are granted or withdrawn */
} tce__transaction;

/* Is its end known? */
static inline bool tce__transaction_ended(const tce__transaction *x)
{
    return x->closed && x->under_way == 0;
}

/* Who makes transactions. */
typedef struct tce__requester {
    uint64_t turn;              /* the cycle from which its next TLP may be ready */
    uint64_t key;               /* the cycle of its entry in the PHB's candidates; TCE__NEVER: it has none */
    uint64_t done;              /* virtual I/O: of its last access */
    uint32_t phb;               /* TCE__NONE: virtual I/O */
    uint32_t fresh_tags;        /* that were never used yet */
    uint32_t first, last;       /* in a saturated run: its transactions that have not started */
    bool busy;                  /* the same: one is on its way to the link */
    tce__heap pending;          /* transactions by start and number */
    tce__ring tags;             /* cycles from which used ones serve again */
} tce__requester;

/* --- A PHB's links and port (time_phb.c) --- */

/* A TLP from its grant to its end. */
typedef struct tce__tlp {
    uint64_t sequence;          /* place in link order */
    uint64_t place;             /* its first byte, from the transaction's on */
    uint64_t arrival;           /* at the port; in a bypass window, its translation */
    uint64_t known;             /* translated, faulted or dropped in this cycle */
    uint64_t behind;            /* read: the latest done of the writes before it; TCE__NEVER: not known yet. write: its
                                   number */
    uint32_t transaction;
    uint32_t payload;           /* bytes written, or asked for */
    uint32_t next;              /* of the reads that wait for the same write */
    bool failed;                /* faulted or dropped */
} tce__tlp;

/* A write in link order. */
typedef struct tce__write {
    uint64_t own;               /* done, but for the writes before it; TCE__NEVER: not known */
    uint32_t tlp;
    uint32_t readers;           /* first of the reads that wait for it; TCE__NONE */
    bool failed;
} tce__write;

/* A link is free from cycle + part / 65536 on. */
typedef struct tce__link {
    uint64_t cycle;
    uint32_t part;
    uint32_t busy_part;         /* of its time in use: 1/65536 cycle, less than one */
} tce__link;

typedef struct tce__phb_time {
    tce__link up, down;
    uint64_t sequence;          /* TLPs granted */
    uint64_t next_lookup;       /* the port serves from this cycle on */
    uint64_t writes, resolved;  /* granted; of these, those whose end is known */
    uint64_t latest;            /* the latest of these ends */
    tce__heap candidates;       /* requesters by the cycle in which their TLP is ready; some entries are stale */
    tce__ring port;             /* TLPs on their way to it */
    tce__ring bypass;           /* TLPs of windows that are not translated */
    tce__write *order;          /* ring of the writes that are not resolved */
    size_t order_capacity;
    tce__heap data;             /* reads by the cycle of their data */
    tce__cache cache;
    uint64_t reads;             /* read requests under way, and */
    tce__ring tag_ends;         /* their last cycles, as far as they are known */
    uint64_t stages[TCE_TIME_STAGE_COUNT];
    tce_time_phb_stats stats;
} tce__phb_time;

typedef struct tce__plan tce__plan;

struct tce_time {
    tce_time_config c;
    tce_arrival arrival;
    uint64_t unit_ns;
    uint64_t byte_q16;          /* cycles of a link for a byte, in 1/65536 */
    uint64_t events;            /* given to the model */
    uint64_t first_time;        /* of the first one, in units of the trace */
    bool begun;                 /* there was one */
    uint64_t *before;           /* what the TCEs were that a call wrote */
    uint64_t before_capacity;
    bool keeps;                 /* records */
    bool failed;                /* the host has no memory */
    uint64_t now;               /* stamp of the last event */
    uint64_t memory_bytes;      /* of the guest; TCE_MEMORY_UNKNOWN */
    uint64_t *vcpus;            /* end of the last call of each */
    tce__map lives;             /* LIOBN to tce__life */
    tce__map phb_of_buid;       /* BUID to the index in `phbs`, + 1, as a pointer */
    tce__phb_time **phbs;
    uint32_t phb_count, phb_capacity;
    tce__map requester_of;      /* name to the index, + 1, as a pointer */
    tce__pool requesters, transactions, uses, tlps;
    uint32_t requester_count;
    tce__plan *plan;            /* of a saturated run; else NULL */
    tce__heap vio;              /* accesses of virtual devices by start */
    tce__heap finished;         /* transactions by the cycle in which they are done */
    tce_time_record *records;
    size_t record_count, record_capacity;
    tce__under_way under_way;
    tce_time_stats stats;       /* but for what calls and PHBs count for themselves */
    tce_time_calls calls[TCE_TIME_CALL_KIND_COUNT];
    tce__groups groups;
    tce__intervals intervals;
};

static inline tce__transaction *tce__transaction_at(const tce_time *t, uint32_t index)
{
    return &((tce__transaction *)(void *)t->transactions.items)[index];
}

static inline tce__requester *tce__requester_at(const tce_time *t, uint32_t index)
{
    return &((tce__requester *)(void *)t->requesters.items)[index];
}

static inline tce__tlp *tce__tlp_at(const tce_time *t, uint32_t index)
{
    return &((tce__tlp *)(void *)t->tlps.items)[index];
}

static inline tce__use *tce__use_at(const tce_time *t, uint32_t index)
{
    return &((tce__use *)(void *)t->uses.items)[index];
}

#define TCE__TOUCH_TCES_LOG2 13u    /* 64 KiB of a table */
#define TCE__TOUCH_TCES (UINT64_C(1) << TCE__TOUCH_TCES_LOG2)

/* What a window is called in the caches. Its lines are those of the LIOBN, whatever window it has. */
static inline uint64_t tce__cache_name(uint64_t liobn)
{
    return liobn + 1;
}

/* time_stamps.c */
tce__life *tce__life_of(tce_time *t, const tce__window *w);    /* the window's present one; NULL: no memory */
void tce__life_end(tce_time *t, uint64_t liobn, uint64_t cycle);
void tce__lives_close(tce_time *t);
uint64_t tce__life_written(const tce__life *life, uint64_t index);     /* end of the last call; 0: none */
/* A transaction is under way in the window; it uses TCEs of it; it does no more. */
void tce__life_join(tce_time *t, uint32_t transaction, tce__life *life);
bool tce__life_use(tce_time *t, uint32_t transaction, uint64_t index); /* false: no memory */
void tce__life_leave(tce_time *t, uint32_t transaction);
void tce__life_write(tce__life *life, uint64_t index, uint64_t end);
bool tce__life_touched(const tce__life *life, uint64_t index);         /* has a call written its 64 KiB? */
/* A call that takes no time, before the part that is timed, wrote these TCEs. false: no memory. */
bool tce__time_touch(tce_time *t, const tce__window *w, uint64_t index, uint64_t written);
/* A call clears the TCE: `end` is its end, or it is a planned one, which waits for the users. */
void tce__life_clear(tce_time *t, tce__life *life, uint64_t index, uint64_t end, uint32_t planned);

void tce__lives_end(tce_time *t, uint64_t cycle);               /* all of them: the machine is reset */
/* Lines of a PHB's cache leave it in a cycle; window 0: all. phb TCE__NONE: nothing. */
void tce__time_kill(tce_time *t, uint32_t phb, uint64_t cycle, uint64_t window, uint64_t first, uint64_t last);

/* time_phb.c */
uint32_t tce__phb_time_of(tce_time *t, uint64_t buid);         /* TCE__NONE: no memory */
void tce__phbs_close(tce_time *t);
void tce__phb_add(tce_time *t, uint32_t transaction);
void tce__phb_advance(tce_time *t, tce__phb_time *phb, uint64_t limit);
void tce__phb_step(tce_time *t, tce__phb_time *phb);           /* that alone happens */
uint64_t tce__phb_next(tce_time *t, tce__phb_time *phb);       /* the cycle in which something happens; TCE__NEVER */

/* time_dma.c */
void tce__tlp_done(tce_time *t, uint32_t transaction, uint64_t cycle);
void tce__transaction_closed(tce_time *t, uint32_t transaction);
void tce__transactions_close(tce_time *t);
void tce__access_virtual(tce_time *t, uint32_t transaction);

/* The cycle before which no event that comes now starts. */
static inline uint64_t tce__time_present(const tce_time *t)
{
    return t->now > t->under_way.floor ? t->now : t->under_way.floor;
}

/* Simulates until a transaction's end is known. */
void tce__transaction_complete(tce_time *t, uint32_t transaction);

/* Takes leave of the transactions that are done before a cycle. */
void tce__transactions_retire(tce_time *t, uint64_t limit);

/* Simulates all cycles before `limit`, and takes leave of the transactions that are done by then. */
void tce__time_advance(tce_time *t, uint64_t limit);


#endif
