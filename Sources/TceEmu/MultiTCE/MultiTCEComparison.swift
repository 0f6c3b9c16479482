// SPDX-License-Identifier: Apache-2.0

/// What multi-TCE hypercalls buy a trace's guest: its calls as recorded, as single ones, and joined; the cost of a list
/// by its length; and what a guest's DMA layer makes of a trace's calls of the DMA API.
public struct MultiTCEComparison: Hashable, Sendable {
    public private(set) var survey = BootSurvey()
    public private(set) var forms: [CallForm: FormStatistics] = [:]
    public private(set) var curve: MultiTCECurve
    public private(set) var secure: ListSharingCurve
    /// Nil: the trace has no call of the DMA API.
    public private(set) var guest: GuestComparison?
    public let platform: Platform
    public let profile: TimingProfile
    public let arrival: TimingArrival
    /// A part of the trace was asked for.
    public let isOfPart: Bool
    /// Of the events that were replayed.
    public private(set) var complete = true
    /// What a lenient reader passed over.
    public private(set) var loss = TraceLoss()
    /// Maps that an import found behind hcalls: how they were made.
    public private(set) var lifted = LiftedMaps()

    /// The calls are those of a guest's DMA layer: the trace has none of its own.
    public var isOfGuestLayer: Bool { survey.hcalls == 0 && guest != nil }

    /// What is being read.
    public enum Pass: Hashable, Sendable {
        case survey
        case form(CallForm)
        case guest(MultiTCE)
    }

    /// A comparison, and what is wrong with its trace.
    public struct Outcome {
        public var comparison: MultiTCEComparison
        /// Why the trace was not read to its end; nil: it was.
        public var failure: (any Error)?
        /// What a lenient reader passed over.
        public var loss: TraceLoss
    }

    /// Reads the trace once for each pass.
    ///
    /// A damaged trace is compared up to the damage. Throws where nothing can be compared, and what `progress` throws.
    ///
    /// - Parameters:
    ///   - guest: to whom calls of the DMA API are given.
    ///   - open: the trace, from its beginning.
    ///   - progress: is called after each chunk.
    public static func run(
        _ options: MultiTCEOptions, guest: (TraceHeader) throws -> GuestConfiguration,
        open: () throws -> TraceReader, progress: (Pass, TraceReader) throws -> Void = { _, _ in }
    ) throws -> Outcome {
        var reader = try open()
        let surveyor = try BootSurveyor(reader.header, platform: options.platform)
        let platform = try MachineConfiguration.ofTrace(reader.header, options.platform).platform
        var comparison = MultiTCEComparison(
            curve: try MultiTCECurve(options.timing.profile, platform: platform),
            secure: try ListSharingCurve(options.timing.profile, platform: platform), platform: platform,
            profile: options.timing.profile, arrival: options.timing.arrival,
            isOfPart: options.from != nil || options.to != nil)
        var failure: (any Error)?
        var finder = LiftedMapFinder()
        do {
            while let batch = try reader.next() {
                finder.note(batch)
                try surveyor.add(batch, firstEvent: reader.eventsSkipped + reader.eventsRead - UInt64(batch.count))
                try progress(.survey, reader)
            }
        } catch let error as TraceError where error.kind != .interrupted {
            failure = error
        }
        comparison.survey = surveyor.finish()
        comparison.lifted = finder.maps
        comparison.loss = reader.loss
        for form in CallForm.allCases {
            reader = try open()
            let replay = try FormReplay(reader, form, survey: comparison.survey, options: options)
            do {
                while try replay.step() { try progress(.form(form), reader) }
            } catch let error as TraceError where error.kind != .interrupted {
                failure = failure ?? error
            } catch let error as ReplayError {
                failure = failure ?? error
            }
            comparison.forms[form] = replay.statistics
        }
        if comparison.survey.guestCalls > 0 {
            comparison.guest = try GuestComparison(guest(reader.header), options.timing.profile) { setting, replay in
                reader = try open()
                do {
                    while let batch = try reader.next() {
                        for index in 0..<batch.count { try replay.apply(batch[index]) }
                        try progress(.guest(setting), reader)
                    }
                } catch let error as TraceError where error.kind != .interrupted {
                    failure = failure ?? error
                }
            }
        }
        comparison.complete = failure == nil && comparison.forms.values.allSatisfy(\.isComplete)
        return Outcome(comparison: comparison, failure: failure, loss: comparison.loss)
    }

    private init(
        curve: MultiTCECurve, secure: ListSharingCurve, platform: Platform, profile: TimingProfile,
        arrival: TimingArrival, isOfPart: Bool
    ) {
        self.curve = curve
        self.secure = secure
        self.platform = platform
        self.profile = profile
        self.arrival = arrival
        self.isOfPart = isOfPart
    }

    /// As long as 512 H_PUT_TCE take, which the longest list is split into.
    public var waitLimit: UInt64 { curve.points.last?.single ?? 0 }

    /// Transactions of a form wait longer, in the mean: for calls that fall ever further behind their stamps.
    public func isBehindStamps(_ form: CallForm) -> Bool { statistics(form).meanWaitCycles > waitLimit }

    /// What the trace's calls are in a form: of a trace with calls of the DMA API alone, those that the guest makes.
    public func statistics(_ form: CallForm) -> FormStatistics {
        if isOfGuestLayer, let guest, form != .recorded {
            return guest.statistics(form == .single ? guest.single : guest.joined)
        }
        return forms[form] ?? FormStatistics()
    }
}
