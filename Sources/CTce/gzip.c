/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip members through zlib (model of the file, nothing architectural). The only file that includes zlib's header.
 *
 * A trace member's head, 48 bytes, little-endian:
 *
 *    0  1f 8b 08 04           gzip, deflate, FLG = FEXTRA
 *    4  00000000 00 ff        MTIME, XFL, OS unknown: the same bytes on every machine
 *   10  u16 36                XLEN
 *   12  'T' 'C' u16 32        the subfield
 *   16  u32 sequence
 *   20  u32 event count
 *   24  u64 first time stamp
 *   32  u32 bytes of the member
 *   36  u32 bytes of the payload
 *   40  u32 0
 *   44  u32 CRC-32 of bytes 12 to 43
 */
#include "tce_gzip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "little_endian.h"
#include "tce_checksum.h"
#include "tce_trace.h"

enum {
    GZIP_TRAILER_BYTES = 8,
    STREAMS_BYTES_MAX = 112 + 65536 * 32,     /* the fixed part of a payload and its streams */
    EVENT_BYTES_MAX = 24 + 2 + (5 + 516) * 15, /* its shape, and what it can take of each column */
    FIELD_START = 12,
    FIELD_CRC = 44,
    SUBFIELD_BYTES = 32,
    RAW_DEFLATE = -15, /* window bits: deflate data without a header; we write the header ourselves */
    ANY_GZIP = 15 + 16,
    MEM_LEVEL = 9,
};

static const uint8_t member_start[] = {0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 36, 0, 'T', 'C', SUBFIELD_BYTES, 0};

const char *tce_gzip_fault_text(tce_gzip_fault fault)
{
    switch (fault) {
#define TCE_X(name, value, text) case name: return text;
        TCE_GZIP_FAULTS(TCE_X)
#undef TCE_X
    }
    return "an unknown fault";
}

uint32_t tce_crc32(uint32_t crc, const uint8_t *bytes, size_t count)
{
    while (count > 0) {
        uInt now = count > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uInt)count;
        crc = (uint32_t)crc32(crc, bytes, now);
        bytes += now;
        count -= now;
    }
    return crc;
}

tce_gzip_fault tce_member_parse(const uint8_t *bytes, size_t count, tce_member *out)
{
    if (count < 3)
        return TCE_GZIP_CUT;
    if (memcmp(bytes, member_start, 3) != 0)
        return TCE_GZIP_NOT_GZIP;
    if (memcmp(bytes, member_start, count < sizeof member_start ? count : sizeof member_start) != 0)
        return TCE_GZIP_NO_FIELD;
    if (count < TCE_MEMBER_HEAD_BYTES)
        return TCE_GZIP_CUT;
    uint32_t crc = (uint32_t)crc32(0, bytes + FIELD_START, FIELD_CRC - FIELD_START);
    if (crc != tce__get32(bytes + FIELD_CRC))
        return crc == tce__get32_big(bytes + FIELD_CRC) ? TCE_GZIP_BYTE_ORDER : TCE_GZIP_FIELD_CRC;
    out->sequence = tce__get32(bytes + 16);
    out->count = tce__get32(bytes + 20);
    out->first_time = tce__get64(bytes + 24);
    out->member_bytes = tce__get32(bytes + 32);
    out->inflated_bytes = tce__get32(bytes + 36);
    /* deflate makes at most 1032 bytes out of one (zlib's technical note), so a size that lies wildly shows here. */
    uint64_t most = ((uint64_t)out->member_bytes - TCE_MEMBER_HEAD_BYTES - GZIP_TRAILER_BYTES) * 1032 + 64;
    /* Nor can few events fill a large payload: a list is 516 side words, a value in a column at most 15 bytes. */
    uint64_t most_of_events =
        out->count ? STREAMS_BYTES_MAX + out->count * (uint64_t)EVENT_BYTES_MAX : TCE_TEXT_BYTES_MAX;
    if (most > most_of_events)
        most = most_of_events;
    if (out->count > TCE_CHUNK_EVENTS_MAX ||
        out->member_bytes < TCE_MEMBER_HEAD_BYTES + GZIP_TRAILER_BYTES + 2 ||
        out->member_bytes > TCE_PAYLOAD_BYTES_MAX + (TCE_PAYLOAD_BYTES_MAX >> 8) ||
        out->inflated_bytes > TCE_PAYLOAD_BYTES_MAX || out->inflated_bytes > most ||
        tce__get32(bytes + 40) != 0)
        return TCE_GZIP_FIELD_SIZE;
    return TCE_GZIP_OK;
}

size_t tce_member_search(const uint8_t *bytes, size_t count, size_t from)
{
    for (size_t at = from; at < count; at++) {
        const uint8_t *hit = memchr(bytes + at, member_start[0], count - at);
        if (!hit)
            return count;
        at = (size_t)(hit - bytes);
        size_t left = count - at;
        if (memcmp(hit, member_start, left < sizeof member_start ? left : sizeof member_start) == 0)
            return at;
    }
    return count;
}

struct tce_deflater {
    z_stream z;
    uint8_t *out;
    size_t out_bytes;
};

