/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying a TCE list (big-endian) into a table, looking over one, and filling a table with one value. The fastest form
 * that the host's processor has is chosen when a machine is made; all forms give the same bytes. Architectural.
 */
#include "internal.h"

#include <string.h>

/* Whatever the host's byte order is, without asking for it by #if: the shifts compile to one byte swap. */
static inline uint64_t load_big_endian(const unsigned char *b)
{
    return (uint64_t)b[0] << 56 | (uint64_t)b[1] << 48 | (uint64_t)b[2] << 40 | (uint64_t)b[3] << 32 |
           (uint64_t)b[4] << 24 | (uint64_t)b[5] << 16 | (uint64_t)b[6] << 8 | (uint64_t)b[7];
}

static void copy_swapped_portable(uint64_t *to, const void *from, size_t count)
{
    const unsigned char *bytes = from;
    for (size_t i = 0; i < count; i++)
        to[i] = load_big_endian(bytes + 8 * i);
}

/* Four at a time: a compiler that makes no vectors of it still has loads that do not wait for one another. */
uint64_t tce__union(const void *doublewords, size_t count)
{
    const unsigned char *bytes = doublewords;
    uint64_t all[4] = {0, 0, 0, 0}, next[4];
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        memcpy(next, bytes + 8 * i, sizeof next);
        for (size_t lane = 0; lane < 4; lane++)
            all[lane] |= next[lane];
    }
    for (; i < count; i++) {
        memcpy(next, bytes + 8 * i, sizeof *next);
        all[0] |= next[0];
    }
    return all[0] | all[1] | all[2] | all[3];
}

uint64_t tce__union_swapped(const void *from, size_t count)
{
    const uint64_t all = tce__union(from, count);
    unsigned char bytes[sizeof all];
    memcpy(bytes, &all, sizeof bytes);
    return load_big_endian(bytes);
}

static void fill_portable(uint64_t *to, uint64_t value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = value;
}

/*
 * Differences instead of comparisons, and masks instead of branches: so the loop becomes one of vectors, also on a
 * processor that cannot compare unsigned doublewords. Addresses and the memory's size are told apart by the sign of
 * their difference, which needs both below 2^63; an address from there on has its own sign.
 */
__attribute__((always_inline)) static inline unsigned screen(const uint64_t *tces, size_t count, uint64_t low,
                                                             uint64_t high, uint64_t memory)
{
    const uint64_t sign = UINT64_C(1) << 63;
    uint64_t misaligned = 0, outside = 0, outside_mapped = 0;
    for (size_t i = 0; i < count; i++) {
        const uint64_t tce = tces[i], mapped = 0 - ((tce | tce >> 1) & 1), address = (tce & ~TCE_ACCESS_RW) | high;
        const uint64_t beyond = address | ~(address - memory);
        misaligned |= tce & low & mapped;
        outside |= beyond;
        outside_mapped |= beyond & mapped;
    }
    return (misaligned != 0 ? TCE__SCREEN_MISALIGNED : 0u) | ((outside & sign) != 0 ? TCE__SCREEN_OUTSIDE : 0u) |
           ((outside_mapped & sign) != 0 ? TCE__SCREEN_OUTSIDE_MAPPED : 0u);
}

static unsigned screen_portable(const uint64_t *tces, size_t count, uint64_t low, uint64_t high, uint64_t memory)
{
    return screen(tces, count, low, high, memory);
}

#if defined(TCE__AVX2)
#include <immintrin.h>

__attribute__((target("avx2"))) static void copy_swapped_avx2(uint64_t *to, const void *from, size_t count)
{
    const __m256i swap = _mm256_setr_epi8(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8,
                                          7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8);
    const unsigned char *bytes = from;
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + 8 * i));
        __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + 8 * i + 32));
        __m256i c = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + 8 * i + 64));
        __m256i d = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + 8 * i + 96));
        _mm256_storeu_si256((__m256i *)(void *)(to + i), _mm256_shuffle_epi8(a, swap));
        _mm256_storeu_si256((__m256i *)(void *)(to + i + 4), _mm256_shuffle_epi8(b, swap));
        _mm256_storeu_si256((__m256i *)(void *)(to + i + 8), _mm256_shuffle_epi8(c, swap));
        _mm256_storeu_si256((__m256i *)(void *)(to + i + 12), _mm256_shuffle_epi8(d, swap));
    }
    for (; i < count; i++)
        to[i] = load_big_endian(bytes + 8 * i);
}

__attribute__((target("avx2"))) static void fill_avx2(uint64_t *to, uint64_t value, size_t count)
{
    const __m256i values = _mm256_set1_epi64x((long long)value);
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        _mm256_storeu_si256((__m256i *)(void *)(to + i), values);
        _mm256_storeu_si256((__m256i *)(void *)(to + i + 4), values);
        _mm256_storeu_si256((__m256i *)(void *)(to + i + 8), values);
        _mm256_storeu_si256((__m256i *)(void *)(to + i + 12), values);
    }
    for (; i < count; i++)
        to[i] = value;
}
#endif

#if defined(TCE__AVX2)
__attribute__((target("avx2"))) static unsigned screen_avx2(const uint64_t *tces, size_t count, uint64_t low,
                                                            uint64_t high, uint64_t memory)
{
    return screen(tces, count, low, high, memory);
}
#endif

tce__kernels tce__kernels_choose(void)
{
#if defined(TCE__AVX2)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2"))
        return (tce__kernels){.copy_swapped = copy_swapped_avx2, .fill = fill_avx2, .screen = screen_avx2};
#endif
    return (tce__kernels){.copy_swapped = copy_swapped_portable, .fill = fill_portable, .screen = screen_portable};
}
