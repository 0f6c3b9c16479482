// SPDX-License-Identifier: Apache-2.0
import CTce

extension TimingParameter {
    /// A `cost` is stored in millionths of a cycle.
    static let millionths: UInt64 = 1_000_000

    /// The value that a text of a person's is.
    func value(_ text: String) throws(TimingProfileError) -> TimingValue {
        do {
            return try TimingValue(text, kind: kind, choices: choices)
        } catch {
            let quoted = text.isEmpty ? "nothing" : printable(text)
            let units = kind.units.map(\.rawValue).filter { !$0.isEmpty }
            switch error {
            case .form, .word: throw TimingProfileError(.value, key: key, expected: allowed, found: quoted)
            case .digits:
                throw TimingProfileError(
                    .precision, key: key, expected: allowed,
                    found: "\(quoted), of more than \(TimingValue.mostDigits) digits")
            case .unit(let name):
                let reason = units.isEmpty ? "it has no unit" : "its units are \(units.joined(separator: ", "))"
                throw TimingProfileError(
                    .unit, key: key, expected: allowed,
                    found: "\(quoted): \(printable(name)) is no unit of it, \(reason)")
            }
        }
    }

    /// The value as the core stores it, within its limits.
    ///
    /// A time becomes whole cycles, rounded half up once: floor((ns x clock + 500) / 1000). Every other number has to be
    /// one that the core can hold exactly. No floating point: the widest product is below 10^30.
    func stored(_ value: TimingValue, clock: UInt64) throws(TimingProfileError) -> UInt64 {
        switch value.form {
        case .word(let word):
            guard let index = choices.firstIndex(of: word) else {
                throw TimingProfileError(.value, key: key, expected: allowed, found: printable(word))
            }
            return UInt64(index)
        case .number(let significand, let places, let unit):
            let grain = power(of: 10, kind.decimals)
            let divisor = power(of: 10, places)
            let amount = UInt128(significand) * UInt128(unit.factor)
            let number: UInt128
            var found = value.description
            if unit.isTime {
                let cycles = (amount * UInt128(clock) + 500 * divisor) / (1000 * divisor)
                number = cycles * grain
                found += ", which is \(cycles) cycles at \(clock) MHz"
            } else {
                let (quotient, remainder) = (amount * grain).quotientAndRemainder(dividingBy: divisor)
                guard remainder == 0 else {
                    throw TimingProfileError(.precision, key: key, expected: allowed, found: found)
                }
                number = quotient
            }
            guard number >= UInt128(least) * grain, number <= UInt128(most) * grain,
                !isPowerOfTwo || number.nonzeroBitCount == 1
            else { throw TimingProfileError(.range, key: key, expected: allowed, found: found) }
            return UInt64(number)
        }
    }
}

private func power(of base: UInt128, _ exponent: Int) -> UInt128 {
    (0..<exponent).reduce(1) { product, _ in product * base }
}

extension TimingProfile {
    /// The guest processor's clock in MHz, 1 to 100,000.
    public var clockMHz: UInt64 {
        guard let clock = TimingParameter(key: "clock_mhz"),
            let stored = try? clock.stored(values[clock.index], clock: 1)
        else { preconditionFailure("a profile's clock is checked when it is set") }
        return stored
    }

    /// Checks that the values are within their limits and go together.
    public func validate() throws(TimingProfileError) {
        _ = try lowered()
    }

    /// The keys of the parameters that describe the TCE cache, the first of which an error names.
    static let cacheKeys = ["tce_cache.entries", "tce_cache.ways", "tce_cache.tces_per_line"]

    /// The core's structure of it.
    func lowered() throws(TimingProfileError) -> tce_time_config {
        let clock = clockMHz
        var numbers: [UInt64] = []
        for parameter in TimingParameter.all {
            numbers.append(try parameter.stored(values[parameter.index], clock: clock))
        }
        let cache = Self.cacheKeys.map { key in TimingParameter(key: key).map { numbers[$0.index] } ?? 1 }
        guard cache[0].isMultiple(of: cache[1] * cache[2]) else {
            throw TimingProfileError(
                .combination, key: Self.cacheKeys[0],
                expected: "a multiple of \(Self.cacheKeys[1]) x \(Self.cacheKeys[2]) "
                    + "= \(cache[1]) x \(cache[2]) = \(cache[1] * cache[2])",
                found: "\(cache[0])")
        }
        // One 64-bit field for each parameter, in the catalogue's order: the core asserts it.
        var config = tce_time_config()
        unsafe withUnsafeMutableBytes(of: &config) { bytes in
            unsafe numbers.withUnsafeBytes { unsafe bytes.copyMemory(from: $0) }
        }
        return config
    }
}
