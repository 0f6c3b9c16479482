// SPDX-License-Identifier: Apache-2.0
import CTce
import Testing

@testable import TceEmu

/// The time reference has tables of its own: what they answer is what the machine answers.
@Suite("Time reference: functional answers")
struct ReferenceAnswersTests {
    private struct Answers: Equatable {
        /// Of each access that has one, by place in the trace.
        var faults: [Int: String] = [:]
        /// What is there in the end: start, page shift, TCEs, bypass, and the first TCEs.
        var windows: [LIOBN: [UInt64]] = [:]

        /// Of every event, and the counters, which the reference has not.
        var statuses: [Int64] = []
        var counters: [UInt8] = []

        static let tces: UInt64 = 256
    }

    private static func machine(_ scenario: ReferenceScenario, isTimed: Bool = false) throws -> Answers {
        var configuration = MachineConfiguration()
        configuration.platform = .qemu
        configuration.memoryBytes = scenario.configuration.memoryBytes
        configuration.eeh = scenario.configuration.eeh
        configuration.hasMultiTCE = scenario.configuration.hasMultiTCE
        configuration.phbCount = 0
        let machine = try Machine(configuration)
        let batch = try EventBatch()
        for event in scenario.events { try batch.append(event) }
        var raw = unsafe tce_chunk_batch(batch.chunk)
        var counters = tce_counters()
        var results = Array(repeating: tce_result(), count: scenario.events.count)
        let model = isTimed ? try TimedModel(scenario.configuration.lowered, .trace) : nil
        let error = unsafe results.withUnsafeMutableBufferPointer { results in
            var options = unsafe tce_run_options()
            unsafe options.results = results.baseAddress
            unsafe options.time = model?.handle
            return unsafe tce_run(machine.handle, &raw, &counters, &options, nil)
        }
        #expect(error == 0)
        var answers = Answers()
        answers.statuses = results.map { Int64($0.status) }
        answers.counters = unsafe withUnsafeBytes(of: &counters) { unsafe Array($0) }
        for (place, event) in scenario.events.enumerated() {
            guard case .dma = event.body else { continue }
            let fault = DMAFault(rawValue: UInt8(results[place].status))
            // A page that is not shared is no fault for time. [fault]
            if fault != .absent && fault != .notShared { answers.faults[place] = fault.key }
        }
        for window in machine.windows {
            let pages = 0..<min(window.pageCount, Answers.tces)
            let values = pages.map { machine.getTCE(window.liobn, window.start + $0 << window.pageShift).tce?.rawValue }
            answers.windows[window.liobn] =
                [window.start, UInt64(window.pageShift), window.pageCount, window.bypass ? 1 : 0]
                + values.map { $0 ?? .max }
        }
        return answers
    }

    private static func reference(_ scenario: ReferenceScenario) -> Answers {
        let plan = ReferencePlan(scenario.events, scenario.configuration)
        var answers = Answers()
        for transaction in plan.transactions { answers.faults[transaction.place] = transaction.fault?.rawValue }
        for window in plan.guest.tables.windows.values {
            answers.windows[window.liobn] =
                [window.start, window.shift, window.tces, window.isBypass ? 1 : 0]
                + (0..<min(window.tces, Answers.tces)).map { window.value($0) }
        }
        return answers
    }

    @Test("Every access of a random scenario has the machine's fault, and what is left are the machine's tables")
    func answers() throws {
        for seed: UInt64 in 0..<600 {
            let scenario = ReferenceScenario(seed: seed)
            var answers = try Self.machine(scenario)
            // [order] Time never changes an answer.
            #expect(try answers == Self.machine(scenario, isTimed: true), "seed \(seed)")
            (answers.statuses, answers.counters) = ([], [])
            #expect(answers == Self.reference(scenario), "seed \(seed)")
        }
    }
}
