/* SPDX-License-Identifier: Apache-2.0 */
/* Calls through the C API, as one who links the core makes them. */
#include "Loads.h"

/* Calls go round in this many pages of the table: 128 KiB, which a cache holds. */
#define ROUND_PAGES 16384u
#define ROUND_LISTS 32u

tce_machine *load_machine(tce_platform platform, uint64_t window_bytes)
{
    tce_config config = tce_config_pseries();
    tce_machine *m;
    config.platform = platform;
    config.phb.window_bytes = window_bytes;
    if (tce_machine_create(&config, &m) != TCE_OK)
        return NULL;
    for (uint64_t i = 0; i < TCE_LIST_ENTRIES_MAX; i++)
        (void)tce_memory_store64(m, LOAD_LIST + i * 8, i << 12 | TCE_ACCESS_RW);
    return m;
}

void load_fill_window(tce_machine *m, uint64_t tces)
{
    for (uint64_t page = 0; page < tces; page++)
        (void)tce_h_put_tce(m, LOAD_LIOBN, page << 12, (page * 0x9e37 % 65536) << 12 | TCE_ACCESS_RW);
}

uint64_t load_gets(tce_machine *m, size_t count)
{
    uint64_t sum = 0, tce = 0;
    for (uint64_t i = 0; i < count; i++) {
        sum += (uint64_t)tce_h_get_tce(m, LOAD_LIOBN, (i % ROUND_PAGES) << 12, &tce);
        sum += tce;
    }
    return sum;
}

uint64_t load_puts(tce_machine *m, size_t count)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++)
        sum += (uint64_t)tce_h_put_tce(m, LOAD_LIOBN, (i % ROUND_PAGES) << 12, (i & 0xffff) << 12 | TCE_ACCESS_RW);
    return sum;
}

uint64_t load_lists(tce_machine *m, size_t n, size_t count)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++)
        sum += (uint64_t)tce_h_put_tce_indirect(m, LOAD_LIOBN, (i % ROUND_LISTS) << 21, LOAD_LIST, n);
    return sum;
}

uint64_t load_stuffs(tce_machine *m, uint64_t tce, size_t n, size_t count)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++)
        sum += (uint64_t)tce_h_stuff_tce(m, LOAD_LIOBN, (i % ROUND_LISTS) << 21, tce, n);
    return sum;
}

uint64_t load_translations(const tce_machine *m, const uint64_t *iobas, size_t count)
{
    uint64_t sum = 0, address = 0;
    for (size_t i = 0; i < count; i++) {
        sum += tce_translate(m, LOAD_LIOBN, iobas[i], 1, TCE_ACCESS_READ, &address);
        sum += address;
    }
    return sum;
}

#define TRANSLATION_BATCH 4096u

uint64_t load_translation_batches(const tce_machine *m, const uint64_t *iobas, size_t count)
{
    uint64_t addresses[TRANSLATION_BATCH], sum = 0;
    for (size_t i = 0; i < count; i += TRANSLATION_BATCH) {
        const size_t n = count - i < TRANSLATION_BATCH ? count - i : TRANSLATION_BATCH;
        sum += tce_translate_batch(m, LOAD_LIOBN, iobas + i, n, TCE_ACCESS_READ, addresses, NULL);
        sum += addresses[n - 1];
    }
    return sum;
}

static uint64_t ultracall(tce_machine *m, uint64_t number, uint64_t first, uint64_t second)
{
    const uint64_t args[2] = {first, second};
    return (uint64_t)tce_ultracall(m, number, args, 2, NULL);
}

void load_make_secure(tce_machine *m)
{
    (void)tce_ultracall(m, TCE_UV_ESM, NULL, 0, NULL);
    if (tce_machine_svm_state(m) == TCE_SVM_TRANSITION)
        (void)tce_svm_hcall(m, TCE_H_SVM_INIT_DONE, 0, 0, 0, NULL);
}

uint64_t load_shares(tce_machine *m, size_t n)
{
    return ultracall(m, TCE_UV_SHARE_PAGE, 0, n);
}

uint64_t load_unshares(tce_machine *m, size_t n)
{
    return ultracall(m, TCE_UV_UNSHARE_PAGE, 0, n);
}
