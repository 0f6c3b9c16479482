/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the time model counts. Each number is declared once, with its key, unit and text; reports and their
 * documentation take them from here (tce_time_counter_at). Numbers are of what has happened so far; the laws between
 * them hold once the model has come to its end (tce_time_finish).
 */
#ifndef TCE_TIME_STATS_H
#define TCE_TIME_STATS_H

#include "tce_time.h"

/* --- Totals --- */

/* Of the run: field (its key), unit, text. */
#define TCE_TIME_RUN_STATS(X)                                                                          \
    X(calls, "calls", "calls that took time")                                                          \
    X(call_cycles, "cycles", "of them, from start to end")                                             \
    X(exits, "calls", "calls that went to user space")                                                 \
    X(changed, "TCEs", "TCEs that calls changed")                                                      \
    X(transactions, "transactions", "transactions done")                                               \
    X(assumed, "transactions", "of these, those whose length or direction is assumed")                 \
    X(withdrawn, "transactions", "of which a part was withdrawn after a fault")                        \
    X(wait_cycles, "cycles", "from the stamp of a transaction to its start")                           \
    X(queue_cycles, "cycles", "of transactions, from start until those of their requester before had left") \
    X(overtaken, "transactions", "not done when a call that clears a TCE of theirs ended")             \
    X(last_done, "cycle", "of the last call or transaction")

/* Of each PHB, and of all of them. */
#define TCE_TIME_PHB_SUMS(X)                                                                           \
    X(tlps, "TLPs", "granted the up link")                                                             \
    X(tlp_cycles, "cycles", "of them, from ready to done")                                             \
    X(dropped, "TLPs", "dropped after a fault or of a frozen PE")                                      \
    X(up_cycles, "cycles", "the up link in use")                                                       \
    X(down_cycles, "cycles", "the down link in use")                                                   \
    X(tag_busy_cycles, "cycles", "read requests under way, each from its grant to its end")            \
    X(tag_waits, "TLPs", "that waited for a tag")                                                      \
    X(tag_wait_cycles, "cycles", "of them, until a tag was free")                                         \
    X(lookups, "look-ups", "in the TCE cache")                                                         \
    X(hits, "look-ups", "of these, hits")                                                              \
    X(misses, "look-ups", "of these, misses that began a fetch")                                       \
    X(joined, "look-ups", "of these, joined a fetch")                                                  \
    X(joined_queued, "look-ups", "of the joined, those whose fetch waited for a slot")                 \
    X(fills, "lines", "that a fetch filled")                                                           \
    X(evictions, "lines", "that a fill pushed out")                                                    \
    X(kills, "lines", "that a call or a window took out")                                              \
    X(kills_in_flight, "fetches", "whose line was killed under way")                                   \
    X(slot_waits, "fetches", "that waited for a slot")                                                 \
    X(fetch_busy_cycles, "cycles", "fetch slots in use")

/* Of each PHB alone. */
#define TCE_TIME_PHB_PEAKS(X)                                                                          \
    X(slots_peak, "fetches", "most under way at once")                                                 \
    X(tags_peak, "TLPs", "most read requests under way at once")

#define TCE_TIME_STATS(X) TCE_TIME_RUN_STATS(X) TCE_TIME_PHB_SUMS(X)
#define TCE_TIME_PHB_STATS(X) TCE_TIME_PHB_SUMS(X) TCE_TIME_PHB_PEAKS(X)

typedef struct tce_time_stats {
#define TCE_X(field, unit, text) uint64_t field;
    TCE_TIME_STATS(TCE_X)
#undef TCE_X
} tce_time_stats;

/* The counters, then the PHB. */
typedef struct tce_time_phb_stats {
#define TCE_X(field, unit, text) uint64_t field;
    TCE_TIME_PHB_STATS(TCE_X)
#undef TCE_X
    uint64_t buid;
} tce_time_phb_stats;

/* --- Transactions of one requester, direction and outcome --- */

/*
 * Bins of latency: each value below 256 has its own; from there on, 128 for each power of two, so that a bin's least
 * and most are less than 1 % apart.
 */
#define TCE_BIN_COUNT 7424u

TCE_ENUM(uint32_t, tce_time_direction) {
    TCE_TIME_READ = 0,
    TCE_TIME_WRITE = 1,
    TCE_TIME_UNKNOWN = 2        /* length or direction assumed */
};
#define TCE_TIME_DIRECTION_COUNT 3u

/* Requesters beyond these share a group. */
#define TCE_TIME_REQUESTERS 1024u

#define TCE_TIME_GROUP_STATS(X)                                                                        \
    X(transactions, "transactions", "transactions done")                                               \
    X(bytes, "bytes", "of them")                                                                       \
    X(tlps, "TLPs", "granted the up link")                                                             \
    X(wait_cycles, "cycles", "from stamp to start")                                                    \
    X(overtaken, "transactions", "not done when a call that clears a TCE of theirs ended")             \
    X(least, "cycles", "latency: the least")                                                           \
    X(most, "cycles", "latency: the most")                                                             \
    X(sum_high, "2^64 cycles", "latency: high word of the sum")                                        \
    X(sum_low, "cycles", "latency: low word of the sum")

