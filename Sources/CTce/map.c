/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The map from a 64-bit key (LIOBN, BUID, memory frame) to a pointer: open addressing with linear probing, never more
 * than half full, so that a lookup is mostly one probe however many keys there are. Architectural.
 */
#include "internal.h"

#include <stdlib.h>

#define FIRST_SLOTS_LOG2 4u

bool tce__map_open(tce__map *map)
{
    map->slots = calloc((size_t)1 << FIRST_SLOTS_LOG2, sizeof *map->slots);
    map->mask = ((size_t)1 << FIRST_SLOTS_LOG2) - 1;
    map->shift = 64 - FIRST_SLOTS_LOG2;
    map->count = 0;
    return map->slots != NULL;
}

void tce__map_close(tce__map *map)
{
    free(map->slots);
    map->slots = NULL;
}

/* Into the first free slot from the key's home on. */
static void place(tce__map *map, tce__slot entry)
{
    size_t i = tce__map_home(map, entry.key);
    while (map->slots[i].value != NULL)
        i = (i + 1) & map->mask;
    map->slots[i] = entry;
}

static bool grow(tce__map *map)
{
    size_t old = map->mask + 1;
    if (old > SIZE_MAX / 4 / sizeof *map->slots)
        return false;
    tce__slot *slots = calloc(old * 2, sizeof *slots);
    if (slots == NULL)
        return false;
    tce__slot *before = map->slots;
    map->slots = slots;
    map->mask = old * 2 - 1;
    map->shift--;
    for (size_t i = 0; i < old; i++) {
        if (before[i].value != NULL)
            place(map, before[i]);
    }
    free(before);
    return true;
}

bool tce__map_insert(tce__map *map, uint64_t key, void *value)
{
    if ((map->count + 1) * 2 > map->mask + 1 && !grow(map))
        return false;
    place(map, (tce__slot){.key = key, .value = value});
    map->count++;
    return true;
}

void tce__map_fit(tce__map *map)
{
    tce__map fresh;
    if (map->mask < 4 * map->count + ((size_t)1 << FIRST_SLOTS_LOG2) || !tce__map_open(&fresh))
        return;
    for (size_t i = 0; i <= map->mask; i++) {
        if (map->slots[i].value != NULL && !tce__map_insert(&fresh, map->slots[i].key, map->slots[i].value)) {
            tce__map_close(&fresh);
            return;
        }
    }
    tce__map_close(map);
    *map = fresh;
}

void tce__map_remove(tce__map *map, uint64_t key)
{
    size_t hole = tce__map_home(map, key);
    while (map->slots[hole].key != key || map->slots[hole].value == NULL) {
        if (map->slots[hole].value == NULL)
            return;
        hole = (hole + 1) & map->mask;
    }
    /* What follows moves up into the hole where its home is not behind it, so that no probe ends too early. */
    for (size_t i = (hole + 1) & map->mask; map->slots[i].value != NULL; i = (i + 1) & map->mask) {
        size_t home = tce__map_home(map, map->slots[i].key);
        if (((i - home) & map->mask) >= ((i - hole) & map->mask)) {
            map->slots[hole] = map->slots[i];
            hole = i;
        }
    }
    map->slots[hole] = (tce__slot){0, NULL};
    map->count--;
}
