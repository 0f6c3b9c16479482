/* SPDX-License-Identifier: Apache-2.0 */
/* hcall.c and platform.c: what KVM and PAPR answer differently, on both sides of each limit (docs/platforms.md). */
#include "platform_case.h"

static const tce_platform all[] = {TCE_PLATFORM_QEMU, TCE_PLATFORM_KVM, TCE_PLATFORM_PAPR};
static const uint32_t shifts[] = {12, 16, 21, 24, 30, 34};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A window of 16 pages that starts at DMA64. */
#define IO UINT64_C(0x71000000)

static bool make_io(tce_machine *m, uint32_t shift)
{
    return window_at(m, IO, shift, DMA64, 16) == TCE_OK;
}

/* --- An IOBA inside a page --- */

ON(kvm_ioba_alignment, TCE_PLATFORM_KVM, MEMORY_END)
{
    CHECK(write_list(m, LIST, 0x1000, 2));
    for (size_t i = 0; i < COUNT(shifts); i++) {
        const uint64_t page = UINT64_C(1) << shifts[i], inside[] = {1, 0x800, page / 2, page - 1};
        uint64_t tce = 77;
        CHECK(make_io(m, shifts[i]));
        for (size_t j = 0; j < COUNT(inside); j++) {
            const uint64_t ioba = DMA64 + page + inside[j];
            CHECK_EQ(tce_h_get_tce(m, IO, ioba, &tce), P);
            CHECK_EQ(tce_h_put_tce(m, IO, ioba, 0), P);
            CHECK_EQ(tce_h_stuff_tce(m, IO, ioba, 0, 1), P);
            CHECK_EQ(tce_h_stuff_tce(m, IO, ioba, 0, 0), P);
            CHECK_EQ(tce_h_put_tce_indirect(m, IO, ioba, LIST, 1), P);
            CHECK_EQ(tce_h_put_tce_indirect(m, IO, ioba, LIST, 0), P);
            CHECK_EQ(tce_h_put_tce_indirect(m, IO, ioba, MEMORY_END, 1), P);
        }
        CHECK_EQ(tce, 77);
        CHECK_EQ(tce_h_put_tce(m, IO, DMA64 + page, 0x1003), S);
        CHECK_EQ(tce_h_stuff_tce(m, IO, DMA64 + 2 * page, 0x2000, 1), S);
        CHECK_EQ(tce_h_put_tce_indirect(m, IO, DMA64 + 3 * page, LIST, 1), S);
        CHECK(holds(m, IO, DMA64 + page, 0x1003));
        CHECK(holds(m, IO, DMA64 + 2 * page, 0x2000));
        CHECK(holds(m, IO, DMA64 + 3 * page, 0x1000));
    }
    /* The distance from the window's start counts: a window of virtual I/O may start anywhere. */
    CHECK_EQ(window_at(m, IO, 16, 0x1800, 4), TCE_OK);
    CHECK_EQ(tce_h_put_tce(m, IO, 0x11800, 0x10003), S);
    CHECK_EQ(tce_h_put_tce(m, IO, 0x20000, 0x10003), P);
}

ON(papr_ioba_alignment, TCE_PLATFORM_PAPR, MEMORY_END)
{
    CHECK(write_list(m, LIST, 0x1003, 2));
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x1FFF, 0x1003), S);
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0x2001, 0x2003, 1), S);
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0x3800, LIST, 2), S);
    CHECK(holds(m, LIOBN, 0x1001, 0x1003));
    CHECK(holds(m, LIOBN, 0x2FFF, 0x2003));
    CHECK(holds(m, LIOBN, 0x4000, 0x2003));
}

/* --- PAPR: whose memory a TCE names --- */

/* Every control field with `address` in a TCE: do PUT, STUFF and a list take it, and where not, store nothing? The
 * list is said to be at 0, which is memory in every case. */
static bool each_is(tce_machine *m, uint64_t address, bool owned)
{
    tce_window_info info;
    if (!tce_window_find(m, IO, &info))
        return false;
    const uint64_t page = UINT64_C(1) << info.page_shift;
    for (uint64_t control = 0; control < 4; control++) {
        const uint64_t tce = address | control, entries[] = {4, tce};
        const tce_h_status want = owned || control == 0 ? S : P;
        const uint64_t stored = want == S ? tce : 0;
        if (tce_h_stuff_tce(m, IO, DMA64, 0, 6) != S)
            return false;
        if (tce_h_put_tce(m, IO, DMA64, tce) != want || !holds(m, IO, DMA64, stored))
            return false;
        if (tce_h_stuff_tce(m, IO, DMA64 + page, tce, 2) != want || !holds(m, IO, DMA64 + page, stored) ||
            !holds(m, IO, DMA64 + 2 * page, stored))
            return false;
        if (tce_h_put_tce_list(m, IO, DMA64 + 4 * page, 0, entries, 2) != want ||
            !holds(m, IO, DMA64 + 4 * page, want == S ? 4 : 0) || !holds(m, IO, DMA64 + 5 * page, stored))
            return false;
    }
    return true;
}

