/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every other header of the core needs: declarations that C, C++ and Swift read alike, and the host errors.
 *
 * A `tce_err` says that the *host* could not do something (no memory, an impossible configuration). What a *guest* or
 * a device does wrong is never a `tce_err`: it is a status of an hcall or RTAS call, or a fault, and is returned as data.
 */
#ifndef TCE_BASE_H
#define TCE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define TCE_BEGIN_DECLS extern "C" {
#define TCE_END_DECLS }
#else
#define TCE_BEGIN_DECLS
#define TCE_END_DECLS
#endif

/*
 * A closed set of constants with a type of their own, of the same size for every compiler and language: C11 has no way
 * to fix the size of an enum, and gcc, clang and C++ choose differently.
 */
#define TCE_ENUM(type, name) \
    typedef type name;       \
    enum

/* The host errors: one line each gives the constant, its value and its text. */
#define TCE_ERRORS(X)                                                                              \
    X(TCE_OK, 0, "no error")                                                                       \
    X(TCE_ERR_NO_MEMORY, 1, "the host has no memory (or address space) left")                      \
    X(TCE_ERR_CONFIG, 2, "the configuration is not possible")                                      \
    X(TCE_ERR_PLATFORM, 3, "this platform is not emulated")                                        \
    X(TCE_ERR_PAGE_SHIFT, 4, "the I/O page shift is not in 12...34")                               \
    X(TCE_ERR_WINDOW_RANGE, 5, "the DMA window is empty or passes the end of the 64-bit bus")      \
    X(TCE_ERR_WINDOW_TCES, 6, "the DMA window has more than 2^40 TCEs")                            \
    X(TCE_ERR_WINDOWS, 7, "the machine has 65,536 DMA windows already")                            \
    X(TCE_ERR_LIOBN_TAKEN, 8, "the LIOBN belongs to another owner already")                        \
    X(TCE_ERR_NO_WINDOW, 9, "no DMA window has this LIOBN")                                        \
    X(TCE_ERR_BUID_TAKEN, 10, "a PHB has this BUID already")                                       \
    X(TCE_ERR_NO_PHB, 11, "no PHB has this BUID")                                                  \
    X(TCE_ERR_EVENT, 12, "an event of the batch is malformed")                                     \
    X(TCE_ERR_WORK, 13, "the event asks for more pages than a trace of this length may")                   \
    X(TCE_ERR_SNAPSHOT, 14, "the snapshot is damaged")                                             \
    X(TCE_ERR_SNAPSHOT_VERSION, 15, "the snapshot is of a later version")                          \
    X(TCE_ERR_SNAPSHOT_MEMORY, 16, "the snapshot asks for more memory than it may")

TCE_ENUM(int32_t, tce_err) {
#define TCE_X(name, value, text) name = value,
    TCE_ERRORS(TCE_X)
#undef TCE_X
};

TCE_BEGIN_DECLS

/* The text of a host error, in English, without a full stop; never NULL, also for a value that is none. */
const char *tce_err_text(tce_err err);

TCE_END_DECLS

#endif
