/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PHB's links, look-up port and order of writes (docs/time-model.md, steps 2 to 8). Not API. Model.
 *
 * Three things happen at cycles of their own: a TLP is granted the up link (time_grant.c); a TLP is looked up, or, in
 * a window that is not translated, passes (time_lookup.c); a read's data takes the down link (time_completion.c).
 * Everything else follows from them at once, because what a look-up finds tells when its answer comes.
 */
#ifndef TCE__TIME_PHB_H
#define TCE__TIME_PHB_H

#include "time_cache.h"
#include "time_pool.h"

/* A link is free from cycle + part / 65536 on. */
typedef struct tce__link {
    uint64_t cycle;
    uint32_t part;
    uint32_t busy_part;         /* of its time in use: 1/65536 cycle, less than one */
} tce__link;

/*
 * TLPs of a transaction from their grants to their look-ups: one, or a row of equal ones in one I/O page that follow
 * one another on the link. What is said of the first one changes as they are looked up.
 */
typedef struct tce__row {
    uint64_t cycle;             /* in which it is granted; it is on the link from cycle + part / 65536 on */
    uint32_t part;
    uint32_t count;             /* TLPs */
    uint64_t duration;          /* of one on the link, in 1/65536 cycle */
    uint64_t place;
    uint64_t sequence;
    uint64_t order;             /* where `mixed`, and there is one TLP */
    uint32_t transaction;
    uint32_t payload;
} tce__row;

/* One TLP. */
typedef struct tce__tlp {
    uint64_t granted;           /* in this cycle */
    uint64_t arrival;           /* at the port; in a bypass window, its translation */
    uint64_t place;             /* its first byte, from the transaction's on */
    uint64_t sequence;          /* place in link order */
    uint64_t order;             /* where `mixed`: of a write its number, of a read its tce__reader */
    uint32_t transaction;
    uint32_t payload;           /* bytes written, or asked for */
} tce__tlp;

/* A read's data, to take the down link. */
typedef struct tce__data {
    uint64_t place;
    uint32_t transaction;
    uint32_t payload;           /* 0 after a fault */
} tce__data;

/* Where `mixed`, a write in link order. */
typedef struct tce__write {
    uint64_t own;               /* done, but for the writes before it; TCE__NEVER: not known */
    uint64_t granted;
    uint32_t transaction;
    uint32_t readers;           /* first of the reads that wait for it; TCE__NONE */
    bool failed;
} tce__write;

/* Where `mixed`, a read from its grant until its memory starts. */
typedef struct tce__reader {
    tce__tlp tlp;
    uint64_t known;             /* translated in this cycle; TCE__NEVER: not yet; 0: it failed, and waits for nothing */
    uint64_t behind;            /* the latest done of the writes before it; TCE__NEVER: not known, it waits for one */
    uint32_t next;              /* that waits for the same write */
} tce__reader;

typedef struct tce__phb_time {
    tce__link up, down;
    uint64_t sequence;          /* TLPs granted */
    uint64_t next_lookup;       /* the port serves from this cycle on */
    uint64_t latest;            /* the latest done of the writes whose end is known */
    tce__heap candidates;       /* requesters by the cycle in which their TLP is ready; some entries are stale */
    uint32_t blocked;           /* requesters whose next TLP waits for a tag, and none is known to come free */
    uint32_t risky;             /* transactions with a fault whose TLPs are not all granted or withdrawn */
    tce__heap faults;           /* of these, by the cycle of the fault, where it is known; some entries are stale */
    tce__ring port;             /* tce__row on their way to it */
    tce__queue data;            /* in data_pool, by cycle and place in link order */
    tce__pool data_pool;
    tce__cache cache;
    /*
     * Look-ups are made in link order, so that a write's end is known at its look-up, and nothing need be kept beside.
     * Not so where TLPs pass others: once the PHB has had a window that is not translated, it is `mixed`.
     */
    bool mixed;
    tce__ring bypass;           /* tce__row of windows that are not translated */
    tce__ring order;            /* tce__write whose ends are not known */
    uint64_t writes;            /* granted; the last of them is the last in `order` */
    tce__pool readers;
    uint64_t proposed;          /* in a saturated run: the cycle of its entry in the agenda */
    tce__ring tag_grants, tag_ends;     /* first and last cycles of read requests; see tce__phb_count_tags */
    uint64_t tags;              /* read requests under way */
    uint64_t stages[TCE_TIME_STAGE_COUNT];
    tce_time_phb_stats stats;
} tce__phb_time;

/* The first TLP of the row is gone. */
static inline void tce__row_next(tce__row *row)
{
    const uint64_t part = row->part + row->duration;
    row->cycle += part >> 16;
    row->part = (uint32_t)(part & 0xffff);
    row->place += row->payload;
    row->sequence++;
    row->count--;
}

/* How far an address is from the next multiple of a power of two. */
static inline uint64_t tce__to_boundary(uint64_t address, uint64_t size)
{
    return size - (address & (size - 1));
}

#define TCE__LINK_ONE (UINT64_C(1) << 16)

/* How long bytes are on a link, in 1/65536 cycle. [link] */
static inline uint64_t tce__link_duration(uint64_t byte_q16, uint64_t bytes)
{
    const uint64_t wanted = bytes * byte_q16;
    return wanted > TCE__LINK_ONE ? wanted : TCE__LINK_ONE;
}

/* The link has nothing to send before a cycle. */
static inline void tce__link_idle(tce__link *link, uint64_t ready)
{
    if (ready > link->cycle) {
        link->cycle = ready;
        link->part = 0;
    }
}

/* The link is in use for so long, from where it is free on. */
static inline void tce__link_use(tce__link *link, uint64_t duration, uint64_t *busy_cycles)
{
    const uint64_t part = link->part + duration, busy = link->busy_part + duration;
    link->cycle += part >> 16;
    link->part = (uint32_t)(part & (TCE__LINK_ONE - 1));
    link->busy_part = (uint32_t)(busy & (TCE__LINK_ONE - 1));
    *busy_cycles += busy >> 16;
}

/* The cycle in which what is on the link has left it. */
static inline uint64_t tce__link_left(uint64_t cycle, uint64_t part)
{
    return cycle + ((part + TCE__LINK_ONE - 1) >> 16);
}

#endif
