/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots that lie: whoever wrote the bytes, the answer is an error with an offset, or a machine. */
#include "snapshot_case.h"

#include "../../Sources/CTce/internal.h"

typedef struct lie {
    size_t offset;
    uint64_t value;
    unsigned bytes;
    tce_err err;
} lie;

static void put(uint8_t *p, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

/* Restores the snapshot with one field changed; the fault's offset must lie in the record that has the field. */
static tce_err tell(snapshot s, lie l, bool fix, tce_snapshot_fault *fault)
{
    uint8_t *bytes = malloc(s.size);
    tce_machine *m = NULL;
    if (bytes == NULL)
        return TCE_ERR_NO_MEMORY;
    memcpy(bytes, s.bytes, s.size);
    put(bytes + l.offset, l.value, l.bytes);
    if (fix)
        tce__put32(bytes + s.size - 4, tce_crc32(0, bytes, s.size - 4));
    tce_err err = tce_machine_restore(bytes, s.size, TCE_SNAPSHOT_UNLIMITED, &m, fault);
    tce_machine_destroy(m);
    free(bytes);
    return err;
}

CASE(snapshot_cut)
{
    CHECK(snapshot_furnish(m) && snapshot_secure(m));
    snapshot s = snapshot_of(m);
    tce_machine *other;
    for (size_t size = 0; size < s.size; size += size < 3000 ? 1 : 251) {
        uint8_t *cut = malloc(size + (size == 0));      /* the sanitizer watches its end */
        tce_snapshot_fault fault = {SIZE_MAX, NULL, 0};
        CHECK(cut != NULL);
        memcpy(cut, s.bytes, size);
        CHECK_EQ(tce_machine_restore(cut, size, TCE_SNAPSHOT_UNLIMITED, &other, &fault), TCE_ERR_SNAPSHOT);
        CHECK(other == NULL && fault.expected != NULL && fault.offset <= size);
        if (size >= 20) {
            snapshot_fix(cut, size);
            CHECK(tce_machine_restore(cut, size, TCE_SNAPSHOT_UNLIMITED, &other, &fault) != TCE_OK);
            CHECK(other == NULL && fault.offset <= size);
        }
        free(cut);
    }
    free(s.bytes);
}

CASE(snapshot_lies)
{
    CHECK(snapshot_furnish(m));
    snapshot s = snapshot_of(m);
    CHECK(s.bytes != NULL);
    const size_t machine = section_at(s, 1), phbs = section_at(s, 2), windows = section_at(s, 3),
                 memory = section_at(s, 4), states = section_at(s, 5);
    /* The first window (LIOBN 5) has no run; VIO_SMALL is next, with two. */
    const size_t small = windows + 40, run = small + 40;
    const lie lies[] = {
        {0, 'x', 1, TCE_ERR_SNAPSHOT},
        {4, 2, 2, TCE_ERR_SNAPSHOT_VERSION},
        {4, 0, 2, TCE_ERR_SNAPSHOT},
        {8, s.size + 1, 8, TCE_ERR_SNAPSHOT},
        {16, 2, 4, TCE_ERR_SNAPSHOT},
        {20, 1, 4, TCE_ERR_SNAPSHOT},
        {24, UINT64_MAX, 8, TCE_ERR_SNAPSHOT},
        {24, 159, 8, TCE_ERR_SNAPSHOT},
        {24, 161, 8, TCE_ERR_SNAPSHOT},
        {machine, 3, 4, TCE_ERR_PLATFORM},
        {machine + 4, 8, 4, TCE_ERR_SNAPSHOT},
        {machine + 8, 0x10000, 8, TCE_ERR_SNAPSHOT},            /* memory ends before a frame that holds something */
        {machine + 8, MEMORY_END - 4, 8, TCE_ERR_SNAPSHOT},     /* and inside one */
        {machine + 16, 3, 4, TCE_ERR_SNAPSHOT},
        {machine + 44, 2, 4, TCE_ERR_SNAPSHOT},
        {machine + 80, UINT64_MAX, 8, TCE_ERR_SNAPSHOT},
        {machine + 104, 1, 8, TCE_ERR_SNAPSHOT},                /* one shared frame, of none */
        {phbs, 0, 8, TCE_ERR_SNAPSHOT},
        {phbs + 48, BUID, 8, TCE_ERR_SNAPSHOT},
        {phbs + 48 + 8, LIOBN + 1, 4, TCE_ERR_LIOBN_TAKEN},
        {phbs + 8, UINT32_MAX, 4, TCE_ERR_CONFIG},
        {phbs + 12, 4, 4, TCE_ERR_SNAPSHOT},
        {phbs + 24, UINT64_C(1) << 60, 8, TCE_ERR_WINDOW_TCES},
        {phbs + 40, 1, 8, TCE_ERR_PAGE_SHIFT},
        {windows, 0x71000000, 4, TCE_ERR_SNAPSHOT},             /* two windows of one LIOBN */
        {windows, 0x71000002, 4, TCE_ERR_SNAPSHOT},             /* out of order */
        {windows + 4, 99, 1, TCE_ERR_PAGE_SHIFT},
        {windows + 4, 11, 1, TCE_ERR_PAGE_SHIFT},
        {windows + 5, 4, 1, TCE_ERR_SNAPSHOT},
        {windows + 5, 2, 1, TCE_ERR_SNAPSHOT},                  /* virtual I/O has no default window */
        {windows + 6, 1, 2, TCE_ERR_SNAPSHOT},
        {windows + 16, UINT64_C(1) << 60, 8, TCE_ERR_WINDOW_TCES},
        {windows + 16, 0, 8, TCE_ERR_WINDOW_RANGE},
        {windows + 8, UINT64_MAX, 8, TCE_ERR_WINDOW_RANGE},
        {windows + 24, 77, 8, TCE_ERR_NO_PHB},
        {windows + 24, BUID, 8, TCE_ERR_CONFIG},                /* an LIOBN that is not the PHB's */
        {windows + 32, 1, 8, TCE_ERR_SNAPSHOT},
        {small + 32, UINT64_MAX, 8, TCE_ERR_SNAPSHOT},
        {small + 32, 1, 8, TCE_ERR_SNAPSHOT},
        {run, UINT64_C(1) << 17, 8, TCE_ERR_SNAPSHOT},          /* beyond the window */
        {run, (UINT64_C(1) << 17) - 1, 8, TCE_ERR_SNAPSHOT},    /* the run behind is at the same place */
        {run + 8, 0, 4, TCE_ERR_SNAPSHOT},
        {run + 8, 513, 4, TCE_ERR_SNAPSHOT},
        {run + 8, UINT32_MAX, 4, TCE_ERR_SNAPSHOT},
        {run + 12, 2, 4, TCE_ERR_SNAPSHOT},                     /* its TCE is no run */
        {run + 12, 3, 4, TCE_ERR_SNAPSHOT},
        {run + 24 + 8, 2, 4, TCE_ERR_SNAPSHOT},                 /* the last TCE, and one more */
        {memory, MEMORY_END >> 16, 8, TCE_ERR_SNAPSHOT},
        {memory, UINT64_C(1) << 48, 8, TCE_ERR_SNAPSHOT},
        {memory, UINT64_MAX, 8, TCE_ERR_SNAPSHOT},
        {memory, 0x400, 8, TCE_ERR_SNAPSHOT},                   /* the frame behind is the same */
        {memory + 8, 0, 4, TCE_ERR_SNAPSHOT},
        {memory + 8, 0x10000, 4, TCE_ERR_SNAPSHOT},
        {memory + 8, 0xFFFF, 4, TCE_ERR_SNAPSHOT},
        {memory + 12, 1, 4, TCE_ERR_SNAPSHOT},
        {states - 16, 6, 4, TCE_ERR_SNAPSHOT},
        {states - 16, 4, 4, TCE_ERR_SNAPSHOT},
        {states - 8, 1, 8, TCE_ERR_SNAPSHOT},
    };
    tce_snapshot_fault fault;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        fault = (tce_snapshot_fault){SIZE_MAX, NULL, 0};
        const tce_err err = tell(s, lies[i], true, &fault);
        if (err != lies[i].err)
            CHECK_EQ(err << 8 | (int)i, lies[i].err << 8 | (int)i);
        CHECK(fault.expected != NULL && fault.offset < s.size);
        CHECK(*tce_err_text(err) != '\0');
        CHECK_EQ(tell(s, lies[i], false, &fault),
                 lies[i].offset < 8 ? lies[i].err : TCE_ERR_SNAPSHOT);
    }
    CHECK_EQ(tell(s, (lie){run + 8, 513, 4, 0}, true, &fault), TCE_ERR_SNAPSHOT);
    CHECK(fault.offset == run + 8 && fault.found == 513);
    CHECK_EQ(tell(s, (lie){windows + 4, 99, 1, 0}, true, &fault), TCE_ERR_PAGE_SHIFT);
    CHECK(fault.offset == windows && fault.found == 5);
    CHECK_EQ(tell(s, (lie){24, 161, 8, 0}, true, &fault), TCE_ERR_SNAPSHOT);
    CHECK(fault.offset == machine + 160 && fault.found == 1);
    /* Any byte, with a CRC-32 that does not agree. */
    for (size_t at = 0; at < s.size; at += at < 2000 ? 1 : 401)
        CHECK(tell(s, (lie){at, s.bytes[at] ^ 0x40u, 1, 0}, false, NULL) != TCE_OK);
    free(s.bytes);
}

