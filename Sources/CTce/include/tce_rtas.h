/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The RTAS calls for dynamic DMA windows, DDW (LoPAR 7.3.27): names, tokens, statuses, and the call.
 */
#ifndef TCE_RTAS_H
#define TCE_RTAS_H

#include "tce_machine.h"

/*
 * Tokens are those of QEMU (include/hw/ppc/spapr.h); LoPAR leaves them to the platform. The last is LoPAR's name of the
 * call before it, with a token of ours: PAPR has both, QEMU and KVM have no such token.
 */
#define TCE_RTAS_CALLS(X)                                                  \
    X(TCE_RTAS_QUERY_PE_DMA_WINDOW, 0x2026, "ibm,query-pe-dma-window")     \
    X(TCE_RTAS_CREATE_PE_DMA_WINDOW, 0x2027, "ibm,create-pe-dma-window")   \
    X(TCE_RTAS_REMOVE_PE_DMA_WINDOW, 0x2028, "ibm,remove-pe-dma-window")   \
    X(TCE_RTAS_RESET_PE_DMA_WINDOW, 0x2029, "ibm,reset-pe-dma-window")     \
    X(TCE_RTAS_RESET_PE_DMA_WINDOWS, 0x12029, "ibm,reset-pe-dma-windows")

TCE_ENUM(uint32_t, tce_rtas_token) {
#define TCE_X(name, token, text) name = token,
    TCE_RTAS_CALLS(TCE_X)
#undef TCE_X
};

/* First return cell of an RTAS call (LoPAR 7.3.27.1-4). */
#define TCE_RTAS_CODES(X)                      \
    X(TCE_RTAS_SUCCESS, 0, "success")          \
    X(TCE_RTAS_HARDWARE, -1, "hardware error") \
    X(TCE_RTAS_BUSY, -2, "busy")               \
    X(TCE_RTAS_PARAMETER, -3, "parameter error")

TCE_ENUM(int32_t, tce_rtas_status) {
#define TCE_X(name, value, text) name = value,
    TCE_RTAS_CODES(TCE_X)
#undef TCE_X
};

/* Cells of one call: at most 16 in, at most 16 out. */
#define TCE_RTAS_CELLS_MAX 16u

/* Bits of the page size mask that ibm,query-pe-dma-window returns (LoPAR 7.3.27.1; 2 MiB came later, in QEMU 7.1). */
#define TCE_RTAS_PAGE_SIZES(X) \
    X(12, 0x001)               \
    X(16, 0x002)               \
    X(24, 0x004)               \
    X(25, 0x008)               \
    X(26, 0x010)               \
    X(27, 0x020)               \
    X(28, 0x040)               \
    X(34, 0x080)               \
    X(21, 0x100)

TCE_BEGIN_DECLS

/* The name of a DDW call's token, or NULL; and the token of a name, or 0. */
const char *tce_rtas_name(uint32_t token);
uint32_t tce_rtas_token_of(const char *name);

/* The text of a status ("parameter error"), or NULL. */
const char *tce_rtas_status_text(int32_t status);

/* From page shifts (bit n: pages of 2^n bytes) to the mask of a query's answer, and back. Unknown bits are dropped. */
uint32_t tce_rtas_page_size_mask(uint64_t page_shifts);
uint64_t tce_rtas_page_shifts(uint32_t page_size_mask);

/*
 * Makes one call. args: nargs cells (at most 16); rets: nret cells (1...16), rets[0] the status, which is also
 * returned; cells that the call does not set are 0. A token that is no DDW call answers TCE_RTAS_PARAMETER, as do
 * wrong counts of cells (where one is above 16, rets[0] alone is written; with nret 0, none). *err (may be NULL) is
 * TCE_OK unless the host had no memory for a window, in which case the guest is told TCE_RTAS_HARDWARE.
 */
int32_t tce_rtas_call(tce_machine *m, uint32_t token, const uint32_t *args, uint32_t nargs, uint32_t *rets,
                      uint32_t nret, tce_err *err);

TCE_END_DECLS

#endif
