/* SPDX-License-Identifier: Apache-2.0 */
/* machine.c and names.c: presets, lifetime, reset; names of codes. */
#include "case.h"

#include <string.h>

CASE(machine_pseries)
{
    tce_window_info info;
    tce_phb_config phb;
    CHECK_EQ(tce_machine_platform(m), TCE_PLATFORM_QEMU);
    CHECK_EQ(tce_machine_memory_bytes(m), MEMORY_END);
    CHECK_EQ(tce_window_count(m), 1);
    CHECK(tce_window_find(m, LIOBN, &info));
    CHECK(info.liobn == LIOBN && info.page_shift == 12 && info.start == 0 && info.tces == TCES);
    CHECK(info.buid == BUID && !info.bypass);
    CHECK(tce_phb_find(m, BUID, &phb) && phb.ddw && phb.page_shifts == UINT64_C(0x1211000));
    CHECK(holds(m, LIOBN, 0, 0) && holds(m, LIOBN, LAST_PAGE, 0));
}

CASE(machine_powervm)
{
    const tce_config config = tce_config_powervm();
    tce_machine *other;
    tce_window_info info;
    CHECK_EQ(tce_machine_create(&config, &other), TCE_OK);
    bool found = tce_window_find(other, LIOBN, &info);
    tce_machine_destroy(other);
    CHECK(found && info.tces == 2 * TCES);
    CHECK_EQ(config.phb.page_shifts, UINT64_C(0x211000));
}

CASE(machine_platform)
{
    tce_config config = tce_config_pseries();
    tce_machine *other = m;
    config.platform = (tce_platform)99;
    CHECK_EQ(tce_machine_create(&config, &other), TCE_ERR_PLATFORM);
    CHECK(other == NULL);
    tce_machine_destroy(NULL);
}

CASE(machine_many_phbs)
{
    tce_config config = tce_config_pseries();
    tce_machine *other;
    tce_phb_config phb;
    config.phb_count = 300;
    CHECK_EQ(tce_machine_create(&config, &other), TCE_OK);
    bool count = tce_window_count(other) == 300;
    bool found = tce_phb_find(other, BUID + 299, &phb) && phb.liobn == LIOBN + 0x100 * 299;
    bool last = holds(other, LIOBN + 0x100 * 299, LAST_PAGE, 0);
    tce_machine_destroy(other);
    CHECK(count && found && last);
}

CASE(machine_bad_config)
{
    tce_config config = tce_config_pseries();
    tce_machine *other;
    config.phb_count = 2;
    config.phb.liobn = UINT32_C(0xFFFFFF00);
    CHECK_EQ(tce_machine_create(&config, &other), TCE_ERR_CONFIG);
    config.phb.liobn = UINT32_C(0x80000000);
    config.phb.buid = UINT64_MAX;
    CHECK_EQ(tce_machine_create(&config, &other), TCE_ERR_CONFIG);
    config.phb_count = TCE_WINDOWS_MAX + 1;
    CHECK_EQ(tce_machine_create(&config, &other), TCE_ERR_WINDOWS);
    CHECK(other == NULL);
    config.phb_count = 1;
    config.phb.window_bytes = 0x800;
    CHECK_EQ(tce_machine_create(&config, &other), TCE_ERR_CONFIG);
    config.phb_count = 0;
    CHECK_EQ(tce_machine_create(&config, &other), TCE_OK);
    size_t count = tce_window_count(other);
    tce_machine_destroy(other);
    CHECK_EQ(count, 0);
}

CASE(machine_reset)
{
    uint32_t rets[6];
    tce_window_info info;
    const tce_window_config dynamic = {(uint32_t)LIOBN_DYNAMIC, 16, DMA64, 4096, BUID};
    CHECK(tce_memory_store64(m, 0x1000, 77));
    CHECK_EQ(window_at(m, 0x71000000, 16, 0x10000, 8), TCE_OK);
    CHECK_EQ(window_at(m, 0x71000001, 12, 0, 1 << 20), TCE_OK);
    CHECK_EQ(tce_window_set_bypass(m, 0x71000000, true), TCE_OK);
    CHECK_EQ(tce_h_put_tce(m, 0x71000000, 0x10000, 0x5003), TCE_H_SUCCESS);
    CHECK_EQ(tce_h_stuff_tce(m, 0x71000001, 0, 0x5003, 1 << 20), TCE_H_SUCCESS);
    CHECK_EQ(ddw_remove(m, LIOBN), 0);
    CHECK_EQ(ddw_create(m, 24, 32, rets), 0);
    CHECK_EQ(tce_window_create(m, &dynamic), TCE_OK);
    uint64_t before = tce_machine_table_bytes(m);
    CHECK_EQ(tce_machine_reset(m), TCE_OK);
    CHECK(tce_machine_table_bytes(m) + (8 << 20) <= before + (1 << 16));
    CHECK_EQ(tce_window_count(m), 3);
    CHECK(tce_window_find(m, LIOBN, &info) && info.page_shift == 12 && info.tces == TCES);
    CHECK(tce_window_find(m, 0x71000000, &info) && info.page_shift == 16 && info.start == 0x10000 && !info.bypass);
    CHECK(holds(m, 0x71000000, 0x10000, 0));
    CHECK(holds(m, 0x71000001, 0, 0) && holds(m, 0x71000001, 0xFFFFF000, 0));
    CHECK_EQ(tce_memory_load64(m, 0x1000), 77);
}

CASE(machine_two_are_apart)
{
    const tce_config config = tce_config_pseries();
    tce_machine *other;
    CHECK_EQ(tce_machine_create(&config, &other), TCE_OK);
    bool put = tce_h_put_tce(other, LIOBN, 0, 0x5003) == TCE_H_SUCCESS && tce_memory_store64(other, 0, 77);
    tce_machine_destroy(other);
    CHECK(put);
    CHECK(holds(m, LIOBN, 0, 0));
    CHECK_EQ(tce_memory_load64(m, 0), 0);
}

CASE(names_of_statuses)
{
    CHECK(strcmp(tce_h_status_name(0), "H_SUCCESS") == 0);
    CHECK(strcmp(tce_h_status_name(-4), "H_PARAMETER") == 0);
    CHECK(strcmp(tce_h_status_name(-2), "H_FUNCTION") == 0);
    CHECK(strcmp(tce_h_status_name(-57), "H_P4") == 0);
    CHECK(tce_h_status_name(-8) == NULL && tce_h_status_name(-4 + (INT64_C(1) << 32)) == NULL);
    CHECK(tce_h_status_name(INT64_MIN) == NULL);
}

CASE(names_of_faults)
{
    for (uint32_t fault = 0; fault < TCE_FAULT_COUNT; fault++)
        CHECK(tce_fault_key((tce_fault)fault) != NULL && tce_fault_text((tce_fault)fault) != NULL);
    CHECK(tce_fault_key((tce_fault)TCE_FAULT_COUNT) == NULL && tce_fault_text((tce_fault)TCE_FAULT_COUNT) == NULL);
    CHECK(strcmp(tce_fault_key(TCE_FAULT_NO_READ), "no_read") == 0);
}

CASE(names_of_errors)
{
    CHECK(strcmp(tce_err_text(TCE_OK), "no error") == 0);
    CHECK(tce_err_text((tce_err)999) != NULL);
    CHECK(strcmp(tce_platform_name(TCE_PLATFORM_QEMU), "qemu") == 0);
    CHECK(tce_platform_name((tce_platform)99) == NULL);
}
