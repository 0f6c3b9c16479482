// SPDX-License-Identifier: Apache-2.0

/// The rules about the order of a trace's members: numbers count up by one, time stamps do not go back, the end's totals
/// are the sums of what came before.
struct SequenceChecker {
    /// Number that the next member has to have; the first after the header is 1.
    private(set) var expected: UInt64 = 1
    private(set) var firstTime: UInt64?
    private(set) var lastTime: UInt64 = 0
    /// Events and chunks that were taken or passed by.
    private(set) var events: UInt64 = 0
    private(set) var chunks: UInt64 = 0
    /// No number was left out.
    private(set) var isComplete = true
    /// What `last` of the end member has to be is known.
    private var knowsLastTime = true
    /// Over the CRCs of the payloads that were taken, the header's first; nil where one of them is not known.
    private var digest: UInt32? = 0
    /// Sums over what was taken, where somebody counts them.
    private var counted = TraceTotals()
    private var countedEvents: UInt64 = 0

    /// Why a member of this number does not come now, nil if it does.
    func faultInNumber(_ number: UInt64) -> String? {
        if number == expected { return nil }
        if number < expected { return "chunk \(number) again, expected chunk \(expected)" }
        return "chunk \(expected) is missing: found chunk \(number)"
    }

    /// Why a chunk that begins at this time does not come now, nil if it does.
    func faultInTime(_ first: UInt64) -> String? {
        first >= lastTime ? nil : "its first time stamp, \(first), is before the last one, \(lastTime)"
    }

    /// Takes a chunk of events. last: nil where it is not known.
    mutating func take(number: UInt64, events count: UInt64, first: UInt64, last: UInt64?, crc: UInt32?) {
        addPayload(crc)
        expected = number + 1
        events += count
        chunks += 1
        firstTime = firstTime ?? first
        lastTime = last ?? first
        knowsLastTime = last != nil
    }

    /// The header, and each chunk, is one of those that the end member was written for. crc: nil where it is not known.
    mutating func addPayload(_ crc: UInt32?) {
        guard let digest, let crc else {
            digest = nil
            return
        }
        self.digest = TraceTotals.digest(digest, crc)
    }

    /// Adds what a chunk that was taken holds.
    mutating func count(_ totals: TraceTotals) {
        for (kind, count) in totals.kinds {
            counted.kinds[kind, default: 0] += count
            countedEvents += count
        }
        for window in totals.windows { counted.note(window) }
    }

    /// The chunks before this number are lost.
    mutating func lose(upTo number: UInt64) {
        expected = number
        isComplete = false
    }

    /// Why these are not the totals of what was taken, nil if they are.
    func fault(in totals: TraceTotals) -> String? {
        guard totals.events >= events, totals.chunks >= chunks,
            !isComplete || (totals.events == events && totals.chunks == chunks)
        else {
            return "the end member promises \(totals.events) events in \(totals.chunks) chunks, "
                + "the file has \(events) in \(chunks)"
        }
        var sum: UInt64 = 0
        for count in totals.kinds.values {
            let (more, overflow) = sum.addingReportingOverflow(count)
            guard !overflow else { return "the end member's numbers of events by kind have no sum" }
            sum = more
        }
        guard sum == totals.events else {
            return "the end member promises \(totals.events) events, by kind \(sum)"
        }
        if isComplete {
            let last = knowsLastTime ? lastTime : max(totals.lastTime, lastTime)
            guard totals.firstTime == firstTime ?? 0, totals.lastTime == last else {
                return "the end member promises times from \(totals.firstTime) to \(totals.lastTime), "
                    + "the file has \(firstTime ?? 0) to \(lastTime)"
            }
        } else if totals.firstTime > firstTime ?? .max || totals.lastTime < lastTime {
            return "the end member promises times from \(totals.firstTime) to \(totals.lastTime), "
                + "the file has more"
        }
        if isComplete, let digest, let promised = totals.digest, digest != promised {
            return "the end member is not that of these chunks: some of them, or the header, are another trace's"
        }
        if isComplete, countedEvents == events, countedEvents > 0 {
            guard counted.kinds == totals.kinds else {
                return "the end member's numbers of events by kind are not those of the file"
            }
            guard counted.windows == totals.windows else {
                return "the end member's windows are not those that the file makes"
            }
        }
        return nil
    }

    static let secondHeader = "a second header: this file was joined from several traces"
    static let notTheEnd = "something follows the end member"
}
