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
    X(indirect_partial, "[hcall.put-indirect.store] what was stored before a page outside the window stays") \
    X(indirect_no_memory_is_zeros, "[hcall.put-indirect.6] a list where there is no memory holds zeros") \
    X(indirect_list_read_once, "[hcall.put-indirect.store] the table does not change with the list after the call") \
    X(indirect_every_length, "[hcall.put-indirect.store] exactly npages entries are stored, at any place and length") \
    X(list_in_host_order, \
      "[hcall.put-indirect.store] a list in host order is checked and stored as one in guest memory") \
    X(stuff_unknown_liobn, "[hcall.stuff.1] H_STUFF_TCE of an LIOBN without a window is H_PARAMETER") \
    X(stuff_number_of_tces, \
      "[hcall.stuff.4] as many pages as the window has are stuffed, one more is refused; 513 are fine") \
    X(stuff_no_pages, "[hcall.stuff.6] stuffing no pages is H_PARAMETER") \
    X(stuff_first_page_outside, "[hcall.stuff.2] a first page outside the window stores nothing") \
    X(stuff_partial, "[hcall.stuff.7] what was stored before a page outside the window stays") \
    X(run_past_the_bus, \
      "[hcall.stuff.7] [hcall.put-indirect.store] a run past 2^64 ends there and does not go on at 0") \
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

