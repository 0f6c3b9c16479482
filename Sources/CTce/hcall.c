/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TCE hypercalls (LoPAR 14.5.4.2). The checks are numbered in the order in which they are made, because the order
 * decides what a call with two faults answers; the ids in brackets are what the tests cite. Calls of one TCE in a
 * window that has been looked up are inlines of hcall.h. Architectural.
 */
#include "hcall.h"

#include <string.h>

/*
 * How many of npages pages from `index` (in the window) on are in the window.
 *
 * QEMU goes from page to page and looks whether each is in the window. This gives the same count. With d the distance
 * (IOBA - start) mod 2^64 and s the page shift, page k has the index ((d + k 2^s) mod 2^64) >> s =
 * (index + k) mod 2^(64 - s). The window's TCEs do not pass 2^64, so tces <= 2^(64 - s), and the first k that is
 * outside is tces - index: there the sum is tces, which has not wrapped unless tces is 2^(64 - s). That last is a
 * window that is the whole bus, which no QEMU has; there a run ends with the bus, as a device's access does.
 */
static uint64_t pages_inside(const tce__window *w, uint64_t index, uint64_t npages)
{
    uint64_t rest = w->tces - index;
    return npages < rest ? npages : rest;
}

tce_h_status tce__store_first(const tce__window *w, uint64_t index, uint64_t tce)
{
    /* 0 is what is there already: also a boot clear by H_PUT_TCE commits nothing. */
    if (tce != 0) {
        tce__table_touch(&w->table, index >> TCE__PAGE_TCES_LOG2);
        w->table.tce[index] = tce;
    }
    return TCE_H_SUCCESS;
}

tce_h_status tce__stuff_run(tce_machine *m, const tce__window *w, uint64_t index, uint64_t tce, uint64_t npages)
{
    uint64_t inside = pages_inside(w, index, npages);
    m->written = inside;
    if (tce == 0) {
        tce__table_zero(&w->table, index, inside, &m->kernels);
    } else {
        tce__table_touch_range(&w->table, index, inside);
        m->kernels.fill(w->table.tce + index, tce, (size_t)inside);
    }
    return TCE__LIKELY(inside == npages) ? TCE_H_SUCCESS : TCE_H_PARAMETER;
}

/* A TCE list on its way from guest memory, or from one who knows it, into a table. */
typedef struct tce_list {
    const unsigned char *page;  /* big-endian; NULL: `entries` has them, or they are all 0 */
    const uint64_t *entries;    /* in host order; NULL */
} tce_list;

/* QEMU's part: page after page is given the next entry, any 64-bit value; what was stored before a page outside the
 * window stays. [hcall.put-indirect.store] */
static tce_h_status store_list(tce_machine *m, const tce__window *w, uint64_t index, tce_list list,
                               uint64_t npages)
{
    uint64_t inside = pages_inside(w, index, npages);
    m->written = inside;
    if (list.entries == NULL && list.page == NULL) {
        tce__table_zero(&w->table, index, inside, &m->kernels);
    } else if (inside != 0) {
        tce__table_touch_range(&w->table, index, inside);
        if (list.entries != NULL)
            memcpy(w->table.tce + index, list.entries, (size_t)inside * sizeof *list.entries);
        else
            m->kernels.copy_swapped(w->table.tce + index, list.page, (size_t)inside);
    }
    return TCE__LIKELY(inside == npages) ? TCE_H_SUCCESS : TCE_H_PARAMETER;
}

/* The address part of a TCE as KVM takes it: it looks up the page of its first byte alone. */
static bool is_kvm_memory(const tce_machine *m, uint64_t tce)
{
    return tce__is_memory(m, tce & ~TCE_ACCESS_RW);
}

/* Looks over a list; `high` is what an address is filled up with. Memory of unknown size has no outside. */
static unsigned look_over(const tce_machine *m, const uint64_t *entries, uint64_t npages, uint64_t low, uint64_t high)
{
    const uint64_t sign = UINT64_C(1) << 63;
    const uint64_t memory = m->memory_bytes;
    if (TCE__LIKELY(memory <= sign))
        return m->kernels.screen(entries, (size_t)npages, low, high, memory);
    unsigned found = m->kernels.screen(entries, (size_t)npages, low, high, sign) & TCE__SCREEN_MISALIGNED;
    for (uint64_t i = 0; i < npages && memory != TCE_MEMORY_UNKNOWN; i++) {
        const bool mapped = (entries[i] & TCE_ACCESS_RW) != 0;
        if (((entries[i] & ~TCE_ACCESS_RW) | high) >= memory)
            found |= TCE__SCREEN_OUTSIDE | (mapped ? TCE__SCREEN_OUTSIDE_MAPPED : 0u);
    }
    return found;
}

