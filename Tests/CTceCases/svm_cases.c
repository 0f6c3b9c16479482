/* SPDX-License-Identifier: Apache-2.0 */
/* svm.c: ultracalls and the ultravisor's hcalls, each check on both sides of its limit. */
#include "secure.h"

#define GFN UINT64_C(0x100)
#define PAGE (GFN << TCE_FRAME_SHIFT)
#define FRAMES (MEMORY_END >> TCE_FRAME_SHIFT)

CASE(uv_without_pef)
{
    tce_config config = tce_config_pseries();
    tce_machine *plain;
    config.pef = false;
    CHECK_EQ(tce_machine_create(&config, &plain), TCE_OK);
    bool refused = true;
    for (uint64_t number = 0xF0FC; number < 0xF150; number += 4)
        refused = refused && uv2(plain, number, 0, 1) == TCE_U_FUNCTION;
    for (uint64_t opcode = 0xEEFC; opcode < 0xEF20; opcode += 4)
        refused = refused && svm(plain, opcode, 0, 0) == TCE_H_FUNCTION;
    const tce_sharing s = counted(plain);
    tce_machine_destroy(plain);
    CHECK(refused);
    CHECK_EQ(s.ultracalls, 21);
    CHECK_EQ(s.share_calls, 0);
}

CASE(uv_unknown)
{
    static const uint64_t none[] = {TCE_UV_WRITE_PATE,           TCE_UV_RETURN, TCE_UV_REGISTER_MEM_SLOT,
                                    TCE_UV_UNREGISTER_MEM_SLOT,  0,             TCE_UV_ESM + 1,
                                    TCE_UV_ESM | UINT64_C(1) << 32, UINT64_MAX};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        CHECK_EQ(tce_ultracall(m, none[i], NULL, 0, NULL), TCE_U_FUNCTION);
    CHECK_EQ(counted(m).ultracalls, 8);
    CHECK_EQ(svm(m, 0xEF10, 0, 0), TCE_H_FUNCTION);
    CHECK_EQ(svm(m, TCE_H_SVM_INIT_START | UINT64_C(1) << 32, 0, 0), TCE_H_FUNCTION);
    CHECK_EQ(tce_machine_svm_state(m), TCE_SVM_NORMAL);
}

CASE(uv_registers)
{
    /* Ten registers: the tenth is none of an ultracall's; missing ones are 0. */
    const uint64_t ten[10] = {MEMORY_END - 1, MEMORY_END - 1, 0, 0, 0, 0, 0, 0, 0, 0};
    tce_err err = TCE_ERR_EVENT;
    CHECK_EQ(tce_ultracall(m, TCE_UV_ESM, ten, 10, &err), TCE_U_SUCCESS);
    CHECK_EQ(err, TCE_OK);
    CHECK_EQ(tce_ultracall(m, TCE_UV_SHARE_PAGE, ten, 0, NULL), TCE_U_P2);
}

CASE(uv_esm)
{
    CHECK_EQ(uv2(m, TCE_UV_ESM, MEMORY_END, MEMORY_END), TCE_U_PARAMETER);
    CHECK_EQ(uv2(m, TCE_UV_ESM, MEMORY_END - 1, MEMORY_END), TCE_U_P2);
    CHECK_EQ(tce_machine_svm_state(m), TCE_SVM_NORMAL);
    CHECK(tce_memory_store64(m, PAGE, SECRET));
    CHECK(make_secure(m));
    CHECK_EQ(state_at(m, 0), TCE_FRAME_SECURE_IN);
    CHECK_EQ(tce_memory_load64(m, PAGE), SECRET);
    /* A second time: the arguments first, then nothing. */
    CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, GFN, 1), TCE_U_SUCCESS);
    CHECK_EQ(uv2(m, TCE_UV_ESM, MEMORY_END, 0), TCE_U_PARAMETER);
    CHECK_EQ(uv2(m, TCE_UV_ESM, 0, 0), TCE_U_SUCCESS);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SHARED);
    CHECK_EQ(uv2(m, TCE_UV_SVM_TERMINATE, 0, 0), TCE_U_SUCCESS);
    CHECK_EQ(svm(m, TCE_H_SVM_INIT_START, 0, 0), TCE_H_SUCCESS);
    CHECK_EQ(uv2(m, TCE_UV_ESM, 0, 0), TCE_U_BUSY);
    CHECK_EQ(uv2(m, TCE_UV_ESM, 0, MEMORY_END), TCE_U_P2);
}

