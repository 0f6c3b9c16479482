// SPDX-License-Identifier: Apache-2.0

/// What lists and runs of 1 to 512 TCEs cost, and as many single calls: each measured on an emulated machine whose
/// table has been written before.
public struct MultiTCECurve: Hashable, Sendable {
    /// Cycles of n TCEs.
    public struct Point: Hashable, Sendable {
        public var n: Int
        /// One H_PUT_TCE_INDIRECT, and n H_PUT_TCE.
        public var list: UInt64
        public var single: UInt64
        /// One H_STUFF_TCE of 0, and n H_PUT_TCE of 0.
        public var stuff: UInt64
        public var singleClear: UInt64
    }

    /// From 1 to 512.
    public private(set) var points: [Point] = []

    /// Measures.
    public init(_ profile: TimingProfile, platform: Platform) throws {
        let bench = try CallBench(profile, platform)
        for n in 1...GuestPlatform.runMax {
            points.append(
                Point(
                    n: n, list: try bench.list(n, at: CallBench.list), single: 0, stuff: try bench.stuff(n),
                    singleClear: 0))
            points[n - 1].single = try bench.puts(n)
            points[n - 1].singleClear = try bench.clears(n)
        }
    }

    /// The least n from which on a list is cheaper than single calls, up to 512; nil: it is not cheaper at 512.
    public var crossover: Int? { Self.crossover(points.map { ($0.list, $0.single) }) }

    /// The same of H_STUFF_TCE.
    public var stuffCrossover: Int? { Self.crossover(points.map { ($0.stuff, $0.singleClear) }) }

    /// The least n from which on the first of the n-th pair is below the second.
    static func crossover(_ costs: [(UInt64, UInt64)]) -> Int? {
        let dearer = costs.lastIndex { $0.0 >= $0.1 } ?? -1
        return dearer + 2 > costs.count ? nil : dearer + 2
    }
}

/// What a map of 1 to 512 TCEs costs a secure guest, by what it does with the page in which its lists lie.
public struct ListSharingCurve: Hashable, Sendable {
    /// Cycles of a map of n TCEs.
    public struct Point: Hashable, Sendable {
        public var n: Int
        /// A list in a page that is shared for life.
        public var life: UInt64
        /// UV_SHARE_PAGE, a list, UV_UNSHARE_PAGE.
        public var call: UInt64
        /// No list: n H_PUT_TCE.
        public var split: UInt64
        /// A list in a page that is not shared: the hypervisor reads ciphertext.
        public var unshared: UInt64
        /// What that call answers: where it succeeds, what is mapped is ciphertext.
        public var unsharedStatus: HcallStatus
    }

    /// From 1 to 512.
    public private(set) var points: [Point] = []
    /// Cycles of the one UV_SHARE_PAGE of a page that is shared for life.
    public let share: UInt64

    /// Measures.
    public init(_ profile: TimingProfile, platform: Platform) throws {
        let bench = try CallBench(profile, platform)
        share = try bench.becomeSecure()
        for n in 1...GuestPlatform.runMax {
            let life = try bench.list(n, at: CallBench.list)
            _ = try bench.stuff(n)
            let call = try bench.sharedList(n, at: CallBench.otherList)
            _ = try bench.stuff(n)
            let split = try bench.puts(n)
            _ = try bench.stuff(n)
            let unshared = try bench.call { try bench.list(n, at: CallBench.thirdList, &$0) }
            _ = try bench.stuff(n)
            points.append(
                Point(
                    n: n, life: life, call: call, split: split, unshared: unshared.cycles,
                    unsharedStatus: unshared.status))
        }
    }

    /// The least map from which on a page that is shared for life, or for each map, is cheaper than single calls; nil:
    /// none is, up to 512.
    public var lifeCrossover: Int? { MultiTCECurve.crossover(points.map { ($0.life, $0.split) }) }
    public var callCrossover: Int? { MultiTCECurve.crossover(points.map { ($0.call, $0.split) }) }

    /// TCEs in maps of n after which the one UV_SHARE_PAGE for life is paid back: maps; nil: never.
    public func mapsToPayShare(_ point: Point) -> UInt64? {
        guard point.split > point.life else { return nil }
        let saved = point.split - point.life
        return (share + saved - 1) / saved
    }
}

/// A machine on which calls are made, and their cycles taken.
private final class CallBench {
    private var platform: GuestPlatform
    private let window: DMAWindow
    /// Pages for lists, each of a frame of its own, and the memory that is mapped.
    static let list = RealAddress(0x10_0000)
    static let otherList = RealAddress(0x20_0000)
    static let thirdList = RealAddress(0x30_0000)
    private static let memory = RealAddress(0x100_0000)
    private static let page = UInt64(1) << 12

    init(_ profile: TimingProfile, _ platform: Platform) throws {
        var configuration = MachineConfiguration.pseries
        configuration.platform = platform
        self.platform = try GuestPlatform(configuration, profile: profile)
        window = configuration.phb.defaultWindow
        // The table's first 64 KiB are there from now on.
        _ = try puts(1)
        _ = try clears(1)
    }

    func call(_ body: (inout GuestPlatform) throws -> HcallStatus) throws -> (cycles: UInt64, status: HcallStatus) {
        let before = platform.cycles
        let status = try body(&platform)
        return (platform.cycles - before, status)
    }

    private func cycles(of body: (inout GuestPlatform) throws -> HcallStatus) throws -> UInt64 {
        try call(body).cycles
    }

    func list(_ n: Int, at page: RealAddress) throws -> UInt64 {
        try cycles { try list(n, at: page, &$0) }
    }

    func list(_ n: Int, at page: RealAddress, _ platform: inout GuestPlatform) throws -> HcallStatus {
        try platform.putTCEIndirect(
            cpu: 0, window.liobn, window.start, list: page, from: TCE(Self.memory, .readWrite), step: Self.page,
            count: n)
    }

    func stuff(_ n: Int) throws -> UInt64 {
        let window = window
        return try cycles { try $0.stuffTCE(cpu: 0, window.liobn, window.start, .empty, npages: n) }
    }

    func puts(_ n: Int) throws -> UInt64 { try puts(n, TCE(Self.memory, .readWrite), step: Self.page) }

    func clears(_ n: Int) throws -> UInt64 { try puts(n, .empty, step: 0) }

    private func puts(_ n: Int, _ first: TCE, step: UInt64) throws -> UInt64 {
        let window = window
        return try cycles {
            try $0.putTCEs(
                cpu: 0, window.liobn, from: window.start, pageShift: Int(window.pageShift), count: n, first: first,
                step: step
            ).status
        }
    }

    /// The guest becomes secure and shares the first page for lists; cycles of that.
    func becomeSecure() throws -> UInt64 {
        try platform.ultracall(cpu: 0, .esm, [0, 0])
        return try ultracall(.sharePage, Self.list)
    }

    func sharedList(_ n: Int, at page: RealAddress) throws -> UInt64 {
        try ultracall(.sharePage, page) + list(n, at: page) + ultracall(.unsharePage, page)
    }

    private func ultracall(_ call: Ultracall, _ page: RealAddress) throws -> UInt64 {
        let before = platform.cycles
        try platform.ultracall(cpu: 0, call, [page >> GuestKernel.frameShift, 1])
        return platform.cycles - before
    }
}
