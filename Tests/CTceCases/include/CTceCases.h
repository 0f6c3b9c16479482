/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cases of the core: one list gives the name, the rule that it checks, and its place in the run. The ids in
 * brackets are those of the numbered checks in Sources/CTce.
 */
#ifndef CTCE_CASES_H
#define CTCE_CASES_H

#include <stddef.h>

/* hcall.c */
#define TCE_CASES_HCALL(X) \
    X(get_unknown_liobn, "[hcall.get.1] H_GET_TCE of an LIOBN without a window, all 64 bits of it, is H_PARAMETER") \
    X(get_window_end, "[hcall.get.3] H_GET_TCE reads the last page of the window and refuses the next") \
    X(get_ignores_low_bits, "[hcall.get.2] [hcall.put.2] the bits of an IOBA inside a page are ignored") \
    X(get_stored_value, "[hcall.get.5] [hcall.put.5] any 64-bit value is stored and read back") \
    X(put_unknown_liobn, "[hcall.put.1] H_PUT_TCE of an LIOBN without a window is H_PARAMETER") \
    X(put_window_end, "[hcall.put.3] H_PUT_TCE stores in the last page of the window and refuses the next") \
    X(put_below_start, "[hcall.put.3] below the start of a window is outside, at a page size of 64 KiB too") \
    X(put_zero_commits_nothing, "[hcall.put.5] H_PUT_TCE of 0 where nothing was written needs no memory of the host") \
    X(indirect_unknown_liobn, \
      "[hcall.put-indirect.1] H_PUT_TCE_INDIRECT of an LIOBN without a window is H_PARAMETER") \
    X(indirect_512_and_513, "[hcall.put-indirect.2] a list of 512 entries is stored, one of 513 refused, unsigned") \
    X(indirect_list_alignment, "[hcall.put-indirect.3] the list is a multiple of 4 KiB, at every page size") \
    X(indirect_no_pages, "[hcall.put-indirect.7] a list of no entries is H_PARAMETER") \
    X(indirect_first_page_outside, "[hcall.put-indirect.4] a first page outside the window stores nothing") \
    X(indirect_partial, "[hcall.put-indirect.9] what was stored before a page outside the window stays") \
    X(indirect_no_memory_is_zeros, "[hcall.put-indirect.6] a list where there is no memory holds zeros") \
    X(indirect_list_read_once, "[hcall.put-indirect.9] the table does not change with the list after the call") \
    X(indirect_every_length, "[hcall.put-indirect.9] exactly npages entries are stored, at any place and length") \
    X(list_in_host_order, "[hcall.put-indirect.9] a list in host order is checked and stored as one in guest memory") \
    X(stuff_unknown_liobn, "[hcall.stuff.1] H_STUFF_TCE of an LIOBN without a window is H_PARAMETER") \
    X(stuff_number_of_tces, \
      "[hcall.stuff.4] as many pages as the window has are stuffed, one more is refused; 513 are fine") \
    X(stuff_no_pages, "[hcall.stuff.6] stuffing no pages is H_PARAMETER") \
    X(stuff_first_page_outside, "[hcall.stuff.2] a first page outside the window stores nothing") \
    X(stuff_partial, "[hcall.stuff.7] what was stored before a page outside the window stays") \
    X(run_past_the_bus, "[hcall.stuff.7] [hcall.put-indirect.9] a run past 2^64 ends there and does not go on at 0") \
    X(hcall_dispatch, "tce_hcall passes the registers on and ignores those after the last argument") \
    X(hcall_unknown_opcode, "[hcall.function] any other opcode, in all 64 bits, is H_FUNCTION")

