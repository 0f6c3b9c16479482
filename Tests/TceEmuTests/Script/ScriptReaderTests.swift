// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

@Suite("Hcall script: piece by piece")
struct ScriptReaderTests {
    private func lines(_ text: String, pieces size: Int, longest: Int = 16 << 20) throws -> [ScriptLine] {
        var reader = ScriptReader(lineBytesMax: longest)
        var lines: [ScriptLine] = []
        var rest = Array(text.utf8)[...]
        repeat {
            reader.append(rest.prefix(size))
            rest = rest.dropFirst(size)
            if rest.isEmpty { reader.finish() }
            while let line = try reader.next() { lines.append(line) }
        } while !rest.isEmpty
        return lines
    }

    @Test("a script is the same in pieces of any size", arguments: [1, 2, 3, 5, 7, 16, 1000])
    func pieces(_ size: Int) throws {
        let text = "load 1\n\n# two\nload 0x2 # three\n\n  load 3"
        #expect(
            try lines(text, pieces: size) == [
                ScriptLine(number: 1, statement: .load(1)), ScriptLine(number: 4, statement: .load(2)),
                ScriptLine(number: 6, statement: .load(3)),
            ])
        #expect(try HcallScript(text).lines == lines(text, pieces: size))
    }

    @Test("a last line may lack its line feed, and an empty script has no statements")
    func ends() throws {
        #expect(try HcallScript("load 1").lines.count == 1)
        #expect(try HcallScript("load 1\n").lines.count == 1)
        #expect(try HcallScript("").lines.isEmpty)
        #expect(try HcallScript("\n\n").lines.isEmpty)
    }

    @Test("a line without its line feed waits for the rest")
    func waits() throws {
        var reader = ScriptReader()
        reader.append("load 1".utf8)
        #expect(try reader.next() == nil)
        reader.append("2\n".utf8)
        #expect(try reader.next()?.statement == .load(12))
        #expect(try reader.next() == nil)
    }

    @Test("statements before an error are given, and nothing after it")
    func afterAnError() throws {
        var reader = ScriptReader()
        reader.append("load 1\nlode 2\nload 3\n".utf8)
        reader.finish()
        #expect(try reader.next()?.statement == .load(1))
        let error = #expect(throws: ScriptError.self) { try reader.next() }
        #expect(error?.line == 2)
        #expect(try reader.next() == nil)
    }

    @Test("a line of the greatest length is read, and one byte more is an error", arguments: [1, 5, 10, 11, 100])
    func longLines(_ size: Int) throws {
        #expect(try lines("    load 1\nload 2\n", pieces: size, longest: 10).count == 2)
        #expect(try lines("    load 1", pieces: size, longest: 10).count == 1)
        let error = #expect(throws: ScriptError.self) { try lines("\n     load 1\n", pieces: size, longest: 10) }
        #expect(error == ScriptError(line: 2, expected: "a line of at most 10 bytes", found: "a longer one"))
        #expect(throws: ScriptError.self) { try lines("     load 1", pieces: size, longest: 10) }
    }
}
