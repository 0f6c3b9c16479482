// SPDX-License-Identifier: Apache-2.0
import CTce

/// What has to be known of a whole trace before its calls can be counted by phase: where kernels go through their
/// tables, and where machines are reset.
public struct BootSurvey: Hashable, Sendable {
    /// A kernel goes through a whole table: calls of one LIOBN, nothing else between them, that write 0 to (or, after a
    /// crash, read) each TCE from the first to the last.
    public struct Sweep: Hashable, Sendable {
        public var liobn: LIOBN
        /// Numbers of the first call's event and of the last one's, counted from 0.
        public var events: ClosedRange<UInt64>
        /// It writes; else it reads.
        public var clears: Bool
        /// The window was made by `ibm,create-pe-dma-window`.
        public var isDynamic: Bool
    }

    /// By their first events.
    public var sweeps: [Sweep] = []
    /// Numbers of the machine's resets; also where a PHB's default window is made anew. (A kernel may have asked for
    /// that: no firmware's calls follow, as that RTAS call is the first kernel call there.)
    public var resets: [UInt64] = []
    /// By boot (that of the trace's beginning, and one for each reset) the first call that no firmware makes: a multi-TCE
    /// hcall, or an RTAS call that asks for windows. Nil: there is none.
    public var firstKernelCalls: [UInt64?] = [nil]
    /// TCE hcalls, and calls of the guest's DMA API, that the trace has.
    public var hcalls: UInt64 = 0
    public var guestCalls: UInt64 = 0

    public init() {}

    /// For each boot (from the trace's beginning or a reset on) the event in which the kernel begins to clear its first
    /// table, or makes a call before that: what is before is the firmware's. Nil: there is no such clear, and nothing is
    /// the firmware's.
    func firmwareEnds() -> [(boot: UInt64, end: UInt64?)] {
        let boots = [0] + resets
        let clears = sweeps.filter { $0.clears && !$0.isDynamic }.map(\.events.lowerBound)
        var place = 0
        return boots.enumerated().map { index, boot in
            let next = index + 1 < boots.count ? boots[index + 1] : .max
            while place < clears.count, clears[place] < boot { place += 1 }
            guard place < clears.count, clears[place] < next else { return (boot, nil) }
            // A trace may begin while a kernel runs, whose successor clears.
            return (boot, min(clears[place], firstKernelCalls[index] ?? .max))
        }
    }
}

/// Makes the survey of a trace, chunk by chunk.
public final class BootSurveyor {
    private struct Progress {
        var first: UInt64
        /// TCEs that the sweep has come to.
        var next: UInt64
        var clears: Bool
    }

    private let windows: WindowTracker
    private var underWay: [LIOBN: Progress] = [:]
    private var dynamic: Set<LIOBN> = []
    /// The sweep that was the last thing to happen to a table, by its index.
    private var justSwept: [LIOBN: Int] = [:]
    private var dropped: Set<Int> = []
    private var found: [BootSurvey.Sweep] = []
    private var survey = BootSurvey()

    /// - Parameter platform: whose answers the machine gives; nil: the trace's.
    public init(_ header: TraceHeader, platform: Platform? = nil) throws {
        windows = try WindowTracker(.ofTrace(header, platform))
    }

    /// Looks at a chunk's events. `firstEvent` is the number of the first.
    public func add(_ batch: EventBatch, firstEvent: UInt64) throws {
        for index in 0..<batch.count {
            let kind = batch.kind(at: index), number = firstEvent + UInt64(index)
            if EventBatch.isHcall(kind) {
                survey.hcalls += 1
                if EventBatch.isMulti(kind) { noteKernelCall(number) }
                if case .hcall(let call) = batch[index].body { look(at: call, number) }
            } else if WindowTracker.concerns(kind) {
                if Self.isOfWindows(batch[index].body) { noteKernelCall(number) }
                guard let change = try windows.apply(batch, index) else { continue }
                if change.isReset { addReset(number) }
                forget(change)
            } else if EventBatch.isGuestCall(kind) {
                survey.guestCalls += 1
            }
        }
    }

    /// What was found.
    public func finish() -> BootSurvey {
        survey.sweeps = found.indices.filter { !dropped.contains($0) }.map { found[$0] }
            .sorted { $0.events.lowerBound < $1.events.lowerBound }
        return survey
    }

    // MARK: Boots

    private func addReset(_ number: UInt64) {
        survey.resets.append(number)
        survey.firstKernelCalls.append(nil)
    }

    private func noteKernelCall(_ number: UInt64) {
        let boot = survey.firstKernelCalls.count - 1
        if survey.firstKernelCalls[boot] == nil { survey.firstKernelCalls[boot] = number }
    }

    /// An RTAS call that asks for windows, or takes them.
    private static func isOfWindows(_ body: TraceEvent.Body) -> Bool {
        guard case .rtas(let call) = body, let token = UInt32(exactly: call.number) else { return false }
        return RTASCall.all.contains(RTASCall(rawValue: token))
    }

    // MARK: Sweeps

    private func look(at call: TraceEvent.Hcall, _ number: UInt64) {
        justSwept[call.liobn] = nil
        guard let window = windows.window(call.liobn) else { return }
        let clears = call.kind == .put || call.kind == .stuff
        let count = call.kind == .stuff ? call.npages : 1
        guard call.kind != .putIndirect, !clears || call.value == 0, let page = window.page(of: call.ioba), count > 0
        else {
            underWay[call.liobn] = nil
            return
        }
        var sweep = Progress(first: number, next: 0, clears: clears)
        if let last = underWay[call.liobn], last.clears == clears, last.next == page { sweep = last }
        guard sweep.next == page, count <= window.pageCount - page else {
            underWay[call.liobn] = nil
            return
        }
        sweep.next = page + count
        underWay[call.liobn] = sweep
        guard sweep.next == window.pageCount else { return }
        underWay[call.liobn] = nil
        justSwept[call.liobn] = found.count
        found.append(
            BootSurvey.Sweep(
                liobn: call.liobn, events: sweep.first...number, clears: clears,
                isDynamic: dynamic.contains(call.liobn)))
    }

    /// Windows change. One that is cleared and then removed was not cleared by a kernel that boots.
    private func forget(_ change: WindowTracker.Change) {
        for liobn in change.removed {
            if let index = justSwept[liobn] { dropped.insert(index) }
            dynamic.remove(liobn)
        }
        switch change.tables {
        case .all:
            underWay = [:]
            justSwept = [:]
            dynamic = []
        case .these(let liobns):
            for liobn in liobns {
                underWay[liobn] = nil
                justSwept[liobn] = nil
            }
        }
        dynamic.formUnion(change.made)
    }
}
