// SPDX-License-Identifier: Apache-2.0
import CTce

// The text that the header and the end member carry after their prologue: one `key value` a line, UTF-8. A reader takes
// the keys that it knows and leaves the others alone, so that a minor version may add some.

extension TraceHeader {
    var text: String {
        var lines = ["unit_ns \(unitNanoseconds)"]
        func add(_ key: String, _ value: String?) {
            guard let value else { return }
            // A value is one line: a newline in it becomes a space.
            let words = value.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            lines.append("\(key) \(words.joined(separator: " "))")
        }
        add("platform", platform)
        add("memory", memoryBytes.map(String.init))
        add("source", source)
        add("command", command)
        for sentence in inferred { add("inferred", sentence) }
        add("writer", writer)
        return lines.joined(separator: "\n") + "\n"
    }

    init(text: String) throws(TraceError) {
        self.init()
        var keys = OnceEach(member: "header")
        try forEachKey(of: text) { (key, value) throws(TraceError) in
            switch key {
            case "unit_ns":
                guard let unit = UInt64(value), Self.units[unit] != nil else {
                    throw TraceError(
                        .damaged,
                        "the header's unit_ns is \(shown(value)); expected 1, 1000, 1000000 or 1000000000")
                }
                try keys.note(key)
                unitNanoseconds = unit
            case "memory":
                guard let bytes = UInt64(value) else {
                    throw TraceError(.damaged, "the header's memory is \(shown(value)); expected a number of bytes")
                }
                try keys.note(key)
                memoryBytes = bytes
            case "platform":
                try keys.note(key)
                platform = value
            case "source":
                try keys.note(key)
                source = value
            case "command":
                try keys.note(key)
                command = value
            case "writer":
                try keys.note(key)
                writer = value
            case "inferred":
                inferred.append(value)
            default:
                break
            }
        }
    }
}

/// What is known of a trace after its last event: the content of its end member.
public struct TraceTotals: Hashable, Sendable {
    /// A window that the trace makes.
    public struct Window: Hashable, Sendable {
        public var liobn: LIOBN
        public var start: IOBA
        public var pageShift: UInt64
        public var tces: UInt64

        init(liobn: LIOBN, start: IOBA, pageShift: UInt64, tces: UInt64) {
            self.liobn = liobn
            self.start = start
            self.pageShift = pageShift
            self.tces = tces
        }

        /// The window that an event makes: `window`, `phb`, or an ibm,create-pe-dma-window recorded to succeed.
        init?(madeBy body: TraceEvent.Body) {
            switch body {
            case .window(let window):
                self.init(
                    liobn: window.liobn, start: window.start, pageShift: window.pageShift, tces: window.tces)
            case .phb(let phb):
                self.init(
                    liobn: LIOBN(phb.liobn), start: phb.windowStart, pageShift: 12, tces: phb.windowBytes >> 12)
            case .rtas(let call):
                guard call.number == UInt64(TCE_RTAS_CREATE_PE_DMA_WINDOW), call.status == 0, call.outputs.count >= 3,
                    call.arguments.count == 5, call.arguments[4] >= call.arguments[3],
                    call.arguments[4] - call.arguments[3] < 64
                else { return nil }
                self.init(
                    liobn: call.outputs[0], start: call.outputs[1] << 32 | call.outputs[2],
                    pageShift: call.arguments[3], tces: 1 << (call.arguments[4] - call.arguments[3]))
            default:
                return nil
            }
        }
    }

    public var events: UInt64 = 0
    /// Chunks of events: the header and the end are not counted.
    public var chunks: UInt64 = 0
    /// Time stamps of the first and the last event, in the trace's unit; 0 without events.
    public var firstTime: UInt64 = 0
    public var lastTime: UInt64 = 0
    /// Events by kind.
    public var kinds: [EventKind: UInt64] = [:]
    /// Windows, each once, in the order of their first making; at most 4,096.
    public var windows: [Window] = []

    /// Over the CRCs of the payloads of header and chunks, in their order: no chunk is another trace's. Nil: not known.
    public var digest: UInt32?

    static let windowsMax = 4096

