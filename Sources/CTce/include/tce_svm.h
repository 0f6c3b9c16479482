/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secure guest (PEF, SVM): its ultracalls, the hcalls that the ultravisor makes for it, and which of its 64 KiB
 * frames are secure, shared or paged out (Linux Documentation/arch/powerpc/ultravisor.rst, kvm/book3s_hv_uvmem.c).
 *
 * Two sides touch memory. The *guest* does with tce_memory_read and its like; the *host* (the hypervisor, QEMU, an
 * emulated device) with tce_host_read, the DMA calls and the list of H_PUT_TCE_INDIRECT. A host that touches a secure
 * frame has it paged out: it reads ciphertext, and what it writes there damages the frame. A guest that touches the
 * frame again has it paged in: a damaged one has lost its content and is all 0.
 */
#ifndef TCE_SVM_H
#define TCE_SVM_H

#include "tce_hcall.h"

/* The unit of sharing: a frame of 64 KiB. Its number (gfn) is its real address >> TCE_FRAME_SHIFT. */
#define TCE_FRAME_SHIFT 16u

/* Ultracalls, R3 (Linux asm/ultravisor-api.h). */
#define TCE_UV_CALLS(X)               \
    X(UV_WRITE_PATE, 0xF104)          \
    X(UV_ESM, 0xF110)                 \
    X(UV_RETURN, 0xF11C)              \
    X(UV_REGISTER_MEM_SLOT, 0xF120)   \
    X(UV_UNREGISTER_MEM_SLOT, 0xF124) \
    X(UV_PAGE_IN, 0xF128)             \
    X(UV_PAGE_OUT, 0xF12C)            \
    X(UV_SHARE_PAGE, 0xF130)          \
    X(UV_UNSHARE_PAGE, 0xF134)        \
    X(UV_PAGE_INVAL, 0xF138)          \
    X(UV_SVM_TERMINATE, 0xF13C)       \
    X(UV_UNSHARE_ALL_PAGES, 0xF140)

TCE_ENUM(uint64_t, tce_uv_call) {
#define TCE_X(name, number) TCE_##name = number,
    TCE_UV_CALLS(TCE_X)
#undef TCE_X
};

/*
 * Return codes of ultracalls: the numbers of the H_ codes (Linux asm/ultravisor-api.h). For U_INVALID, U_RETRY and
 * U_NO_KEY, which ultravisor.rst names, no number is published: these are ours.
 */
#define TCE_U_CODES(X)     \
    X(U_SUCCESS, 0)        \
    X(U_BUSY, 1)           \
    X(U_NOT_AVAILABLE, 3)  \
    X(U_FUNCTION, -2)      \
    X(U_PARAMETER, -4)     \
    X(U_PERMISSION, -11)   \
    X(U_P2, -55)           \
    X(U_P3, -56)           \
    X(U_P4, -57)           \
    X(U_P5, -58)           \
    X(U_INVALID, -10001)   \
    X(U_RETRY, -10002)     \
    X(U_NO_KEY, -10003)

TCE_ENUM(int64_t, tce_u_status) {
#define TCE_X(name, value) TCE_##name = value,
    TCE_U_CODES(TCE_X)
#undef TCE_X
};

/* Hcalls that the ultravisor makes (Linux asm/hvcall.h). */
#define TCE_SVM_HCALLS(X)        \
    X(H_SVM_PAGE_IN, 0xEF00)     \
    X(H_SVM_PAGE_OUT, 0xEF04)    \
    X(H_SVM_INIT_START, 0xEF08)  \
    X(H_SVM_INIT_DONE, 0xEF0C)   \
    X(H_SVM_INIT_ABORT, 0xEF14)

TCE_ENUM(uint64_t, tce_svm_opcode) {
#define TCE_X(name, number) TCE_##name = number,
    TCE_SVM_HCALLS(TCE_X)
#undef TCE_X
};

/* Flag of H_SVM_PAGE_IN: share the frame. */
#define TCE_SVM_PAGE_SHARED UINT64_C(1)

/* Registers of an ultracall after its number: R4...R12. */
#define TCE_UV_ARGUMENTS_MAX 9u

/* The guest as a whole. */
#define TCE_SVM_STATES(X)                       \
    X(TCE_SVM_NORMAL, 0, "normal")              \
    X(TCE_SVM_TRANSITION, 1, "in transition")   \
    X(TCE_SVM_SECURE, 2, "secure")

TCE_ENUM(uint32_t, tce_svm_state) {
#define TCE_X(name, value, text) name = value,
    TCE_SVM_STATES(TCE_X)
#undef TCE_X
};