CASE(uv_share_checks)
{
    static const uint64_t calls[] = {TCE_UV_SHARE_PAGE, TCE_UV_UNSHARE_PAGE};
    for (int i = 0; i < 2; i++)
        CHECK_EQ(uv2(m, calls[i], FRAMES, 0), TCE_U_INVALID);
    CHECK_EQ(svm(m, TCE_H_SVM_INIT_START, 0, 0), TCE_H_SUCCESS);
    for (int i = 0; i < 2; i++)
        CHECK_EQ(uv2(m, calls[i], 0, 1), TCE_U_INVALID);
    CHECK_EQ(svm(m, TCE_H_SVM_INIT_DONE, 0, 0), TCE_H_SUCCESS);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(uv2(m, calls[i], FRAMES, 0), TCE_U_PARAMETER);
        CHECK_EQ(uv2(m, calls[i], UINT64_MAX, 1), TCE_U_PARAMETER);
        CHECK_EQ(uv2(m, calls[i], 0, 0), TCE_U_P2);
        CHECK_EQ(uv2(m, calls[i], FRAMES - 1, 2), TCE_U_P2);
        CHECK_EQ(uv2(m, calls[i], FRAMES - 1, UINT64_MAX), TCE_U_P2);
        CHECK_EQ(uv2(m, calls[i], 1, UINT64_MAX), TCE_U_P2);
    }
    CHECK_EQ(counted(m).shared_pages, 0);
    CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, FRAMES - 1, 1), TCE_U_SUCCESS);
    CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, 0, FRAMES), TCE_U_SUCCESS);
    CHECK_EQ(counted(m).shared_pages, FRAMES);
    CHECK_EQ(uv2(m, TCE_UV_UNSHARE_PAGE, 0, FRAMES), TCE_U_SUCCESS);
    CHECK_EQ(counted(m).shared_pages, 0);
    CHECK_EQ(counted(m).peak_shared_pages, FRAMES);
    CHECK_EQ(counted(m).share_calls, 10);
    CHECK_EQ(counted(m).unshare_calls, 9);
    CHECK_EQ(counted(m).ultracalls, 19);
    CHECK_EQ(counted(m).page_outs + counted(m).page_ins, 0);
}

CASE(uv_share_zeroes)
{
    CHECK(make_secure(m));
    CHECK(tce_memory_store64(m, PAGE - 8, SECRET));
    CHECK(tce_memory_store64(m, PAGE, SECRET));
    CHECK(tce_memory_store64(m, PAGE + FRAME - 8, SECRET));
    CHECK(tce_memory_store64(m, PAGE + FRAME, SECRET));
    CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, GFN, 1), TCE_U_SUCCESS);
    CHECK_EQ(tce_memory_load64(m, PAGE), 0);
    CHECK_EQ(tce_memory_load64(m, PAGE + FRAME - 8), 0);
    CHECK_EQ(tce_memory_load64(m, PAGE - 8), SECRET);
    CHECK_EQ(tce_memory_load64(m, PAGE + FRAME), SECRET);
    /* Both sides see the same; shared again it is 0 again. */
    CHECK(host_store(m, PAGE, 5));
    CHECK_EQ(tce_memory_load64(m, PAGE), 5);
    CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, GFN, 1), TCE_U_SUCCESS);
    CHECK_EQ(host_load(m, PAGE), 0);
    CHECK(host_store(m, PAGE, 5));
    CHECK_EQ(uv2(m, TCE_UV_UNSHARE_PAGE, GFN - 1, 3), TCE_U_SUCCESS);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SECURE_IN);
    CHECK_EQ(tce_memory_load64(m, PAGE), 0);
    CHECK_EQ(tce_memory_load64(m, PAGE - 8), SECRET);
    /* Of a frame that was not shared nothing changes, in or out. */
    (void)host_load(m, PAGE + FRAME);
    CHECK_EQ(uv2(m, TCE_UV_UNSHARE_PAGE, GFN, 2), TCE_U_SUCCESS);
    CHECK_EQ(state_at(m, PAGE + FRAME), TCE_FRAME_SECURE_OUT);
    CHECK_EQ(tce_memory_load64(m, PAGE + FRAME), SECRET);
}

