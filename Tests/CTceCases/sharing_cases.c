/* SPDX-License-Identifier: Apache-2.0 */
/* sharing.c, memory.c, dma.c: what guest, host and devices see of a secure guest's frames, and what touching does. */
#include "secure.h"

#include <string.h>

#define PAGE UINT64_C(0x1000000)

CASE(touch_nothing)
{
    unsigned char none[1];
    CHECK(make_secure(m));
    CHECK(tce_host_read(m, PAGE, none, 0));
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SECURE_IN);
    (void)host_load(m, PAGE);
    CHECK(tce_memory_read(m, PAGE, none, 0) && tce_memory_write(m, PAGE, none, 0));
    CHECK_EQ(tce_host_write(m, PAGE, none, 0, NULL), TCE_OK);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SECURE_OUT);
    CHECK_EQ(counted(m).damaged_pages, 0);
    CHECK_EQ(counted(m).page_ins, 0);
}

CASE(host_pages_out)
{
    CHECK(tce_memory_store64(m, PAGE, SECRET));
    CHECK_EQ(host_load(m, PAGE), SECRET);
    CHECK(make_secure(m));
    CHECK_EQ(host_load(m, PAGE), ciphertext(SECRET, PAGE));
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SECURE_OUT);
    CHECK_EQ(host_load(m, PAGE), ciphertext(SECRET, PAGE));
    CHECK_EQ(host_load(m, PAGE + 0xFFF8), ciphertext(0, PAGE + 0xFFF8));
    CHECK_EQ(counted(m).page_outs, 1);
    /* An address that was never written is as encrypted as any; others are not touched. */
    CHECK_EQ(host_load(m, PAGE + 5 * FRAME), ciphertext(0, PAGE + 5 * FRAME));
    CHECK_EQ(counted(m).page_outs, 2);
    CHECK_EQ(state_at(m, PAGE + FRAME), TCE_FRAME_SECURE_IN);
    CHECK_EQ(tce_memory_load64(m, PAGE), SECRET);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SECURE_IN);
    CHECK_EQ(tce_memory_load64(m, PAGE), SECRET);
    CHECK_EQ(counted(m).page_ins, 1);
    CHECK_EQ(counted(m).damaged_pages + counted(m).lost_pages, 0);
}

/* Bytes of a doubleword's ciphertext, from any byte, for any length. */
CASE(cipher_unaligned)
{
    unsigned char whole[32], part[32];
    for (uint64_t i = 0; i < 4; i++)
        CHECK(tce_memory_store64(m, PAGE + 8 * i, SECRET * (i + 1)));
    CHECK(make_secure(m));
    CHECK(tce_host_read(m, PAGE, whole, sizeof whole));
    for (size_t from = 0; from < sizeof whole; from++) {
        for (size_t count = 1; count <= sizeof whole - from; count++) {
            memset(part, 0xEE, sizeof part);
            CHECK(tce_host_read(m, PAGE + from, part, count));
            CHECK(memcmp(part, whole + from, count) == 0);
            CHECK(count == sizeof part || part[count] == 0xEE);
        }
    }
}

CASE(damage)
{
    CHECK(tce_memory_store64(m, PAGE, SECRET));
    CHECK(make_secure(m));
    CHECK(host_store(m, PAGE + 8, 0x1111));
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SECURE_OUT);
    CHECK_EQ(counted(m).page_outs, 1);
    CHECK_EQ(counted(m).damaged_pages, 1);
    CHECK_EQ(host_load(m, PAGE), ciphertext(SECRET, PAGE));
    CHECK_EQ(host_load(m, PAGE + 8), 0x1111);
    CHECK_EQ(host_load(m, PAGE + 16), ciphertext(0, PAGE + 16));
    CHECK(host_store(m, PAGE, 0x2222));
    CHECK_EQ(host_load(m, PAGE), 0x2222);
    CHECK_EQ(host_load(m, PAGE + 8), 0x1111);
    CHECK_EQ(counted(m).damaged_pages, 1);
    CHECK_EQ(counted(m).lost_pages, 0);
    /* The guest wants it back: all of it is 0. */
    CHECK_EQ(tce_memory_load64(m, PAGE), 0);
    CHECK_EQ(tce_memory_load64(m, PAGE + 8), 0);
    CHECK_EQ(counted(m).lost_pages, 1);
    CHECK_EQ(counted(m).page_ins, 1);
    /* The next time is another: once damaged, once more. */
    CHECK_EQ(host_load(m, PAGE), ciphertext(0, PAGE));
    CHECK(host_store(m, PAGE, 1));
    CHECK_EQ(counted(m).damaged_pages, 2);
    CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, PAGE >> 16, 1), TCE_U_SUCCESS);
    CHECK_EQ(host_load(m, PAGE), 0);
    CHECK_EQ(tce_memory_load64(m, PAGE), 0);
    CHECK_EQ(counted(m).lost_pages, 1);
}

