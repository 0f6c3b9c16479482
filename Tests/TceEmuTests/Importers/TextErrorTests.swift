// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

/// What is wrong in a text is told with its line, what was expected and what was found.
@Suite("Text form: errors")
struct TextErrorTests {
    private func error(_ text: String) -> ImportError? {
        do {
            let imported = try importText(text)
            Issue.record("no error: \(imported.events)")
            return nil
        } catch {
            return error as? ImportError
        }
    }

    @Test(
        "An error names the line, what was expected and what was found",
        arguments: [
            (
                "jump",
                "expected an event (phb, window, unwindow, reset, H_GET_TCE, H_PUT_TCE, H_STUFF_TCE, H_PUT_TCE_INDIRECT, rtas, hcall, uv, dma, thaw, map, unmap, sync, alloc, free, set_mask), found 'jump'"
            ),
            ("1.5", "expected an event behind the time, found nothing"),
            ("1:5 reset", "expected a time (SECONDS.FRACTION), found '1:5'"),
            (
                "1.0000000001 reset",
                "expected a time with at most 9 digits behind the point (see @unit), found '1.0000000001'"
            ),
            ("unwindow", "unwindow: expected liobn=NUMBER, found nothing"),
            ("unwindow liobn=", "unwindow: expected a number behind liobn=, found ''"),
            ("unwindow liobn=0xg", "unwindow: expected a number behind liobn=, found '0xg'"),
            ("unwindow liobn=1 liobn=1", "unwindow: liobn= stands twice"),
            (
                "unwindow liobn=18446744073709551616",
                "unwindow: expected a number behind liobn=, found '18446744073709551616'"
            ),
            ("unwindow liobn=1 tces=5", "unwindow: expected liobn=, found 'tces='"),
            ("unwindow liobn=1 now", "unwindow: expected liobn=, found 'now'"),
            ("reset -> H_SUCCESS", "reset: expected nothing more, found 'H_SUCCESS' behind ->"),
            ("phb buid=1 liobn=0x100000000", "phb: expected liobn= to be at most 4294967295, found 0x100000000"),
            ("phb buid=1 liobn=1 shifts=64", "phb: expected page shifts below 64 behind shifts=, found 64"),
            ("phb buid=1 liobn=1 ddw=maybe", "phb: expected ddw=on or ddw=off, found 'maybe'"),
            (
                "dma ioba=0 cpu=1",
                "dma: expected liobn=, buid=, requester=, ioba=, length=, read, write, both, found 'cpu='"
            ),
            ("dma ioba=0 buid=0", "dma: expected buid= of a PHB, found 0"),
            ("dma ioba=0 -> page=0 perm=4 shift=12", "dma: expected perm= to be at most 3, found 4"),
            ("dma ioba=0 -> page=0 perm=0 shift=65", "dma: expected shift= to be at most 64, found 65"),
            ("dma ioba=0 -> page=0 perm=0", "dma: expected -> shift=NUMBER, found nothing"),
            ("H_PUT_TCE cpu=65535 liobn=1 ioba=0 tce=0", "H_PUT_TCE: expected cpu= to be at most 65534, found 65535"),
            ("H_PUT_TCE liobn=1 ioba=0 tce=0 ->", "H_PUT_TCE: expected a status or ? behind ->, found nothing"),
            (
                "H_PUT_TCE liobn=1 ioba=0 tce=0 -> H_FINE",
                "H_PUT_TCE: expected a status (H_SUCCESS, -4, ?) behind ->, found 'H_FINE'"
            ),
            (
                "H_PUT_TCE liobn=1 ioba=0 tce=0 -> 2147483648",
                "H_PUT_TCE: expected a status (H_SUCCESS, -4, ?) behind ->, found '2147483648'"
            ),
            ("H_PUT_TCE liobn=1 ioba=0 tce=0 -> 0 -> 0", "H_PUT_TCE: a second arrow"),
            (
                "H_PUT_TCE_INDIRECT liobn=1 ioba=0 npages=2 tces=1",
                "H_PUT_TCE_INDIRECT: expected npages=2 TCEs behind tces=, found 1"
            ),
            (
                "H_PUT_TCE_INDIRECT liobn=1 ioba=0 tces=0*513",
                "H_PUT_TCE_INDIRECT: expected a list of at most 512 numbers"
            ),
            (
                "H_PUT_TCE_INDIRECT liobn=1 ioba=0 tces=1,,2",
                "H_PUT_TCE_INDIRECT: expected numbers separated by commas, or runs FIRST+STEP*COUNT, found '1,,2'"
            ),
            (
                "H_PUT_TCE_INDIRECT liobn=1 ioba=0 tces=1+2",
                "H_PUT_TCE_INDIRECT: expected numbers separated by commas, or runs FIRST+STEP*COUNT, found '1+2'"
            ),
            ("rtas", "rtas: expected the name of an RTAS call, found nothing"),
            ("rtas ibm,fly", "rtas: expected the name or number of an RTAS call, found 'ibm,fly'"),
            ("uv 1 args=0*17", "uv: expected a list of at most 16 numbers"),
            (
                "hcall opcode=1 -> 0 took=18446744073709551615",
                "hcall: expected took= to be at most 18446744073709551614, found 18446744073709551615"
            ),
            ("map device=1 ra=0", "map: expected length=NUMBER, found nothing"),
            ("map device=4294967296 ra=0 length=1", "map: expected device= to be at most 4294967295, found 4294967296"),
            ("@unit us", "expected an event, found @unit: directives stand before the first event"),
        ])
    func events(line: String, reason: String) {
        let error = error("# a trace\nreset\n\(line)\n")
        #expect(error?.line == 3)
        #expect(error?.reason == reason)
    }

