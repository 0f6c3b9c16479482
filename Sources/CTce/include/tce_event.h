/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One event of a trace, as it lies in memory: what a guest, a device or the platform did, and what was recorded of the
 * answer. Vocabulary only: nothing here knows a machine, a file or a model of time.
 *
 * An event is 32 bytes; what does not fit (lists, RTAS cells, durations, counts above 32 bits) stands in the batch's
 * side words, and `value` is the index of the first of them.
 */
#ifndef TCE_EVENT_H
#define TCE_EVENT_H

#include "tce_types.h"

/*
 * Kinds. Of each: constant, number (part of the trace format), key in text and reports.
 *
 *   kind         address           value                    count     status            side words
 *   PHB          BUID              side                     -         -                 TCE_PHB_WORDS
 *   WINDOW       start             side                     -         -                 TCE_WINDOW_WORDS
 *   UNWINDOW     -                 -                        -         -
 *   RESET        -                 -                        -         -
 *   GET          IOBA              recorded TCE             -         recorded          hcall
 *   PUT          IOBA              TCE                      -         recorded          hcall
 *   STUFF        IOBA              TCE                      npages    recorded          hcall
 *   INDIRECT     IOBA              side                     npages    recorded          hcall (value: list address)
 *   RTAS         token             side                     nret      recorded          call
 *   OBSERVED     opcode            duration or unknown      -         recorded          none
 *   ULTRACALL    number            side                     -         recorded          call
 *   DMA          IOBA              recorded page            length    recorded outcome  count, 0, page, 0
 *   THAW         BUID              PE config address        -         -
 *   MAP          real address      recorded DMA address     length    recorded          guest
 *   UNMAP        DMA address       -                        length    -                 guest
 *   SYNC         DMA address       -                        length    -                 guest
 *   ALLOC        real address      recorded DMA address     length    recorded          guest
 *   FREE         DMA address       real address             length    -                 guest
 *   SET_MASK     mask              -                        -         recorded          none
 */
#define TCE_EVENT_KINDS(X)                    \
    X(TCE_EVENT_PHB, 1, "phb")                \
    X(TCE_EVENT_WINDOW, 2, "window")          \
    X(TCE_EVENT_UNWINDOW, 3, "unwindow")      \
    X(TCE_EVENT_RESET, 4, "reset")            \
    X(TCE_EVENT_GET, 5, "H_GET_TCE")          \
    X(TCE_EVENT_PUT, 6, "H_PUT_TCE")          \
    X(TCE_EVENT_STUFF, 7, "H_STUFF_TCE")      \
    X(TCE_EVENT_INDIRECT, 8, "H_PUT_TCE_INDIRECT") \
    X(TCE_EVENT_RTAS, 9, "rtas")              \
    X(TCE_EVENT_OBSERVED, 10, "hcall")        \
    X(TCE_EVENT_ULTRACALL, 11, "uv")          \
    X(TCE_EVENT_DMA, 12, "dma")               \
    X(TCE_EVENT_THAW, 13, "thaw")             \
    X(TCE_EVENT_MAP, 16, "map")               \
    X(TCE_EVENT_UNMAP, 17, "unmap")           \
    X(TCE_EVENT_SYNC, 18, "sync")             \
    X(TCE_EVENT_ALLOC, 19, "alloc")           \
    X(TCE_EVENT_FREE, 20, "free")             \
    X(TCE_EVENT_SET_MASK, 21, "set_mask")

TCE_ENUM(uint8_t, tce_event_kind) {
#define TCE_X(name, value, key) name = value,
    TCE_EVENT_KINDS(TCE_X)
#undef TCE_X
};

/* Kinds are below this, so an array by kind has this many elements. */
#define TCE_EVENT_KIND_LIMIT 22u

/* Flags. */
#define TCE_EVENT_RECORDED 0x01u /* status (and, for GET and DMA, value) is what the real machine answered */
#define TCE_EVENT_SIDE 0x02u     /* value is an index of side words */
#define TCE_EVENT_READ 0x04u     /* DMA: the device reads memory; MAP...SYNC: DMA_TO_DEVICE or both */
#define TCE_EVENT_WRITE 0x08u    /* DMA: the device writes memory; MAP...SYNC: DMA_FROM_DEVICE or both */
#define TCE_EVENT_LENGTH 0x10u   /* DMA: count is the length in bytes; without it the length is not known */
#define TCE_EVENT_MORE 0x20u     /* MAP, UNMAP, SYNC: the next event belongs to the same scatter-gather call */
#define TCE_EVENT_CPU_SIDE 0x40u /* SYNC: for the CPU, else for the device */
#define TCE_EVENT_COHERENT 0x80u /* SET_MASK: the coherent mask, else the streaming one */