tce_deflater *tce_deflater_create(int level)
{
    if (level < 1 || level > 9)
        return NULL;
    tce_deflater *d = calloc(1, sizeof *d);
    if (d && deflateInit2(&d->z, level, Z_DEFLATED, RAW_DEFLATE, MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(d);
        return NULL;
    }
    return d;
}

void tce_deflater_destroy(tce_deflater *d)
{
    if (!d)
        return;
    deflateEnd(&d->z);
    free(d->out);
    free(d);
}

tce_gzip_fault tce_deflate_member(tce_deflater *d, const uint8_t *payload, size_t bytes, tce_member *member,
                                  const uint8_t **out)
{
    if (bytes > TCE_PAYLOAD_BYTES_MAX)
        return TCE_GZIP_SIZE;
    if (deflateReset(&d->z) != Z_OK)
        return TCE_GZIP_NO_MEMORY;
    size_t need = TCE_MEMBER_HEAD_BYTES + deflateBound(&d->z, (uLong)bytes) + GZIP_TRAILER_BYTES;
    if (need > d->out_bytes) {
        uint8_t *grown = realloc(d->out, need);
        if (!grown)
            return TCE_GZIP_NO_MEMORY;
        d->out = grown;
        d->out_bytes = need;
    }
    d->z.next_in = (z_const Bytef *)payload;
    d->z.avail_in = (uInt)bytes;
    d->z.next_out = d->out + TCE_MEMBER_HEAD_BYTES;
    d->z.avail_out = (uInt)(need - TCE_MEMBER_HEAD_BYTES - GZIP_TRAILER_BYTES);
    if (deflate(&d->z, Z_FINISH) != Z_STREAM_END)
        return TCE_GZIP_NO_MEMORY;

    uint8_t *end = d->z.next_out;
    tce__put32(end, (uint32_t)crc32(0, payload, (uInt)bytes));
    tce__put32(end + 4, (uint32_t)bytes);
    member->member_bytes = (uint32_t)(end + GZIP_TRAILER_BYTES - d->out);
    member->inflated_bytes = (uint32_t)bytes;

    memcpy(d->out, member_start, sizeof member_start);
    tce__put32(d->out + 16, member->sequence);
    tce__put32(d->out + 20, member->count);
    tce__put64(d->out + 24, member->first_time);
    tce__put32(d->out + 32, member->member_bytes);
    tce__put32(d->out + 36, member->inflated_bytes);
    tce__put32(d->out + 40, 0);
    tce__put32(d->out + FIELD_CRC, (uint32_t)crc32(0, d->out + FIELD_START, FIELD_CRC - FIELD_START));
    *out = d->out;
    return TCE_GZIP_OK;
}

struct tce_inflater {
    z_stream z;
    bool inside; /* a member of the stream has begun and not ended */
};

tce_inflater *tce_inflater_create(void)
{
    tce_inflater *i = calloc(1, sizeof *i);
    if (i && inflateInit2(&i->z, ANY_GZIP) != Z_OK) {
        free(i);
        return NULL;
    }
    return i;
}

void tce_inflater_destroy(tce_inflater *i)
{
    if (!i)
        return;
    inflateEnd(&i->z);
    free(i);
}

void tce_inflater_reset(tce_inflater *i)
{
    (void)inflateReset(&i->z);
    i->inside = false;
}

bool tce_inflater_at_end(const tce_inflater *i)
{
    return !i->inside;
}

/* zlib reports a wrong CRC and damaged data alike; where its state stands tells them apart. */
static tce_gzip_fault data_fault(const z_stream *z)
{
    return z->msg && strstr(z->msg, "data check") ? TCE_GZIP_CRC
           : z->msg && strstr(z->msg, "length check") ? TCE_GZIP_SIZE
           : z->msg && strstr(z->msg, "header") ? TCE_GZIP_NOT_GZIP
                                                : TCE_GZIP_DATA;
}

tce_gzip_fault tce_inflate_member(tce_inflater *i, const uint8_t *bytes, const tce_member *member, uint8_t *out)
{
    uint8_t none;
    tce_inflater_reset(i);
    i->z.next_in = (z_const Bytef *)bytes;
    i->z.avail_in = member->member_bytes;
    i->z.next_out = member->inflated_bytes ? out : &none;
    i->z.avail_out = member->inflated_bytes;
    int status = inflate(&i->z, Z_FINISH);
    switch (status) {
    case Z_STREAM_END:
        return i->z.avail_in == 0 && i->z.avail_out == 0 ? TCE_GZIP_OK : TCE_GZIP_SIZE;
    case Z_BUF_ERROR: /* output full, or input used up, before the end */
        return i->z.avail_in ? TCE_GZIP_SIZE : TCE_GZIP_CUT;
    case Z_MEM_ERROR:
        return TCE_GZIP_NO_MEMORY;
    default:
        return data_fault(&i->z);
    }
}

void tce_inflate_work(const tce_inflater *i, size_t *used, size_t *made)
{
    *used = i->z.total_in;
    *made = i->z.total_out;
}

tce_gzip_fault tce_inflate_some(tce_inflater *i, const uint8_t *in, size_t in_bytes, size_t *used, uint8_t *out,
                                size_t out_bytes, size_t *made)
{
    uInt in_now = in_bytes > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uInt)in_bytes;
    uInt out_now = out_bytes > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uInt)out_bytes;
    *used = *made = 0;
    if (in_now == 0 && !i->inside)
        return TCE_GZIP_OK;
    if (!i->inside && inflateReset(&i->z) != Z_OK)
        return TCE_GZIP_NO_MEMORY;
    i->inside = true;
    i->z.next_in = (z_const Bytef *)in;
    i->z.avail_in = in_now;
    i->z.next_out = out;
    i->z.avail_out = out_now;
    int status = inflate(&i->z, Z_NO_FLUSH);
    *used = in_now - i->z.avail_in;
    *made = out_now - i->z.avail_out;
    if (status == Z_STREAM_END) {
        i->inside = false;
        return TCE_GZIP_OK;
    }
    if (status == Z_OK || status == Z_BUF_ERROR)
        return TCE_GZIP_OK;
    return status == Z_MEM_ERROR ? TCE_GZIP_NO_MEMORY : data_fault(&i->z);
}
