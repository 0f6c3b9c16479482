// SPDX-License-Identifier: Apache-2.0

/// Rows of words in aligned columns: words to the left, columns of numbers to the right.
public struct TextTable {
    private var rows: [[String]] = []
    private let indent: Int
    private let alignsNumbers: Bool

    public init(indent: Int = 2, alignsNumbers: Bool = true) {
        self.indent = indent
        self.alignsNumbers = alignsNumbers
    }

    /// Adds a row.
    public mutating func add(_ cells: String...) {
        rows.append(cells)
    }

    public mutating func add(_ cells: [String]) {
        rows.append(cells)
    }

    public var isEmpty: Bool { rows.isEmpty }

    /// The table's lines, each ended by a newline.
    public var text: String {
        var widths: [Int] = []
        var numbers: [Bool] = []
        for row in rows {
            for (column, cell) in row.enumerated() {
                if column == widths.count {
                    widths.append(0)
                    numbers.append(false)
                }
                widths[column] = max(widths[column], cell.count)
                // The first column has names; hexadecimal ones are names, too.
                let isNumber = column > 0 && (cell.first?.isNumber ?? false) && !cell.hasPrefix("0x")
                numbers[column] = numbers[column] || (alignsNumbers && isNumber)
            }
        }
        var text = ""
        for row in rows {
            var line = String(repeating: " ", count: indent)
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                line += numbers[column] ? padding + cell : cell + padding
                if column < row.count - 1 { line += "  " }
            }
            while line.last == " " { line.removeLast() }
            text += line + "\n"
        }
        return text
    }
}

extension BinaryInteger {
    /// The number with a comma between thousands: 1,234,567.
    public var grouped: String {
        var digits = String(self.magnitude)
        var index = digits.endIndex
        var count = 0
        while index > digits.startIndex {
            if count > 0, count % 3 == 0 { digits.insert(",", at: index) }
            index = digits.index(before: index)
            count += 1
        }
        return self < 0 ? "-" + digits : digits
    }

    /// The number in hexadecimal with 0x.
    public var hex: String { "0x" + String(self, radix: 16) }
}

/// A whole and a part of it as "12.3 %", by integer arithmetic; "-" of nothing.
func percent(_ part: UInt64, of whole: UInt64) -> String {
    guard whole > 0 else { return "-" }
    let (high, low) = part.multipliedFullWidth(by: 1000)
    let tenths = high == 0 ? (low + whole / 2) / whole : part / (whole / 1000)
    return "\(tenths / 10).\(tenths % 10) %"
}

/// Nanoseconds as seconds with as many digits as matter: "35.154 s", "12.5 us".
func duration(nanoseconds: UInt64) -> String {
    let (unit, name): (UInt64, String) =
        switch nanoseconds {
        case 0..<1_000: (1, "ns")
        case 1_000..<1_000_000: (1_000, "us")
        case 1_000_000..<1_000_000_000: (1_000_000, "ms")
        default: (1_000_000_000, "s")
        }
    let whole = nanoseconds / unit
    guard unit > 1 else { return "\(whole) \(name)" }
    let thousandths = nanoseconds % unit / (unit / 1000)
    let digits = String(1000 + thousandths).dropFirst()
    return "\(whole).\(digits) \(name)"
}

/// A number with its noun: "1 chunk", "1,234 chunks".
func counted(_ count: UInt64, _ noun: String) -> String {
    "\(count.grouped) \(noun)\(count == 1 ? "" : "s")"
}