CASE(uv_unshare_all)
{
    CHECK_EQ(uv2(m, TCE_UV_UNSHARE_ALL_PAGES, 0, 0), TCE_U_INVALID);
    CHECK(make_secure(m));
    CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, GFN, 3), TCE_U_SUCCESS);
    CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, FRAMES - 1, 1), TCE_U_SUCCESS);
    CHECK_EQ(svm(m, TCE_H_SVM_PAGE_IN, PAGE - FRAME, TCE_SVM_PAGE_SHARED), TCE_H_SUCCESS);
    CHECK_EQ(uv_inval(m, PAGE, ORDER), TCE_U_SUCCESS);
    CHECK(host_store(m, PAGE + FRAME, 7));
    CHECK(host_store(m, PAGE - FRAME, 7));
    CHECK_EQ(uv2(m, TCE_UV_UNSHARE_ALL_PAGES, 0, 0), TCE_U_SUCCESS);
    for (uint64_t i = 0; i < 3; i++)
        CHECK_EQ(state_at(m, PAGE + i * FRAME), TCE_FRAME_SECURE_IN);
    CHECK_EQ(state_at(m, MEMORY_END - 1), TCE_FRAME_SECURE_IN);
    CHECK_EQ(state_at(m, PAGE - FRAME), TCE_FRAME_SHARED);
    CHECK_EQ(tce_memory_load64(m, PAGE + FRAME), 0);
    CHECK_EQ(tce_memory_load64(m, PAGE - FRAME), 7);
    CHECK_EQ(counted(m).shared_pages, 1);
    CHECK_EQ(counted(m).unshare_calls, 2);
}

/* UV_PAGE_IN and UV_PAGE_OUT: each check, and that of two faults the first decides. */
CASE(uv_page_checks)
{
    static const uint64_t calls[] = {TCE_UV_PAGE_IN, TCE_UV_PAGE_OUT};
    for (int i = 0; i < 2; i++)
        CHECK_EQ(uv_page(m, calls[i], 1, 1, 1), TCE_U_PARAMETER);
    CHECK(make_secure(m));
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(uv_page(m, calls[i], PAGE + 1, 1, 12), TCE_U_P3);
        CHECK_EQ(uv_page(m, calls[i], PAGE + 0x8000, 0, ORDER), TCE_U_P3);
        CHECK_EQ(uv_page(m, calls[i], MEMORY_END, 0, ORDER), TCE_U_P3);
        CHECK_EQ(uv_page(m, calls[i], PAGE, 1, 12), TCE_U_P4);
        CHECK_EQ(uv_page(m, calls[i], PAGE, UINT64_C(1) << 63, ORDER), TCE_U_P4);
        CHECK_EQ(uv_page(m, calls[i], PAGE, 0, 15), TCE_U_P5);
        CHECK_EQ(uv_page(m, calls[i], PAGE, 0, ORDER | UINT64_C(1) << 32), TCE_U_P5);
        CHECK_EQ(uv_page(m, calls[i], MEMORY_END - FRAME, 0, ORDER), TCE_U_SUCCESS);
    }
    CHECK_EQ(uv_inval(m, PAGE, ORDER), TCE_U_P2);       /* secure-in */
    CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, GFN, 1), TCE_U_SUCCESS);
    CHECK_EQ(uv_inval(m, PAGE + 1, 12), TCE_U_P2);
    CHECK_EQ(uv_inval(m, MEMORY_END, ORDER), TCE_U_P2);
    CHECK_EQ(uv_inval(m, PAGE, 12), TCE_U_P3);
    CHECK_EQ(uv_inval(m, PAGE + FRAME, 12), TCE_U_P3);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SHARED);
    CHECK_EQ(uv_inval(m, PAGE, ORDER), TCE_U_SUCCESS);
    CHECK_EQ(uv_inval(m, PAGE, ORDER), TCE_U_SUCCESS);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SHARED_ABSENT);
    CHECK_EQ(uv2(m, TCE_UV_SVM_TERMINATE, 1, 0), TCE_U_SUCCESS);
    CHECK_EQ(uv_inval(m, PAGE, 12), TCE_U_PARAMETER);
}

