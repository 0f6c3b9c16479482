/* SPDX-License-Identifier: Apache-2.0 */
/* table.c, map.c and kernels.c: what is committed, and that the parts below the machine do what they say. */
#include "case.h"

#include "../../Sources/CTce/internal.h"

#include <string.h>

CASE(table_heap_and_sparse)
{
    tce__table table;
    CHECK(tce__table_open(&table, 32768));      /* 256 KiB */
    bool heap = table.sparse == NULL && tce__table_bytes(&table, 32768) == 256 * KIB;
    tce__table_close(&table, 32768);
    CHECK(heap);
    CHECK(tce__table_open(&table, 32769));
    bool sparse = table.sparse != NULL && tce__table_bytes(&table, 32769) < 4 * KIB;
    tce__table_close(&table, 32769);
    CHECK(sparse);
    CHECK(table.tce == NULL && tce__table_bytes(&table, 0) == 0);
}

/* Clearing what was never written commits nothing, at any size; clearing what was, clears just that. */
CASE(table_clear_commits_nothing)
{
    const uint64_t tces = TCE_WINDOW_TCES_MAX, liobn = 0x71000000;
    CHECK_EQ(window_at(m, liobn, 12, 0, tces), TCE_OK);
    const uint64_t before = tce_machine_table_bytes(m);
    CHECK(before < 64 * KIB);
    CHECK_EQ(tce_h_stuff_tce(m, liobn, 0, 0, tces), TCE_H_SUCCESS);
    CHECK_EQ(tce_machine_table_bytes(m), before);

    /* First and last TCE, both sides of a page of the table, of a word and of a page of the bitmap. */
    const uint64_t at[] = {0, 511, 512, 64 * 512 - 1, 64 * 512, 32768 * 512 - 1, 32768 * UINT64_C(512), tces - 1};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        CHECK_EQ(tce_h_put_tce(m, liobn, at[i] << 12, 0x5003), TCE_H_SUCCESS);
    const tce__sparse *sparse = tce__window_of(m, liobn)->table.sparse;
    CHECK_EQ(sparse->touched_pages, 7);
    CHECK_EQ(sparse->bitmap_pages, 3);
    CHECK(tce_machine_table_bytes(m) <= before + (7 + 3 + 3) * 4 * KIB);

    CHECK_EQ(tce_h_stuff_tce(m, liobn, 1 << 12, 0, tces - 2), TCE_H_SUCCESS);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        CHECK(holds(m, liobn, at[i] << 12, i == 0 || at[i] == tces - 1 ? 0x5003 : 0));
    CHECK_EQ(tce_h_stuff_tce(m, liobn, 0, 0, tces), TCE_H_SUCCESS);
    CHECK(holds(m, liobn, 0, 0) && holds(m, liobn, (tces - 1) << 12, 0));

    /* Alone at the start of a page of the bitmap: what skips untouched words must not skip it. */
    const uint64_t alone = 5 * 32768 * UINT64_C(512);
    CHECK_EQ(window_at(m, liobn, 12, 0, tces), TCE_OK);
    CHECK_EQ(tce_h_put_tce(m, liobn, alone << 12, 0x5003), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_stuff_tce(m, liobn, 0, 0, alone), TCE_H_SUCCESS);
    CHECK(holds(m, liobn, alone << 12, 0x5003));
    CHECK_EQ(tce_h_stuff_tce(m, liobn, 0, 0, alone + 1), TCE_H_SUCCESS);
    CHECK(holds(m, liobn, alone << 12, 0));
}

/* A clear of [from, from + n) of a table with holes, against the same on a plain array. */
CASE(table_clear_against_array)
{
    enum { TABLE_TCES = 200 * 512 };
    static uint64_t want[TABLE_TCES];
    uint64_t seed = 12345;
    CHECK_EQ(window_at(m, 0x71000000, 12, 0, TABLE_TCES), TCE_OK);
    const tce__table *table = &tce__window_of(m, 0x71000000)->table;
    memset(want, 0, sizeof want);
    for (int round = 0; round < 2000; round++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint64_t from = (seed >> 33) % TABLE_TCES, n = (seed >> 20) % (round % 3 == 0 ? TABLE_TCES : 700) + 1;
        uint64_t value = round % 2 == 0 || n > 1500 ? 0 : seed;
        if (from + n > TABLE_TCES)
            n = TABLE_TCES - from;
        CHECK_EQ(tce_h_stuff_tce(m, 0x71000000, from << 12, value, n), TCE_H_SUCCESS);
        for (uint64_t i = from; i < from + n; i++)
            want[i] = value;
        if (round % 50 == 0)
            CHECK(memcmp(table->tce, want, sizeof want) == 0);
    }
    CHECK(memcmp(table->tce, want, sizeof want) == 0);
}

