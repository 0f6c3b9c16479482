/* SPDX-License-Identifier: Apache-2.0 */
/* hcall.c: the multi-TCE calls of KVM and PAPR: counts, runs past the end, lists (docs/platforms.md). */
#include "platform_case.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* --- H_STUFF_TCE --- */

ON(papr_stuff_512, TCE_PLATFORM_PAPR, MEMORY_END)
{
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, 0x5003, 513), TCE_H_P4);
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, 0x5003, UINT64_MAX), TCE_H_P4);
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, 0x5003, UINT64_C(1) << 32), TCE_H_P4);
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, LAST_PAGE, 0x5003, 513), TCE_H_P4);
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, MEMORY_END | 3, 513), TCE_H_P4);
    CHECK(holds(m, LIOBN, 0, 0));
    CHECK(holds(m, LIOBN, LAST_PAGE, 0));
    /* LIOBN and IOBA come before the count. */
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN_DYNAMIC, 0, 0x5003, 513), P);
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, WINDOW_END, 0x5003, 513), P);
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, 0x5003, 512), S);
    CHECK(holds(m, LIOBN, UINT64_C(511) << 12, 0x5003));
    CHECK(holds(m, LIOBN, UINT64_C(512) << 12, 0));
}

ON(kvm_stuff_has_no_512, TCE_PLATFORM_KVM, MEMORY_END)
{
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, 0x5004, 513), S);
    CHECK(holds(m, LIOBN, UINT64_C(512) << 12, 0x5004));
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, 0x6004, TCES), S);
    CHECK(holds(m, LIOBN, LAST_PAGE, 0x6004));
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, 0x7004, TCES + 1), P);
    CHECK(holds(m, LIOBN, 0, 0x6004));
}

ON(kvm_stuff_unmaps_only, TCE_PLATFORM_KVM, MEMORY_END)
{
    for (uint64_t control = 1; control < 4; control++) {
        CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, 0x5000 | control, 1), P);
        CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, control, 0), P);
        CHECK(holds(m, LIOBN, 0, 0));
    }
    const uint64_t values[] = {4, 0xFFC, 0x5000, MEMORY_END, UINT64_C(0xFFFFFFFFFFFFFFFC), 0};
    for (size_t i = 0; i < COUNT(values); i++) {
        CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0x1000, values[i], 2), S);
        CHECK(holds(m, LIOBN, 0x2000, values[i]));
    }
}

ON(papr_stuff_maps, TCE_PLATFORM_PAPR, MEMORY_END)
{
    for (uint64_t control = 1; control < 4; control++) {
        CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, (MEMORY_END - 0x1000) | control, 2), S);
        CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, MEMORY_END | control, 2), P);
        CHECK(holds(m, LIOBN, 0x1000, (MEMORY_END - 0x1000) | control));
    }
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, MEMORY_END, 2), S);
    CHECK(holds(m, LIOBN, 0x1000, MEMORY_END));
}

/* --- Runs past the end, and none at all --- */

static bool whole_runs(tce_machine *m, uint32_t shift)
{
    const uint64_t io = 0x71000000, page = UINT64_C(1) << shift, tces[] = {1, 2, 16, 600};
    if (!write_list(m, LIST, 4, 512))
        return false;
    for (size_t i = 0; i < COUNT(tces); i++) {
        if (window_at(m, io, shift, DMA64, tces[i]) != TCE_OK)
            return false;
        for (uint64_t rest = 1; rest <= tces[i] && rest < 512; rest += rest < 17 ? 1 : 200) {
            const uint64_t ioba = DMA64 + (tces[i] - rest) * page, last = DMA64 + (tces[i] - 1) * page;
            if (tce_h_stuff_tce(m, io, ioba, 0, rest) != S || tce_h_stuff_tce(m, io, ioba, 0x14, rest + 1) != P ||
                tce_h_put_tce_indirect(m, io, ioba, LIST, rest + 1) != P || !holds(m, io, ioba, 0) ||
                !holds(m, io, last, 0))
                return false;
            if (tce_h_stuff_tce(m, io, ioba, 0x14, rest) != S || !holds(m, io, last, 0x14) ||
                tce_h_put_tce_indirect(m, io, ioba, LIST, rest) != S ||
                !holds(m, io, last, 4 + 0x1000 * (rest - 1)))
                return false;
        }
        if (tce_h_put_tce_indirect(m, io, DMA64 + tces[i] * page, LIST, 0) != P ||
            tce_h_stuff_tce(m, io, DMA64 + tces[i] * page, 0, 0) != P)
            return false;
    }
    return true;
}

