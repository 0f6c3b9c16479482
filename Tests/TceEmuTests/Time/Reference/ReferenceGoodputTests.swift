// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

/// The goodput of a saturated link against its closed form, within 0.5 %.
@Suite("Time reference: goodput")
struct ReferenceGoodputTests {
    /// Bytes per cycle of one requester's accesses at a page's start, once all is in the cache.
    private func goodput(
        _ configuration: ReferenceConfiguration, _ access: DMAAccess, _ length: UInt64, from: Int, to: Int
    )
        -> Double
    {
        var trace = ReferenceTrace()
        trace.configuration = configuration
        trace.configuration.arrival = .saturate
        trace.put(0, page: 0)
        let dma = TraceEvent.DMA(
            liobn: ReferenceTrace.liobn, requester: 1, ioba: 0, length: length, access: access)
        // The first one brings the TCE into the cache; the barrier lets nothing pile up behind its fetch.
        trace.add(0, .dma(dma))
        trace.add(0, .thaw(buid: ReferenceTrace.buid, configAddress: 0))
        for _ in 0...to { trace.add(0, .dma(dma)) }
        let dones = Reference.run(trace.events, trace.configuration).transactions.dropFirst().map(\.done)
        return Double(UInt64(to - from) * length) / Double(dones[to] - dones[from])
    }

    private func pieces(_ length: UInt64, _ size: UInt64) -> [Double] {
        stride(from: 0, to: length, by: Int(size)).map { Double(min(size, length - $0)) }
    }

    private func configuration(rate: UInt64) -> (ReferenceConfiguration, Double) {
        var configuration = ReferenceConfiguration()
        configuration.pcieRate = rate
        return (configuration, Double(rate) * 0.92 / 3_800)
    }

    @Test(
        "Writes: r x L / sum(24 + payload)",
        arguments: [7_877, 31_508] as [UInt64], [1, 3, 64, 255, 256, 257, 1_000, 4_096] as [UInt64])
    func writes(rate: UInt64, length: UInt64) {
        let (configuration, r) = configuration(rate: rate)
        let bytes = pieces(length, configuration.maxPayload).reduce(0) { $0 + 24 + $1 }
        let measured = goodput(configuration, .write, length, from: 20, to: 100)
        #expect(abs(measured / (r * Double(length) / bytes) - 1) < 0.005)
    }

    /// 32 tags; on Gen3 50 cycles one way, so that the links bind, on Gen4 1,330, so that the tags do.
    @Test(
        "Reads: the least of what the completions, the requests and the tags allow",
        arguments: [
            (7_877, 1), (7_877, 16), (7_877, 64), (7_877, 512), (7_877, 600), (7_877, 4_096), (31_508, 1), (31_508, 64),
            (31_508, 256), (31_508, 512), (31_508, 4_096),
        ] as [(UInt64, UInt64)])
    func reads(rate: UInt64, length: UInt64) {
        var (configuration, r) = configuration(rate: rate)
        configuration.tagsPerDevice = 32
        configuration.pcieLatency = rate == 7_877 ? 50 : 1_330
        let requests = pieces(length, configuration.maxReadRequest)
        let completions = requests.flatMap { pieces(UInt64($0), configuration.maxPayload) }.map { $0 + 20 }
        let down = completions.reduce(0, +)
        let k = Double(requests.count)
        let perRequest = down / k
        let roundTrip =
            (24 + perRequest) / r
            + Double(2 * configuration.pcieLatency + configuration.memoryLatency + configuration.hitCycles)
            + 1
        let bytes = Double(length)
        let expected = min(r * bytes / down, r * bytes / (24 * k), 32 * bytes / (k * roundTrip))
        let measured = goodput(configuration, .read, length, from: 64, to: 128)
        #expect(abs(measured / expected - 1) < 0.005, "\(measured) \(expected)")
    }
}
