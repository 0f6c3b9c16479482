// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Secure guests and the bounds of a trace's work, as a person meets them.
struct SecureGuestCommandTests {
    private static let phb = "phb buid=0x800000020000000 liobn=0x80000000\n"

    private static func replay(_ text: String, _ options: String...) throws -> CommandRun {
        let path = CommandRun.path(UUID().uuidString + ".tcet")
        let made = try CommandRun("import", "text", "-", "-o", path, input: text)
        try #require(made.status == 0, "\(made.errors)")
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try CommandRun(
            shell: "\"$TOOL\" replay --functional \"$@\" --format json", arguments: [path] + options)
    }

    @Test(
        "A trace that asks for more than it is long ends with 65 and says where",
        arguments: [
            // One access of 2^40 bytes over a window that is mapped.
            (
                "window liobn=5 tces=0x200000\nwindow liobn=6 tces=0x10000000\n"
                    + "H_STUFF_TCE liobn=5 ioba=0 tce=3 npages=0x200000\n"
                    + String(repeating: "dma liobn=5 ioba=0 length=0x10000000000 read\n", count: 2), 4
            ),
            // A nonzero H_STUFF_TCE over a window of 2^28.
            ("window liobn=5 tces=0x10000000\nH_STUFF_TCE liobn=5 ioba=0 tce=3 npages=0x10000000\n", 1),
            // 2^40 frames are shared.
            ("uv UV_ESM\nuv UV_SHARE_PAGE args=0,0x10000000000\n", 1),
            ("uv UV_ESM\nuv UV_UNSHARE_PAGE args=0,0x10000000000\n", 1),
            // A secure guest's access to all of a huge page, again and again.
            (
                "window liobn=5 shift=34 tces=16\nH_PUT_TCE liobn=5 ioba=0 tce=3\nuv UV_ESM\n"
                    + String(repeating: "dma liobn=5 ioba=0 length=0x400000000 read\n", count: 20), 19
            ),
        ] as [(String, Int)])
    func tooMuch(_ text: String, _ event: Int) throws {
        let run = try Self.replay(text)
        #expect(run.status == 65)
        #expect(
            run.errors.contains(
                "event \(event), chunk 1: the event asks for more pages than a trace of this length may"),
            "\(run.errors)")
        // What came before it is counted.
        #expect(number(try run.json(), "trace.events") == event)
        #expect(value(try run.json(), "trace.complete") as? Bool == false)
    }

    @Test("Many resets of many windows end with 65, too")
    func resets() throws {
        let windows = (0..<4096).map { "window liobn=\($0 + 16) tces=16\n" }.joined()
        let run = try Self.replay(windows + String(repeating: "reset\n", count: 200))
        #expect(run.status == 65)
        #expect(run.errors.contains("chunk 1: the event asks for more pages"))
    }

    @Test("Clearing a table that was written, again and again, ends with 65")
    func clears() throws {
        let run = try Self.replay(
            "window liobn=5 tces=0x300000\nH_STUFF_TCE liobn=5 ioba=0 tce=3 npages=0x300000\n"
                + String(repeating: "H_STUFF_TCE liobn=5 ioba=0 tce=0 npages=0x300000\n", count: 1000))
        #expect(run.status == 65)
    }

    @Test("An access through a window that is not translated costs nothing, whatever its length")
    func bypass() throws {
        let run = try Self.replay(
            "window liobn=5 tces=0x10000000000 bypass\n"
                + String(repeating: "dma liobn=5 ioba=8 length=0xfffffffffff8 read\n", count: 100))
        #expect(run.status == 0)
        #expect(number(try run.json(), "dma.faults.total") == 0)
    }

    @Test("Ordinary traces never come near the bound")
    func ordinary() throws {
        let list = "H_PUT_TCE_INDIRECT liobn=0x80000000 ioba=0 list=0x4000000 tces=0x5003+0x1000*512\n"
        let clear = "H_STUFF_TCE liobn=0x80000000 ioba=0 tce=0 npages=512\n"
        let map = (0..<8).map {
            "H_PUT_TCE_INDIRECT liobn=0x80000000 ioba=\($0 << 21) list=0x4000000 tces=0x5003+0x1000*512\n"
        }.joined()
        let run = try Self.replay(
            "@memory 0x40000000\n" + Self.phb + String(repeating: list + clear, count: 2000)
                + "uv UV_ESM\nuv UV_SHARE_PAGE args=0x400,1024 -> U_SUCCESS\n" + list + map
                + String(repeating: "dma liobn=0x80000000 ioba=0 length=0x1000000 read\n", count: 100)
                + String(repeating: "dma liobn=0x80000000 ioba=0x100000 length=0x100000 read\n", count: 30_000)
                + "uv UV_UNSHARE_ALL_PAGES\nreset\n",
            "--check")
        #expect(run.status == 0, "\(run.errors)")
        #expect(number(try run.json(), "sharing.peak_shared_pages") == 1024)
        #expect(number(try run.json(), "dma.bytes") == 100 << 24 + 30_000 << 20)
    }

    @Test("Both sides of the bound: 2^22 pages, and 512 more with each event before")
    func exactly() throws {
        // One event before the access, whose pages are paid for whether or not it comes so far.
        for (more, status) in [(0, 0), (1, 65)] as [(Int, Int32)] {
            let pages = 1 << 22 + 512 + more
            let run = try Self.replay(
                "window liobn=5 tces=0x800000\ndma liobn=5 ioba=0 length=\(pages << 12) read\n")
            #expect(run.status == status, "\(run.errors)")
        }
    }

    @Test("The JSON has what sharing and EEH counted")
    func keys() throws {
        let text = """
            @memory 0x10000000
            \(Self.phb)
            H_PUT_TCE liobn=0x80000000 ioba=0 tce=0x1000003
            uv UV_ESM
            uv UV_SHARE_PAGE args=0x200,3
            uv UV_UNSHARE_PAGE args=0x200,1
            dma liobn=0x80000000 ioba=0 length=8 write
            H_PUT_TCE_INDIRECT liobn=0x80000000 ioba=0x5000 list=0x1000000 tces=0x5003
            dma liobn=0x80000000 ioba=0x9000
            dma liobn=0x80000000 ioba=0
            thaw buid=0x800000020000000
            dma liobn=0x80000000 ioba=0
            """
        let json = try Self.replay(text, "--eeh", "freeze").json()
        for (key, expected) in [
            "sharing.shared_pages": 2, "sharing.peak_shared_pages": 3, "sharing.share_calls": 1,
            "sharing.unshare_calls": 1, "sharing.page_outs": 2, "sharing.page_ins": 1, "sharing.damaged_pages": 1,
            "sharing.lost_pages": 1, "dma.faults.not_shared": 2, "dma.faults.pe_frozen": 1, "dma.faults.no_read": 1,
            "dma.faults.total": 4, "others.ultracalls": 3, "others.ultracall_errors": 0,
        ] {
            #expect(number(json, key) == expected, "\(key)")
        }
    }

    @Test("The example of docs/secure-guests.md prints what the page shows")
    func example() throws {
        let url = CommandRun.package.appendingPathComponent("docs/secure-guests.md")
        let blocks = try String(contentsOf: url, encoding: .utf8).components(separatedBy: "```")
        func block(_ language: String) -> [String] {
            blocks.enumerated().filter { $0.offset % 2 == 1 && $0.element.hasPrefix(language + "\n") }
                .map { String($0.element.dropFirst(language.count + 1)) }
        }
        let scripts = block("script"), transcripts = block("transcript")
        try #require(!scripts.isEmpty && scripts.count == transcripts.count)
        for (script, transcript) in zip(scripts, transcripts) {
            let run = try CommandRun("exec", "--eeh", "freeze", "-", input: script)
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.output == transcript)
        }
    }
}