/*
 * Whether no entry can be refused, by one look at all of them: the bits that any of them has are an address that is
 * memory and a page's, and so is each entry's. False says nothing.
 */
static bool all_good(const tce_machine *m, const tce__window *w, tce_list list, uint64_t npages)
{
    const uint64_t mask = tce_page_mask(w->shift);
    uint64_t any = 0;
    if (list.entries != NULL)
        any = tce__union(list.entries, (size_t)npages);
    else if (list.page != NULL)
        any = tce__union_swapped(list.page, (size_t)npages);
    return (any & mask & ~TCE_ACCESS_RW) == 0 && (any | mask) < m->memory_bytes;
}

tce_h_status tce__put_list(tce_machine *m, const tce__window *w, uint64_t liobn, uint64_t ioba, uint64_t list,
                           const uint64_t *entries, uint64_t npages)
{
    const tce__platform *p = m->platform;
    /* 0. The machine has the call; PAPR: a negative LIOBN asks for the MTT option, which is not enabled.
     *    [hcall.put-indirect.0] */
    if (TCE__UNLIKELY(!m->multitce) || (TCE__UNLIKELY(p->mtt_known) && liobn >> 63 != 0))
        return TCE_H_FUNCTION;
    /* 1. The LIOBN has a window. [hcall.put-indirect.1] */
    if (TCE__UNLIKELY(w == NULL))
        return TCE_H_PARAMETER;
    /* 2. No more entries than a list has, unsigned and with all 64 bits. [hcall.put-indirect.2] */
    if (TCE__UNLIKELY(npages > TCE_LIST_ENTRIES_MAX))
        return TCE_H_PARAMETER;
    /* 3. The list is one 4 KiB page, at every page size of the window. [hcall.put-indirect.3] */
    if (TCE__UNLIKELY((list & (TCE__LIST_BYTES - 1)) != 0))
        return TCE_H_PARAMETER;
    /* 4. The first page lies in the window; KVM: the IOBA is a page's. [hcall.put-indirect.4] */
    uint64_t index = tce__index(w, ioba);
    if (TCE__UNLIKELY(index >= w->tces) || tce__misaligned(m, w, ioba))
        return TCE_H_PARAMETER;
    /* 5. KVM, PAPR: no page is beyond the window's end. [hcall.put-indirect.5] */
    if (TCE__UNLIKELY(p->whole_runs) && npages > w->tces - index)
        return TCE_H_PARAMETER;
    /* 6. PAPR: the list's page is the partition's. KVM leaves a list outside memory to QEMU, which reads zeros; no
     *    address bit of it is masked. [hcall.put-indirect.6] */
    const bool is_memory = tce__is_memory(m, list | (TCE__LIST_BYTES - 1));
    if (TCE__UNLIKELY(p->list_is_memory) && !is_memory)
        return TCE_H_PARAMETER;
    const bool kernel = p->kernel_first && tce__is_memory(m, list);
    /* 7. No pages at all: the list is not read. [hcall.put-indirect.7] */
    if (TCE__UNLIKELY(npages == 0))
        return p->kernel_first && !kernel ? TCE_H_PARAMETER : p->no_pages;
    tce_list from = {.entries = entries};
    unsigned char seen[TCE__LIST_BYTES];
    if (entries == NULL) {
        /* The list is read as the host sees it: in a secure guest, ciphertext unless it is shared. */
        if (TCE__LIKELY(m->svm == TCE_SVM_NORMAL)) {
            from.page = tce__memory_page(m, list);
        } else {
            bool unshared = false;
            (void)tce__host_read(m, list, seen, (size_t)npages * sizeof(uint64_t), &unshared);
            from.page = seen;
        }
    }
    if (TCE__LIKELY((!kernel && !p->owned_only) || all_good(m, w, from, npages)))
        return store_list(m, w, index, from, npages);
    uint64_t copy[TCE_LIST_ENTRIES_MAX];
    if (entries == NULL) {
        if (from.page != NULL)
            m->kernels.copy_swapped(copy, from.page, (size_t)npages);
        else
            memset(copy, 0, (size_t)npages * sizeof *copy);
        from = (tce_list){.entries = copy};
    }
    /* 8. PAPR: every entry with permission names a page of the partition, else nothing is stored.
     *    [hcall.put-indirect.8] */
    const uint64_t mask = tce_page_mask(w->shift);
    if (p->owned_only) {
        const unsigned found = look_over(m, from.entries, npages, 0, mask);
        return (found & TCE__SCREEN_OUTSIDE_MAPPED) != 0 ? TCE_H_PARAMETER : store_list(m, w, index, from, npages);
    }
    /* 9. KVM: a list that its first pass does not like is QEMU's, which stores it as it is: an entry with permission is
     *    no page's address, or in no memory. [hcall.put-indirect.9] */
    const unsigned found = look_over(m, from.entries, npages, mask & ~TCE_ACCESS_RW, 0);
    if ((found & (TCE__SCREEN_MISALIGNED | TCE__SCREEN_OUTSIDE_MAPPED)) != 0)
        return store_list(m, w, index, from, npages);
    /* 10. KVM's second pass also looks up the address of an entry without permission; the first that is not memory ends
     *     it, and what was stored before stays. [hcall.put-indirect.10] */
    uint64_t good = (found & TCE__SCREEN_OUTSIDE) != 0 ? 0 : npages;
    while (good < npages && is_kvm_memory(m, from.entries[good]))
        good++;
    (void)store_list(m, w, index, from, good);
    return good == npages ? TCE_H_SUCCESS : TCE_H_PARAMETER;
}

