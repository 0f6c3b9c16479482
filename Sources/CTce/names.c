/* SPDX-License-Identifier: Apache-2.0 */
/* Names and texts of codes: what the lists in the headers say, and nothing else. Architectural. */
#include "internal.h"

#include <string.h>

const char *tce_err_text(tce_err err)
{
    switch (err) {
#define TCE_X(name, value, text) \
    case name:                   \
        return text;
        TCE_ERRORS(TCE_X)
#undef TCE_X
    }
    return "unknown error";
}

const char *tce_platform_name(tce_platform platform)
{
    switch (platform) {
#define TCE_X(name, value, text) \
    case name:                   \
        return text;
        TCE_PLATFORMS(TCE_X)
#undef TCE_X
    }
    return NULL;
}

const char *tce_h_status_name(int64_t status)
{
    switch (status) {
#define TCE_X(name, value) \
    case value:            \
        return #name;
        TCE_H_CODES(TCE_X)
#undef TCE_X
    default:
        return NULL;
    }
}

const char *tce_fault_key(tce_fault fault)
{
    switch (fault) {
#define TCE_X(name, value, key, text) \
    case name:                        \
        return key;
        TCE_FAULTS(TCE_X)
#undef TCE_X
    }
    return NULL;
}

const char *tce_fault_text(tce_fault fault)
{
    switch (fault) {
#define TCE_X(name, value, key, text) \
    case name:                        \
        return text;
        TCE_FAULTS(TCE_X)
#undef TCE_X
    }
    return NULL;
}

const char *tce_rtas_name(uint32_t token)
{
    switch (token) {
#define TCE_X(name, value, text) \
    case value:                  \
        return text;
        TCE_RTAS_CALLS(TCE_X)
#undef TCE_X
    default:
        return NULL;
    }
}

uint32_t tce_rtas_token_of(const char *name)
{
#define TCE_X(call, value, text)  \
    if (strcmp(name, text) == 0) \
        return value;
    TCE_RTAS_CALLS(TCE_X)
#undef TCE_X
    return 0;
}

const char *tce_rtas_status_text(int32_t status)
{
    switch (status) {
#define TCE_X(name, value, text) \
    case value:                  \
        return text;
        TCE_RTAS_CODES(TCE_X)
#undef TCE_X
    default:
        return NULL;
    }
}

uint32_t tce_rtas_page_size_mask(uint64_t page_shifts)
{
    uint32_t mask = 0;
#define TCE_X(shift, bit) mask |= (page_shifts >> (shift) & 1) != 0 ? UINT32_C(bit) : 0;
    TCE_RTAS_PAGE_SIZES(TCE_X)
#undef TCE_X
    return mask;
}

uint64_t tce_rtas_page_shifts(uint32_t page_size_mask)
{
    uint64_t page_shifts = 0;
#define TCE_X(shift, bit) page_shifts |= (page_size_mask & UINT32_C(bit)) != 0 ? UINT64_C(1) << (shift) : 0;
    TCE_RTAS_PAGE_SIZES(TCE_X)
#undef TCE_X
    return page_shifts;
}

const char *tce_uv_name(uint64_t number)
{
    switch (number) {
#define TCE_X(name, value) \
    case value:            \
        return #name;
        TCE_UV_CALLS(TCE_X)
#undef TCE_X
    default:
        return NULL;
    }
}

const char *tce_u_status_name(int64_t status)
{
    switch (status) {
#define TCE_X(name, value) \
    case value:            \
        return #name;
        TCE_U_CODES(TCE_X)
#undef TCE_X
    default:
        return NULL;
    }
}

const char *tce_svm_hcall_name(uint64_t opcode)
{
    switch (opcode) {
#define TCE_X(name, value) \
    case value:            \
        return #name;
        TCE_SVM_HCALLS(TCE_X)
#undef TCE_X
    default:
        return NULL;
    }
}

const char *tce_svm_state_name(tce_svm_state state)
{
    switch (state) {
#define TCE_X(name, value, text) \
    case name:                   \
        return text;
        TCE_SVM_STATES(TCE_X)
#undef TCE_X
    }
    return NULL;
}

const char *tce_frame_state_name(tce_frame_state state)
{
    switch (state) {
#define TCE_X(name, value, text) \
    case name:                   \
        return text;
        TCE_FRAME_STATES(TCE_X)
#undef TCE_X
    }
    return NULL;
}
