// SPDX-License-Identifier: Apache-2.0

// The form of a statement. Up to `rtas` it is fixed, because the same text is run on other machines: nothing else is let
// through.
//
//   line       [statement] [# comment]
//   word       up to a blank (space or tab), '#' or the end of the line
//   number     decimal digits, or "0x" and hexadecimal digits of either case; unsigned, 64 bits

private let statementNames =
    "store, load, H_GET_TCE, H_PUT_TCE, H_PUT_TCE_INDIRECT, H_STUFF_TCE, hcall, rtas, uv, svm, frame, memory, dma, host, "
    + "thaw, reset"

extension HcallStatement {
    /// Reads one line, without its line feed; nil where it has no statement.
    public static func parse(_ line: String, number: Int = 1) throws(ScriptError) -> HcallStatement? {
        try parse(Array(line.utf8)[...], number: number)
    }

    static func parse(_ line: ArraySlice<UInt8>, number: Int) throws(ScriptError) -> HcallStatement? {
        var words = ScriptWords(line, number: number)
        guard let name = words.next() else { return nil }
        let statement: HcallStatement
        switch name {
        case "store":
            statement = .store(try words.number("ADDR"), try words.numbers("V", 1...Int.max))
        case "load":
            statement = .load(try words.number("ADDR"))
        case "H_GET_TCE":
            statement = .getTCE(try words.number("LIOBN"), try words.number("IOBA"))
        case "H_PUT_TCE":
            statement = .putTCE(try words.number("LIOBN"), try words.number("IOBA"), try words.tce())
        case "H_PUT_TCE_INDIRECT":
            statement = .putTCEIndirect(
                try words.number("LIOBN"), try words.number("IOBA"), list: try words.number("LIST"),
                npages: try words.number("NPAGES"))
        case "H_STUFF_TCE":
            statement = .stuffTCE(
                try words.number("LIOBN"), try words.number("IOBA"), try words.tce(),
                npages: try words.number("NPAGES"))
        case "hcall":
            statement = .hcall(try words.number("OPCODE"), try words.numbers("register", 0...Machine.hcallArguments))
        case "rtas":
            statement = .rtas(try words.rtasCall(), returns: try words.returns(), try words.cells())
        default:
            guard let own = try parseOwn(name, &words) else {
                throw words.error(expected: "a statement (\(statementNames))", found: name)
            }
            statement = own
        }
        try words.end()
        return statement
    }

    /// The statements beyond the fixed form.
    private static func parseOwn(
        _ name: ScriptWord, _ words: inout ScriptWords
    ) throws(ScriptError) -> HcallStatement? {
        switch name {
        case "uv":
            return .ultracall(try words.ultracall(), try words.numbers("register", 0...Machine.ultracallArguments))
        case "svm":
            let call = try words.svmHcall()
            let registers = try words.numbers("register", 0...3)
            return .svm(
                call, address: registers.first ?? 0, flags: registers.dropFirst().first ?? 0,
                order: registers.dropFirst(2).first ?? SVMHcall.frameOrder)
        case "frame":
            return .frame(try words.number("ADDR"))
        case "memory":
            return .memory(try words.number("BYTES"))
        case "dma":
            switch words.next() {
            case "read"?:
                return .dmaRead(try words.number("LIOBN"), try words.number("IOBA"), try words.dmaBytes())
            case "write"?:
                return .dmaWrite(
                    try words.number("LIOBN"), try words.number("IOBA"), try words.numbers("V", 1...Int.max))
            case let word:
                throw words.error(expected: "read or write", found: word)
            }
        case "host":
            switch words.next() {
            case "load"?:
                return .hostLoad(try words.number("ADDR"))
            case "store"?:
                return .hostStore(try words.number("ADDR"), try words.numbers("V", 1...Int.max))
            case let word:
                throw words.error(expected: "load or store", found: word)
            }
        case "thaw":
            return .thaw(try words.number("BUID"))
        case "reset":
            return .reset
        default:
            return nil
        }
    }
}

/// A word of a line: bytes, because a script may hold any.
struct ScriptWord: Equatable {
    var bytes: ArraySlice<UInt8>

    static func == (word: ScriptWord, text: StaticString) -> Bool {
        unsafe word.bytes.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    static func ~= (text: StaticString, word: ScriptWord) -> Bool { word == text }

    /// The number that it is, or nil.
    var number: UInt64? {
        let hexadecimal = bytes.starts(with: [UInt8(ascii: "0"), UInt8(ascii: "x")])
        let digits = hexadecimal ? bytes.dropFirst(2) : bytes
        let radix: UInt64 = hexadecimal ? 16 : 10
        guard !digits.isEmpty else { return nil }
        var value: UInt64 = 0
        for byte in digits {
            guard let digit = Self.digit(byte), digit < radix else { return nil }
            let (product, over) = value.multipliedReportingOverflow(by: radix)
            let (sum, carry) = product.addingReportingOverflow(digit)
            guard !over, !carry else { return nil }
            value = sum
        }
        return value
    }

    private static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    /// The word in quotes for a message: what cannot be printed as \xNN, and no more than a line of it.
    var quoted: String {
        var text = "\""
        for byte in bytes.prefix(Self.quotedBytes) {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += "\\" + String(UnicodeScalar(byte))
            case 0x20...0x7e: text += String(UnicodeScalar(byte))
            default: text += "\\x" + Transcript.digits(UInt64(byte), atLeast: 2)
            }
        }
        return text + (bytes.count > Self.quotedBytes ? "...\"" : "\"")
    }

