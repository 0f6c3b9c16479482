// SPDX-License-Identifier: Apache-2.0

/// What everything costs: a value for each parameter of the time model.
///
/// A profile decides costs only, never an answer. It is a plain value: make one by name, from YAML, or from the
/// defaults, and change what you like.
///
/// ```swift
/// var profile = try TimingProfile(named: "power8-kvm")
/// try profile.set("tce_cache.ways=4")
/// ```
public struct TimingProfile: Hashable, Sendable {
    /// What reports call it.
    public var name: String
    /// What it stands for, in a sentence.
    public var text: String

    /// A value for each parameter, in the catalogue's order, each of its parameter's kind.
    private(set) var values: [TimingValue]

    /// The profile with a name that is built in.
    ///
    /// - Throws: `TimingProfileError` of kind `unknownProfile`; it lists the names that there are.
    public init(named name: String) throws(TimingProfileError) {
        guard let builtIn = BuiltInProfile.all.first(where: { $0.name == name }) else {
            throw TimingProfileError(
                .unknownProfile, expected: "one of \(Self.builtInNames.joined(separator: ", "))",
                found: "profile \(printable(name))")
        }
        try self.init(yaml: builtIn.yaml, file: name)
    }

    /// The defaults: the values of profile `power9-kvm`.
    public init(name: String = "power9-kvm", text: String = "") {
        self.name = name
        self.text = text
        values = TimingParameter.all.map(\.standard)
    }

    /// The names of the profiles that are built in; the first is the default.
    public static let builtInNames = BuiltInProfile.all.map(\.name)

    /// The YAML of a profile that is built in, with the reason of each value as a comment; nil if there is none of
    /// that name.
    public static func builtInYAML(named name: String) -> String? {
        BuiltInProfile.all.first { $0.name == name }?.yaml
    }

    /// The value of the parameter with a key; nil where there is no such parameter.
    public subscript(key: String) -> TimingValue? {
        TimingParameter(key: key).map { values[$0.index] }
    }

    /// Changes one parameter: `tce_cache.ways=8`, `tce_kill.issue = 250 ns`.
    ///
    /// Form, unit and range of the value are checked; whether all values go together is checked when the profile is
    /// used, or by `validate()`.
    public mutating func set(_ assignment: String) throws(TimingProfileError) {
        let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        do throws(TimingProfileError) {
            guard parts.count == 2 else {
                throw TimingProfileError(
                    .assignment, expected: "key=value, such as tce_cache.ways=8", found: "no =")
            }
            let isBlank = { (character: Character) in character == " " || character == "\t" }
            try set(String(parts[0]).trimming(while: isBlank), to: String(parts[1]).trimming(while: isBlank))
        } catch {
            throw error.at(.assignment(assignment))
        }
    }

    /// Changes the parameter with a key to a value as a person writes it.
    public mutating func set(_ key: String, to text: String) throws(TimingProfileError) {
        guard let parameter = TimingParameter(key: key) else { throw Self.unknownKey(key) }
        let value = try parameter.value(text)
        _ = try parameter.stored(value, clock: clockMHz)
        values[parameter.index] = value
    }

    /// Changes a value without a look at its range, which the clock may still change.
    mutating func replace(_ parameter: TimingParameter, with value: TimingValue) {
        values[parameter.index] = value
    }

    /// The error for a key that is none.
    static func unknownKey(_ key: String) -> TimingProfileError {
        let group = key.split(separator: ".", omittingEmptySubsequences: false).first ?? ""
        let ofGroup = TimingParameter.all.map(\.key).filter { $0.hasPrefix("\(group).") }
        let near = TimingParameter.keys(near: key)
        let keys = ofGroup.isEmpty ? TimingParameter.all.map(\.key) : ofGroup
        let hint = near.isEmpty ? "" : " (did you mean \(near.joined(separator: " or "))?)"
        return TimingProfileError(
            .unknownKey, key: key, expected: "one of the parameters \(keys.joined(separator: ", "))",
            found: "a key that is none" + hint)
    }
}

extension TimingProfile: Codable {
    enum CodingKeys: String, CodingKey {
        case name, text, parameters
    }

    /// Name, text, and an object of all parameters, each value as text with its unit.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(text, forKey: .text)
        let pairs = TimingParameter.all.map { ($0.key, values[$0.index].description) }
        try container.encode(Dictionary(uniqueKeysWithValues: pairs), forKey: .parameters)
    }

    /// Reads what `encode` writes. A parameter that is absent has its default.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            name: try container.decode(String.self, forKey: .name),
            text: try container.decode(String.self, forKey: .text))
        let parameters = try container.decode([String: String].self, forKey: .parameters)
        // The clock first: the range of a value in ns hangs on it.
        if let clock = parameters["clock_mhz"] { try set("clock_mhz", to: clock) }
        for (key, text) in parameters.sorted(by: { $0.key < $1.key }) { try set(key, to: text) }
        try validate()
    }
}
