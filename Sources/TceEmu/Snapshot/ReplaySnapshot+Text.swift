// SPDX-License-Identifier: Apache-2.0

// What of a replay's snapshot is text: one `key value` a line.

extension ReplaySnapshot {
    /// More than any count can come to, so that what is counted on top of it does not overflow.
    private static let countMax: UInt64 = 1 << 56

    private static let whats = ["status", "tce", "page", "perm", "mask", "cell"]

    var text: String {
        var lines: [String] = []
        func add(_ key: String, _ values: Any...) {
            lines.append(([key] + values.map { "\($0)" }).joined(separator: " "))
        }
        add("writer", TceEmuPackage.nameAndVersion)
        add("trace_header_crc", identity.headerCRC)
        if let time = identity.firstTime { add("trace_first_time", time) }
        add("intact", isIntact ? "yes" : "no")
        add("platform", platform.description)
        add("multitce", hasMultiTCE ? "on" : "off")
        add("eeh", eeh ? "freeze" : "off")
        add("check", check ? "on" : "off")
        switch from {
        case .time(let nanoseconds)?: add("from_time", nanoseconds)
        case .chunk(let number)?: add("from_chunk", number)
        case nil: break
        }
        add("position", position.chunk, position.index, position.events)
        add("position_counted", position.isCounted ? "yes" : "no")
        add("chunks", chunks)
        if let replayedTimes { add("times", replayedTimes.first, replayedTimes.last) }
        add("work", work)
        for (name, path) in SharingCounters.named { add("sharing_before", name, sharingBefore[keyPath: path]) }
        for (name, value) in counters.sorted(by: { $0.key < $1.key }) { add("counter", name, value) }
        for mismatch in mismatches {
            add(
                "mismatch", mismatch.event, mismatch.chunk, mismatch.what, mismatch.cell, mismatch.recorded,
                mismatch.answered)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Reads the lines. A key that is not known is passed over: a later minor version may add some.
    mutating func parse(_ text: [UInt8]) throws(SnapshotError) {
        var seen: Set<String> = []
        var offset = Self.headBytes
        for bytes in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            let line = SnapshotLine(String(decoding: bytes, as: UTF8.self), offset: UInt64(offset))
            offset += bytes.count + 1
            guard !line.key.isEmpty else { continue }
            if !seen.insert(line.name).inserted { throw line.fault("this once") }
            try parse(line)
        }
        let needed = [
            "trace_header_crc", "intact", "platform", "multitce", "eeh", "check", "position", "position_counted",
            "chunks", "work",
        ]
        for key in needed + SharingCounters.named.map({ "sharing_before \($0.name)" }) where !seen.contains(key) {
            throw SnapshotError(.damaged, "expected a line \"\(key)\", found none", offset: UInt64(Self.headBytes))
        }
    }

    private mutating func parse(_ line: SnapshotLine) throws(SnapshotError) {
        switch line.key {
        case "trace_header_crc": identity.headerCRC = UInt32(try line.number(0, of: 1, max: UInt64(UInt32.max)))
        case "trace_first_time": identity.firstTime = try line.number(0, of: 1)
        case "intact": isIntact = try line.flag("yes", "no")
        case "platform":
            guard let platform = try? Platform(named: line.words.joined(separator: " ")) else {
                throw line.fault("a platform that is emulated")
            }
            self.platform = platform
        case "multitce": hasMultiTCE = try line.flag("on", "off")
        case "eeh": eeh = try line.flag("freeze", "off")
        case "check": check = try line.flag("on", "off")
        case "from_time": from = .time(try line.number(0, of: 1))
        case "from_chunk": from = .chunk(try line.number(0, of: 1))
        case "position":
            position.chunk = try line.number(0, of: 3, max: UInt64(UInt32.max) + 1)
            position.index = Int(try line.number(1, of: 3, max: 65_536))
            position.events = try line.number(2, of: 3, max: Self.countMax)
            guard position.chunk > 0, position.events >= UInt64(position.index) else {
                throw line.fault("chunk, events of it and events in all")
            }
        case "position_counted": position.isCounted = try line.flag("yes", "no")
        case "chunks": chunks = try line.number(0, of: 1, max: Self.countMax)
        case "times":
            let times = (first: try line.number(0, of: 2), last: try line.number(1, of: 2))
            guard times.first <= times.last else { throw line.fault("the first time before the last") }
            replayedTimes = times
        case "work": work = try line.number(0, of: 1)
        case "sharing_before":
            guard let (_, path) = SharingCounters.named.first(where: { $0.name == line.words.first }) else {
                throw line.fault("a counter of sharing")
            }
            sharingBefore[keyPath: path] = try line.number(1, of: 2)
        case "counter": try parseCounter(line)
        case "mismatch": try parseMismatch(line)
        default: break
        }
    }

    private mutating func parseCounter(_ line: SnapshotLine) throws(SnapshotError) {
        guard let name = line.words.first, let counter = RunCounters.names.first(where: { $0.name == name }) else {
            throw line.fault("a counter of this version")
        }
        counters[name] = try line.number(1, of: 2, max: counter.saturates ? .max : Self.countMax)
    }

    private mutating func parseMismatch(_ line: SnapshotLine) throws(SnapshotError) {
        guard mismatches.count < Self.mismatchesMax, line.words.count == 6,
            let what = Self.whats.first(where: { $0 == line.words[2] })
        else { throw line.fault("one of at most \(Self.mismatchesMax) differences") }
        mismatches.append(
            Mismatch(
                event: try line.number(0, of: 6), chunk: try line.number(1, of: 6), what: what,
                cell: Int(try line.number(3, of: 6, max: UInt64(UInt32.max))), recorded: try line.number(4, of: 6),
                answered: try line.number(5, of: 6), traceEvent: TraceEvent(time: 0, body: .reset)))
    }
}

/// One line of the text.
private struct SnapshotLine {
    let key: String
    let words: [String]
    /// Of the line in the snapshot.
    let offset: UInt64

    init(_ line: String, offset: UInt64) {
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        key = words.first ?? ""
        self.words = Array(words.dropFirst())
        self.offset = offset
    }

    /// What occurs at most once: a counter by its name, every difference.
    var name: String {
        switch key {
        case "counter", "sharing_before": "\(key) \(words.first ?? "")"
        case "mismatch": "mismatch \(offset)"
        default: key
        }
    }

    func fault(_ expected: String) -> SnapshotError {
        let line = ([key] + words).joined(separator: " ").prefix(100)
        return SnapshotError(.damaged, "expected \(expected), found \"\(line)\"", offset: offset)
    }

    /// A word as a number.
    func number(_ index: Int, of count: Int, max: UInt64 = .max) throws(SnapshotError) -> UInt64 {
        guard words.count == count, let number = UInt64(words[index]), number <= max else {
            throw fault("\(count) word(s), of which number \(index + 1) is a number up to \(max)")
        }
        return number
    }

    func flag(_ yes: String, _ no: String) throws(SnapshotError) -> Bool {
        guard words == [yes] || words == [no] else { throw fault("\(yes) or \(no)") }
        return words == [yes]
    }
}
