/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time model: what a run of events costs, cycle by cycle (docs/time-model.md is its definition). It watches a run
 * and never changes an answer.
 *
 * A model belongs to one machine and one run of events in their order; calls on it must not overlap in time.
 */
#ifndef TCE_TIME_H
#define TCE_TIME_H

#include "tce_dma.h"

/* What a parameter's number means, and which units a person may give it in. */
#define TCE_PARAM_KINDS(X)                                                        \
    X(TCE_PARAM_CYCLES, 0, "cycles")     /* whole cycles; also given in ns, us */ \
    X(TCE_PARAM_COST, 1, "cycles")       /* millionths of a cycle; also in ns, us */ \
    X(TCE_PARAM_COUNT, 2, "")                                                     \
    X(TCE_PARAM_BYTES, 3, "bytes")                                                \
    X(TCE_PARAM_RATE, 4, "MB/s")                                                  \
    X(TCE_PARAM_MHZ, 5, "MHz")                                                    \
    X(TCE_PARAM_SHARE, 6, "%")           /* hundredths of a per cent */           \
    X(TCE_PARAM_CHOICE, 7, "")           /* index in the words of `choices` */

TCE_ENUM(uint32_t, tce_param_kind) {
#define TCE_X(name, value, unit) name = value,
    TCE_PARAM_KINDS(TCE_X)
#undef TCE_X
};

#define TCE_EXIT_NEVER UINT64_C(0)
#define TCE_EXIT_ALWAYS UINT64_C(1)
#define TCE_EXIT_KVM UINT64_C(2)
#define TCE_KILL_PAGE UINT64_C(0)
#define TCE_KILL_PE UINT64_C(1)

/*
 * The parameters: field, key, kind, default and limits as a person writes them (in the kind's unit, or with one), words
 * of a choice, text, source. The defaults are profile power9-kvm.
 */
