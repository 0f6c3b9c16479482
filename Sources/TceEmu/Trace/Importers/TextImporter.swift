// SPDX-License-Identifier: Apache-2.0

/// Makes a trace from our own text form: what `TextPrinter` prints, and what people write by hand.
///
/// Lines that are blank or begin with `#` are nothing, fields stand in any order, numbers are decimal or hexadecimal.
/// What is not understood is an error with the line's number.
public struct TextImporter: TraceImporter {
    public private(set) var header: TraceHeader
    private var counted = ImportReport()
    private var understood: [String: UInt64] = [:]
    private var fields = TextFields()
    private var seen: Set<String> = []
    private var time: UInt64 = 0
    /// Digits of a second behind the point, and units in it.
    private var digits = 9
    private var second: UInt64 = 1_000_000_000

    public init() {
        header = TraceHeader()
    }

    public var report: ImportReport {
        var report = counted
        report.understood = understood
        return report
    }

    public mutating func readHeaderLine(_ line: Span<UInt8>, number: UInt64) throws -> Bool {
        var cursor = ByteCursor(0..<line.trimmedEnd)
        cursor.skipSpaces(in: line)
        if cursor.isAtEnd || line[cursor.position] == UInt8(ascii: "#") {
            counted.lines += 1
            return true
        }
        guard line[cursor.position] == UInt8(ascii: "@") else { return false }
        counted.lines += 1
        try Self.checkLength(line, number)
        try readDirective(cursor, line, number)
        return true
    }

    public mutating func importLine(
        _ line: Span<UInt8>, number: UInt64, _ emit: (TraceEvent) throws -> Void
    ) throws {
        counted.lines += 1
        var cursor = ByteCursor(0..<line.trimmedEnd)
        guard var word = cursor.takeWord(in: line) else { return }
        try Self.checkLength(line, number)
        if line[word.lowerBound] == UInt8(ascii: "@") {
            throw ImportError(
                line: number, "expected an event, found \(line.shown(word)): directives stand before the first event")
        }
        if line[word.lowerBound] &- 0x30 < 10 {
            let stamp = try readTime(word, line, number)
            counted.clampedTimes += stamp < time ? 1 : 0
            time = max(time, stamp)
            guard let next = cursor.takeWord(in: line) else {
                throw ImportError(line: number, "expected an event behind the time, found nothing")
            }
            word = next
        }
        let kind = line.text(word)
        guard let reader = Self.reader(kind) else {
            throw ImportError(
                line: number,
                "expected an event (\(EventKind.all.map(\.name).joined(separator: ", "))), found '\(kind)'")
        }
        try fields.split(kind, cursor, line, number: number)
        let body = try reader(&fields, line)
        try fields.finish(line)
        counted.events += 1
        understood[kind, default: 0] += 1
        try emit(TraceEvent(time: time, body: body))
    }

    private static func checkLength(_ line: Span<UInt8>, _ number: UInt64) throws {
        guard line.count > LineSource.maximumLineBytes else { return }
        throw ImportError(
            line: number, "expected a line of at most \(LineSource.maximumLineBytes) bytes, found a longer one")
    }

    /// `@name TEXT`: the text is what stands behind one space, to the end of the line.
    private mutating func readDirective(_ start: ByteCursor, _ line: Span<UInt8>, _ number: UInt64) throws {
        var end = line.count
        if end > start.position, line[end - 1] == 0x0d { end -= 1 }
        var nameEnd = start.position
        while nameEnd < end, line[nameEnd] != 0x20, line[nameEnd] != 0x09 { nameEnd += 1 }
        let name = line.text(start.position..<nameEnd)
        let text = line.text(min(nameEnd + 1, end)..<end)
        guard name == "@inferred" || seen.insert(name).inserted else {
            throw ImportError(line: number, "\(name) stands twice")
        }
        switch name {
        case "@unit":
            guard let unit = TextWords.units.first(where: { $0.name == text.trimmed }),
                let digits = TraceHeader.units[unit.nanoseconds]
            else { throw ImportError(line: number, "expected @unit ns, us, ms or s, found '\(text.trimmed)'") }
            header.unitNanoseconds = unit.nanoseconds
            self.digits = digits
            second = 1_000_000_000 / unit.nanoseconds
        case "@memory":
            var cursor = ByteCursor(min(nameEnd + 1, end)..<line.trimmedEnd)
            cursor.skipSpaces(in: line)
            guard let bytes = cursor.takeNumber(in: line), cursor.isAtEnd else {
                throw ImportError(line: number, "expected @memory BYTES, found '\(text.trimmed)'")
            }
            header.memoryBytes = bytes
        case "@platform": header.platform = String(text.trimmed)
        case "@source": header.source = text
        case "@command": header.command = text
        case "@writer": header.writer = text
        case "@inferred": header.inferred.append(text)
        default:
            throw ImportError(
                line: number,
                "expected @unit, @memory, @platform, @source, @command, @inferred or @writer, found '\(name)'")
        }
    }

    /// `SECONDS` or `SECONDS.FRACTION`, in the trace's unit.
    private func readTime(_ word: Range<Int>, _ line: Span<UInt8>, _ number: UInt64) throws -> UInt64 {
        var cursor = ByteCursor(word)
        var parts: UInt64 = 0
        if let seconds = cursor.takeDecimal(in: line) {
            var finer = false
            if cursor.takeByte(UInt8(ascii: "."), in: line) {
                var weight = second
                while cursor.position < cursor.end, line[cursor.position] &- 0x30 < 10 {
                    weight /= 10
                    let digit = UInt64(line[cursor.position] - 0x30)
                    finer = finer || (weight == 0 && digit != 0)
                    parts += weight * digit
                    cursor.position += 1
                }
            }
            let (whole, overflow) = seconds.multipliedReportingOverflow(by: second)
            let (time, carry) = whole.addingReportingOverflow(parts)
            if cursor.isAtEnd, !overflow, !carry, !finer { return time }
            if cursor.isAtEnd, finer {
                let most = "at most \(digits) digits behind the point (see @unit)"
                throw ImportError(line: number, "expected a time with \(most), found '\(line.shown(word))'")
            }
        }
        throw ImportError(line: number, "expected a time (SECONDS.FRACTION), found '\(line.shown(word))'")
    }
}

extension String {
    fileprivate var trimmed: Substring {
        self[...].drop { $0.isWhitespace }.reversedTrim
    }
}

extension Substring {
    fileprivate var reversedTrim: Substring {
        var rest = self
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }
}
