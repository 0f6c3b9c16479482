/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The batch: thousands of events applied to a machine in one call, with counters, and compared with what a real
 * machine answered.
 */
#ifndef TCE_RUN_H
#define TCE_RUN_H

#include "tce_dma.h"
#include "tce_event.h"
#include "tce_hcall.h"
#include "tce_rtas.h"
#include "tce_time.h"

/* Hcalls and RTAS calls that are counted one by one. */
#define TCE_CALL_COUNTS(X)                                    \
    X(TCE_COUNT_GET, "H_GET_TCE")                             \
    X(TCE_COUNT_PUT, "H_PUT_TCE")                             \
    X(TCE_COUNT_STUFF, "H_STUFF_TCE")                         \
    X(TCE_COUNT_INDIRECT, "H_PUT_TCE_INDIRECT")               \
    X(TCE_COUNT_QUERY, "ibm,query-pe-dma-window")             \
    X(TCE_COUNT_CREATE, "ibm,create-pe-dma-window")           \
    X(TCE_COUNT_REMOVE, "ibm,remove-pe-dma-window")           \
    X(TCE_COUNT_RESET, "ibm,reset-pe-dma-window")

TCE_ENUM(uint32_t, tce_call_count_index) {
#define TCE_X(name, text) name,
    TCE_CALL_COUNTS(TCE_X)
#undef TCE_X
    TCE_CALL_COUNT
};

#define TCE_HCALL_COUNT 4u /* the first of them are hcalls */

typedef struct tce_call_counter {
    uint64_t calls;
    uint64_t tces;    /* that the calls named (npages), whatever came of it; GET and PUT: 1. Stops at 2^64 - 1 */
    uint64_t errors;  /* calls whose status was not H_SUCCESS, or not 0 */
} tce_call_counter;

/* Single counters: constant field, unit, text. */
#define TCE_COUNTERS(X)                                                                                          \
    X(events, "events", "events applied")                                                                        \
    X(observed, "calls", "hcalls known by opcode only: counted, not executed")                                   \
    X(guest, "events", "events of the guest layer: counted, not executed")                                       \
    X(ultracalls, "calls", "ultracalls")                                                                         \
    X(ultracall_errors, "calls", "of these, not answered with U_SUCCESS")                                        \
    X(windows, "events", "window, PHB, reset and thaw events of the platform")                                   \
    X(refused, "events", "platform events that this machine refused")                                            \
    X(transactions, "transactions", "accesses by devices")                                                       \
    X(reads, "transactions", "of these, reads")                                                                  \
    X(writes, "transactions", "of these, writes")                                                                \
    X(unknown, "transactions", "of these, accesses whose length or direction is not known")                      \
    X(bytes, "bytes", "asked for by reads and writes of known length")                                           \
    X(translations, "translations", "TCEs looked up for accesses")                                               \
    X(compared, "answers", "recorded statuses of hcalls and ultracalls, H_GET_TCE values and translations compared")                \
    X(mismatches, "answers", "of these, different")                                                              \
    X(rtas_compared, "answers", "recorded RTAS answers compared")                                                \
    X(rtas_mismatches, "answers", "of these, different")

typedef struct tce_counters {
#define TCE_X(name, unit, text) uint64_t name;
    TCE_COUNTERS(TCE_X)
#undef TCE_X
    uint64_t faults[TCE_FAULT_COUNT]; /* transactions by tce_fault; faults[TCE_FAULT_NONE] succeeded */
    tce_call_counter calls[TCE_CALL_COUNT];
} tce_counters;

/* What the machine answered to one event. */
typedef struct tce_result {
    int64_t status;  /* hcall status, RTAS status, or tce_fault; 0 for other kinds */
    uint64_t value;  /* H_GET_TCE: the TCE; DMA: real address of the first byte (0 after a fault); RTAS create: LIOBN */
} tce_result;

