// SPDX-License-Identifier: Apache-2.0
import CTce
import Testing

@testable import TceEmu

/// The time reference has tables of its own: what they answer is what the machine answers.
@Suite("Time reference: functional answers")
struct ReferenceAnswersTests {
    /// The fault of each access, by place in the trace.
    private static func faults(_ scenario: ReferenceScenario) throws -> [Int: String] {
        var configuration = MachineConfiguration()
        configuration.platform = .qemu
        configuration.memoryBytes = scenario.configuration.memoryBytes
        configuration.eeh = scenario.configuration.eeh
        configuration.phbCount = 0
        let machine = try Machine(configuration)
        let batch = try EventBatch()
        for event in scenario.events { try batch.append(event) }
        var raw = unsafe tce_chunk_batch(batch.chunk)
        var counters = tce_counters()
        var results = Array(repeating: tce_result(), count: scenario.events.count)
        let error = unsafe results.withUnsafeMutableBufferPointer { results in
            var options = unsafe tce_run_options()
            unsafe options.results = results.baseAddress
            return unsafe tce_run(machine.handle, &raw, &counters, &options, nil)
        }
        #expect(error == 0)
        var faults: [Int: String] = [:]
        for (place, event) in scenario.events.enumerated() {
            guard case .dma = event.body else { continue }
            let fault = DMAFault(rawValue: UInt8(results[place].status))
            // A page that is not shared is no fault for time. [fault]
            if fault != .absent && fault != .notShared { faults[place] = fault.key }
        }
        return faults
    }

    @Test("Every access of a random scenario has the fault that the machine answers")
    func faults() throws {
        for seed: UInt64 in 0..<600 {
            let scenario = ReferenceScenario(seed: seed)
            let plan = ReferencePlan(scenario.events, scenario.configuration)
            var faults: [Int: String] = [:]
            for transaction in plan.transactions { faults[transaction.place] = transaction.fault?.rawValue }
            #expect(try Self.faults(scenario) == faults, "seed \(seed)")
        }
    }
}
