// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

@Suite("Time: what fails is shrunk")
struct CaseShrinkerTests {
    /// The reference with one thing wrong.
    enum Fault: CaseIterable, Sendable {
        /// A hit takes a cycle more.
        case slowHit
        /// [window] is not known.
        case noWindow
        /// A call that clears a TCE ends a cycle early.
        case earlyClear

        func outcome(_ timed: TimedCase) -> TimedTrace.Outcome {
            var wrong = timed
            switch self {
            case .slowHit: wrong.configuration.hitCycles += 1
            case .noWindow: wrong.configuration.eventsUnderWay = 65_536
            case .earlyClear: break
            }
            var outcome = TimedTrace.Outcome(wrong.reference())
            guard self == .earlyClear else { return outcome }
            for (place, event) in timed.events.enumerated() {
                guard case .hcall(let call) = event.body, call.kind == .stuff else { continue }
                outcome.spans[place]?.done -= 1
            }
            return outcome
        }

        func fails(_ timed: TimedCase) -> Bool { outcome(timed) != TimedTrace.Outcome(timed.reference()) }

        /// Events and options that are left.
        var size: (events: Int, options: Int) {
            switch self {
            // A PHB and two accesses.
            case .slowHit: (3, 6)
            // One that waits, the one before it, and the one that it waits for.
            case .noWindow: (3, 2)
            case .earlyClear: (1, 0)
            }
        }
    }

    @Test("A difference is shown by as few events and options as it takes", arguments: Fault.allCases)
    func shrinks(_ fault: Fault) throws {
        let scenario = try #require(
            (0..<100).lazy.map { ReferenceScenario(seed: $0) }.first { scenario in
                fault.fails(TimedCase(events: scenario.events, configuration: scenario.configuration))
            })
        let timed = TimedCase(events: scenario.events, configuration: scenario.configuration)
        let shrunk = CaseShrinker(fails: fault.fails).shrink(timed)
        #expect(shrunk.events.count <= fault.size.events, "\(shrunk.description)")
        #expect(shrunk.options.count <= fault.size.options, "\(shrunk.description)")
        // What is printed fails again.
        #expect(fault.fails(try TimedCase(replaying: shrunk.description)))
    }
}
