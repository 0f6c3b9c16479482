// SPDX-License-Identifier: Apache-2.0

/// A place in a line, and how to go on from there. Each `take` that fails leaves the place where it was.
struct ByteCursor {
    var position: Int
    let end: Int

    init(_ range: Range<Int>) {
        position = range.lowerBound
        end = range.upperBound
    }

    var isAtEnd: Bool { position == end }

    /// The text as written here, byte by byte.
    mutating func take(_ literal: StaticString, in line: Span<UInt8>) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard count <= end - position else { return false }
        let matches = literal.withUTF8Buffer { bytes in
            for index in 0..<count where unsafe bytes[index] != line[position + index] { return false }
            return true
        }
        if matches { position += count }
        return matches
    }

    mutating func takeByte(_ byte: UInt8, in line: Span<UInt8>) -> Bool {
        guard position < end, line[position] == byte else { return false }
        position += 1
        return true
    }

    mutating func skipSpaces(in line: Span<UInt8>) {
        while position < end, line[position] == 0x20 || line[position] == 0x09 { position += 1 }
    }

    /// A number in base 16, with or without "0x", of at most 64 bits.
    mutating func takeHex(in line: Span<UInt8>) -> UInt64? {
        var index = position
        if end - index > 2, line[index] == 0x30, line[index + 1] | 0x20 == 0x78, hexDigit(line[index + 2]) != nil {
            index += 2
        }
        let first = index
        var value: UInt64 = 0
        while index < end, let digit = hexDigit(line[index]) {
            guard value >> 60 == 0 else { return nil }
            value = value << 4 | digit
            index += 1
        }
        guard index > first else { return nil }
        position = index
        return value
    }

    mutating func takeDecimal(in line: Span<UInt8>) -> UInt64? {
        var index = position
        var value: UInt64 = 0
        while index < end {
            let digit = line[index] &- 0x30
            guard digit < 10 else { break }
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(UInt64(digit))
            guard !overflow, !carry else { return nil }
            value = sum
            index += 1
        }
        guard index > position else { return nil }
        position = index
        return value
    }

    mutating func takeSigned(in line: Span<UInt8>) -> Int64? {
        let before = position
        let negative = takeByte(0x2d, in: line)
        guard let magnitude = takeDecimal(in: line) else {
            position = before
            return nil
        }
        if negative, magnitude == 1 << 63 { return .min }
        guard magnitude >> 63 == 0 else {
            position = before
            return nil
        }
        return negative ? -Int64(magnitude) : Int64(magnitude)
    }
}

private func hexDigit(_ byte: UInt8) -> UInt64? {
    let digit = byte &- 0x30
    if digit < 10 { return UInt64(digit) }
    let letter = byte | 0x20
    return letter >= 0x61 && letter <= 0x66 ? UInt64(letter - 0x57) : nil
}

extension Span<UInt8> {
    /// A part of the line as a string. What is no UTF-8 is replaced.
    func text(_ range: Range<Int>) -> String {
        unsafe String(unsafeUninitializedCapacity: range.count) { bytes in
            for index in range { unsafe bytes[index - range.lowerBound] = self[index] }
            return range.count
        }
    }

    /// A part of the line for a message.
    func shown(_ range: Range<Int>, max: Int = 60) -> String {
        text(range).plain(max: max)
    }

    /// The line without a carriage return and spaces at its end.
    var trimmedEnd: Int {
        var end = count
        while end > 0, self[end - 1] == 0x0d || self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
        return end
    }
}