CASE(snapshot_states_of_guest)
{
    CHECK(snapshot_secure(m));
    snapshot s = snapshot_of(m);
    const size_t machine = section_at(s, 1), states = section_at(s, 5);
    CHECK_EQ(tce__get64(s.bytes + states), 0);
    const uint64_t runs = tce__get64(s.bytes + states + 8);
    CHECK(runs >= 5);
    const size_t run = states + 16;     /* frame 0x10, paged out */
    CHECK_EQ(tce__get16(s.bytes + run), 0x10);
    CHECK_EQ(s.bytes[run + 4], 0x0A);
    static const uint8_t possible[] = {0x09, 0x0A, 0x2A, 0x6A};
    for (unsigned byte = 0; byte < 256; byte++) {
        tce_err want = memchr(possible, (int)byte, sizeof possible) != NULL ? TCE_OK : TCE_ERR_SNAPSHOT;
        /* The others are states that are impossible, or one shared frame more than was counted. */
        CHECK_EQ(tell(s, (lie){run + 4, byte, 1, 0}, true, NULL), want);
    }
    /* As many shared frames as there are: the guest's or the ultravisor's, mapped or not. */
    const size_t last = run + 8 * (size_t)(runs - 1);
    CHECK(s.bytes[last + 4] != 0);
    CHECK_EQ(tell(s, (lie){machine + 104, 6, 8, 0}, true, NULL), TCE_ERR_SNAPSHOT);
    CHECK_EQ(tell(s, (lie){machine + 112, 4, 8, 0}, true, NULL), TCE_ERR_SNAPSHOT);
    CHECK_EQ(tell(s, (lie){machine + 16, TCE_SVM_NORMAL, 4, 0}, true, NULL), TCE_ERR_SNAPSHOT);
    CHECK_EQ(tell(s, (lie){machine + 16, TCE_SVM_TRANSITION, 4, 0}, true, NULL), TCE_ERR_SNAPSHOT);
    CHECK_EQ(tell(s, (lie){machine + 4, 1, 4, 0}, true, NULL), TCE_ERR_SNAPSHOT);   /* without PEF */
    CHECK_EQ(tell(s, (lie){run, 0x40, 2, 0}, true, NULL), TCE_ERR_SNAPSHOT);        /* overlaps a later run */
    CHECK_EQ(tell(s, (lie){run + 2, 0, 2, 0}, true, NULL), TCE_ERR_SNAPSHOT);
    CHECK_EQ(tell(s, (lie){run + 2, 0xFFFF, 2, 0}, true, NULL), TCE_ERR_SNAPSHOT);
    CHECK_EQ(tell(s, (lie){run + 5, 1, 1, 0}, true, NULL), TCE_ERR_SNAPSHOT);
    CHECK_EQ(tell(s, (lie){states, 1, 8, 0}, true, NULL), TCE_ERR_SNAPSHOT);
    CHECK_EQ(tell(s, (lie){states, 0x1000, 8, 0}, true, NULL), TCE_ERR_SNAPSHOT);   /* frames beyond memory */
    CHECK_EQ(tell(s, (lie){states, UINT64_C(1) << 48, 8, 0}, true, NULL), TCE_ERR_SNAPSHOT);
    CHECK_EQ(tell(s, (lie){states + 8, runs + 1, 8, 0}, true, NULL), TCE_ERR_SNAPSHOT);
    free(s.bytes);
}

