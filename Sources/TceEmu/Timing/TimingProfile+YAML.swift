// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import Yams

extension TimingProfile {
    /// Most bytes of a profile's text: 1 MiB.
    public static let mostBytes = 1 << 20

    /// Reads a profile's YAML: a map of parameters to values, by keys with points or by nested maps, and `name`, `text`
    /// and `base` (a profile that is built in; without it `power9-kvm`).
    ///
    /// - Parameter file: What errors call the text, and what the profile is called that does not tell its name.
    public init(yaml: String, file: String) throws(TimingProfileError) {
        var reader = ProfileReader(file: file)
        self = try reader.read(yaml)
    }

    /// A profile that is built in, by name, or else the file at a path; `-` is the standard input.
    public init(fileOrName: String) throws(TimingProfileError) {
        if Self.builtInNames.contains(fileOrName) {
            try self.init(named: fileOrName)
            return
        }
        let file = fileOrName == "-" ? "<stdin>" : fileOrName
        guard let text = String(validating: try contents(of: fileOrName), as: UTF8.self) else {
            throw TimingProfileError(
                .syntax, expected: "YAML in UTF-8", found: "bytes that are not UTF-8", place: .file(file))
        }
        try self.init(yaml: text, file: file)
    }
}

/// The bytes of a file, no more than a profile may have.
private func contents(of path: String) throws(TimingProfileError) -> [UInt8] {
    var bytes: [UInt8] = []
    do {
        let input = path == "-" ? FileDescriptor.standardInput : try FileDescriptor.open(FilePath(path), .readOnly)
        defer { if path != "-" { try? input.close() } }
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= TimingProfile.mostBytes {
            let count = try unsafe piece.withUnsafeMutableBytes { try unsafe input.read(into: $0) }
            if count == 0 { break }
            bytes += piece.prefix(count)
        }
    } catch {
        let names = TimingProfile.builtInNames.joined(separator: ", ")
        throw TimingProfileError(
            .unreadable, expected: "a profile that is built in (\(names)) or a file that can be read",
            found: "\(error)",
            place: .file(path))
    }
    return bytes
}

/// Reads one YAML text.
private struct ProfileReader {
    /// A key with its value, where they stand.
    private struct Entry {
        var key: String
        var value: Node.Scalar
        var mark: Mark?
    }

    let file: String
    private var entries: [Entry] = []

    init(file: String) {
        self.file = file
    }

    mutating func read(_ yaml: String) throws(TimingProfileError) -> TimingProfile {
        guard yaml.utf8.count <= TimingProfile.mostBytes else {
            throw TimingProfileError(
                .size, expected: "at most \(TimingProfile.mostBytes) bytes", found: "more", place: .file(file))
        }
        try refuseAliases(in: yaml)
        try collect(from: yaml)
        try checkDuplicates()
        var profile = try base()
        try apply(to: &profile)
        return profile
    }

    // MARK: - From YAML to a list of keys and values

    /// A map's key is compared with the others whole, before we see it, and one made of aliases may be of any size: a
    /// text that could have many of them is not read at all. (A few may be words of comments.)
    private func refuseAliases(in yaml: String) throws(TimingProfileError) {
        let bytes = Array(yaml.utf8)
        var places: [Int] = []
        for (index, byte) in bytes.enumerated().dropLast() where byte == UInt8(ascii: "*") {
            let next = Character(Unicode.Scalar(bytes[index + 1]))
            if next.isASCII, next.isLetter || next.isNumber || next == "-" || next == "_" { places.append(index) }
        }
        guard places.count > 16, let first = places.first else { return }
        throw structure(
            "values without YAML aliases", "\(places.count) words that begin with *", mark(of: first, in: bytes))
    }

    private mutating func collect(from yaml: String) throws(TimingProfileError) {
        do {
            // Nothing is resolved: a value is the text that stands there, `no` is no boolean.
            let parser = try Parser(yaml: yaml, resolver: .basic, encoding: .utf8)
            // Nodes know their anchors as long as the parser lives.
            defer { withExtendedLifetime(parser) {} }
            guard let root = try parser.singleRoot() else { return }
            if case .scalar(let scalar) = root, scalar.string.isEmpty, scalar.style == .plain { return }
            guard case .mapping(let map) = root else {
                throw structure("a map of keys to values", describe(root), root.mark)
            }
            try collect(map, prefix: "", anchor: root.anchor)
        } catch let error as TimingProfileError {
            throw error
        } catch {
            throw describe(error, in: yaml)
        }
    }

    private mutating func collect(
        _ map: Node.Mapping, prefix: String, anchor: Anchor?
    ) throws(TimingProfileError) {
        try refuse(anchor, map.mark)
        for (keyNode, node) in map {
            guard case .scalar(let name) = keyNode else {
                throw structure("a key", describe(keyNode), keyNode.mark)
            }
            try refuse(name.anchor, name.mark)
            try refuse(node.anchor, node.mark)
            let key = prefix + name.string
            let mark = name.mark
            let isOwn = ["name", "text", "base"].contains(key)
            let group = TimingParameter.all.map(\.key).filter { $0.hasPrefix(key + ".") }
            switch node {
            case .scalar(let value):
                if !isOwn, TimingParameter(key: key) == nil {
                    guard group.isEmpty else {
                        throw TimingProfileError(
                            .structure, key: key, expected: "a map of \(group.joined(separator: ", "))",
                            found: value.string.isEmpty ? "nothing" : printable(value.string), place: place(mark))
                    }
                    throw TimingProfile.unknownKey(key).at(place(mark))
                }
                entries.append(Entry(key: key, value: value, mark: mark))
            case .mapping(let inner) where !group.isEmpty:
                try collect(inner, prefix: key + ".", anchor: nil)
            default:
                guard let parameter = TimingParameter(key: key) else {
                    if !isOwn, group.isEmpty { throw TimingProfile.unknownKey(key).at(place(mark)) }
                    let expected = isOwn ? "a text" : "a map of \(group.joined(separator: ", "))"
                    throw TimingProfileError(
                        .structure, key: key, expected: expected, found: describe(node), place: place(mark))
                }
                throw TimingProfileError(
                    .structure, key: key, expected: parameter.allowed, found: describe(node), place: place(mark))
            }
        }
    }

