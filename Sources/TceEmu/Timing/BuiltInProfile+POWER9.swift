// SPDX-License-Identifier: Apache-2.0

extension BuiltInProfile {
    /// Every parameter with its default.
    static let power9KVM = """
        # A letter says how well a figure is known. A: published, read in the primary source. B: published, read in an
        # abstract or a copy. C: common knowledge, not verified. D: derived or chosen here; no figure is published.
        name: power9-kvm
        text: "POWER9, KVM, radix, virtual mode, Linux 5.17 or later"

        # C: POWER9 class. The cycle figures below are cycles of this clock.
        clock_mhz: 3800 MHz

        hcall:
          # A: a NULL hcall after N. Piggin's KVM P9 entry/exit series (2021); 9333 before it.
          entry: 4700 cycles
          # D: the ultravisor saves, scrubs and restores state on both legs; 2000 to 10,000 are likely.
          reflection: 4000 cycles
          # D: ioctl return and entry, global lock, dispatch. Pass-through through QEMU cost 13 us more for a map and
          # unmap on older machines (derived from published throughput), so 6 to 7 us a call there.
          exit: 12000 cycles
          # D: as H_PUT_TCE.
          get: 300 cycles
          # D: walk of the LIOBN list, slot search, one store; all cached. 150 to 800 are likely.
          put: 300 cycles
          # D: nothing beside its entries.
          stuff: 0 cycles
          # D: a loop of stores without validation.
          stuff_entry: 12 cycles
          # D: nothing beside its entries.
          list: 0 cycles
          # D: two reads of the guest's list, two slot searches, one store.
          list_entry: 80 cycles
          # D: KVM allocates tables lazily (A), 64 KiB at a time; allocating and zeroing them is a guess.
          first_touch: 10000 cycles

        # A: what Linux's handler leaves to QEMU (H_TOO_HARD in kvm/book3s_64_vio.c).
        exit_to_user: kvm

        # D: an emulated device, so no TCE kills.
        passthrough: no
        # D: look-up of pre-registered memory, atomic exchange, counters.
        passthrough_entry: 250 cycles
        tce_kill:
          # A: page kills became PE kills on POWER9 and POWER10 (skiboot commit 2b0b6a1a002e).
          scope: pe
          # D: an OPAL call, poll for a free slot, store; a register access taken as 250 ns.
          issue: 250 ns
          # D: the rest of 1.5 us: sync and two polls. 0.8 to 4 us are likely for both.
          completion: 1250 ns

        # D: one exit to QEMU; the table is made lazily.
        rtas_ddw: 20 us

        uv:
          # D: a third of an hcall: no partition switch.
          call: 1500 cycles
          # D: a reflected H_SVM_PAGE_IN, a page's allocation, a nested ultracall, zeroing 64 KiB.
          share: 45000 cycles
          # D: the mirror of share.
          unshare: 45000 cycles
          # D: AES at a cycle a byte over 64 KiB, and the calls.
          page_out: 75000 cycles
          # D: the same.
          page_in: 75000 cycles

        # D (arithmetic): Gen3 x8, 8 GT/s with 128b/130b coding. Gen4 x16 is 31.5 GB/s.
        pcie_rate: 7877 MB/s
        # C: pcie-bench class; 5 to 10 % are likely.
        dllp_share: 8 %
        # D: between half of pcie-bench's round trip (C) and HyperTRIO's 450 ns (A).
        pcie_latency: 350 ns
        # A: 6 dwords with a 64-bit address (Intel AN 708).
        write_overhead: 24 bytes
        # A: the same.
        read_overhead: 24 bytes
        # A: 5 dwords (Intel AN 708).
        completion_overhead: 20 bytes
        # C: a common setting.
        max_payload: 256 bytes
        # C: a common setting.
        max_read_request: 512 bytes
        # C: tags of 8 bits.
        tags_per_device: 256

        # D: a table on the chip.
        tve_cycles: 0 cycles
        # D: a look-up in each cycle.
        lookup_interval: 1 cycles
        tce_cache:
          # D: not published. pcie-bench saw 64 entries on x86 (C).
          entries: 256
          # D: not published.
          ways: 8
          # A: POWER9's line buffer is disabled (skiboot commit 15b93a301509).
          tces_per_line: 1
        # A for the simulator HyperTRIO, whose constant it is; for the real chip not published.
        hit_cycles: 2 ns
        # A: 64 TCE tags are enabled (skiboot hw/phb4.c); that they are fetches under way is a reading (D).
        fetch_slots: 64
        # A: Linux builds 1 to 5 levels; one is the shortest walk.
        walk_levels: 1
        # D: 90 ns of DRAM and the fabric; 330 ns is the whole of a miss on x86 (C).
        memory_latency: 180 ns

        # D: as the bounce copy, 9.5 GB/s on one core.
        vio_copy: 0.4 cycles

        # D: an access whose length a recording does not tell.
        assumed_bytes: 64 bytes
        # D: one whose direction nothing tells.
        assumed_direction: read
        # D: more than any device has; it bounds the memory of a replay.
        events_under_way: 65536
        """ + "\n"
}
