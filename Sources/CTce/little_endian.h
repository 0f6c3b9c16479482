/* SPDX-License-Identifier: Apache-2.0 */
/* Little-endian fields of the trace format, whatever the host's byte order and alignment rules. */
#ifndef TCE_LITTLE_ENDIAN_H
#define TCE_LITTLE_ENDIAN_H

#include <stdint.h>

static inline uint16_t tce__get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}
static inline uint32_t tce__get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static inline uint32_t tce__get32_big(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}
static inline uint64_t tce__get64(const uint8_t *p)
{
    return tce__get32(p) | (uint64_t)tce__get32(p + 4) << 32;
}
static inline void tce__put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}
static inline void tce__put32(uint8_t *p, uint32_t v)
{
    tce__put16(p, (uint16_t)v);
    tce__put16(p + 2, (uint16_t)(v >> 16));
}
static inline void tce__put64(uint8_t *p, uint64_t v)
{
    tce__put32(p, (uint32_t)v);
    tce__put32(p + 4, (uint32_t)(v >> 32));
}

#endif
