// SPDX-License-Identifier: Apache-2.0

/// Makes a trace from QEMU's `spapr_iommu*` trace log.
///
/// What the fields of its lines mean, and where that is not what their names say, is told beside the code that reads
/// them. The importer knows which windows there are, because lines must be read with a window's start and page size; it
/// keeps no table's contents, so that a replay's answers are the emulator's own.
public struct QEMULogImporter: TraceImporter {
    public typealias Options = LogImportOptions

    /// Where and when a line was printed.
    struct Place {
        var thread: UInt64?
        var time: UInt64
        var number: UInt64
    }

    public let header: TraceHeader
    var counted = ImportReport()
    var understood = [UInt64](repeating: 0, count: QEMULogEvent.allCases.count)
    var notes = QEMULogNotes()
    var windows = QEMUWindows()
    /// A new_table line of a PCI LIOBN that the next line explains.
    var held: HeldTable?
    /// The removal of a dynamic window that brought the default one back: QEMU prints that like an RTAS call.
    var restored: (thread: UInt64?, base: LIOBN)?
    var freedCRQs = FreedCRQs()
    /// Time of the last line with an event in it, and of the last event that was handed on.
    private var clock: UInt64 = 0
    private var lastTime: UInt64 = 0
    /// vCPU numbers by thread: the order of their first hcalls and RTAS calls.
    private var cpus: [UInt64: UInt16] = [:]
    private var lastCPU: (thread: UInt64, cpu: UInt16)?

    public init(_ options: Options = Options()) {
        var header = Self.header
        header.memoryBytes = options.memoryBytes
        header.command = options.command
        self.header = header
    }

    /// The header of every trace that comes from QEMU's log: times are its microseconds, as printed.
    public static var header: TraceHeader {
        var header = TraceHeader()
        header.unitNanoseconds = 1_000
        header.platform = "qemu"
        header.source = "QEMU trace log"
        header.inferred = [
            "vCPU numbers are the order in which the host threads made their first hcall or RTAS call.",
            "Of a TCE list QEMU prints only the last entry: the list was rebuilt as a contiguous run of pages.",
            "A default window has 4 KiB pages from bus address 0: 1 GiB for a PHB, 256 MiB for virtual I/O.",
            "QEMU prints RTAS calls that succeed; ibm,query-pe-dma-window is taken as its form with 5 return cells.",
            "The tables of virtual I/O are zeroed where the CRQs of all its devices are freed in a row.",
        ]
        return header
    }

    public var report: ImportReport {
        var report = counted
        for event in QEMULogEvent.allCases where understood[event.rawValue] > 0 {
            report.understood[event.name] = understood[event.rawValue]
        }
        report.notes = notes.sentences
        return report
    }

    public mutating func importLine(
        _ line: Span<UInt8>, number: UInt64, _ emit: (TraceEvent) throws -> Void
    ) throws {
        counted.lines += 1
        var cursor = ByteCursor(0..<line.trimmedEnd)
        if cursor.isAtEnd { return }
        let prefix = QEMULogPrefix(&cursor, in: line)
        let hasPrefix = cursor.position > 0
        if cursor.take("spapr_iommu_", in: line) {
            let nameEnd = cursor
            guard line.count <= LineSource.maximumLineBytes, let event = QEMULogEvent(&cursor, in: line) else {
                try flushHeld(emit)
                let rest = nameEnd.eventName(afterPrefix: true, in: line) ?? ""
                let reason =
                    line.count > LineSource.maximumLineBytes ? "the line is too long" : "no such event is known"
                counted.refuse("spapr_iommu_" + rest, reason, line: number, line)
                return
            }
            let place = Place(thread: prefix.thread, time: tick(prefix.time), number: number)
            // A translation without a thread may be any thread's.
            let isOthers = event == .xlate && place.thread == nil
            if !isOthers { freedCRQs.end(at: place.thread) }
            if let reason = try importEvent(event, &cursor, line, place, emit) {
                counted.refuse(event.name, reason, line: number, line)
            }
            if event != .ddwRemove, event != .newTable, !isOthers { endRestored(at: place.thread) }
        } else {
            try importForeign(cursor, line, prefix, hasPrefix, number, emit)
        }
    }