CASE(uv_page_in_and_out)
{
    CHECK(tce_memory_store64(m, PAGE, SECRET));
    CHECK_EQ(svm(m, TCE_H_SVM_INIT_START, 0, 0), TCE_H_SUCCESS);
    CHECK_EQ(uv_page(m, TCE_UV_PAGE_OUT, PAGE, 0, ORDER), TCE_U_SUCCESS);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_NORMAL);
    CHECK_EQ(uv_page(m, TCE_UV_PAGE_IN, PAGE, 0, ORDER), TCE_U_SUCCESS);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SECURE_IN);
    CHECK_EQ(uv_page(m, TCE_UV_PAGE_IN, PAGE, 0, ORDER), TCE_U_SUCCESS);
    CHECK_EQ(counted(m).page_ins, 1);
    CHECK_EQ(uv_page(m, TCE_UV_PAGE_OUT, PAGE, 0, ORDER), TCE_U_SUCCESS);
    CHECK_EQ(uv_page(m, TCE_UV_PAGE_OUT, PAGE, 0, ORDER), TCE_U_SUCCESS);
    CHECK_EQ(counted(m).page_outs, 1);
    CHECK_EQ(host_load(m, PAGE), ciphertext(SECRET, PAGE));
    CHECK_EQ(uv_page(m, TCE_UV_PAGE_IN, PAGE, 0, ORDER), TCE_U_SUCCESS);
    CHECK_EQ(counted(m).page_ins, 2);
    CHECK_EQ(tce_memory_load64(m, PAGE), SECRET);
    CHECK_EQ(svm(m, TCE_H_SVM_PAGE_IN, PAGE, TCE_SVM_PAGE_SHARED), TCE_H_SUCCESS);
    CHECK_EQ(uv_page(m, TCE_UV_PAGE_OUT, PAGE, 0, ORDER), TCE_U_SUCCESS);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SHARED);
    CHECK_EQ(uv_inval(m, PAGE, ORDER), TCE_U_SUCCESS);
    CHECK_EQ(uv_page(m, TCE_UV_PAGE_IN, PAGE, 0, ORDER), TCE_U_SUCCESS);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SHARED);
    CHECK_EQ(counted(m).remaps, 1);
    CHECK_EQ(counted(m).page_ins, 2);
}