#define PAPR_MEMORY UINT64_C(0x1000000000)      /* 64 GiB: four pages of the largest size */

ON(papr_owned_pages, TCE_PLATFORM_PAPR, PAPR_MEMORY)
{
    for (size_t i = 0; i < COUNT(shifts); i++) {
        const uint64_t page = UINT64_C(1) << shifts[i];
        CHECK(make_io(m, shifts[i]));
        CHECK(each_is(m, 0, true));
        CHECK(each_is(m, PAPR_MEMORY - page, true));
        /* Bits inside the page are no part of the address. */
        CHECK(each_is(m, PAPR_MEMORY - 4, true));
        CHECK(each_is(m, PAPR_MEMORY, false));
        CHECK(each_is(m, UINT64_C(1) << 63, false));
        CHECK(each_is(m, UINT64_C(0) - page, false));
    }
}

/* The whole I/O page must be memory; memory ends in the middle of one. */
ON(papr_page_across_the_end, TCE_PLATFORM_PAPR, PAPR_MEMORY)
{
    for (size_t i = 0; i < COUNT(shifts); i++) {
        const uint64_t page = UINT64_C(1) << shifts[i], ends[] = {1, 0x800, page / 2, page - 1};
        CHECK(make_io(m, shifts[i]));
        for (size_t j = 0; j < COUNT(ends); j++) {
            CHECK_EQ(tce_machine_set_memory_bytes(m, page + ends[j]), TCE_OK);
            CHECK(each_is(m, 0, true));
            CHECK(each_is(m, page, false));
            CHECK(each_is(m, page - 4, true));
        }
        CHECK_EQ(tce_machine_set_memory_bytes(m, 2 * page), TCE_OK);
        CHECK(each_is(m, page, true));
        CHECK_EQ(tce_machine_set_memory_bytes(m, 2 * page - 1), TCE_OK);
        CHECK(each_is(m, page, false));
    }
}

ON(papr_memory_unknown, TCE_PLATFORM_PAPR, TCE_MEMORY_UNKNOWN)
{
    uint64_t tce = 0;
    CHECK(make_io(m, 16));
    CHECK(each_is(m, UINT64_C(0xFFFFFFFFFFFFFFFC), true));
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0, UINT64_MAX), S);
    CHECK_EQ(tce_h_get_tce(m, LIOBN, 0, &tce), S);
    CHECK_EQ(tce, UINT64_MAX);
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0, UINT64_C(0xFFFFFFFFFFFFF000), 512), S);
    CHECK(holds(m, LIOBN, 0, 0));
}

/* What a TCE names may go when memory goes; the entry stays, its page number is not shown. */
ON(papr_get_partial, TCE_PLATFORM_PAPR, PAPR_MEMORY)
{
    for (size_t i = 0; i < COUNT(shifts); i++) {
        const uint64_t page = UINT64_C(1) << shifts[i], ends[] = {page, page + 1, 2 * page - 1};
        CHECK_EQ(tce_machine_set_memory_bytes(m, 2 * page), TCE_OK);
        CHECK(make_io(m, shifts[i]));
        for (uint64_t control = 0; control < 4; control++)
            CHECK_EQ(tce_h_put_tce(m, IO, DMA64 + control * page, page | 0x54 | control), S);
        for (size_t j = 0; j < COUNT(ends); j++) {
            CHECK_EQ(tce_machine_set_memory_bytes(m, ends[j]), TCE_OK);
            CHECK(holds(m, IO, DMA64, page | 0x54));
            for (uint64_t control = 1; control < 4; control++) {
                uint64_t tce = 0;
                CHECK_EQ(tce_h_get_tce(m, IO, DMA64 + control * page, &tce), TCE_H_PARTIAL);
                CHECK_EQ(tce, UINT64_C(0xFFFFFFFFFFFFF054) | control);
            }
        }
        CHECK_EQ(tce_machine_set_memory_bytes(m, 2 * page), TCE_OK);
        CHECK(holds(m, IO, DMA64 + 3 * page, page | 0x57));
    }
}

