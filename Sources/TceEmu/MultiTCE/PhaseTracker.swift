// SPDX-License-Identifier: Apache-2.0

/// Says of each TCE hcall of a trace in which phase it is made.
///
/// * *Boot clear*: the calls of a sweep (see `BootSurvey`).
/// * *Firmware*: what is before the first clear of a boot.
/// * *Population*: calls on a dynamic window from its making on, until a device uses it or a kernel goes through it.
/// * *Run time*: all else.
struct PhaseTracker {
    private let sweeps: [LIOBN: [ClosedRange<UInt64>]]
    /// The sweep of each table that is not behind us.
    private var nextSweep: [LIOBN: Int] = [:]
    private let boots: [(boot: UInt64, end: UInt64?)]
    private var boot = 0
    /// Dynamic windows that no device has used.
    private var filling: [LIOBN: DMAWindow] = [:]

    init(_ survey: BootSurvey) {
        sweeps = Dictionary(grouping: survey.sweeps, by: \.liobn).mapValues { $0.map(\.events) }
        boots = survey.firmwareEnds()
    }

    /// Is there a window whose first use by a device matters?
    var waitsForAccess: Bool { !filling.isEmpty }

    /// The phase of an hcall. Events come in their order.
    mutating func phase(of liobn: LIOBN, event number: UInt64) -> CallPhase {
        if let sweeps = sweeps[liobn] {
            var index = nextSweep[liobn] ?? 0
            while index < sweeps.count, sweeps[index].upperBound < number { index += 1 }
            nextSweep[liobn] = index
            if index < sweeps.count, sweeps[index].contains(number) {
                filling[liobn] = nil
                return .bootClear
            }
        }
        while boot + 1 < boots.count, boots[boot + 1].boot <= number { boot += 1 }
        if let end = boots[boot].end, number < end { return .firmware }
        return filling[liobn] == nil ? .runTime : .population
    }

    /// A device uses a window.
    mutating func note(_ access: TraceEvent.DMA) {
        if let liobn = access.liobn {
            filling[liobn] = nil
        } else {
            // Only the PHB and the address tell which window it is.
            filling = filling.filter { _, window in
                (access.buid != nil && access.buid != window.buid) || !window.contains(access.ioba)
            }
        }
    }

    /// Windows come and go.
    mutating func note(_ change: WindowTracker.Change, _ windows: WindowTracker) {
        if case .all = change.tables { filling = [:] }
        for liobn in change.removed { filling[liobn] = nil }
        for liobn in change.made { filling[liobn] = windows.window(liobn) }
    }
}
