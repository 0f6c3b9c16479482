/* SPDX-License-Identifier: Apache-2.0 */
/* dma.c and batch.c: what a device's access is translated to, and which fault it has. */
#include "case.h"

#include <string.h>

#define READ TCE_ACCESS_READ
#define WRITE TCE_ACCESS_WRITE
#define RW TCE_ACCESS_RW
#define ANY TCE_ACCESS_NONE

static tce_fault at(tce_machine *m, uint64_t liobn, uint64_t ioba, uint64_t bytes, uint64_t access)
{
    uint64_t address;
    return tce_translate(m, liobn, ioba, bytes, access, &address);
}

CASE(translate_window)
{
    uint64_t address = 77;
    CHECK_EQ(tce_h_put_tce(m, LIOBN, LAST_PAGE, 0x5003), TCE_H_SUCCESS);
    CHECK_EQ(tce_translate(m, LIOBN_DYNAMIC, 0, 1, READ, &address), TCE_FAULT_NO_WINDOW);
    CHECK_EQ(tce_translate(m, LIOBN | UINT64_C(1) << 32, LAST_PAGE, 1, READ, &address), TCE_FAULT_NO_WINDOW);
    CHECK_EQ(tce_translate(m, LIOBN, WINDOW_END, 1, READ, &address), TCE_FAULT_OUTSIDE_WINDOW);
    CHECK_EQ(tce_translate(m, LIOBN, UINT64_MAX, 1, READ, &address), TCE_FAULT_OUTSIDE_WINDOW);
    CHECK_EQ(tce_translate(m, LIOBN, LAST_PAGE, 0x1001, READ, &address), TCE_FAULT_OUTSIDE_WINDOW);
    CHECK_EQ(address, 77);
    CHECK_EQ(tce_translate(m, LIOBN, LAST_PAGE, 0x1000, READ, &address), TCE_FAULT_NONE);
    CHECK_EQ(address, 0x5000);
    CHECK_EQ(tce_translate(m, LIOBN, LAST_PAGE + 0xABC, 1, READ, &address), TCE_FAULT_NONE);
    CHECK_EQ(address, 0x5ABC);
}

/* Every access against every control field (LoPAR 3.2.2.2). */
CASE(translate_permissions)
{
    static const tce_fault want[4][4] = {
        /* control field:  0                  1                   2                   3 */
        [ANY] = {TCE_FAULT_NO_READ, TCE_FAULT_NONE, TCE_FAULT_NONE, TCE_FAULT_NONE},
        [READ] = {TCE_FAULT_NO_READ, TCE_FAULT_NONE, TCE_FAULT_NO_READ, TCE_FAULT_NONE},
        [WRITE] = {TCE_FAULT_NO_WRITE, TCE_FAULT_NO_WRITE, TCE_FAULT_NONE, TCE_FAULT_NONE},
        [RW] = {TCE_FAULT_NO_READ, TCE_FAULT_NO_WRITE, TCE_FAULT_NO_READ, TCE_FAULT_NONE},
    };
    for (uint64_t control = 0; control < 4; control++) {
        CHECK_EQ(tce_h_put_tce(m, LIOBN, control << 12, 0x5000 | control), TCE_H_SUCCESS);
        for (uint64_t access = 0; access < 4; access++) {
            CHECK_EQ(at(m, LIOBN, control << 12, 8, access), want[access][control]);
            CHECK_EQ(at(m, LIOBN, control << 12, 0, access), want[access][control]);
            uint64_t ioba[100], address[100];
            uint8_t fault[100];
            for (size_t i = 0; i < 100; i++)
                ioba[i] = (control << 12) + i;
            bool faults = want[access][control] != TCE_FAULT_NONE;
            CHECK_EQ(tce_translate_batch(m, LIOBN, ioba, 100, access, address, fault), faults ? 100 : 0);
            for (size_t i = 0; i < 100; i++)
                CHECK(fault[i] == want[access][control] && (faults || address[i] == 0x5000 + i));
        }
    }
}

