/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot_save.c and snapshot_restore.c: what is saved comes back, and nothing else does. */
#include "snapshot_case.h"

#include "../../Sources/CTce/internal.h"
#include "tce_run.h"

static bool frozen_machine(tce_machine **out)
{
    tce_config config = tce_config_pseries();
    config.eeh = true;
    config.multitce = false;
    config.platform = TCE_PLATFORM_PAPR;
    return tce_machine_create(&config, out) == TCE_OK;
}

CASE(snapshot_round_trip)
{
    tce_window_info before[16], after[16];
    tce_phb_config config;
    tce_config from;
    CHECK(snapshot_furnish(m));
    CHECK_EQ(tce_machine_set_memory_bytes(m, MEMORY_END + 0x1234), TCE_OK);
    snapshot s = snapshot_of(m);
    CHECK(s.bytes != NULL);
    tce_machine *other = restored(s);
    CHECK(other != NULL);
    CHECK(machines_equal(m, other));
    free(s.bytes);
    const size_t count = tce_window_list(m, before, 16);
    CHECK_EQ(count, 6);
    CHECK_EQ(tce_window_list(other, after, 16), count);
    for (size_t i = 0; i < count; i++) {
        CHECK_EQ(after[i].liobn, before[i].liobn);
        CHECK_EQ(after[i].start, before[i].start);
        CHECK_EQ(after[i].page_shift, before[i].page_shift);
        CHECK_EQ(after[i].tces, before[i].tces);
        CHECK_EQ(after[i].buid, before[i].buid);
        CHECK_EQ(after[i].bypass, before[i].bypass);
    }
    CHECK(after[0].liobn == 5 && after[0].bypass);
    CHECK_EQ(tce_machine_memory_bytes(other), MEMORY_END + 0x1234);
    tce_machine_config(other, &from);
    CHECK_EQ(from.memory_bytes, MEMORY_END);
    CHECK(from.phb_count == 1 && from.phb.buid == BUID && from.pef && from.multitce && !from.eeh);
    CHECK(tce_phb_find(other, BUID_SECOND, &config) && config.window_start == 0x12345 && config.ddw);
    CHECK(holds(other, LIOBN, 0x7F000, 0x8003) && holds(other, LIOBN, LAST_PAGE, 0x7001));
    CHECK(holds(other, VIO_SMALL, 0, UINT64_MAX) && holds(other, VIO_SMALL, 0x1FFFF000, 3));
    CHECK(holds(other, VIO_LARGE, 4096, 1) && holds(other, VIO_LARGE, UINT64_C(1) << 52, 2));
    CHECK_EQ(tce_memory_load64(other, 0x21000), UINT64_C(0x1122334455667788));
    /* The default window that a reset made is told from one that the platform put in its place. */
    CHECK(tce__phb_of(other, BUID)->windows[0].is_default);
    const tce_window_config same = {(uint32_t)LIOBN, 12, 0, TCES, BUID};
    CHECK_EQ(tce_window_create(m, &same), TCE_OK);
    snapshot plain = snapshot_of(m);
    tce_machine *third = restored(plain);
    free(plain.bytes);
    CHECK(third != NULL && !tce__phb_of(third, BUID)->windows[0].is_default);
    tce_machine_destroy(third);
    /* What was saved is used: the LIOBN still belongs to its PHB, whose reset brings the default window back. */
    CHECK_EQ(window_at(other, LIOBN + 0x100, 12, 0, 1), TCE_ERR_LIOBN_TAKEN);
    CHECK_EQ(tce_phb_reset(other, BUID_SECOND), TCE_OK);
    CHECK(holds(other, LIOBN + 0x100, 0x12345, 0));
    tce_machine_destroy(other);
    /* Platform, switches and a frozen PE, of a machine whose memory is not known. */
    CHECK(frozen_machine(&other) && tce_dma_read(other, LIOBN, 0, before, 1, NULL) == TCE_FAULT_NO_READ);
    s = snapshot_of(other);
    third = restored(s);
    free(s.bytes);
    CHECK(third != NULL && tce_pe_frozen(third, BUID) && tce_machine_platform(third) == TCE_PLATFORM_PAPR);
    CHECK_EQ(tce_dma_read(third, LIOBN, 0, before, 1, NULL), TCE_FAULT_PE_FROZEN);
    CHECK_EQ(tce_h_stuff_tce(third, LIOBN, 0, 0, 1), tce_h_stuff_tce(other, LIOBN, 0, 0, 1));
    CHECK(third->eeh && !third->multitce);
    tce_machine_destroy(third);
    tce_machine_destroy(other);
}