/* hcall.c and rtas_ddw.c on kvm and papr */
#define TCE_CASES_PLATFORM(X) \
    X(kvm_ioba_alignment, \
      "[hcall.get.2] [hcall.put.2] [hcall.stuff.2] [hcall.put-indirect.4] KVM: an IOBA inside a page, of any size, is " \
      "H_PARAMETER") \
    X(papr_ioba_alignment, \
      "[hcall.put.2] [hcall.stuff.2] [hcall.put-indirect.4] PAPR: the bits of an IOBA inside a page are ignored") \
    X(papr_owned_pages, \
      "[hcall.put.4] [hcall.stuff.5] [hcall.put-indirect.8] PAPR: the last page of memory and the next, of each size") \
    X(papr_page_across_the_end, \
      "[hcall.put.4] [hcall.stuff.5] [hcall.put-indirect.8] PAPR: an I/O page of which memory has a part is not owned") \
    X(papr_memory_unknown, \
      "[hcall.get.4] [hcall.put.4] [hcall.put-indirect.6] PAPR: with memory of unknown size every page is owned") \
    X(papr_get_partial, "[hcall.get.4] PAPR: of a page that went away the control and reserved bits alone are shown") \
    X(kvm_get_is_never_partial, "[hcall.get.4] [hcall.put.4] KVM: H_PUT_TCE and H_GET_TCE do not look at memory") \
    X(multitce_off, \
      "[hcall.stuff.0] [hcall.put-indirect.0] without multi-TCE its two calls are H_FUNCTION, whatever else is wrong") \
    X(mtt_option, "[hcall.put-indirect.0] PAPR: a negative LIOBN is H_FUNCTION; elsewhere no LIOBN") \
    X(svm_by_the_guest, "[hcall.svm] KVM: the ultravisor's hcalls are H_UNSUPPORTED to the guest") \
    X(papr_stuff_512, "[hcall.stuff.3] PAPR: 512 pages are stuffed, 513 are H_P4 after LIOBN and IOBA") \
    X(kvm_stuff_has_no_512, "[hcall.stuff.3] [hcall.stuff.4] KVM: as many pages as the window has are stuffed") \
    X(kvm_stuff_unmaps_only, "[hcall.stuff.5] KVM: a value with a permission bit is H_PARAMETER, any other is stored") \
    X(papr_stuff_maps, "[hcall.stuff.5] PAPR: a value with permission is stored if its page is owned") \
    X(kvm_whole_runs, "[hcall.stuff.4] [hcall.put-indirect.5] KVM: a run past the end writes nothing") \
    X(papr_whole_runs, "[hcall.stuff.4] [hcall.put-indirect.5] PAPR: a run past the end writes nothing") \
    X(kvm_no_pages, \
      "[hcall.stuff.6] [hcall.put-indirect.7] KVM: no pages are H_SUCCESS after the other checks, unless QEMU is asked") \
    X(papr_no_pages, "[hcall.stuff.6] [hcall.put-indirect.7] PAPR: no pages are H_SUCCESS after the other checks") \
    X(papr_list_is_memory, "[hcall.put-indirect.6] PAPR: the whole page of the list is memory, else H_PARAMETER") \
    X(kvm_list_outside_memory, "[hcall.put-indirect.6] KVM: a list where there is no memory is QEMU's") \
    X(papr_bad_entry, "[hcall.put-indirect.8] PAPR: one entry that is not owned, at any place, and nothing is stored") \
    X(kvm_first_pass, "[hcall.put-indirect.9] KVM: an entry that its first pass does not like gives the list to QEMU") \
    X(kvm_first_pass_page_sizes, "[hcall.put-indirect.9] KVM: the bits inside a page are those of the window's pages") \
    X(kvm_second_pass, \
      "[hcall.put-indirect.10] KVM: an entry without permission that names no memory ends the call, the head stays") \
    X(kvm_memory_unknown, "[hcall.put-indirect.10] KVM: with memory of unknown size every entry is stored") \
    X(papr_every_place, "[hcall.put-indirect.8] PAPR: a bad entry is found in any lane, in memory of any size") \
    X(kvm_every_place, \
      "[hcall.put-indirect.9] [hcall.put-indirect.10] KVM: an entry is found in any lane, in memory of any size") \
    X(papr_create_refused, "[rtas.create.4] [rtas.create.5] PAPR: a third window and too many TCEs are -3") \
    X(kvm_create_refused, "[rtas.create.4] [rtas.create.5] KVM: they are -1, as QEMU says") \
    X(papr_query_cells, "[rtas.query.2] PAPR: the largest block is 2^31 TCEs in both forms") \
    X(kvm_query_cells, "[rtas.query.2] KVM: the largest block in two cells is QEMU's") \
    X(papr_remove_restores_by_window, \
      "[rtas.remove.2] PAPR: the last window brings the default one back unless it is that") \
    X(papr_remove_in_both_orders, "[rtas.remove.2] PAPR: on either LIOBN, in either order") \
    X(papr_remove_looks_at_no_shape, "[rtas.remove.2] PAPR: a window made in the default one's shape is not that one") \
    X(kvm_remove_restores_by_liobn, "[rtas.remove.2] KVM: the LIOBN of the last window decides, as QEMU says") \
    X(reset_by_its_plural, "[rtas.reset.name] PAPR has the reset call by LoPAR's name, too; the others have not")

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
    X(map_fit, "a map that keys left has no more slots than the others ask for, and all of them") \
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
    X(chunk_hostile_fields, "hostile values in each field of a payload are faults or well-formed events") \
    X(chunk_memory_limit, "a decoder keeps to the memory that it was given, and takes the chunk with more") \
    X(chunk_append_checks, "an event that no reader would take is not appended") \
    X(chunk_is_full, "a chunk takes 65,536 events and not one more") \
    X(member_every_byte_counts, "a gzip member of which any byte is changed is refused")

