// SPDX-License-Identifier: Apache-2.0
import CTce

/// One parameter of the time model, as the core declares it (`TCE_TIME_PARAMS`).
public struct TimingParameter: Hashable, Sendable {
    /// What a parameter's number means.
    public enum Kind: UInt32, Hashable, Sendable {
        /// Whole cycles.
        case cycles = 0
        /// Cycles, to a millionth.
        case cost = 1
        /// A plain number.
        case count = 2
        /// Bytes.
        case bytes = 3
        /// MB/s.
        case rate = 4
        /// MHz.
        case clock = 5
        /// Per cent, to a hundredth.
        case share = 6
        /// One of some words.
        case choice = 7
    }

    /// Its name in a profile: "tce_cache.ways".
    public let key: String
    public let kind: Kind
    /// Its value in profile `power9-kvm`, as a person writes it.
    public let standard: TimingValue
    /// The limits, both allowed, in the kind's unit; 0 for a choice.
    public let least: UInt64
    public let most: UInt64
    /// Of a choice: its words.
    public let choices: [String]
    /// What it is.
    public let text: String
    /// Where the default comes from.
    public let source: String

    /// Its place in the catalogue, which is that of its field in the core's structure.
    let index: Int

    /// The catalogue, in the core's order.
    public static let all: [TimingParameter] = (0..<tce_time_param_count()).map(TimingParameter.init(index:))

    private static let indices = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0.index) })

    /// The parameter with a key, if there is one.
    public init?(key: String) {
        guard let index = Self.indices[key] else { return nil }
        self = Self.all[index]
    }

    private init(index: UInt32) {
        guard let raw = unsafe tce_time_param_at(index)?.pointee, let kind = Kind(rawValue: unsafe raw.kind) else {
            preconditionFailure("parameter \(index) is not declared")
        }
        self.index = Int(index)
        self.kind = kind
        key = unsafe String(cString: raw.key)
        text = unsafe String(cString: raw.text)
        source = unsafe String(cString: raw.source)
        choices = unsafe String(cString: raw.choices).split(separator: "|").map(String.init)
        let limits = unsafe [String(cString: raw.least), String(cString: raw.most)].map { UInt64($0) ?? 0 }
        (least, most) = (limits[0], limits[1])
        let standard = unsafe String(cString: raw.standard)
        guard let value = try? TimingValue(standard, kind: kind, choices: choices) else {
            preconditionFailure("the default of \(key), \(standard), is not of its kind")
        }
        self.standard = value
    }

    /// The name of the kind's unit: "cycles", "MB/s"; empty for a plain number and a choice.
    public var unit: String { kind.units.first?.rawValue ?? "" }

    /// Has its value to be a power of two?
    public var isPowerOfTwo: Bool {
        ["max_payload", "max_read_request", "tce_cache.tces_per_line"].contains(key)
    }

    /// Its range for a person: "1 to 65536", "never, always, kvm".
    public var range: String {
        kind == .choice ? choices.joined(separator: ", ") : "\(least) to \(most)"
    }

    /// What a value may be, for a person, to stand behind "expected".
    public var allowed: String {
        let limits = "\(least) to \(most)"
        let text: String
        switch kind {
        case .cycles: text = "\(limits) cycles, whole ones, or as long a time in ns, us or ms"
        case .cost: text = "\(limits) cycles, with up to 6 decimals, or as long a time in ns, us or ms"
        case .count: text = "a whole number, \(limits)"
        case .bytes: text = "\(limits) bytes, also given in KiB"
        case .rate: text = "\(limits) MB/s, whole ones, also given in GB/s"
        case .clock: text = "\(limits) MHz, whole ones, also given in GHz"
        case .share: text = "\(limits) %, with up to 2 decimals"
        case .choice: text = "one of " + choices.joined(separator: ", ")
        }
        return isPowerOfTwo ? text + ", a power of two" : text
    }

    /// The keys nearest to a word that is none: what the person may have meant. At most three.
    static func keys(near word: String) -> [String] {
        let near = all.map { (key: $0.key, distance: editDistance(word, $0.key)) }.filter { $0.distance <= 3 }
        return near.sorted { ($0.distance, $0.key) < ($1.distance, $1.key) }.prefix(3).map(\.key)
    }
}

/// Characters to insert, remove or change to make one word of the other. A word is cut at 64 characters.
private func editDistance(_ one: String, _ other: String) -> Int {
    let (one, other) = (Array(one.prefix(64)), Array(other.prefix(64)))
    var row = Array(0...other.count)
    for (line, character) in one.enumerated() {
        var diagonal = row[0]
        row[0] = line + 1
        for (column, candidate) in other.enumerated() {
            let change = diagonal + (character == candidate ? 0 : 1)
            diagonal = row[column + 1]
            row[column + 1] = min(change, row[column] + 1, diagonal + 1)
        }
    }
    return row[other.count]
}
