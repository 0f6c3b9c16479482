// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// What the command says of traces that are not as they were written.
struct DamagedTraceTests {
    static let trace = CommandRun.shipped("traces/virtio-disable-ddw.tcet")

    /// Offsets of the trace's members: header, six chunks, end.
    static let members: [Int] = {
        guard
            let json = try? CommandRun("info", trace, "--chunks", "--format", "json").json(),
            let chunks = json["chunks"] as? [[String: Any]], let last = chunks.last
        else { return [] }
        let offsets = chunks.compactMap { ($0["offset"] as? NSNumber)?.intValue }
        let end = (offsets.last ?? 0) + ((last["bytes"] as? NSNumber)?.intValue ?? 0)
        return [0] + offsets + [end]
    }()

    private func file(_ name: String, _ change: (Data) -> Data) throws -> String {
        let path = CommandRun.path(name)
        try change(Data(contentsOf: URL(fileURLWithPath: Self.trace))).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func member(_ index: Int, of data: Data) -> Data {
        data[Self.members[index]..<(index + 1 < Self.members.count ? Self.members[index + 1] : data.count)]
    }

    /// Replay, dump and info of a file with a fault: status, place and reason.
    private func check(_ path: String, chunk: Int?, offset: Int, reason: String, chunksBefore: Int) throws {
        let place = (chunk.map { "chunk \($0), " } ?? "") + "offset \(offset): "
        for command in ["replay", "dump", "info --verify"] {
            let run = try CommandRun(shell: "\"$TOOL\" \(command) \"$1\"", arguments: [path])
            #expect(run.status == 65, "\(command)")
            #expect(run.errors.contains("\(path): \(place)\(reason)"), "\(command): \(run.errors)")
        }
        let json = try CommandRun("replay", path, "--format", "json").json()
        #expect(value(json, "trace.complete") as? Bool == false)
        #expect(number(json, "trace.chunks") == chunksBefore)
    }

    @Test("A damaged chunk: status 65, file, chunk, offset and reason; --lenient reports it and exits 0")
    func damaged() throws {
        let offset = Self.members[3]
        let path = try file("damaged.tcet") { data in
            var data = data
            data[offset + 3000] ^= 0x40
            return data
        }
        let run = try CommandRun("replay", path, "--format", "json")
        #expect(run.status == 65)
        #expect(run.errors.hasPrefix("tce-emu: \(path): chunk 3, offset \(offset): "))
        let json = try run.json()
        #expect(number(json, "trace.chunks") == 2 && number(json, "trace.events") == 2 * 32_768)
        #expect(value(json, "trace.complete") as? Bool == false)
        let lenient = try CommandRun("replay", "--lenient", path, "--format", "json")
        #expect(lenient.status == 0)
        #expect(lenient.errors.contains("\(path): passed over: chunk 3, offset \(offset): "))
        let all = try lenient.json()
        #expect(number(all, "trace.chunks") == 5 && number(all, "trace.events") == 183_160 - 32_768)
        #expect(number(all, "trace.lost_chunks") == 1 && number(all, "trace.lost_events") == 32_768)
        #expect(value(all, "trace.complete") as? Bool == false)
    }

    @Test("Chunks missing, doubled and files joined are named, with their place")
    func order() throws {
        let missing = try file("missing.tcet") { data in
            data.prefix(Self.members[2]) + data.suffix(from: Self.members[3])
        }
        try check(
            missing, chunk: 3, offset: Self.members[2], reason: "chunk 2 is missing: found chunk 3", chunksBefore: 1)
        let doubled = try file("doubled.tcet") { data in
            data.prefix(Self.members[5]) + member(4, of: data) + data.suffix(from: Self.members[5])
        }
        try check(
            doubled, chunk: 4, offset: Self.members[5], reason: "chunk 4 again, expected chunk 5", chunksBefore: 4)
        var size = 0
        let joined = try file("joined.tcet") { data in
            size = data.count
            return data + data
        }
        try check(
            joined, chunk: nil, offset: size, reason: "a second header: this file was joined from several traces",
            chunksBefore: 6)
        let lenient = try CommandRun("replay", "--lenient", joined, "--format", "json")
        #expect(try lenient.status == 0 && number(lenient.json(), "trace.events") == 183_160)
        #expect(lenient.errors.contains("a second header"))
    }

    @Test("Members out of their order come out in it, and that is said")
    func swapped() throws {
        let swapped = try file("swapped.tcet") { data in
            data.prefix(Self.members[2]) + member(3, of: data) + member(2, of: data)
                + data.suffix(from: Self.members[4])
        }
        let run = try CommandRun(
            shell: """
                cmp <("$TOOL" dump "$1") <("$TOOL" dump --lenient "$2" 2> lenient.err) && cat lenient.err
                """, arguments: [Self.trace, swapped])
        #expect(run.status == 0 && run.output.contains("it stands before chunk 2; it was put back in order"))
        #expect(try CommandRun("replay", swapped).status == 65)
    }

    @Test("What is no trace is refused by name, from a file and on the standard input")
    func foreign() throws {
        let run = try CommandRun(
            shell: """
                printf 'hello' | gzip > plain.gz; : > empty.tcet
                for command in 'replay' 'dump' 'info' 'replay --lenient'; do
                    for name in plain.gz empty.tcet "$1"; do
                        "$TOOL" $command $name > /dev/null; echo $? >&2
                        "$TOOL" $command - < $name > /dev/null; echo $? >&2
                    done
                done
                """, arguments: [CommandRun.shipped("Package.swift")])
        let lines = run.errors.split(separator: "\n")
        #expect(lines.count == 48)
        #expect(lines.count { $0 == "65" } == 24)
        #expect(
            lines.contains(
                "tce-emu: plain.gz: offset 0: this is not a trace file: "
                    + "the gzip header has no trace field (TC)"))
        #expect(lines.contains("tce-emu: -: offset 0: the file is empty"))
    }

    @Test("A trace on the standard input that is cut says where")
    func pipe() throws {
        let run = try CommandRun(
            shell: "head -c \(Self.members[4] + 99) \"$1\" | \"$TOOL\" replay - --format json", arguments: [Self.trace])
        #expect(run.status == 65)
        #expect(run.errors.contains("-: chunk 4, offset \(Self.members[4]): the file ends after 99 of the chunk's"))
        #expect(number(try run.json(), "trace.chunks") == 3)
    }
}
