/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the .c files of the core share: the structs behind the opaque machine. The steps that every TCE hcall, every
 * DMA and every touch of memory takes are inlines of hcall.h, translate.h and memory.h. Not API. Architectural: nothing
 * here, and no file that these structs belong to, knows of time.
 */
#ifndef TCE_INTERNAL_H
#define TCE_INTERNAL_H

#include "target.h"
#include "tce_dma.h"
#include "tce_hcall.h"
#include "tce_machine.h"
#include "tce_rtas.h"
#include "tce_svm.h"

#define TCE__LIKELY(x) __builtin_expect(!!(x), 1)
#define TCE__UNLIKELY(x) __builtin_expect(!!(x), 0)
#define TCE__COLD __attribute__((noinline, cold))

/* --- Map: 64-bit key to pointer, open addressing, at most half full (map.c) --- */

typedef struct tce__slot {
    uint64_t key;
    void *value;            /* NULL: the slot is empty */
} tce__slot;

typedef struct tce__map {
    tce__slot *slots;
    size_t mask;            /* number of slots less one; the number is a power of two */
    uint32_t shift;         /* 64 - log2(number of slots) */
    size_t count;
} tce__map;

bool tce__map_open(tce__map *map);                                  /* false: no memory */
void tce__map_close(tce__map *map);                                 /* frees the slots, not what they point to */
bool tce__map_insert(tce__map *map, uint64_t key, void *value);     /* key: not in the map. false: no memory */
void tce__map_remove(tce__map *map, uint64_t key);
void tce__map_fit(tce__map *map);           /* has no more slots than its keys ask for, where the host has memory */

/* Multiplicative (Fibonacci) hashing: LIOBNs, BUIDs and frames come in runs, which it spreads. */
static inline size_t tce__map_home(const tce__map *map, uint64_t key)
{
    return (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> map->shift);
}

/* The value of a key, or NULL. An empty slot may match by its key too: its value is the NULL that is wanted. */
static inline void *tce__map_find(const tce__map *map, uint64_t key)
{
    for (size_t i = tce__map_home(map, key);; i = (i + 1) & map->mask) {
        const tce__slot *slot = &map->slots[i];
        if (TCE__LIKELY(slot->key == key) || slot->value == NULL)
            return slot->value;
    }
}

/* --- Copying, looking over and filling TCEs (kernels.c) --- */

typedef struct tce__kernels {
    void (*copy_swapped)(uint64_t *to, const void *from, size_t count);     /* big-endian doublewords to host order */
    void (*fill)(uint64_t *to, uint64_t value, size_t count);

    /*
     * Looks over TCEs: bits TCE__SCREEN_... of what was found. An address is the TCE without its two low bits, or'ed
     * with `high`; it is outside if it is not below `memory`, which is at most 2^63.
     */
    unsigned (*screen)(const uint64_t *tces, size_t count, uint64_t low, uint64_t high, uint64_t memory);
} tce__kernels;

#define TCE__SCREEN_MISALIGNED 1u       /* one with a permission bit has a bit of `low` */
#define TCE__SCREEN_OUTSIDE 2u          /* one has an address outside memory */
#define TCE__SCREEN_OUTSIDE_MAPPED 4u   /* one with a permission bit has */

tce__kernels tce__kernels_choose(void);

/* The bits that any of the doublewords has; of big-endian ones, in host order. */
uint64_t tce__union(const void *doublewords, size_t count);
uint64_t tce__union_swapped(const void *from, size_t count);

/* --- The TCE table: a flat array, so that a lookup is one dependent load (table.c) --- */

/* TCEs in one touched bit: a 4 KiB page of the host. */
#define TCE__PAGE_TCES_LOG2 9u
#define TCE__PAGE_TCES (UINT64_C(1) << TCE__PAGE_TCES_LOG2)

/* What a table has that is committed page by page. */
typedef struct tce__sparse {
    uint64_t *touched;          /* one bit for each page of the table: it may hold something but 0 */
    uint64_t *summary;          /* one bit for each word of `touched` that is not 0 */
    uint64_t summary_words;
    uint64_t touched_pages;     /* pages of the table, and of the bitmap, that have been written */
    uint64_t bitmap_pages;
} tce__sparse;

typedef struct tce__table {
    uint64_t *tce;              /* host byte order; NULL: there is no table */
    const uint64_t *touched;    /* that of `sparse`; of a heap table all bits are 1, so that nobody asks which it is */
    const uint64_t *guard;      /* = touched where an untouched page must not even be read; else NULL */
    tce__sparse *sparse;        /* NULL: a heap table */
} tce__table;

