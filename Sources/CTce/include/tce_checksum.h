/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32, that of gzip (RFC 1952). */
#ifndef TCE_CHECKSUM_H
#define TCE_CHECKSUM_H

#include "tce_base.h"

TCE_BEGIN_DECLS

/* The CRC-32 of what had the CRC-32 `crc` (of nothing: 0), followed by these bytes. bytes may be NULL if count is 0. */
uint32_t tce_crc32(uint32_t crc, const uint8_t *bytes, size_t count);

TCE_END_DECLS

#endif