    private static let quotedBytes = 60
}

/// The words of a line, taken one after another as a statement has them.
struct ScriptWords {
    private var rest: ArraySlice<UInt8>
    private let line: Int

    init(_ line: ArraySlice<UInt8>, number: Int) {
        rest = line.prefix { $0 != UInt8(ascii: "#") }
        self.line = number
    }

    mutating func next() -> ScriptWord? {
        rest = rest.drop(while: Self.isBlank)
        guard !rest.isEmpty else { return nil }
        let word = rest.prefix { !Self.isBlank($0) }
        rest = rest[word.endIndex...]
        return ScriptWord(bytes: word)
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    func error(expected: String, found: ScriptWord?) -> ScriptError {
        ScriptError(line: line, expected: expected, found: found?.quoted ?? "the end of the line")
    }

    mutating func number(_ name: String) throws(ScriptError) -> UInt64 {
        let word = next()
        guard let number = word?.number else {
            throw error(expected: "\(name), a 64-bit number (decimal, or hexadecimal with 0x)", found: word)
        }
        return number
    }

    /// All the words left, which are numbers.
    mutating func numbers(_ name: String, _ count: ClosedRange<Int>) throws(ScriptError) -> [UInt64] {
        var numbers: [UInt64] = []
        while numbers.count < count.lowerBound || (numbers.count < count.upperBound && !isAtEnd) {
            numbers.append(try number(name))
        }
        return numbers
    }

    mutating func tce() throws(ScriptError) -> TCE {
        TCE(rawValue: try number("TCE"))
    }

    mutating func rtasCall() throws(ScriptError) -> RTASCall {
        let word = next()
        // An RTAS call's name is ASCII, so a word that is repaired by decoding is none.
        guard let word, let call = RTASCall(name: String(decoding: word.bytes, as: UTF8.self)) else {
            let names = RTASCall.all.map(\.description).joined(separator: ", ")
            throw error(expected: "NAME, an RTAS call (\(names))", found: word)
        }
        return call
    }

    mutating func ultracall() throws(ScriptError) -> Ultracall {
        let word = next()
        if let number = word?.number { return Ultracall(rawValue: number) }
        guard let word, let call = Ultracall(name: String(decoding: word.bytes, as: UTF8.self)) else {
            throw error(expected: "NAME, an ultracall such as UV_SHARE_PAGE, or its number", found: word)
        }
        return call
    }

    mutating func svmHcall() throws(ScriptError) -> SVMHcall {
        let word = next()
        if let number = word?.number { return SVMHcall(rawValue: number) }
        guard let word, let call = SVMHcall(name: String(decoding: word.bytes, as: UTF8.self)) else {
            throw error(expected: "NAME, an hcall such as H_SVM_PAGE_IN, or its number", found: word)
        }
        return call
    }

    /// Bytes of one access, few enough to hold.
    mutating func dmaBytes() throws(ScriptError) -> Int {
        let word = next()
        guard let number = word?.number, number <= Self.dmaBytesMax else {
            throw error(expected: "BYTES, a number from 0 to \(Self.dmaBytesMax)", found: word)
        }
        return Int(number)
    }

    private static let dmaBytesMax: UInt64 = 16 << 20

    mutating func returns() throws(ScriptError) -> Int {
        let word = next()
        guard let number = word?.number, 1...Self.cellsMax ~= number else {
            throw error(expected: "NRET, a number from 1 to \(Self.cellsMax)", found: word)
        }
        return Int(number)
    }

    mutating func cells() throws(ScriptError) -> [UInt32] {
        var cells: [UInt32] = []
        while cells.count < Self.cellsMax, let word = next() {
            guard let cell = word.number.flatMap(UInt32.init(exactly:)) else {
                throw error(expected: "an argument cell, a 32-bit number", found: word)
            }
            cells.append(cell)
        }
        return cells
    }

    mutating func end() throws(ScriptError) {
        if let word = next() { throw error(expected: "the end of the line", found: word) }
    }

    private var isAtEnd: Bool { rest.allSatisfy(Self.isBlank) }

    /// Cells of one RTAS call, each way.
    private static let cellsMax: UInt64 = 16
}
