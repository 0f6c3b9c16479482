/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c: guest real memory, its end, and the wrap at 2^64. */
#include "case.h"

#include "../../Sources/CTce/memory.h"

#include <string.h>

CASE(memory_big_endian)
{
    unsigned char bytes[8];
    CHECK(tce_memory_store64(m, 0x1003, UINT64_C(0x0102030405060708)));
    CHECK(tce_memory_read(m, 0x1003, bytes, 8));
    for (unsigned i = 0; i < 8; i++)
        CHECK_EQ(bytes[i], i + 1);
    CHECK_EQ(tce_memory_load64(m, 0x1003), UINT64_C(0x0102030405060708));
    CHECK_EQ(tce_memory_load64(m, 0x1004), UINT64_C(0x0203040506070800));
}

CASE(memory_frame_crossing)
{
    static unsigned char out[3 << 16], in[3 << 16];
    for (size_t i = 0; i < sizeof out; i++)
        out[i] = (unsigned char)(i * 7 + (i >> 8));
    CHECK(tce_memory_write(m, 0x12345, out, sizeof out));
    CHECK(tce_memory_read(m, 0x12345, in, sizeof in));
    CHECK(memcmp(in, out, sizeof in) == 0);
    CHECK_EQ(tce_memory_load64(m, 0x1FFFC), tce_memory_load64(m, 0x1FFFC));
    CHECK(tce_memory_store64(m, 0x8FFFC, UINT64_C(0x1122334455667788)));
    CHECK_EQ(tce_memory_load64(m, 0x8FFFC), UINT64_C(0x1122334455667788));
    CHECK_EQ(tce_memory_load64(m, 0x90000), UINT64_C(0x5566778800000000));
}

CASE(memory_end)
{
    unsigned char in[4] = {9, 9, 9, 9};
    CHECK(tce_memory_store64(m, MEMORY_END - 8, UINT64_MAX));
    CHECK(!tce_memory_store64(m, MEMORY_END - 4, UINT64_MAX));
    CHECK(!tce_memory_store64(m, MEMORY_END, UINT64_MAX));
    CHECK_EQ(tce_memory_load64(m, MEMORY_END - 4), UINT64_C(0xFFFFFFFF00000000));
    CHECK_EQ(tce_memory_load64(m, MEMORY_END), 0);
    CHECK(!tce_memory_read(m, MEMORY_END - 2, in, 4));
    CHECK(in[0] == 0xFF && in[1] == 0xFF && in[2] == 0 && in[3] == 0);
    CHECK(tce_memory_read(m, MEMORY_END, in, 0));
    CHECK(tce_memory_write(m, UINT64_MAX, in, 0));
}

CASE(memory_wraps)
{
    unsigned char in[2] = {9, 9};
    CHECK(tce_memory_store64(m, 0, UINT64_C(0x1122334455667788)));
    CHECK_EQ(tce_memory_load64(m, UINT64_MAX), UINT64_C(0x0011223344556677));
    CHECK(!tce_memory_store64(m, UINT64_MAX, UINT64_C(0xAABBCCDDEEFF0102)));
    CHECK_EQ(tce_memory_load64(m, 0), UINT64_C(0xBBCCDDEEFF010288));
    CHECK(!tce_memory_read(m, UINT64_MAX, in, 2));
    CHECK(in[0] == 0 && in[1] == 0xBB);
}

CASE(memory_unknown_size)
{
    tce_config config = tce_config_pseries();
    tce_machine *other;
    config.memory_bytes = TCE_MEMORY_UNKNOWN;
    CHECK_EQ(tce_machine_create(&config, &other), TCE_OK);
    bool stored = tce_memory_store64(other, UINT64_MAX - 3, UINT64_C(0x1122334455667788));
    uint64_t high = tce_memory_load64(other, UINT64_MAX - 7), low = tce_memory_load64(other, 0);
    tce_machine_destroy(other);
    CHECK(stored);
    CHECK_EQ(high, UINT64_C(0x11223344));
    CHECK_EQ(low, UINT64_C(0x5566778800000000));
}

CASE(memory_none)
{
    tce_config config = tce_config_pseries();
    tce_machine *other;
    config.memory_bytes = 0;
    CHECK_EQ(tce_machine_create(&config, &other), TCE_OK);
    bool stored = tce_memory_store64(other, 0, 1);
    uint64_t value = tce_memory_load64(other, 0), address = 77;
    tce_h_status put = tce_h_put_tce(other, LIOBN, 0, 3);
    tce_fault fault = tce_translate(other, LIOBN, 0, 1, TCE_ACCESS_READ, &address);
    tce_machine_destroy(other);
    CHECK(!stored && value == 0 && put == TCE_H_SUCCESS);
    CHECK_EQ(fault, TCE_FAULT_NOT_MEMORY);
    CHECK_EQ(address, 77);
}

CASE(memory_zeros_need_no_frame)
{
    static const unsigned char zeros[1 << 17];
    CHECK(tce_memory_write(m, 0x10000, zeros, sizeof zeros));
    CHECK_EQ(m->frames.count, 0);
    CHECK(tce__memory_page(m, 0x10000) == NULL);
    CHECK(tce_memory_store64(m, 0x10000, 1));
    CHECK_EQ(m->frames.count, 1);
    CHECK(tce_memory_write(m, 0x10000, zeros, 8));
    CHECK_EQ(tce_memory_load64(m, 0x10000), 0);
}

CASE(memory_page)
{
    CHECK(tce_memory_store64(m, 0x21008, UINT64_C(0x0102030405060708)));
    const unsigned char *page = tce__memory_page(m, 0x21000);
    CHECK(page != NULL && page[7] == 0 && page[8] == 1 && page[15] == 8);
    CHECK(tce__memory_page(m, 0x21FFF) == page);
    CHECK(tce__memory_page(m, 0x20000) == page - 0x1000);
    CHECK(tce__memory_page(m, 0x30000) == NULL);
    CHECK(tce__memory_page(m, MEMORY_END) == NULL);
    CHECK(tce__memory_page(m, 0x21000 | UINT64_C(1) << 63) == NULL);
}
