/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who makes transactions: one requester for each name, numbered as they are first seen (docs/time-model.md, "The path
 * of a transaction"). Model.
 */
#include <stdlib.h>

#include "time.h"

/* --- Names --- */

/* As many as one PHB can have ids. What comes beyond is one requester of each PHB, and one that has none. [path] */
#define NAMED_MAX 65536u

enum { OF_PHB, OF_ID, OF_LIOBN, OF_NOTHING, OF_OTHERS };

static tce__requester_name name_of(const tce_stream *stream, uint32_t phb)
{
    tce__requester_name name = {.id = stream->requester, .phb = phb, .kind = OF_ID};
    if (phb == TCE__NONE && stream->liobn == TCE_LIOBN_UNKNOWN) {
        name.kind = OF_NOTHING;
        name.who = stream->buid;
    } else if (stream->requester == TCE_REQUESTER_UNKNOWN) {
        name.kind = stream->liobn == TCE_LIOBN_UNKNOWN ? OF_PHB : OF_LIOBN;
        name.who = stream->liobn == TCE_LIOBN_UNKNOWN ? 0 : stream->liobn;
    }
    return name;
}

static bool is_same(const tce__requester_name *a, const tce__requester_name *b)
{
    return a->who == b->who && a->id == b->id && a->phb == b->phb && a->kind == b->kind;
}

static uint32_t home(const tce__requesters *r, const tce__requester_name *name)
{
    uint64_t hash = (name->who ^ (uint64_t)name->phb << 32 ^ name->id) * UINT64_C(0x9E3779B97F4A7C15);
    hash = (hash ^ hash >> 29 ^ name->kind) * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(hash >> 32) & r->mask;
}

bool tce__requesters_open(tce__requesters *r)
{
    const uint32_t places = 16;
    tce__pool_open(&r->pool, sizeof(tce__requester));
    r->places = calloc(places, sizeof *r->places);
    r->mask = places - 1;
    r->recent = TCE__NONE;
    return r->places != NULL;
}

void tce__requesters_close(tce__requesters *r)
{
    tce__requester *items = (tce__requester *)(void *)r->pool.items;
    for (uint32_t i = 0; i < r->pool.count; i++) {
        tce__queue_close(&items[i].pending);
        tce__heap_close(&items[i].soon);
        tce__heap_close(&items[i].ready);
        tce__ring_close(&items[i].tags);
    }
    tce__pool_close(&r->pool);
    free(r->places);
}

static bool grow(tce__requesters *r)
{
    const uint32_t places = (r->mask + 1) * 2;
    uint32_t *fresh = calloc(places, sizeof *fresh);
    if (fresh == NULL)
        return false;
    free(r->places);
    r->places = fresh;
    r->mask = places - 1;
    for (uint32_t i = 0; i < r->pool.count; i++) {
        uint32_t at = home(r, &((tce__requester *)(void *)r->pool.items)[i].name);
        while (r->places[at] != 0)
            at = (at + 1) & r->mask;
        r->places[at] = i + 1;
    }
    return true;
}

static uint32_t make(tce_time *t, const tce_stream *stream, const tce__requester_name *name)
{
    tce__requesters *r = &t->requesters;
    if ((r->pool.count + 1) * 2 > r->mask + 1 && !grow(r))
        return TCE__NONE;
    const uint32_t index = tce__pool_take(&r->pool);
    if (index == TCE__NONE)
        return TCE__NONE;
    *tce__requester_at(t, index) = (tce__requester){
        .key = TCE__NEVER,
        .phb = name->phb,
        .fresh_tags = (uint32_t)t->c.tags_per_device,
        .proposed = TCE__NEVER,
        .name = *name,
    };
    uint32_t at = home(r, name);
    while (r->places[at] != 0)
        at = (at + 1) & r->mask;
    r->places[at] = index + 1;
    const uint64_t buid = name->phb == TCE__NONE ? TCE_BUID_UNKNOWN : t->phbs[name->phb]->stats.buid;
    const uint64_t liobn = name->kind == OF_LIOBN ? stream->liobn : TCE_LIOBN_UNKNOWN;
    return tce__groups_name(&t->groups, index, buid, liobn, name->id) ? index : TCE__NONE;
}

static uint32_t find(const tce_time *t, const tce__requester_name *name)
{
    const tce__requesters *r = &t->requesters;
    for (uint32_t at = home(r, name); r->places[at] != 0; at = (at + 1) & r->mask) {
        if (is_same(&tce__requester_at(t, r->places[at] - 1)->name, name))
            return r->places[at] - 1;
    }
    return TCE__NONE;
}

uint32_t tce__requester_of(tce_time *t, const tce_stream *stream, uint32_t phb)
{
    tce__requesters *r = &t->requesters;
    tce__requester_name name = name_of(stream, phb);
    if (TCE__LIKELY(r->recent != TCE__NONE) && is_same(&tce__requester_at(t, r->recent)->name, &name))
        return r->recent;
    uint32_t index = find(t, &name);
    if (index == TCE__NONE && r->pool.count >= NAMED_MAX) {
        name = (tce__requester_name){.id = TCE_REQUESTER_UNKNOWN, .phb = phb, .kind = OF_OTHERS};
        index = find(t, &name);
    }
    if (index == TCE__NONE)
        index = make(t, stream, &name);
    r->recent = index;
    return index;
}
