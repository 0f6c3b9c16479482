/* SPDX-License-Identifier: Apache-2.0 */
/* What the cases of snapshots share: machines that have everything, and snapshots that lie. */
#ifndef CTCE_SNAPSHOT_CASE_H
#define CTCE_SNAPSHOT_CASE_H

#include "case.h"
#include "tce_checksum.h"
#include "tce_snapshot.h"
#include "tce_svm.h"

#include "../../Sources/CTce/little_endian.h"

#include <stdlib.h>
#include <string.h>

typedef struct snapshot {
    uint8_t *bytes;
    size_t size;
} snapshot;

/* bytes is NULL if it failed; free() ends it. */
static inline snapshot snapshot_of(const tce_machine *m)
{
    snapshot s = {NULL, 0};
    if (tce_machine_save(m, NULL, 0, &s.size) == TCE_OK)
        s.bytes = malloc(s.size);
    size_t again = 0;
    if (s.bytes != NULL && (tce_machine_save(m, s.bytes, s.size, &again) != TCE_OK || again != s.size)) {
        free(s.bytes);
        s.bytes = NULL;
    }
    return s;
}

static inline bool snapshot_equal(snapshot a, snapshot b)
{
    return a.bytes != NULL && b.bytes != NULL && a.size == b.size && memcmp(a.bytes, b.bytes, a.size) == 0;
}

/* The machines have the same state. */
static inline bool machines_equal(const tce_machine *a, const tce_machine *b)
{
    snapshot one = snapshot_of(a), other = snapshot_of(b);
    bool equal = snapshot_equal(one, other);
    free(one.bytes);
    free(other.bytes);
    return equal;
}

static inline tce_machine *restored(snapshot s)
{
    tce_machine *m = NULL;
    return tce_machine_restore(s.bytes, s.size, TCE_SNAPSHOT_UNLIMITED, &m, NULL) == TCE_OK ? m : NULL;
}

/* Length and CRC-32 are made to agree with the rest, so that a lie reaches who parses it. */
static inline void snapshot_fix(uint8_t *bytes, size_t size)
{
    tce__put64(bytes + 8, size);
    tce__put32(bytes + size - 4, tce_crc32(0, bytes, size - 4));
}

/* Where the contents of a section begin; 0: there is none. */
static inline size_t section_at(snapshot s, uint32_t id)
{
    for (size_t at = 16; at + 20 <= s.size; at += 16 + tce__get64(s.bytes + at + 8)) {
        if (tce__get32(s.bytes + at) == id)
            return at + 16;
    }
    return 0;
}

/* SplitMix64. */
static inline uint64_t snapshot_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

#define VIO_SMALL UINT64_C(0x71000000)
#define VIO_LARGE UINT64_C(0x71000001)
#define BUID_SECOND (BUID + 1)

/*
 * A pseries machine gets all that a machine can have: a second PHB that is frozen and has lost its default window,
 * DDW, a bypass window, a window of 512 MiB touched at both ends, one of 2^40 TCEs, memory, EEH.
 */
bool snapshot_furnish(tce_machine *m);

/* The guest becomes secure: frames shared by both sides, absent, paged out, damaged, of zeros. */
bool snapshot_secure(tce_machine *m);

/* One random call; the digest of its answer. */
uint64_t snapshot_step(tce_machine *m, uint64_t *random);

#endif