ON(kvm_whole_runs, TCE_PLATFORM_KVM, MEMORY_END)
{
    CHECK(whole_runs(m, 12));
    CHECK(whole_runs(m, 16));
    CHECK(whole_runs(m, 34));
}

ON(papr_whole_runs, TCE_PLATFORM_PAPR, MEMORY_END)
{
    CHECK(whole_runs(m, 12));
    CHECK(whole_runs(m, 16));
    CHECK(whole_runs(m, 34));
}

ON(kvm_no_pages, TCE_PLATFORM_KVM, MEMORY_END)
{
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, LAST_PAGE, 0x5000, 0), S);
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, LAST_PAGE, LIST, 0), S);
    CHECK_EQ(tce_h_put_tce_list(m, LIOBN, LAST_PAGE, LIST, NULL, 0), S);
    CHECK(holds(m, LIOBN, LAST_PAGE, 0));
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0, LIST + 8, 0), P);
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN_DYNAMIC, 0, LIST, 0), P);
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN_DYNAMIC, 0, 0, 0), P);
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, WINDOW_END, 0, 0), P);
    /* The kernel leaves a list that it cannot see to QEMU, which refuses a list of none. */
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0, MEMORY_END - 0x1000, 0), S);
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0, MEMORY_END, 0), P);
}

ON(papr_no_pages, TCE_PLATFORM_PAPR, MEMORY_END)
{
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, LAST_PAGE, 0x5003, 0), S);
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, LAST_PAGE, MEMORY_END | 3, 0), P);
    CHECK_EQ(tce_h_stuff_tce(m, LIOBN, WINDOW_END, 0, 0), P);
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, LAST_PAGE, MEMORY_END - 0x1000, 0), S);
    CHECK_EQ(tce_h_put_tce_list(m, LIOBN, LAST_PAGE, LIST, NULL, 0), S);
    CHECK(holds(m, LIOBN, LAST_PAGE, 0));
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0, MEMORY_END, 0), P);
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0, LIST + 8, 0), P);
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, WINDOW_END, LIST, 0), P);
}

/* --- Where a list lies --- */

ON(papr_list_is_memory, TCE_PLATFORM_PAPR, MEMORY_END)
{
    CHECK(write_list(m, MEMORY_END - 0x1000, 0x1003, 512));
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0, MEMORY_END - 0x1000, 512), S);
    CHECK(holds(m, LIOBN, UINT64_C(511) << 12, 0x200003));
    const uint64_t lists[] = {MEMORY_END, UINT64_C(0xFFFFFFFFFFFFF000), UINT64_C(1) << 63 | LIST};
    for (size_t i = 0; i < COUNT(lists); i++)
        CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0, lists[i], 1), P);
    CHECK(holds(m, LIOBN, 0, 0x1003));
    /* The whole page of the list is the partition's, or none of it: memory ends inside. */
    CHECK_EQ(tce_machine_set_memory_bytes(m, MEMORY_END - 1), TCE_OK);
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0, MEMORY_END - 0x1000, 1), P);
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0, MEMORY_END - 0x2000, 1), S);
    CHECK(holds(m, LIOBN, 0, 0));
}

ON(kvm_list_outside_memory, TCE_PLATFORM_KVM, MEMORY_END)
{
    const uint64_t lists[] = {MEMORY_END, UINT64_C(0xFFFFFFFFFFFFF000), UINT64_C(1) << 63 | LIST};
    for (size_t i = 0; i < COUNT(lists); i++) {
        CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x1000, 0x5003), S);
        CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0, lists[i], 2), S);
        CHECK(holds(m, LIOBN, 0x1000, 0));
    }
    /* Of a list that is known and lies there, QEMU stores the entries as they are. */
    const uint64_t entries[] = {MEMORY_END, MEMORY_END | 3, UINT64_MAX};
    CHECK_EQ(tce_h_put_tce_list(m, LIOBN, 0, MEMORY_END, entries, 3), S);
    CHECK(holds(m, LIOBN, 0, MEMORY_END));
    CHECK(holds(m, LIOBN, 0x2000, UINT64_MAX));
}

