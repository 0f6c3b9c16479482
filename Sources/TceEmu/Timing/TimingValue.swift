// SPDX-License-Identifier: Apache-2.0

/// A unit that a value of a profile is given in. The raw value is how it is written.
public enum TimingUnit: String, Hashable, Sendable {
    case cycles
    case nanoseconds = "ns"
    case microseconds = "us"
    case milliseconds = "ms"
    case one = ""
    case bytes
    case kibibytes = "KiB"
    case megabytesPerSecond = "MB/s"
    case gigabytesPerSecond = "GB/s"
    case megahertz = "MHz"
    case gigahertz = "GHz"
    case percent = "%"

    /// How many of its kind's unit it is; of a time, how many nanoseconds.
    var factor: UInt64 {
        switch self {
        case .cycles, .nanoseconds, .one, .bytes, .megabytesPerSecond, .megahertz, .percent: 1
        case .microseconds, .gigabytesPerSecond, .gigahertz: 1000
        case .milliseconds: 1_000_000
        case .kibibytes: 1024
        }
    }

    /// Does it measure time, so that the clock makes cycles of it?
    var isTime: Bool { [.nanoseconds, .microseconds, .milliseconds].contains(self) }
}

extension TimingParameter.Kind {
    /// The units that a value may be given in; the first is that of a bare number.
    public var units: [TimingUnit] {
        switch self {
        case .cycles, .cost: [.cycles, .nanoseconds, .microseconds, .milliseconds]
        case .count: [.one]
        case .bytes: [.bytes, .kibibytes]
        case .rate: [.megabytesPerSecond, .gigabytesPerSecond]
        case .clock: [.megahertz, .gigahertz]
        case .share: [.percent]
        case .choice: []
        }
    }

    /// Decimals that the core keeps of the kind's unit.
    var decimals: Int {
        switch self {
        case .cost: 6
        case .share: 2
        default: 0
        }
    }
}

/// A parameter's value as a person writes it: a number with its unit, or a word.
///
/// Numbers are exact decimals. Two spellings of one number (`2.50`, `2.5`) are equal; two units (`1 us`, `1000 ns`)
/// are not.
public struct TimingValue: Hashable, Sendable {
    enum Form: Hashable, Sendable {
        /// significand / 10^places of the unit. The significand is below 10^18 and places at most 18; a fraction has
        /// no 0 at its end.
        case number(significand: UInt64, places: Int, TimingUnit)
        case word(String)
    }

    var form: Form

    /// Why a text is no value.
    enum Fault: Error, Hashable {
        case form
        case unit(String)
        case digits
        case word
    }

    /// Most digits of a number, those behind the point included.
    static let mostDigits = 18

    /// Reads `4700`, `34.5 ns`, `20us`, `kvm`. Its range is not looked at.
    init(_ text: String, kind: TimingParameter.Kind, choices: [String]) throws(Fault) {
        let text = text.trimming(while: { $0 == " " || $0 == "\t" })
        if kind == .choice {
            guard choices.contains(text) else { throw .word }
            form = .word(text)
            return
        }
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty, parts.count <= 2, parts.last != "" else { throw .form }
        var fraction = parts.count == 2 ? parts[1] : ""
        while fraction.last == "0" { fraction.removeLast() }
        let digits = whole.drop { $0 == "0" } + fraction
        guard digits.count <= Self.mostDigits, fraction.count <= Self.mostDigits else { throw .digits }
        let name = String(text.dropFirst(number.count)).trimming(while: { $0 == " " || $0 == "\t" })
        let units = kind.units
        guard let unit = name.isEmpty ? units.first : units.first(where: { $0.rawValue == name }) else {
            throw .unit(name)
        }
        form = .number(significand: UInt64(digits) ?? 0, places: fraction.count, unit)
    }

    /// The unit; nil of a word.
    public var unit: TimingUnit? {
        if case .number(_, _, let unit) = form { unit } else { nil }
    }
}

extension TimingValue: CustomStringConvertible {
    /// The number and its unit, or the word: "350 ns", "8", "kvm". A profile reads it back.
    public var description: String {
        switch form {
        case .word(let word): return word
        case .number(let significand, let places, let unit):
            var digits = String(significand)
            if places > 0 {
                digits = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
                digits.insert(".", at: digits.index(digits.endIndex, offsetBy: -places))
            }
            return unit == .one ? digits : digits + " " + unit.rawValue
        }
    }
}

extension String {
    /// The text without the characters at both ends that the condition holds for.
    func trimming(while condition: (Character) -> Bool) -> String {
        var rest = self[...].drop(while: condition)
        while let last = rest.last, condition(last) { rest.removeLast() }
        return String(rest)
    }
}
