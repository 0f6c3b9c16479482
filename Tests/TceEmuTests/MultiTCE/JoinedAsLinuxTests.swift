// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// What is joined as the kernel's loops make it, and not only as the rows of calls lie.
struct JoinedAsLinuxTests {
    private typealias Joiner = CallJoinerTests

    private func expect(
        _ lines: [String], in phase: CallPhase, gives expected: [String],
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        try Joiner.expect(
            lines, gives: expected, phases: Array(repeating: phase, count: lines.count), location)
    }

    @Test("One zero alone becomes an H_STUFF_TCE of 1 in every phase but the firmware's", arguments: CallPhase.allCases)
    func oneZero(phase: CallPhase) throws {
        try expect(
            [Joiner.put(5)], in: phase, gives: [phase == .firmware ? Joiner.put(5) : Joiner.stuff(5, 1)])
    }

    @Test(
        "One other alone becomes a list of 1 where a window is filled, and stays elsewhere",
        arguments: CallPhase.allCases)
    func oneOther(phase: CallPhase) throws {
        try expect(
            [Joiner.put(5, 0x5003)], in: phase,
            gives: [phase == .population ? Joiner.list(5, 1, 0x5003) : Joiner.put(5, 0x5003)])
    }

    @Test("What is left of more than 512 is one alone, too")
    func rest() throws {
        try expect(Joiner.puts(1..<514), in: .runTime, gives: [Joiner.stuff(1, 512), Joiner.stuff(513, 1)])
    }

    @Test("A refused zero alone stays an H_PUT_TCE")
    func refused() throws {
        #expect(try Joiner.join(["!" + Joiner.put(5)], phases: [.runTime]) == Joiner.lines([Joiner.put(5)]))
    }

    @Test(
        "A loop that clears or fills a table is joined whichever vCPU makes its calls, elsewhere each vCPU's are",
        arguments: CallPhase.allCases)
    func moved(phase: CallPhase) throws {
        let lines = Joiner.puts(1..<4) + Joiner.puts(4..<8, cpu: 1) + Joiner.puts(8..<10)
        let isLoop = phase == .bootClear || phase == .population
        try expect(
            lines, in: phase,
            gives: isLoop
                ? [Joiner.stuff(1, 9)]
                : [Joiner.stuff(1, 3), Joiner.stuff(4, 4, cpu: 1), Joiner.stuff(8, 2)])
        let unknown = Joiner.puts(1..<4, cpu: nil) + Joiner.puts(4..<8, cpu: 1)
        try expect(
            unknown, in: phase,
            gives: isLoop
                ? [Joiner.stuff(1, 7, cpu: nil)] : [Joiner.stuff(1, 3, cpu: nil), Joiner.stuff(4, 4, cpu: 1)])
    }

    @Test("The loop that moved has at most 512 in a call; the next is made by the vCPU that begins it")
    func movedLong() throws {
        try expect(
            Joiner.puts(0..<500) + Joiner.puts(500..<1024, cpu: 1), in: .bootClear,
            gives: [Joiner.stuff(0, 512), Joiner.stuff(512, 512, cpu: 1)])
    }

    @Test("It does not go on where the page is another, where it was used, or where zeros end")
    func notMoved() throws {
        for (lines, expected) in [
            (Joiner.puts(1..<3) + Joiner.puts(4..<6, cpu: 1), [Joiner.stuff(1, 2), Joiner.stuff(4, 2, cpu: 1)]),
            (
                Joiner.puts(1..<3) + ["dma liobn=0x8 ioba=0x3000 length=1 read"] + Joiner.puts(3..<5, cpu: 1),
                [Joiner.stuff(1, 2), "dma liobn=0x8 ioba=0x3000 length=1 read", Joiner.stuff(3, 2, cpu: 1)]
            ),
            (
                Joiner.puts(1..<3) + Joiner.puts(3..<5, 0x5003, cpu: 1),
                [Joiner.stuff(1, 2), Joiner.list(3, 2, 0x5003, cpu: 1)]
            ),
        ] {
            try expect(lines, in: .bootClear, gives: expected)
        }
    }

    @Test("A vCPU that goes on with another's loop has ended its own run")
    func ownEnds() throws {
        let lines =
            Joiner.puts(1..<3) + Joiner.puts(101..<103, cpu: 1) + Joiner.puts(3..<5, cpu: 1)
            + Joiner.puts(103..<105, cpu: 1)
        try expect(
            lines, in: .bootClear,
            gives: [Joiner.stuff(1, 4), Joiner.stuff(101, 2, cpu: 1), Joiner.stuff(103, 2, cpu: 1)])
    }

    @Test("A whole boot whose clear moves to another vCPU in its midst has the calls of one that stays")
    func movedClear() throws {
        let puts = (0..<2048).map { "H_PUT_TCE cpu=\($0 < 1000 ? 0 : 1) liobn=8 ioba=\($0 << 12) tce=0\n" }.joined()
        let run = try FormRun(text: "phb buid=7 liobn=8 bytes=0x800000\n" + puts, .joined)
        #expect(run.counts(.bootClear) == "H_STUFF_TCE 4/2048")
        #expect(run.counts == "H_STUFF_TCE 4/2048")
    }

    @Test("A driver's maps and unmaps of a page are the calls that it makes with multi-TCE")
    func runTime() throws {
        let text = """
            phb buid=7 liobn=8 bytes=0x4000
            H_STUFF_TCE cpu=0 liobn=8 ioba=0 tce=0 npages=4
            H_PUT_TCE cpu=0 liobn=8 ioba=0x1000 tce=0x5003
            H_PUT_TCE cpu=0 liobn=8 ioba=0x1000 tce=0
            """
        #expect(try FormRun(text: text, .joined).counts(.runTime) == "H_PUT_TCE 1/1 H_STUFF_TCE 1/1")
    }
}