tce_h_status tce_h_get_tce(const tce_machine *m, uint64_t liobn, uint64_t ioba, uint64_t *tce)
{
    return tce__get(m, tce__window_of(m, liobn), ioba, tce);
}

tce_h_status tce_h_put_tce(tce_machine *m, uint64_t liobn, uint64_t ioba, uint64_t tce)
{
    return tce__put(m, tce__window_of(m, liobn), ioba, tce);
}

tce_h_status tce_h_put_tce_indirect(tce_machine *m, uint64_t liobn, uint64_t ioba, uint64_t list, uint64_t npages)
{
    return tce__put_list(m, tce__window_of(m, liobn), liobn, ioba, list, NULL, npages);
}

tce_h_status tce_h_put_tce_list(tce_machine *m, uint64_t liobn, uint64_t ioba, uint64_t list, const uint64_t *entries,
                                uint64_t npages)
{
    return tce__put_list(m, tce__window_of(m, liobn), liobn, ioba, list, entries, npages);
}

tce_h_status tce_h_stuff_tce(tce_machine *m, uint64_t liobn, uint64_t ioba, uint64_t tce, uint64_t npages)
{
    return tce__stuff(m, tce__window_of(m, liobn), ioba, tce, npages);
}

tce_h_status tce_hcall(tce_machine *m, uint64_t opcode, const uint64_t args[6], uint64_t *out)
{
    switch (opcode) {
    case TCE_H_GET_TCE:
        return tce_h_get_tce(m, args[0], args[1], out);
    case TCE_H_PUT_TCE:
        return tce_h_put_tce(m, args[0], args[1], args[2]);
    case TCE_H_STUFF_TCE:
        return tce_h_stuff_tce(m, args[0], args[1], args[2], args[3]);
    case TCE_H_PUT_TCE_INDIRECT:
        return tce_h_put_tce_indirect(m, args[0], args[1], args[2], args[3]);
    case TCE_H_SVM_PAGE_IN:
    case TCE_H_SVM_PAGE_OUT:
    case TCE_H_SVM_INIT_START:
    case TCE_H_SVM_INIT_DONE:
    case TCE_H_SVM_INIT_ABORT:
        /* The ultravisor's: KVM takes them from nobody else. [hcall.svm] */
        return m->platform->svm_hcall;
    default:
        /* Also what LoPAR has and this machine has not, such as H_MIGRATE_DMA. [hcall.function] */
        return TCE_H_FUNCTION;
    }
}
