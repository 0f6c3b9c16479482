// SPDX-License-Identifier: Apache-2.0

extension BuiltInProfile {
    /// What the profiles that name only their differences say of the letters.
    private static let letters = """
        # What is not named here is as in power9-kvm. A letter says how well a figure is known. A: published, read in the
        # primary source. B: published, read in a copy. C: common knowledge. D: derived or chosen here.

        """

    static let power8KVM =
        letters + """
            name: power8-kvm
            text: "POWER8, KVM, hash page table, hcalls handled in real mode, PHB3"
            base: power9-kvm

            # C: POWER8 class.
            clock_mhz: 3500 MHz

            hcall:
              # A: rm_intr's mean, 1342 ns after Linux commit 66feed61cdf6, is an upper bound for a short hcall handled
              # in real mode. It has the whole of the call in it, so that the two handlers cost nothing more.
              entry: 1.3 us
              get: 0 cycles
              put: 0 cycles
              # A: rm_entry 3060 ns and rm_exit 4244 ns of the same commit: the trip to the host. What QEMU adds is not
              # published and not added; 6 to 7 us a call fit the cost of pass-through through QEMU (D).
              exit: 7.3 us
              # POWER8 has no ultravisor: hcall.reflection and uv stay, for guests that never use them.

            tce_kill:
              # A: PHB3 kills single pages (skiboot hw/phb3.c).
              scope: page
              # D: a barrier and one posted store.
              issue: 120 cycles
              # D: 200 to 1000 ns are likely.
              completion: 400 ns

            tce_cache:
              # A: lines of 64 bytes (skiboot hw/phb3.c); 256 TCEs in 32 of them are D.
              entries: 256
              ways: 8
              tces_per_line: 8
            # A: 32 TCE tags are enabled; that they are fetches under way is a reading (D).
            fetch_slots: 32

            # D (arithmetic): Gen3 x8; PHB3 has no faster generation.
            pcie_rate: 7877 MB/s

            """

    static let powerVM =
        letters + """
            name: powervm
            text: "PowerVM: cheap hcalls, all handled in the hypervisor"
            base: power9-kvm

            # B: the clock of the machine whose hcall times are used below.
            clock_mhz: 3600 MHz

            hcall:
              # B: lparstat's means for short hcalls: enter 695 ns, cppr 690 ns. TCE hcalls were not in the sample. Their
              # work is as in power9-kvm.
              entry: 0.7 us
              # D: there is no user space to go to.
              exit: 0 cycles
              # D: a partition's tables are there from its start.
              first_touch: 0 cycles

            exit_to_user: never

            """

    static let qemuTCG =
        letters + """
            name: qemu-tcg
            text: "QEMU 7.2 without KVM on an x86-64 host: an emulator's time, not a machine's"
            base: power9-kvm

            # D: TCG has no clock. At 2 GHz a cycle is half a ns, and all figures below are whole cycles.
            clock_mhz: 2000 MHz

            # Measured, in a noisy run, as the whole of a call: H_PUT_TCE 344 ns (208 ns in a quiet run), a list of n
            # entries 355 ns + n x 34.5 ns, H_STUFF_TCE 337 ns + n x 12 ns. 337 ns are taken as the entry of each call.
            hcall:
              entry: 337 ns
              # D: the guest runs in user space; nothing to leave, no ultravisor.
              reflection: 0 cycles
              exit: 0 cycles
              # D: as H_PUT_TCE.
              get: 7 ns
              # 344 - 337.
              put: 7 ns
              stuff: 0 ns
              stuff_entry: 12 ns
              # 355 - 337.
              list: 18 ns
              list_entry: 34.5 ns
              # The table is zeroed memory of the host's; its first touch is within the noise.
              first_touch: 0 cycles

            exit_to_user: never

            """

    static let secure2019 =
        letters + """
            name: secure-2019
            text: "A secure guest (PEF) of December 2019, on POWER9: QEMU serves each TCE hcall"
            base: power9-kvm

            # A: 13 s to clear a default window of 1 GiB page by page, whatever the memory of the guest (A. Kardashevskiy
            # and R. Pai, LKML, 2019-12-10 to 12). D: that is 262,144 H_PUT_TCE, so 49.6 us each. The same with
            # H_STUFF_TCE or lists took "hardly any time", so that a call's entries cost nothing that shows.
            hcall:
              # The whole of a call, with its reflection and its exit.
              entry: 49.6 us
              reflection: 0 cycles
              exit: 0 cycles
              get: 0 cycles
              put: 0 cycles
              stuff: 0 cycles
              stuff_entry: 0 cycles
              list: 0 cycles
              list_entry: 0 cycles
              first_touch: 0 cycles

            # They do, each, and hcall.entry has it.
            exit_to_user: never

            """

    static let ideal = """
        # Nothing costs anything, as far as the model allows: an hcall, a fetch and a TLP on a link take a cycle each. Every
        # value is chosen (D). What is not named here is as in power9-kvm.
        name: ideal
        text: "All costs 0, links as fast as allowed: what a trace takes by its order alone"
        base: power9-kvm

        hcall:
          entry: 0
          reflection: 0
          exit: 0
          get: 0
          put: 0
          stuff: 0
          stuff_entry: 0
          list: 0
          list_entry: 0
          first_touch: 0
        exit_to_user: never
        passthrough_entry: 0
        tce_kill:
          issue: 0
          completion: 0
        rtas_ddw: 0
        uv:
          call: 0
          share: 0
          unshare: 0
          page_out: 0
          page_in: 0

        # The fastest that the model takes: a TLP, whatever its size, takes its one cycle.
        pcie_rate: 1000000 MB/s
        dllp_share: 0
        pcie_latency: 0
        write_overhead: 0
        read_overhead: 0
        completion_overhead: 0
        max_payload: 4096
        max_read_request: 4096
        tags_per_device: 65536

        # No waiting for a turn or a slot; a miss takes one cycle, so that the cache's size matters little.
        tve_cycles: 0
        lookup_interval: 0
        hit_cycles: 0
        fetch_slots: 65536
        memory_latency: 0
        vio_copy: 0

        """
}
