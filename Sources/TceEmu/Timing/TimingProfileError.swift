// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a timing profile, or with a change to one.
public struct TimingProfileError: Error, Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// The file cannot be opened or read, and is no profile that is built in.
        case unreadable
        /// The file is larger than 1 MiB.
        case size
        /// The text is not YAML, or not UTF-8.
        case syntax
        /// The YAML is not a map of keys to values: a list, a map in a value's place, an alias.
        case structure
        /// There is no such profile.
        case unknownProfile
        /// There is no such parameter.
        case unknownKey
        /// A key stands there twice.
        case duplicateKey
        /// A change is not of the form `key=value`.
        case assignment
        /// A value is no number, or none of the words.
        case value
        /// The unit is none of the parameter's.
        case unit
        /// A number has more decimals than are kept.
        case precision
        /// A number is outside its limits, or no power of two.
        case range
        /// Values that do not go together.
        case combination
    }

    /// Where it stands.
    public enum Place: Hashable, Sendable {
        /// In a text: its name, line and column, both counted from 1.
        case text(file: String, line: Int, column: Int)
        /// In a file as a whole.
        case file(String)
        /// In a change `key=value`.
        case assignment(String)
    }

    public var kind: Kind
    /// The key that it is about, where it is about one.
    public var key: String?
    /// What is allowed.
    public var expected: String
    /// What is there instead.
    public var found: String
    public var place: Place?

    init(_ kind: Kind, key: String? = nil, expected: String, found: String, place: Place? = nil) {
        self.kind = kind
        self.key = key
        self.expected = expected
        self.found = found
        self.place = place
    }

    /// The same at a place.
    func at(_ place: Place?) -> TimingProfileError {
        var error = self
        error.place = self.place ?? place
        return error
    }
}

extension TimingProfileError: CustomStringConvertible {
    /// Place, key, what is allowed, what was found: `my.yaml:3:7: tce_cache.ways: expected ..., found 0`.
    public var description: String {
        var text = ""
        switch place {
        case .text(let file, let line, let column): text = "\(file):\(line):\(column): "
        case .file(let file): text = "\(file): "
        case .assignment(let assignment): text = "\(printable(assignment)): "
        case nil: break
        }
        if let key { text += "\(printable(key)): " }
        return text + "expected \(expected), found \(found)"
    }
}

/// A text of unknown origin for a message: at most 60 characters, none that moves the cursor.
func printable(_ text: String) -> String {
    let cut = text.count > 60 ? text.prefix(57) + "..." : text[...]
    var clean = ""
    for scalar in cut.unicodeScalars {
        let isControl =
            scalar.properties.generalCategory == .control || scalar.value == 0x2028 || scalar.value == 0x2029
        clean += isControl ? scalar.escaped(asASCII: true) : String(scalar)
    }
    return clean
}