CASE(snapshot_edges)
{
    tce_config config = tce_config_pseries();
    tce_machine *other;
    tce_snapshot_fault fault;
    const uint64_t last = (UINT64_C(1) << 48) - 1;
    config.memory_bytes = TCE_MEMORY_UNKNOWN;
    CHECK_EQ(tce_machine_create(&config, &other), TCE_OK);
    const uint64_t share[] = {4095, 1}, share_last[] = {last, 1};
    CHECK(tce_ultracall(other, TCE_UV_ESM, NULL, 0, NULL) == TCE_U_SUCCESS);
    CHECK(tce_ultracall(other, TCE_UV_SHARE_PAGE, share, 2, NULL) == TCE_U_SUCCESS);
    CHECK(tce_ultracall(other, TCE_UV_SHARE_PAGE, share_last, 2, NULL) == TCE_U_SUCCESS);
    CHECK(tce_memory_store64(other, UINT64_MAX - 7, 5));
    snapshot s = snapshot_of(other);
    tce_machine_destroy(other);
    other = restored(s);
    CHECK(other != NULL && tce_memory_load64(other, UINT64_MAX - 7) == 5);
    tce_machine_destroy(other);
    const size_t memory = section_at(s, 4), run = section_at(s, 5) + 16;
    CHECK_EQ(tce__get64(s.bytes + memory), last);
    CHECK_EQ(tell(s, (lie){memory, last + 1, 8, 0}, true, &fault), TCE_ERR_SNAPSHOT);
    CHECK(fault.offset == memory && fault.found == last + 1);
    CHECK_EQ(tell(s, (lie){memory + 8, 0x10001, 4, 0}, true, &fault), TCE_ERR_SNAPSHOT);
    CHECK_EQ(fault.offset, memory + 8);
    CHECK_EQ(tce__get16(s.bytes + run), 4095);
    CHECK_EQ(tell(s, (lie){run + 2, 2, 2, 0}, true, &fault), TCE_ERR_SNAPSHOT);
    CHECK(fault.offset == run && fault.found == 4095);
    CHECK_EQ(tell(s, (lie){run, 4096, 2, 0}, true, &fault), TCE_ERR_SNAPSHOT);
    CHECK_EQ(fault.offset, run);
    /* The second block at the place of the first. */
    CHECK_EQ(tce__get64(s.bytes + run + 8), last & ~UINT64_C(4095));
    CHECK_EQ(tell(s, (lie){run + 8, 0, 8, 0}, true, &fault), TCE_ERR_SNAPSHOT);
    CHECK_EQ(fault.offset, run + 8);
    free(s.bytes);
    /* A normal guest has no frame that was paged out. */
    CHECK_EQ(tce_machine_create(&config, &other), TCE_OK);
    CHECK(tce_ultracall(other, TCE_UV_ESM, NULL, 0, NULL) == TCE_U_SUCCESS);
    CHECK(tce_host_write(other, 0, "x", 1, NULL) == TCE_OK);
    s = snapshot_of(other);
    tce_machine_destroy(other);
    CHECK_EQ(tell(s, (lie){section_at(s, 1) + 16, TCE_SVM_TRANSITION, 4, 0}, true, &fault), TCE_OK);
    CHECK_EQ(tell(s, (lie){section_at(s, 1) + 16, TCE_SVM_NORMAL, 4, 0}, true, &fault), TCE_ERR_SNAPSHOT);
    CHECK_EQ(fault.offset, section_at(s, 5) + 20);
    free(s.bytes);
}

