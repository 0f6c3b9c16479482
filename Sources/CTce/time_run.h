/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run of a batch tells the time model of each event, in the trace's order, once the machine has answered. Not
 * API. Model.
 */
#ifndef TCE__TIME_RUN_H
#define TCE__TIME_RUN_H

#include "tce_event.h"
#include "time.h"

/* A device's access. */
typedef struct tce__dma {
    uint64_t event;
    uint64_t ioba, bytes;
    uint64_t access;            /* TCE_ACCESS_...; TCE_ACCESS_NONE: not known */
    bool has_length;
    tce_fault fault;            /* the answer */
    const tce__window *window;  /* NULL: none */
    uint32_t requester;         /* tce__time_requester */
} tce__dma;

/* A call on a TCE table; of a list call and H_STUFF_TCE, what it wrote. */
typedef struct tce__call {
    uint64_t event;
    uint16_t cpu;
    uint8_t kind;               /* tce_event_kind */
    bool exits;                 /* goes to user space with exit_to_user kvm */
    bool secure;
    uint64_t paged_out;         /* frames that it made leave secure memory */
    const tce__window *window;  /* NULL: none */
    uint64_t index;             /* the first TCE written */
    uint64_t written;           /* how many */
    const uint64_t *before;     /* what they were; the table has what they are */
} tce__call;

/* The next event's number; its stamp is the model's present. time: in units of the trace. */
uint64_t tce__time_event(tce_time *t, uint64_t time, uint64_t memory_bytes);

/* Who makes accesses in a stream; phb: NULL: virtual I/O, or no PHB. TCE__NONE: no memory. */
uint32_t tce__time_requester(tce_time *t, const tce_stream *stream, const tce__phb *phb);

void tce__time_dma(tce_time *t, const tce__dma *dma);
void tce__time_call(tce_time *t, const tce__call *call);

/* Calls that cost `cost` millionths of a cycle. An RTAS call acts in the cycle that is returned. */
void tce__time_ultracall(tce_time *t, uint64_t event, uint16_t cpu, uint64_t cost);
uint64_t tce__time_rtas(tce_time *t, uint64_t event, uint16_t cpu, uint64_t cost);

/* The cycle in which an event of the platform acts. */
uint64_t tce__time_barrier(tce_time *t);

/* A call's start and end are known. */
void tce__time_called(tce_time *t, uint64_t event, uint64_t start, uint64_t end);

void tce__time_record(tce_time *t, tce_time_record record);

/* base + count x each, in millionths of a cycle, in whole cycles: rounded half up once. Stops at 2^60. [round] */
uint64_t tce__round_cost(uint64_t each, uint64_t count, uint64_t base);

/* The same product, unrounded; stops at 2^60. */
uint64_t tce__product(uint64_t each, uint64_t count);

#endif
