/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine from bytes that anybody may have written: each field is checked before it is used, and what the bytes make
 * the host commit is counted before it is. docs/snapshot.md draws them. Architectural.
 */
#include "little_endian.h"
#include "snapshot.h"
#include "tce_checksum.h"

#include <string.h>

/* No counter of sharing comes near: what is added later cannot make it wrap. */
#define COUNTER_MAX (UINT64_C(1) << 62)

bool tce__reader_fail(tce__reader *r, tce_err err, size_t offset, const char *expected, uint64_t found)
{
    r->err = err;
    r->fault = (tce_snapshot_fault){offset, expected, found};
    return false;
}

bool tce__reader_bad(tce__reader *r, size_t offset, const char *expected, uint64_t found)
{
    return tce__reader_fail(r, TCE_ERR_SNAPSHOT, offset, expected, found);
}

const uint8_t *tce__reader_take(tce__reader *r, size_t count, const char *what)
{
    const uint8_t *p = r->bytes + r->at;
    if (r->end - r->at < count) {
        (void)tce__reader_bad(r, r->at, what, r->end - r->at);
        return NULL;
    }
    r->at += count;
    return p;
}

bool tce__reader_spend(tce__reader *r, size_t offset, uint64_t bytes)
{
    if (bytes > r->memory_left)
        return tce__reader_fail(r, TCE_ERR_SNAPSHOT_MEMORY, offset, "no more of the host's memory than was allowed",
                                bytes);
    r->memory_left -= bytes;
    return true;
}

/* --- Machine and PHBs --- */

static bool parse_phb(tce__reader *r, const uint8_t *p, uint32_t flags_known, tce_phb_config *config, uint32_t *flags)
{
    *flags = tce__get32(p + 12);
    if ((*flags & ~flags_known) != 0)
        return tce__reader_bad(r, (size_t)(p - r->bytes) + 12, "flags of a PHB that are known", *flags);
    *config = (tce_phb_config){
        .buid = tce__get64(p),
        .liobn = tce__get32(p + 8),
        .ddw = (*flags & TCE__PHB_DDW) != 0,
        .window_start = tce__get64(p + 16),
        .window_bytes = tce__get64(p + 24),
        .dma64_start = tce__get64(p + 32),
        .page_shifts = tce__get64(p + 40),
    };
    return true;
}

static bool read_sharing(tce__reader *r, const uint8_t *p)
{
    const uint8_t *at = p;
    tce_sharing *s = &r->m->sharing;
#define TCE_X(name, unit, text) s->name = tce__get64(at), at += 8;
    TCE_SHARING_COUNTERS(TCE_X)
#undef TCE_X
    for (; p < at; p += 8) {
        if (tce__get64(p) > COUNTER_MAX)
            return tce__reader_bad(r, (size_t)(p - r->bytes), "a counter of at most 2^62", tce__get64(p));
    }
    return true;
}

static bool read_machine(tce__reader *r)
{
    const size_t offset = r->at;
    const uint8_t *p = tce__reader_take(r, TCE__MACHINE_BYTES, "the 160 bytes of the machine");
    if (p == NULL)
        return false;
    const uint32_t flags = tce__get32(p + 4), svm = tce__get32(p + 16);
    if ((flags & ~(uint32_t)(TCE__MACHINE_MULTITCE | TCE__MACHINE_PEF | TCE__MACHINE_EEH)) != 0)
        return tce__reader_bad(r, offset + 4, "flags of a machine that are known", flags);
    if (svm > TCE_SVM_SECURE || (svm != TCE_SVM_NORMAL && (flags & TCE__MACHINE_PEF) == 0))
        return tce__reader_bad(r, offset + 16, "a guest that is normal, or one with PEF in transition or secure", svm);
    tce_config config = {
        .platform = tce__get32(p),
        .memory_bytes = tce__get64(p + 8),
        .multitce = (flags & TCE__MACHINE_MULTITCE) != 0,
        .pef = (flags & TCE__MACHINE_PEF) != 0,
        .eeh = (flags & TCE__MACHINE_EEH) != 0,
    };
    tce_err err = tce_machine_create(&config, &r->m);
    if (err != TCE_OK)
        return tce__reader_fail(r, err, offset, "a platform that is emulated", config.platform);
    uint32_t unused;
    tce_config *from = &r->m->made_from;
    from->phb_count = tce__get32(p + 20);
    from->memory_bytes = tce__get64(p + 24);
    r->m->svm = svm;
    return parse_phb(r, p + 32, TCE__PHB_DDW, &from->phb, &unused) && read_sharing(r, p + 80);
}

