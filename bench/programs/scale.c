/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an event costs as a trace grows in each of four ways: longer, more windows, larger windows, more requesters.
 * Functional and cycle-level runs of the events of a network card, in processor time; making the events is not timed.
 *
 *   scale times MOST      ns an event, and against the curve's first point, each block in turn with one of its own
 *                         (median of the blocks); traces up to MOST events
 *   scale counts          nothing is timed: `measured` runs once a point, for a profiler that counts instructions in it
 *
 * A line a point: curve, value, functional or cycle-level, figures.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "Loads.h"

#define BLOCK 32768u
#define BLOCKS 15u
#define COUNTED 16384u

/* Events before a block is timed: rings and buffers posted, and as many under way as ever are. */
#define WARM 131072u

/* One run that goes on. */
typedef struct run {
    load_events *events;
    tce_machine *m;
    tce_time *model;
} run;

typedef struct curve {
    const char *name;
    load_shape first;
    void (*set)(load_shape *shape, uint64_t value);
    uint64_t values[9];     /* ends with 0 */
} curve;

static void set_windows(load_shape *shape, uint64_t value) { shape->windows = (uint32_t)value; }
static void set_log2_bytes(load_shape *shape, uint64_t value) { shape->window_bytes = UINT64_C(1) << value; }
static void set_requesters(load_shape *shape, uint64_t value) { shape->requesters = (uint32_t)value; }

/* The same TCEs are touched at every point of a curve. */
static const curve curves[] = {
    {"windows", {LOAD_NIC, 1, UINT64_C(1) << 30, 1, 120000, 1}, set_windows, {1, 4, 16, 64, 256, 1024, 4096, 10000, 0}},
    {"window-log2-bytes", {LOAD_NIC, 1, UINT64_C(1) << 30, 1, 256, 0}, set_log2_bytes, {20, 24, 28, 30, 32, 36, 40, 45, 0}},
    {"requesters", {LOAD_NIC, 1, UINT64_C(1) << 30, 1, 12288, 0}, set_requesters, {1, 2, 4, 16, 64, 256, 1024, 4096, 0}},
};

static uint64_t sink;

static void stop(const char *what)
{
    fprintf(stderr, "scale: no %s\n", what);
    exit(1);
}

static void end(run *r)
{
    tce_time_destroy(r->model);
    tce_machine_destroy(r->m);
    load_events_close(r->events);
}

static bool begun(run *r, const load_shape *shape, bool timed)
{
    *r = (run){load_events_open(shape), load_events_machine(shape), timed ? load_model() : NULL};
    const bool whole = r->events != NULL && r->m != NULL && (!timed || r->model != NULL);
    if (!whole)
        end(r);
    return whole;
}

static run begin(const load_shape *shape, bool timed)
{
    run r;
    if (!begun(&r, shape, timed))
        stop("memory");
    return r;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Seconds that the next events take. */
static double go_on(run *r, size_t events)
{
    double sum = 0;
    while (events > 0) {
        const tce_batch batch = load_events_next(r->events, events < BLOCK ? events : BLOCK);
        const double start = seconds();
        sink += load_run(r->m, r->model, &batch);
        sum += seconds() - start;
        events -= batch.count;
    }
    return sum;
}

static size_t warm_of(const load_shape *shape)
{
    return WARM + (size_t)shape->windows * 16;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_size);
    return values[count / 2];
}

static const char *model_name(bool timed)
{
    return timed ? "cycle-level" : "functional";
}

static void time_point(const curve *c, uint64_t value, bool timed)
{
    load_shape first = c->first, shape = c->first;
    double ns[BLOCKS], ratio[BLOCKS];
    c->set(&first, c->values[0]);
    c->set(&shape, value);
    run a = begin(&first, timed), b = begin(&shape, timed);
    (void)go_on(&a, warm_of(&first));
    (void)go_on(&b, warm_of(&shape));
    for (size_t i = 0; i < BLOCKS; i++) {
        const double limit = go_on(&a, BLOCK), this = go_on(&b, BLOCK);
        ns[i] = this / BLOCK * 1e9;
        ratio[i] = this / limit;
    }
    printf("%s %llu %s %.1f %.2f\n", c->name, (unsigned long long)value, model_name(timed), median(ns, BLOCKS),
           median(ratio, BLOCKS));
    fflush(stdout);
    end(&a);
    end(&b);
}

#define FIRST 100000u
#define FIRSTS 9u

/* The first events of a trace. */
static double time_first(bool timed)
{
    const load_shape shape = load_shape_of(LOAD_NIC);
    run r = begin(&shape, timed);
    const double sum = go_on(&r, FIRST);
    end(&r);
    return sum / FIRST;
}

/* The whole of a trace from its first event, and between its parts, evenly, the first events of others. */
static void time_length(uint64_t events, bool timed)
{
    const load_shape shape = load_shape_of(LOAD_NIC);
    const uint64_t parts = events / FIRST, step = (parts + FIRSTS - 1) / FIRSTS;
    double first[FIRSTS], sum = 0;
    size_t firsts = 0;
    run r = begin(&shape, timed);
    for (uint64_t i = 0; i < parts; i++) {
        sum += go_on(&r, FIRST);
        if (i % step == 0)
            first[firsts++] = time_first(timed);
    }
    end(&r);
    const double each = sum / (double)events;
    printf("events %llu %s %.1f %.2f\n", (unsigned long long)events, model_name(timed), each * 1e9,
           each / median(first, firsts));
    fflush(stdout);
}

/* What the profiler counts in. */
__attribute__((noinline)) uint64_t measured(run *r, const tce_batch *batch)
{
    return load_run(r->m, r->model, batch);
}

static void count_point(const curve *c, uint64_t value, bool timed)
{
    load_shape shape = c->first;
    c->set(&shape, value);
    run r;
    /* A profiler may have no room for the reservations of many or huge windows. */
    if (!begun(&r, &shape, timed))
        return;
    (void)go_on(&r, warm_of(&shape) / 2);
    const tce_batch batch = load_events_next(r.events, COUNTED);
    sink += measured(&r, &batch);
    printf("%s %llu %s %u\n", c->name, (unsigned long long)value, model_name(timed), COUNTED);
    end(&r);
}

int main(int count, char **words)
{
    const bool counts = count == 2 && strcmp(words[1], "counts") == 0;
    if (!counts && (count != 3 || strcmp(words[1], "times") != 0))
        return 64;
    for (int timed = 0; timed < 2 && !counts; timed++)
        for (uint64_t events = 100000, most = strtoull(words[2], NULL, 10); events <= most; events *= 10)
            time_length(events, timed);
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        for (int timed = 0; timed < 2; timed++)
            for (const uint64_t *value = curves[i].values; *value != 0; value++)
                counts ? count_point(&curves[i], *value, timed) : time_point(&curves[i], *value, timed);
    return sink == 1;
}
