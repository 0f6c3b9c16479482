// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

@Suite("Hcall script: what is not of the form")
struct ScriptErrorTests {
    private static let number = "a 64-bit number (decimal, or hexadecimal with 0x)"
    private static let statement =
        "a statement (store, load, H_GET_TCE, H_PUT_TCE, H_PUT_TCE_INDIRECT, H_STUFF_TCE, hcall, rtas, uv, svm, "
        + "frame, memory, dma, host, thaw, reset)"
    private static let call =
        "NAME, an RTAS call (ibm,query-pe-dma-window, ibm,create-pe-dma-window, ibm,remove-pe-dma-window, "
        + "ibm,reset-pe-dma-window, ibm,reset-pe-dma-windows)"
    private static let end = "the end of the line"
    private static let query = "rtas ibm,query-pe-dma-window"

    @Test(
        "a malformed line says what was expected and what was found",
        arguments: [
            // words
            ("peek 1", statement, "\"peek\""),
            ("LOAD 1", statement, "\"LOAD\""),
            ("h_get_tce 1 2", statement, "\"h_get_tce\""),
            ("H_GET_TCE,1,2", statement, "\"H_GET_TCE,1,2\""),
            ("1", statement, "\"1\""),
            ("load 1\r", "ADDR, \(number)", "\"1\\x0d\""),
            ("\u{feff}load 1", statement, "\"\\xef\\xbb\\xbfload\""),
            ("load\u{a0}1", statement, "\"load\\xc2\\xa01\""),
            ("load\u{b}1", statement, "\"load\\x0b1\""),
            ("a\"b\\c", statement, "\"a\\\"b\\\\c\""),
            (String(repeating: "a", count: 60), statement, "\"" + String(repeating: "a", count: 60) + "\""),
            (String(repeating: "a", count: 61), statement, "\"" + String(repeating: "a", count: 60) + "...\""),
            // too few
            ("store", "ADDR, \(number)", end),
            ("store 1", "V, \(number)", end),
            ("store 1 # 2", "V, \(number)", end),
            ("load", "ADDR, \(number)", end),
            ("H_GET_TCE 1", "IOBA, \(number)", end),
            ("H_PUT_TCE 1 2", "TCE, \(number)", end),
            ("H_PUT_TCE_INDIRECT 1 2", "LIST, \(number)", end),
            ("H_PUT_TCE_INDIRECT 1 2 3", "NPAGES, \(number)", end),
            ("H_STUFF_TCE 1 2 3", "NPAGES, \(number)", end),
            ("hcall", "OPCODE, \(number)", end),
            ("rtas", call, end),
            (query, "NRET, a number from 1 to 16", end),
            // too many
            ("load 1 2", end, "\"2\""),
            ("H_GET_TCE 1 2 3", end, "\"3\""),
            ("H_PUT_TCE 1 2 3 4", end, "\"4\""),
            ("H_PUT_TCE_INDIRECT 1 2 3 4 5", end, "\"5\""),
            ("H_STUFF_TCE 1 2 3 4 5", end, "\"5\""),
            ("hcall 0x20 1 2 3 4 5 6 7", end, "\"7\""),
            ("\(query) 1 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", end, "\"17\""),
            // wrong
            ("store 1 2 x", "V, \(number)", "\"x\""),
            ("H_PUT_TCE 1 2 -3", "TCE, \(number)", "\"-3\""),
            ("hcall 0x20 1 2 3 4 5 y", "register, \(number)", "\"y\""),
            ("hcall H_GET_TCE", "OPCODE, \(number)", "\"H_GET_TCE\""),
            ("rtas 0x2026 5", call, "\"0x2026\""),
            ("rtas ibm,query-pe-dma-windows 5", call, "\"ibm,query-pe-dma-windows\""),
            ("rtas ibm,query-pe-dma-window\0 5", call, "\"ibm,query-pe-dma-window\\x00\""),
            ("\(query) 0", "NRET, a number from 1 to 16", "\"0\""),
            ("\(query) 17", "NRET, a number from 1 to 16", "\"17\""),
            ("\(query) 0x10000000000000001", "NRET, a number from 1 to 16", "\"0x10000000000000001\""),
            ("\(query) 1 0x100000000", "an argument cell, a 32-bit number", "\"0x100000000\""),
            ("\(query) 1 0 z", "an argument cell, a 32-bit number", "\"z\""),
        ] as [(String, String, String)])
    func messages(_ line: String, _ expected: String, _ found: String) {
        #expect(throws: ScriptError(line: 7, expected: expected, found: found)) {
            try HcallStatement.parse(line, number: 7)
        }
    }

    @Test("an error begins with its line")
    func description() {
        let error = ScriptError(line: 3, expected: "this", found: "that")
        #expect(error.description == "3: expected this, found that")
    }

    @Test("lines are counted from 1, also empty ones and comments")
    func lineNumbers() {
        let error = #expect(throws: ScriptError.self) { try HcallScript("# one\n\nload 1\n\tload\n") }
        #expect(error?.line == 4)
    }

    @Test("bytes that are no text are an error in a word and nothing in a comment")
    func bytes() throws {
        let word: [UInt8] = [0x6c, 0xff, 0x0a]
        let error = #expect(throws: ScriptError.self) { try HcallScript(word) }
        #expect(error?.found == "\"l\\xff\"")
        #expect(try HcallScript([0x23, 0xff, 0xfe, 0x0a]).lines.isEmpty)
    }
}