CASE(translate_ignores_bits_inside_page)
{
    uint64_t address;
    CHECK_EQ(window_at(m, 0x71000000, 16, 0, 4), TCE_OK);
    CHECK_EQ(tce_h_put_tce(m, 0x71000000, 0x10000, 0x5FFFF), TCE_H_SUCCESS);
    CHECK_EQ(tce_translate(m, 0x71000000, 0x11234, 1, RW, &address), TCE_FAULT_NONE);
    CHECK_EQ(address, 0x51234);
}

/* The offset into a page counts from the window's start, also from one that is no multiple of the page. */
CASE(translate_odd_start)
{
    uint64_t address;
    const uint64_t start = 0x12345678;
    CHECK_EQ(window_at(m, 0x71000000, 16, start, 4), TCE_OK);
    CHECK_EQ(tce_h_put_tce(m, 0x71000000, start + 0x1FFFF, 0x50003), TCE_H_SUCCESS);
    CHECK_EQ(tce_translate(m, 0x71000000, start + 0x10000, 0x10000, RW, &address), TCE_FAULT_NONE);
    CHECK_EQ(address, 0x50000);
    CHECK_EQ(at(m, 0x71000000, start + 0xFFFF, 1, READ), TCE_FAULT_NO_READ);
    CHECK_EQ(at(m, 0x71000000, start + 0x20000, 1, READ), TCE_FAULT_NO_READ);
    CHECK_EQ(at(m, 0x71000000, start - 1, 1, READ), TCE_FAULT_OUTSIDE_WINDOW);
    CHECK_EQ(at(m, 0x71000000, start + 0x40000, 1, READ), TCE_FAULT_OUTSIDE_WINDOW);
}

CASE(translate_memory_end)
{
    uint64_t address;
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0, (MEMORY_END - 0x1000) | RW), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x1000, MEMORY_END | RW), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x2000, MEMORY_END), TCE_H_SUCCESS);
    CHECK_EQ(tce_translate(m, LIOBN, 0xFFF, 1, READ, &address), TCE_FAULT_NONE);
    CHECK_EQ(address, MEMORY_END - 1);
    CHECK_EQ(at(m, LIOBN, 0xFFF, 2, READ), TCE_FAULT_NOT_MEMORY);
    CHECK_EQ(at(m, LIOBN, 0x1000, 0, READ), TCE_FAULT_NOT_MEMORY);
    /* The permission is looked at first. */
    CHECK_EQ(at(m, LIOBN, 0x2000, 1, READ), TCE_FAULT_NO_READ);
    /* A page that memory ends inside of. */
    CHECK_EQ(window_at(m, 0x71000000, 34, 0, 1), TCE_OK);
    CHECK_EQ(tce_h_put_tce(m, 0x71000000, 0, RW), TCE_H_SUCCESS);
    CHECK_EQ(at(m, 0x71000000, MEMORY_END - 8, 8, WRITE), TCE_FAULT_NONE);
    CHECK_EQ(at(m, 0x71000000, MEMORY_END - 8, 9, WRITE), TCE_FAULT_NOT_MEMORY);
    CHECK_EQ(at(m, 0x71000000, MEMORY_END, 0, WRITE), TCE_FAULT_NOT_MEMORY);
}

/* Memory of unknown size: every real address is memory, the last one too. */
CASE(translate_memory_unknown)
{
    tce_config config = tce_config_pseries();
    tce_machine *other;
    uint64_t address = 0, ioba[64], addresses[64];
    config.memory_bytes = TCE_MEMORY_UNKNOWN;
    CHECK_EQ(tce_machine_create(&config, &other), TCE_OK);
    for (size_t i = 0; i < 64; i++)
        ioba[i] = 0xFFF;
    tce_h_status put = tce_h_put_tce(other, LIOBN, 0, UINT64_C(0xFFFFFFFFFFFFF003));
    tce_fault fault = tce_translate(other, LIOBN, 0xFFF, 1, RW, &address);
    size_t faults = tce_translate_batch(other, LIOBN, ioba, 64, RW, addresses, NULL);
    tce_machine_destroy(other);
    CHECK_EQ(put, TCE_H_SUCCESS);
    CHECK_EQ(fault, TCE_FAULT_NONE);
    CHECK_EQ(address, UINT64_MAX);
    CHECK(faults == 0 && addresses[63] == UINT64_MAX);
}

