// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// Replays of small traces, and of generated ones cut in two.
struct ReplayTests {
    static let liobn: LIOBN = 0x8000_0000

    static func replay(
        _ bodies: [TraceEvent.Body], memory: UInt64? = nil, check: Bool = false
    ) throws -> (statistics: ReplayStatistics, mismatches: [Mismatch]) {
        var header = TraceHeader()
        header.memoryBytes = memory
        let events = bodies.enumerated().map { TraceEvent(time: UInt64($0.offset) * 10, body: $0.element) }
        var options = ReplayOptions()
        options.check = check
        var replay = try Replay(
            TraceReader(MemoryStream(TraceFileTests.write(events, header: header))), options: options)
        let statistics = try replay.run()
        return (statistics, replay.mismatches)
    }

    static let phb = TraceEvent.Body.phb(TraceEvent.PHB(buid: 0x800_0000_2000_0000, liobn: 0x8000_0000))

    static func put(_ ioba: IOBA, _ tce: UInt64, status: Int32? = nil) -> TraceEvent.Body {
        .hcall(TraceEvent.Hcall(.put, cpu: 0, liobn: liobn, ioba: ioba, value: tce, status: status))
    }

    static func dma(
        _ ioba: IOBA, _ length: UInt64?, _ access: DMAAccess, outcome: TraceEvent.DMA.Outcome? = nil
    ) -> TraceEvent.Body {
        .dma(TraceEvent.DMA(liobn: liobn, ioba: ioba, length: length, access: access, outcome: outcome))
    }

    @Test("Hcalls are counted by name, with their TCEs and errors")
    func hcallCounters() throws {
        let (statistics, _) = try Self.replay([
            Self.phb,
            Self.put(0x1000, 0x5003), Self.put(0x4000_0000, 0x5003),
            .hcall(TraceEvent.Hcall(.stuff, liobn: Self.liobn, ioba: 0, npages: 512)),
            .hcall(
                TraceEvent.Hcall(
                    .putIndirect, liobn: Self.liobn, ioba: 0, value: 0x2000, npages: 3,
                    entries: [0x1003, 0x2003, 0x3003])),
            .hcall(TraceEvent.Hcall(.get, liobn: Self.liobn, ioba: 0x2000)),
        ])
        // First touches of 10,000 cycles: the table's second 64 KiB are never reached.
        #expect(statistics.hcalls["H_PUT_TCE"] == .init(calls: 2, tces: 2, errors: 1, cycles: 2 * 5000 + 10_000))
        #expect(statistics.hcalls["H_STUFF_TCE"] == .init(calls: 1, tces: 512, errors: 0, cycles: 4700 + 512 * 12))
        #expect(statistics.hcalls["H_PUT_TCE_INDIRECT"] == .init(calls: 1, tces: 3, errors: 0, cycles: 4700 + 3 * 80))
        #expect(statistics.hcalls["H_GET_TCE"] == .init(calls: 1, tces: 1, errors: 0, cycles: 5000))
        #expect(statistics.trace.events == 6)
        #expect(statistics.trace.spanNanoseconds == 50)
    }

