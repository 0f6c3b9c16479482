/* SPDX-License-Identifier: Apache-2.0 */
/* Machines with everything, and random calls, for the cases of snapshots. */
#include "snapshot_case.h"

bool snapshot_furnish(tce_machine *m)
{
    uint32_t cells[6];
    tce_phb_config second;
    bool ok = tce_phb_find(m, BUID, &second);
    second.buid = BUID_SECOND;
    second.liobn += 0x100;
    second.window_start = 0x12345;
    second.window_bytes = UINT64_C(1) << 36;
    ok = ok && tce_phb_add(m, &second) == TCE_OK;
    ok = ok && tce_h_put_tce(m, LIOBN, 0x5000, 0x6003) == TCE_H_SUCCESS;
    ok = ok && tce_h_put_tce(m, LIOBN, LAST_PAGE, 0x7001) == TCE_H_SUCCESS;
    ok = ok && write_list(m, LIST, 0x8003, 512) &&
         tce_h_put_tce_indirect(m, LIOBN, 0x7F000, LIST, 512) == TCE_H_SUCCESS;
    ok = ok && ddw_create(m, 16, 34, cells) == 0 &&
         tce_h_stuff_tce(m, LIOBN_DYNAMIC, DMA64 + 0x10000, 0x10003, 500) == TCE_H_SUCCESS;
    /* 512 MiB of virtual I/O, touched at both ends; one of 2^40 TCEs. */
    ok = ok && window_at(m, VIO_SMALL, 12, 0, UINT64_C(1) << 17) == TCE_OK &&
         tce_h_put_tce(m, VIO_SMALL, 0, UINT64_MAX) == TCE_H_SUCCESS &&
         tce_h_put_tce(m, VIO_SMALL, (UINT64_C(1) << 29) - 4096, 3) == TCE_H_SUCCESS;
    ok = ok && window_at(m, VIO_LARGE, 12, 4096, UINT64_C(1) << 40) == TCE_OK &&
         tce_h_put_tce(m, VIO_LARGE, 4096, 1) == TCE_H_SUCCESS &&
         tce_h_put_tce(m, VIO_LARGE, UINT64_C(1) << 52, 2) == TCE_H_SUCCESS;
    ok = ok && window_at(m, 5, 34, 0, 3) == TCE_OK && tce_window_set_bypass(m, 5, true) == TCE_OK;
    ok = ok && tce_memory_store64(m, 0x21000, UINT64_C(0x1122334455667788)) &&
         tce_memory_store64(m, MEMORY_END - 8, 1) && tce_memory_store64(m, 0x55550000, 0) == false;
    /* A PHB with a dynamic window alone, and one that is frozen. */
    const tce_window_config dynamic = {(uint32_t)LIOBN + 0x101, 21, DMA64, 99, BUID_SECOND};
    ok = ok && tce_window_remove(m, LIOBN + 0x100) == TCE_OK && tce_window_create(m, &dynamic) == TCE_OK;
    uint64_t done;
    char byte;
    (void)tce_dma_read(m, LIOBN + 0x101, 0, &byte, 1, &done);
    return ok;
}

static tce_u_status ultracall(tce_machine *m, uint64_t number, uint64_t r4, uint64_t r5)
{
    const uint64_t args[] = {r4, r5};
    return tce_ultracall(m, number, args, 2, NULL);
}

static tce_u_status page_call(tce_machine *m, uint64_t number, uint64_t address)
{
    const uint64_t args[] = {0, 0, address, 0, 16};
    return tce_ultracall(m, number, args, 5, NULL);
}

bool snapshot_secure(tce_machine *m)
{
    bool all;
    bool ok = tce_memory_store64(m, 0x100000, 0xAA) && tce_memory_store64(m, 0x110000, 0xBB) &&
              tce_memory_store64(m, 0x120000, 0xCC);
    ok = ok && tce_svm_hcall(m, TCE_H_SVM_INIT_START, 0, 0, 0, NULL) == TCE_H_SUCCESS;
    ok = ok && tce_svm_hcall(m, TCE_H_SVM_PAGE_IN, 0x300000, TCE_SVM_PAGE_SHARED, 16, NULL) == TCE_H_SUCCESS;
    ok = ok && tce_svm_hcall(m, TCE_H_SVM_INIT_DONE, 0, 0, 0, NULL) == TCE_H_SUCCESS;
    ok = ok && ultracall(m, TCE_UV_SHARE_PAGE, 0x40, 5) == TCE_U_SUCCESS && tce_memory_store64(m, 0x410000, 0xDD);
    const uint64_t absent[] = {0, 0x420000, 16};
    ok = ok && tce_ultracall(m, TCE_UV_PAGE_INVAL, absent, 3, NULL) == TCE_U_SUCCESS;
    /* Paged out; paged out and damaged by the host, which stored ciphertext; lost and paged in again. */
    ok = ok && page_call(m, TCE_UV_PAGE_OUT, 0x100000) == TCE_U_SUCCESS;
    ok = ok && tce_host_write(m, 0x110008, "x", 1, &all) == TCE_OK && all;
    ok = ok && tce_host_write(m, 0x120008, "x", 1, &all) == TCE_OK && tce_memory_load64(m, 0x120000) == 0;
    ok = ok && ultracall(m, TCE_UV_UNSHARE_PAGE, 0x44, 1) == TCE_U_SUCCESS;
    ok = ok && ultracall(m, TCE_UV_SHARE_PAGE, UINT64_C(1) << 60, 1) == TCE_U_PARAMETER;
    return ok;
}

