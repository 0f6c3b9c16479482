/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small fixed loads for a profiler that counts instructions inside `measured` alone, and makes a part of its output
 * each time that returns (scripts/instructions.sh). A line is printed for each of them, in the same order: name and
 * how many operations. A name that begins with + is another count of operations of the load before.
 */
#include <stdio.h>
#include <stdlib.h>

#include "Loads.h"

#define EVENTS 16384u
#define WARM_BATCHES 6
#define PAGES 16384u

typedef struct work {
    uint64_t (*body)(struct work *w);
    tce_machine *m;
    tce_time *model;
    tce_batch batch;
    tce_chunk *chunk;
    const uint8_t *payload;
    size_t bytes;
    const uint64_t *iobas;
    uint64_t tce;
    size_t n, count;
} work;

/* What the profiler counts in. */
__attribute__((noinline)) uint64_t measured(work *w)
{
    return w->body(w);
}

static uint64_t sink;

static void measure(const char *name, work *w, size_t operations)
{
    sink += measured(w);
    printf("%s %zu\n", name, operations);
}

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "no %s\n", what);
    exit(1);
}

static uint64_t body_get(work *w) { return load_gets(w->m, w->count); }
static uint64_t body_put(work *w) { return load_puts(w->m, w->count); }
static uint64_t body_list(work *w) { return load_lists(w->m, w->n, w->count); }
static uint64_t body_stuff(work *w) { return load_stuffs(w->m, w->tce, w->n, w->count); }
static uint64_t body_translate(work *w) { return load_translations(w->m, w->iobas, w->count); }
static uint64_t body_batch(work *w) { return load_translation_batches(w->m, w->iobas, w->count); }
static uint64_t body_share(work *w) { return load_shares(w->m, w->n); }
static uint64_t body_unshare(work *w) { return load_unshares(w->m, w->n); }
static uint64_t body_decode(work *w) { return load_decodes(w->chunk, w->payload, w->bytes, 1); }
static uint64_t body_run(work *w) { return load_run(w->m, w->model, &w->batch); }

static void measure_hcalls(tce_platform platform)
{
    static const size_t lengths[] = {1, 512};
    const char *platform_name = tce_platform_name(platform);
    char name[64];
    work w = {.m = load_machine(platform, UINT64_C(1) << 30), .count = 64};
    need(w.m != NULL, "machine");
    /* The first touch of a table is not what a call costs. */
    sink += load_lists(w.m, 512, 32);
    for (size_t i = 0; i < 2; i++) {
        w.n = lengths[i];
        w.body = body_list;
        snprintf(name, sizeof name, "H_PUT_TCE_INDIRECT/%zu/%s", w.n, platform_name);
        measure(name, &w, w.count);
        w.body = body_stuff;
        w.tce = 0;
        snprintf(name, sizeof name, "H_STUFF_TCE/%zu/0/%s", w.n, platform_name);
        measure(name, &w, w.count);
        w.tce = 0x5000;     /* no permission: KVM takes no other value */
        snprintf(name, sizeof name, "H_STUFF_TCE/%zu/other/%s", w.n, platform_name);
        measure(name, &w, w.count);
    }
    w.body = body_put;
    snprintf(name, sizeof name, "H_PUT_TCE/%s", platform_name);
    measure(name, &w, w.count);
    w.body = body_get;
    snprintf(name, sizeof name, "H_GET_TCE/%s", platform_name);
    measure(name, &w, w.count);
    tce_machine_destroy(w.m);
}

static void measure_translation(void)
{
    work w = {.m = load_machine(TCE_PLATFORM_QEMU, UINT64_C(1) << 28), .count = PAGES, .body = body_translate};
    uint64_t *iobas = calloc(PAGES, sizeof *iobas);
    need(w.m != NULL && iobas != NULL, "machine");
    load_fill_window(w.m, PAGES);
    for (uint64_t i = 0; i < PAGES; i++)
        iobas[i] = (i * 40503 % PAGES) << TCE_PAGE_SHIFT_4K | (i & 0xfff);
    w.iobas = iobas;
    measure("translate", &w, PAGES);
    w.body = body_batch;
    measure("translate_batch", &w, PAGES);
    free(iobas);
    tce_machine_destroy(w.m);
}

static void measure_sharing(void)
{
    work w = {.m = load_machine(TCE_PLATFORM_QEMU, UINT64_C(1) << 30), .n = 1024, .body = body_share};
    need(w.m != NULL, "machine");
    load_make_secure(w.m);
    sink += load_shares(w.m, w.n) + load_unshares(w.m, w.n);
    measure("UV_SHARE_PAGE", &w, w.n);
    w.body = body_unshare;
    measure("UV_UNSHARE_PAGE", &w, w.n);
    tce_machine_destroy(w.m);
}

static void measure_decode(const load_shape *shape, const char *name)
{
    work w = {.body = body_decode};
    w.chunk = load_chunk(shape, EVENTS, &w.payload, &w.bytes);
    need(w.chunk != NULL, "chunk");
    /* The payload is the chunk's own memory, and so another chunk decodes it. */
    tce_chunk *from = w.chunk;
    w.chunk = tce_chunk_create();
    sink += load_decodes(w.chunk, w.payload, w.bytes, 1);
    measure(name, &w, EVENTS);
    tce_chunk_destroy(w.chunk);
    tce_chunk_destroy(from);
}

static void measure_run(const load_shape *shape, bool timed, const char *name)
{
    load_events *e = load_events_open(shape);
    work w = {.m = load_events_machine(shape), .model = timed ? load_model() : NULL, .body = body_run};
    need(e != NULL && w.m != NULL && (!timed || w.model != NULL), "run");
    for (int i = 0; i < WARM_BATCHES; i++) {
        w.batch = load_events_next(e, EVENTS);
        sink += load_run(w.m, w.model, &w.batch);
    }
    w.batch = load_events_next(e, EVENTS);
    const uint64_t before = timed ? load_tlps(w.model) : 0;
    measure(name, &w, EVENTS);
    if (timed)
        printf("+%s/TLP %llu\n", name, (unsigned long long)(load_tlps(w.model) - before));
    tce_time_destroy(w.model);
    tce_machine_destroy(w.m);
    load_events_close(e);
}

int main(void)
{
    const load_shape nic = load_shape_of(LOAD_NIC), nvme = load_shape_of(LOAD_NVME);
    measure_decode(&nic, "decode/nic");
    measure_decode(&nvme, "decode/nvme");
    measure_translation();
    measure_hcalls(TCE_PLATFORM_QEMU);
    measure_hcalls(TCE_PLATFORM_KVM);
    measure_hcalls(TCE_PLATFORM_PAPR);
    measure_sharing();
    measure_run(&nic, false, "functional/nic");
    measure_run(&nvme, false, "functional/nvme");
    measure_run(&nic, true, "cycle-level/nic");
    measure_run(&nvme, true, "cycle-level/nvme");
    return sink == 1;
}
