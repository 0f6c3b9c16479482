// SPDX-License-Identifier: Apache-2.0

/// What `info` says of a trace: for a person as text, for a program as JSON or CSV.
public struct TraceReport: Encodable, CustomStringConvertible {
    public struct Window: Codable, Hashable, Sendable {
        public var liobn: String
        public var start: String
        public var pageShift: UInt64
        public var tces: UInt64

        enum CodingKeys: String, CodingKey {
            case liobn, start, tces
            case pageShift = "page_shift"
        }
    }

    enum CodingKeys: String, CodingKey {
        case platform, source, command, inferred, writer, events, windows, chunks, complete, verified
        case fileBytes = "file_bytes"
        case inflatedBytes = "inflated_bytes"
        case unitNanoseconds = "unit_ns"
        case memoryBytes = "memory_bytes"
        case eventsByKind = "events_by_kind"
        case spanNanoseconds = "span_ns"
        case chunkCount = "chunk_count"
    }

    public var fileBytes: UInt64
    public var inflatedBytes: UInt64
    public var unitNanoseconds: UInt64
    public var platform: String?
    public var memoryBytes: UInt64?
    public var source: String?
    public var command: String?
    public var inferred: [String]
    public var writer: String?
    public var events: UInt64
    public var eventsByKind: [String: UInt64]
    public var spanNanoseconds: UInt64
    public var windows: [Window]
    public var chunkCount: UInt64
    /// The chunk table, where it was asked for.
    public var chunks: [TraceSummary.Chunk]?
    /// The file is whole as far as can be seen without inflating its events.
    public var complete: Bool
    /// Every chunk was inflated and decoded, and is whole.
    public var verified: Bool

    public init(_ summary: TraceSummary, withChunks: Bool, verified: Bool) {
        fileBytes = summary.fileBytes
        inflatedBytes = summary.inflatedBytes
        unitNanoseconds = summary.header.unitNanoseconds
        platform = summary.header.platform
        memoryBytes = summary.header.memoryBytes
        source = summary.header.source
        command = summary.header.command
        inferred = summary.header.inferred
        writer = summary.header.writer
        events = summary.totals.events
        eventsByKind = Dictionary(
            uniqueKeysWithValues: summary.totals.kinds.map { ($0.key.name, $0.value) })
        let (span, overflow) = (summary.totals.lastTime &- summary.totals.firstTime)
            .multipliedReportingOverflow(by: summary.header.unitNanoseconds)
        spanNanoseconds = overflow ? .max : span
        windows = summary.totals.windows.map {
            Window(liobn: $0.liobn.hex, start: $0.start.hex, pageShift: $0.pageShift, tces: $0.tces)
        }
        chunkCount = summary.totals.chunks
        chunks = withChunks ? summary.chunks : nil
        complete = summary.fault == nil
        self.verified = verified
    }

    public var description: String {
        var table = TextTable(indent: 0, alignsNumbers: false)
        func add(_ name: String, _ value: String?) {
            if let value { table.add([name, value]) }
        }
        add("source", source)
        add("command", command)
        add("written by", writer)
        add("platform", platform ?? "not known")
        add("memory", memoryBytes.map { "\($0.grouped) bytes" } ?? "not known")
        add("time unit", duration(nanoseconds: unitNanoseconds))
        for sentence in inferred { add("inferred", sentence) }
        add("events", "\(events.grouped) over \(duration(nanoseconds: spanNanoseconds))")
        let perEvent = events > 0 ? fileBytes * 100 / events : 0
        add(
            "size",
            "\(fileBytes.grouped) bytes in \(counted(chunkCount, "chunk")), \(inflatedBytes.grouped) inflated; "
                + "\(perEvent / 100).\(String(100 + perEvent % 100).dropFirst()) bytes an event")
        if !complete { add("NOT COMPLETE", "this is what stands before the fault") }
        if verified { add("verified", "every chunk is whole") }
        var text = table.text

        var kinds = TextTable()
        for (kind, count) in eventsByKind.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            kinds.add(kind, count.grouped, percent(count, of: events))
        }
        if !kinds.isEmpty { text += "\nEvents\n" + kinds.text }

        var windowTable = TextTable()
        windowTable.add("LIOBN", "bus address", "page", "TCEs")
        for window in windows {
            windowTable.add(window.liobn, window.start, pageName(window.pageShift), window.tces.grouped)
        }
        if !windows.isEmpty { text += "\nWindows\n" + windowTable.text }

        if let chunks {
            var chunkTable = TextTable()
            chunkTable.add("chunk", "offset", "bytes", "inflated", "events", "first time")
            for chunk in chunks {
                chunkTable.add(
                    "#\(chunk.number)", chunk.offset.grouped, chunk.bytes.grouped, chunk.inflatedBytes.grouped,
                    chunk.events.grouped, String(chunk.firstTime))
            }
            text += "\nChunks\n" + chunkTable.text
        }
        return text
    }

    private func pageName(_ shift: UInt64) -> String {
        switch shift {
        case 12..<20: "\(1 << (shift - 10)) KiB"
        case 20..<30: "\(1 << (shift - 20)) MiB"
        case 30..<40: "\(1 << (shift - 30)) GiB"
        default: "2^\(shift)"
        }
    }
}
