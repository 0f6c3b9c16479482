// SPDX-License-Identifier: Apache-2.0

/// What stands before the fields of an event in ftrace's text:
/// `TASK-PID [(TGID)] [CPU] [FLAGS] SECONDS.FRACTION: EVENT:` (the TGID and the flags may be absent).
///
/// This is the form of the kernel's `trace` and `trace_pipe` files and of `trace-cmd report` (Linux kernel/trace/
/// trace_output.c, function trace_print_context).
struct FtraceLine {
    var pid: UInt64
    var cpu: UInt64
    /// Where the time stamp stands, without its colon.
    var stamp: Range<Int>
    /// Where the event's name stands; empty where the line has a time but no event.
    var name: Range<Int>
    /// The rest of the line, behind the name's colon.
    var fields: ByteCursor

    /// The kernel pads a task's name, which has at most 15 bytes, to 16: here stands the dash before the PID.
    private static let dash = 16

    /// Reads a line that has this form.
    ///
    /// A task may have any name, and the text behind an event may hold anything: the dash in its column is tried first,
    /// then, for text that lost its spaces, each dash from the left.
    init?(_ line: Span<UInt8>) {
        let end = line.trimmedEnd
        if let read = Self(line, dash: Self.dash, end: end) {
            self = read
            return
        }
        for index in 0..<end where index != Self.dash {
            guard let read = Self(line, dash: index, end: end) else { continue }
            self = read
            return
        }
        return nil
    }

    private init?(_ line: Span<UInt8>, dash: Int, end: Int) {
        guard dash < end, line[dash] == UInt8(ascii: "-") else { return nil }
        var cursor = ByteCursor(dash + 1..<end)
        guard let pid = cursor.takeDecimal(in: line), cursor.takeSpaces(in: line) else { return nil }
        if cursor.takeByte(UInt8(ascii: "("), in: line) {
            guard cursor.takeThreadGroup(in: line), cursor.takeSpaces(in: line) else { return nil }
        }
        guard cursor.takeByte(UInt8(ascii: "["), in: line), let cpu = cursor.takeDecimal(in: line),
            cursor.takeByte(UInt8(ascii: "]"), in: line), cursor.takeSpaces(in: line)
        else { return nil }
        var stamp = cursor.takeStamp(in: line)
        if stamp == nil {
            guard cursor.takeFlags(in: line), cursor.takeSpaces(in: line) else { return nil }
            stamp = cursor.takeStamp(in: line)
        }
        guard let stamp else { return nil }
        self.pid = pid
        self.cpu = cpu
        self.stamp = stamp
        cursor.skipSpaces(in: line)
        name = cursor.takeEventName(in: line)
        fields = cursor
    }
}

/// A time stamp as printed.
struct FtraceStamp {
    var seconds: UInt64
    /// The fraction, as nanoseconds.
    var nanoseconds: UInt64
    /// Digits behind the point: 1 to 9.
    var digits: Int

    /// Nil where it is not `SECONDS.FRACTION` with 1 to 9 digits behind the point, as from a clock that counts.
    init?(_ range: Range<Int>, in line: Span<UInt8>) {
        var cursor = ByteCursor(range)
        guard let seconds = cursor.takeDecimal(in: line), cursor.takeByte(UInt8(ascii: "."), in: line) else {
            return nil
        }
        digits = cursor.end - cursor.position
        guard (1...9).contains(digits), var fraction = cursor.takeDecimal(in: line), cursor.isAtEnd else { return nil }
        for _ in digits..<9 { fraction *= 10 }
        self.seconds = seconds
        nanoseconds = fraction
    }

    /// The time in units of so many nanoseconds; nil where it is finer than that, or has no room in 64 bits.
    func time(unit: UInt64) -> UInt64? {
        guard nanoseconds % unit == 0 else { return nil }
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000 / unit)
        let (sum, carry) = scaled.addingReportingOverflow(nanoseconds / unit)
        return overflow || carry ? nil : sum
    }
}

/// A line about a ring buffer that was full, as ftrace and trace-cmd print it among the events:
/// `CPU:1 [LOST 27 EVENTS]`, `CPU:1 [LOST EVENTS]`, `CPU:1 [27 EVENTS DROPPED]`, `CPU:1 [EVENTS DROPPED]`.
struct FtraceLoss {
    var cpu: UInt64
    /// How many events, where that is told.
    var events: UInt64?

    init?(_ line: Span<UInt8>) {
        var cursor = ByteCursor(0..<line.trimmedEnd)
        cursor.skipSpaces(in: line)
        guard cursor.take("CPU:", in: line), let cpu = cursor.takeDecimal(in: line), cursor.takeSpaces(in: line),
            cursor.takeByte(UInt8(ascii: "["), in: line)
        else { return nil }
        self.cpu = cpu
        if cursor.take("LOST ", in: line) {
            events = cursor.takeDecimal(in: line)
            cursor.skipSpaces(in: line)
            guard cursor.take("EVENTS]", in: line) else { return nil }
        } else {
            events = cursor.takeDecimal(in: line)
            cursor.skipSpaces(in: line)
            guard cursor.take("EVENTS DROPPED]", in: line) else { return nil }
        }
        guard cursor.isAtEnd else { return nil }
    }
}

extension ByteCursor {
    /// One space or more.
    fileprivate mutating func takeSpaces(in line: Span<UInt8>) -> Bool {
        let before = position
        skipSpaces(in: line)
        return position > before
    }

    /// The thread group behind its bracket: a number or dashes, padded to 7.
    fileprivate mutating func takeThreadGroup(in line: Span<UInt8>) -> Bool {
        var index = position
        while index < end, index - position <= 20, line[index] != UInt8(ascii: ")") {
            guard line[index] &- 0x30 < 10 || line[index] == 0x20 || line[index] == UInt8(ascii: "-") else {
                return false
            }
            index += 1
        }
        guard index < end, line[index] == UInt8(ascii: ")") else { return false }
        position = index + 1
        return true
    }

    /// The column of flags, four characters or five by the kernel's age.
    fileprivate mutating func takeFlags(in line: Span<UInt8>) -> Bool {
        var index = position
        while index < end, line[index] != 0x20, line[index] != 0x09 { index += 1 }
        guard (3...8).contains(index - position) else { return false }
        position = index
        return true
    }

    /// Digits and points before a colon.
    fileprivate mutating func takeStamp(in line: Span<UInt8>) -> Range<Int>? {
        var index = position
        while index < end, line[index] &- 0x30 < 10 || line[index] == UInt8(ascii: ".") { index += 1 }
        guard index > position, line[position] != UInt8(ascii: "."), index < end, line[index] == UInt8(ascii: ":")
        else { return nil }
        let stamp = position..<index
        position = index + 1
        return stamp
    }

    /// A name before a colon; empty where there is none.
    fileprivate mutating func takeEventName(in line: Span<UInt8>) -> Range<Int> {
        var index = position
        while index < end, index - position <= 100, line[index].isNamePart { index += 1 }
        guard index < end, line[index] == UInt8(ascii: ":"), index + 1 == end || line[index + 1] <= 0x20 else {
            return position..<position
        }
        let name = position..<index
        position = index + 1
        return name
    }
}

extension UInt8 {
    /// A letter, a digit or an underscore.
    fileprivate var isNamePart: Bool {
        self &- 0x30 < 10 || self == UInt8(ascii: "_") || (self | 0x20 >= 0x61 && self | 0x20 <= 0x7a)
    }
}
