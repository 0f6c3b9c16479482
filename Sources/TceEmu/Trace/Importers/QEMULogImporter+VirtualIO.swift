// SPDX-License-Identifier: Apache-2.0

/// Devices of virtual I/O whose CRQs one thread has freed in a row.
///
/// QEMU zeroes the tables of virtual I/O when the machine resets and when firmware makes the RTAS call quiesce, and
/// prints nothing of that but one spapr_vio_free_crq line for each device, also for those that never have a CRQ or a
/// table (nvram, vty). A guest's own H_FREE_CRQ prints the same line for one device and zeroes nothing.
struct FreedCRQs {
    private var thread: UInt64?
    private(set) var units: Set<UInt64> = []

    private static let unitsMax = 4_096

    mutating func add(_ unit: UInt64, _ thread: UInt64?) {
        if thread != self.thread || units.count >= Self.unitsMax { units.removeAll() }
        self.thread = thread
        units.insert(unit)
    }

    /// The thread did something else.
    mutating func end(at thread: UInt64?) {
        if !units.isEmpty, thread == self.thread { units.removeAll() }
    }
}

extension QEMULogImporter {
    /// `spapr_vio_free_crq CRQ for dev UNIT freed`
    ///
    /// Where a row of them holds every LIOBN of virtual I/O and a device without a table besides, all those tables are
    /// zero from now on.
    mutating func importFreedCRQ(
        _ name: ByteCursor, _ line: Span<UInt8>, _ place: Place, _ emit: (TraceEvent) throws -> Void
    ) throws {
        var cursor = name
        guard cursor.take("spapr_vio_free_crq CRQ for dev ", in: line), let unit = cursor.takeHex(in: line) else {
            return
        }
        freedCRQs.add(unit, place.thread)
        let liobns = windows.virtualIO
        guard freedCRQs.units.count > liobns.count, liobns.allSatisfy(freedCRQs.units.contains) else { return }
        var zeroed = false
        for liobn in liobns where windows[liobn]?.wasUsed == true {
            try makeVirtualIO(liobn, place, emit)
            zeroed = true
        }
        if zeroed { notes.quiesces.add(place.number) }
    }
}