/* svm.c */
#define TCE_CASES_SVM(X) \
    X(uv_without_pef, \
      "[uv.function] without an ultravisor every ultracall is U_FUNCTION, every H_SVM_ one H_FUNCTION") \
    X(uv_unknown, "[uv.function] [svm.function] other numbers, in all 64 bits, are no calls") \
    X(uv_registers, "registers that are missing are 0, a tenth is ignored") \
    X(uv_esm, "[uv.esm.1] [uv.esm.2] [uv.esm.3] [uv.esm.4] [sharing.default] all frames are secure and keep contents") \
    X(uv_share_checks, \
      "[uv.share.1] [uv.share.2] [uv.share.3] the guest is secure, all frames are memory, one at least") \
    X(uv_share_zeroes, "[uv.share.4] [uv.unshare.4] what is shared or unshared is 0; its neighbours are left alone") \
    X(uv_unshare_all, "[uv.unshare-all.1] [uv.unshare-all.2] all that the guest shared, not what the ultravisor did") \
    X(uv_page_checks, \
      "[uv.page.1] [uv.page.2] [uv.page.3] [uv.page.4] [uv.page-inval.1] [uv.page-inval.2] [uv.page-inval.3] " \
      "[uv.page-inval.4] arguments of UV_PAGE_IN, UV_PAGE_OUT and UV_PAGE_INVAL, the first that is wrong") \
    X(uv_page_in_and_out, "[uv.page-in.5] [uv.page-out.5] [sharing.remap] from each state") \
    X(uv_terminate, "[uv.terminate.1] [uv.terminate.2] [sharing.reset.drop] only what was shared is left") \
    X(svm_page_checks, \
      "[svm.page.1] [svm.page.2] [svm.page.3] [svm.page.4] arguments of H_SVM_PAGE_IN, H_SVM_PAGE_OUT") \
    X(svm_page_in_and_out, "[svm.page-in.5] [svm.page-in.6] [svm.page-out.5] from each state") \
    X(svm_init, \
      "[svm.init-start.1] [svm.init-done.1] [svm.init-done.2] [svm.init-abort.1] [svm.init-abort.2] their order") \
    X(svm_abort, "[svm.init-abort.3] [sharing.reset.keep] all is normal again, and only what was damaged is lost") \
    X(uv_unknown_memory, "[uv.share.2] [uv.share.3] the last frame of 2^64 bytes; counts do not wrap")

/* sharing.c, memory.c, dma.c */
#define TCE_CASES_SHARING(X) \
    X(touch_nothing, "an access of no bytes touches no frame") \
    X(host_pages_out, \
      "[sharing.host.in] [sharing.guest.out] [sharing.cipher] the host reads the same ciphertext, the " \
      "guest its own data") \
    X(cipher_unaligned, "[sharing.cipher] any bytes of it are those of the whole") \
    X(damage, \
      "[sharing.damage] [sharing.damage.once] [sharing.stored] [sharing.lost] what the host writes over a secure " \
      "frame it reads back; the guest has lost all") \
    X(guest_stores_into_damaged, "[sharing.lost] the guest's store comes after the loss") \
    X(shared_is_plain, \
      "[sharing.host.clear] [sharing.guest.absent] [sharing.remap] both see a shared frame, absent or not") \
    X(shared_pages_peak, "[sharing.count] a shared frame counts once, absent ones too; the peak stays") \
    X(straddling_frames, "an access over two frames of different states") \
    X(partial_last_frame, "memory that ends inside a frame and a doubleword") \
    X(reset_ends_the_secure_guest, \
      "[sharing.reset.drop] a machine reset leaves what was shared, of a normal guest all") \
    X(memory_goes_and_comes, \
      "[sharing.cut] frames that are no memory any more are not shared, and 0 when they come back") \
    X(dma_not_shared, "[dma.not-shared] every byte is moved; another fault decides instead") \
    X(names_of_secure_guest, "names of ultracalls, their statuses and states")

/* eeh.c */
#define TCE_CASES_EEH(X) \
    X(eeh_freezes, "[eeh.freeze] [eeh.no-window] [eeh.thaw] every fault freezes its PHB, and no other") \
    X(eeh_is_off, "[eeh.off] without EEH nothing freezes") \
    X(eeh_vio_has_no_pe, "[eeh.vio] virtual I/O and unknown LIOBNs freeze nothing") \
    X(eeh_drops, "[eeh.freeze] while it is frozen nothing moves, translations too are refused") \
    X(eeh_other_window, "[eeh.new-window] a window made while the PE is frozen; one that is not translated") \
    X(eeh_thaw_and_reset, "[eeh.thaw] [eeh.reset] a machine reset thaws, a reset of the PHB's windows does not") \
    X(eeh_not_shared, "[eeh.not-shared] a page that is not shared is no fault of the PE")

