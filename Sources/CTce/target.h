/* SPDX-License-Identifier: Apache-2.0 */
/* What processors loops are compiled for. -DTCE_PORTABLE leaves only what every processor can run. */
#ifndef TCE_TARGET_H
#define TCE_TARGET_H

/* Functions for AVX2 are compiled beside the portable ones and chosen by what the processor has. */
#if defined(__x86_64__) && !defined(TCE_PORTABLE)
#define TCE__AVX2 1
#endif

#endif