/* A PHB comes without windows: those that it has are in the next section. */
static bool read_phb(tce__reader *r, uint64_t *buid)
{
    const size_t offset = r->at;
    const uint8_t *p = tce__reader_take(r, TCE__PHB_BYTES, "the 48 bytes of a PHB");
    tce_phb_config config;
    uint32_t flags;
    if (p == NULL || !parse_phb(r, p, TCE__PHB_DDW | TCE__PHB_FROZEN, &config, &flags))
        return false;
    if (config.buid <= *buid)
        return tce__reader_bad(r, offset, "PHBs in ascending order of BUID, which is not 0", config.buid);
    *buid = config.buid;
    tce_err err = tce_phb_add(r->m, &config);
    if (err != TCE_OK)
        return tce__reader_fail(r, err, offset, "a PHB that the machine can have", config.buid);
    (void)tce_window_remove(r->m, config.liobn);
    tce__eeh_set(r->m, tce__phb_of(r->m, config.buid), (flags & TCE__PHB_FROZEN) != 0);
    return true;
}

static bool read_phbs(tce__reader *r)
{
    uint64_t buid = 0;
    while (r->at < r->end) {
        if (!read_phb(r, &buid))
            return false;
    }
    return true;
}

/* --- The whole --- */

static bool read_head(tce__reader *r, size_t size)
{
    static const char whole[] = "all bytes of the snapshot";
    if (size < TCE__SNAPSHOT_HEAD + TCE__SNAPSHOT_CRC)
        return tce__reader_bad(r, 0, whole, size);
    if (memcmp(r->bytes, tce__snapshot_magic, sizeof tce__snapshot_magic) != 0)
        return tce__reader_bad(r, 0, "the first four bytes of a snapshot, TCES", tce__get32(r->bytes));
    if (tce__get16(r->bytes + 4) != TCE_SNAPSHOT_VERSION_MAJOR)
        return tce__reader_fail(r, tce__get16(r->bytes + 4) == 0 ? TCE_ERR_SNAPSHOT : TCE_ERR_SNAPSHOT_VERSION, 4,
                    "major version 1", tce__get16(r->bytes + 4));
    if (tce__get64(r->bytes + 8) != size)
        return tce__reader_bad(r, 8, whole, size);
    const uint32_t crc = tce_crc32(0, r->bytes, size - TCE__SNAPSHOT_CRC);
    if (crc != tce__get32(r->bytes + size - TCE__SNAPSHOT_CRC))
        return tce__reader_bad(r, size - TCE__SNAPSHOT_CRC, "the CRC-32 of the bytes before", crc);
    return true;
}

static bool read_sections(tce__reader *r, size_t size)
{
    static bool (*const contents[])(tce__reader *r) = {
        [TCE__SECTION_MACHINE] = read_machine, [TCE__SECTION_PHBS] = read_phbs,
        [TCE__SECTION_WINDOWS] = tce__read_windows, [TCE__SECTION_MEMORY] = tce__read_memory,
        [TCE__SECTION_STATES] = tce__read_states,
    };
    const size_t end = size - TCE__SNAPSHOT_CRC;
    uint32_t last = 0;
    for (r->at = TCE__SNAPSHOT_HEAD; r->at < end || last < TCE__SECTION_LAST;) {
        const size_t offset = r->at;
        r->end = end;
        const uint8_t *p = tce__reader_take(r, TCE__SECTION_HEAD, "the 16 bytes before a section");
        if (p == NULL)
            return false;
        const uint32_t id = tce__get32(p);
        const bool known = id <= TCE__SECTION_LAST;
        if (known ? id != last + 1 : last < TCE__SECTION_LAST || id <= last)
            return tce__reader_bad(r, offset, "each section once, in ascending order", id);
        if (tce__get32(p + 4) != 0)
            return tce__reader_bad(r, offset + 4, "four bytes of 0", tce__get32(p + 4));
        if (tce__get64(p + 8) > end - r->at)
            return tce__reader_bad(r, offset + 8, "a section that ends in the snapshot", tce__get64(p + 8));
        r->end = r->at + (size_t)tce__get64(p + 8);
        if (known && !contents[id](r))
            return false;
        if (known && r->at != r->end)
            return tce__reader_bad(r, r->at, "the end of the section", r->end - r->at);
        r->at = r->end;
        last = id;
    }
    return true;
}

tce_err tce_machine_restore(const uint8_t *bytes, size_t size, uint64_t memory_max, tce_machine **out,
                            tce_snapshot_fault *fault)
{
    tce__reader r = {.bytes = bytes, .memory_left = memory_max, .err = TCE_OK};
    *out = NULL;
    if (read_head(&r, size) && read_sections(&r, size)) {
        *out = r.m;
        return TCE_OK;
    }
    tce_machine_destroy(r.m);
    if (fault != NULL)
        *fault = r.fault;
    return r.err;
}