    /// The digest with one payload more: the CRC-32, going on from it, of the payload's CRC-32, little-endian.
    static func digest(_ digest: UInt32, _ crc: UInt32) -> UInt32 {
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: crc >> (8 * $0)) }
        return unsafe tce_crc32(digest, bytes, bytes.count)
    }

    public init() {}

    mutating func note(_ window: Window) {
        if windows.count < Self.windowsMax, !windows.contains(window) { windows.append(window) }
    }

    var text: String {
        var lines = ["events \(events)", "chunks \(chunks)", "first \(firstTime)", "last \(lastTime)"]
        for (kind, count) in kinds.sorted(by: { $0.key.rawValue < $1.key.rawValue }) where count > 0 {
            lines.append("kind \(kind.rawValue) \(count)")
        }
        if let digest { lines.append("digest \(digest)") }
        for window in windows {
            lines.append("window \(window.liobn) \(window.start) \(window.pageShift) \(window.tces)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    init(text: String) throws(TraceError) {
        self.init()
        var keys = OnceEach(member: "end member")
        try forEachKey(of: text) { (key, value) throws(TraceError) in
            let words: [Substring.UTF8View.SubSequence] = value.utf8.prefix(128).split(separator: UInt8(ascii: " "))
            func number(_ index: Int) throws(TraceError) -> UInt64 {
                guard index < words.count, let number = UInt64(Substring(words[index])) else {
                    throw TraceError(
                        .damaged, "the end member's line \(shown(key + " " + value)) is not `\(key)` and its numbers")
                }
                return number
            }
            switch key {
            case "events":
                try keys.note(key)
                events = try number(0)
            case "chunks":
                try keys.note(key)
                chunks = try number(0)
            case "first":
                try keys.note(key)
                firstTime = try number(0)
            case "last":
                try keys.note(key)
                lastTime = try number(0)
            case "digest":
                try keys.note(key)
                let value = try number(0)
                guard let value = UInt32(exactly: value) else {
                    throw TraceError(.damaged, "the end member's digest is \(value); it has 32 bits")
                }
                digest = value
            case "kind":
                let kind = try number(0)
                guard let kind = UInt8(exactly: kind) else {
                    throw TraceError(.damaged, "the end member counts events of kind \(kind), which there cannot be")
                }
                try keys.note("kind \(kind)")
                kinds[EventKind(rawValue: kind)] = try number(1)
            case "window":
                guard windows.count < Self.windowsMax else {
                    throw TraceError(.damaged, "the end member has more than \(Self.windowsMax) windows")
                }
                windows.append(
                    Window(liobn: try number(0), start: try number(1), pageShift: try number(2), tces: try number(3)))
            default: break
            }
        }
    }
}

/// Keys that may stand in a text once.
private struct OnceEach {
    let member: String
    private var keys: Set<String> = []

    init(member: String) {
        self.member = member
    }

    mutating func note(_ key: String) throws(TraceError) {
        guard keys.insert(key).inserted else { throw TraceError(.damaged, "the \(member) has \(key) twice") }
    }
}

/// The beginning of a value, for a message.
private func shown(_ value: String) -> String {
    let most = 80
    return value.count > most ? "\"\(value.prefix(most))...\"" : "\"\(value)\""
}

/// The lines of a text, each cut at its first space. By bytes: a letter's combining mark belongs to the value, and a
/// carriage return before the newline is somebody's line end. One at a time: a text may be a megabyte of short lines.
private func forEachKey(
    of text: String, _ body: (_ key: String, _ value: String) throws(TraceError) -> Void
) throws(TraceError) {
    let bytes = text.utf8
    var start = bytes.startIndex
    while start < bytes.endIndex {
        let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
        var line = bytes[start..<end]
        start = end < bytes.endIndex ? bytes.index(after: end) : end
        if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        guard !line.isEmpty else { continue }
        if let space = line.firstIndex(of: UInt8(ascii: " ")) {
            try body(String(Substring(line[..<space])), String(Substring(line[line.index(after: space)...])))
        } else {
            try body(String(Substring(line)), "")
        }
    }
}