#define TCE_TIME_PARAMS(X)                                                                                             \
    X(clock_mhz, "clock_mhz", TCE_PARAM_MHZ, "3800", "1", "100000", "",                                                \
      "the guest processor's clock", "POWER9 class (assumption)")                                                      \
    X(hcall_entry, "hcall.entry", TCE_PARAM_COST, "4700", "0", "1000000000", "",                                       \
      "entry and exit of an hcall", "N. Piggin, KVM P9 entry/exit series, 2021: NULL hcall")                           \
    X(hcall_reflection, "hcall.reflection", TCE_PARAM_COST, "4000", "0", "1000000000", "",                             \
      "an hcall's way through the ultravisor, in a secure guest", "not published; two legs that save and scrub state") \
    X(hcall_exit, "hcall.exit", TCE_PARAM_COST, "12000", "0", "1000000000", "",                                        \
      "more for an hcall that goes to user space", "not published; ioctl return and entry, lock, dispatch")            \
    X(exit_to_user, "exit_to_user", TCE_PARAM_CHOICE, "kvm", "", "", "never|always|kvm",                               \
      "which hcalls go to user space", "kvm: Linux kvm/book3s_64_vio.c, H_TOO_HARD")                                   \
    X(hcall_get, "hcall.get", TCE_PARAM_COST, "300", "0", "1000000000", "",                                            \
      "H_GET_TCE's handler", "not published; as H_PUT_TCE's")                                                          \
    X(hcall_put, "hcall.put", TCE_PARAM_COST, "300", "0", "1000000000", "",                                            \
      "H_PUT_TCE's handler", "not published; LIOBN list walk, slot search, one store")                                 \
    X(hcall_stuff, "hcall.stuff", TCE_PARAM_COST, "0", "0", "1000000000", "",                                          \
      "H_STUFF_TCE's handler, beside its entries", "not published")                                                    \
    X(hcall_stuff_entry, "hcall.stuff_entry", TCE_PARAM_COST, "12", "0", "1000000000", "",                             \
      "H_STUFF_TCE, each TCE written", "not published; a loop of stores")                                              \
    X(hcall_list, "hcall.list", TCE_PARAM_COST, "0", "0", "1000000000", "",                                            \
      "H_PUT_TCE_INDIRECT's handler, beside its entries", "not published")                                             \
    X(hcall_list_entry, "hcall.list_entry", TCE_PARAM_COST, "80", "0", "1000000000", "",                               \
      "H_PUT_TCE_INDIRECT, each TCE written, its read included", "not published; two reads, two slot searches")        \
    X(hcall_first_touch, "hcall.first_touch", TCE_PARAM_COST, "10000", "0", "1000000000", "",                          \
      "the first write to 64 KiB of a table", "KVM allocates them lazily; the figure is an assumption")                \
    X(passthrough, "passthrough", TCE_PARAM_CHOICE, "no", "", "", "no|yes",                                            \
      "whether the device is passed through", "-")                                                                     \
    X(passthrough_entry, "passthrough_entry", TCE_PARAM_COST, "250", "0", "1000000000", "",                            \
      "with pass-through, more for each TCE written", "not published; pre-registered memory look-up, exchange")        \
    X(kill_scope, "tce_kill.scope", TCE_PARAM_CHOICE, "pe", "", "", "page|pe",                                         \
      "with pass-through, what a TCE kill names", "skiboot commit 2b0b6a1a002e: pages became whole PEs")               \
    X(kill_issue, "tce_kill.issue", TCE_PARAM_COST, "250 ns", "0", "1000000000", "",                                   \
      "a TCE kill's issue", "not published; POWER9: an OPAL call's register accesses")                                 \
    X(kill_completion, "tce_kill.completion", TCE_PARAM_COST, "1250 ns", "0", "1000000000", "",                        \
      "until the kills of one hcall are done", "not published; POWER9: five register reads of 250 ns")                 \
    X(rtas_ddw, "rtas_ddw", TCE_PARAM_COST, "20 us", "0", "1000000000", "",                                            \
      "an RTAS call", "not published; one exit to QEMU, the table comes lazily")                                       \
    X(uv_call, "uv.call", TCE_PARAM_COST, "1500", "0", "1000000000", "",                                               \
      "an ultracall that moves no frame", "not published; a third of an hcall: no partition switch")                   \
    X(uv_share, "uv.share", TCE_PARAM_COST, "45000", "0", "1000000000", "",                                            \
      "UV_SHARE_PAGE, each 64 KiB frame", "not published; reflected H_SVM_PAGE_IN, a page, zeroing")                   \
    X(uv_unshare, "uv.unshare", TCE_PARAM_COST, "45000", "0", "1000000000", "",                                        \
      "UV_UNSHARE_PAGE, each frame", "not published; mirror of share")                                                 \
    X(uv_page_out, "uv.page_out", TCE_PARAM_COST, "75000", "0", "1000000000", "",                                      \
      "a frame paged out of secure memory", "not published; AES at a cycle a byte, and calls")                         \
    X(uv_page_in, "uv.page_in", TCE_PARAM_COST, "75000", "0", "1000000000", "",                                        \
      "a frame paged in", "not published; the same")                                                                   \
    X(pcie_rate, "pcie_rate", TCE_PARAM_RATE, "7877", "1", "1000000", "",                                              \
      "raw rate of a link, each direction", "PCIe Gen3 x8: 8 GT/s, 128b/130b")                                         \
    X(dllp_share, "dllp_share", TCE_PARAM_SHARE, "8", "0", "90", "",                                                   \
      "share of the link that DLLPs take", "pcie-bench class (5 to 10 %)")                                             \
    X(pcie_latency, "pcie_latency", TCE_PARAM_CYCLES, "350 ns", "0", "1000000000", "",                                 \
      "one way over the link", "between pcie-bench's half round trip and HyperTRIO's 450 ns")                          \
    X(write_overhead, "write_overhead", TCE_PARAM_BYTES, "24", "0", "4096", "",                                        \
      "a write TLP beside its payload", "Intel AN 708: 6 dwords with a 64-bit address")                                \
    X(read_overhead, "read_overhead", TCE_PARAM_BYTES, "24", "0", "4096", "",                                          \
      "a read request", "Intel AN 708")                                                                                \
    X(completion_overhead, "completion_overhead", TCE_PARAM_BYTES, "20", "0", "4096", "",                              \
      "a completion beside its payload", "Intel AN 708: 5 dwords")                                                     \
    X(max_payload, "max_payload", TCE_PARAM_BYTES, "256", "16", "4096", "",                                            \
      "most payload of a TLP; a power of two", "common setting")                                                       \
    X(max_read_request, "max_read_request", TCE_PARAM_BYTES, "512", "16", "4096", "",                                  \
      "most that one read request asks for; a power of two", "common setting")                                         \
    X(tags_per_device, "tags_per_device", TCE_PARAM_COUNT, "256", "1", "65536", "",                                    \
      "read requests that a requester has under way", "8-bit tags")                                                    \
    X(tve_cycles, "tve_cycles", TCE_PARAM_CYCLES, "0", "0", "1000000000", "",                                          \
      "look-up of the window (TVE)", "on-chip table (assumption)")                                                     \
    X(lookup_interval, "lookup_interval", TCE_PARAM_CYCLES, "1", "0", "1000000000", "",                                \
      "from one look-up of a PHB to the next", "not published")                                                        \
    X(cache_entries, "tce_cache.entries", TCE_PARAM_COUNT, "256", "1", "16777216", "",                                 \
      "TCEs that the cache holds", "not published; pcie-bench saw 64 on x86")                                          \
    X(cache_ways, "tce_cache.ways", TCE_PARAM_COUNT, "8", "1", "65536", "",                                            \
      "lines of a set", "not published")                                                                               \
    X(tces_per_line, "tce_cache.tces_per_line", TCE_PARAM_COUNT, "1", "1", "4096", "",                                 \
      "TCEs of a line; a power of two", "POWER9: line buffer disabled (skiboot commit 15b93a301509)")                  \
    X(hit_cycles, "hit_cycles", TCE_PARAM_CYCLES, "2 ns", "0", "1000000000", "",                                       \
      "a hit in the TCE cache", "HyperTRIO's constants")                                                               \
    X(fetch_slots, "fetch_slots", TCE_PARAM_COUNT, "64", "1", "65536", "",                                             \
      "TCE fetches under way", "POWER9: TCE tags enabled (skiboot hw/phb4.c; the reading is an inference)")            \
    X(walk_levels, "walk_levels", TCE_PARAM_COUNT, "1", "1", "5", "",                                                  \
      "levels of the table that a fetch walks", "Linux powernv/pci-ioda-tce.c: 1 to 5")                                \
    X(memory_latency, "memory_latency", TCE_PARAM_CYCLES, "180 ns", "0", "1000000000", "",                             \
      "one access of memory from the PHB", "90 ns of DRAM and the fabric")                                             \
    X(vio_copy, "vio_copy", TCE_PARAM_COST, "0.4", "0", "1000000", "",                                                 \
      "a byte copied for a virtual device", "as the bounce copy")                                                      \
    X(assumed_bytes, "assumed_bytes", TCE_PARAM_BYTES, "64", "0", "65536", "",                                         \
      "length of an access whose length is not known", "-")                                                            \
    X(assumed_direction, "assumed_direction", TCE_PARAM_CHOICE, "read", "", "", "read|write",                          \
      "direction of an access, where nothing tells it", "-")                                                           \
    X(events_under_way, "events_under_way", TCE_PARAM_COUNT, "65536", "1", "65536", "",                                \
      "events of the trace that are under way at once", "bounds a replay's memory; a device's queues are finite, too")