bool tce__table_open(tce__table *table, uint64_t tces);             /* all 0. false: no memory */
void tce__table_close(tce__table *table, uint64_t tces);
void tce__table_renew(tce__table *table, uint64_t tces, const tce__kernels *kernels);   /* all 0 again; cannot fail */
uint64_t tce__table_bytes(const tce__table *table, uint64_t tces);
void tce__table_touch(const tce__table *table, uint64_t page);      /* page: not touched yet */
void tce__table_zero(const tce__table *table, uint64_t index, uint64_t count, const tce__kernels *kernels);

/* The first touched page of the table from `page` on, past `last` (its last page) if there is none. */
uint64_t tce__table_next(const tce__table *table, uint64_t page, uint64_t last);

static inline bool tce__bit(const uint64_t *bits, uint64_t n)
{
    return (bits[n >> 6] >> (n & 63)) & 1;
}

/* index: within the table, here and below. */
static inline bool tce__table_touched(const tce__table *table, uint64_t index)
{
    return tce__bit(table->touched, index >> TCE__PAGE_TCES_LOG2);
}

static inline uint64_t tce__table_load(const tce__table *table, uint64_t index)
{
    if (TCE__UNLIKELY(table->guard != NULL) && !tce__bit(table->guard, index >> TCE__PAGE_TCES_LOG2))
        return 0;
    return table->tce[index];
}

/* Before `count` (not 0) TCEs from index on are written in one go. */
static inline void tce__table_touch_range(const tce__table *table, uint64_t index, uint64_t count)
{
    uint64_t last = (index + count - 1) >> TCE__PAGE_TCES_LOG2;
    for (uint64_t page = index >> TCE__PAGE_TCES_LOG2; page <= last; page++) {
        if (TCE__UNLIKELY(!tce__bit(table->touched, page)))
            tce__table_touch(table, page);
    }
}

/* --- Windows and PHBs (window.c, phb.c) --- */

typedef struct tce__phb tce__phb;

/*
 * What an LIOBN has. A PHB owns its LIOBNs all its life, also while no window is on them: table.tce is NULL then, and
 * tces 0. A window's address stays the same until its LIOBN is given up; see tce_machine_generation.
 */
typedef struct tce__window {
    tce__table table;
    uint64_t tces;
    uint64_t start;         /* bus address */
    tce__phb *phb;          /* NULL: virtual I/O */
    uint32_t liobn;
    uint8_t shift;          /* page shift */
    bool bypass;            /* not translated: real address = IOBA - start */
    bool frozen;            /* its PE is frozen: a copy of the PHB's */
    bool is_default;        /* the default window, as the PHB's reset made it */
} tce__window;

_Static_assert(sizeof(void *) != 8 || sizeof(tce__window) == 64, "a window is one cache line");

/* A window is one cache line of a 64-bit host, and is allocated so. */
#define TCE__WINDOW_ALIGNMENT 64u

struct tce__phb {
    tce__window windows[TCE_PHB_WINDOWS];   /* [0] has the default window's LIOBN, [1] the dynamic one's */
    tce_phb_config config;
    bool frozen;                            /* the PE, which is all of the PHB (eeh.c) */
};

/* Zeroed memory of this alignment, ended with free(); NULL: none. */
void *tce__window_memory(size_t bytes);

/*
 * What the platforms answer differently, each as a value at the step that asks for it: the code of hcalls and RTAS
 * calls is one. A platform is a row of the table in platform.c, which says where each value is from.
 */
typedef struct tce__platform {
    tce_platform platform;
    /* TCE hcalls */
    bool ioba_aligned;              /* an IOBA inside a page is refused, not rounded down */
    bool owned_only;                /* a TCE with permission must name pages that the partition has */
    bool whole_runs;                /* a run past the window's end is refused before anything is written */
    bool stuff_unmaps_only;         /* H_STUFF_TCE takes no value with a permission bit */
    bool mtt_known;                 /* H_PUT_TCE_INDIRECT: a negative LIOBN asks for the MTT option */
    bool list_is_memory;            /* H_PUT_TCE_INDIRECT: a list where there is no memory is refused */
    bool kernel_first;              /* H_PUT_TCE_INDIRECT: the kernel looks at the list, and may leave it to QEMU */
    uint64_t stuff_max;             /* H_STUFF_TCE of more pages is H_P4 */
    tce_h_status no_pages;          /* a multi-TCE call of 0 pages that passed the checks before */
    tce_h_status svm_hcall;         /* an H_SVM_* hcall that the guest makes itself */
    /* DDW RTAS calls */
    uint64_t query_block_wide;      /* ibm,query-pe-dma-window: largest block of TCEs, in the form with 6 cells */
    int32_t create_refused;         /* its status where the PHB has no LIOBN left, or the window too many TCEs */
    bool restore_by_window;         /* the last window that is not the default one brings that back when removed; else
                                       the last one that is not on the default LIOBN */
    bool reset_plural;              /* has the reset call by LoPAR's name, too */
} tce__platform;

