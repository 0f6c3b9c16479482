// SPDX-License-Identifier: Apache-2.0

/// The fields of one event's line: `key=VALUE`, single words, and behind the arrow those of the answer.
///
/// A reader asks for the fields that it knows, in any order, and ends with `finish`, which refuses what nobody asked
/// for.
struct TextFields {
    private struct Field {
        /// Empty for a single word.
        var key: String
        var range: Range<Int>
        var isAnswer: Bool
        var isTaken = false
    }

    private var fields: [Field] = []
    private var asked: [String] = []
    private(set) var hasAnswer = false
    /// The kind of event, for messages.
    private(set) var kind = ""
    private(set) var number: UInt64 = 0

    /// Splits the rest of a line, up to a comment.
    mutating func split(_ kind: String, _ cursor: ByteCursor, _ line: Span<UInt8>, number: UInt64) throws {
        self.kind = kind
        self.number = number
        fields.removeAll(keepingCapacity: true)
        asked.removeAll(keepingCapacity: true)
        hasAnswer = false
        var cursor = cursor
        while let word = cursor.takeWord(in: line) {
            if word.count == 2, line[word.lowerBound] == UInt8(ascii: "-"),
                line[word.lowerBound + 1] == UInt8(ascii: ">")
            {
                if hasAnswer { throw error("a second arrow") }
                hasAnswer = true
                continue
            }
            var equals = word.lowerBound
            while equals < word.upperBound, line[equals] != UInt8(ascii: "=") { equals += 1 }
            let isPair = equals < word.upperBound
            let field = Field(
                key: isPair ? line.text(word.lowerBound..<equals) : "",
                range: isPair ? equals + 1..<word.upperBound : word,
                isAnswer: hasAnswer)
            if isPair, fields.contains(where: { $0.key == field.key && $0.isAnswer == field.isAnswer }) {
                throw error("\(field.key)= stands twice")
            }
            fields.append(field)
        }
    }

    func error(_ reason: String) -> ImportError {
        ImportError(line: number, kind.isEmpty ? reason : "\(kind): \(reason)")
    }

    /// The text of a field.
    private mutating func take(_ key: String, answer: Bool) -> Range<Int>? {
        asked.append(answer ? "-> \(key)=" : key + "=")
        guard let index = fields.firstIndex(where: { $0.key == key && $0.isAnswer == answer }) else { return nil }
        fields[index].isTaken = true
        return fields[index].range
    }

    /// A number, or nil where the field is not there.
    mutating func optional(
        _ key: String, answer: Bool = false, max: UInt64 = .max, _ line: Span<UInt8>
    ) throws -> UInt64? {
        guard let range = take(key, answer: answer) else { return nil }
        var cursor = ByteCursor(range)
        guard let value = cursor.takeNumber(in: line), cursor.isAtEnd else {
            throw error("expected a number behind \(key)=, found '\(line.shown(range))'")
        }
        guard value <= max else { throw error("expected \(key)= to be at most \(max), found \(line.shown(range))") }
        return value
    }

    mutating func required(
        _ key: String, answer: Bool = false, max: UInt64 = .max, _ line: Span<UInt8>
    ) throws -> UInt64 {
        guard let value = try optional(key, answer: answer, max: max, line) else {
            throw error("expected \(answer ? "-> " : "")\(key)=NUMBER, found nothing")
        }
        return value
    }

    /// The vCPU.
    mutating func cpu(_ line: Span<UInt8>) throws -> UInt16? {
        try optional("cpu", max: 0xfffe, line).map { UInt16($0) }
    }

    /// Numbers and runs of numbers, separated by commas; nil where the field is not there.
    mutating func list(_ key: String, max: Int, _ line: Span<UInt8>) throws -> [UInt64]? {
        guard let range = take(key, answer: false) else { return nil }
        return try list(in: range, max: max, line)
    }