#define TCE_CPU_UNKNOWN 0xffffu
#define TCE_DURATION_UNKNOWN UINT64_MAX

/*
 * Side words of the calls GET, PUT, STUFF, INDIRECT: TCE_HCALL_WORDS, then `entries` TCEs of the list (INDIRECT: at
 * least 0, at most 512; fewer than npages only where the call was refused before it read the list).
 */
#define TCE_HCALL_NPAGES 0u   /* all 64 bits */
#define TCE_HCALL_DURATION 1u /* of the real call, in time units; TCE_DURATION_UNKNOWN */
#define TCE_HCALL_VALUE 2u    /* what `value` is without side words; the list's real address for INDIRECT */
#define TCE_HCALL_ENTRIES 3u
#define TCE_HCALL_WORDS 4u

/* Side words of RTAS and ULTRACALL: these, then nargs arguments, then nouts recorded outputs (after the status). */
#define TCE_CALL_NARGS 0u
#define TCE_CALL_NOUTS 1u
#define TCE_CALL_WORDS 2u
#define TCE_CALL_CELLS_MAX 16u

#define TCE_WINDOW_TCES 0u
#define TCE_WINDOW_SHIFT 1u
#define TCE_WINDOW_BUID 2u    /* 0: virtual I/O */
#define TCE_WINDOW_BYPASS 3u  /* 0 or 1 */
#define TCE_WINDOW_WORDS 4u

#define TCE_PHB_LIOBN 0u
#define TCE_PHB_START 1u
#define TCE_PHB_BYTES 2u
#define TCE_PHB_DMA64 3u
#define TCE_PHB_SHIFTS 4u
#define TCE_PHB_DDW 5u
#define TCE_PHB_WORDS 6u

/* Side words of MAP...FREE: length in all 64 bits, and what `value` is without side words. */
#define TCE_GUEST_LENGTH 0u
#define TCE_GUEST_VALUE 1u
#define TCE_GUEST_WORDS 2u

/* Recorded outcome of a DMA access, in `status`: the shift of the page mask (64: no page) and the permission bits. */
static inline int32_t tce_outcome_make(uint32_t shift, uint32_t permission)
{
    return (int32_t)(shift | (permission & 3u) << 8);
}
static inline uint32_t tce_outcome_shift(int32_t outcome)
{
    return (uint32_t)outcome & 0xffu;
}
static inline uint32_t tce_outcome_permission(int32_t outcome)
{
    return (uint32_t)outcome >> 8 & 3u;
}

typedef struct tce_event {
    uint8_t kind;     /* tce_event_kind */
    uint8_t flags;
    uint16_t cpu;     /* vCPU that made the call, or TCE_CPU_UNKNOWN */
    uint32_t stream;  /* index in the batch's streams */
    uint64_t address;
    uint64_t value;
    uint32_t count;
    int32_t status;
} tce_event;

#define TCE_REQUESTER_UNKNOWN UINT32_MAX

/* Who: the LIOBN that an event names, or the PHB and requester id, or the guest's device. Many events share one. */
typedef struct tce_stream {
    uint64_t liobn;      /* all 64 bits; TCE_LIOBN_UNKNOWN */
    uint64_t buid;       /* PHB of the requester; 0: not known */
    uint32_t requester;  /* bus << 8 | devfn, or TCE_REQUESTER_UNKNOWN */
    uint32_t device;     /* guest layer: number of the device */
} tce_stream;

/* Events as they lie in memory. The arrays belong to whoever made them. */
typedef struct tce_batch {
    const tce_event *events;
    const uint64_t *times;   /* one an event, in the trace's unit; NULL: not known */
    size_t count;
    const uint64_t *side;
    size_t side_count;
    const tce_stream *streams;
    size_t stream_count;
} tce_batch;

TCE_BEGIN_DECLS

/* "H_PUT_TCE", or NULL for a number that is no kind. */
const char *tce_event_kind_name(uint8_t kind);

/* Side words that the event claims, header and tail; 0 if it has none; UINT64_MAX if they are not all in the batch. */
uint64_t tce_event_side_words(const tce_event *event, const uint64_t *side, size_t side_count);

TCE_END_DECLS

#endif
