/* SPDX-License-Identifier: Apache-2.0 */
/* The counters of a run by their names. */
#include "tce_run.h"

uint64_t *tce_counter_at(tce_counters *counters, size_t index, tce_counter_name *name)
{
    static const char *const names[] = {
#define TCE_X(name, unit, text) #name,
        TCE_COUNTERS(TCE_X)
#undef TCE_X
    };
    uint64_t *const fields[] = {
#define TCE_X(name, unit, text) &counters->name,
        TCE_COUNTERS(TCE_X)
#undef TCE_X
    };
    static const char *const call_fields[] = {"calls", "tces", "errors"};
    const size_t singles = sizeof fields / sizeof *fields;
    if (index < singles) {
        *name = (tce_counter_name){NULL, names[index], fields[index] == &counters->bytes};
        return fields[index];
    }
    index -= singles;
    if (index < TCE_FAULT_COUNT) {
        *name = (tce_counter_name){"faults", tce_fault_key((tce_fault)index), false};
        return &counters->faults[index];
    }
    index -= TCE_FAULT_COUNT;
    if (index / 3 >= TCE_CALL_COUNT)
        return NULL;
    tce_call_counter *call = &counters->calls[index / 3];
    uint64_t *const parts[] = {&call->calls, &call->tces, &call->errors};
    *name = (tce_counter_name){tce_call_count_name((uint32_t)(index / 3)), call_fields[index % 3], index % 3 == 1};
    return parts[index % 3];
}