/* One frame. The host sees the bytes of a normal or shared one, and ciphertext of a secure one. */
#define TCE_FRAME_STATES(X)                        \
    X(TCE_FRAME_NORMAL, 0, "normal")               \
    X(TCE_FRAME_SECURE_IN, 1, "secure-in")         \
    X(TCE_FRAME_SECURE_OUT, 2, "secure-out")       \
    X(TCE_FRAME_SHARED, 3, "shared")               \
    X(TCE_FRAME_SHARED_ABSENT, 4, "shared-absent")

TCE_ENUM(uint32_t, tce_frame_state) {
#define TCE_X(name, value, text) name = value,
    TCE_FRAME_STATES(TCE_X)
#undef TCE_X
};

/* What page sharing did: constant field, unit, text. */
#define TCE_SHARING_COUNTERS(X)                                                                            \
    X(ultracalls, "calls", "ultracalls made")                                                              \
    X(share_calls, "calls", "of these, UV_SHARE_PAGE")                                                     \
    X(unshare_calls, "calls", "of these, UV_UNSHARE_PAGE and UV_UNSHARE_ALL_PAGES")                        \
    X(shared_pages, "frames", "frames of 64 KiB that are shared")                                          \
    X(peak_shared_pages, "frames", "the most that there were at once")                                     \
    X(page_outs, "frames", "secure frames that were encrypted and given to the hypervisor")                \
    X(page_ins, "frames", "frames that the ultravisor took into secure memory again")                      \
    X(remaps, "frames", "shared frames that the hypervisor had unmapped and mapped again")                 \
    X(damaged_pages, "frames", "paged-out frames into which the hypervisor or a device wrote")             \
    X(lost_pages, "frames", "of these, frames that the guest wanted back: their content was gone")

typedef struct tce_sharing {
#define TCE_X(name, unit, text) uint64_t name;
    TCE_SHARING_COUNTERS(TCE_X)
#undef TCE_X
} tce_sharing;

TCE_BEGIN_DECLS

/* "UV_SHARE_PAGE", "U_SUCCESS", "H_SVM_PAGE_IN", "secure", "shared"; NULL for a number that is none. */
const char *tce_uv_name(uint64_t number);
const char *tce_u_status_name(int64_t status);
const char *tce_svm_hcall_name(uint64_t opcode);
const char *tce_svm_state_name(tce_svm_state state);
const char *tce_frame_state_name(tce_frame_state state);

/*
 * Makes an ultracall. Whose it is follows from its number: UV_ESM, UV_SHARE_PAGE, UV_UNSHARE_PAGE and
 * UV_UNSHARE_ALL_PAGES are the guest's, UV_PAGE_IN, UV_PAGE_OUT, UV_PAGE_INVAL and UV_SVM_TERMINATE the hypervisor's;
 * the others, and unknown numbers, answer TCE_U_FUNCTION. So does every call of a machine without PEF. args: nargs
 * registers from R4 on (NULL if 0); missing ones are 0. *err (may be NULL): TCE_ERR_NO_MEMORY, and then nothing has
 * changed and the status is TCE_U_RETRY; else TCE_OK.
 */
tce_u_status tce_ultracall(tce_machine *m, uint64_t number, const uint64_t *args, size_t nargs, tce_err *err);

/*
 * An hcall that the ultravisor makes, with KVM's checks: address is the guest's real address, order a page shift.
 * TCE_H_FUNCTION for other opcodes and of a machine without PEF. *err as above (the status is TCE_H_NO_MEM then).
 */
tce_h_status tce_svm_hcall(tce_machine *m, uint64_t opcode, uint64_t address, uint64_t flags, uint64_t order,
                           tce_err *err);

tce_svm_state tce_machine_svm_state(const tce_machine *m);

/* The state of the frame that an address lies in; false: it is not memory. */
bool tce_frame_state_of(const tce_machine *m, uint64_t address, tce_frame_state *state);

/* Bytes from an address on that lie in frames of its state, at most to `end`; 0: it is not memory, or not below `end`. */
uint64_t tce_frame_run(const tce_machine *m, uint64_t address, uint64_t end, tce_frame_state *state);

tce_sharing tce_machine_sharing(const tce_machine *m);

/*
 * Copies between a buffer and guest memory as the host sees it, without an IOMMU. Where there is no memory, reads give
 * 0 and writes are dropped; *all (may be NULL) says whether all of it was memory. TCE_ERR_NO_MEMORY: a write was
 * stored in part.
 */
bool tce_host_read(tce_machine *m, uint64_t address, void *buffer, size_t bytes);
tce_err tce_host_write(tce_machine *m, uint64_t address, const void *buffer, size_t bytes, bool *all);

TCE_END_DECLS

#endif