/* --- The entries of a list: one bad one, first, in the middle, last, of 1, 2, 511 and 512 --- */

/* Makes a call with `bad` at one place of entries 0x1003, 0x2003, ...; both ways to give a list. */
static tce_h_status one_bad(tce_machine *m, uint64_t shift, uint64_t n, uint64_t at, uint64_t bad, bool in_memory)
{
    const uint64_t io = 0x71000000;
    uint64_t entries[512];
    bool stored = window_at(m, io, (uint32_t)shift, DMA64, 600) == TCE_OK;
    for (uint64_t i = 0; i < n; i++) {
        entries[i] = i == at ? bad : (i << 12 & ~tce_page_mask((uint32_t)shift)) | 3;
        stored = stored && tce_memory_store64(m, LIST + 8 * i, in_memory ? entries[i] : 0);
    }
    if (!stored)
        return TCE_H_RESOURCE;
    return in_memory ? tce_h_put_tce_indirect(m, io, DMA64, LIST, n) :
                       tce_h_put_tce_list(m, io, DMA64, LIST, entries, n);
}

/* Are exactly the first `count` of n pages (shift 12...) written? Every good entry has permission. */
static bool written(tce_machine *m, uint64_t shift, uint64_t n, uint64_t count)
{
    for (uint64_t i = 0; i <= n && i < 600; i++) {
        uint64_t tce = 0;
        if (tce_h_get_tce(m, 0x71000000, DMA64 + (i << shift), &tce) != S || (tce != 0) != (i < count))
            return false;
    }
    return true;
}

/* What is to come of one bad entry at each of the places: the status, and whether all, none, or what is before it is
 * written. */
typedef enum left {NONE, BEFORE, EVERY} left;

static bool at_each_place(tce_machine *m, uint64_t shift, uint64_t bad, tce_h_status want, left what)
{
    const uint64_t lengths[] = {1, 2, 511, 512};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        const uint64_t n = lengths[i], places[] = {0, n / 2, n - 1};
        for (size_t j = 0; j < 2 * COUNT(places); j++) {
            const uint64_t at = places[j / 2];
            if (one_bad(m, shift, n, at, bad, j % 2 == 0) != want ||
                !written(m, shift, n, what == EVERY ? n : what == NONE ? 0 : at))
                return false;
        }
    }
    return true;
}

ON(papr_bad_entry, TCE_PLATFORM_PAPR, MEMORY_END)
{
    CHECK(at_each_place(m, 12, MEMORY_END | 1, P, NONE));
    CHECK(at_each_place(m, 12, MEMORY_END | 2, P, NONE));
    CHECK(at_each_place(m, 12, UINT64_MAX, P, NONE));
    CHECK(at_each_place(m, 12, MEMORY_END, S, EVERY));
    CHECK(at_each_place(m, 12, MEMORY_END - 1, S, EVERY));
    CHECK(at_each_place(m, 16, MEMORY_END - 1, S, EVERY));
    CHECK(at_each_place(m, 24, MEMORY_END | 3, P, NONE));
    /* 64 KiB pages, of which memory has a part of the last. */
    CHECK_EQ(tce_machine_set_memory_bytes(m, MEMORY_END - 0x1000), TCE_OK);
    CHECK(at_each_place(m, 16, (MEMORY_END - 0x10000) | 3, P, NONE));
    CHECK(at_each_place(m, 16, (MEMORY_END - 0x20000) | 3, S, EVERY));
    CHECK(at_each_place(m, 12, (MEMORY_END - 0x2000) | 3, S, EVERY));
}