/* The counters, then whose they are. */
typedef struct tce_time_group {
#define TCE_X(field, unit, text) uint64_t field;
    TCE_TIME_GROUP_STATS(TCE_X)
#undef TCE_X
    uint64_t buid;              /* of its PHB; TCE_BUID_UNKNOWN: none */
    uint64_t liobn;             /* that names it; TCE_LIOBN_UNKNOWN */
    uint32_t requester;         /* id that names it; TCE_REQUESTER_UNKNOWN */
    tce_time_direction direction;
    uint32_t fault;             /* tce_fault; TCE_FAULT_NOT_SHARED is a success */
    bool others;                /* all requesters beyond the first TCE_TIME_REQUESTERS: they have no name */
} tce_time_group;

/* --- Calls --- */

#define TCE_TIME_CALL_KINDS(X)                         \
    X(TCE_TIME_GET, 0, "get", "H_GET_TCE")             \
    X(TCE_TIME_PUT, 1, "put", "H_PUT_TCE")             \
    X(TCE_TIME_STUFF, 2, "stuff", "H_STUFF_TCE")       \
    X(TCE_TIME_LIST, 3, "list", "H_PUT_TCE_INDIRECT")  \
    X(TCE_TIME_RTAS, 4, "rtas", "RTAS calls")          \
    X(TCE_TIME_ULTRACALL, 5, "ultracall", "ultracalls")

TCE_ENUM(uint32_t, tce_time_call_kind) {
#define TCE_X(name, value, key, text) name = value,
    TCE_TIME_CALL_KINDS(TCE_X)
#undef TCE_X
};
#define TCE_TIME_CALL_KIND_COUNT 6u

/* What a call's cost is made of. */
#define TCE_TIME_PARTS(X)                                                              \
    X(TCE_PART_ENTRY, 0, "entry", "entry and exit")                                    \
    X(TCE_PART_REFLECTION, 1, "reflection", "reflection through the ultravisor")       \
    X(TCE_PART_EXIT, 2, "exit", "exits to user space")                                 \
    X(TCE_PART_HANDLER, 3, "handler", "handlers, beside their entries")                \
    X(TCE_PART_ENTRIES, 4, "entries", "TCEs that H_STUFF_TCE and lists wrote")         \
    X(TCE_PART_FIRST_TOUCH, 5, "first_touch", "first writes to 64 KiB of a table")     \
    X(TCE_PART_PASSTHROUGH, 6, "passthrough", "pass-through, each TCE written")        \
    X(TCE_PART_KILL, 7, "kill", "TCE kills")                                           \
    X(TCE_PART_PAGING, 8, "paging", "pages of lists that were not shared")             \
    X(TCE_PART_RTAS, 9, "rtas", "RTAS calls")                                          \
    X(TCE_PART_ULTRACALL, 10, "ultracall", "ultracalls")

TCE_ENUM(uint32_t, tce_time_part) {
#define TCE_X(name, value, key, text) name = value,
    TCE_TIME_PARTS(TCE_X)
#undef TCE_X
};
#define TCE_TIME_PART_COUNT 11u

#define TCE_TIME_CALL_STATS(X)                                     \
    X(calls, "calls", "calls")                                     \
    X(cycles, "cycles", "of them, from start to end")              \
    X(wait_cycles, "cycles", "from stamp to start")                \
    X(exits, "calls", "that went to user space")

/* The counters, then the parts: whole cycles, and what is left of each in millionths of a cycle. */
typedef struct tce_time_calls {
#define TCE_X(field, unit, text) uint64_t field;
    TCE_TIME_CALL_STATS(TCE_X)
#undef TCE_X
    uint64_t parts[TCE_TIME_PART_COUNT];
    uint32_t millionths[TCE_TIME_PART_COUNT];
} tce_time_calls;

/* --- Where the cycles of TLPs go --- */

/*
 * Constant, value, key, whether it is spent waiting (1) or at work (0), text. Their sum over all stages is the sum
 * over TLPs of done - ready (tlp_cycles).
 */
