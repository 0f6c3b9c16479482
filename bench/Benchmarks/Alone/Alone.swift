// SPDX-License-Identifier: Apache-2.0
import Benchmark
import Cases

// Each case without its limit: how its times are distributed, and, where the processor counts them, its instructions.
// `BENCHMARK_DISABLE_JEMALLOC=1 swift package --package-path bench benchmark --filter 'H_PUT_TCE.*'`

let benchmarks: @Sendable () -> Void = {
    let configuration = Benchmark.Configuration(
        metrics: [.wallClock, .instructions], scalingFactor: .one, maxDuration: .seconds(1), maxIterations: 200)
    for group in caseGroups(CaseOptions(events: 1_000_000)) {
        for one in group().cases {
            nonisolated(unsafe) let prepare = one.prepare
            nonisolated(unsafe) var bodies: Case.Bodies?
            Benchmark(
                one.name, configuration: configuration,
                closure: { _ in try bodies?.this() },
                setup: { bodies = try prepare() },
                teardown: { bodies = nil })
        }
    }
}