    @Test(
        "A directive that is not one is an error",
        arguments: [
            ("@unit min", "expected @unit ns, us, ms or s, found 'min'"),
            ("@memory 2G", "expected @memory BYTES, found '2G'"),
            ("@memory", "expected @memory BYTES, found ''"),
            (
                "@author me",
                "expected @unit, @memory, @platform, @source, @command, @inferred or @writer, found '@author'"
            ),
            ("@platform kvm", "@platform stands twice"),
        ])
    func directives(line: String, reason: String) {
        let error = error("@platform qemu\n\(line)\nreset\n")
        #expect(error?.line == 2)
        #expect(error?.reason == reason)
    }

    @Test("A list call has at most 512 TCEs and other lists at most 16 cells, and so many are read")
    func longestLists() throws {
        #expect(try importText("H_PUT_TCE_INDIRECT liobn=1 ioba=0 tces=0*512").events.count == 1)
        #expect(try importText("uv 1 args=0*16 -> 0 0*16").events.count == 1)
    }

    @Test("A line over 64 KiB is an error, one of 64 KiB is not")
    func longLine() throws {
        let line = "reset #" + String(repeating: "x", count: LineSource.maximumLineBytes - 7)
        #expect(try importText(line).events.count == 1)
        #expect(error("reset\n" + line + "x")?.line == 2)
    }

    @Test("What is quoted of a text is short and has no control characters")
    func quoted() throws {
        let long = try #require(error("unwindow liobn=\u{1b}[31m" + String(repeating: "x", count: 1_000)))
        #expect(long.reason.hasPrefix("unwindow: expected a number behind liobn=, found '?[31mxxx"))
        #expect(long.reason.hasSuffix("x...'") && long.reason.count < 120)
        let kind = try #require(error(String(repeating: "x", count: 60_000)))
        #expect(kind.reason.count == 403)
        let log = try importQEMU("7@1.0:spapr_iommu_put \u{1b}[2J" + String(repeating: "x", count: 1_000))
        #expect(log.report.notUnderstood.first?.firstText.hasPrefix("7@1.0:spapr_iommu_put ?[2Jxxx") == true)
        #expect(log.report.notUnderstood.first?.firstText.count == 203)
    }

    @Test("The description has the line's number")
    func description() {
        #expect(error("\n\njump")?.description.hasPrefix("line 3: expected an event (") == true)
    }
}