CASE(translate_pages_lowest_first)
{
    uint64_t address = 77;
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x1000, 0x5003), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x2000, 0x9001), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x3000, MEMORY_END | 3), TCE_H_SUCCESS);
    CHECK_EQ(tce_translate(m, LIOBN, 0x1800, 0x1000, READ, &address), TCE_FAULT_NONE);
    CHECK_EQ(address, 0x5800);
    CHECK_EQ(at(m, LIOBN, 0x1800, 0x800, WRITE), TCE_FAULT_NONE);
    CHECK_EQ(at(m, LIOBN, 0x1800, 0x801, WRITE), TCE_FAULT_NO_WRITE);
    CHECK_EQ(at(m, LIOBN, 0x1800, 0x1800, READ), TCE_FAULT_NONE);
    CHECK_EQ(at(m, LIOBN, 0x1800, 0x1801, READ), TCE_FAULT_NOT_MEMORY);
    CHECK_EQ(at(m, LIOBN, 0x1800, 0x2800, WRITE), TCE_FAULT_NO_WRITE);
    CHECK_EQ(at(m, LIOBN, 0, UINT64_MAX, READ), TCE_FAULT_NO_READ);
}

/* A window at 0 that reaches the end of the bus: the access does not go on at 0. */
CASE(translate_past_the_bus)
{
    tce_segment segment[3];
    size_t count;
    CHECK_EQ(window_at(m, 0x71000000, 34, 0, UINT64_C(1) << 30), TCE_OK);
    CHECK_EQ(tce_h_put_tce(m, 0x71000000, 0, RW), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_put_tce(m, 0x71000000, UINT64_MAX, RW), TCE_H_SUCCESS);
    const uint64_t last_page = UINT64_C(0) - (UINT64_C(1) << 34);
    CHECK_EQ(at(m, 0x71000000, last_page + 0x1000, 8, READ), TCE_FAULT_NONE);
    CHECK_EQ(at(m, 0x71000000, UINT64_MAX, 0, READ), TCE_FAULT_NOT_MEMORY);
    CHECK_EQ(window_at(m, 0x71000001, 12, UINT64_C(0) - 0x1000, 1), TCE_OK);
    CHECK_EQ(tce_h_put_tce(m, 0x71000001, UINT64_MAX, 0x5003), TCE_H_SUCCESS);
    CHECK_EQ(at(m, 0x71000001, UINT64_MAX, 1, READ), TCE_FAULT_NONE);
    CHECK_EQ(at(m, 0x71000001, UINT64_MAX, 2, READ), TCE_FAULT_OUTSIDE_WINDOW);
    CHECK_EQ(tce_translate_span(m, 0x71000001, UINT64_MAX - 3, 8, READ, segment, 3, &count), TCE_FAULT_OUTSIDE_WINDOW);
    CHECK(count == 1 && segment[0].address == 0x5FFC && segment[0].bytes == 4);
}

CASE(translate_past_the_whole_bus)
{
    tce_config config = tce_config_pseries();
    tce_machine *other;
    config.memory_bytes = TCE_MEMORY_UNKNOWN;
    CHECK_EQ(tce_machine_create(&config, &other), TCE_OK);
    tce_err err = window_at(other, 0x71000000, 34, 0, UINT64_C(1) << 30);
    (void)tce_h_put_tce(other, 0x71000000, 0, RW);
    (void)tce_h_put_tce(other, 0x71000000, UINT64_MAX, RW);
    tce_fault inside = at(other, 0x71000000, UINT64_MAX, 1, READ);
    tce_fault passes = at(other, 0x71000000, UINT64_MAX, 2, READ);
    (void)tce_window_set_bypass(other, 0x71000000, true);
    tce_fault bypass_inside = at(other, 0x71000000, 1, UINT64_MAX, READ);
    tce_fault bypass_passes = at(other, 0x71000000, 2, UINT64_MAX, READ);
    tce_machine_destroy(other);
    CHECK_EQ(err, TCE_OK);
    CHECK_EQ(inside, TCE_FAULT_NONE);
    CHECK_EQ(passes, TCE_FAULT_OUTSIDE_WINDOW);
    CHECK_EQ(bypass_inside, TCE_FAULT_NONE);
    CHECK_EQ(bypass_passes, TCE_FAULT_OUTSIDE_WINDOW);
}