/* rtas_ddw.c */
#define TCE_CASES_RTAS(X) \
    X(rtas_cell_counts, "[rtas.cells] wrong numbers of cells and unknown tokens are parameter errors") \
    X(rtas_cell_limits, "[rtas.cells] impossible numbers of cells write no cell beyond the status") \
    X(query_unknown_buid, "[rtas.query.1] the BUID counts in full, the config address does not") \
    X(query_cells, "[rtas.query.2] the cells of a query, in the forms with 5 and with 6") \
    X(query_windows_left, "[rtas.query.2] a query counts the LIOBNs without a window") \
    X(query_page_sizes, "[rtas.query.2] [rtas.create.2] the page sizes are those of the PHB") \
    X(ddw_off, "[rtas.query.1] [rtas.create.1] [rtas.remove.1] [rtas.reset.1] a PHB without DDW refuses all four") \
    X(create_unknown_buid, "[rtas.create.1] a BUID that no PHB has is looked at first") \
    X(create_page_shift, "[rtas.create.2] page shifts that are not offered, up to 2^32 - 1, are parameter errors") \
    X(create_window_shift, "[rtas.create.3] a window of one page is made, a smaller one is a parameter error") \
    X(create_both_taken, "[rtas.create.4] a third window is a hardware error, with no other cell set") \
    X(create_2_to_32_tces, \
      "[rtas.create.5] 2^31 TCEs are made, 2^32 and more, up to any shift, are a hardware error") \
    X(create_past_the_bus, "[rtas.create.6] a window may end at 2^64 and not beyond") \
    X(create_beside_default, "[rtas.create.4] [rtas.create.6] beside the default window: the next LIOBN, at bit 59") \
    X(create_after_default_removed, \
      "[rtas.create.4] [rtas.create.6] the default LIOBN, at bit 59 while another window is there") \
    X(create_after_both_removed, \
      "[rtas.create.4] [rtas.create.6] with no window left: the default LIOBN at the default place") \
    X(create_table_is_empty, "[rtas.create.6] a new window on a used LIOBN is empty") \
    X(create_window_limit, "[rtas.create.6] the 65,537th window is a hardware error") \
    X(remove_unknown, "[rtas.remove.1] an LIOBN without a window, or of virtual I/O, is a parameter error") \
    X(remove_dynamic_restores_default, \
      "[rtas.remove.2] the dynamic LIOBN going last brings the default window back, empty") \
    X(remove_default_restores_nothing, "[rtas.remove.2] the default LIOBN going last leaves no window") \
    X(remove_default_leaves_dynamic, "[rtas.remove.2] removing one window leaves the other and its table") \
    X(remove_dynamic_leaves_default, \
      "[rtas.remove.2] removing the dynamic window leaves the default one and its table") \
    X(reset_unknown_buid, "[rtas.reset.1] reset of a BUID that no PHB has is a parameter error") \
    X(reset_default_alone, "[rtas.reset.2] reset leaves the default window alone and empty") \
    X(rtas_names, "names, tokens and page size masks of the DDW calls")

/* window.c */
#define TCE_CASES_WINDOW(X) \
    X(window_page_shift, "a window has pages of 2^12 to 2^34 bytes; its last page and the next, at each size") \
    X(window_range, "a window has a TCE and may end at 2^64, not beyond") \
    X(window_tces, "a window has at most 2^40 TCEs") \
    X(window_no_memory, "a window that the host has no room for is an error that changes nothing") \
    X(window_owner, "an LIOBN has one owner, and a PHB only its own LIOBNs") \
    X(window_in_place, "a window made again is empty, translated and of the new shape") \
    X(window_remove, "a removed window is gone; a PHB keeps its LIOBN") \
    X(window_bypass_flag, "bypass is switched on and off for a window that exists") \
    X(window_generation, "the generation changes with every change of the windows and only then") \
    X(window_list_order, "windows are listed in ascending order of LIOBN, the lowest where there is no room") \
    X(window_limit, "a machine has 65,536 windows, not one more")

/* phb.c */
#define TCE_CASES_PHB(X) \
    X(phb_config, "an impossible PHB is refused by name and leaves nothing behind") \
    X(phb_taken, "a PHB needs a BUID and two LIOBNs that nobody has") \
    X(phb_no_memory, "a PHB whose window the host has no room for leaves nothing behind") \
    X(phb_remove, "an unplugged PHB takes its windows and LIOBNs away") \
    X(phb_reset_leaves_others, "the reset of a PHB touches no other PHB and no virtual I/O") \
    X(phb_reset_default_shape, "a reset gives the default window its place and size back") \
    X(phb_set_ddw, "what DDW offers can be changed") \
    X(phb_window_at, "a device known by its PHB alone: the window whose range holds the IOBA, the lower LIOBN first")

/* machine.c, names.c */
#define TCE_CASES_MACHINE(X) \
    X(machine_pseries, "the pseries preset is the machine that QEMU makes") \
    X(machine_powervm, "the powervm preset has a default window of 2 GiB") \
    X(machine_platform, "a platform that is not emulated is an error; NULL is destroyed") \
    X(machine_many_phbs, "the n-th PHB has BUID + n and LIOBN + 0x100 n") \
    X(machine_bad_config, "impossible numbers of PHBs, LIOBNs and BUIDs are errors") \
    X(machine_reset, "a reset gives memory back, keeps virtual I/O windows and guest memory, ends bypass") \
    X(machine_two_are_apart, "two machines share nothing") \
    X(names_of_statuses, "return codes have their PAPR names") \
    X(names_of_faults, "every fault has a key and a text") \
    X(names_of_errors, "every error has a text; platforms have names")

/* memory.c */
#define TCE_CASES_MEMORY(X) \
    X(memory_big_endian, "doublewords are big-endian at any address") \
    X(memory_frame_crossing, "an access may cross 64 KiB frames") \
    X(memory_end, "beyond the end reads give 0, writes are dropped, and the return says so") \
    X(memory_wraps, "an access at 2^64 - 1 goes on at 0") \
    X(memory_unknown_size, "with memory of unknown size every address is memory") \
    X(memory_none, "a machine without memory answers, too") \
    X(memory_zeros_need_no_frame, "memory is committed with the first byte that is not 0") \
    X(memory_page, "the page of a TCE list lies in one piece, or reads as zeros")