CASE(uv_terminate)
{
    CHECK_EQ(uv2(m, TCE_UV_SVM_TERMINATE, 0, 0), TCE_U_INVALID);
    CHECK(tce_memory_store64(m, PAGE, SECRET));
    CHECK(make_secure(m));
    CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, GFN + 1, 2), TCE_U_SUCCESS);
    CHECK(tce_memory_store64(m, PAGE + FRAME, 1));
    CHECK(tce_memory_store64(m, PAGE + 2 * FRAME, 2));
    CHECK(tce_memory_store64(m, PAGE + 3 * FRAME, 3));
    (void)host_load(m, PAGE + 3 * FRAME);
    CHECK_EQ(uv_inval(m, PAGE + 2 * FRAME, ORDER), TCE_U_SUCCESS);
    CHECK_EQ(uv2(m, TCE_UV_SVM_TERMINATE, 0, 0), TCE_U_SUCCESS);
    CHECK_EQ(tce_machine_svm_state(m), TCE_SVM_NORMAL);
    static const uint64_t left[] = {0, 1, 2, 0};
    for (uint64_t i = 0; i < 4; i++) {
        CHECK_EQ(state_at(m, PAGE + i * FRAME), TCE_FRAME_NORMAL);
        CHECK_EQ(host_load(m, PAGE + i * FRAME), left[i]);
    }
    CHECK_EQ(counted(m).shared_pages, 0);
    CHECK_EQ(counted(m).peak_shared_pages, 2);
    CHECK_EQ(counted(m).lost_pages, 0);
}

CASE(svm_page_checks)
{
    static const uint64_t calls[] = {TCE_H_SVM_PAGE_IN, TCE_H_SVM_PAGE_OUT};
    for (int i = 0; i < 2; i++)
        CHECK_EQ(tce_svm_hcall(m, calls[i], 1, 9, 9, NULL), TCE_H_UNSUPPORTED);
    CHECK_EQ(svm(m, TCE_H_SVM_INIT_START, 0, 0), TCE_H_SUCCESS);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(tce_svm_hcall(m, calls[i], 1, 9, 12, NULL), TCE_H_P3);
        CHECK_EQ(tce_svm_hcall(m, calls[i], 1, 9, 17, NULL), TCE_H_P3);
        CHECK_EQ(svm(m, calls[i], 1, 2), TCE_H_P2);
        CHECK_EQ(svm(m, calls[i], 1, 3), TCE_H_P2);
        CHECK_EQ(svm(m, calls[i], PAGE + 1, 0), TCE_H_PARAMETER);
        CHECK_EQ(svm(m, calls[i], MEMORY_END, 0), TCE_H_PARAMETER);
    }
    CHECK_EQ(svm(m, TCE_H_SVM_PAGE_OUT, PAGE, TCE_SVM_PAGE_SHARED), TCE_H_P2);
    CHECK_EQ(svm(m, TCE_H_SVM_PAGE_IN, PAGE + 8, TCE_SVM_PAGE_SHARED), TCE_H_PARAMETER);
    CHECK_EQ(svm(m, TCE_H_SVM_PAGE_IN, MEMORY_END - FRAME, TCE_SVM_PAGE_SHARED), TCE_H_SUCCESS);
    CHECK_EQ(counted(m).shared_pages, 1);
}

