// SPDX-License-Identifier: Apache-2.0
import TceEmu

// The machine's rules once more, written to be read: structs and dictionaries, one rule after another. What the C core
// answers is compared with what this answers; so nothing here is taken from there.

/// Whose answers a naive machine gives.
enum NaivePlatform: String, CaseIterable, Sendable {
    case qemu, kvm, papr
}

/// What a naive machine is made of. The presets' PHB, with what the random runs vary.
struct NaiveSetup: Hashable, Sendable {
    var platform: NaivePlatform = .qemu

    /// nil: not known, and then every real address is memory.
    var memoryBytes: UInt64? = 256 << 20
    var phbCount: UInt64 = 1
    var windowBytes: UInt64 = 1 << 30

    /// Whether there is the window of a virtual I/O device, `NaiveMachine.vioWindow`.
    var hasVIO = false
    var hasMultiTCE = true
    var hasPEF = true
    var eeh = false
}

/// A DMA window and its table.
struct NaiveWindow: Equatable {
    var liobn: UInt64
    var start: UInt64
    var shift: UInt64
    var count: UInt64

    /// Of its PHB; nil: a virtual I/O window.
    var buid: UInt64?

    /// Whether a reset of the PHB made it, and no RTAS call.
    var isDefault: Bool

    /// Page by page; a page that has no entry here has the TCE 0.
    var tces: [UInt64: UInt64] = [:]

    var pageBytes: UInt64 { 1 << shift }

    /// The page of an address, which may be none of the window's.
    func page(_ ioba: UInt64) -> UInt64 { (ioba &- start) >> shift }

    /// How far into its page an address is.
    func offset(_ ioba: UInt64) -> UInt64 { (ioba &- start) % pageBytes }

    func has(_ ioba: UInt64) -> Bool { page(ioba) < count }

    func isAligned(_ ioba: UInt64) -> Bool { offset(ioba) == 0 }

    /// Gives pages of the window a TCE, and those of them that are outside it nothing.
    mutating func store(_ tce: UInt64, from first: UInt64, _ npages: UInt64) {
        for page in first..<min(first + npages, count) { tces[page] = tce == 0 ? nil : tce }
    }

    /// The real address of a TCE's page.
    func realPage(_ tce: UInt64) -> UInt64 { tce - tce % pageBytes }
}

/// A PCI host bridge: its two LIOBNs follow each other.
struct NaivePHB: Equatable {
    var buid: UInt64
    var liobn: UInt64
    var isFrozen = false

    func owns(_ liobn: UInt64) -> Bool { liobn == self.liobn || liobn == self.liobn + 1 }
}

/// The state of a secure guest's VM.
enum NaiveVMState: String, Sendable {
    case normal, transition, secure
}

struct NaiveMachine {
    let setup: NaiveSetup
    var memoryBytes: UInt64?
    var phbs: [NaivePHB]
    var windows: [UInt64: NaiveWindow] = [:]

    /// Guest memory, frame by frame the doublewords that are not 0, by their real address.
    var words: [UInt64: [UInt64: UInt64]] = [:]

    /// The frames whose state is not the VM's default.
    var frames: [UInt64: NaiveFrame] = [:]
    var vm = NaiveVMState.normal
    var sharing = NaiveSharing()

    /// What has happened; a random run asks whether everything did.
    var seen = NaiveCoverage()

    static let firstBUID: UInt64 = 0x800_0000_2000_0000
    static let firstLIOBN: UInt64 = 0x8000_0000
    static let dma64Start: UInt64 = 1 << 59
    static let vioWindow = NaiveWindow(
        liobn: 0x7100_0000, start: 0x1234_5000, shift: 12, count: 100, buid: nil, isDefault: false)

    init(_ setup: NaiveSetup) {
        self.setup = setup
        memoryBytes = setup.memoryBytes
        phbs = (0..<setup.phbCount).map { NaivePHB(buid: Self.firstBUID + $0, liobn: Self.firstLIOBN + 0x100 * $0) }
        for phb in phbs { resetWindows(of: phb) }
        if setup.hasVIO { windows[Self.vioWindow.liobn] = Self.vioWindow }
    }

    /// A PHB's windows as they are after a reset: the default one alone, all TCEs 0.
    mutating func resetWindows(of phb: NaivePHB) {
        windows[phb.liobn] = NaiveWindow(
            liobn: phb.liobn, start: 0, shift: 12, count: setup.windowBytes >> 12, buid: phb.buid, isDefault: true)
        windows[phb.liobn + 1] = nil
    }

    /// The PHB that an LIOBN is one of, whether or not it has a window now.
    func phbIndex(ofLIOBN liobn: UInt64) -> Int? {
        phbs.firstIndex { $0.owns(liobn) }
    }

    /// The machine is reset. A secure guest ends as with UV_SVM_TERMINATE; counters stay.
    mutating func reset() {
        for index in phbs.indices {
            resetWindows(of: phbs[index])
            phbs[index].isFrozen = false
        }
        if setup.hasVIO { windows[Self.vioWindow.liobn]?.tces = [:] }
        if vm != .normal { terminate() }
    }

    func isMemory(_ address: UInt64) -> Bool {
        memoryBytes.map { address < $0 } ?? true
    }

    /// PAPR: whether all of the I/O page that a TCE names is the partition's.
    func owns(_ tce: UInt64, _ window: NaiveWindow) -> Bool {
        isMemory(window.realPage(tce) + (window.pageBytes - 1))
    }
}

/// How often each thing happened.
struct NaiveCoverage {
    enum Thing: Hashable {
        case hcall(UInt64, Int64)
        case rtas(UInt32, Int32)
        case uv(UInt64, Int64)
        case svm(UInt64, Int64)
        case frame(NaiveFrameState, NaiveFrameState)
        case fault(UInt8)

        /// A rule that no status tells from others.
        case rule(String)
    }

    var counts: [Thing: Int] = [:]

    mutating func note(_ thing: Thing) { counts[thing, default: 0] += 1 }

    mutating func note(_ rule: String) { counts[.rule(rule), default: 0] += 1 }
}
