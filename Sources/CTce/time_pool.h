/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of the time model that grows and is used again. Not API. Model. */
#ifndef TCE__TIME_POOL_H
#define TCE__TIME_POOL_H

#include "internal.h"

#define TCE__NEVER UINT64_MAX   /* a cycle that is not known, or does not come */
#define TCE__NONE UINT32_MAX    /* no index */

/* Equal things in one array, by index; the index of one that was given back is used again. */
typedef struct tce__pool {
    unsigned char *items;
    uint32_t *free;
    size_t item_bytes;
    uint32_t count, capacity, free_count;
} tce__pool;

void tce__pool_open(tce__pool *pool, size_t item_bytes);
void tce__pool_close(tce__pool *pool);
uint32_t tce__pool_take(tce__pool *pool);       /* not zeroed. TCE__NONE: no memory */

static inline void tce__pool_give(tce__pool *pool, uint32_t index)
{
    pool->free[pool->free_count++] = index;
}

/* First in, first out. */
typedef struct tce__ring {
    uint64_t *items;
    size_t capacity, head, count;   /* capacity: a power of two */
} tce__ring;

void tce__ring_close(tce__ring *ring);
bool tce__ring_grow(tce__ring *ring);           /* false: no memory */

static inline bool tce__ring_push(tce__ring *ring, uint64_t item)
{
    if (TCE__UNLIKELY(ring->count == ring->capacity) && !tce__ring_grow(ring))
        return false;
    ring->items[(ring->head + ring->count++) & (ring->capacity - 1)] = item;
    return true;
}

static inline uint64_t tce__ring_front(const tce__ring *ring)
{
    return ring->items[ring->head];
}

static inline uint64_t tce__ring_pop(tce__ring *ring)
{
    uint64_t item = ring->items[ring->head];
    ring->head = (ring->head + 1) & (ring->capacity - 1);
    ring->count--;
    return item;
}

/* The least key first; of equal ones the least tie. */
typedef struct tce__heap_item {
    uint64_t key, tie;
    uint32_t value;
} tce__heap_item;

typedef struct tce__heap {
    tce__heap_item *items;
    size_t count, capacity;
} tce__heap;

void tce__heap_close(tce__heap *heap);
bool tce__heap_push(tce__heap *heap, uint64_t key, uint64_t tie, uint32_t value);   /* false: no memory */
tce__heap_item tce__heap_pop(tce__heap *heap);

#endif
