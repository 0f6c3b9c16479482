/* SPDX-License-Identifier: Apache-2.0 */
/* What the cases of a secure guest have in common. */
#ifndef CTCE_SECURE_H
#define CTCE_SECURE_H

#include "case.h"

#include "tce_svm.h"

#define FRAME UINT64_C(0x10000)
#define NO_FRAME 99u                        /* state_at: not memory */
#define ORDER UINT64_C(16)
#define SECRET UINT64_C(0x0123456789ABCDEF)

static inline tce_u_status uv2(tce_machine *m, uint64_t number, uint64_t r4, uint64_t r5)
{
    const uint64_t args[] = {r4, r5};
    return tce_ultracall(m, number, args, 2, NULL);
}

/* UV_PAGE_IN, UV_PAGE_OUT: lpid, host address, guest address, flags, order. */
static inline tce_u_status uv_page(tce_machine *m, uint64_t number, uint64_t gpa, uint64_t flags, uint64_t order)
{
    const uint64_t args[] = {1, 0x7000, gpa, flags, order};
    return tce_ultracall(m, number, args, 5, NULL);
}

static inline tce_u_status uv_inval(tce_machine *m, uint64_t gpa, uint64_t order)
{
    const uint64_t args[] = {1, gpa, order};
    return tce_ultracall(m, TCE_UV_PAGE_INVAL, args, 3, NULL);
}

static inline tce_h_status svm(tce_machine *m, uint64_t opcode, uint64_t gpa, uint64_t flags)
{
    return tce_svm_hcall(m, opcode, gpa, flags, ORDER, NULL);
}

static inline bool make_secure(tce_machine *m)
{
    return uv2(m, TCE_UV_ESM, 0, 0) == TCE_U_SUCCESS && tce_machine_svm_state(m) == TCE_SVM_SECURE;
}

static inline uint32_t state_at(const tce_machine *m, uint64_t address)
{
    tce_frame_state state = NO_FRAME;
    return tce_frame_state_of(m, address, &state) ? state : NO_FRAME;
}

static inline uint64_t host_load(tce_machine *m, uint64_t address)
{
    unsigned char bytes[8];
    uint64_t value = 0;
    (void)tce_host_read(m, address, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        value = value << 8 | bytes[i];
    return value;
}

static inline bool host_store(tce_machine *m, uint64_t address, uint64_t value)
{
    unsigned char bytes[8];
    bool all = false;
    for (size_t i = sizeof bytes; i-- > 0; value >>= 8)
        bytes[i] = (unsigned char)value;
    return tce_host_write(m, address, bytes, sizeof bytes, &all) == TCE_OK && all;
}

/* The ciphertext as it is defined, written once more from the definition (docs/secure-guests.md). */
static inline uint64_t mixed(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static inline uint64_t ciphertext(uint64_t value, uint64_t address)
{
    return mixed(value ^ mixed(address + UINT64_C(0x9E3779B97F4A7C15)));
}

static inline tce_sharing counted(const tce_machine *m)
{
    return tce_machine_sharing(m);
}

#endif
