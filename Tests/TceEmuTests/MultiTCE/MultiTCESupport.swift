// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// A trace replayed in one form: what was counted, and the machine at its end.
struct FormRun {
    var statistics: FormStatistics
    var machine: [UInt8]

    init(_ trace: [UInt8], _ form: CallForm, _ options: MultiTCEOptions = MultiTCEOptions()) throws {
        let survey = try Self.survey(trace, platform: options.platform)
        let replay = try FormReplay(TraceReader(MemoryStream(trace)), form, survey: survey, options: options)
        while try replay.step() {}
        statistics = replay.statistics
        machine = try replay.run.machine.snapshot()
    }

    init(text: String, _ form: CallForm, _ options: MultiTCEOptions = MultiTCEOptions()) throws {
        try self.init(TimedReplay.trace(text), form, options)
    }

    static func survey(_ trace: [UInt8], platform: Platform? = nil) throws -> BootSurvey {
        let reader = try TraceReader(MemoryStream(trace))
        let surveyor = try BootSurveyor(reader.header, platform: platform)
        while let batch = try reader.next() {
            try surveyor.add(batch, firstEvent: reader.eventsRead - UInt64(batch.count))
        }
        return surveyor.finish()
    }

    /// "H_PUT_TCE 3/3 H_STUFF_TCE 1/512": calls and TCEs by name, in the order of the calls' numbers.
    static func counts(_ hcalls: [String: ReplayStatistics.Calls]?) -> String {
        TraceEvent.Hcall.Kind.allCases.compactMap { kind in
            (hcalls?[kind.hcallName]).map { "\(kind.hcallName) \($0.calls)/\($0.tces)" }
        }.joined(separator: " ")
    }

    var counts: String { Self.counts(statistics.hcalls) }

    func counts(_ phase: CallPhase) -> String { Self.counts(statistics.phases[phase]) }
}

extension MultiTCEComparison {
    /// Of a trace in memory; what is wrong with it is thrown.
    static func of(
        _ trace: [UInt8], _ options: MultiTCEOptions = MultiTCEOptions(),
        guest: GuestConfiguration = GuestConfiguration()
    ) throws -> MultiTCEComparison {
        let outcome = try run(options, guest: { _ in guest }) { try TraceReader(MemoryStream(trace)) }
        if let failure = outcome.failure { throw failure }
        return outcome.comparison
    }
}
