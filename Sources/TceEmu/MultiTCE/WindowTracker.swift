// SPDX-License-Identifier: Apache-2.0
import CTce

/// The windows that a trace's machine has at each event: it carries out what makes and takes them, and nothing else
/// but what it is asked.
final class WindowTracker {
    /// Tables.
    enum Tables {
        case all
        case these(Set<LIOBN>)
    }

    /// What an event did to windows.
    struct Change {
        /// Tables of which nothing is as it was.
        var tables: Tables
        /// Dynamic windows that came.
        var made: [LIOBN] = []
        /// Tables whose window has gone.
        var removed: [LIOBN] = []
        /// The machine was reset, or a PHB's default window is new: how a recording shows a reset.
        var isReset = false
    }

    private var machine: Machine
    private let counters = RunCounters()
    private var known: [LIOBN: DMAWindow?] = [:]

    init(_ configuration: MachineConfiguration) throws(MachineError) {
        machine = try Machine(configuration)
    }

    /// The window that an LIOBN has now.
    func window(_ liobn: LIOBN) -> DMAWindow? {
        if let window = known[liobn] { return window }
        let window = machine.window(liobn)
        // A guest may name any number of LIOBNs that are none.
        if known.count >= 4096 { known.removeAll() }
        known[liobn] = .some(window)
        return window
    }

    /// Does the guest's TCE lists come through ciphered, unless it shares their page?
    var isSecure: Bool { machine.svmState != .normal }

    /// Whether the machine takes an H_PUT_TCE. It is carried out.
    func accepts(_ put: TraceEvent.Hcall) -> Bool {
        machine.putTCE(put.liobn, put.ioba, TCE(rawValue: put.value)) == .success
    }

    /// Kinds of events that `apply` wants to see.
    static func concerns(_ kind: Int) -> Bool {
        switch kind {
        case TCE_EVENT_PHB, TCE_EVENT_WINDOW, TCE_EVENT_UNWINDOW, TCE_EVENT_RESET, TCE_EVENT_RTAS,
            TCE_EVENT_ULTRACALL:
            true
        default: false
        }
    }

    /// Carries out an event that may change windows; nil: it changes none.
    func apply(_ batch: EventBatch, _ index: Int) throws(ReplayError) -> Change? {
        let body = batch[index].body
        guard let tables = affected(by: body) else { return nil }
        let named: [LIOBN] = if case .these(let liobns) = tables { liobns.sorted() } else { [] }
        let before = named.filter { machine.window($0) != nil }
        let wasSecure = isSecure
        try counters.run(
            batch, range: index..<(index + 1), on: machine, check: false, firstEvent: 0, chunk: 0)
        known.removeAll(keepingCapacity: true)
        if case .ultracall = body, isSecure == wasSecure { return nil }
        var change = Change(tables: tables)
        change.removed = before.filter { machine.window($0) == nil }
        switch body {
        case .rtas(let call) where call.number == UInt64(RTASCall.createPEDMAWindow.rawValue):
            change.made = named.filter { !before.contains($0) && machine.window($0) != nil }
        case .window(let window) where machine.window(window.liobn) != nil:
            guard let phb = machine.phb(window.buid) else { break }
            if LIOBN(phb.liobn) == window.liobn { change.isReset = true } else { change.made = [window.liobn] }
        case .reset: change.isReset = true
        default: break
        }
        return change
    }

    /// The tables of which an event may change more than TCEs; nil: none.
    private func affected(by body: TraceEvent.Body) -> Tables? {
        switch body {
        case .phb(let phb): return .these([LIOBN(phb.liobn), LIOBN(phb.liobn) + 1])
        case .window(let window): return .these([window.liobn])
        case .unwindow(let liobn): return .these([liobn])
        case .reset: return .all
        case .ultracall(let call):
            return [Ultracall.esm.rawValue, Ultracall.svmTerminate.rawValue].contains(call.number) ? .all : nil
        case .rtas(let call):
            switch call.number {
            case UInt64(RTASCall.removePEDMAWindow.rawValue):
                guard let liobn = call.arguments.first.map({ LIOBN(UInt32(truncatingIfNeeded: $0)) }) else {
                    return nil
                }
                return machine.window(liobn)?.buid.flatMap(tables) ?? .these([liobn])
            case UInt64(RTASCall.createPEDMAWindow.rawValue), UInt64(RTASCall.resetPEDMAWindow.rawValue),
                UInt64(RTASCall.resetPEDMAWindows.rawValue):
                guard call.arguments.count >= 3 else { return nil }
                return tables(call.arguments[1] << 32 | call.arguments[2] & 0xffff_ffff)
            default: return nil
            }
        default: return nil
        }
    }

    /// The two tables of a PHB.
    private func tables(_ buid: BUID) -> Tables? {
        machine.phb(buid).map { .these([LIOBN($0.liobn), LIOBN($0.liobn) + 1]) }
    }
}
