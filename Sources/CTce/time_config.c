/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of the time model: what the list in tce_time.h says, and what must hold between them. Model. */
#include "time_config.h"

static const tce_time_param params[] = {
#define TCE_X(field_, key_, kind_, standard_, least_, most_, choices_, text_, source_)                              \
    {                                                                                                               \
        .key = (key_), .standard = (standard_), .least = (least_), .most = (most_), .choices = (choices_),          \
        .text = (text_), .source = (source_), .kind = (kind_),                                                      \
    },
    TCE_TIME_PARAMS(TCE_X)
#undef TCE_X
};

#define PARAM_COUNT (sizeof params / sizeof *params)

_Static_assert(sizeof(tce_time_config) == PARAM_COUNT * sizeof(uint64_t), "a field for each parameter");

uint32_t tce_time_param_count(void)
{
    return (uint32_t)PARAM_COUNT;
}

const tce_time_param *tce_time_param_at(uint32_t index)
{
    return index < PARAM_COUNT ? &params[index] : NULL;
}

const char *tce_param_unit(tce_param_kind kind)
{
    switch (kind) {
#define TCE_X(name, value, unit) \
    case name:                   \
        return unit;
        TCE_PARAM_KINDS(TCE_X)
#undef TCE_X
    }
    return NULL;
}

static bool is_power_of_two(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/* Limits that keep every sum of the model far below 2^64: a person's are narrower. */
static bool is_sane(const tce_time_config *c)
{
    const uint64_t most = UINT64_C(1) << 60;
    const uint64_t *field = (const uint64_t *)(const void *)c;
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        if (field[i] > most)
            return false;
    }
    return c->clock_mhz != 0 && c->clock_mhz <= 100000 && c->pcie_rate != 0 && c->pcie_rate <= 1000000 &&
           c->dllp_share <= 9000 && c->write_overhead <= 4096 && c->read_overhead <= 4096 &&
           c->completion_overhead <= 4096 && c->assumed_bytes <= 65536 && c->exit_to_user <= TCE_EXIT_KVM &&
           c->passthrough <= 1 && c->kill_scope <= TCE_KILL_PE && c->assumed_direction <= 1;
}

bool tce__time_config_valid(const tce_time_config *c)
{
    const uint64_t set = c->cache_ways * c->tces_per_line;
    return is_sane(c) && is_power_of_two(c->max_payload) && c->max_payload >= 16 && c->max_payload <= 4096 &&
           is_power_of_two(c->max_read_request) && c->max_read_request >= 16 && c->max_read_request <= 4096 &&
           is_power_of_two(c->tces_per_line) && c->tces_per_line <= 4096 && c->cache_ways != 0 &&
           c->cache_ways <= 65536 && c->cache_entries != 0 && c->cache_entries <= 16777216 &&
           c->cache_entries % set == 0 && c->fetch_slots != 0 && c->fetch_slots <= 65536 && c->tags_per_device != 0 &&
           c->tags_per_device <= 65536 && c->walk_levels <= 5 && c->events_under_way != 0 &&
           c->events_under_way <= 65536;
}
