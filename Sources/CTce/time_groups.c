/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions by requester, direction and outcome, with bins of their latency. Model. */
#include <stdlib.h>

#include "time.h"

/* --- Bins --- */

#define PIECE (UINT64_C(1) << TCE__BIN_PIECE_LOG2)
#define EXACT (2 * PIECE)       /* values below have a bin of their own */

static uint32_t log2_of(uint64_t value)
{
    return 63u - (uint32_t)__builtin_clzll(value);
}

uint32_t tce_bin_of(uint64_t value)
{
    if (value < EXACT)
        return (uint32_t)value;
    const uint32_t shift = log2_of(value) - TCE__BIN_PIECE_LOG2;
    return (uint32_t)(shift << TCE__BIN_PIECE_LOG2) + (uint32_t)(value >> shift);
}

uint64_t tce_bin_least(uint32_t bin)
{
    if (bin < EXACT)
        return bin;
    const uint32_t shift = (bin >> TCE__BIN_PIECE_LOG2) - 1;
    return ((bin & (PIECE - 1)) | PIECE) << shift;
}

uint64_t tce_bin_most(uint32_t bin)
{
    return bin + 1 < TCE_BIN_COUNT ? tce_bin_least(bin + 1) - 1 : UINT64_MAX;
}

/* --- Counting --- */

bool tce__groups_name(tce__groups *groups, uint32_t requester, uint64_t buid, uint64_t liobn, uint32_t id)
{
    const bool other = requester >= TCE_TIME_REQUESTERS;
    tce__grouped **place = &groups->of[other ? TCE_TIME_REQUESTERS : requester];
    if (*place != NULL)
        return true;
    *place = calloc(1, sizeof **place);
    if (*place == NULL)
        return false;
    (*place)->buid = other ? TCE_BUID_UNKNOWN : buid;
    (*place)->liobn = other ? TCE_LIOBN_UNKNOWN : liobn;
    (*place)->requester = other ? TCE_REQUESTER_UNKNOWN : id;
    return true;
}

static tce__group *group_make(tce__groups *groups, tce__grouped *of, uint32_t index, const tce__outcome *o)
{
    tce__group *g = calloc(1, sizeof *g);
    if (g == NULL)
        return NULL;
    g->counted = (tce_time_group){
        .buid = of->buid,
        .liobn = of->liobn,
        .requester = of->requester,
        .direction = o->direction,
        .fault = o->fault,
        .others = o->requester >= TCE_TIME_REQUESTERS,
        .least = UINT64_MAX,
    };
    of->groups[index] = g;
    of->count++;
    groups->count++;
    return g;
}

bool tce__groups_count(tce__groups *groups, const tce__outcome *o)
{
    tce__grouped *of = groups->of[o->requester < TCE_TIME_REQUESTERS ? o->requester : TCE_TIME_REQUESTERS];
    const uint32_t index = o->direction * TCE_FAULT_COUNT + o->fault;
    tce__group *g = of->groups[index];
    if (TCE__UNLIKELY(g == NULL) && (g = group_make(groups, of, index, o)) == NULL)
        return false;
    tce_time_group *c = &g->counted;
    const uint64_t latency = o->done - o->start;
    const uint32_t bin = tce_bin_of(latency);
    c->transactions++;
    c->bytes += o->bytes;
    c->tlps += o->tlps;
    c->wait_cycles += o->wait_cycles;
    c->overtaken += o->overtaken;
    c->least = latency < c->least ? latency : c->least;
    c->most = latency > c->most ? latency : c->most;
    c->sum_low += latency;
    c->sum_high += c->sum_low < latency;
    uint64_t **piece = &g->bins[bin >> TCE__BIN_PIECE_LOG2];
    if (TCE__UNLIKELY(*piece == NULL) && (*piece = calloc(PIECE, sizeof **piece)) == NULL)
        return false;
    (*piece)[bin & (PIECE - 1)]++;
    return true;
}

void tce__groups_close(tce__groups *groups)
{
    for (size_t i = 0; i <= TCE_TIME_REQUESTERS; i++) {
        for (size_t g = 0; groups->of[i] != NULL && g < TCE__GROUPS; g++) {
            tce__group *group = groups->of[i]->groups[g];
            for (size_t piece = 0; group != NULL && piece < TCE__BIN_PIECES; piece++)
                free(group->bins[piece]);
            free(group);
        }
        free(groups->of[i]);
    }
}

/* --- What others see --- */

uint32_t tce_time_group_count(const tce_time *t)
{
    return t->groups.count;
}

bool tce_time_group_at(const tce_time *t, uint32_t index, tce_time_group *group, uint64_t *bins)
{
    uint32_t place = 0, number = 0;
    if (index >= t->groups.count)
        return false;
    for (; t->groups.of[place] == NULL || index >= t->groups.of[place]->count; place++)
        index -= t->groups.of[place] == NULL ? 0 : t->groups.of[place]->count;
    tce__group *const *of = t->groups.of[place]->groups;
    for (; of[number] == NULL || index != 0; number++)
        index -= of[number] != NULL;
    *group = of[number]->counted;
    for (uint32_t bin = 0; bins != NULL && bin < TCE_BIN_COUNT; bin++) {
        const uint64_t *piece = of[number]->bins[bin >> TCE__BIN_PIECE_LOG2];
        bins[bin] = piece == NULL ? 0 : piece[bin & (PIECE - 1)];
    }
    return true;
}