CASE(svm_page_in_and_out)
{
    CHECK(tce_memory_store64(m, PAGE, SECRET));
    CHECK_EQ(svm(m, TCE_H_SVM_INIT_START, 0, 0), TCE_H_SUCCESS);
    CHECK_EQ(svm(m, TCE_H_SVM_PAGE_OUT, PAGE, 0), TCE_H_SUCCESS);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_NORMAL);
    CHECK_EQ(svm(m, TCE_H_SVM_PAGE_IN, PAGE, 0), TCE_H_SUCCESS);
    CHECK_EQ(svm(m, TCE_H_SVM_PAGE_IN, PAGE, 0), TCE_H_PARAMETER);
    CHECK_EQ(counted(m).page_ins, 1);
    CHECK_EQ(svm(m, TCE_H_SVM_PAGE_OUT, PAGE, 0), TCE_H_SUCCESS);
    CHECK_EQ(counted(m).page_outs, 1);
    CHECK_EQ(svm(m, TCE_H_SVM_PAGE_IN, PAGE, 0), TCE_H_SUCCESS);
    CHECK_EQ(counted(m).page_ins, 2);
    CHECK_EQ(tce_memory_load64(m, PAGE), SECRET);
    /* To be shared: zeros once, then the same page; who shared it does not change. */
    CHECK_EQ(svm(m, TCE_H_SVM_PAGE_IN, PAGE, TCE_SVM_PAGE_SHARED), TCE_H_SUCCESS);
    CHECK_EQ(tce_memory_load64(m, PAGE), 0);
    CHECK(tce_memory_store64(m, PAGE, 6));
    CHECK_EQ(svm(m, TCE_H_SVM_PAGE_IN, PAGE, TCE_SVM_PAGE_SHARED), TCE_H_SUCCESS);
    CHECK_EQ(uv_inval(m, PAGE, ORDER), TCE_U_SUCCESS);
    CHECK_EQ(svm(m, TCE_H_SVM_PAGE_IN, PAGE, TCE_SVM_PAGE_SHARED), TCE_H_SUCCESS);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SHARED);
    CHECK_EQ(tce_memory_load64(m, PAGE), 6);
    CHECK_EQ(counted(m).remaps, 1);
    CHECK_EQ(svm(m, TCE_H_SVM_INIT_DONE, 0, 0), TCE_H_SUCCESS);
    CHECK_EQ(uv2(m, TCE_UV_UNSHARE_ALL_PAGES, 0, 0), TCE_U_SUCCESS);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SHARED);
    CHECK_EQ(svm(m, TCE_H_SVM_PAGE_IN, PAGE, 0), TCE_H_SUCCESS);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SECURE_IN);
    CHECK_EQ(tce_memory_load64(m, PAGE), 0);
    CHECK_EQ(counted(m).shared_pages, 0);
    CHECK_EQ(counted(m).page_ins, 2);
    /* What the guest shared is its own still when the ultravisor asks for the same. */
    CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, GFN, 1), TCE_U_SUCCESS);
    CHECK_EQ(svm(m, TCE_H_SVM_PAGE_IN, PAGE, TCE_SVM_PAGE_SHARED), TCE_H_SUCCESS);
    CHECK_EQ(svm(m, TCE_H_SVM_PAGE_IN, PAGE + FRAME, TCE_SVM_PAGE_SHARED), TCE_H_SUCCESS);
    CHECK_EQ(uv2(m, TCE_UV_SHARE_PAGE, GFN + 1, 1), TCE_U_SUCCESS);
    CHECK_EQ(uv2(m, TCE_UV_UNSHARE_ALL_PAGES, 0, 0), TCE_U_SUCCESS);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SECURE_IN);
    CHECK_EQ(state_at(m, PAGE + FRAME), TCE_FRAME_SECURE_IN);
}

CASE(svm_init)
{
    CHECK(tce_memory_store64(m, PAGE, SECRET));
    CHECK_EQ(svm(m, TCE_H_SVM_INIT_DONE, 0, 0), TCE_H_UNSUPPORTED);
    CHECK_EQ(svm(m, TCE_H_SVM_INIT_ABORT, 0, 0), TCE_H_UNSUPPORTED);
    CHECK_EQ(svm(m, TCE_H_SVM_INIT_START, 0, 0), TCE_H_SUCCESS);
    CHECK_EQ(tce_machine_svm_state(m), TCE_SVM_TRANSITION);
    CHECK_EQ(svm(m, TCE_H_SVM_INIT_START, 0, 0), TCE_H_UNSUPPORTED);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_NORMAL);
    CHECK_EQ(svm(m, TCE_H_SVM_PAGE_IN, PAGE + FRAME, TCE_SVM_PAGE_SHARED), TCE_H_SUCCESS);
    CHECK_EQ(svm(m, TCE_H_SVM_INIT_DONE, 0, 0), TCE_H_SUCCESS);
    CHECK_EQ(state_at(m, PAGE), TCE_FRAME_SECURE_IN);
    CHECK_EQ(state_at(m, PAGE + FRAME), TCE_FRAME_SHARED);
    CHECK_EQ(tce_memory_load64(m, PAGE), SECRET);
    CHECK_EQ(svm(m, TCE_H_SVM_INIT_DONE, 0, 0), TCE_H_UNSUPPORTED);
    CHECK_EQ(svm(m, TCE_H_SVM_INIT_START, 0, 0), TCE_H_UNSUPPORTED);
    CHECK_EQ(svm(m, TCE_H_SVM_INIT_ABORT, 0, 0), TCE_H_STATE);
    CHECK_EQ(tce_machine_svm_state(m), TCE_SVM_SECURE);
}