/* run.c, run_calls.c, run_work.c */
#define TCE_CASES_WORK(X) \
    X(work_of_dma, "an access costs the pages after its first, up to the window's end") \
    X(work_of_dma_in_frames, "in a secure guest it costs frames, also on one I/O page") \
    X(work_of_bypass, "without translation it costs nothing, at any length") \
    X(work_of_stuff, "H_STUFF_TCE costs the TCEs that it writes, and an eighth of those that it clears") \
    X(work_of_ultracalls, "sharing costs the frames that it visits, if it is not refused") \
    X(work_of_reset, "a reset costs 256 for each LIOBN and what a secure guest's end visits") \
    X(work_grows, "the budget grows with each event, and stops at 2^64 - 1") \
    X(run_unshared_lists, "N lists that are not shared: N page-outs, N - 1 page-ins") \
    X(run_list_at_the_end, "a list is written as far as there is memory") \
    X(run_dma_touches, "what an access of a trace touches and damages") \
    X(run_eeh, "[eeh.freeze] [eeh.thaw] a batch freezes, drops and thaws, by LIOBN and by PHB")

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

/* time*.c */
#define TCE_CASES_TIME(X) \
    X(time_config_limits, "each parameter is taken up to its declared limit, and no further") \
    X(time_config_sizes, "sizes are powers of two, a cache is whole sets, nothing that has to be is 0") \
    X(time_window, "[window] an access waits for all events but the last ones before it, with both arrivals") \
    X(time_window_of_calls, "[window] a call is over in the cycle of its end, what takes no time at once") \
    X(time_alone, "the latency of one access alone is the sum of its stages") \
    X(time_vio, "[vio] a virtual device pays for TCEs, memory and the copy; what reaches nothing for nothing") \
    X(time_largest_numbers, "stamps and costs at their limits: nothing wraps") \
    X(time_cycles_end, "parts of a cost stop at 2^60 millionths, stamps at cycle 2^60") \
    X(time_work, "an access costs its TLPs or completions, whichever are more") \
    X(time_bins, "each bin ends where the next one begins, less than 1 % above its least") \
    X(time_catalogue, "every counter has a key of its own, a unit and a text, and a field") \
    X(time_parts, "[round] the parts of a call add up to its cost") \
    X(time_laws, "what is counted by group, stage, PHB, kind of call and interval adds up to the totals") \
    X(time_laws_unshared, "what reaches an unshared page is a fault in every place, and moves its bytes") \
    X(time_use, "links, tags and slots are in use from when to when") \
    X(time_use_of_parts, "parts of a cycle on a link add up") \
    X(time_use_at_once, "peaks are of what is under way at once, and what waits is counted") \
    X(time_queue, "what an access waits behind those of its own device is counted") \
    X(time_first_touch_before, "calls that take no time have touched their 64 KiB of a table") \
    X(time_bad_events, "an event whose stream or words are not there is refused with a model, too") \
    X(time_group_names, "groups come by requester as first seen, direction and fault, with their names") \
    X(time_many_requesters, "requesters beyond the first share a group, and at last a requester") \
    X(time_intervals, "more than 4,096 intervals that are not empty double the width")

#define TCE_CASES(X) \
    TCE_CASES_SNAPSHOT(X) \
    TCE_CASES_HCALL(X) \
    TCE_CASES_RTAS(X) \
    TCE_CASES_PLATFORM(X) \
    TCE_CASES_WINDOW(X) \
    TCE_CASES_PHB(X) \
    TCE_CASES_MACHINE(X) \
    TCE_CASES_MEMORY(X) \
    TCE_CASES_TABLE(X) \
    TCE_CASES_DMA(X) \
    TCE_CASES_SVM(X) \
    TCE_CASES_SHARING(X) \
    TCE_CASES_EEH(X) \
    TCE_CASES_WORK(X) \
    TCE_CASES_TRACE(X) \
    TCE_CASES_RUN(X) \
    TCE_CASES_TIME(X)

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
