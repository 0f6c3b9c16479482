// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

@Suite("Lines of a text")
struct LineSourceTests {
    /// The lines that came, and the error at their end.
    private func lines(_ input: any ByteInput) -> (lines: [String], error: TraceError?) {
        var lines: [String] = []
        do {
            try LineSource(input).forEachLine { line, number in
                #expect(number == UInt64(lines.count) + 1)
                var bytes: [UInt8] = []
                for index in line.indices { bytes.append(line[index]) }
                lines.append(String(decoding: bytes, as: UTF8.self))
            }
            return (lines, nil)
        } catch {
            return (lines, error as? TraceError)
        }
    }

    private static let text = (0..<20_000).map { "line \($0) \(String(repeating: "x", count: $0 % 97))\n" }.joined()
    private static let expected = text.split(separator: "\n").map(String.init)

    @Test(
        "A plain text, with and without a newline at its end; empty lines count",
        arguments: [
            ("", []), ("a", ["a"]), ("a\n", ["a"]), ("\n", [""]), ("a\n\nb", ["a", "", "b"]),
            ("a\r\nb\r\n", ["a\r", "b\r"]),
            ("\u{1f}", ["\u{1f}"]),
        ] as [(String, [String])])
    func plain(text: String, expected: [String]) {
        let (lines, error) = lines(MemoryStream(Array(text.utf8)))
        #expect(lines == expected)
        #expect(error == nil)
    }

    @Test("Gzip is told by its magic and inflated, also several members one after the other")
    func gzip() {
        let bytes = Array(Self.text.utf8)
        let half = bytes.count / 2
        for packed in [storedGzip(bytes), storedGzip(Array(bytes[..<half])) + storedGzip(Array(bytes[half...]))] {
            let (lines, error) = lines(MemoryStream(packed))
            #expect(lines == Self.expected)
            #expect(error == nil)
        }
        #expect(lines(MemoryStream(storedGzip([]))).lines == [])
        #expect(lines(MemoryStream(storedGzip(Array("a".utf8)))).lines == ["a"])
    }

    @Test("However few bytes a read gives, the lines are the same", arguments: [1, 2, 3, 7, 1_000])
    func smallReads(step: Int) {
        let bytes = Array(Self.text.utf8.prefix(20_000))
        let expected = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(lines(Trickle(bytes, step: step)).lines == expected)
        #expect(lines(Trickle(storedGzip(bytes), step: step)).lines == expected)
    }

    @Test("A cut gzip is an error with the offset, after all lines that are whole")
    func cutGzip() throws {
        let bytes = Array(Self.text.utf8)
        let packed = storedGzip(bytes)
        for cut in [packed.count - 1, packed.count / 2, 20, 3] {
            let (lines, error) = lines(MemoryStream(Array(packed[..<cut])))
            #expect(lines == Array(Self.expected[..<lines.count]))
            #expect(error?.kind == .cut)
            #expect(error?.offset == UInt64(cut))
            // 10 bytes of gzip header and 5 of each stored block stand before the text.
            let whole = bytes.prefix(max(cut - 15 - 5 * (cut / 65_540), 0)).count { $0 == 0x0a }
            #expect(lines.count == whole || cut == packed.count - 1)
        }
    }

    @Test("A damaged gzip is an error after the lines before")
    func damagedGzip() {
        var packed = storedGzip(Array(Self.text.utf8))
        packed[packed.count - 8] ^= 1
        let (lines, error) = lines(MemoryStream(packed))
        #expect(lines == Self.expected)
        #expect(error?.kind == .damaged)
        #expect(error?.offset != nil)
    }

    @Test(
        "Of a line over 64 KiB come 64 KiB and a byte, whether it has an end or not",
        arguments: [65_535, 65_536, 65_537, 65_538, 1_000_000])
    func longLine(length: Int) {
        let long = String(repeating: "y", count: length)
        let shown = String(long.prefix(LineSource.maximumLineBytes + 1))
        #expect(lines(MemoryStream(Array("a\n\(long)\nb\n".utf8))).lines == ["a", shown, "b"])
        #expect(lines(MemoryStream(Array("a\n\(long)".utf8))).lines == ["a", shown])
        #expect(lines(MemoryStream(storedGzip(Array("\(long)\nb".utf8)))).lines == [shown, "b"])
        #expect(lines(Trickle(Array("\(long)\nb".utf8), step: 1_021)).lines == [shown, "b"])
    }

    @Test("An importer hands on what waits before it tells of a cut file")
    func cutImport() throws {
        let text = "7@1.0:spapr_iommu_new_table liobn=0x80000000 table=0x0 fd=-1\n7@1.0:spa"
        var importer = QEMULogImporter()
        var events = 0
        var begun = 0
        #expect(throws: TraceError.self) {
            let packed = storedGzip(Array(text.utf8)).dropLast(9)
            try importer.importAll(LineSource(MemoryStream(Array(packed))), begin: { _ in begun += 1 }) { _ in
                events += 1
            }
        }
        #expect(begun == 1)
        #expect(events == 1)
    }

    @Test("What the taker of events throws ends the import as it is")
    func refusedEvent() {
        struct Full: Error {}
        var importer = TextImporter()
        #expect(throws: Full.self) {
            try importer.importAll(LineSource(MemoryStream(Array("reset\nreset\n".utf8))), begin: { _ in }) { _ in
                throw Full()
            }
        }
        #expect(importer.report.events == 1)
    }
}
