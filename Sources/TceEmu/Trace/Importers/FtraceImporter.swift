// SPDX-License-Identifier: Apache-2.0

/// Makes a trace from the text of ftrace in a Linux guest: its hcalls, and with probes its DMA maps and unmaps.
///
/// It reads the kernel's `trace` and `trace_pipe` files and what `trace-cmd report` prints. docs/ftrace.md tells how to
/// record one and what becomes of each line. The guest's own clock is the trace's time.
public struct FtraceImporter: TraceImporter {
    public typealias Options = LogImportOptions

    /// Where and when a line was printed.
    struct Place {
        var cpu: UInt16
        var pid: UInt64
        /// As printed: `clock` is not below it.
        var time: UInt64
        var number: UInt64

        /// Who calls a function here.
        var task: FtraceCalls.Owner { pid == 0 ? .idle(cpu) : .task(pid) }
    }

    public private(set) var header: TraceHeader
    var counted = ImportReport()
    var calls = FtraceCalls()
    var notes = FtraceNotes()
    /// Maps that failed, by task: the guest clears their entries next.
    var failed: [FtraceCalls.Owner: FtraceRange] = [:]
    private var understood = [UInt64](repeating: 0, count: FtraceEvent.allCases.count)
    /// Time of the last event that was made.
    private var clock: UInt64 = 0

    public init(_ options: Options = Options()) {
        header = TraceHeader()
        header.unitNanoseconds = 1_000
        header.source = "ftrace text"
        header.memoryBytes = options.memoryBytes
        header.command = options.command
        header.inferred = [
            "An hcall's end is the next hcall_exit of its CPU and opcode, a function's the next return in its task.",
            "The I/O pages of maps and unmaps have 4 KiB: addresses and lengths are entry numbers and counts of those.",
            "The device number of a map or unmap is the LIOBN of its table: the text tells no device.",
        ]
    }

    /// What was read so far. After `finish` the calls whose end did not come are in it.
    public var report: ImportReport {
        var report = counted
        for event in FtraceEvent.allCases where understood[event.rawValue] > 0 {
            report.understood[event.name] = understood[event.rawValue]
        }
        report.notes = notes.sentences
        return report
    }

    public mutating func readHeaderLine(_ line: Span<UInt8>, number: UInt64) throws -> Bool {
        if let place = FtraceLine(line), let stamp = FtraceStamp(place.stamp, in: line) {
            // The first stamp decides: ftrace prints all with as many digits.
            header.unitNanoseconds = stamp.digits > 6 ? 1 : 1_000
            header.inferred += notes.losses
            return false
        }
        try importLine(line, number: number) { _ in }
        return true
    }

    public mutating func importLine(
        _ line: Span<UInt8>, number: UInt64, _ emit: (TraceEvent) throws -> Void
    ) throws {
        counted.lines += 1
        let end = line.trimmedEnd
        if end == 0 { return }
        if let place = FtraceLine(line) {
            guard let event = FtraceEvent(place, in: line) else {
                counted.addForeign(place.name.isEmpty ? "text" : line.text(place.name))
                return
            }
            if let expected = importEvent(event, place, line, number) {
                counted.refuse(event.name, expected, line: number, line)
            } else {
                understood[event.rawValue] += 1
            }
        } else if line[0] == UInt8(ascii: "#") {
            importComment(line, number)
        } else if let loss = FtraceLoss(line) {
            notes.lost.add(number, loss.events)
            if let cpu = Self.cpu(loss.cpu) { calls.lose(on: cpu, line: number) }
            failed.removeAll()
        } else if FtraceEvent.isHidden(in: line) {
            counted.refuse(
                "text", "expected TASK-PID [CPU] FLAGS SECONDS.FRACTION: before the event", line: number, line)
        } else {
            counted.addForeign("text")
        }
        notes.addUnended(calls.takeUnended())
        try calls.flush(emit)
    }

    public mutating func finish(_ emit: (TraceEvent) throws -> Void) throws {
        calls.loseAll()
        notes.addUnended(calls.takeUnended())
        try calls.flush(emit)
    }

    /// `# entries-in-buffer/entries-written: A/B   #P:n`
    private static func entries(_ line: Span<UInt8>) -> (kept: UInt64, written: UInt64)? {
        var cursor = ByteCursor(0..<line.trimmedEnd)
        guard cursor.take("# entries-in-buffer/entries-written: ", in: line),
            let kept = cursor.takeDecimal(in: line), cursor.takeByte(UInt8(ascii: "/"), in: line),
            let written = cursor.takeDecimal(in: line)
        else { return nil }
        return (kept, written)
    }

    /// A header's line. One that stands among the events begins another recording: no call goes on in it.
    private mutating func importComment(_ line: Span<UInt8>, _ number: UInt64) {
        guard let (kept, written) = Self.entries(line) else { return }
        calls.loseAll()
        failed.removeAll()
        if kept < written { notes.overwritten.add(number, written - kept) }
    }

    /// A CPU's number that a trace can hold.
    private static func cpu(_ number: UInt64) -> UInt16? {
        number < 0xffff ? UInt16(number) : nil
    }

    /// Reads one event. The result is what was expected where the line is something else, or nil.
    private mutating func importEvent(
        _ event: FtraceEvent, _ line: FtraceLine, _ bytes: Span<UInt8>, _ number: UInt64
    ) -> String? {
        guard bytes.count <= LineSource.maximumLineBytes else {
            return "expected a line of at most \(LineSource.maximumLineBytes) bytes"
        }
        guard let cpu = Self.cpu(line.cpu) else { return "expected a CPU in 0...65534" }
        guard let stamp = FtraceStamp(line.stamp, in: bytes) else {
            return "expected a time stamp of seconds with 1 to 9 digits behind the point"
        }
        guard let time = stamp.time(unit: header.unitNanoseconds) else {
            let digits = header.unitNanoseconds == 1 ? 9 : 6
            return "expected a time stamp of 64 bits, with at most \(digits) digits behind the point like the first one"
        }
        let place = Place(cpu: cpu, pid: line.pid, time: time, number: number)
        switch event {
        case .hcallEntry: return importHcallEntry(line.fields, bytes, place)
        case .hcallExit: return importHcallExit(line.fields, bytes, place)
        case .buildmulti: return importBuild(line.fields, bytes, place)
        case .buildmultiReturn: return importBuildReturn(line.fields, bytes, place)
        case .freemulti: return importFreemulti(line.fields, bytes, place)
        case .freemultiReturn: return importFreemultiReturn(place)
        case .free: return importFree(line.fields, bytes, place)
        }
    }

    /// An event at a place: its time, raised to that of the event before where it went back.
    mutating func event(_ body: TraceEvent.Body, _ place: Place) -> TraceEvent {
        if place.time < clock { counted.clampedTimes += 1 }
        clock = max(clock, place.time)
        counted.events += 1
        return TraceEvent(time: clock, body: body)
    }
}
