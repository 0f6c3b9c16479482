/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads: what is measured, in C, and beside it the least that it could cost. Each function does its work `count` times
 * and returns a number that depends on all of it, so that a compiler leaves nothing out.
 */
#ifndef LOADS_H
#define LOADS_H

#include "CTce.h"

/* Every load calls the first PHB's default window of this machine. */
#define LOAD_LIOBN UINT64_C(0x80000000)
#define LOAD_BUID UINT64_C(0x800000020000000)

/* Where a TCE list lies in guest memory. */
#define LOAD_LIST UINT64_C(0x4000000)

TCE_BEGIN_DECLS

/* --- Limits (limits.c) --- */

/* The entries of a table at these indices, with prefetch ahead. */
uint64_t load_entries(const uint64_t *table, const uint64_t *indices, size_t count);
/* The same in order of the indices, each checked against the table's end, one call of a function each. */
uint64_t load_entries_checked(const uint64_t *table, uint64_t entries, const uint64_t *indices, size_t count);
/* A store to one entry after another, each checked against the table's end, one call of a function each. */
uint64_t load_stores_checked(uint64_t *table, uint64_t entries, size_t count);
/* Copies, or fills, runs of n doublewords; every call another part of 128 KiB. `to` has 16,384 doublewords. */
uint64_t load_copies(uint64_t *to, const uint64_t *from, size_t n, size_t count);
uint64_t load_fills(uint64_t *to, int byte, size_t n, size_t count);
/* A byte changed for each frame. */
uint64_t load_bytes_set(uint8_t *bytes, size_t n, uint8_t value);
/* zlib's own inflate of a gzip file of many members; `out` has room for the largest. 0: it is damaged. */
uint64_t load_inflate(const uint8_t *gzip, size_t bytes, uint8_t *out, size_t out_bytes);
/* The same through a buffer of 64 KiB, and the lines counted: the least that reading a log takes. */
uint64_t load_inflate_lines(const uint8_t *gzip, size_t bytes);

/* --- Calls through the C API (calls.c) --- */

/* A machine of that platform, 256 MiB, the default window of window_bytes; a list of 512 TCEs at LOAD_LIST. */
tce_machine *load_machine(tce_platform platform, uint64_t window_bytes);
/* Gives every TCE of the default window a page and both permissions, in an order that looks random. */
void load_fill_window(tce_machine *m, uint64_t tces);

uint64_t load_gets(tce_machine *m, size_t count);
uint64_t load_puts(tce_machine *m, size_t count);
/* n: 1...512 TCEs a call. Every call writes another part of 128 KiB of table. */
uint64_t load_lists(tce_machine *m, size_t n, size_t count);
uint64_t load_stuffs(tce_machine *m, uint64_t tce, size_t n, size_t count);
uint64_t load_translations(const tce_machine *m, const uint64_t *iobas, size_t count);
/* In batches of 4,096. */
uint64_t load_translation_batches(const tce_machine *m, const uint64_t *iobas, size_t count);
/* Makes the guest secure. Then n frames are shared and unshared again by a call each, `count` times. */
void load_make_secure(tce_machine *m);
uint64_t load_shares(tce_machine *m, size_t n);
uint64_t load_unshares(tce_machine *m, size_t n);

/* --- Events (events.c) --- */

TCE_ENUM(uint32_t, load_kind) {
    LOAD_NIC = 0,   /* descriptor, packet, completion, unmap, map: 5 events, 3 of them accesses */
    LOAD_NVME = 1,  /* commands of 4 to 128 KiB: a list call, accesses of a page, H_STUFF_TCE */
};

typedef struct load_shape {
    load_kind kind;
    uint32_t windows;       /* PHBs, each with its default window */
    uint64_t window_bytes;
    uint32_t requesters;    /* of each PHB */
    uint64_t pages;         /* TCEs that are touched, in all windows */
    uint64_t stride;        /* TCEs of a window from one of them to the next; 0: spread over the window evenly */
} load_shape;

/* What `generate nic` and `generate nvme` are alike: one PHB, 1 GiB. */
load_shape load_shape_of(load_kind kind);

typedef struct load_events load_events;

/* Events of a shape without end, from the same start each time. NULL without memory. */
load_events *load_events_open(const load_shape *shape);
void load_events_close(load_events *e);
/* A machine with the shape's PHBs. */
tce_machine *load_events_machine(const load_shape *shape);
/* The next events, up to `most`, at most 32,768; the arrays stand until the next call. */
tce_batch load_events_next(load_events *e, size_t most);

/* --- Runs (runs.c) --- */

/* A model with the parameters' defaults (profile power9-kvm), at the trace's time stamps; units are nanoseconds. */
tce_time *load_model(void);
/* Applies a batch; `model` NULL: functional. Returns the transactions and calls counted. */
uint64_t load_run(tce_machine *m, tce_time *model, const tce_batch *batch);
/* TLPs that the model granted so far. */
uint64_t load_tlps(const tce_time *model);
/* A payload of events of a shape, and its decoding. */
tce_chunk *load_chunk(const load_shape *shape, size_t events, const uint8_t **payload, size_t *bytes);
uint64_t load_decodes(tce_chunk *chunk, const uint8_t *payload, size_t bytes, size_t count);

TCE_END_DECLS

#endif