CASE(snapshot_memory_max)
{
    for (uint64_t i = 0; i < 64; i++)
        CHECK(tce_memory_store64(m, 0x2000000 + (i << 16), 1));
    CHECK(snapshot_furnish(m) && snapshot_secure(m));
    snapshot s = snapshot_of(m);
    tce_machine *other;
    tce_snapshot_fault fault;
    uint64_t low = 0, high = UINT64_C(1) << 30;
    CHECK_EQ(tce_machine_restore(s.bytes, s.size, high, &other, NULL), TCE_OK);
    tce_machine_destroy(other);
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        tce_err err = tce_machine_restore(s.bytes, s.size, middle, &other, &fault);
        CHECK(err == TCE_OK || err == TCE_ERR_SNAPSHOT_MEMORY);
        tce_machine_destroy(other);
        *(err == TCE_OK ? &high : &low) = middle;
    }
    /* What is allowed is what is committed, but for the look ahead of a window's bitmaps. */
    CHECK_EQ(tce_machine_restore(s.bytes, s.size, high, &other, NULL), TCE_OK);
    CHECK(tce_machine_table_bytes(other) <= high);
    CHECK(high >= tce_machine_table_bytes(other) + other->frames.count * 65536 + other->states.count * 4096);
    tce_machine_destroy(other);
    CHECK(high < s.size * 4096 + tce_window_count(m) * 512 * KIB);
    free(s.bytes);
}