ON(kvm_get_is_never_partial, TCE_PLATFORM_KVM, MEMORY_END)
{
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0, 0x8000003), S);
    CHECK_EQ(tce_machine_set_memory_bytes(m, 0x1000), TCE_OK);
    CHECK(holds(m, LIOBN, 0, 0x8000003));
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0, UINT64_MAX), S);
    CHECK(holds(m, LIOBN, 0, UINT64_MAX));
}

/* --- The machine has no multi-TCE calls; MTT; the ultravisor's calls --- */

CASE(multitce_off)
{
    CHECK_EQ(tce_machine_platform(m), TCE_PLATFORM_QEMU);
    for (size_t i = 0; i < COUNT(all); i++) {
        tce_config config = tce_config_pseries();
        tce_machine *other;
        config.platform = all[i];
        config.multitce = false;
        CHECK_EQ(tce_machine_create(&config, &other), TCE_OK);
        bool refused = tce_h_stuff_tce(other, LIOBN, 0, 0, 1) == F && tce_h_stuff_tce(other, IO, 1, 3, 513) == F &&
                       tce_h_stuff_tce(other, LIOBN, 0, 0, 0) == F &&
                       tce_h_put_tce_indirect(other, LIOBN, 0, LIST, 1) == F &&
                       tce_h_put_tce_indirect(other, IO, 1, LIST + 1, 513) == F &&
                       tce_h_put_tce_indirect(other, UINT64_C(1) << 63, 0, LIST, 1) == F &&
                       tce_h_put_tce_list(other, LIOBN, 0, LIST, NULL, 0) == F;
        bool others = tce_h_put_tce(other, LIOBN, 0, 0x1003) == S && holds(other, LIOBN, 0, 0x1003);
        tce_machine_destroy(other);
        CHECK(refused && others);
    }
}

/* LIOBN, entry point and status of H_PUT_TCE_INDIRECT on each platform. */
CASE(mtt_option)
{
    const uint64_t negative[] = {UINT64_MAX, UINT64_C(0) - 128, UINT64_C(0) - 129, UINT64_C(1) << 63,
                                 UINT64_C(1) << 63 | LIOBN};
    CHECK(m != NULL);
    for (size_t i = 0; i < COUNT(all); i++) {
        tce_machine *other = machine_on(all[i], MEMORY_END);
        const tce_h_status want = all[i] == TCE_PLATFORM_PAPR ? F : P;
        bool held = other != NULL;
        for (size_t j = 0; held && j < COUNT(negative); j++) {
            held = tce_h_put_tce_indirect(other, negative[j], 0, LIST, 1) == want &&
                   tce_h_put_tce_indirect(other, negative[j], 1, LIST + 1, 513) == want &&
                   tce_h_put_tce_list(other, negative[j], 0, LIST, NULL, 0) == want &&
                   /* Of the other calls a negative LIOBN is none like any other. */
                   tce_h_put_tce(other, negative[j], 0, 0) == P && tce_h_stuff_tce(other, negative[j], 0, 0, 1) == P;
        }
        held = held && tce_h_put_tce_indirect(other, UINT64_MAX >> 1, 0, LIST, 1) == P &&
               tce_h_put_tce_indirect(other, UINT64_C(1) << 32 | LIOBN, 0, LIST, 1) == P;
        tce_machine_destroy(other);
        CHECK(held);
    }
}

CASE(svm_by_the_guest)
{
    const uint64_t opcodes[] = {0xEF00, 0xEF04, 0xEF08, 0xEF0C, 0xEF14}, next[] = {0xEEFC, 0xEF01, 0xEF10, 0xEF18,
                                                                                 0x1EF00, UINT64_C(0x10000EF00)};
    const uint64_t args[6] = {0, 0, 16};
    CHECK(m != NULL);
    for (size_t i = 0; i < COUNT(all); i++) {
        tce_machine *other = machine_on(all[i], MEMORY_END);
        const tce_h_status want = all[i] == TCE_PLATFORM_KVM ? TCE_H_UNSUPPORTED : F;
        uint64_t out = 77;
        bool held = other != NULL;
        for (size_t j = 0; held && j < COUNT(opcodes); j++)
            held = tce_hcall(other, opcodes[j], args, &out) == want && out == 77;
        for (size_t j = 0; held && j < COUNT(next); j++)
            held = tce_hcall(other, next[j], args, &out) == F;
        tce_machine_destroy(other);
        CHECK(held);
    }
}
