// SPDX-License-Identifier: Apache-2.0

/// Makes a trace from the lines of a text.
public protocol TraceImporter {
    /// What is known before the first event: final once `readHeaderLine` has answered false.
    var header: TraceHeader { get }

    var report: ImportReport { get }

    /// Takes a line that stands before the events. False: it is no such line, and was not taken.
    mutating func readHeaderLine(_ line: Span<UInt8>, number: UInt64) throws -> Bool

    /// Takes a line (without its newline) and hands on the events that it makes, in order.
    mutating func importLine(
        _ line: Span<UInt8>, number: UInt64, _ emit: (TraceEvent) throws -> Void
    ) throws

    /// Ends the text: hands on what waited for a line that did not come.
    mutating func finish(_ emit: (TraceEvent) throws -> Void) throws
}

extension TraceImporter {
    public mutating func readHeaderLine(_ line: Span<UInt8>, number: UInt64) throws -> Bool { false }

    public mutating func finish(_ emit: (TraceEvent) throws -> Void) throws {}

    /// Imports a whole text: the header first, then every event.
    ///
    /// Where the text is cut or cannot be read, this is an error after the events of all lines before.
    public mutating func importAll(
        _ lines: LineSource, begin: (TraceHeader) throws -> Void, _ emit: (TraceEvent) throws -> Void
    ) throws {
        var begun = false
        var refused = false
        do {
            try lines.forEachLine { line, number in
                do {
                    if !begun {
                        if try readHeaderLine(line, number: number) { return }
                        begun = true
                        try begin(header)
                    }
                    try importLine(line, number: number, emit)
                } catch {
                    refused = true
                    throw error
                }
            }
        } catch {
            if refused { throw error }
            if !begun { try begin(header) }
            try finish(emit)
            throw error
        }
        if !begun { try begin(header) }
        try finish(emit)
    }
}

/// What is known of a recording beside its log.
public struct LogImportOptions: Hashable, Sendable {
    /// Bytes of guest memory, where known.
    public var memoryBytes: UInt64?
    /// The command line of the machine, where known.
    public var command: String?

    public init(memoryBytes: UInt64? = nil, command: String? = nil) {
        self.memoryBytes = memoryBytes
        self.command = command
    }
}