CASE(snapshot_goes_on)
{
    uint64_t random = 20260101;
    CHECK(snapshot_furnish(m) && snapshot_secure(m));
    for (int round = 0; round < 40; round++) {
        for (int i = 0; i < 60; i++)
            (void)snapshot_step(m, &random);
        snapshot s = snapshot_of(m);
        tce_machine *other = restored(s);
        free(s.bytes);
        CHECK(other != NULL);
        uint64_t same = random;
        for (int i = 0; i < 150; i++)
            CHECK_EQ(snapshot_step(other, &same), snapshot_step(m, &random));
        CHECK(machines_equal(m, other));
        CHECK_EQ(tce_machine_table_bytes(other), tce_machine_table_bytes(m));
        CHECK_EQ(tce_machine_host_bytes(other), tce_machine_host_bytes(m));
        tce_machine_destroy(other);
    }
    const tce_sharing sharing = tce_machine_sharing(m);
    CHECK(sharing.share_calls > 10 && sharing.damaged_pages > 0 && sharing.page_outs > 0);
}

CASE(snapshot_of_secure_guest)
{
    unsigned char here[16], there[16];
    CHECK(snapshot_secure(m));
    snapshot s = snapshot_of(m);
    tce_machine *other = restored(s);
    CHECK(other != NULL);
    const tce_sharing a = tce_machine_sharing(m), b = tce_machine_sharing(other);
    CHECK(memcmp(&a, &b, sizeof a) == 0);
    CHECK(a.shared_pages == 5 && a.peak_shared_pages == 6 && a.damaged_pages == 2 && a.lost_pages == 1);
    CHECK_EQ(tce_machine_svm_state(other), TCE_SVM_SECURE);
    for (uint64_t address = 0x0F0000; address < 0x460000; address += 0x10000) {
        tce_frame_state one, two;
        CHECK(tce_frame_state_of(m, address, &one) && tce_frame_state_of(other, address, &two));
        CHECK_EQ(two, one);
    }
    for (uint64_t address = 0x100000; address < 0x460000; address += 0x10000) {
        CHECK_EQ(tce_host_read(other, address, there, 16), tce_host_read(m, address, here, 16));
        CHECK(memcmp(here, there, 16) == 0);
        CHECK_EQ(tce_memory_load64(other, address), tce_memory_load64(m, address));
    }
    /* Who shared the frame counts: the guest cannot take back what the ultravisor shared. */
    (void)tce_ultracall(other, TCE_UV_UNSHARE_ALL_PAGES, NULL, 0, NULL);
    CHECK_EQ(tce_machine_sharing(other).shared_pages, 1);
    tce_machine_destroy(other);
    free(s.bytes);
}

CASE(snapshot_is_deterministic)
{
    tce_machine *other;
    tce_config config = tce_config_pseries();
    CHECK_EQ(tce_machine_create(&config, &other), TCE_OK);
    for (uint64_t i = 0; i < 300; i++) {
        CHECK_EQ(window_at(m, i * 3, 12, 0, 40000), TCE_OK);
        CHECK_EQ(window_at(other, (299 - i) * 3, 12, 0, 40000), TCE_OK);
        CHECK(tce_memory_store64(m, i << 16, i) && tce_memory_store64(other, (299 - i) << 16, 299 - i));
    }
    CHECK(machines_equal(m, other));
    /* A window that was made and removed does not show; what the host holds, does. */
    CHECK_EQ(window_at(m, 7, 12, 0, 1), TCE_OK);
    CHECK_EQ(tce_window_remove(m, 7), TCE_OK);
    CHECK(machines_equal(m, other));
    CHECK(tce_memory_store64(m, 0x5000000, 7) && tce_memory_store64(m, 0x5000000, 0));
    CHECK(!machines_equal(m, other));
    CHECK(tce_memory_store64(other, 0x5000008, 7) && tce_memory_store64(other, 0x5000008, 0));
    CHECK(machines_equal(m, other));
    CHECK_EQ(tce_h_put_tce(m, 6, 0x7000000, 3), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_put_tce(m, 6, 0x7000000, 0), TCE_H_SUCCESS);
    CHECK(!machines_equal(m, other));
    CHECK_EQ(tce_h_put_tce(other, 6, 0x7001000, 3), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_put_tce(other, 6, 0x7001000, 0), TCE_H_SUCCESS);
    CHECK(machines_equal(m, other));
    CHECK_EQ(tce_h_put_tce(m, 6, 0x7000000, 3), TCE_H_SUCCESS);
    CHECK(!machines_equal(m, other));
    tce_machine_destroy(other);
}

