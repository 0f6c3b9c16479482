/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TCE hypercalls as a guest makes them: opcodes, status codes, entry points (LoPAR 14.5.4.2).
 *
 * Every argument is a 64-bit register; nothing is cut to 32 bits before the platform's own checks. A status is an
 * answer to the guest, never an error of the host.
 */
#ifndef TCE_HCALL_H
#define TCE_HCALL_H

#include "tce_machine.h"

#define TCE_H_GET_TCE UINT64_C(0x1C)
#define TCE_H_PUT_TCE UINT64_C(0x20)
#define TCE_H_STUFF_TCE UINT64_C(0x138)
#define TCE_H_PUT_TCE_INDIRECT UINT64_C(0x13C)

/* Return codes of hcalls, R3 (LoPAR 14.5, table of return codes; Linux asm/hvcall.h). */
#define TCE_H_CODES(X)              \
    X(H_SUCCESS, 0)                 \
    X(H_BUSY, 1)                    \
    X(H_CLOSED, 2)                  \
    X(H_NOT_AVAILABLE, 3)           \
    X(H_CONSTRAINED, 4)             \
    X(H_PARTIAL, 5)                 \
    X(H_IN_PROGRESS, 14)            \
    X(H_PAGE_REGISTERED, 15)        \
    X(H_PARTIAL_STORE, 16)          \
    X(H_PENDING, 17)                \
    X(H_CONTINUE, 18)               \
    X(H_LONG_BUSY_ORDER_1_MSEC, 9900)   \
    X(H_LONG_BUSY_ORDER_10_MSEC, 9901)  \
    X(H_LONG_BUSY_ORDER_100_MSEC, 9902) \
    X(H_LONG_BUSY_ORDER_1_SEC, 9903)    \
    X(H_LONG_BUSY_ORDER_10_SEC, 9904)   \
    X(H_LONG_BUSY_ORDER_100_SEC, 9905)  \
    X(H_TOO_HARD, 9999)             \
    X(H_HARDWARE, -1)               \
    X(H_FUNCTION, -2)               \
    X(H_PRIVILEGE, -3)              \
    X(H_PARAMETER, -4)              \
    X(H_BAD_MODE, -5)               \
    X(H_PTEG_FULL, -6)              \
    X(H_NOT_FOUND, -7)              \
    X(H_NO_MEM, -9)                 \
    X(H_AUTHORITY, -10)             \
    X(H_PERMISSION, -11)            \
    X(H_SOURCE_PARM, -13)           \
    X(H_DEST_PARM, -14)             \
    X(H_REMOTE_PARM, -15)           \
    X(H_RESOURCE, -16)              \
    X(H_MEM_PARM, -28)              \
    X(H_TABLE_FULL, -41)            \
    X(H_NOT_ENOUGH_RESOURCES, -44)  \
    X(H_R_STATE, -45)               \
    X(H_RESCINDED, -46)             \
    X(H_ABORTED, -54)               \
    X(H_P2, -55)                    \
    X(H_P3, -56)                    \
    X(H_P4, -57)                    \
    X(H_P5, -58)                    \
    X(H_P6, -59)                    \
    X(H_P7, -60)                    \
    X(H_P8, -61)                    \
    X(H_P9, -62)                    \
    X(H_NOOP, -63)                  \
    X(H_TOO_BIG, -64)               \
    X(H_UNSUPPORTED, -67)           \
    X(H_OVERLAP, -68)               \
    X(H_INTERRUPT, -69)             \
    X(H_BAD_DATA, -70)              \
    X(H_NOT_ACTIVE, -71)            \
    X(H_STATE, -75)                 \
    X(H_RESERVED, -76)              \
    X(H_IN_USE, -77)                \
    X(H_MULTI_THREADS_ACTIVE, -9005)

TCE_ENUM(int64_t, tce_h_status) {
#define TCE_X(name, value) TCE_##name = value,
    TCE_H_CODES(TCE_X)
#undef TCE_X
};

TCE_BEGIN_DECLS

/* The PAPR name of a return code ("H_PARAMETER"), or NULL where the code has none. */
const char *tce_h_status_name(int64_t status);

/*
 * H_GET_TCE: on TCE_H_SUCCESS *tce is the stored value; on TCE_H_PARTIAL (PAPR: the partition has no such page any
 * more) its control field, with all address bits 1; else *tce is left alone.
 */
tce_h_status tce_h_get_tce(const tce_machine *m, uint64_t liobn, uint64_t ioba, uint64_t *tce);

/* H_PUT_TCE: stores one TCE. */
tce_h_status tce_h_put_tce(tce_machine *m, uint64_t liobn, uint64_t ioba, uint64_t tce);

/* H_PUT_TCE_INDIRECT: stores npages TCEs, read big-endian from guest memory at `list` (a multiple of 4 KiB). */
tce_h_status tce_h_put_tce_indirect(tce_machine *m, uint64_t liobn, uint64_t ioba, uint64_t list, uint64_t npages);

/*
 * The same call with the list given in host byte order instead of standing in guest memory: for a replay, which knows
 * the entries but not the rest of the page. entries: npages of them (NULL only where npages is 0 or the call is
 * refused before it reads, as for npages above TCE_LIST_ENTRIES_MAX). `list` is still checked as the address it was.
 */
tce_h_status tce_h_put_tce_list(tce_machine *m, uint64_t liobn, uint64_t ioba, uint64_t list, const uint64_t *entries,
                                uint64_t npages);

/* H_STUFF_TCE: stores one value in npages TCEs. */
tce_h_status tce_h_stuff_tce(tce_machine *m, uint64_t liobn, uint64_t ioba, uint64_t tce, uint64_t npages);

/*
 * Any hcall by number: args are R4...R9, out is R4 on return (written only where the hcall has an output).
 * An opcode that the machine does not have answers TCE_H_FUNCTION; all 64 bits of it count.
 */
tce_h_status tce_hcall(tce_machine *m, uint64_t opcode, const uint64_t args[6], uint64_t *out);

TCE_END_DECLS

#endif
