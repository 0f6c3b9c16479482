// SPDX-License-Identifier: Apache-2.0
import CTce

/// When an event of a replay began and ended.
public struct TimedEvent: Hashable, Sendable {
    /// The cycles of an event that takes time: of a call or of a device's access.
    public struct Span: Hashable, Sendable {
        /// The event's time stamp.
        public var stamp: UInt64
        /// It began: the transaction was issued, the call was made.
        public var issue: UInt64
        public var completion: UInt64
        /// TLPs that were granted the link; 0 of a call.
        public var tlps: UInt32
    }

    /// What came of it.
    public enum Outcome: Hashable, Sendable {
        case hcall(HcallStatus)
        case rtas(Int64)
        case ultracall(UltracallStatus)
        /// An access; its first fault, `absent` for none.
        case access(DMAFault)
        /// An event that has no outcome.
        case none
    }

    /// Number of the event in the trace, counted from 0.
    public var number: UInt64
    public var kind: EventKind
    public var cpu: UInt16?
    public var buid: BUID?
    public var liobn: LIOBN?
    public var requester: UInt32?
    public var outcome: Outcome
    /// Absent of events that take no time.
    public var span: Span?
}

extension TimedEvent.Outcome: CustomStringConvertible {
    /// "H_SUCCESS", "0", "U_SUCCESS", "ok", "no_read"; empty where there is none.
    public var description: String {
        switch self {
        case .hcall(let status): status.description
        case .rtas(let status): String(status)
        case .ultracall(let status): status.description
        case .access(let fault): fault == .absent ? "ok" : fault.key ?? fault.description
        case .none: ""
        }
    }
}

extension TimedEvent {
    /// The first line of a file of these.
    public static let csvHeader =
        "event,kind,cpu,buid,liobn,requester,stamp_cycle,issue_cycle,completion_cycle,latency_cycles,outcome,tlps\n"

    /// Its line: fields that are not known, or that it does not have, are empty.
    public var csv: String {
        var line: [UInt8] = []
        appendCSV(to: &line)
        return String(decoding: line, as: UTF8.self)
    }

    /// Adds its line to a text.
    public func appendCSV(to text: inout [UInt8]) {
        func add(_ word: String) { text.append(contentsOf: word.utf8) }
        func comma() { text.append(UInt8(ascii: ",")) }
        add(String(number))
        comma()
        add(kind.name)
        comma()
        if let cpu { add(String(cpu)) }
        comma()
        if let buid { add(buid.hex) }
        comma()
        if let liobn { add(liobn.hex) }
        comma()
        if let requester { add(requester.hex) }
        comma()
        for value in [span?.stamp, span?.issue, span?.completion, span.map { $0.completion - $0.issue }] {
            if let value { add(String(value)) }
            comma()
        }
        add(outcome.description)
        comma()
        if let span, kind.rawValue == UInt8(TCE_EVENT_DMA) { add(String(span.tlps)) }
        text.append(UInt8(ascii: "\n"))
    }
}
