/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layout of a snapshot, as snapshot_save.c and snapshot_restore.c share it (docs/snapshot.md). Not API.
 * Architectural.
 */
#ifndef TCE__SNAPSHOT_H
#define TCE__SNAPSHOT_H

#include "sharing.h"
#include "tce_snapshot.h"

enum {
    TCE__SNAPSHOT_HEAD = 16,        /* magic, version, bytes */
    TCE__SNAPSHOT_CRC = 4,
    TCE__SECTION_HEAD = 16,         /* id, 0, bytes of what follows */
    TCE__MACHINE_BYTES = 160,
    TCE__PHB_BYTES = 48,
    TCE__WINDOW_BYTES = 40,         /* followed by the window's runs */
    TCE__RUN_BYTES = 16,            /* followed by the TCEs, or by first and step */
    TCE__FRAME_HEAD = 16,           /* followed by the frame's pages that hold something */
    TCE__BLOCK_BYTES = 16,          /* followed by the block's runs of equal states */
    TCE__STATE_RUN_BYTES = 8,
    TCE__MEMORY_PAGE_BYTES = 4096,
    TCE__MEMORY_PAGES = 16,         /* of a frame */
};

static const uint8_t tce__snapshot_magic[4] = {'T', 'C', 'E', 'S'};

/* Sections, in this order. A reader passes over later ones that it does not know. */
enum {
    TCE__SECTION_MACHINE = 1,
    TCE__SECTION_PHBS,
    TCE__SECTION_WINDOWS,
    TCE__SECTION_MEMORY,
    TCE__SECTION_STATES,
    TCE__SECTION_LAST = TCE__SECTION_STATES,
};

enum { TCE__MACHINE_MULTITCE = 1, TCE__MACHINE_PEF = 2, TCE__MACHINE_EEH = 4 };
enum { TCE__PHB_DDW = 1, TCE__PHB_FROZEN = 2 };
enum { TCE__WINDOW_BYPASS = 1, TCE__WINDOW_DEFAULT = 2 };
enum { TCE__RUN_LITERAL = 0, TCE__RUN_STEP = 1, TCE__RUN_ZERO = 2 };

_Static_assert(sizeof(tce_sharing) == 10 * sizeof(uint64_t), "the machine's section has ten counters of sharing");
_Static_assert(TCE__MEMORY_PAGE_BYTES * TCE__MEMORY_PAGES == TCE__FRAME_BYTES, "a frame has that many pages");

/* --- Restoring (snapshot_restore.c, snapshot_contents.c) --- */

typedef struct tce__reader {
    const uint8_t *bytes;
    size_t at;
    size_t end;                 /* of the section */
    uint64_t memory_left;       /* bytes that may still be committed */
    tce_machine *m;
    tce_err err;
    tce_snapshot_fault fault;
} tce__reader;

/* Both are false: what was expected at an offset, and what was found. */
bool tce__reader_fail(tce__reader *r, tce_err err, size_t offset, const char *expected, uint64_t found);
bool tce__reader_bad(tce__reader *r, size_t offset, const char *expected, uint64_t found);

/* The next `count` bytes of the section, or NULL, and then it has failed. */
const uint8_t *tce__reader_take(tce__reader *r, size_t count, const char *what);

/* Before `bytes` bytes are committed for the record at an offset; false: more than may be. */
bool tce__reader_spend(tce__reader *r, size_t offset, uint64_t bytes);

/* The contents of a section: false after a fault. */
bool tce__read_windows(tce__reader *r);
bool tce__read_memory(tce__reader *r);
bool tce__read_states(tce__reader *r);

#endif