/* Pass 1 of KVM looks at entries with permission, at their bits below the page and at the byte they begin with. */
ON(kvm_first_pass, TCE_PLATFORM_KVM, MEMORY_END)
{
    CHECK(at_each_place(m, 12, MEMORY_END | 1, S, EVERY));
    CHECK(at_each_place(m, 12, MEMORY_END | 2, S, EVERY));
    CHECK(at_each_place(m, 12, 0x5007, S, EVERY));
    CHECK(at_each_place(m, 16, 0x1003, S, EVERY));
    CHECK(at_each_place(m, 12, UINT64_MAX, S, EVERY));
    /* That QEMU had the list shows: an entry without permission and memory, which the kernel would refuse. */
    const uint64_t given_up[] = {0x1007, 0x1803, 0x1FFF, MEMORY_END | 3, UINT64_MAX}, kept[] = {0x1001, 0x1003, 3};
    for (size_t i = 0; i < COUNT(given_up); i++) {
        const uint64_t entries[] = {MEMORY_END, given_up[i]};
        CHECK_EQ(tce_h_put_tce_list(m, LIOBN, 0, LIST, entries, 2), S);
        CHECK(holds(m, LIOBN, 0, MEMORY_END));
        CHECK(holds(m, LIOBN, 0x1000, given_up[i]));
    }
    for (size_t i = 0; i < COUNT(kept); i++) {
        const uint64_t entries[] = {kept[i], MEMORY_END, kept[i]};
        CHECK_EQ(tce_h_stuff_tce(m, LIOBN, 0, 0, 3), S);
        CHECK_EQ(tce_h_put_tce_list(m, LIOBN, 0, LIST, entries, 3), P);
        CHECK(holds(m, LIOBN, 0, kept[i]));
        CHECK(holds(m, LIOBN, 0x1000, 0));
        CHECK(holds(m, LIOBN, 0x2000, 0));
    }
}

/* Which bits of a TCE lie inside its page depends on the window. */
ON(kvm_first_pass_page_sizes, TCE_PLATFORM_KVM, MEMORY_END)
{
    const uint32_t shifts[] = {12, 16, 21, 24, 34};
    for (size_t i = 0; i < COUNT(shifts); i++) {
        const uint64_t page = UINT64_C(1) << shifts[i];
        const uint64_t low[] = {MEMORY_END, page / 2 | 3}, high[] = {MEMORY_END, page | 3};
        CHECK_EQ(window_at(m, 0x71000000, shifts[i], DMA64, 4), TCE_OK);
        CHECK_EQ(tce_h_put_tce_list(m, 0x71000000, DMA64, LIST, low, 2), S);
        CHECK(holds(m, 0x71000000, DMA64 + page, page / 2 | 3));
        CHECK_EQ(tce_h_stuff_tce(m, 0x71000000, DMA64, 0, 4), S);
        CHECK_EQ(tce_h_put_tce_list(m, 0x71000000, DMA64, LIST, high, 2), page < MEMORY_END ? P : S);
        CHECK(holds(m, 0x71000000, DMA64, page < MEMORY_END ? 0 : MEMORY_END));
    }
}

/* Pass 2 of KVM also looks up what an entry without permission names, by its first byte alone. */
ON(kvm_second_pass, TCE_PLATFORM_KVM, MEMORY_END)
{
    CHECK(at_each_place(m, 12, MEMORY_END, P, BEFORE));
    CHECK(at_each_place(m, 12, UINT64_C(1) << 63, P, BEFORE));
    CHECK(at_each_place(m, 16, UINT64_C(0xFFFFFFFFFFFFFFFC), P, BEFORE));
    CHECK(at_each_place(m, 12, MEMORY_END - 4, S, EVERY));
    CHECK(at_each_place(m, 24, MEMORY_END - 4, S, EVERY));
    CHECK(at_each_place(m, 12, 0xFFC, S, EVERY));
    /* Memory that ends inside a page: with permission, too, its first byte decides. */
    CHECK_EQ(tce_machine_set_memory_bytes(m, MEMORY_END - 0xFFF), TCE_OK);
    CHECK(at_each_place(m, 12, MEMORY_END - 0x1000, S, EVERY));
    CHECK(at_each_place(m, 12, MEMORY_END - 0xFFC, P, BEFORE));
    const uint64_t across[] = {(MEMORY_END - 0x1000) | 3, MEMORY_END};
    CHECK_EQ(tce_h_put_tce_list(m, LIOBN, 0, LIST, across, 2), P);
    CHECK(holds(m, LIOBN, 0, (MEMORY_END - 0x1000) | 3));
    CHECK_EQ(tce_machine_set_memory_bytes(m, MEMORY_END - 0x1000), TCE_OK);
    CHECK_EQ(tce_h_put_tce_list(m, LIOBN, 0, LIST, across, 2), S);
}

