// SPDX-License-Identifier: Apache-2.0

/// What `profiles` lists: the profiles that are built in, and every parameter.
public struct ProfileListing: Encodable, CustomStringConvertible {
    public struct Profile: Encodable, Hashable, Sendable {
        public var name: String
        public var text: String
    }

    public struct Parameter: Encodable, Hashable, Sendable {
        public var key: String
        /// The units it may be given in; a bare number is in the first. Empty where it has none.
        public var units: [String]
        /// The value in profile `power9-kvm`.
        public var standard: String
        /// The limits in the first unit; absent for a choice.
        public var least: UInt64?
        public var most: UInt64?
        /// The words of a choice.
        public var choices: [String]?
        public var text: String
        public var source: String

        enum CodingKeys: String, CodingKey {
            case key, units, least, most, choices, text, source
            case standard = "default"
        }

        init(_ parameter: TimingParameter) {
            key = parameter.key
            units = parameter.kind.units.map(\.rawValue).filter { !$0.isEmpty }
            standard = parameter.standard.description
            let isChoice = parameter.kind == .choice
            least = isChoice ? nil : parameter.least
            most = isChoice ? nil : parameter.most
            choices = isChoice ? parameter.choices : nil
            text = parameter.text
            source = parameter.source
        }
    }

    public var profiles: [Profile]
    public var parameters: [Parameter]

    public init() throws(TimingProfileError) {
        profiles = []
        for name in TimingProfile.builtInNames {
            profiles.append(Profile(name: name, text: try TimingProfile(named: name).text))
        }
        parameters = TimingParameter.all.map(Parameter.init)
    }

    public var description: String {
        var names = TextTable()
        for profile in profiles { names.add(profile.name, profile.text) }
        var table = TextTable(alignsNumbers: false)
        table.add("key", "default", "range", "units", "what", "source")
        for (parameter, own) in zip(TimingParameter.all, parameters) {
            table.add(
                own.key, own.standard, parameter.range, own.units.joined(separator: " "), own.text, own.source)
        }
        return "Profiles\n" + names.text
            + "\nParameters (the defaults are those of power9-kvm; a range is in the first "
            + "unit)\n" + table.text
    }

    /// The parameters as CSV, one line each.
    public var csv: String {
        var lines = ["key,units,default,least,most,choices,text,source"]
        for own in parameters {
            let cells = [
                own.key, own.units.joined(separator: " "), own.standard, own.least.map(String.init) ?? "",
                own.most.map(String.init) ?? "", own.choices?.joined(separator: " ") ?? "", own.text, own.source,
            ]
            lines.append(cells.map(csvField).joined(separator: ","))
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
