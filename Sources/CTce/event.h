/* SPDX-License-Identifier: Apache-2.0 */
/* What an event must be to stand in a trace. */
#ifndef TCE_EVENT_CHECK_H
#define TCE_EVENT_CHECK_H

#include "tce_trace.h"

/* Would a reader take this event? The side words are looked at where the event claims them. */
tce_chunk_fault tce__event_check(const tce_event *event, const uint64_t *side, size_t side_words);

#endif