/* The parameters' values, each in the unit of its kind. */
typedef struct tce_time_config {
#define TCE_X(field, key, kind, standard, least, most, choices, text, source) uint64_t field;
    TCE_TIME_PARAMS(TCE_X)
#undef TCE_X
} tce_time_config;

/* One parameter, as declared above. */
typedef struct tce_time_param {
    const char *key, *standard, *least, *most, *choices, *text, *source;
    tce_param_kind kind;
} tce_time_param;

TCE_ENUM(uint32_t, tce_arrival) {
    TCE_ARRIVAL_TRACE = 0,
    TCE_ARRIVAL_SATURATE = 1
};

/* What happened to a transaction or call. */
typedef struct tce_time_record {
    uint64_t event;     /* its number: events given to the model before it */
    uint64_t start;     /* cycle */
    uint64_t done;      /* cycle; of a call its end */
    uint32_t fault;     /* tce_fault of a transaction; TCE_TIME_CALL of a call */
    uint32_t tlps;      /* granted the link */
} tce_time_record;

#define TCE_TIME_CALL UINT32_MAX

typedef struct tce_time tce_time;

TCE_BEGIN_DECLS

/* The number of parameters, and each: NULL beyond. They are in the order of tce_time_config's fields. */
uint32_t tce_time_param_count(void);
const tce_time_param *tce_time_param_at(uint32_t index);
const char *tce_param_unit(tce_param_kind kind);

/*
 * Makes a model. unit_ns: nanoseconds in one unit of the events' time stamps. TCE_ERR_CONFIG: a parameter outside its
 * limits, a size that is no power of two, a cache that is not whole sets. On TCE_OK the caller owns *out and ends it
 * with tce_time_destroy.
 */
tce_err tce_time_create(const tce_time_config *config, tce_arrival arrival, uint64_t unit_ns, tce_time **out);
void tce_time_destroy(tce_time *t);

/* No more events come: what is under way is brought to its end. TCE_ERR_NO_MEMORY. */
tce_err tce_time_finish(tce_time *t);

/*
 * Records are kept from the first call with `keep` on, each once its transaction is done, in the order in which that is
 * known. Takes up to max of them; returns how many.
 */
void tce_time_keep_records(tce_time *t, bool keep);
size_t tce_time_take_records(tce_time *t, tce_time_record *out, size_t max);

TCE_END_DECLS

#endif