/* From 64 MiB of table up, what was never written is not read. */
CASE(table_guard)
{
    const uint64_t limit = UINT64_C(1) << 23;
    CHECK_EQ(window_at(m, 0x71000000, 12, 0, limit), TCE_OK);
    CHECK(tce__window_of(m, 0x71000000)->table.guard == NULL);
    CHECK_EQ(window_at(m, 0x71000000, 12, 0, limit + 1), TCE_OK);
    CHECK(tce__window_of(m, 0x71000000)->table.guard != NULL);
    uint64_t address;
    CHECK(holds(m, 0x71000000, limit << 12, 0));
    CHECK_EQ(tce_translate(m, 0x71000000, limit << 12, 1, TCE_ACCESS_NONE, &address), TCE_FAULT_NO_READ);
    CHECK_EQ(tce_h_put_tce(m, 0x71000000, limit << 12, 0x5003), TCE_H_SUCCESS);
    CHECK(holds(m, 0x71000000, limit << 12, 0x5003));
    CHECK_EQ(tce_translate(m, 0x71000000, limit << 12, 1, TCE_ACCESS_NONE, &address), TCE_FAULT_NONE);
    CHECK_EQ(address, 0x5000);
}

CASE(map_fit)
{
    tce__map map;
    int value;
    CHECK(tce__map_open(&map));
    for (uint64_t key = 0; key < 5000; key++)
        CHECK(tce__map_insert(&map, key * 977, &value));
    for (uint64_t key = 100; key < 5000; key++)
        tce__map_remove(&map, key * 977);
    tce__map_fit(&map);
    CHECK_EQ(map.count, 100);
    CHECK(map.mask < 4 * map.count + 16);
    for (uint64_t key = 0; key < 5000; key++)
        CHECK((tce__map_find(&map, key * 977) != NULL) == (key < 100));
    const tce__slot *slots = map.slots;
    tce__map_fit(&map);
    CHECK(map.slots == slots);
    tce__map_close(&map);
}

CASE(map_insert_and_remove)
{
    enum { KEYS = 5000 };
    static uint64_t values[KEYS];
    tce__map map;
    bool good = tce__map_open(&map) && tce__map_find(&map, 0) == NULL && tce__map_find(&map, UINT64_MAX) == NULL;
    for (uint64_t i = 0; good && i < KEYS; i++)
        good = tce__map_insert(&map, i * i * 0x100000, &values[i]);
    /* Every third goes; the others are still found, through the holes. */
    for (uint64_t i = 0; i < KEYS; i += 3)
        tce__map_remove(&map, i * i * 0x100000);
    tce__map_remove(&map, 7);
    for (uint64_t i = 0; good && i < KEYS; i++)
        good = tce__map_find(&map, i * i * 0x100000) == (i % 3 == 0 ? NULL : &values[i]);
    good = good && map.count == KEYS - (KEYS + 2) / 3;
    for (uint64_t i = 0; i < KEYS; i++)
        tce__map_remove(&map, i * i * 0x100000);
    good = good && map.count == 0;
    for (size_t i = 0; good && i <= map.mask; i++)
        good = map.slots[i].value == NULL;
    tce__map_close(&map);
    CHECK(good);
}

CASE(kernels_against_definition)
{
    static unsigned char list[8 * 140 + 8];
    static uint64_t to[150];
    for (size_t i = 0; i < sizeof list; i++)
        list[i] = (unsigned char)(i * 37 + 11);
    for (size_t skew = 0; skew < 8; skew++) {
        for (size_t count = 0; count <= 140; count++) {
            memset(to, 0xEE, sizeof to);
            m->kernels.copy_swapped(to + 1, list + skew, count);
            for (size_t i = 0; i < count; i++) {
                uint64_t want = 0;
                for (size_t b = 0; b < 8; b++)
                    want = want << 8 | list[skew + 8 * i + b];
                CHECK_EQ(to[1 + i], want);
            }
            CHECK(to[0] == UINT64_C(0xEEEEEEEEEEEEEEEE) && to[count + 1] == UINT64_C(0xEEEEEEEEEEEEEEEE));
            m->kernels.fill(to + 1, UINT64_C(0x0123456789ABCDEF), count);
            for (size_t i = 0; i < count; i++)
                CHECK_EQ(to[1 + i], UINT64_C(0x0123456789ABCDEF));
            CHECK(to[0] == UINT64_C(0xEEEEEEEEEEEEEEEE) && to[count + 1] == UINT64_C(0xEEEEEEEEEEEEEEEE));
        }
    }
}