/* A store by the guest pages in first: what it does not store is lost, what it stores is there. */
CASE(guest_stores_into_damaged)
{
    CHECK(tce_memory_store64(m, PAGE, SECRET));
    CHECK(make_secure(m));
    CHECK(host_store(m, PAGE + 8, 1));
    CHECK(tce_memory_store64(m, PAGE + 16, 3));
    CHECK_EQ(tce_memory_load64(m, PAGE), 0);
    CHECK_EQ(tce_memory_load64(m, PAGE + 8), 0);
    CHECK_EQ(tce_memory_load64(m, PAGE + 16), 3);
    CHECK_EQ(counted(m).lost_pages, 1);
}

CASE(shared_is_plain)
{
    CHECK(make_secure(m));
    CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, PAGE >> 16, 1), TCE_U_SUCCESS);
    CHECK(tce_memory_store64(m, PAGE, SECRET));
    CHECK_EQ(host_load(m, PAGE), SECRET);
    CHECK_EQ(uv_inval(m, PAGE, ORDER), TCE_U_SUCCESS);
    CHECK_EQ(host_load(m, PAGE), SECRET);
    CHECK(host_store(m, PAGE, 4));
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SHARED_ABSENT);
    CHECK_EQ(counted(m).remaps, 0);
    CHECK_EQ(tce_memory_load64(m, PAGE), 4);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SHARED);
    CHECK_EQ(counted(m).remaps, 1);
    CHECK_EQ(counted(m).shared_pages, 1);
    CHECK_EQ(counted(m).page_outs + counted(m).page_ins + counted(m).damaged_pages, 0);
    /* Who shared it is remembered while it is absent, too. */
    CHECK_EQ(uv_inval(m, PAGE, ORDER), TCE_U_SUCCESS);
    CHECK_EQ(tce_memory_load64(m, PAGE), 4);
    CHECK_EQ(svm(m, TCE_H_SVM_PAGE_IN, PAGE + FRAME, TCE_SVM_PAGE_SHARED), TCE_H_SUCCESS);
    CHECK_EQ(uv_inval(m, PAGE + FRAME, ORDER), TCE_U_SUCCESS);
    CHECK_EQ(tce_memory_load64(m, PAGE + FRAME), 0);
    CHECK_EQ(uv2(m, TCE_UV_UNSHARE_ALL_PAGES, 0, 0), TCE_U_SUCCESS);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SECURE_IN);
    CHECK_EQ(state_at(m, PAGE + FRAME), TCE_FRAME_SHARED);
}

CASE(shared_pages_peak)
{
    CHECK(make_secure(m));
    for (uint64_t i = 0; i < 3; i++)
        CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, 0x100 + i, 2), TCE_U_SUCCESS);
    CHECK_EQ(counted(m).shared_pages, 4);
    CHECK_EQ(uv_inval(m, PAGE, ORDER), TCE_U_SUCCESS);
    CHECK_EQ(counted(m).shared_pages, 4);
    CHECK_EQ(uv2(m, TCE_UV_UNSHARE_PAGE, 0xFF, 4), TCE_U_SUCCESS);
    CHECK_EQ(counted(m).shared_pages, 1);
    CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, 0x200, 2), TCE_U_SUCCESS);
    CHECK_EQ(counted(m).shared_pages, 3);
    CHECK_EQ(counted(m).peak_shared_pages, 4);
    CHECK_EQ(tce_machine_reset(m), TCE_OK);
    CHECK_EQ(counted(m).shared_pages, 0);
    CHECK_EQ(counted(m).peak_shared_pages, 4);
    CHECK_EQ(counted(m).share_calls, 4);
}

