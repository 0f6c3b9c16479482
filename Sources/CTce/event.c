/* SPDX-License-Identifier: Apache-2.0 */
/* Events: names of their kinds, the size of their side words, and what a well-formed one is. */
#include "event.h"

const char *tce_event_kind_name(uint8_t kind)
{
    switch (kind) {
#define TCE_X(name, value, key) case name: return key;
        TCE_EVENT_KINDS(TCE_X)
#undef TCE_X
    }
    return NULL;
}

/* Side words before a tail, and whether the kind may or must have them. */
typedef struct side_rule {
    uint8_t words;
    bool allowed, required;
} side_rule;

static side_rule rule_of(uint8_t kind)
{
    switch (kind) {
    case TCE_EVENT_PHB: return (side_rule){TCE_PHB_WORDS, true, true};
    case TCE_EVENT_WINDOW: return (side_rule){TCE_WINDOW_WORDS, true, true};
    case TCE_EVENT_INDIRECT: return (side_rule){TCE_HCALL_WORDS, true, true};
    case TCE_EVENT_GET:
    case TCE_EVENT_PUT:
    case TCE_EVENT_STUFF:
    case TCE_EVENT_DMA: return (side_rule){TCE_HCALL_WORDS, true, false};
    case TCE_EVENT_RTAS:
    case TCE_EVENT_ULTRACALL: return (side_rule){TCE_CALL_WORDS, true, true};
    case TCE_EVENT_MAP:
    case TCE_EVENT_UNMAP:
    case TCE_EVENT_SYNC:
    case TCE_EVENT_ALLOC:
    case TCE_EVENT_FREE: return (side_rule){TCE_GUEST_WORDS, true, false};
    default: return (side_rule){0, false, false};
    }
}

uint64_t tce_event_side_words(const tce_event *event, const uint64_t *side, size_t side_count)
{
    if (!(event->flags & TCE_EVENT_SIDE))
        return 0;
    side_rule rule = rule_of(event->kind);
    if (!rule.allowed || event->value > side_count || rule.words > side_count - event->value)
        return UINT64_MAX;
    const uint64_t *words = side + event->value;
    uint64_t tail = 0;
    switch (event->kind) {
    case TCE_EVENT_INDIRECT:
        tail = words[TCE_HCALL_ENTRIES];
        if (tail > TCE_LIST_ENTRIES_MAX)
            return UINT64_MAX;
        break;
    case TCE_EVENT_RTAS:
    case TCE_EVENT_ULTRACALL:
        if (words[TCE_CALL_NARGS] > TCE_CALL_CELLS_MAX || words[TCE_CALL_NOUTS] > TCE_CALL_CELLS_MAX)
            return UINT64_MAX;
        tail = words[TCE_CALL_NARGS] + words[TCE_CALL_NOUTS];
        break;
    default:
        break;
    }
    return tail <= side_count - event->value - rule.words ? rule.words + tail : UINT64_MAX;
}

tce_chunk_fault tce__event_check(const tce_event *event, const uint64_t *side, size_t side_words)
{
    if (!tce_event_kind_name(event->kind))
        return TCE_CHUNK_SHAPE;
    bool has_side = event->flags & TCE_EVENT_SIDE;
    side_rule rule = rule_of(event->kind);
    if ((rule.required && !has_side) || (!rule.allowed && has_side))
        return TCE_CHUNK_SIDE_WORDS;
    if (event->kind == TCE_EVENT_DMA && (event->flags & TCE_EVENT_RECORDED)) {
        uint32_t shift = tce_outcome_shift(event->status);
        if ((uint32_t)event->status > 0x3ff || shift > 64)
            return TCE_CHUNK_SHAPE;
    }
    if (!has_side)
        return side_words == 0 ? TCE_CHUNK_OK : TCE_CHUNK_SIDE_WORDS;
    tce_event local = *event;
    local.value = 0;
    if (tce_event_side_words(&local, side, side_words) != side_words)
        return TCE_CHUNK_SIDE_WORDS;
    if (event->kind == TCE_EVENT_INDIRECT) {
        /* The list is whole, or the call was refused before it was read. */
        uint64_t npages = side[TCE_HCALL_NPAGES], entries = side[TCE_HCALL_ENTRIES];
        if (entries != npages && entries != 0)
            return TCE_CHUNK_SIDE_WORDS;
    }
    return TCE_CHUNK_OK;
}
