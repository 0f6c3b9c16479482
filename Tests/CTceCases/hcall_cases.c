/* SPDX-License-Identifier: Apache-2.0 */
/* hcall.c: what each TCE hcall answers, on both sides of each limit (LoPAR 14.5.4.2, as QEMU 7.2 answers). */
#include "case.h"

#define P TCE_H_PARAMETER
#define S TCE_H_SUCCESS

/* --- H_GET_TCE --- */

CASE(get_unknown_liobn)
{
    uint64_t tce = 77;
    CHECK_EQ(tce_h_get_tce(m, 0x71000000, 0, &tce), P);
    CHECK_EQ(tce_h_get_tce(m, LIOBN_DYNAMIC, 0, &tce), P);
    CHECK_EQ(tce_h_get_tce(m, LIOBN | UINT64_C(1) << 32, 0, &tce), P);
    CHECK_EQ(tce_h_get_tce(m, TCE_LIOBN_UNKNOWN, 0, &tce), P);
    CHECK_EQ(tce_h_get_tce(m, 0, 0, &tce), P);
    CHECK_EQ(tce, 77);
    CHECK_EQ(tce_h_get_tce(m, LIOBN, 0, &tce), S);
}

CASE(get_window_end)
{
    uint64_t tce = 77;
    CHECK_EQ(tce_h_get_tce(m, LIOBN, WINDOW_END, &tce), P);
    CHECK_EQ(tce_h_get_tce(m, LIOBN, UINT64_MAX, &tce), P);
    CHECK_EQ(tce_h_get_tce(m, LIOBN, UINT64_C(1) << 63, &tce), P);
    CHECK_EQ(tce, 77);
    CHECK_EQ(tce_h_get_tce(m, LIOBN, WINDOW_END - 1, &tce), S);
}

CASE(get_ignores_low_bits)
{
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x5000, 0x1003), S);
    CHECK(holds(m, LIOBN, 0x5FFF, 0x1003));
    CHECK(holds(m, LIOBN, 0x6000, 0));
    CHECK(holds(m, LIOBN, 0x4FFF, 0));
}

CASE(get_stored_value)
{
    const uint64_t values[] = {0, 1, 2, 3, 0x5000, 0x1FFF, UINT64_MAX, UINT64_C(1) << 63, UINT64_C(0xFFFFFFFFFFFFF000)};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x7000, values[i]), S);
        CHECK(holds(m, LIOBN, 0x7000, values[i]));
    }
}

/* --- H_PUT_TCE --- */

CASE(put_unknown_liobn)
{
    CHECK_EQ(tce_h_put_tce(m, 0x71000000, 0, 3), P);
    CHECK_EQ(tce_h_put_tce(m, LIOBN_DYNAMIC, 0, 3), P);
    CHECK_EQ(tce_h_put_tce(m, LIOBN | UINT64_C(1) << 63, 0, 3), P);
    CHECK(holds(m, LIOBN, 0, 0));
}

CASE(put_window_end)
{
    CHECK_EQ(tce_h_put_tce(m, LIOBN, WINDOW_END, 3), P);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, UINT64_C(0xFFFFFFFFFFFFF000), 3), P);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, LAST_PAGE, 0x9003), S);
    CHECK(holds(m, LIOBN, LAST_PAGE, 0x9003));
    CHECK(holds(m, LIOBN, 0, 0));
}

CASE(put_below_start)
{
    CHECK_EQ(window_at(m, 0x71000000, 16, DMA64, 16), TCE_OK);
    CHECK_EQ(tce_h_put_tce(m, 0x71000000, DMA64 - 1, 3), P);
    CHECK_EQ(tce_h_put_tce(m, 0x71000000, 0, 3), P);
    CHECK_EQ(tce_h_put_tce(m, 0x71000000, DMA64, 0x10003), S);
    CHECK_EQ(tce_h_put_tce(m, 0x71000000, DMA64 + 0xFFFFF, 0x20003), S);
    CHECK_EQ(tce_h_put_tce(m, 0x71000000, DMA64 + 0x100000, 0x30003), P);
    CHECK(holds(m, 0x71000000, DMA64 + 0xFFFF, 0x10003));
    CHECK(holds(m, 0x71000000, DMA64 + 0xF0000, 0x20003));
}