/* An access over two frames of different states: each has its own. */
CASE(straddling_frames)
{
    unsigned char bytes[16];
    CHECK(make_secure(m));
    CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, PAGE >> 16, 1), TCE_U_SUCCESS);
    CHECK(tce_memory_store64(m, PAGE + FRAME - 8, 1) && tce_memory_store64(m, PAGE + FRAME, 2));
    CHECK(tce_host_read(m, PAGE + FRAME - 8, bytes, 8));
    CHECK_EQ(state_at(m, PAGE + FRAME), TCE_FRAME_SECURE_IN);
    CHECK(tce_host_read(m, PAGE + FRAME - 8, bytes, 9));
    CHECK_EQ(state_at(m, PAGE + FRAME), TCE_FRAME_SECURE_OUT);
    CHECK_EQ(bytes[7], 1);
    CHECK_EQ(bytes[8], ciphertext(2, PAGE + FRAME) >> 56);
    CHECK_EQ(host_load(m, PAGE + FRAME - 4), UINT64_C(1) << 32 | ciphertext(2, PAGE + FRAME) >> 32);
    CHECK(host_store(m, PAGE + FRAME - 4, UINT64_MAX));
    CHECK_EQ(counted(m).damaged_pages, 1);
    CHECK_EQ(host_load(m, PAGE + FRAME - 8), UINT32_MAX);
    CHECK_EQ(host_load(m, PAGE + FRAME) >> 32, UINT32_MAX);
    CHECK_EQ((uint32_t)host_load(m, PAGE + FRAME), (uint32_t)ciphertext(2, PAGE + FRAME));
    CHECK_EQ(tce_memory_load64(m, PAGE + FRAME - 4), UINT64_C(0xFFFFFFFF) << 32);
    CHECK_EQ(counted(m).lost_pages, 1);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SHARED);
}

/* Memory that ends inside a frame, and inside a doubleword. */
CASE(partial_last_frame)
{
    unsigned char bytes[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    const uint64_t end = PAGE + 0x804;
    bool all = true;
    CHECK_EQ(tce_machine_set_memory_bytes(m, end), TCE_OK);
    CHECK(make_secure(m));
    CHECK_EQ(state_at(m, end - 1), TCE_FRAME_SECURE_IN);
    CHECK_EQ(state_at(m, end), NO_FRAME);
    CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, PAGE >> 16, 2), TCE_U_P2);
    CHECK(!tce_host_read(m, end - 4, bytes, sizeof bytes));
    const uint64_t cipher = ciphertext(0, end - 4);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(bytes[i], (cipher >> (56 - 8 * i)) & 0xFF);
    CHECK_EQ(bytes[4] | bytes[5] | bytes[6] | bytes[7], 0);
    CHECK_EQ(tce_host_write(m, end - 4, bytes, sizeof bytes, &all), TCE_OK);
    CHECK(!all);
    CHECK_EQ(counted(m).damaged_pages, 1);
    /* Beyond the end there is nothing to touch. */
    CHECK_EQ(tce_memory_load64(m, end), 0);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SECURE_OUT);
    CHECK(!tce_host_read(m, end, bytes, sizeof bytes));
    CHECK_EQ(counted(m).page_outs, 1);
    CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, PAGE >> 16, 1), TCE_U_SUCCESS);
    CHECK_EQ(state_at(m, end - 1), TCE_FRAME_SHARED);
}

CASE(reset_ends_the_secure_guest)
{
    CHECK(make_secure(m));
    CHECK(tce_memory_store64(m, PAGE, SECRET));
    CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, (PAGE >> 16) + 1, 1), TCE_U_SUCCESS);
    CHECK(tce_memory_store64(m, PAGE + FRAME, 5));
    CHECK_EQ(tce_machine_reset(m), TCE_OK);
    CHECK_EQ(tce_machine_svm_state(m), TCE_SVM_NORMAL);
    CHECK_EQ(state_at(m, PAGE + FRAME), TCE_FRAME_NORMAL);
    CHECK_EQ(host_load(m, PAGE), 0);
    CHECK_EQ(host_load(m, PAGE + FRAME), 5);
    /* A normal guest's memory stays. */
    CHECK_EQ(tce_machine_reset(m), TCE_OK);
    CHECK_EQ(host_load(m, PAGE + FRAME), 5);
}