CASE(snapshot_buffer)
{
    CHECK(snapshot_furnish(m));
    snapshot s = snapshot_of(m);
    size_t bytes = 0;
    for (size_t size = 0; size <= s.size; size += size < 64 || s.size - size < 64 ? 1 : 997) {
        uint8_t *buffer = malloc(size + 1);     /* the sanitizer watches its end */
        CHECK(buffer != NULL);
        buffer[size] = 0x5A;
        CHECK_EQ(tce_machine_save(m, buffer, size, &bytes), TCE_OK);
        CHECK_EQ(bytes, s.size);
        CHECK_EQ(buffer[size], 0x5A);
        free(buffer);
        if (size + 997 > s.size && s.size - size >= 64)
            size = s.size - 64;
    }
    free(s.bytes);
}

CASE(snapshot_runs)
{
    static const uint64_t sizes[] = {1, 511, 512, 513, 32768, 32769, 100000};
    uint64_t random = 7;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const uint64_t tces = sizes[i];
        CHECK_EQ(window_at(m, VIO_SMALL, 12, 0, tces), TCE_OK);
        uint64_t value = 1, step = 0;
        for (uint64_t at = 0; at < tces; at++) {
            const uint64_t r = snapshot_random(&random);
            if (r % 8 == 0)
                step = (uint64_t[]){0, 0x1000, r, 0 - UINT64_C(0x10000)}[r >> 32 & 3];
            value = r % 32 == 1 ? 0 : value + step;
            CHECK_EQ(tce_h_put_tce(m, VIO_SMALL, at << 12, value), TCE_H_SUCCESS);
        }
        snapshot s = snapshot_of(m);
        tce_machine *other = restored(s);
        CHECK(other != NULL);
        const tce__window *w = tce__window_of(m, VIO_SMALL), *v = tce__window_of(other, VIO_SMALL);
        CHECK(memcmp(w->table.tce, v->table.tce, (size_t)tces * 8) == 0);
        CHECK(s.size < 1000 + tces * 10);
        free(s.bytes);
        tce_machine_destroy(other);
    }
    /* A guest's memory in a row takes one run for 512 TCEs. */
    for (uint64_t at = 0; at < 100000; at++)
        CHECK_EQ(tce_h_put_tce(m, VIO_SMALL, at << 12, at << 12 | 3), TCE_H_SUCCESS);
    snapshot s = snapshot_of(m);
    free(s.bytes);
    CHECK(s.size < 1000 + 200 * 32);
}

CASE(snapshot_many_windows)
{
    for (uint32_t i = 0; i < TCE_WINDOWS_MAX - 1; i++)
        CHECK_EQ(window_at(m, i, 12, 0, 1), TCE_OK);
    snapshot s = snapshot_of(m);
    tce_machine *other = restored(s);
    CHECK(other != NULL);
    CHECK_EQ(tce_window_count(other), TCE_WINDOWS_MAX);
    CHECK_EQ(window_at(other, TCE_WINDOWS_MAX, 12, 0, 1), TCE_ERR_WINDOWS);
    tce_machine_destroy(other);
    /* One more, behind the last of virtual I/O. */
    const size_t windows = section_at(s, 3), at = windows + 40 * (TCE_WINDOWS_MAX - 1);
    uint8_t *more = malloc(s.size + 40);
    CHECK(more != NULL);
    memcpy(more, s.bytes, at);
    memcpy(more + at, s.bytes + windows, 40);
    memcpy(more + at + 40, s.bytes + at, s.size - at);
    tce__put32(more + at, TCE_WINDOWS_MAX);
    tce__put64(more + windows - 8, tce__get64(s.bytes + windows - 8) + 40);
    snapshot_fix(more, s.size + 40);
    tce_snapshot_fault fault;
    CHECK_EQ(tce_machine_restore(more, s.size + 40, TCE_SNAPSHOT_UNLIMITED, &other, &fault), TCE_ERR_WINDOWS);
    CHECK(other == NULL && fault.found == TCE_WINDOWS_MAX && fault.offset == at);
    free(more);
    free(s.bytes);
}

CASE(counters_by_name)
{
    tce_counters counters;
    memset(&counters, 0, sizeof counters);
    tce_counter_name name, other;
    size_t count = 0;
    for (uint64_t *at; (at = tce_counter_at(&counters, count, &name)) != NULL; count++) {
        CHECK(*at == 0 && name.field != NULL);
        *at = 1;
        CHECK_EQ(name.saturates, (name.group == NULL && strcmp(name.field, "bytes") == 0) ||
                                 (name.group != NULL && strcmp(name.field, "tces") == 0));
        for (size_t i = 0; i < count; i++) {
            (void)tce_counter_at(&counters, i, &other);
            CHECK(strcmp(other.field, name.field) != 0 || strcmp(other.group ? other.group : "",
                                                                 name.group ? name.group : "") != 0);
        }
    }
    CHECK_EQ(count, sizeof counters / sizeof(uint64_t));
    CHECK(tce_counter_at(&counters, SIZE_MAX, &name) == NULL);
}