CASE(put_zero_commits_nothing)
{
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, 0, TCES), S);
    uint64_t before = tce_machine_table_bytes(m);
    for (uint64_t ioba = 0; ioba < WINDOW_END; ioba += 0x1000)
        CHECK_EQ(tce_h_put_tce(m, LIOBN, ioba, 0), S);
    CHECK_EQ(tce_machine_table_bytes(m), before);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x200000, 3), S);
    CHECK(tce_machine_table_bytes(m) > before);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x200000, 0), S);
    CHECK(holds(m, LIOBN, 0x200000, 0));
}

/* --- H_PUT_TCE_INDIRECT --- */

CASE(indirect_unknown_liobn)
{
    CHECK(write_list(m, LIST, 0x1003, 4));
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN_DYNAMIC, 0, LIST, 4), P);
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN | UINT64_C(1) << 32, 0, LIST, 4), P);
    CHECK(holds(m, LIOBN, 0, 0));
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0, LIST, 4), S);
    CHECK(holds(m, LIOBN, 0x3000, 0x4003));
    CHECK(holds(m, LIOBN, 0x4000, 0));
}

CASE(indirect_512_and_513)
{
    CHECK(write_list(m, LIST, 0x1003, 513));
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0, LIST, 513), P);
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0, LIST, UINT64_MAX), P);
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0, LIST, (UINT64_C(1) << 32) + 1), P);
    CHECK(holds(m, LIOBN, 0, 0));
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0, LIST, 512), S);
    for (uint64_t i = 0; i < 512; i++)
        CHECK(holds(m, LIOBN, i << 12, 0x1003 + 0x1000 * i));
    CHECK(holds(m, LIOBN, UINT64_C(512) << 12, 0));
}

CASE(indirect_list_alignment)
{
    CHECK(write_list(m, LIST, 0x1003, 1024));
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0, LIST + 8, 1), P);
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0, LIST + 0x800, 1), P);
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0, LIST + 1, 1), P);
    CHECK(holds(m, LIOBN, 0, 0));
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0, LIST + 0x1000, 1), S);
    CHECK(holds(m, LIOBN, 0, 0x1003 + 0x1000 * 512));
    /* 4 KiB also where the window's pages are larger. */
    CHECK_EQ(window_at(m, 0x71000000, 24, 0, 4), TCE_OK);
    CHECK_EQ(tce_h_put_tce_indirect(m, 0x71000000, 0, LIST + 0x1000, 1), S);
    CHECK_EQ(tce_h_put_tce_indirect(m, 0x71000000, 0, LIST + 0x1008, 1), P);
}

CASE(indirect_no_pages)
{
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0, LIST, 0), P);
    CHECK_EQ(tce_h_put_tce_list(m, LIOBN, 0, LIST, NULL, 0), P);
}

CASE(indirect_first_page_outside)
{
    CHECK(write_list(m, LIST, 0x1003, 2));
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, WINDOW_END, LIST, 1), P);
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, UINT64_MAX, LIST, 2), P);
    CHECK(holds(m, LIOBN, 0, 0));
}

CASE(indirect_partial)
{
    CHECK(write_list(m, LIST, 0x1003, 4));
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, LAST_PAGE - 0x2FFF, LIST, 4), S);
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, LAST_PAGE - 0x1000, LIST, 3), P);
    CHECK(holds(m, LIOBN, LAST_PAGE - 0x2000, 0x2003));
    CHECK(holds(m, LIOBN, LAST_PAGE - 0x1000, 0x1003));
    CHECK(holds(m, LIOBN, LAST_PAGE, 0x2003));
}

CASE(indirect_no_memory_is_zeros)
{
    const uint64_t lists[] = {MEMORY_END, UINT64_C(0xFFFFFFFFFFFFF000), UINT64_C(0x8000000004000000), 0x9000000};
    CHECK(write_list(m, LIST, 0x1003, 512));
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0x3000, LIST, 512), S);
        CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0x4000, lists[i], 510), S);
        CHECK(holds(m, LIOBN, 0x3000, 0x1003));
        CHECK(holds(m, LIOBN, 0x4000, 0));
        CHECK(holds(m, LIOBN, 0x201000, 0));
        CHECK(holds(m, LIOBN, 0x202000, 0x1003 + 0x1000 * 511));
    }
}