/* table.c, map.c, kernels.c */
#define TCE_CASES_TABLE(X) \
    X(table_heap_and_sparse, "tables of up to 256 KiB come from the heap") \
    X(table_clear_commits_nothing, "clearing 2^40 untouched TCEs commits nothing, and clears what was touched") \
    X(table_clear_against_array, "clears and fills of a sparse table give what a plain array gives") \
    X(table_guard, "in a table above 64 MiB what was never written reads as 0 without being read") \
    X(map_insert_and_remove, "keys are found after others went") \
    X(kernels_against_definition, \
      "the loops that the processor was given do what the definition says, at any length")

/* dma.c, batch.c */
#define TCE_CASES_DMA(X) \
    X(translate_window, "no window; the last page of the window and the next") \
    X(translate_permissions, "every access against every control field, one by one and in a batch") \
    X(translate_ignores_bits_inside_page, "bits of a TCE below its page are ignored") \
    X(translate_odd_start, "a window need not start at a multiple of its page") \
    X(translate_memory_end, "the last byte of memory and the next; permission comes first") \
    X(translate_memory_unknown, "with memory of unknown size no real address is outside") \
    X(translate_pages_lowest_first, "the lowest page with a fault decides") \
    X(translate_past_the_bus, "an access past 2^64 is outside the window") \
    X(translate_past_the_whole_bus, "also where the window is the whole bus, translated or bypass") \
    X(translate_bypass, "a bypass window looks at no TCE, but at its range and at memory") \
    X(span_segments, "an access is cut at I/O pages; those before a fault are valid") \
    X(dma_read_and_write, "a device reads and writes memory through the window") \
    X(dma_stops_at_fault, "whole pages before the fault have been moved") \
    X(batch_same_as_single, "a batch gives what single translations give") \
    X(batch_limits, "one bad access in any lane of a block is found, the others are right")

/* chunk.c, chunk_encode.c, chunk_decode.c, event.c, gzip.c */
#define TCE_CASES_TRACE(X) \
    X(chunk_round_trip, "what is appended to a chunk is what is decoded from its payload, at every length") \
    X(chunk_hostile, "changed payloads are faults, or events that are well-formed") \
    X(chunk_append_checks, "an event that no reader would take is not appended") \
    X(chunk_is_full, "a chunk takes 65,536 events and not one more") \
    X(member_every_byte_counts, "a gzip member of which any byte is changed is refused")

/* run.c */
#define TCE_CASES_RUN(X) \
    X(run_counts_and_answers, "a batch counts each event once and gives the machine's answer to each") \
    X(run_malformed_events, "a malformed event ends the batch before it, and is not counted") \
    X(run_state_only, "a batch for the state alone applies the calls and counts nothing")

/* snapshot_save.c, snapshot_restore.c, snapshot_contents.c, run_counters.c */
#define TCE_CASES_SNAPSHOT(X) \
    X(snapshot_round_trip, "what a machine has, its snapshot has, and a second snapshot is the same bytes") \
    X(snapshot_goes_on, "after restoring, the same calls give the same answers and the same state") \
    X(snapshot_of_secure_guest, "states of frames, ciphertext, damage and counters of sharing are restored") \
    X(snapshot_is_deterministic, "the same state reached on another way gives the same bytes") \
    X(snapshot_buffer, "the size comes first; a buffer that is too short is not written beyond its end") \
    X(snapshot_runs, "TCEs of every pattern, at the ends of a window and across blocks of 512, come back") \
    X(snapshot_many_windows, "65,536 windows are saved and restored, one more is refused") \
    X(snapshot_cut, "a snapshot that ends anywhere is refused, also if its length and CRC-32 agree") \
    X(snapshot_lies, "each field that lies is an error with its offset, what was expected and what was found") \
    X(snapshot_states_of_guest, "a frame has only states that its guest can give it") \
    X(snapshot_edges, "the last frame there is, and the last of a block of states") \
    X(snapshot_memory_max, "a snapshot commits no more than it may") \
    X(snapshot_later_sections, "a section that a minor version adds is passed over") \
    X(snapshot_fuzz, "changed snapshots are errors with an offset, or machines that can be saved again") \
    X(counters_by_name, "every counter of a run has a name of its own")

#define TCE_CASES(X) \
    TCE_CASES_SNAPSHOT(X) \
    TCE_CASES_HCALL(X) \
    TCE_CASES_RTAS(X) \
    TCE_CASES_WINDOW(X) \
    TCE_CASES_PHB(X) \
    TCE_CASES_MACHINE(X) \
    TCE_CASES_MEMORY(X) \
    TCE_CASES_TABLE(X) \
    TCE_CASES_DMA(X) \
    TCE_CASES_TRACE(X) \
    TCE_CASES_RUN(X)

#ifdef __cplusplus
extern "C" {
#endif

size_t tce_case_count(void);

/* Of the case of this index; NULL for one that is none. */
const char *tce_case_name(size_t index);
const char *tce_case_rule(size_t index);

/* Runs one case: 0 if it passed, else 1, and message says where and what failed. */
int tce_case_run(size_t index, char *message, size_t size);

#ifdef __cplusplus
}
#endif

#endif
