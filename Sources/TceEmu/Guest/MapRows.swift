// SPDX-License-Identifier: Apache-2.0

/// Rows of H_PUT_TCE that are one map each, and the events that wait until a row before them has ended: only then is
/// the map's length known.
struct MapRows {
    /// A row of one vCPU.
    struct Row {
        var map: TraceEvent.Guest
        var time: UInt64
        /// Place of the map among all events that ever waited.
        fileprivate var place: Int
        let liobn: LIOBN
        fileprivate var next: TraceEvent.Hcall

        var cpu: UInt16? { map.cpu }
        var ioba: IOBA { map.value }
        var npages: UInt64 { map.length >> LiftedTable.pageShift }

        /// Does a call name one of its pages?
        func overlaps(_ call: TraceEvent.Hcall) -> Bool {
            let npages = call.kind == .put ? 1 : call.npages
            return call.ioba < ioba &+ map.length && ioba < call.ioba &+ npages << LiftedTable.pageShift
        }
    }

    /// Events that may wait: the vCPU of a row may never make another call.
    private static let waitingMax = 4096

    private var rows: [UInt16?: Row] = [:]
    /// Nil: a map whose length is not known.
    private var waiting: [TraceEvent?] = []
    /// Events that have left.
    private var gone = 0

    var isEmpty: Bool { rows.isEmpty }
    var isFull: Bool { waiting.count >= Self.waitingMax }

    mutating func wait(_ event: TraceEvent) {
        waiting.append(event)
    }

    /// A row begins with a call, after those events that wait already.
    mutating func begin(_ call: TraceEvent.Hcall, _ map: TraceEvent.Guest, _ time: UInt64) {
        rows[call.cpu] = Row(
            map: map, time: time, place: gone + waiting.count, liobn: call.liobn, next: Self.next(call))
        waiting.append(nil)
    }

    /// Is a call the next of its vCPU's row?
    mutating func goOn(with call: TraceEvent.Hcall) -> Bool {
        guard let row = rows[call.cpu], row.liobn == call.liobn, row.next.ioba == call.ioba,
            row.next.value == call.value
        else { return false }
        rows[call.cpu]?.map.length += 1 << LiftedTable.pageShift
        rows[call.cpu]?.next = Self.next(call)
        return true
    }

    private static func next(_ call: TraceEvent.Hcall) -> TraceEvent.Hcall {
        var next = call
        next.ioba &+= 1 << LiftedTable.pageShift
        next.value &+= 1 << LiftedTable.pageShift
        return next
    }

    /// Ends rows: their maps stand in their places now.
    mutating func end(where ends: (Row) -> Bool) -> [Row] {
        let ended = rows.values.filter(ends)
        for row in ended {
            rows[row.cpu] = nil
            waiting[row.place - gone] = TraceEvent(time: row.time, body: .guest(row.map))
        }
        return ended
    }

    /// The events before the first row that goes on.
    mutating func takeReady() -> [TraceEvent] {
        let count = (rows.values.map(\.place).min() ?? gone + waiting.count) - gone
        guard count > 0 else { return [] }
        let ready = waiting.prefix(count).compactMap { $0 }
        waiting.removeFirst(count)
        gone += count
        return ready
    }
}