CASE(indirect_list_read_once)
{
    CHECK(write_list(m, LIST, 0x1003, 2));
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0, LIST, 2), S);
    CHECK(write_list(m, LIST, 0x9003, 2));
    CHECK(holds(m, LIOBN, 0, 0x1003));
    CHECK(holds(m, LIOBN, 0x1000, 0x2003));
}

/* Every length, at every place in a page of the table: the vector loops and their remainders. */
CASE(indirect_every_length)
{
    CHECK(write_list(m, LIST, UINT64_C(0x0123456789AB1003), 512));
    for (uint64_t n = 1; n <= 512; n += n < 80 ? 1 : 61) {
        uint64_t at = 480 + n % 67;
        CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, 0, 2048), S);
        CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, at << 12, LIST, n), S);
        CHECK(holds(m, LIOBN, (at - 1) << 12, 0));
        CHECK(holds(m, LIOBN, at << 12, UINT64_C(0x0123456789AB1003)));
        for (uint64_t i = 0; i < n; i++)
            CHECK(holds(m, LIOBN, (at + i) << 12, UINT64_C(0x0123456789AB1003) + 0x1000 * i));
        CHECK(holds(m, LIOBN, (at + n) << 12, 0));
    }
}

CASE(list_in_host_order)
{
    const uint64_t entries[] = {0x1003, 0x2001, 0x3002};
    CHECK_EQ(tce_h_put_tce_list(m, LIOBN, 0x5000, LIST, entries, 3), S);
    CHECK(holds(m, LIOBN, 0x5000, 0x1003));
    CHECK(holds(m, LIOBN, 0x6000, 0x2001));
    CHECK(holds(m, LIOBN, 0x7000, 0x3002));
    CHECK(holds(m, LIOBN, 0x8000, 0));
    CHECK_EQ(tce_h_put_tce_list(m, LIOBN, 0, LIST + 8, entries, 3), P);
    CHECK_EQ(tce_h_put_tce_list(m, LIOBN, 0, LIST, NULL, 513), P);
    CHECK_EQ(tce_h_put_tce_list(m, LIOBN, 0, MEMORY_END, entries, 3), S);
    CHECK(holds(m, LIOBN, 0, 0x1003));
    CHECK_EQ(tce_h_put_tce_list(m, LIOBN, LAST_PAGE, LIST, entries, 3), P);
    CHECK(holds(m, LIOBN, LAST_PAGE, 0x1003));
}

/* --- H_STUFF_TCE --- */

CASE(stuff_unknown_liobn)
{
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN_DYNAMIC, 0, 3, 1), P);
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN | UINT64_C(1) << 40, 0, 3, 1), P);
    CHECK(holds(m, LIOBN, 0, 0));
}

CASE(stuff_number_of_tces)
{
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, 0x5003, TCES + 1), P);
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, 0x5003, UINT64_MAX), P);
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, 0x5003, (UINT64_C(1) << 32) + 1), P);
    CHECK(holds(m, LIOBN, 0, 0));
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, 0x5003, 512), S);
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, 0x6003, 513), S);
    CHECK(holds(m, LIOBN, UINT64_C(512) << 12, 0x6003));
    CHECK(holds(m, LIOBN, UINT64_C(513) << 12, 0));
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, 0x5003, TCES), S);
    CHECK(holds(m, LIOBN, LAST_PAGE, 0x5003));
}

CASE(stuff_no_pages)
{
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, 3, 0), P);
}

CASE(stuff_first_page_outside)
{
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, WINDOW_END, 3, 1), P);
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, UINT64_C(0xFFFFFFFFFFFFF000), 3, 2), P);
    CHECK(holds(m, LIOBN, 0, 0));
}

