/* SPDX-License-Identifier: Apache-2.0 */
/* A case on a platform other than qemu: ON(name, platform, bytes of memory) { ... } has a machine m of its own. */
#ifndef CTCE_PLATFORM_CASE_H
#define CTCE_PLATFORM_CASE_H

#include "case.h"

#define S TCE_H_SUCCESS
#define P TCE_H_PARAMETER
#define F TCE_H_FUNCTION

/* A pseries machine otherwise; NULL: the host has no memory. */
static inline tce_machine *machine_on(tce_platform platform, uint64_t memory_bytes)
{
    tce_config config = tce_config_pseries();
    tce_machine *m = NULL;
    config.platform = platform;
    config.memory_bytes = memory_bytes;
    return tce_machine_create(&config, &m) == TCE_OK ? m : NULL;
}

#define ON(name, platform, memory)                              \
    static void on_##name(tce_case *c, tce_machine *m);         \
    CASE(name)                                                  \
    {                                                           \
        tce_machine *own = machine_on(platform, memory);        \
        CHECK(own != NULL);                                     \
        on_##name(c, own);                                      \
        tce_machine_destroy(own);                               \
    }                                                           \
    static void on_##name(tce_case *c, tce_machine *m)

#endif