CASE(translate_bypass)
{
    uint64_t address;
    CHECK_EQ(window_at(m, 0x71000000, 12, DMA64, 0x20000), TCE_OK);     /* 512 MiB, twice the memory */
    CHECK_EQ(tce_window_set_bypass(m, 0x71000000, true), TCE_OK);
    CHECK_EQ(tce_translate(m, 0x71000000, DMA64 + 0x12345, 0x100000, RW, &address), TCE_FAULT_NONE);
    CHECK_EQ(address, 0x12345);
    CHECK_EQ(at(m, 0x71000000, DMA64 + MEMORY_END - 1, 1, ANY), TCE_FAULT_NONE);
    CHECK_EQ(at(m, 0x71000000, DMA64 + MEMORY_END - 1, 2, ANY), TCE_FAULT_NOT_MEMORY);
    CHECK_EQ(at(m, 0x71000000, DMA64 + MEMORY_END, 0, ANY), TCE_FAULT_NOT_MEMORY);
    CHECK_EQ(at(m, 0x71000000, DMA64 + 2 * MEMORY_END - 1, 2, ANY), TCE_FAULT_NOT_MEMORY);
    CHECK_EQ(at(m, 0x71000000, DMA64 + 2 * MEMORY_END, 1, ANY), TCE_FAULT_OUTSIDE_WINDOW);
    CHECK_EQ(at(m, 0x71000000, DMA64 - 1, 1, ANY), TCE_FAULT_OUTSIDE_WINDOW);
    CHECK_EQ(at(m, 0x71000000, DMA64, UINT64_MAX, ANY), TCE_FAULT_NOT_MEMORY);
    /* A window smaller than memory: its own end comes first. Its TCEs can be written all the while. */
    CHECK_EQ(window_at(m, 0x71000000, 12, 0, 16), TCE_OK);
    CHECK_EQ(tce_window_set_bypass(m, 0x71000000, true), TCE_OK);
    CHECK_EQ(at(m, 0x71000000, 0xFFF8, 8, RW), TCE_FAULT_NONE);
    CHECK_EQ(at(m, 0x71000000, 0xFFF8, 9, RW), TCE_FAULT_OUTSIDE_WINDOW);
    CHECK_EQ(at(m, 0x71000000, 0xFFF8, UINT64_MAX, RW), TCE_FAULT_OUTSIDE_WINDOW);
    CHECK_EQ(tce_h_put_tce(m, 0x71000000, 0, 0x5003), TCE_H_SUCCESS);
    CHECK_EQ(tce_window_set_bypass(m, 0x71000000, false), TCE_OK);
    CHECK_EQ(tce_translate(m, 0x71000000, 8, 1, RW, &address), TCE_FAULT_NONE);
    CHECK_EQ(address, 0x5008);
}

CASE(span_segments)
{
    tce_segment s[4];
    size_t count = 77;
    CHECK(write_list(m, LIST, 0x5003, 3));
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0x1000, LIST, 3), TCE_H_SUCCESS);
    CHECK_EQ(tce_translate_span(m, LIOBN, 0x1800, 0x1900, READ, s, 4, &count), TCE_FAULT_NONE);
    CHECK_EQ(count, 3);
    CHECK(s[0].address == 0x5800 && s[0].bytes == 0x800);
    CHECK(s[1].address == 0x6000 && s[1].bytes == 0x1000);
    CHECK(s[2].address == 0x7000 && s[2].bytes == 0x100);
    CHECK_EQ(tce_translate_span(m, LIOBN, 0x1800, 0x1900, READ, s, 2, &count), TCE_FAULT_NONE);
    CHECK_EQ(count, 2);
    CHECK_EQ(tce_translate_span(m, LIOBN, 0x1800, 0x1900, READ, s, 0, &count), TCE_FAULT_NONE);
    CHECK_EQ(count, 0);
    CHECK_EQ(tce_translate_span(m, LIOBN, 0x3000, 0x1001, READ, s, 4, &count), TCE_FAULT_NO_READ);
    CHECK(count == 1 && s[0].address == 0x7000 && s[0].bytes == 0x1000);
    CHECK_EQ(tce_translate_span(m, LIOBN, 0x1234, 0, READ, s, 4, &count), TCE_FAULT_NONE);
    CHECK(count == 1 && s[0].address == 0x5234 && s[0].bytes == 0);
    CHECK_EQ(tce_translate_span(m, LIOBN_DYNAMIC, 0x1234, 1, READ, s, 4, &count), TCE_FAULT_NO_WINDOW);
    CHECK_EQ(count, 0);
}

