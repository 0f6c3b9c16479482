/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of the time model that grows and is used again: pools, rings, heaps, queues. Model. */
#include "time_pool.h"

#include <stdlib.h>
#include <string.h>

void tce__pool_open(tce__pool *pool, size_t item_bytes)
{
    *pool = (tce__pool){.item_bytes = item_bytes};
}

void tce__pool_close(tce__pool *pool)
{
    free(pool->items);
    free(pool->free);
    *pool = (tce__pool){.item_bytes = pool->item_bytes};
}

bool tce__pool_grow(tce__pool *pool)
{
    const uint32_t capacity = pool->capacity == 0 ? 64 : pool->capacity * 2;
    if (capacity > UINT32_MAX / 4)
        return false;
    void *items = realloc(pool->items, capacity * pool->item_bytes);
    if (items == NULL)
        return false;
    pool->items = items;
    uint32_t *unused = realloc(pool->free, capacity * sizeof *unused);
    if (unused == NULL)
        return false;
    pool->free = unused;
    pool->capacity = capacity;
    return true;
}

void tce__ring_close(tce__ring *ring)
{
    free(ring->items);
    *ring = (tce__ring){.items = NULL};
}

bool tce__ring_grow(tce__ring *ring, size_t item_bytes)
{
    const size_t capacity = ring->capacity == 0 ? 4 : ring->capacity * 2, behind = ring->capacity - ring->head;
    unsigned char *items = capacity > SIZE_MAX / 2 / item_bytes ? NULL : malloc(capacity * item_bytes);
    if (items == NULL)
        return false;
    /* It is full: what is behind the head, then what is before it. */
    if (ring->count != 0) {
        memcpy(items, ring->items + ring->head * item_bytes, behind * item_bytes);
        memcpy(items + behind * item_bytes, ring->items, ring->head * item_bytes);
    }
    free(ring->items);
    ring->items = items;
    ring->capacity = capacity;
    ring->head = 0;
    return true;
}

void tce__heap_close(tce__heap *heap)
{
    free(heap->items);
    *heap = (tce__heap){.items = NULL};
}

bool tce__heap_push(tce__heap *heap, uint64_t key, uint64_t tie, uint32_t value)
{
    if (heap->count == heap->capacity) {
        const size_t capacity = heap->capacity == 0 ? 8 : heap->capacity * 2;
        tce__heap_item *items =
            capacity > SIZE_MAX / 2 / sizeof *items ? NULL : realloc(heap->items, capacity * sizeof *items);
        if (items == NULL)
            return false;
        heap->items = items;
        heap->capacity = capacity;
    }
    const tce__heap_item item = {key, tie, value};
    size_t at = heap->count++;
    for (; at != 0 && tce__heap_before(&item, &heap->items[(at - 1) / 2]); at = (at - 1) / 2)
        heap->items[at] = heap->items[(at - 1) / 2];
    heap->items[at] = item;
    return true;
}

/* Puts an item into the hole at the top, or where it belongs below. */
static void sink(tce__heap *heap, tce__heap_item item)
{
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < heap->count; at = child) {
        if (child + 1 < heap->count && tce__heap_before(&heap->items[child + 1], &heap->items[child]))
            child++;
        if (!tce__heap_before(&heap->items[child], &item))
            break;
        heap->items[at] = heap->items[child];
    }
    heap->items[at] = item;
}

tce__heap_item tce__heap_pop(tce__heap *heap)
{
    const tce__heap_item top = heap->items[0], last = heap->items[--heap->count];
    if (heap->count != 0)
        sink(heap, last);
    return top;
}

void tce__heap_replace(tce__heap *heap, uint64_t key, uint64_t tie, uint32_t value)
{
    sink(heap, (tce__heap_item){key, tie, value});
}

void tce__queue_close(tce__queue *queue)
{
    for (uint32_t i = 0; i < TCE__QUEUE_RINGS; i++)
        tce__ring_close(&queue->runs[i].ring);
    tce__heap_close(&queue->rest);
    *queue = (tce__queue){.count = 0};
}

bool tce__queue_push_apart(tce__queue *queue, const tce__heap_item *item)
{
    /* The one with the last end that is not behind the item, else an empty one, else the heap. */
    uint32_t to = 0;
    while (to < queue->used && tce__heap_before(item, &queue->runs[to].last))
        to++;
    if (TCE__UNLIKELY(to == TCE__QUEUE_RINGS)) {
        if (!tce__heap_push(&queue->rest, item->key, item->tie, item->value))
            return false;
    } else {
        tce__queue_run *run = &queue->runs[to];
        tce__heap_item *place = tce__ring_push(&run->ring, sizeof *item);
        if (place == NULL)
            return false;
        *place = run->last = *item;
        queue->used += to == queue->used;
    }
    if (queue->count++ == 0 || tce__heap_before(item, &queue->first)) {
        queue->first = *item;
        queue->from = to;
    }
    return true;
}

/* The ring is empty: it comes behind those that are not. */
static void retire_run(tce__queue *queue, uint32_t at)
{
    const tce__queue_run run = queue->runs[at];
    queue->used--;
    for (uint32_t i = at; i < queue->used; i++)
        queue->runs[i] = queue->runs[i + 1];
    queue->runs[queue->used] = run;
}

void tce__queue_drop_apart(tce__queue *queue)
{
    queue->count--;
    if (TCE__UNLIKELY(queue->from == TCE__QUEUE_RINGS)) {
        (void)tce__heap_pop(&queue->rest);
    } else {
        tce__queue_run *run = &queue->runs[queue->from];
        tce__ring_drop(&run->ring);
        if (run->ring.count == 0)
            retire_run(queue, queue->from);
    }
    const tce__heap_item *first = queue->rest.count == 0 ? NULL : &queue->rest.items[0];
    uint32_t from = TCE__QUEUE_RINGS;
    for (uint32_t i = 0; i < queue->used; i++) {
        const tce__heap_item *item = tce__ring_at(&queue->runs[i].ring, 0, sizeof *item);
        if (first == NULL || tce__heap_before(item, first)) {
            first = item;
            from = i;
        }
    }
    queue->from = from;
    if (first != NULL)
        queue->first = *first;
}