const tce__platform *tce__platform_of(tce_platform platform);       /* NULL: not emulated */

struct tce_machine {
    tce__map windows;               /* LIOBN to tce__window; holds also a PHB's LIOBNs that have no window */
    tce__kernels kernels;
    const tce__platform *platform;
    uint64_t memory_bytes;
    bool multitce, pef, eeh;        /* as in tce_config */
    tce_config made_from;
    tce_svm_state svm;
    tce__map frames;                /* number of a 64 KiB frame of guest memory to its bytes in the host */
    tce__map states;                /* number of a frame over 4,096 to the states of that many (sharing.c) */
    tce_sharing sharing;
    tce__map phbs;                  /* BUID to tce__phb */
    uint64_t generation;
    uint64_t written;               /* TCEs that the last H_STUFF_TCE or list call stored */
    size_t window_count;            /* windows that there are */
    size_t window_places;           /* the same, but a PHB without a window counts 1, that of its reset state */
};

tce_err tce__window_shape(uint32_t page_shift, uint64_t start, uint64_t tces);
void tce__window_install(tce_machine *m, tce__window *w, const tce__table *table, uint32_t page_shift, uint64_t start,
                         uint64_t tces);
void tce__window_close(tce_machine *m, tce__window *w);
void tce__window_renew(tce_machine *m, tce__window *w);

/* Windows that a PHB has, 0...TCE_PHB_WINDOWS. */
static inline uint32_t tce__phb_window_count(const tce__phb *phb)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < TCE_PHB_WINDOWS; i++)
        count += phb->windows[i].table.tce != NULL;
    return count;
}

static inline tce__phb *tce__phb_of(const tce_machine *m, uint64_t buid)
{
    return (tce__phb *)tce__map_find(&m->phbs, buid);
}

tce_err tce__phb_reset(tce_machine *m, tce__phb *phb);
void tce__phb_free(tce__phb *phb);          /* with its tables */

/*
 * The window of an LIOBN, or NULL. All 64 bits of it count: no window has more than 32. Who found the window through
 * a machine that is not const may write its TCEs, which are not part of the struct.
 */
static inline const tce__window *tce__window_of(const tce_machine *m, uint64_t liobn)
{
    const tce__window *w = (const tce__window *)tce__map_find(&m->windows, liobn);
    return w != NULL && w->table.tce != NULL ? w : NULL;
}

/* The index of an IOBA's TCE, with all 64 bits: it may be beyond the window, whose TCEs are 0...tces - 1. */
static inline uint64_t tce__index(const tce__window *w, uint64_t ioba)
{
    return (ioba - w->start) >> w->shift;
}

/* The window of a PHB whose range holds ioba, the default one first; NULL: none, or no such PHB. */
static inline const tce__window *tce__window_at(const tce_machine *m, uint64_t buid, uint64_t ioba)
{
    const tce__phb *phb = tce__phb_of(m, buid);
    if (phb == NULL)
        return NULL;
    for (uint32_t i = 0; i < TCE_PHB_WINDOWS; i++) {
        if (tce__index(&phb->windows[i], ioba) < phb->windows[i].tces)
            return &phb->windows[i];
    }
    return NULL;
}

/* The PHB that an LIOBN belongs to, also while it has no window; NULL: none, or virtual I/O. */
static inline tce__phb *tce__phb_of_liobn(const tce_machine *m, uint64_t liobn)
{
    const tce__window *w = (const tce__window *)tce__map_find(&m->windows, liobn);
    return w == NULL ? NULL : w->phb;
}

/* --- EEH (eeh.c): what a fault does to the PE; phb may be NULL --- */

void tce__eeh_fault(tce_machine *m, tce__phb *phb, tce_fault fault);
void tce__eeh_set(tce_machine *m, tce__phb *phb, bool frozen);

#endif