#define TCE_TIME_STAGES(X)                                                                             \
    X(TCE_STAGE_LINK_WAIT, 0, "link_wait", 1, "ready, the up link is not free")                        \
    X(TCE_STAGE_LINK, 1, "link", 0, "on the up link")                                                  \
    X(TCE_STAGE_UP, 2, "pcie_up", 0, "latency of the link, up")                                        \
    X(TCE_STAGE_TVE, 3, "tve", 0, "look-up of the window")                                             \
    X(TCE_STAGE_PORT_WAIT, 4, "port_wait", 1, "the look-up port serves others")                        \
    X(TCE_STAGE_HIT, 5, "hit", 0, "a hit in the TCE cache")                                            \
    X(TCE_STAGE_SLOT_WAIT, 6, "slot_wait", 1, "a miss, no fetch slot is free")                         \
    X(TCE_STAGE_FETCH, 7, "fetch", 0, "a fetch of its own")                                            \
    X(TCE_STAGE_JOIN, 8, "join", 1, "another one's fetch")                                             \
    X(TCE_STAGE_ORDER_WAIT, 9, "order_wait", 1, "writes before it are not done")                       \
    X(TCE_STAGE_MEMORY, 10, "memory", 0, "memory")                                                     \
    X(TCE_STAGE_DOWN_WAIT, 11, "down_wait", 1, "read data, the down link is not free")                 \
    X(TCE_STAGE_DOWN_LINK, 12, "down_link", 0, "on the down link")                                     \
    X(TCE_STAGE_DOWN, 13, "pcie_down", 0, "latency of the link, down")

TCE_ENUM(uint32_t, tce_time_stage) {
#define TCE_X(name, value, key, waits, text) name = value,
    TCE_TIME_STAGES(TCE_X)
#undef TCE_X
};
#define TCE_TIME_STAGE_COUNT 14u

/* --- Intervals --- */

/* More are not kept: the width doubles. */
#define TCE_TIME_INTERVALS 4096u

#define TCE_TIME_INTERVAL_STATS(X)                                                     \
    X(first_cycle, "cycle", "in which it begins")                                      \
    X(transactions, "transactions", "done in it")                                      \
    X(bytes, "bytes", "of those without a fault and of known length and direction")   \
    X(faults, "transactions", "of them, with a fault")                                 \
    X(latency_cycles, "cycles", "of them, summed; stops at 2^64 - 1")                  \
    X(calls, "calls", "that ended in it")                                              \
    X(call_cycles, "cycles", "of them; stops at 2^64 - 1")

typedef struct tce_time_interval {
#define TCE_X(field, unit, text) uint64_t field;
    TCE_TIME_INTERVAL_STATS(TCE_X)
#undef TCE_X
} tce_time_interval;

/* --- The catalogue --- */

TCE_ENUM(uint32_t, tce_time_catalogue) {
    TCE_CATALOGUE_TOTALS = 0,       /* fields of tce_time_stats, in order */
    TCE_CATALOGUE_PHB = 1,          /* of tce_time_phb_stats, but for buid */
    TCE_CATALOGUE_GROUP = 2,        /* of tce_time_group, the first of them */
    TCE_CATALOGUE_CALL = 3,         /* of tce_time_calls, the first of them */
    TCE_CATALOGUE_INTERVAL = 4,     /* of tce_time_interval */
    TCE_CATALOGUE_CALL_KINDS = 5,
    TCE_CATALOGUE_PARTS = 6,
    TCE_CATALOGUE_STAGES = 7
};

typedef struct tce_time_counter {
    const char *key, *unit, *text;
    bool waits;                     /* a stage that is spent waiting */
} tce_time_counter;

TCE_BEGIN_DECLS

uint32_t tce_bin_of(uint64_t value);    /* below TCE_BIN_COUNT */
uint64_t tce_bin_least(uint32_t bin);
uint64_t tce_bin_most(uint32_t bin);

/* The counter of this index; NULL past the last. */
const tce_time_counter *tce_time_counter_at(tce_time_catalogue catalogue, uint32_t index);

tce_time_stats tce_time_statistics(const tce_time *t);

/* The sum over TLPs of the cycles of a stage. */
uint64_t tce_time_stage_cycles(const tce_time *t, tce_time_stage stage);

/* Calls of a kind; of one that is none all are 0. */
tce_time_calls tce_time_calls_of(const tce_time *t, tce_time_call_kind kind);

/* The PHBs that the model has met, in that order. false: no such. */
uint32_t tce_time_phb_count(const tce_time *t);
bool tce_time_phb_at(const tce_time *t, uint32_t index, tce_time_phb_stats *stats);

/*
 * Groups that have a transaction, in the order of requester as first seen (`others` last), direction, fault. bins:
 * TCE_BIN_COUNT of them, or NULL. false: no such.
 */
uint32_t tce_time_group_count(const tce_time *t);
bool tce_time_group_at(const tce_time *t, uint32_t index, tce_time_group *group, uint64_t *bins);

/*
 * Counts by intervals of so many cycles from here on (0: not at all, as at first); earlier ones are forgotten. A
 * transaction is of the interval in which it is done, a call of that in which it ends. At most TCE_TIME_INTERVALS that
 * are not empty are kept, in order: where there would be more, the width doubles.
 */
tce_err tce_time_set_interval(tce_time *t, uint64_t cycles);    /* TCE_ERR_NO_MEMORY */
uint64_t tce_time_interval_width(const tce_time *t);
size_t tce_time_interval_count(const tce_time *t);
bool tce_time_interval_at(const tce_time *t, size_t index, tce_time_interval *interval);    /* false: no such */

TCE_END_DECLS

#endif