/* What differed. */
#define TCE_MISMATCH_WHATS(X)                       \
    X(TCE_MISMATCH_STATUS, 1, "status")             \
    X(TCE_MISMATCH_TCE, 2, "tce")                   \
    X(TCE_MISMATCH_PAGE, 3, "page")                 \
    X(TCE_MISMATCH_PERMISSION, 4, "perm")           \
    X(TCE_MISMATCH_MASK, 5, "mask")                 \
    X(TCE_MISMATCH_CELL, 6, "cell")

TCE_ENUM(uint32_t, tce_mismatch_what) {
#define TCE_X(name, value, text) name = value,
    TCE_MISMATCH_WHATS(TCE_X)
#undef TCE_X
};

typedef struct tce_mismatch {
    uint64_t event;        /* index in the batch */
    tce_mismatch_what what;/* the first thing that differs */
    uint32_t cell;         /* of an RTAS answer: 1 is the first cell after the status */
    uint64_t recorded;     /* a status is sign-extended; a mask is given as its page shift */
    uint64_t answered;
} tce_mismatch;

/*
 * A trace may ask for more than it is long: one event may name 2^40 pages. The budget bounds that. It starts at
 * TCE_RUN_WORK pages and grows by TCE_RUN_WORK_PER_EVENT with each event. An access takes from it the pages (of a secure
 * guest the frames, if more) that it spans beyond its first, H_STUFF_TCE of more than 512 pages what it writes, a call
 * that shares frames these, a reset 256 for each window and what a secure guest's end visits (run_work.c). An event that
 * asks for more than there is is not applied: TCE_ERR_WORK. No guest comes near it.
 * A page is some nanoseconds of work: an event beyond the first TCE_RUN_WORK pages takes microseconds at most.
 */
#define TCE_RUN_WORK 4194304u
#define TCE_RUN_WORK_PER_EVENT 512u /* as many as one hcall maps: an access to all of them is paid for */

/* How a batch is run, and where its answers go. All pointers may be NULL. */
typedef struct tce_run_options {
    bool check;                  /* compare what was recorded */
    bool state_only;             /* apply what changes the machine, and count nothing */
    tce_result *results;         /* one an event */
    tce_mismatch *mismatches;    /* the first of them */
    size_t mismatch_max;         /* how many fit */
    size_t mismatch_count;       /* out: how many were written */
    uint64_t *work;              /* budget, see TCE_RUN_WORK; NULL: none */
    tce_time *time;              /* model that times the events (tce_time.h); NULL: none. With state_only they take no
                                    time: it learns what was written, and which windows came and went */
} tce_run_options;

/* Whose a counter is, and which: NULL and "events"; "faults" and "no_read"; "H_PUT_TCE" and "calls". */
typedef struct tce_counter_name {
    const char *group;
    const char *field;
    bool saturates;         /* stops at 2^64 - 1; any other counts no more than a run can do */
} tce_counter_name;

TCE_BEGIN_DECLS

/* The counters one by one, for who stores them: where the one of this index stands, or NULL past the last. */
uint64_t *tce_counter_at(tce_counters *counters, size_t index, tce_counter_name *name);

const char *tce_call_count_name(uint32_t index);   /* "H_PUT_TCE", or NULL */
const char *tce_mismatch_name(tce_mismatch_what what);

/*
 * Applies the batch's events in order and adds to *counters. *done is how many were applied: all of them on TCE_OK.
 * Else the event at *done was not applied, because the host could not (TCE_ERR_NO_MEMORY), the budget does not allow
 * it (TCE_ERR_WORK), or it is malformed (TCE_ERR_EVENT: an index outside the batch, an unknown kind). What a guest does wrong never ends a run; a window
 * or PHB event that the machine refuses (a limit, an LIOBN taken) counts in `refused`.
 */
tce_err tce_run(tce_machine *m, const tce_batch *batch, tce_counters *counters, tce_run_options *options, size_t *done);

TCE_END_DECLS

#endif
