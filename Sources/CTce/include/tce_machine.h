/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine: guest memory, PCI host bridges (PHBs) with their DMA windows, virtual I/O windows.
 *
 * A machine is one owner's: calls on the same machine must not overlap in time; different machines share nothing and
 * may be used from different threads at once.
 */
#ifndef TCE_MACHINE_H
#define TCE_MACHINE_H

#include "tce_types.h"

/*
 * Whose answers the machine gives: QEMU 7.2 without KVM; KVM's virtual-mode handlers (Linux v6.6) with that QEMU behind
 * them; the text of LoPAR 2.9. docs/platforms.md has every difference.
 */
#define TCE_PLATFORMS(X)               \
    X(TCE_PLATFORM_QEMU, 0, "qemu")    \
    X(TCE_PLATFORM_KVM, 1, "kvm")      \
    X(TCE_PLATFORM_PAPR, 2, "papr")

TCE_ENUM(uint32_t, tce_platform) {
#define TCE_X(name, value, text) name = value,
    TCE_PLATFORMS(TCE_X)
#undef TCE_X
};

/* Guest memory of unknown size: no real address is outside it. */
#define TCE_MEMORY_UNKNOWN UINT64_MAX

/* Windows of a PHB: the default one and a dynamic one (QEMU include/hw/pci-host/spapr.h). */
#define TCE_PHB_WINDOWS 2u

#define TCE_WINDOWS_MAX 65536u
#define TCE_WINDOW_TCES_MAX (UINT64_C(1) << 40)

/* A PCI host bridge as it is plugged in. */
typedef struct tce_phb_config {
    uint64_t buid;          /* its unit id */
    uint32_t liobn;         /* of the default window; the dynamic one has the next */
    bool ddw;               /* offers the DDW RTAS calls */
    uint64_t window_start;  /* bus address of the default window */
    uint64_t window_bytes;  /* and its size, a multiple of 4 KiB; its pages are 4 KiB (LoPAR 7.3.27) */
    uint64_t dma64_start;   /* bus address of the dynamic window */
    uint64_t page_shifts;   /* page sizes that DDW offers: bit n means 2^n bytes */
} tce_phb_config;

typedef struct tce_config {
    tce_platform platform;
    uint64_t memory_bytes;  /* guest memory from real address 0, or TCE_MEMORY_UNKNOWN */
    bool multitce;          /* has H_PUT_TCE_INDIRECT and H_STUFF_TCE (function set hcall-multi-tce) */
    bool pef;               /* has an ultravisor: the guest may become secure (tce_svm.h) */
    bool eeh;               /* a PE is frozen at its first fault (tce_dma.h) */
    uint32_t phb_count;     /* PHBs at the start: the n-th has buid + n and liobn + 0x100 n of `phb` */
    tce_phb_config phb;
} tce_config;

/* One window, as it stands. */
typedef struct tce_window_info {
    uint32_t liobn;
    uint32_t page_shift;
    uint64_t start;         /* bus address */
    uint64_t tces;          /* number of TCEs */
    uint64_t buid;          /* of its PHB; 0: a virtual I/O window */
    bool bypass;            /* not translated: real address = IOBA - start */
} tce_window_info;

/* What tce_window_create makes. */
typedef struct tce_window_config {
    uint32_t liobn;
    uint32_t page_shift;    /* 12...34 */
    uint64_t start;         /* bus address; any, also not a multiple of the page */
    uint64_t tces;          /* 1...2^40 */
    uint64_t buid;          /* PHB it belongs to; 0: virtual I/O */
} tce_window_config;

typedef struct tce_machine tce_machine;

TCE_BEGIN_DECLS

/* "qemu", "kvm", "papr", or NULL. */
const char *tce_platform_name(tce_platform platform);

/*
 * Presets, both with multi-TCE and PEF, without EEH. pseries: QEMU's machine, 256 MiB, one PHB (BUID 0x800000020000000), a 1 GiB default window at LIOBN
 * 0x80000000, DDW with 4 KiB, 64 KiB, 2 MiB and 16 MiB pages at bit 59 (QEMU hw/ppc/spapr_pci.c). powervm: the same
 * with the 2 GiB default window that PowerVM gives, and DDW with 4 KiB, 64 KiB and 2 MiB pages.
 */
tce_config tce_config_pseries(void);
tce_config tce_config_powervm(void);

/* Makes a machine. On TCE_OK the caller owns *out and ends it with tce_machine_destroy; else *out is NULL. */
tce_err tce_machine_create(const tce_config *config, tce_machine **out);

/* Frees the machine and all it holds; NULL is allowed. */
void tce_machine_destroy(tce_machine *m);

/*
 * The machine is reset: every PHB has its default window alone, all TCEs are 0, no PE is frozen, memory and PHBs stay.
 * A secure guest is ended as by UV_SVM_TERMINATE (QEMU hw/ppc/pef.c).
 * TCE_ERR_NO_MEMORY: a default window that was gone could not be made again; its PHB is as it was, all else is reset.
 */
tce_err tce_machine_reset(tce_machine *m);

/* What the machine was made from. Its memory and PHBs may have changed since. */
void tce_machine_config(const tce_machine *m, tce_config *out);

