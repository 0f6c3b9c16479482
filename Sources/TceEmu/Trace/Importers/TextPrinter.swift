// SPDX-License-Identifier: Apache-2.0

/// Prints a trace as text, one event a line: the form that `TextImporter` reads.
///
/// What it prints reads back as the same header and the same events.
public struct TextPrinter: Sendable {
    public let header: TraceHeader

    /// Digits of a time stamp behind the point, and units in a second.
    private let digits: Int
    private let second: UInt64

    public init(header: TraceHeader) {
        self.header = header
        digits = TraceHeader.units[header.unitNanoseconds] ?? 9
        second = [0: 1, 3: 1_000, 6: 1_000_000][digits] ?? 1_000_000_000
    }

    /// One event, without a newline.
    public func line(_ event: TraceEvent) -> String {
        var text: [UInt8] = []
        append(event, to: &text)
        return String(decoding: text.dropLast(), as: UTF8.self)
    }

    /// Adds the header's lines.
    public func appendHeader(to text: inout [UInt8]) {
        let unit = TextWords.units.first { $0.nanoseconds == header.unitNanoseconds }?.name ?? "ns"
        text.append("@unit \(unit)\n")
        if let bytes = header.memoryBytes { text.append("@memory \(bytes)\n") }
        text.append(directive: "@platform", header.platform)
        text.append(directive: "@source", header.source)
        text.append(directive: "@command", header.command)
        for sentence in header.inferred { text.append(directive: "@inferred", sentence) }
        text.append(directive: "@writer", header.writer)
    }

    /// Adds one event and a newline.
    public func append(_ event: TraceEvent, to text: inout [UInt8]) {
        text.append(decimal: event.time / second)
        if digits > 0 {
            text.append(UInt8(ascii: "."))
            text.append(decimal: event.time % second, digits: digits)
        }
        text.append(UInt8(ascii: " "))
        event.body.append(to: &text)
        text.append(UInt8(ascii: "\n"))
    }
}

extension [UInt8] {
    mutating func append(_ string: String) {
        append(contentsOf: string.utf8)
    }

    mutating func append(decimal value: UInt64, digits: Int = 1) {
        var value = value
        var from = count
        repeat {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
            value /= 10
        } while value > 0 || count - from < digits
        var to = count - 1
        while from < to {
            swapAt(from, to)
            from += 1
            to -= 1
        }
    }

    mutating func append(hex value: UInt64) {
        append("0x")
        var shift = (Swift.max(64 - value.leadingZeroBitCount, 1) + 3) / 4 * 4
        while shift > 0 {
            shift -= 4
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(shift) & 15)
            append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }

    /// ` key=VALUE`
    mutating func append(_ key: String, hex value: UInt64) {
        append(key)
        append(hex: value)
    }

    mutating func append(_ key: String, decimal value: UInt64) {
        append(key)
        append(decimal: value)
    }

    /// A directive and its text, on one line whatever the text has.
    fileprivate mutating func append(directive: String, _ text: String?) {
        guard let text else { return }
        append(directive)
        if !text.isEmpty { append(UInt8(ascii: " ")) }
        append(contentsOf: text.utf8.lazy.map { $0 == 0x0a || $0 == 0x0d ? 0x20 : $0 })
        append(UInt8(ascii: "\n"))
    }

    /// Numbers separated by commas; three and more in equal steps as `FIRST+STEP*COUNT`, equal ones as `FIRST*COUNT`.
    mutating func append(list: [UInt64]) {
        var index = 0
        while index < list.count {
            if index > 0 { append(UInt8(ascii: ",")) }
            append(hex: list[index])
            var last = index
            if index + 1 < list.count {
                let step = list[index + 1] &- list[index]
                while last + 1 < list.count, list[last + 1] &- list[last] == step { last += 1 }
                if last - index >= 2 {
                    if step != 0 { append("+", hex: step) }
                    append("*", decimal: UInt64(last - index + 1))
                    index = last
                }
            }
            index += 1
        }
    }
}
