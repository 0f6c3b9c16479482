/* SPDX-License-Identifier: Apache-2.0 */
/* The register of the C cases, and how one is run. */
#include "case.h"

#include <stdio.h>

typedef struct entry {
    const char *name;
    const char *rule;
    void (*run)(tce_case *c, tce_machine *m);
} entry;

static const entry entries[] = {
#define TCE_X(name, rule) {#name, rule, tce_case_##name},
    TCE_CASES(TCE_X)
#undef TCE_X
};

void tce_case_fail(tce_case *c, const char *file, int line, const char *expression)
{
    c->failed = true;
    (void)snprintf(c->message, c->size, "%s:%d: %s", file, line, expression);
}

void tce_case_fail_values(tce_case *c, const char *file, int line, const char *expression, uint64_t got, uint64_t want)
{
    c->failed = true;
    (void)snprintf(c->message, c->size, "%s:%d: %s: got 0x%llx, want 0x%llx", file, line, expression,
                   (unsigned long long)got, (unsigned long long)want);
}

size_t tce_case_count(void)
{
    return sizeof entries / sizeof *entries;
}

const char *tce_case_name(size_t index)
{
    return index < tce_case_count() ? entries[index].name : NULL;
}

const char *tce_case_rule(size_t index)
{
    return index < tce_case_count() ? entries[index].rule : NULL;
}

int tce_case_run(size_t index, char *message, size_t size)
{
    char none[1];
    tce_case c = {.message = size == 0 ? none : message, .size = size == 0 ? sizeof none : size};
    c.message[0] = '\0';
    if (index >= tce_case_count()) {
        tce_case_fail(&c, __FILE__, __LINE__, "there is a case of this index");
        return 1;
    }
    const tce_config config = tce_config_pseries();
    tce_machine *m;
    if (tce_machine_create(&config, &m) != TCE_OK)
        tce_case_fail(&c, __FILE__, __LINE__, "the pseries machine can be made");
    else
        entries[index].run(&c, m);
    tce_machine_destroy(m);
    return c.failed;
}
