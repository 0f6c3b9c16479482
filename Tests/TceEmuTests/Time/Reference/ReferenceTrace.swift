// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// A small trace written by hand: one PHB, its default window of 4 KiB pages at 0, time in cycles.
struct ReferenceTrace {
    static let buid: BUID = 7
    static let liobn: LIOBN = 0x8000_0000
    static let vio: LIOBN = 0x7100_0000

    var events: [TraceEvent] = []
    var configuration = ReferenceConfiguration()

    /// The clock is 1,000 MHz, so that a nanosecond is a cycle, and a byte takes the link a quarter of a cycle.
    /// Nothing else takes time but what a test says.
    init(mapped pages: Int = 0) {
        configuration.clockMHz = 1_000
        configuration.pcieRate = 4_000
        configuration.dllpShare = 0
        configuration.pcieLatency = 0
        configuration.hitCycles = 0
        configuration.memoryLatency = 0
        configuration.hcallEntry = 0
        configuration.hcallExit = 0
        configuration.hcallPut = 0
        configuration.hcallStuffEntry = 0
        configuration.hcallListEntry = 0
        add(0, .phb(TraceEvent.PHB(buid: Self.buid, liobn: UInt32(Self.liobn))))
        // Each on a vCPU of its own: it ends in cycle 1.
        for page in 0..<UInt64(pages) { put(0, page: page, cpu: 1_000 + UInt16(page)) }
    }

    mutating func add(_ time: UInt64, _ body: TraceEvent.Body) {
        events.append(TraceEvent(time: time, body: body))
    }

    /// Maps a page of the default window, or takes it away: value 0.
    mutating func put(
        _ time: UInt64, page: UInt64, _ value: UInt64? = nil, liobn: LIOBN = Self.liobn, cpu: UInt16? = 0
    ) {
        add(
            time,
            .hcall(
                TraceEvent.Hcall(
                    .put, cpu: cpu, liobn: liobn, ioba: page << 12, value: value ?? (page + 1) << 12 | 3)))
    }

    mutating func read(
        _ time: UInt64, _ ioba: IOBA, _ bytes: UInt64? = 64, id: UInt32? = 1, liobn: LIOBN? = Self.liobn
    ) {
        dma(time, ioba, bytes, .read, id, liobn)
    }

    mutating func write(
        _ time: UInt64, _ ioba: IOBA, _ bytes: UInt64? = 64, id: UInt32? = 1, liobn: LIOBN? = Self.liobn
    ) {
        dma(time, ioba, bytes, .write, id, liobn)
    }

    private mutating func dma(
        _ time: UInt64, _ ioba: IOBA, _ bytes: UInt64?, _ access: DMAAccess, _ id: UInt32?, _ liobn: LIOBN?
    ) {
        add(time, .dma(TraceEvent.DMA(liobn: liobn, requester: id, ioba: ioba, length: bytes, access: access)))
    }

    /// Every cycle, and without those in which nothing happens.
    func run() -> ReferenceResult {
        let result = Reference.run(events, configuration)
        precondition(result == Reference.run(events, configuration, skipping: false))
        return result
    }

    /// start and done of the transactions.
    var times: [[UInt64]] { run().transactions.map { [$0.start, $0.done] } }
    var dones: [UInt64] { run().transactions.map(\.done) }
}
