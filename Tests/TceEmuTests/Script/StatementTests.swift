// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

@Suite("Hcall script: the form of a statement")
struct StatementTests {
    @Test(
        "a statement of the form is read",
        arguments: [
            ("store 0x4000000 1", .store(0x400_0000, [1])),
            ("store 18446744073709551615 0x0 2 0xFFFFFFFFFFFFFFFF", .store(.max, [0, 2, .max])),
            ("load 0", .load(0)),
            ("H_GET_TCE 0x80000000 4096", .getTCE(0x8000_0000, 4096)),
            ("H_PUT_TCE 1 2 3", .putTCE(1, 2, 3)),
            ("H_PUT_TCE_INDIRECT 1 2 3 4", .putTCEIndirect(1, 2, list: 3, npages: 4)),
            ("H_STUFF_TCE 1 2 3 4", .stuffTCE(1, 2, 3, npages: 4)),
            ("hcall 0x20", .hcall(0x20, [])),
            ("hcall 0x20 1 2 3 4 5 6", .hcall(0x20, [1, 2, 3, 4, 5, 6])),
            ("rtas ibm,reset-pe-dma-window 1", .rtas(.resetPEDMAWindow, returns: 1, [])),
            (
                "rtas ibm,query-pe-dma-window 16 0xffffffff 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16",
                .rtas(
                    .queryPEDMAWindow, returns: 16, [0xffff_ffff, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
            ),
        ] as [(String, HcallStatement)])
    func statements(_ line: String, _ statement: HcallStatement) throws {
        #expect(try HcallStatement.parse(line) == statement)
    }

    @Test(
        "blanks may be anywhere between words, and a comment begins at #",
        arguments: ["load 5", "  load\t5 ", "\tload \t 5#", "load 5 # load 6", "load 5#6", "load 5 #\r\u{e9}"])
    func blanks(_ line: String) throws {
        #expect(try HcallStatement.parse(line) == .load(5))
    }

    @Test("a line of blanks or of a comment has no statement", arguments: ["", " \t ", "#", "  # load 5", "#\0"])
    func nothing(_ line: String) throws {
        #expect(try HcallStatement.parse(line) == nil)
    }

    @Test(
        "a number is decimal or hexadecimal with digits of either case, at most 2^64 - 1",
        arguments: [
            ("0", 0), ("007", 7), ("18446744073709551615", .max), ("0x0", 0), ("0xaBcDeF", 0xabcdef),
            ("0xffffffffffffffff", .max), ("0x00000000000000000000000000000001", 1),
            ("000000000000000000000000000000000018446744073709551615", .max),
        ] as [(String, UInt64)])
    func numbers(_ text: String, _ value: UInt64) throws {
        #expect(try HcallStatement.parse("load " + text) == .load(value))
    }

    @Test(
        "what is no number is refused",
        arguments: [
            "18446744073709551616", "99999999999999999999", "0x10000000000000000", "0x1ffffffffffffffff", "0x", "0X1",
            "x1", "1f", "0xg", "-1", "+1", "1_000", "1.0", "1,", "0b1", "0x0x1", "1u", "\u{661}", "1\r", "1\0", "\"1\"",
        ])
    func notNumbers(_ text: String) {
        #expect(throws: ScriptError.self) { try HcallStatement.parse("load " + text) }
    }
}
