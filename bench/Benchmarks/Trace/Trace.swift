// SPDX-License-Identifier: Apache-2.0
import Benchmark
import TceEmu

// What does it cost to read a trace, and to replay it? One million events of a network card.

let benchmarks: @Sendable () -> Void = {
    let events: UInt64 = 1_000_000
    let output = MemoryStream()
    let trace: [UInt8]
    do {
        _ = try Workload.nic.generate(events: events, seed: 1, to: output)
        trace = output.bytes
    } catch {
        // Nothing to measure without a trace; the harness reports that there is no benchmark.
        return
    }
    let configuration = Benchmark.Configuration(
        metrics: [.wallClock, .cpuTotal, .throughput], scalingFactor: .one, maxDuration: .seconds(5))

    Benchmark("decode a trace, one thread", configuration: configuration) { benchmark in
        var options = TraceReader.Options()
        options.threads = 1
        let reader = try TraceReader(MemoryStream(trace), options: options)
        while try reader.next() != nil {}
        blackHole(reader.eventsRead)
    }

    Benchmark("replay a trace, functional", configuration: configuration) { benchmark in
        var replay = try Replay(TraceReader(MemoryStream(trace)), options: .functional)
        blackHole(try replay.run())
    }
}
