/* SPDX-License-Identifier: Apache-2.0 */
/* A saturated run (time_plan.c). Not API. Model. */
#ifndef TCE__TIME_PLAN_H
#define TCE__TIME_PLAN_H

#include "time_run.h"

/* Beside a TCE that a planned call wrote last there stands TCE__PENDING | the call instead of a cycle. */

struct tce__plan {
    tce__pool calls, waiters, kills;
    uint32_t *heads, *tails;    /* of each vCPU's calls */
    tce__heap ends;             /* calls that have started, by their end */
    tce__heap starts;           /* requesters by the cycle in which they can start a transaction; some are stale */
    tce__heap phbs;             /* PHBs by the cycle in which something happens; some are stale */
    uint64_t floor;             /* nothing that is planned now starts before this cycle: the last barrier's */
    uint64_t done;              /* the cycle from which all is done that has been so far */
};

tce__plan *tce__plan_open(void);        /* NULL: no memory */
void tce__plan_close(tce__plan *plan);  /* NULL is allowed */

/* Before an event is planned: those far before it are simulated to their end. */
void tce__plan_admit(tce_time *t, uint64_t event);

/* All that is planned comes to its end: the cycle from which it is done. */
uint64_t tce__plan_barrier(tce_time *t);

/* What was planned last acts until a cycle, and nothing behind it starts before. */
void tce__plan_not_before(tce_time *t, uint64_t cycle);
uint64_t tce__plan_floor(const tce_time *t);

/* A call: its index; then what it writes, clears and kills; then that all this is said. TCE__NONE: no memory. */
uint32_t tce__plan_call(tce_time *t, uint64_t event, uint16_t cpu, uint64_t cycles);
void tce__plan_writes(tce_time *t, uint32_t call, tce__life *life, uint64_t index, uint64_t written);
void tce__plan_clears(tce_time *t, uint32_t call, uint32_t transaction);
void tce__plan_kill(tce_time *t, uint32_t call, uint32_t phb, uint64_t window, uint64_t first, uint64_t last);
void tce__plan_called(tce_time *t, uint16_t cpu);

/* A transaction uses a TCE (with what stands beside it), is planned, is done. */
void tce__plan_uses(tce_time *t, uint32_t transaction, uint64_t written);
void tce__plan_done(tce_time *t, uint32_t transaction);
void tce__plan_end_call(tce_time *t);   /* the call that ends first does so */

/* time_agenda.c: a transaction is planned; it waits for no call any more; its requester may start another. */
void tce__agenda_add(tce_time *t, uint32_t transaction);
void tce__agenda_ready(tce_time *t, uint32_t transaction);
void tce__agenda_free(tce_time *t, uint32_t requester);
bool tce__agenda_step(tce_time *t);     /* the next thing happens; false: nothing is left that could */

#endif
