/* SPDX-License-Identifier: Apache-2.0 */
/* Chunks decoded, batches applied, with and without time. */
#include <stdlib.h>

#include "Loads.h"

static uint64_t number_of(const char *text)
{
    return strtoull(text, NULL, 10);
}

/* The defaults that are written with a unit of time are whole nanoseconds or microseconds. */
static uint64_t value_of(const tce_time_param *param, uint64_t mhz)
{
    char *unit;
    const double number = strtod(param->standard, &unit);
    const double cycles = *unit == '\0' ? number : number * (unit[1] == 'u' ? 1000.0 : 1.0) * (double)mhz / 1000.0;
    switch (param->kind) {
    case TCE_PARAM_CYCLES:
        return (uint64_t)(cycles + 0.5);
    case TCE_PARAM_COST:
        return (uint64_t)(cycles * 1e6 + 0.5);
    case TCE_PARAM_SHARE:
        return (uint64_t)(number * 100 + 0.5);
    default:
        return number_of(param->standard);
    }
}

tce_time *load_model(void)
{
    uint64_t values[sizeof(tce_time_config) / sizeof(uint64_t)];
    tce_time_config config;
    const uint64_t mhz = number_of(tce_time_param_at(0)->standard);
    for (uint32_t i = 0; i < tce_time_param_count(); i++)
        values[i] = value_of(tce_time_param_at(i), mhz);
#define LOAD_X(field, key, kind, standard, least, most, choices, text, source) \
    config.field = values[offsetof(tce_time_config, field) / sizeof(uint64_t)];
    TCE_TIME_PARAMS(LOAD_X)
#undef LOAD_X
    /* The choices that are not the first word. */
    config.exit_to_user = TCE_EXIT_KVM;
    config.kill_scope = TCE_KILL_PE;
    tce_time *model;
    return tce_time_create(&config, TCE_ARRIVAL_TRACE, 1, &model) == TCE_OK ? model : NULL;
}

uint64_t load_run(tce_machine *m, tce_time *model, const tce_batch *batch)
{
    tce_counters counters = {0};
    tce_run_options options = {.time = model};
    if (tce_run(m, batch, &counters, &options, NULL) != TCE_OK)
        return 0;
    return counters.transactions + counters.calls[TCE_COUNT_PUT].calls + counters.calls[TCE_COUNT_STUFF].calls +
           counters.calls[TCE_COUNT_INDIRECT].calls;
}

uint64_t load_tlps(const tce_time *model)
{
    uint64_t tlps = 0;
    tce_time_phb_stats stats;
    for (uint32_t i = 0; tce_time_phb_at(model, i, &stats); i++)
        tlps += stats.tlps;
    return tlps;
}

tce_chunk *load_chunk(const load_shape *shape, size_t events, const uint8_t **payload, size_t *bytes)
{
    load_events *e = load_events_open(shape);
    tce_chunk *chunk = tce_chunk_create();
    if (e == NULL || chunk == NULL)
        return NULL;
    const tce_batch batch = load_events_next(e, events);
    for (size_t i = 0; i < batch.count; i++) {
        tce_event event = batch.events[i];
        const uint64_t words = tce_event_side_words(&event, batch.side, batch.side_count);
        const uint64_t *side = words == 0 ? NULL : batch.side + event.value;
        event.stream = tce_chunk_stream(chunk, &batch.streams[event.stream]);
        if (tce_chunk_append(chunk, &event, batch.times[i], side, (size_t)words) != TCE_CHUNK_OK)
            return NULL;
    }
    load_events_close(e);
    return tce_chunk_encode(chunk, 1, payload, bytes) == TCE_CHUNK_OK ? chunk : NULL;
}

uint64_t load_decodes(tce_chunk *chunk, const uint8_t *payload, size_t bytes, size_t count)
{
    uint64_t events = 0;
    for (size_t i = 0; i < count; i++)
        if (tce_chunk_decode(chunk, payload, bytes) == TCE_CHUNK_OK)
            events += tce_chunk_batch(chunk).count;
    return events;
}
