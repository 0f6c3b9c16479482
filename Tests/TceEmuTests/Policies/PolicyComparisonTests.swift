// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Testing

@testable import TceEmu

@Suite("Policies: cells side by side")
struct PolicyComparisonTests {
    @Test("Results are those of each cell alone, in the cells' order, and each is told of once")
    func order() throws {
        var comparison = PolicyComparison()
        comparison.policies = ["P1", "P3"].compactMap { DMAPolicy(named: $0) }
        comparison.settings = [.call, .life]
        comparison.devices = [.d64, .d32]
        comparison.windows = [1 << 30]
        comparison.buffers = [BufferPlace.l1.start]
        let told = Mutex<[Int]>([])
        let results = try comparison.run { done in told.withLock { $0.append(done) } }
        #expect(results.map(\.cell) == comparison.cells)
        #expect(results.count == 8)
        for result in results {
            #expect(try result == PolicyRun.run(result.cell, comparison.options))
        }
        #expect(told.withLock { $0.sorted() } == Array(1...8))
    }
}