ON(kvm_memory_unknown, TCE_PLATFORM_KVM, TCE_MEMORY_UNKNOWN)
{
    CHECK(at_each_place(m, 12, UINT64_C(0xFFFFFFFFFFFFFFFC), S, EVERY));
    CHECK(at_each_place(m, 12, UINT64_C(0xFFFFFFFFFFFFF003), S, EVERY));
    CHECK(at_each_place(m, 16, UINT64_MAX, S, EVERY));
    CHECK_EQ(tce_h_put_tce_indirect(m, LIOBN, 0, UINT64_C(0xFFFFFFFFFFFFF000), 0), S);
}

/* --- Each place of a list, at sizes of memory around 2^63: the vector loops and their remainders --- */

/* Is a list of any length taken but for the entry `bad`, at any of its places? */
static bool told_at_every_place(tce_machine *m, uint64_t bad, tce_h_status want)
{
    uint64_t entries[40];
    for (uint64_t n = 1; n <= 40; n++) {
        for (uint64_t at = 0; at < n; at++) {
            for (uint64_t i = 0; i < n; i++)
                entries[i] = i == at ? bad : i % 3 == 0 ? 0 : 0x1000 * i | i % 4;
            if (tce_h_put_tce_list(m, LIOBN, 0, LIST, entries, n) != want)
                return false;
        }
    }
    return true;
}

/* Sizes of memory that differ in what a signed comparison makes of them. */
static const uint64_t large[] = {UINT64_C(1) << 62, (UINT64_C(1) << 63) - 0x1000, UINT64_C(1) << 63,
                                 (UINT64_C(1) << 63) + 0x1000, UINT64_C(0xFFFFFFFFFFFFE000)};

ON(papr_every_place, TCE_PLATFORM_PAPR, MEMORY_END)
{
    CHECK(told_at_every_place(m, MEMORY_END | 1, P));
    CHECK(told_at_every_place(m, UINT64_MAX, P));
    CHECK(told_at_every_place(m, UINT64_C(1) << 63 | 2, P));
    CHECK(told_at_every_place(m, UINT64_MAX ^ 3, S));
    CHECK(told_at_every_place(m, MEMORY_END - 1, S));
    for (size_t i = 0; i < COUNT(large); i++) {
        CHECK_EQ(tce_machine_set_memory_bytes(m, large[i]), TCE_OK);
        CHECK(told_at_every_place(m, (large[i] - 0x1000) | 1, S));
        CHECK(told_at_every_place(m, large[i] | 2, P));
        CHECK(told_at_every_place(m, UINT64_MAX, P));
        CHECK(told_at_every_place(m, UINT64_MAX ^ 3, S));
    }
}

ON(kvm_every_place, TCE_PLATFORM_KVM, MEMORY_END)
{
    CHECK(told_at_every_place(m, MEMORY_END, P));
    CHECK(told_at_every_place(m, UINT64_C(1) << 63, P));
    CHECK(told_at_every_place(m, UINT64_MAX ^ 3, P));
    CHECK(told_at_every_place(m, MEMORY_END - 4, S));
    CHECK(told_at_every_place(m, MEMORY_END | 1, S));
    for (size_t i = 0; i < COUNT(large); i++) {
        CHECK_EQ(tce_machine_set_memory_bytes(m, large[i]), TCE_OK);
        CHECK(told_at_every_place(m, large[i] - 4, S));
        CHECK(told_at_every_place(m, large[i], P));
        CHECK(told_at_every_place(m, UINT64_MAX ^ 3, P));
        CHECK(told_at_every_place(m, large[i] | 1, S));
    }
}