    @Test("Faults are counted by cause, and no cause twice for one access")
    func faultsByCause() throws {
        let (statistics, _) = try Self.replay(
            [
                Self.phb, Self.put(0x1000, 0x5001), Self.put(0x2000, 0x6002), Self.put(0x3000, 0x100_0003),
                Self.dma(0x1000, 4096, .read), Self.dma(0x1000, 4096, .write), Self.dma(0x2000, 4096, .read),
                Self.dma(0x2000, 4096, .write), Self.dma(0x3000, 1, .read), Self.dma(0x4000_0000, 1, .read),
                Self.dma(0x1fff, 2, .read), Self.dma(0x4000, nil, []), Self.dma(0x1234, nil, []),
                .dma(TraceEvent.DMA(liobn: 0x9000_0000, ioba: 0, length: 1, access: .read)),
            ], memory: 16 << 20)
        let dma = statistics.dma
        #expect(dma.transactions == 10)
        #expect(dma.reads == 6)
        #expect(dma.writes == 2)
        #expect(dma.unknown == 2)
        #expect(dma.reads + dma.writes + dma.unknown == dma.transactions)
        #expect(
            dma.faults
                == .init(
                    total: 7, noWindow: 1, outsideWindow: 1, noRead: 3, noWrite: 1, notMemory: 1, notShared: 0,
                    peFrozen: 0))
        #expect(dma.bytes == 4 * 4096 + 1 + 1 + 2 + 1)
    }

    @Test("Without a known memory no address is outside it")
    func unknownMemory() throws {
        let (statistics, _) = try Self.replay(
            [Self.phb, Self.put(0x1000, 0xffff_ffff_ffff_f003), Self.dma(0x1000, 4096, .write)])
        #expect(statistics.dma.faults.total == 0)
    }

    @Test("An access that straddles pages looks up each")
    func straddling() throws {
        let (statistics, _) = try Self.replay(
            [
                Self.phb, Self.put(0x1000, 0x5003), Self.put(0x2000, 0x9003), Self.put(0x3000, 0x1003),
                Self.dma(0x1800, 0x1000, .read), Self.dma(0x1800, 0x1801, .read), Self.dma(0x1800, 0x2801, .read),
            ])
        #expect(statistics.dma.translations == 2 + 3 + 4)
        #expect(statistics.dma.faults.total == 1)
    }

    @Test("A device known by PHB alone goes through the window that its address lies in")
    func requesterWithoutLIOBN() throws {
        func dma(_ ioba: IOBA, buid: BUID) -> TraceEvent.Body {
            .dma(TraceEvent.DMA(liobn: nil, buid: buid, requester: 0x18, ioba: ioba, length: 4, access: .read))
        }
        let create = TraceEvent.Body.rtas(
            TraceEvent.Call(0x2027, arguments: [0, 0x800_0000, 0x2000_0000, 16, 30], returns: 4))
        let (statistics, _) = try Self.replay([
            Self.phb, create, Self.put(0x1000, 0x5003),
            .hcall(TraceEvent.Hcall(.put, liobn: 0x8000_0001, ioba: 1 << 59, value: 0x1_0003)),
            dma(0x1000, buid: 0x800_0000_2000_0000), dma(1 << 59, buid: 0x800_0000_2000_0000),
            dma(0x1000, buid: 0x800_0000_2000_0001), dma(1 << 58, buid: 0x800_0000_2000_0000),
        ])
        #expect(statistics.dma.faults == .init(total: 2, noWindow: 2))
        #expect(statistics.rtas["ibm,create-pe-dma-window"] == .init(calls: 1, errors: 0))
    }

    @Test("Each recorded answer is compared once, and the first thing that differs is named")
    func check() throws {
        func outcome(_ page: UInt64, _ permission: UInt8, _ shift: UInt8) -> TraceEvent.DMA.Outcome {
            .init(page: page, permission: permission, shift: shift)
        }
        let (statistics, mismatches) = try Self.replay(
            [
                Self.phb, Self.put(0x1000, 0x5003, status: 0), Self.put(0x1000, 0x5003, status: -4),
                .hcall(TraceEvent.Hcall(.get, liobn: Self.liobn, ioba: 0x1000, value: 0x5003, status: 0)),
                .hcall(TraceEvent.Hcall(.get, liobn: Self.liobn, ioba: 0x1000, value: 0x5001, status: 0)),
                Self.dma(0x1008, nil, [], outcome: outcome(0x5000, 3, 12)),
                Self.dma(0x1008, nil, [], outcome: outcome(0x6000, 3, 12)),
                Self.dma(0x1008, nil, [], outcome: outcome(0x5000, 1, 12)),
                Self.dma(0x1008, nil, [], outcome: outcome(0x5000, 3, 16)),
                Self.dma(0x2000, nil, [], outcome: outcome(0, 0, 12)),
                Self.dma(0x2000, nil, []),
                Self.put(0x9000, 0x1),
            ], check: true)
        #expect(statistics.check.compared == 9)
        #expect(statistics.check.mismatches == 5)
        #expect(mismatches.map(\.what) == ["status", "tce", "page", "perm", "mask"])
        #expect(mismatches.map(\.event) == [2, 4, 6, 7, 8])
        #expect(mismatches[2].recorded == 0x6000 && mismatches[2].answered == 0x5000)
    }

    @Test("A TCE without permission keeps its address in the recorded translation")
    func addressWithoutPermission() throws {
        let (statistics, _) = try Self.replay(
            [
                Self.phb, Self.put(0x1000, 0x650_0000, status: 0),
                Self.dma(0x1700, nil, [], outcome: .init(page: 0x650_0000, permission: 0, shift: 12)),
            ], check: true)
        #expect(statistics.check.compared == 2)
        #expect(statistics.check.mismatches == 0)
        #expect(statistics.dma.faults.noRead == 1)
    }

    @Test("Answers of RTAS calls are compared apart from the hcalls'")
    func checkRTAS() throws {
        let arguments: [UInt64] = [0, 0x800_0000, 0x2000_0000, 16, 30]
        let (statistics, mismatches) = try Self.replay(
            [
                Self.phb,
                .rtas(
                    TraceEvent.Call(
                        0x2027, arguments: arguments, returns: 4, status: 0, outputs: [0x8000_0001, 0x800_0000, 0])),
                .rtas(TraceEvent.Call(0x2027, arguments: arguments, returns: 4, status: 0)),
            ], check: true)
        #expect(statistics.check.compared == 0)
        #expect(statistics.check.rtasCompared == 2)
        #expect(statistics.check.rtasMismatches == 1)
        #expect(mismatches.first?.what == "cell")
        #expect(mismatches.first?.event == 2)
    }

    @Test("Counts that a guest names may be any number: sums stop at the largest, and reports print them")
    func hugeCounts() throws {
        func refused() -> TraceEvent.Body {
            .hcall(TraceEvent.Hcall(.putIndirect, liobn: Self.liobn, ioba: 0, value: 1, npages: .max))
        }
        let (statistics, _) = try Self.replay([Self.phb, refused(), refused(), Self.put(0x1000, 1)])
        #expect(statistics.hcalls["H_PUT_TCE_INDIRECT"] == .init(calls: 2, tces: .max, errors: 2, cycles: 9400))
        #expect(TextReport(statistics).description.contains("18,446,744,073,709,551,615"))
        #expect(TextReport(statistics).description.contains("9223372036854775807.5"))
    }

    @Test("A number above 32 bits is no RTAS token, and no LIOBN of a PHB")
    func wideNumbers() throws {
        var phb = TraceEvent.PHB(buid: 1, liobn: 0)
        phb.liobn = 0x9000_0000
        let (statistics, _) = try Self.replay([
            Self.phb, .phb(phb),
            .rtas(TraceEvent.Call(0x1_0000_2027, arguments: [0, 0x800_0000, 0x2000_0000, 16, 30], returns: 4)),
            .dma(TraceEvent.DMA(liobn: 0x8000_0001, ioba: 1 << 59, length: 1, access: .read)),
        ])
        #expect(statistics.rtas.isEmpty)
        #expect(statistics.dma.faults.noWindow == 1)
    }

    @Test("Events of other layers and refused platform events are counted, and end nothing")
    func othersAreCounted() throws {
        let (statistics, _) = try Self.replay([
            .window(TraceEvent.Window(liobn: 0x7100_0000, pageShift: 11, tces: 16)),
            .window(TraceEvent.Window(liobn: 0x7100_0000, tces: (1 << 40) + 1)),
            .window(TraceEvent.Window(liobn: 0x7100_0000, tces: 16)), .unwindow(liobn: 5), .reset,
            .observed(TraceEvent.Observed(opcode: 0x20, status: 0, duration: 4)),
            .ultracall(TraceEvent.Call(0xf130, arguments: [1, 2], status: 0)), .thaw(buid: 1, configAddress: 2),
            .guest(TraceEvent.Guest(.map, device: 1, address: 0x1000, value: 0x2000, length: 5, access: .read)),
        ])
        #expect(
            statistics.others
                == .init(
                    observedHcalls: 1, ultracalls: 1, ultracallErrors: 1, guestCalls: 1, platformEvents: 6, refused: 4))
        #expect(statistics.trace.events == 9)
        #expect(statistics.trace.complete)
    }

    @Test("Cut at any place, the two halves count what the whole does", arguments: [1, 20_000, 32_768, 70_001])
    func fromAndTo(place: UInt64) throws {
        let output = MemoryStream()
        _ = try Workload.nvme.generate(events: 80_000, seed: 5, to: output)
        func run(from: TracePosition?, to: TracePosition?) throws -> ReplayStatistics {
            var options = ReplayOptions()
            options.from = from
            options.to = to
            var replay = try Replay(TraceReader(MemoryStream(output.bytes)), options: options)
            return try replay.run()
        }
        let reader = try TraceReader(MemoryStream(output.bytes))
        var time: UInt64 = 0
        while let batch = try reader.next() {
            let first = reader.eventsRead - UInt64(batch.count)
            if (first..<reader.eventsRead).contains(place) { time = batch.time(at: Int(place - first)) }
        }
        let whole = try run(from: nil, to: nil)
        let first = try run(from: nil, to: .time(time))
        let second = try run(from: .time(time), to: nil)
        #expect(first.trace.events + second.trace.events == whole.trace.events)
        #expect(first.dma.faults.total + second.dma.faults.total == whole.dma.faults.total)
        #expect(first.dma.bytes + second.dma.bytes == whole.dma.bytes)
        #expect(whole.dma.faults.total == 0)
        for (name, calls) in whole.hcalls {
            #expect((first.hcalls[name]?.tces ?? 0) + (second.hcalls[name]?.tces ?? 0) == calls.tces)
        }
    }

    @Test("--from and --to take whole chunks")
    func chunkPositions() throws {
        let output = MemoryStream()
        _ = try Workload.nic.generate(events: 100_000, seed: 5, to: output)
        var options = ReplayOptions()
        options.from = .chunk(2)
        options.to = .chunk(4)
        var replay = try Replay(TraceReader(MemoryStream(output.bytes)), options: options)
        let statistics = try replay.run()
        #expect(statistics.trace.events == 2 * 32_768)
        #expect(statistics.trace.chunks == 2)
        #expect(statistics.dma.faults.total == 0)
    }

    @Test("A damaged trace gives the statistics so far, marked as not complete")
    func damaged() throws {
        let output = MemoryStream()
        _ = try Workload.nic.generate(events: 100_000, seed: 5, to: output)
        var bytes = output.bytes
        bytes[bytes.count / 2] ^= 1
        var replay = try Replay(TraceReader(MemoryStream(bytes)))
        #expect(throws: TraceError.self) { try replay.run() }
        #expect(!replay.snapshot().trace.complete)
        #expect(replay.snapshot().trace.events % 32_768 == 0)
    }

    @Test("After a lost chunk nothing is compared")
    func nothingComparedAfterALoss() throws {
        let puts = (1..<UInt64(80_000)).map { (time: UInt64) -> TraceEvent in
            TraceEvent(time: time, body: Self.put(time % 1000 << 12, time << 12, status: 0))
        }
        let events = [TraceEvent(time: 0, body: Self.phb)] + puts
        var bytes = try TraceFileTests.write(events)
        let chunk = try TraceSummary(MemoryStream(bytes)).chunks[1]
        bytes[Int(chunk.offset) + 200] ^= 4
        var readerOptions = TraceReader.Options()
        readerOptions.lenient = true
        var options = ReplayOptions()
        options.check = true
        var replay = try Replay(TraceReader(MemoryStream(bytes), options: readerOptions), options: options)
        let statistics = try replay.run()
        #expect(statistics.check.compared == 32_767)
        #expect(statistics.trace.lostChunks == 1)
        #expect(statistics.trace.lostEvents == 32_768)
        #expect(statistics.trace.events == 80_000 - 32_768)
        #expect(!statistics.trace.complete)
    }
}