static uint64_t mixed(uint64_t digest, uint64_t value)
{
    return (digest ^ value) * UINT64_C(0x100000001B3) + (digest >> 29);
}

uint64_t snapshot_step(tce_machine *m, uint64_t *random)
{
    static const uint64_t liobns[] = {LIOBN, LIOBN_DYNAMIC, LIOBN + 0x100, LIOBN + 0x101, VIO_SMALL, VIO_LARGE, 5};
    const uint64_t liobn = liobns[snapshot_random(random) % 7], r = snapshot_random(random);
    tce_window_info info = {0};
    const bool there = tce_window_find(m, liobn, &info);
    const uint64_t ioba = info.start + ((r >> 8) % (there ? info.tces : 8) << info.page_shift);
    const uint64_t address = (r >> 20) % (MEMORY_END + 0x20000) & ~UINT64_C(7), frame = address >> 16;
    const uint64_t args[] = {frame, r >> 60};
    const uint64_t page[] = {0, 0, frame << 16, 0, 16}, inval[] = {0, frame << 16, 16};
    uint64_t value = 0, done = 0;
    uint32_t cells[6] = {0};
    char bytes[16] = {1, 2, 3};
    tce_err err;
    switch (r % 24) {
    case 0: case 1: case 2:
        return (uint64_t)tce_h_put_tce(m, liobn, ioba, address | 3);
    case 3:
        return (uint64_t)tce_h_stuff_tce(m, liobn, ioba, address | 3, r >> 55);
    case 4:
        return (uint64_t)tce_h_put_tce_indirect(m, liobn, ioba, address & ~UINT64_C(4095), r >> 54 & 63);
    case 5: case 6:
        return mixed((uint64_t)tce_h_get_tce(m, liobn, ioba, &value), value);
    case 7: case 8:
        return mixed(tce_dma_write(m, liobn, ioba + (r >> 50 & 4095), bytes, sizeof bytes, &done), done);
    case 9: case 10: {
        tce_fault fault = tce_dma_read(m, liobn, ioba, bytes, sizeof bytes, &done);
        memcpy(&value, bytes, 8);
        return mixed(fault, value + done);
    }
    case 11:
        return (uint64_t)tce_memory_store64(m, address, r);
    case 12:
        return tce_memory_load64(m, address);
    case 13:
        return mixed((uint64_t)ddw_create(m, 12 + r % 10, 30, cells), cells[1]) + cells[2];
    case 14:
        return (uint64_t)ddw_remove(m, liobn) + (uint64_t)ddw_query(m, cells) + cells[1] + cells[3];
    case 15:
        return (r >> 32) % 8 == 0 ? (uint64_t)ddw_reset(m) : (uint64_t)tce_window_set_bypass(m, liobn, r >> 63);
    case 16: case 17:
        return (uint64_t)tce_ultracall(m, r >> 40 & 1 ? TCE_UV_SHARE_PAGE : TCE_UV_UNSHARE_PAGE, args, 2, &err);
    case 18:
        return (uint64_t)tce_ultracall(m, r >> 40 & 1 ? TCE_UV_PAGE_IN : TCE_UV_PAGE_OUT, page, 5, &err);
    case 19:
        return (uint64_t)tce_ultracall(m, TCE_UV_PAGE_INVAL, inval, 3, &err);
    case 20:
        return tce_host_write(m, address, bytes, sizeof bytes, NULL) == TCE_OK && tce_host_read(m, address, bytes, 4);
    case 21:
        return mixed((uint64_t)tce_pe_thaw(m, BUID_SECOND), tce_pe_frozen(m, BUID));
    case 22:
        if ((r >> 40) % 16 == 0)
            return (uint64_t)tce_machine_reset(m);
        return (uint64_t)tce_machine_set_memory_bytes(m, MEMORY_END + (r >> 41 & 0x3FFFF));
    default:
        value = (r >> 40) % 32 == 0 ? TCE_UV_UNSHARE_ALL_PAGES : (r >> 45) % 64 == 0 ? TCE_UV_SVM_TERMINATE : TCE_UV_ESM;
        return (uint64_t)tce_ultracall(m, value, args, 0, &err) + tce_window_count(m);
    }
}