CASE(dma_read_and_write)
{
    unsigned char out[0x1800], in[0x1800];
    uint64_t done = 77;
    for (size_t i = 0; i < sizeof out; i++)
        out[i] = (unsigned char)(i * 11 + 3);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x1000, 0x9003), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x2000, 0x5003), TCE_H_SUCCESS);
    CHECK_EQ(tce_dma_write(m, LIOBN, 0x1800, out, sizeof out, &done), TCE_FAULT_NONE);
    CHECK_EQ(done, sizeof out);
    CHECK(tce_memory_read(m, 0x9800, in, 0x800) && memcmp(in, out, 0x800) == 0);
    CHECK(tce_memory_read(m, 0x5000, in, 0x1000) && memcmp(in, out + 0x800, 0x1000) == 0);
    memset(in, 0, sizeof in);
    CHECK_EQ(tce_dma_read(m, LIOBN, 0x1800, in, sizeof in, NULL), TCE_FAULT_NONE);
    CHECK(memcmp(in, out, sizeof in) == 0);
    CHECK_EQ(tce_dma_read(m, LIOBN, 0x1800, in, 0, &done), TCE_FAULT_NONE);
    CHECK_EQ(done, 0);
    CHECK_EQ(tce_dma_read(m, LIOBN, 0, in, 0, &done), TCE_FAULT_NO_READ);
    CHECK_EQ(tce_dma_read(m, LIOBN_DYNAMIC, 0, in, 1, &done), TCE_FAULT_NO_WINDOW);
    CHECK_EQ(tce_dma_write(m, LIOBN_DYNAMIC, 0, in, 1, &done), TCE_FAULT_NO_WINDOW);
}

CASE(dma_stops_at_fault)
{
    unsigned char out[0x3000], in[0x3000];
    uint64_t done = 77;
    memset(out, 0xAB, sizeof out);
    memset(in, 0xCD, sizeof in);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x1000, 0x5003), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x2000, 0x6001), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x3000, 0x7003), TCE_H_SUCCESS);
    CHECK_EQ(tce_dma_write(m, LIOBN, 0x1F00, out, 0x1200, &done), TCE_FAULT_NO_WRITE);
    CHECK_EQ(done, 0x100);
    CHECK_EQ(tce_memory_load64(m, 0x5FF8), UINT64_C(0xABABABABABABABAB));
    CHECK_EQ(tce_memory_load64(m, 0x6000), 0);
    CHECK_EQ(tce_memory_load64(m, 0x7000), 0);
    CHECK_EQ(tce_dma_read(m, LIOBN, 0x2F00, in, 0x2000, &done), TCE_FAULT_NO_READ);
    CHECK_EQ(done, 0x1100);
    CHECK(in[0] == 0 && in[0x10FF] == 0 && in[0x1100] == 0xCD);
    /* Memory ends inside the page: nothing of it is moved. */
    CHECK_EQ(window_at(m, 0x71000000, 16, 0, 1), TCE_OK);
    CHECK_EQ(tce_h_put_tce(m, 0x71000000, 0, (MEMORY_END - 0x10000) | 3), TCE_H_SUCCESS);
    CHECK_EQ(tce_dma_write(m, 0x71000000, 0xF000, out, 0x1000, &done), TCE_FAULT_NONE);
    CHECK_EQ(tce_dma_write(m, 0x71000000, 0xF000, out, 0x1001, &done), TCE_FAULT_OUTSIDE_WINDOW);
    CHECK_EQ(done, 0x1000);
}