CASE(stuff_partial)
{
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, LAST_PAGE, 0x5003, 1), S);
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, LAST_PAGE - 0xFFF, 0x6003, 3), P);
    CHECK(holds(m, LIOBN, LAST_PAGE - 0x2000, 0));
    CHECK(holds(m, LIOBN, LAST_PAGE - 0x1000, 0x6003));
    CHECK(holds(m, LIOBN, LAST_PAGE, 0x6003));
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, LAST_PAGE, 0, 2), P);
    CHECK(holds(m, LIOBN, LAST_PAGE - 0x1000, 0x6003));
    CHECK(holds(m, LIOBN, LAST_PAGE, 0));
}

/* A window that ends with the bus: the IOBAs of a run go on at 0, which is not in it. */
CASE(run_past_the_bus)
{
    const uint64_t start = UINT64_C(0) - (UINT64_C(8) << 12), last = UINT64_C(0) - 0x1000;
    CHECK(write_list(m, LIST, 0x1003, 4));
    CHECK_EQ(window_at(m, 0x71000000, 12, start, 8), TCE_OK);
    CHECK_EQ(tce_h_stuff_tce(m, 0x71000000, last, 0x5003, 2), P);
    CHECK(holds(m, 0x71000000, last, 0x5003));
    CHECK(holds(m, 0x71000000, start, 0));
    CHECK_EQ(tce_h_put_tce_indirect(m, 0x71000000, last, LIST, 2), P);
    CHECK(holds(m, 0x71000000, last, 0x1003));
    CHECK(holds(m, 0x71000000, start, 0));
    /* A window that is the whole bus: a run ends with the bus, too. */
    CHECK_EQ(window_at(m, 0x71000001, 34, 0, UINT64_C(1) << 30), TCE_OK);
    CHECK_EQ(tce_h_stuff_tce(m, 0x71000001, UINT64_MAX, 0x5003, 2), P);
    CHECK(holds(m, 0x71000001, UINT64_MAX, 0x5003));
    CHECK(holds(m, 0x71000001, 0, 0));
}

/* --- Any hcall by its number --- */

CASE(hcall_dispatch)
{
    uint64_t out = 77;
    CHECK(write_list(m, LIST, 0x7003, 2));
    CHECK_EQ(tce_hcall(m, TCE_H_PUT_TCE, (const uint64_t[6]){LIOBN, 0x1000, 0x5003, 9, 9, 9}, &out), S);
    CHECK_EQ(out, 77);
    CHECK_EQ(tce_hcall(m, TCE_H_GET_TCE, (const uint64_t[6]){LIOBN, 0x1000, 9, 9, 9, 9}, &out), S);
    CHECK_EQ(out, 0x5003);
    CHECK_EQ(tce_hcall(m, TCE_H_GET_TCE, (const uint64_t[6]){LIOBN, WINDOW_END}, &out), P);
    CHECK_EQ(out, 0x5003);
    CHECK_EQ(tce_hcall(m, TCE_H_STUFF_TCE, (const uint64_t[6]){LIOBN, 0x2000, 0x6003, 1}, &out), S);
    CHECK(holds(m, LIOBN, 0x2000, 0x6003));
    CHECK_EQ(tce_hcall(m, TCE_H_PUT_TCE_INDIRECT, (const uint64_t[6]){LIOBN, 0x3000, LIST, 2}, &out), S);
    CHECK(holds(m, LIOBN, 0x4000, 0x8003));
}

CASE(hcall_unknown_opcode)
{
    const uint64_t opcodes[] = {0, 0x1D, 0x21, 0x1001C, UINT64_C(0x10000001C), UINT64_C(0x8000000000000020), 0x78,
                                0x10C, 0x140, 0x240, 0x24C, 0x324, 0x139, 0x13D, UINT64_MAX};
    const uint64_t args[6] = {LIOBN, 0, 3, 1};
    uint64_t out = 77;
    for (size_t i = 0; i < sizeof opcodes / sizeof *opcodes; i++)
        CHECK_EQ(tce_hcall(m, opcodes[i], args, &out), TCE_H_FUNCTION);
    CHECK_EQ(out, 77);
    CHECK(holds(m, LIOBN, 0, 0));
}