    private func refuse(_ anchor: Anchor?, _ mark: Mark?) throws(TimingProfileError) {
        guard let anchor else { return }
        throw structure(
            "values without YAML anchors and aliases",
            "&\(printable(anchor.rawValue)) or *\(printable(anchor.rawValue))", mark)
    }

    /// Two ways to write one key, of which YAML knows nothing: `tce_cache.ways` and `tce_cache: {ways: ...}`.
    private func checkDuplicates() throws(TimingProfileError) {
        var first: [String: Mark?] = [:]
        for entry in entries {
            if let mark = first.updateValue(entry.mark, forKey: entry.key) {
                throw TimingProfileError(
                    .duplicateKey, key: entry.key, expected: "each key once",
                    found: "it again\(mark.map { ", after line \($0.line)" } ?? "")", place: place(entry.mark))
            }
        }
    }

    // MARK: - From there to a profile

    private func base() throws(TimingProfileError) -> TimingProfile {
        var profile = TimingProfile()
        if let entry = entry("base") {
            do {
                profile = try TimingProfile(named: entry.value.string)
            } catch {
                var error = error
                error.key = "base"
                throw error.at(place(entry.value.mark ?? entry.mark))
            }
        }
        profile.name = entry("name")?.value.string ?? name(of: file)
        profile.text = entry("text")?.value.string ?? ""
        return profile
    }

    private func apply(to profile: inout TimingProfile) throws(TimingProfileError) {
        // The clock first: the range of a value in ns hangs on it.
        if let clock = entry("clock_mhz") {
            do {
                try profile.set("clock_mhz", to: clock.value.string)
            } catch {
                throw error.at(place(clock.value.mark ?? clock.mark))
            }
        }
        for entry in entries {
            guard let parameter = TimingParameter(key: entry.key) else { continue }
            do {
                try profile.set(entry.key, to: word(of: entry.value, for: parameter))
            } catch {
                throw error.at(place(entry.value.mark ?? entry.mark))
            }
        }
        do {
            try profile.validate()
        } catch {
            // The clock has made a value wrong that was right, or three values do not go together.
            let culprits = error.kind == .combination ? TimingProfile.cacheKeys : [error.key ?? "", "clock_mhz"]
            let entry = culprits.lazy.compactMap { self.entry($0) }.first
            throw error.at(entry.map { place($0.value.mark ?? $0.mark) } ?? .file(file))
        }
    }

    /// The text of a value. A program that takes YAML's `no` and `yes` for booleans may have written them as others.
    private func word(of value: Node.Scalar, for parameter: TimingParameter) -> String {
        guard parameter.choices == ["no", "yes"], value.style == .plain else { return value.string }
        return switch value.string.lowercased() {
        case "no", "false", "off": "no"
        case "yes", "true", "on": "yes"
        default: value.string
        }
    }

    private func entry(_ key: String) -> Entry? {
        entries.first { $0.key == key }
    }

    /// The file's name without directory and ending.
    private func name(of file: String) -> String {
        guard let component = FilePath(file).lastComponent else { return file }
        return component.stem
    }

    // MARK: - Errors

    private func place(_ mark: Mark?) -> TimingProfileError.Place {
        mark.map { .text(file: file, line: $0.line, column: $0.column) } ?? .file(file)
    }

    private func place(_ place: (line: Int, column: Int)?) -> TimingProfileError.Place {
        place.map { .text(file: file, line: $0.line, column: $0.column) } ?? .file(file)
    }

    private func structure(_ expected: String, _ found: String, _ mark: Mark?) -> TimingProfileError {
        TimingProfileError(.structure, expected: expected, found: found, place: place(mark))
    }

    private func structure(
        _ expected: String, _ found: String, _ mark: (line: Int, column: Int)
    ) -> TimingProfileError {
        TimingProfileError(.structure, expected: expected, found: found, place: place(mark))
    }

    private func describe(_ node: Node) -> String {
        switch node {
        case .scalar(let scalar): scalar.string.isEmpty ? "nothing" : printable(scalar.string)
        case .mapping: "a map"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    /// Line and column, from 1, of a byte.
    private func mark(of offset: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
        let before = bytes.prefix(offset)
        let line = before.count { $0 == UInt8(ascii: "\n") }
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return (line + 1, String(decoding: before[start...], as: UTF8.self).unicodeScalars.count + 1)
    }

    private func describe(_ error: any Error, in yaml: String) -> TimingProfileError {
        let expected = "YAML"
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return TimingProfileError(.syntax, expected: expected, found: problem, place: place(mark))
        case .reader(let problem, let offset, _, _):
            let place = offset.map { mark(of: String(yaml.prefix($0)).utf8.count, in: Array(yaml.utf8)) }
            return TimingProfileError(.syntax, expected: expected, found: problem, place: self.place(place))
        case .duplicatedKeysInMapping(let duplicates, let context):
            return TimingProfileError(
                .duplicateKey, key: duplicates.first, expected: "each key once", found: "it again; this is the first",
                place: place(context.mark))
        default:
            return TimingProfileError(.syntax, expected: expected, found: "\(error)", place: .file(file))
        }
    }
}