tce_platform tce_machine_platform(const tce_machine *m);
uint64_t tce_machine_memory_bytes(const tce_machine *m);

/* Counts each change of the set of windows; who caches a window's description compares it. */
uint64_t tce_machine_generation(const tce_machine *m);

/* --- PHBs and windows: what the platform does, not the guest --- */

/*
 * Plugs a PHB, its default window enabled and empty. TCE_ERR_CONFIG: BUID 0, no LIOBN for the dynamic window, a window
 * that is not a multiple of 4 KiB. TCE_ERR_PAGE_SHIFT: page_shifts has bits outside 12...34. TCE_ERR_WINDOW_RANGE,
 * TCE_ERR_WINDOW_TCES, TCE_ERR_BUID_TAKEN, TCE_ERR_LIOBN_TAKEN (either LIOBN), TCE_ERR_WINDOWS, TCE_ERR_NO_MEMORY.
 */
tce_err tce_phb_add(tce_machine *m, const tce_phb_config *config);

/* Takes a PHB and its windows away. TCE_ERR_NO_PHB. */
tce_err tce_phb_remove(tce_machine *m, uint64_t buid);

/* Changes what DDW offers on a PHB (ddw, page_shifts). TCE_ERR_NO_PHB, TCE_ERR_PAGE_SHIFT. */
tce_err tce_phb_set_ddw(tce_machine *m, uint64_t buid, bool ddw, uint64_t page_shifts);

/*
 * The PHB's windows as after a machine reset, other PHBs and virtual I/O untouched. TCE_ERR_NO_PHB; TCE_ERR_NO_MEMORY:
 * nothing has changed.
 */
tce_err tce_phb_reset(tce_machine *m, uint64_t buid);

bool tce_phb_find(const tce_machine *m, uint64_t buid, tce_phb_config *out);

/*
 * Makes a window with all TCEs 0, also in place of one of the same LIOBN and owner. A PHB's window must have one of
 * that PHB's LIOBNs (else TCE_ERR_CONFIG), and nobody else's may (TCE_ERR_LIOBN_TAKEN). A virtual I/O window stays
 * through tce_machine_reset (empty). A PHB without a window counts as one of TCE_WINDOWS_MAX, so that its reset never
 * fails for want of one. TCE_ERR_PAGE_SHIFT, TCE_ERR_WINDOW_TCES, TCE_ERR_WINDOW_RANGE, TCE_ERR_NO_PHB,
 * TCE_ERR_WINDOWS, TCE_ERR_NO_MEMORY. On an error nothing has changed.
 */
tce_err tce_window_create(tce_machine *m, const tce_window_config *config);

/* Removes a window. TCE_ERR_NO_WINDOW. */
tce_err tce_window_remove(tce_machine *m, uint64_t liobn);

/* Switches translation off or on (RTAS ibm,set-tce-bypass; a non-translating TVE). TCE_ERR_NO_WINDOW. */
tce_err tce_window_set_bypass(tce_machine *m, uint64_t liobn, bool bypass);

/* The window of an LIOBN: false if there is none. out may be NULL. */
bool tce_window_find(const tce_machine *m, uint64_t liobn, tce_window_info *out);

size_t tce_window_count(const tce_machine *m);

/* Writes up to max windows, ascending by LIOBN; returns how many it wrote. */
size_t tce_window_list(const tce_machine *m, tce_window_info *out, size_t max);

/*
 * The TCEs from an I/O page on that lie in one run: all without permission, or with the same one and one page of memory
 * after another. Returns how many pages it has, 0 where the LIOBN has no such page; *tce is the first (without
 * permission: 0). A window that is not translated is one run.
 */
uint64_t tce_window_run(const tce_machine *m, uint64_t liobn, uint64_t page, uint64_t *tce);

/* Bytes that the tables hold of the host's memory (committed, not reserved). An upper bound. */
uint64_t tce_machine_table_bytes(const tce_machine *m);

/* The same with guest memory that was written, and the states of a secure guest's frames. */
uint64_t tce_machine_host_bytes(const tce_machine *m);

/* --- Guest memory, as the guest sees it (the host's view: tce_svm.h) --- */

/*
 * Copies between a buffer and guest memory. Where there is no memory, reads give 0 and writes are dropped, as on
 * QEMU; the return says whether all of it was memory. TCE_ERR_NO_MEMORY cannot be told apart on a read (none is
 * committed); a write that the host has no memory for returns false too.
 */
bool tce_memory_read(tce_machine *m, uint64_t address, void *buffer, size_t bytes);
bool tce_memory_write(tce_machine *m, uint64_t address, const void *buffer, size_t bytes);

/* One big-endian doubleword, at any address. */
uint64_t tce_memory_load64(tce_machine *m, uint64_t address);
bool tce_memory_store64(tce_machine *m, uint64_t address, uint64_t value);

/*
 * Memory is added or taken away at its end (hotplug). What was beyond the new end is gone, also its being shared; TCEs
 * that name it stay. TCE_ERR_CONFIG: the size is TCE_MEMORY_UNKNOWN, or was.
 */
tce_err tce_machine_set_memory_bytes(tce_machine *m, uint64_t bytes);

TCE_END_DECLS

#endif