    public mutating func finish(_ emit: (TraceEvent) throws -> Void) throws {
        if let held, !held.isDefault {
            // The log ends before the ddw_create line.
            self.held = nil
            understood[QEMULogEvent.newTable.rawValue] += 1
            return
        }
        try flushHeld(emit)
    }

    /// A line of another part of QEMU, or no event at all.
    private mutating func importForeign(
        _ cursor: ByteCursor, _ line: Span<UInt8>, _ prefix: QEMULogPrefix, _ hasPrefix: Bool, _ number: UInt64,
        _ emit: (TraceEvent) throws -> Void
    ) throws {
        if cursor.hidesEvent(in: line) {
            counted.refuse("spapr_iommu_*", "other text stands before the event", line: number, line)
        } else if let name = cursor.eventName(afterPrefix: hasPrefix, in: line) {
            counted.addForeign(name)
            if let held, held.place.thread == prefix.thread { try flushHeld(emit) }
            endRestored(at: prefix.thread)
            if name == "spapr_vio_free_crq" {
                let time = prefix.time.map { max($0, clock) } ?? clock
                try importFreedCRQ(cursor, line, Place(thread: prefix.thread, time: time, number: number), emit)
            } else {
                freedCRQs.end(at: prefix.thread)
            }
        } else {
            counted.addForeign("text")
        }
    }

    /// Reads one event. The result is why it was not understood, or nil.
    private mutating func importEvent(
        _ event: QEMULogEvent, _ cursor: inout ByteCursor, _ line: Span<UInt8>, _ place: Place,
        _ emit: (TraceEvent) throws -> Void
    ) throws -> String? {
        let reason: String?
        switch event {
        case .xlate:
            reason = try importTranslation(&cursor, line, place, emit)
        case .put, .pciPut:
            reason = try importPut(&cursor, line, place, emit)
        case .get, .pciGet:
            reason = try importGet(&cursor, line, place, emit)
        case .stuff, .pciStuff:
            reason = try importStuff(&cursor, line, place, emit)
        case .indirect, .pciIndirect:
            reason = try importIndirect(&cursor, line, place, emit)
        case .newTable:
            // Counted when the line behind it has told what it is.
            return try importNewTable(&cursor, line, place, emit)
        case .ddwQuery:
            reason = try importQuery(&cursor, line, place, emit)
        case .ddwCreate:
            reason = try importCreate(&cursor, line, place, emit)
        case .ddwRemove:
            reason = try importRemove(&cursor, line, place, emit)
        case .ddwReset:
            reason = try importReset(&cursor, line, place, emit)
        case .preSave:
            reason = try importSaved(&cursor, line, emit)
        case .postLoad:
            reason = try importLoaded(&cursor, line, place, emit)
        }
        if reason == nil { understood[event.rawValue] += 1 }
        return reason
    }

    static let otherFields = "the fields are not those of this event"

    /// The time of a line: its own, not before that of the last event's line; without one, that.
    private mutating func tick(_ time: UInt64?) -> UInt64 {
        guard let time else { return clock }
        if time < clock {
            counted.clampedTimes += 1
        } else {
            clock = time
        }
        return clock
    }

    /// The number of the vCPU that makes a call.
    mutating func cpu(_ place: Place) -> UInt16? {
        guard let thread = place.thread else { return nil }
        if let lastCPU, lastCPU.thread == thread { return lastCPU.cpu }
        guard let cpu = cpus[thread] ?? (cpus.count < 0xffff ? UInt16(cpus.count) : nil) else { return nil }
        cpus[thread] = cpu
        lastCPU = (thread, cpu)
        return cpu
    }

    mutating func send(_ body: TraceEvent.Body, _ place: Place, _ emit: (TraceEvent) throws -> Void) throws {
        counted.events += 1
        lastTime = max(lastTime, place.time)
        try emit(TraceEvent(time: lastTime, body: body))
    }
}
