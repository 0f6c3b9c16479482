// SPDX-License-Identifier: Apache-2.0

/// A statement and where it stands.
public struct ScriptLine: Hashable, Sendable {
    /// The line, counted from 1.
    public var number: Int
    public var statement: HcallStatement

    public init(number: Int, statement: HcallStatement) {
        self.number = number
        self.statement = statement
    }
}

/// Takes an hcall script in pieces, as they come from a file, and gives its statements one by one.
///
/// A piece may end anywhere. What was read is forgotten, so a script of any length needs no more than a piece and its
/// longest line. After an error the reader is at its end.
public struct ScriptReader: Sendable {
    /// What has come and has not been read. Its first byte is the first of a line.
    private var bytes: [UInt8] = []
    private var start = 0

    /// Up to here there is no line feed after `start`.
    private var searched = 0
    private var isFinished = false
    private var line = 0

    /// No statement is as long. It bounds the memory for a file that is no script at all.
    private let lineBytesMax: Int

    /// A reader for lines of up to 16 MiB.
    public init() {
        self.init(lineBytesMax: 16 << 20)
    }

    init(lineBytesMax: Int) {
        self.lineBytesMax = lineBytesMax
    }

    /// Takes the next bytes.
    public mutating func append(_ piece: some Sequence<UInt8>) {
        bytes.removeFirst(start)
        searched -= start
        start = 0
        bytes.append(contentsOf: piece)
    }

    /// Says that no more bytes come. A last line without a line feed is a line then.
    public mutating func finish() {
        isFinished = true
    }

    /// The next statement, or nil where there is none until more bytes come.
    public mutating func next() throws(ScriptError) -> ScriptLine? {
        while let text = try nextLine() {
            do {
                guard let statement = try HcallStatement.parse(text, number: line) else { continue }
                return ScriptLine(number: line, statement: statement)
            } catch {
                close()
                throw error
            }
        }
        return nil
    }

    private mutating func nextLine() throws(ScriptError) -> ArraySlice<UInt8>? {
        let feed = bytes[searched...].firstIndex(of: UInt8(ascii: "\n"))
        let end = feed ?? bytes.count
        guard end - start <= lineBytesMax else {
            close()
            throw ScriptError(
                line: line + 1, expected: "a line of at most \(lineBytesMax) bytes", found: "a longer one")
        }
        searched = end
        guard feed != nil || (isFinished && start < end) else { return nil }
        let text = bytes[start..<end]
        start = min(end + 1, bytes.count)
        searched = start
        line += 1
        return text
    }

    private mutating func close() {
        bytes = []
        start = 0
        searched = 0
        isFinished = true
    }
}
