// SPDX-License-Identifier: Apache-2.0

/// Maps that were found behind hcalls, and whether they can be the guest's own.
public struct LiftedMaps: Hashable, Sendable {
    /// Maps whose hcall was a list.
    public private(set) var lists: UInt64 = 0
    /// Maps of one H_PUT_TCE, and of several.
    public private(set) var single: UInt64 = 0
    public private(set) var rows: UInt64 = 0
    /// Maps of one H_PUT_TCE that go on where the one before them on their vCPU ended, in the window and in memory.
    public private(set) var adjoining: UInt64 = 0
    private var last: [UInt16?: TraceEvent.Guest] = [:]

    /// vCPUs whose last map is remembered.
    private static let cpusMax = 4096

    /// One map for each H_PUT_TCE: the guest makes no lists, and where its maps end is not known.
    public var areSingleCalls: Bool { lists == 0 && rows == 0 && adjoining > 0 }

    /// Where a map ends was told from rows of H_PUT_TCE.
    public var areRows: Bool { rows > 0 }

    /// A map, and the first hcall that it made.
    mutating func note(_ map: TraceEvent.Guest, _ kind: TraceEvent.Hcall.Kind) {
        if kind == .putIndirect {
            lists += 1
        } else if map.length > 1 << LiftedTable.pageShift {
            rows += 1
        } else {
            single += 1
            if let last = last[map.cpu], last.device == map.device, last.value &+ last.length == map.value,
                last.address &+ last.length == map.address, last.access == map.access
            {
                adjoining += 1
            }
        }
        if last.count >= Self.cpusMax { last = [:] }
        last[map.cpu] = map
    }
}

/// Tells the maps of a trace that stand right before the hcall that made them: `import qemu --lift` writes them so.
struct LiftedMapFinder {
    private(set) var maps = LiftedMaps()
    private var map: (time: UInt64, call: TraceEvent.Guest)?

    mutating func note(_ batch: EventBatch) {
        for index in 0..<batch.count {
            let kind = batch.kind(at: index)
            if map != nil || EventBatch.isGuestCall(kind) { note(batch[index]) }
        }
    }

    mutating func note(_ event: TraceEvent) {
        let before = map
        map = nil
        switch event.body {
        case .guest(let call) where call.kind == .map: map = (event.time, call)
        case .hcall(let call):
            guard let before, before.time == event.time, call.liobn == LIOBN(before.call.device),
                call.ioba == before.call.value, call.kind == .put || call.kind == .putIndirect
            else { return }
            maps.note(before.call, call.kind)
        default: break
        }
    }
}
