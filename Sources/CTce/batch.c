/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translation of a batch of accesses that depend on nothing but their IOBAs. A block of them is done in three loops
 * (indices, loads, addresses) whose checks only gather bits: two of them work on vectors, and in the third the loads
 * overlap. A block in which anything is wrong is done again one by one, by tce__translate_page, which says what it is.
 * Architectural: the answers are those of tce_translate.
 */
#include "translate.h"

#include <string.h>

#define BLOCK 64u
#define SIGN (UINT64_C(1) << 63)

/* A table of so many is in the processor's caches after a while. */
#define SMALL_TCES (UINT64_C(1) << 15)

/* The loops over a block leave out what few windows need: bypass, tables that are not to be read all over. */
static bool is_plain(const tce_machine *m, const tce__window *w)
{
    return !w->bypass && !w->frozen && w->table.guard == NULL &&
           (m->memory_bytes < SIGN || m->memory_bytes == TCE_MEMORY_UNKNOWN);
}

/* Four doublewords; gcc and clang make of them what the processor has. */
typedef uint64_t vector __attribute__((vector_size(32)));

#define LANES (sizeof(vector) / sizeof(uint64_t))

typedef union block_values {
    vector v[BLOCK / LANES];
    uint64_t at[BLOCK];
} block_values;

static inline uint64_t any_lane(const vector *v)
{
    return (*v)[0] | (*v)[1] | (*v)[2] | (*v)[3];
}

/*
 * Translates BLOCK accesses of one byte; false: at least one has a fault, and *real is not to be used. Differences
 * instead of comparisons: a vector of a baseline x86-64 cannot compare unsigned doublewords.
 */
__attribute__((always_inline)) static inline bool translate_block(const tce_machine *m, const tce__window *w,
                                                                  const uint64_t *iobas, uint64_t access,
                                                                  block_values *real)
{
    const uint64_t start = w->start, tces = w->tces, mask = tce_page_mask(w->shift), *table = w->table.tce;
    const uint64_t memory = m->memory_bytes, limited = memory == TCE_MEMORY_UNKNOWN ? 0 : SIGN;
    const uint64_t need = access & TCE_ACCESS_RW, any = need == TCE_ACCESS_NONE;
    const uint32_t shift = w->shift;
    block_values offset, index;

    /* Index and number of TCEs are below 2^63, so the sign of the difference says which is less. */
    memcpy(&offset, iobas, sizeof offset);
    vector outside = {0};
    for (size_t i = 0; i < BLOCK / LANES; i++) {
        offset.v[i] -= start;
        index.v[i] = offset.v[i] >> shift;
        outside |= ~(index.v[i] - tces);
    }
    if ((any_lane(&outside) & SIGN) != 0)
        return false;
    /* A needed bit that is not there; for any access, neither bit; an address not below a memory size below 2^63. */
    vector refused = {0}, beyond = {0};
    for (size_t i = 0; i < BLOCK / LANES; i++) {
        const uint64_t *at = &index.at[i * LANES];
        const vector tce = {table[at[0]], table[at[1]], table[at[2]], table[at[3]]};
        const vector address = (tce & ~mask) | (offset.v[i] & mask);
        refused |= (need & ~tce) | (any & ~(tce | tce >> 1));
        beyond |= address | ~(address - memory);
        real->v[i] = address;
    }
    return any_lane(&refused) == 0 && (any_lane(&beyond) & limited) == 0;
}

/*
 * The TCEs of a block that comes later are asked for while this one's are used: the processor alone looks no further
 * ahead than some tens of loads. Where an IOBA is outside the window nothing is read.
 */
static void ask_for_block(const tce__window *w, const uint64_t *iobas)
{
    const uintptr_t table = (uintptr_t)w->table.tce;
    for (size_t i = 0; i < BLOCK; i++)
        __builtin_prefetch((const void *)(table + (uintptr_t)((iobas[i] - w->start) >> w->shift) * sizeof(uint64_t)));
}

typedef bool block_function(const tce_machine *m, const tce__window *w, const uint64_t *iobas, uint64_t access,
                            block_values *real);

static bool translate_block_portable(const tce_machine *m, const tce__window *w, const uint64_t *iobas,
                                     uint64_t access, block_values *real)
{
    return translate_block(m, w, iobas, access, real);
}

#if defined(TCE__AVX2)
/* The same text for wider vectors. */
__attribute__((target("avx2"))) static bool translate_block_avx2(const tce_machine *m, const tce__window *w,
                                                                 const uint64_t *iobas, uint64_t access,
                                                                 block_values *real)
{
    return translate_block(m, w, iobas, access, real);
}
#endif

static block_function *choose(void)
{
#if defined(TCE__AVX2)
    if (__builtin_cpu_supports("avx2"))
        return translate_block_avx2;
#endif
    return translate_block_portable;
}

size_t tce_translate_batch(const tce_machine *m, uint64_t liobn, const uint64_t *iobas, size_t count, uint64_t access,
                           uint64_t *addresses, uint8_t *faults)
{
    const tce__window *w = tce__window_of(m, liobn);
    if (w == NULL) {
        const tce__phb *phb = tce__phb_of_liobn(m, liobn);
        if (faults != NULL)
            memset(faults, phb != NULL && phb->frozen ? TCE_FAULT_PE_FROZEN : TCE_FAULT_NO_WINDOW, count);
        return count;
    }
    block_function *block = choose();
    const bool plain = is_plain(m, w), large = w->tces > SMALL_TCES;
    size_t faulted = 0, done = 0;
    while (done < count) {
        block_values real;
        size_t next = done + BLOCK;
        if (large && plain && count - done >= 2 * BLOCK)
            ask_for_block(w, iobas + next);
        if (plain && count - done >= BLOCK && block(m, w, iobas + done, access, &real)) {
            memcpy(addresses + done, &real, sizeof real);
            if (faults != NULL)
                memset(faults + done, TCE_FAULT_NONE, BLOCK);
            done = next;
            continue;
        }
        for (; done < next && done < count; done++) {
            tce_fault fault = tce__translate_page(m, w, iobas[done], 1, access, &addresses[done]);
            if (faults != NULL)
                faults[done] = (uint8_t)fault;
            faulted += fault != TCE_FAULT_NONE;
        }
    }
    return faulted;
}