CASE(memory_goes_and_comes)
{
    CHECK(make_secure(m));
    CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, 0xFE, 4), TCE_U_SUCCESS);
    for (uint64_t i = 0; i < 4; i++)
        CHECK(tce_memory_store64(m, PAGE - 2 * FRAME + i * FRAME + 0x8000, SECRET));
    CHECK_EQ(tce_machine_set_memory_bytes(m, PAGE + 0x8004), TCE_OK);
    CHECK_EQ(counted(m).shared_pages, 3);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SHARED);
    CHECK_EQ(tce_machine_set_memory_bytes(m, PAGE - FRAME), TCE_OK);
    CHECK_EQ(counted(m).shared_pages, 1);
    CHECK_EQ(tce_machine_set_memory_bytes(m, MEMORY_END), TCE_OK);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SECURE_IN);
    CHECK_EQ(state_at(m, PAGE - 2 * FRAME), TCE_FRAME_SHARED);
    CHECK_EQ(tce_memory_load64(m, PAGE - 2 * FRAME + 0x8000), SECRET);
    CHECK_EQ(tce_memory_load64(m, PAGE + 0x8000), 0);
    CHECK_EQ(counted(m).peak_shared_pages, 4);
}

/* A device through the window: every byte moves, and the fault says that some were not shared. */
CASE(dma_not_shared)
{
    unsigned char bytes[16], want[16];
    uint64_t done = 0, address = 0;
    CHECK(make_secure(m));
    CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, PAGE >> 16, 1), TCE_U_SUCCESS);
    CHECK(tce_memory_store64(m, PAGE + FRAME - 8, 1) && tce_memory_store64(m, PAGE + FRAME, SECRET));
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0, (PAGE + FRAME - 0x1000) | 3), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_put_tce(m, LIOBN, 0x1000, (PAGE + FRAME) | 3), TCE_H_SUCCESS);
    /* Translation touches nothing. */
    CHECK_EQ(tce_translate(m, LIOBN, 0xFF8, 16, TCE_ACCESS_READ, &address), TCE_FAULT_NONE);
    CHECK_EQ(state_at(m, PAGE + FRAME), TCE_FRAME_SECURE_IN);
    CHECK_EQ(tce_dma_read(m, LIOBN, 0xFF8, bytes, 8, &done), TCE_FAULT_NONE);
    CHECK_EQ(tce_dma_read(m, LIOBN, 0x1000, bytes, 0, &done), TCE_FAULT_NONE);
    CHECK_EQ(state_at(m, PAGE + FRAME), TCE_FRAME_SECURE_IN);
    CHECK_EQ(tce_dma_read(m, LIOBN, 0xFF8, bytes, 16, &done), TCE_FAULT_NOT_SHARED);
    CHECK_EQ(done, 16);
    CHECK(tce_host_read(m, PAGE + FRAME - 8, want, 16) && memcmp(bytes, want, 16) == 0);
    CHECK_EQ(tce_dma_write(m, LIOBN, 0xFF8, bytes, 16, &done), TCE_FAULT_NOT_SHARED);
    CHECK_EQ(done, 16);
    CHECK_EQ(counted(m).damaged_pages, 1);
    /* Another fault decides; what came before it was moved and touched. */
    CHECK_EQ(tce_dma_read(m, LIOBN, 0x1FF8, bytes, 16, &done), TCE_FAULT_NO_READ);
    CHECK_EQ(done, 8);
    CHECK_EQ(tce_memory_load64(m, PAGE + FRAME), 0);
    CHECK_EQ(tce_dma_write(m, LIOBN, 0x1FF8, bytes, 16, &done), TCE_FAULT_NO_WRITE);
    CHECK_EQ(counted(m).damaged_pages, 2);
    CHECK_EQ(state_at(m, PAGE + FRAME), TCE_FRAME_SECURE_OUT);
}

CASE(names_of_secure_guest)
{
    CHECK(strcmp(tce_uv_name(TCE_UV_SHARE_PAGE), "UV_SHARE_PAGE") == 0 && tce_uv_name(0xF105) == NULL);
    CHECK(strcmp(tce_u_status_name(TCE_U_INVALID), "U_INVALID") == 0 && tce_u_status_name(-10000) == NULL);
    CHECK(strcmp(tce_svm_hcall_name(TCE_H_SVM_INIT_DONE), "H_SVM_INIT_DONE") == 0);
    CHECK(tce_svm_hcall_name(0xEF10) == NULL && tce_svm_state_name(3) == NULL && tce_frame_state_name(5) == NULL);
    CHECK(strcmp(tce_svm_state_name(TCE_SVM_SECURE), "secure") == 0);
    CHECK(strcmp(tce_frame_state_name(TCE_FRAME_SHARED_ABSENT), "shared-absent") == 0);
}
