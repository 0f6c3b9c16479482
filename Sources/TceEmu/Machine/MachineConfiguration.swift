// SPDX-License-Identifier: Apache-2.0
import CTce

/// What a machine is made of: whose answers it gives, how much memory it has, which PCI host bridges.
public struct MachineConfiguration: Hashable, Sendable {
    /// Whose answers the machine gives. In the presets it is `qemu`.
    public var platform: Platform

    /// Bytes of guest memory from real address 0 on; nil: not known, and then no real address is outside it.
    ///
    /// In the presets it is 256 MiB.
    public var memoryBytes: UInt64?

    /// Whether it has H_PUT_TCE_INDIRECT and H_STUFF_TCE (function set `hcall-multi-tce`). In the presets it has.
    public var hasMultiTCE: Bool

    /// Whether it has an ultravisor, so that the guest may become secure. In the presets it has.
    public var hasPEF: Bool

    /// Whether a PE is frozen at its first fault (EEH). In the presets it is not.
    public var eeh: Bool

    /// PHBs that the machine starts with: the n-th has `buid` + n and `liobn` + 0x100 n of `phb`.
    ///
    /// 0...65,536. In the presets it is 1; a replay, whose trace plugs the PHBs, starts with 0.
    public var phbCount: Int

    /// The first PHB, and what the others have in common with it.
    public var phb: PHBConfiguration

    /// QEMU's `pseries` machine: 256 MiB, one PHB, a default window of 1 GiB (QEMU hw/ppc/spapr_pci.c).
    public static var pseries: MachineConfiguration { MachineConfiguration(tce_config_pseries()) }

    /// The same with the default window of 2 GiB that PowerVM gives, and DDW without 16 MiB pages.
    public static var powervm: MachineConfiguration { MachineConfiguration(tce_config_powervm()) }

    /// The `pseries` preset.
    public init() {
        self = .pseries
    }

    init(_ raw: tce_config) {
        platform = Platform(rawValue: raw.platform)
        memoryBytes = raw.memory_bytes == Self.unknownMemory ? nil : raw.memory_bytes
        hasMultiTCE = raw.multitce
        hasPEF = raw.pef
        eeh = raw.eeh
        phbCount = Int(raw.phb_count)
        phb = PHBConfiguration(raw.phb)
    }

    func lowered() throws(MachineError) -> tce_config {
        guard let count = UInt32(exactly: phbCount) else { throw .configuration }
        return tce_config(
            platform: platform.rawValue, memory_bytes: memoryBytes ?? Self.unknownMemory, multitce: hasMultiTCE,
            pef: hasPEF, eeh: eeh, phb_count: count, phb: phb.lowered())
    }

    /// TCE_MEMORY_UNKNOWN, a macro that Swift does not see.
    static let unknownMemory = UInt64.max
}

/// A PCI host bridge as it is plugged in.
public struct PHBConfiguration: Hashable, Sendable {
    /// Its unit id; not 0. Of the first PHB of a `pseries` machine it is 0x800000020000000.
    public var buid: BUID

    /// LIOBN of the default window; the dynamic window has the next. In the presets it is 0x80000000.
    public var liobn: UInt32

    /// Whether it offers the RTAS calls for dynamic DMA windows. In the presets it does.
    public var ddw: Bool

    /// Bus address of the default window. In the presets it is 0.
    public var windowStart: IOBA

    /// Bytes of the default window, a multiple of 4 KiB. Its pages are 4 KiB (LoPAR 7.3.27).
    public var windowBytes: UInt64

    /// Bus address of the dynamic window. In the presets it is 2^59.
    public var dma64Start: IOBA

    /// Page sizes that DDW offers: bit n is 2^n bytes, n in 12...34.
    public var pageShifts: UInt64

    /// The first PHB of the `pseries` preset.
    public init() {
        self = MachineConfiguration.pseries.phb
    }

    init(_ raw: tce_phb_config) {
        buid = raw.buid
        liobn = raw.liobn
        ddw = raw.ddw
        windowStart = raw.window_start
        windowBytes = raw.window_bytes
        dma64Start = raw.dma64_start
        pageShifts = raw.page_shifts
    }

    func lowered() -> tce_phb_config {
        tce_phb_config(
            buid: buid, liobn: liobn, ddw: ddw, window_start: windowStart, window_bytes: windowBytes,
            dma64_start: dma64Start, page_shifts: pageShifts)
    }

    /// The default window as it is after a reset.
    public var defaultWindow: DMAWindow {
        let pageShift = UInt32(TCE_PAGE_SHIFT_4K)
        return DMAWindow(
            liobn: LIOBN(liobn), start: windowStart, pageShift: pageShift, pageCount: windowBytes >> pageShift,
            buid: buid)
    }
}
