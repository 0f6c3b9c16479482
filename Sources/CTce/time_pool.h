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
bool tce__pool_grow(tce__pool *pool);           /* false: no memory */

/* Not zeroed. TCE__NONE: no memory. */
static inline uint32_t tce__pool_take(tce__pool *pool)
{
    if (TCE__LIKELY(pool->free_count != 0))
        return pool->free[--pool->free_count];
    if (pool->count == pool->capacity && !tce__pool_grow(pool))
        return TCE__NONE;
    return pool->count++;
}

static inline void tce__pool_give(tce__pool *pool, uint32_t index)
{
    pool->free[pool->free_count++] = index;
}

/* How many are taken. */
static inline uint32_t tce__pool_taken(const tce__pool *pool)
{
    return pool->count - pool->free_count;
}

/* First in, first out: equal things in a circle. */
typedef struct tce__ring {
    unsigned char *items;
    size_t capacity, head, count;   /* capacity: a power of two, or 0 */
} tce__ring;

void tce__ring_close(tce__ring *ring);
bool tce__ring_grow(tce__ring *ring, size_t item_bytes);        /* false: no memory */

/* The place of the n-th; item_bytes: the same in all calls on a ring. */
static inline void *tce__ring_at(const tce__ring *ring, size_t n, size_t item_bytes)
{
    return ring->items + ((ring->head + n) & (ring->capacity - 1)) * item_bytes;
}

/* The place of one more at the end; NULL: no memory. */
static inline void *tce__ring_push(tce__ring *ring, size_t item_bytes)
{
    if (TCE__UNLIKELY(ring->count == ring->capacity) && !tce__ring_grow(ring, item_bytes))
        return NULL;
    return tce__ring_at(ring, ring->count++, item_bytes);
}

/* The first one is taken away; what stands there stays until the next push. */
static inline void tce__ring_drop(tce__ring *ring)
{
    ring->head = (ring->head + 1) & (ring->capacity - 1);
    ring->count--;
}

/* The same of numbers. */
static inline bool tce__ring_push_number(tce__ring *ring, uint64_t number)
{
    uint64_t *place = tce__ring_push(ring, sizeof number);
    if (TCE__LIKELY(place != NULL))
        *place = number;
    return place != NULL;
}

static inline uint64_t tce__ring_number(const tce__ring *ring)
{
    return *(const uint64_t *)tce__ring_at(ring, 0, sizeof(uint64_t));
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
void tce__heap_replace(tce__heap *heap, uint64_t key, uint64_t tie, uint32_t value);   /* the first one by another */

static inline bool tce__heap_before(const tce__heap_item *a, const tce__heap_item *b)
{
    return a->key < b->key || (a->key == b->key && a->tie < b->tie);
}

/*
 * The same for what comes nearly in order: in a few rings, each in order (what one vCPU's calls lead to is one), and a
 * heap for what fits into none. The rings that hold something stand first, the one with the last end before the others.
 */
#define TCE__QUEUE_RINGS 6u

typedef struct tce__queue_run {
    tce__heap_item last;
    tce__ring ring;             /* of tce__heap_item */
} tce__queue_run;

typedef struct tce__queue {
    tce__heap_item first;       /* of all of them, if there is one */
    uint32_t count, used;       /* items; rings that hold something */
    uint32_t from;              /* the ring that the first is in; TCE__QUEUE_RINGS: the heap */
    tce__queue_run runs[TCE__QUEUE_RINGS];
    tce__heap rest;
} tce__queue;

void tce__queue_close(tce__queue *queue);
bool tce__queue_push_apart(tce__queue *queue, const tce__heap_item *item);
void tce__queue_drop_apart(tce__queue *queue);

/* false: no memory. */
static inline bool tce__queue_push(tce__queue *queue, uint64_t key, uint64_t tie, uint32_t value)
{
    const tce__heap_item item = {key, tie, value};
    tce__queue_run *run = &queue->runs[0];
    /* Most come behind all that are there: the first one stays the first. */
    if (TCE__UNLIKELY(queue->used == 0) || tce__heap_before(&item, &run->last) ||
        TCE__UNLIKELY(run->ring.count == run->ring.capacity))
        return tce__queue_push_apart(queue, &item);
    *(tce__heap_item *)tce__ring_at(&run->ring, run->ring.count++, sizeof item) = item;
    run->last = item;
    queue->count++;
    return true;
}

/* The first one. */
static inline void tce__queue_drop(tce__queue *queue)
{
    tce__ring *ring = &queue->runs[0].ring;
    if (queue->used != 1 || queue->rest.count != 0) {
        tce__queue_drop_apart(queue);
        return;
    }
    tce__ring_drop(ring);
    if (--queue->count == 0)
        queue->used = 0;
    else
        queue->first = *(const tce__heap_item *)tce__ring_at(ring, 0, sizeof(tce__heap_item));
}

/* One that will soon be the first: what stands behind it. TCE__NONE: not known. */
static inline uint32_t tce__queue_expected(const tce__queue *queue)
{
    if (queue->count == 0 || queue->from == TCE__QUEUE_RINGS || queue->runs[queue->from].ring.count < 2)
        return TCE__NONE;
    return ((const tce__heap_item *)tce__ring_at(&queue->runs[queue->from].ring, 1, sizeof(tce__heap_item)))->value;
}

/* The key of the first one; TCE__NEVER. */
static inline uint64_t tce__queue_key(const tce__queue *queue)
{
    return queue->count == 0 ? TCE__NEVER : queue->first.key;
}

#endif