CASE(svm_abort)
{
    for (uint64_t i = 0; i < 5; i++)
        CHECK(tce_memory_store64(m, PAGE + i * FRAME, SECRET + i));
    CHECK_EQ(svm(m, TCE_H_SVM_INIT_START, 0, 0), TCE_H_SUCCESS);
    for (uint64_t i = 1; i < 4; i++)
        CHECK_EQ(svm(m, TCE_H_SVM_PAGE_IN, PAGE + i * FRAME, 0), TCE_H_SUCCESS);
    CHECK_EQ(svm(m, TCE_H_SVM_PAGE_OUT, PAGE + 2 * FRAME, 0), TCE_H_SUCCESS);
    CHECK(host_store(m, PAGE + 3 * FRAME + 8, 1));
    CHECK_EQ(svm(m, TCE_H_SVM_PAGE_IN, PAGE + 4 * FRAME, TCE_SVM_PAGE_SHARED), TCE_H_SUCCESS);
    CHECK(tce_memory_store64(m, PAGE + 4 * FRAME, 9));
    CHECK_EQ(svm(m, TCE_H_SVM_INIT_ABORT, 0, 0), TCE_H_PARAMETER);
    CHECK_EQ(tce_machine_svm_state(m), TCE_SVM_NORMAL);
    static const uint64_t left[] = {SECRET, SECRET + 1, SECRET + 2, 0, 9};
    for (uint64_t i = 0; i < 5; i++) {
        CHECK_EQ(state_at(m, PAGE + i * FRAME), TCE_FRAME_NORMAL);
        CHECK_EQ(host_load(m, PAGE + i * FRAME), left[i]);
    }
    CHECK_EQ(host_load(m, PAGE + 3 * FRAME + 8), 0);
    CHECK_EQ(counted(m).lost_pages, 1);
    CHECK_EQ(counted(m).shared_pages, 0);
    /* And it may try again, with nothing left of the first time. */
    CHECK(make_secure(m));
    CHECK_EQ(state_at(m, PAGE + 4 * FRAME), TCE_FRAME_SECURE_IN);
}

CASE(uv_unknown_memory)
{
    tce_config config = tce_config_pseries();
    tce_machine *all;
    config.memory_bytes = TCE_MEMORY_UNKNOWN;
    CHECK_EQ(tce_machine_create(&config, &all), TCE_OK);
    const uint64_t frames = UINT64_C(1) << 48;
    bool secure = make_secure(all);
    tce_u_status last = uv2(all, TCE_UV_SHARE_PAGE, frames - 1, 1), beyond = uv2(all, TCE_UV_SHARE_PAGE, frames - 1, 2);
    tce_u_status none = uv2(all, TCE_UV_SHARE_PAGE, frames, 1), wraps = uv2(all, TCE_UV_UNSHARE_PAGE, 1, UINT64_MAX);
    uint32_t state = state_at(all, UINT64_MAX), before = state_at(all, UINT64_MAX - FRAME);
    tce_machine_destroy(all);
    CHECK(secure);
    CHECK_EQ(last, TCE_U_SUCCESS);
    CHECK_EQ(beyond, TCE_U_P2);
    CHECK_EQ(none, TCE_U_PARAMETER);
    CHECK_EQ(wraps, TCE_U_P2);
    CHECK_EQ(state, TCE_FRAME_SHARED);
    CHECK_EQ(before, TCE_FRAME_SECURE_IN);
}