/* A batch gives what tce_translate gives one by one: good and bad ones mixed, whole blocks and remainders. */
CASE(batch_same_as_single)
{
    enum { MAX = 700 };
    static uint64_t iobas[MAX], addresses[MAX];
    static uint8_t faults[MAX];
    uint64_t seed = 99;
    CHECK_EQ(window_at(m, 0x71000000, 16, DMA64 + 0x800, 64), TCE_OK);
    CHECK_EQ(window_at(m, 0x71000001, 12, 0, (UINT64_C(1) << 23) + 1), TCE_OK);
    CHECK_EQ(window_at(m, 0x71000002, 12, 0, 0x20000), TCE_OK);
    CHECK_EQ(tce_window_set_bypass(m, 0x71000002, true), TCE_OK);
    const uint64_t liobns[] = {LIOBN, 0x71000000, 0x71000001, 0x71000002, LIOBN_DYNAMIC};
    for (int round = 0; round < 400; round++) {
        const uint64_t liobn = liobns[round % 5], access = (uint64_t)(round / 5) & 3;
        const uint64_t start = liobn == 0x71000000 ? DMA64 + 0x800 : 0;
        const size_t count = (size_t)round * 7 % MAX;
        for (uint64_t i = 0; i < 64; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
            uint64_t tce = (seed >> 36 << 12) | (round % 4 == 0 ? 3 : seed >> 20 & 3);
            (void)tce_h_put_tce(m, liobn, start + (i << (liobn == 0x71000000 ? 16 : 12)),
                                round % 4 == 0 ? tce & (MEMORY_END - 1) : tce);
        }
        for (size_t i = 0; i < count; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
            iobas[i] = start + (seed >> 30) % (UINT64_C(64) << (liobn == 0x71000000 ? 16 : 12));
            if (round % 3 == 0 && seed >> 58 == 0)
                iobas[i] = seed;
            addresses[i] = 77;
        }
        size_t faulted = 0;
        size_t got = tce_translate_batch(m, liobn, iobas, count, access, addresses, faults);
        for (size_t i = 0; i < count; i++) {
            uint64_t address = 77;
            tce_fault fault = tce_translate(m, liobn, iobas[i], 1, access, &address);
            CHECK_EQ(faults[i], fault);
            CHECK_EQ(addresses[i], address);
            faulted += fault != TCE_FAULT_NONE;
        }
        CHECK_EQ(got, faulted);
        CHECK_EQ(tce_translate_batch(m, liobn, iobas, count, access, addresses, NULL), faulted);
    }
}

/* The limits, where all but one of a whole block are good: each lane of the vectors. */
CASE(batch_limits)
{
    uint64_t iobas[64], addresses[64];
    CHECK_EQ(tce_h_put_tce(m, LIOBN, LAST_PAGE, 0x5003), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0, (MEMORY_END - 0x1000) | 3), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x1000, MEMORY_END | 3), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x2000, UINT64_C(0xC000000000005003)), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x3000, 0x5001), TCE_H_SUCCESS);
    const struct {
        uint64_t ioba;
        size_t faults;
    } odd[] = {{0xFFF, 0},           {WINDOW_END - 1, 0},    {0x1000, 1},          {0x2000, 1},    {0x3000, 1},
               {WINDOW_END, 1},      {UINT64_MAX, 1},        {UINT64_C(1) << 63, 1}, {0x4000, 1}};
    for (size_t at_lane = 0; at_lane < 64; at_lane++) {
        for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
            for (size_t j = 0; j < 64; j++) {
                iobas[j] = LAST_PAGE + j;
                addresses[j] = 77;
            }
            iobas[at_lane] = odd[i].ioba;
            CHECK_EQ(tce_translate_batch(m, LIOBN, iobas, 64, RW, addresses, NULL), odd[i].faults);
            for (size_t j = 0; j < 64; j++)
                CHECK(j == at_lane || addresses[j] == 0x5000 + j);
            CHECK((addresses[at_lane] == 77) == (odd[i].faults == 1));
        }
    }
    /* The answers may go where the IOBAs were. */
    for (size_t j = 0; j < 64; j++)
        iobas[j] = LAST_PAGE + j;
    CHECK_EQ(tce_translate_batch(m, LIOBN, iobas, 64, RW, iobas, NULL), 0);
    CHECK(iobas[0] == 0x5000 && iobas[63] == 0x503F);
}