    func list(in range: Range<Int>, max: Int, _ line: Span<UInt8>) throws -> [UInt64] {
        var cursor = ByteCursor(range)
        var values: [UInt64] = []
        repeat {
            guard let first = cursor.takeNumber(in: line) else { throw otherList(range, line) }
            var step: UInt64 = 0
            var count: UInt64 = 1
            let down = cursor.takeByte(UInt8(ascii: "-"), in: line)
            let isRun = down || cursor.takeByte(UInt8(ascii: "+"), in: line)
            if isRun {
                guard let size = cursor.takeNumber(in: line) else { throw otherList(range, line) }
                step = down ? 0 &- size : size
            }
            if cursor.takeByte(UInt8(ascii: "*"), in: line) {
                guard let times = cursor.takeNumber(in: line) else { throw otherList(range, line) }
                count = times
            } else if isRun {
                throw otherList(range, line)
            }
            guard count <= UInt64(max - values.count) else { throw error("expected a list of at most \(max) numbers") }
            for index in 0..<count { values.append(first &+ index &* step) }
        } while cursor.takeByte(UInt8(ascii: ","), in: line)
        guard cursor.isAtEnd else { throw otherList(range, line) }
        return values
    }

    private func otherList(_ range: Range<Int>, _ line: Span<UInt8>) -> ImportError {
        error("expected numbers separated by commas, or runs FIRST+STEP*COUNT, found '\(line.shown(range))'")
    }

    /// The word of a field, or nil where it is not there.
    mutating func word(_ key: String, _ line: Span<UInt8>) -> String? {
        take(key, answer: false).map { line.text($0) }
    }

    /// Whether a field is there and is this word.
    func peek(_ key: String, is word: String, _ line: Span<UInt8>) -> Bool {
        fields.contains { $0.key == key && !$0.isAnswer && line.text($0.range) == word }
    }

    /// Whether a single word stands before the arrow.
    mutating func flag(_ name: String, _ line: Span<UInt8>) -> Bool {
        asked.append(name)
        let index = fields.firstIndex { $0.key.isEmpty && !$0.isAnswer && !$0.isTaken && line.text($0.range) == name }
        guard let index else { return false }
        fields[index].isTaken = true
        return true
    }

    /// The first single word that nobody took yet.
    mutating func position(answer: Bool = false) -> Range<Int>? {
        guard let index = fields.firstIndex(where: { $0.key.isEmpty && $0.isAnswer == answer && !$0.isTaken })
        else { return nil }
        fields[index].isTaken = true
        return fields[index].range
    }

    /// `read`, `write`, `both`.
    mutating func access(_ line: Span<UInt8>) -> DMAAccess {
        var access: DMAAccess = []
        if flag("read", line) { access.insert(.read) }
        if flag("write", line) { access.insert(.write) }
        if flag("both", line) { access = .readWrite }
        return access
    }

    /// The recorded status, first behind the arrow: a name, a number, or `?` where it is not known.
    mutating func status(_ line: Span<UInt8>) throws -> Int32? {
        asked.append("-> STATUS")
        guard hasAnswer else { return nil }
        guard let range = position(answer: true) else { throw error("expected a status or ? behind ->, found nothing") }
        var cursor = ByteCursor(range)
        if let value = cursor.takeSigned(in: line), cursor.isAtEnd, let status = Int32(exactly: value) { return status }
        let name = line.text(range)
        if name == "?" { return nil }
        guard let status = TextWords.status(named: name) else {
            throw error("expected a status (H_SUCCESS, -4, ?) behind ->, found '\(name)'")
        }
        return status
    }

    /// Refuses a field that nobody asked for.
    func finish(_ line: Span<UInt8>) throws {
        guard let field = fields.first(where: { !$0.isTaken }) else { return }
        let text = field.key.isEmpty ? line.shown(field.range) : field.key + "="
        let place = field.isAnswer ? " behind ->" : ""
        let expected = asked.isEmpty ? "nothing more" : asked.joined(separator: ", ")
        throw error("expected \(expected), found '\(text)'\(place)")
    }
}

extension ByteCursor {
    /// A number in base 10, or with "0x" in base 16.
    mutating func takeNumber(in line: Span<UInt8>) -> UInt64? {
        if end - position > 2, line[position] == 0x30, line[position + 1] | 0x20 == 0x78 { return takeHex(in: line) }
        return takeDecimal(in: line)
    }

    /// The next word, up to a space. Nil at the end, or where a comment begins.
    mutating func takeWord(in line: Span<UInt8>) -> Range<Int>? {
        skipSpaces(in: line)
        guard position < end, line[position] != UInt8(ascii: "#") else { return nil }
        let from = position
        while position < end, line[position] != 0x20, line[position] != 0x09 { position += 1 }
        return from..<position
    }
}
