/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip (RFC 1952) through zlib: one member of a trace file made or read in one call, and a streaming inflate for logs.
 * Nothing else of the core depends on it, and gzip.c alone includes zlib's header.
 *
 * A member of a trace file has the extra field (subfield 'T' 'C') that says how long the member is, so that a reader
 * can go from one to the next without inflating. docs/trace-format.md draws it.
 */
#ifndef TCE_GZIP_H
#define TCE_GZIP_H

#include "tce_base.h"

/* Bytes of a trace member before its deflate data: gzip header, XLEN, the subfield. */
#define TCE_MEMBER_HEAD_BYTES 48u

#define TCE_GZIP_FAULTS(X)                                                                       \
    X(TCE_GZIP_OK, 0, "nothing")                                                                 \
    X(TCE_GZIP_NO_MEMORY, 1, "the host has no memory left")                                      \
    X(TCE_GZIP_CUT, 2, "the data end inside a gzip member")                                      \
    X(TCE_GZIP_NOT_GZIP, 3, "there is no gzip header")                                           \
    X(TCE_GZIP_NO_FIELD, 4, "the gzip header has no trace field (TC)")                           \
    X(TCE_GZIP_FIELD_CRC, 5, "the trace field's CRC-32 is wrong")                                \
    X(TCE_GZIP_FIELD_SIZE, 6, "the trace field's sizes or count are not possible")               \
    X(TCE_GZIP_DATA, 7, "the deflate data are damaged")                                          \
    X(TCE_GZIP_CRC, 8, "the payload's CRC-32 is wrong")                                          \
    X(TCE_GZIP_SIZE, 9, "the payload or the member has not the size that the trace field gives") \
    X(TCE_GZIP_BYTE_ORDER, 10, "the trace field's numbers are big-endian; a trace is little-endian")

TCE_ENUM(int32_t, tce_gzip_fault) {
#define TCE_X(name, value, text) name = value,
    TCE_GZIP_FAULTS(TCE_X)
#undef TCE_X
};

/* What the extra field of a member says. */
typedef struct tce_member {
    uint32_t sequence;
    uint32_t count;          /* events */
    uint64_t first_time;
    uint32_t member_bytes;   /* from the first byte of the gzip header to the last of its trailer */
    uint32_t inflated_bytes; /* at most TCE_PAYLOAD_BYTES_MAX */
} tce_member;

typedef struct tce_deflater tce_deflater;
typedef struct tce_inflater tce_inflater;

TCE_BEGIN_DECLS

const char *tce_gzip_fault_text(tce_gzip_fault fault);

/* Reads the first TCE_MEMBER_HEAD_BYTES of a member. */
tce_gzip_fault tce_member_parse(const uint8_t *bytes, size_t count, tce_member *out);

/* Where the next byte sequence that could begin a trace member lies, at or after `from`; count if nowhere. */
size_t tce_member_search(const uint8_t *bytes, size_t count, size_t from);

/* A compressor of members; level 1...9. NULL without memory or at another level. Ended by tce_deflater_destroy. */
tce_deflater *tce_deflater_create(int level);
void tce_deflater_destroy(tce_deflater *deflater);

/*
 * Makes one member. member: sequence, count, first_time are read; the sizes are set. *out is the deflater's own
 * memory, until its next use.
 */
tce_gzip_fault tce_deflate_member(tce_deflater *deflater, const uint8_t *payload, size_t bytes, tce_member *member,
                                  const uint8_t **out);

/* A decompressor. NULL without memory. Ended by tce_inflater_destroy. */
tce_inflater *tce_inflater_create(void);
void tce_inflater_destroy(tce_inflater *inflater);

/*
 * Inflates one whole member of a trace file into `out`, exactly member->inflated_bytes bytes; gzip's CRC is checked.
 * bytes: the member, member->member_bytes of them.
 */
tce_gzip_fault tce_inflate_member(tce_inflater *inflater, const uint8_t *bytes, const tce_member *member,
                                  uint8_t *out);

/* How many bytes the last tce_inflate_member took and made, also where it ended in a fault. */
void tce_inflate_work(const tce_inflater *inflater, size_t *used, size_t *made);

/*
 * Inflates a stream of gzip members piece by piece. *used and *made are how many bytes were taken and written. Call
 * until the input is used up and *made is less than out_bytes (what zlib holds back is then out as well); then
 * tce_inflater_at_end says whether it ended between members, as a whole file does.
 */
tce_gzip_fault tce_inflate_some(tce_inflater *inflater, const uint8_t *in, size_t in_bytes, size_t *used, uint8_t *out,
                                size_t out_bytes, size_t *made);
bool tce_inflater_at_end(const tce_inflater *inflater);

/* Forgets a stream begun. */
void tce_inflater_reset(tce_inflater *inflater);

TCE_END_DECLS

#endif