CASE(snapshot_later_sections)
{
    snapshot s = snapshot_of(m);
    uint8_t *more = malloc(s.size + 21);
    tce_machine *other;
    CHECK(more != NULL);
    memcpy(more, s.bytes, s.size - 4);
    memset(more + s.size - 4, 0, 21);
    tce__put16(more + 6, 9);
    tce__put32(more + s.size - 4, 6);
    tce__put64(more + s.size + 4, 5);
    snapshot_fix(more, s.size + 21);
    CHECK_EQ(tce_machine_restore(more, s.size + 21, TCE_SNAPSHOT_UNLIMITED, &other, NULL), TCE_OK);
    CHECK(machines_equal(m, other));
    tce_machine_destroy(other);
    tce__put64(more + s.size + 4, 6);
    snapshot_fix(more, s.size + 21);
    CHECK_EQ(tce_machine_restore(more, s.size + 21, TCE_SNAPSHOT_UNLIMITED, &other, NULL), TCE_ERR_SNAPSHOT);
    free(more);
    free(s.bytes);
}

/* Interesting values for a field of 1, 2, 4 or 8 bytes. */
static uint64_t nasty(uint64_t *random)
{
    const uint64_t r = snapshot_random(random);
    switch (r % 5) {
    case 0:
        return r >> 32 & 15;
    case 1:
        return UINT64_MAX - (r >> 32 & 3);
    case 2:
        return (UINT64_C(1) << (r >> 32 & 63)) - (r >> 40 & 1);
    default:
        return r >> (r >> 8 & 63);
    }
}

CASE(snapshot_fuzz)
{
    uint64_t random = 4711;
    unsigned accepted = 0, refused = 0;
    CHECK(snapshot_furnish(m) && snapshot_secure(m));
    CHECK_EQ(tce_window_remove(m, VIO_LARGE), TCE_OK);     /* saving it takes a millisecond */
    for (int i = 0; i < 100; i++)
        (void)snapshot_step(m, &random);
    snapshot s = snapshot_of(m);
    uint8_t *bytes = malloc(s.size);
    CHECK(s.bytes != NULL && bytes != NULL);
    /* Most fields lie outside the pages of memory, which are most of the bytes. */
    const size_t fields = section_at(s, 4) + 16, states = section_at(s, 5) - 16;
    for (int i = 0; i < 4000; i++) {
        size_t size = s.size;
        memcpy(bytes, s.bytes, size);
        for (uint64_t changes = 1 + snapshot_random(&random) % 3; changes > 0; changes--) {
            const unsigned width = 1u << (snapshot_random(&random) & 3);
            uint64_t r = snapshot_random(&random);
            size_t at = r % 8 < 6 ? 16 + (r >> 3) % (fields - 16) : states + (r >> 3) % (size - states - 4);
            if (r >> 63 != 0)
                at &= ~(size_t)3;
            put(bytes + at, nasty(&random), at + width + 4 <= size ? width : 1);
        }
        if (snapshot_random(&random) % 16 == 0)
            size -= snapshot_random(&random) % (size - 20);
        snapshot_fix(bytes, size);
        tce_machine *other;
        tce_snapshot_fault fault = {SIZE_MAX, NULL, 0};
        tce_err err = tce_machine_restore(bytes, size, UINT64_C(64) << 20, &other, &fault);
        if (err != TCE_OK) {
            CHECK(other == NULL && fault.expected != NULL && fault.offset <= size);
            refused++;
            continue;
        }
        /* What was accepted is a machine: it can be saved, and restored to the same. */
        accepted++;
        snapshot again = snapshot_of(other);
        tce_machine *third = restored(again);
        CHECK(third != NULL && machines_equal(other, third));
        uint64_t same = random, one = random;
        for (int step = 0; step < 20; step++)
            CHECK_EQ(snapshot_step(third, &same), snapshot_step(other, &one));
        free(again.bytes);
        tce_machine_destroy(third);
        tce_machine_destroy(other);
    }
    CHECK(accepted > 200 && refused > 1000);
    free(bytes);
    free(s.bytes);
}
