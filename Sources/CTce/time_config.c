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

/* A limit as it is declared: digits; none: there is no number. */
static uint64_t number_of(const char *digits)
{
    uint64_t number = 0;
    for (; *digits != '\0'; digits++)
        number = number * 10 + (uint64_t)(*digits - '0');
    return number;
}

static uint64_t words_of(const char *choices)
{
    uint64_t count = 1;
    for (; *choices != '\0'; choices++)
        count += *choices == '|';
    return count;
}

/* The largest value of a parameter, in the unit that it is held in. */
static uint64_t most_of(const tce_time_param *param)
{
    switch (param->kind) {
    case TCE_PARAM_COST:
        return number_of(param->most) * 1000000;
    case TCE_PARAM_SHARE:
        return number_of(param->most) * 100;
    case TCE_PARAM_CHOICE:
        return words_of(param->choices) - 1;
    default:
        return number_of(param->most);
    }
}

/* So no sum of a few costs wraps. */
static bool is_within_limits(const tce_time_config *c)
{
    const uint64_t *field = (const uint64_t *)(const void *)c;
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        if (field[i] > most_of(&params[i]))
            return false;
    }
    return true;
}

bool tce__time_config_valid(const tce_time_config *c)
{
    /* walk_levels 0 is a fetch of one cycle. */
    return is_within_limits(c) && c->clock_mhz != 0 && c->pcie_rate != 0 && is_power_of_two(c->max_payload) &&
           c->max_payload >= 16 && is_power_of_two(c->max_read_request) && c->max_read_request >= 16 &&
           is_power_of_two(c->tces_per_line) && c->cache_ways != 0 && c->cache_entries != 0 &&
           c->cache_entries % (c->cache_ways * c->tces_per_line) == 0 && c->fetch_slots != 0 &&
           c->tags_per_device != 0 && c->events_under_way != 0;
}
