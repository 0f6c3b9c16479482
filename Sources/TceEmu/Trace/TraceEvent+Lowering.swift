// SPDX-License-Identifier: Apache-2.0
import CTce

// Between an event as a value and the 32 bytes, stream and side words that it is in a batch (tce_event.h).

private let unknownCPU = UInt16(TCE_CPU_UNKNOWN)
private let unknownDuration = UInt64.max

private let recorded = UInt8(TCE_EVENT_RECORDED)
private let reads = UInt8(TCE_EVENT_READ)
private let writes = UInt8(TCE_EVENT_WRITE)
private let lengthKnown = UInt8(TCE_EVENT_LENGTH)
private let moreFollow = UInt8(TCE_EVENT_MORE)
private let forCPU = UInt8(TCE_EVENT_CPU_SIDE)
private let coherent = UInt8(TCE_EVENT_COHERENT)
private let hasSide = UInt8(TCE_EVENT_SIDE)

extension DMAAccess {
    fileprivate var flags: UInt8 {
        (contains(.read) ? reads : 0) | (contains(.write) ? writes : 0)
    }

    fileprivate init(flags: UInt8) {
        self = []
        if flags & reads != 0 { insert(.read) }
        if flags & writes != 0 { insert(.write) }
    }
}

extension TraceEvent.Body {
    func lower(to event: inout tce_event, _ stream: inout tce_stream, _ side: inout [UInt64]) {
        event.cpu = unknownCPU
        switch self {
        case .phb(let phb):
            event.kind = UInt8(TCE_EVENT_PHB)
            event.address = phb.buid
            side = [
                UInt64(phb.liobn), phb.windowStart, phb.windowBytes, phb.dma64Start, phb.pageShifts, phb.ddw ? 1 : 0,
            ]
        case .window(let window):
            event.kind = UInt8(TCE_EVENT_WINDOW)
            stream.liobn = window.liobn
            event.address = window.start
            side = [window.tces, window.pageShift, window.buid, window.bypass ? 1 : 0]
        case .unwindow(let liobn):
            event.kind = UInt8(TCE_EVENT_UNWINDOW)
            stream.liobn = liobn
        case .reset:
            event.kind = UInt8(TCE_EVENT_RESET)
        case .hcall(let call):
            call.lower(to: &event, &stream, &side)
        case .rtas(let call):
            call.lower(to: &event, &side)
            event.kind = UInt8(TCE_EVENT_RTAS)
        case .ultracall(let call):
            call.lower(to: &event, &side)
            event.kind = UInt8(TCE_EVENT_ULTRACALL)
        case .observed(let call):
            event.kind = UInt8(TCE_EVENT_OBSERVED)
            event.cpu = call.cpu ?? unknownCPU
            event.address = call.opcode
            event.value = call.duration ?? unknownDuration
            event.record(call.status)
        case .dma(let dma):
            dma.lower(to: &event, &stream, &side)
        case .thaw(let buid, let configAddress):
            event.kind = UInt8(TCE_EVENT_THAW)
            event.address = buid
            event.value = configAddress
        case .guest(let call):
            call.lower(to: &event, &stream, &side)
        }
    }

    init(_ event: tce_event, stream: tce_stream, side: UnsafeBufferPointer<UInt64>) {
        let words = unsafe event.flags & hasSide != 0 ? UnsafeBufferPointer(rebasing: side[Int(event.value)...]) : side
        switch Int(event.kind) {
        case Int(TCE_EVENT_PHB):
            self = unsafe .phb(
                TraceEvent.PHB(
                    buid: event.address, liobn: UInt32(truncatingIfNeeded: words[0]), windowStart: words[1],
                    windowBytes: words[2], dma64Start: words[3], pageShifts: words[4], ddw: words[5] != 0))
        case Int(TCE_EVENT_WINDOW):
            self = unsafe .window(
                TraceEvent.Window(
                    liobn: stream.liobn, start: event.address, pageShift: words[1], tces: words[0], buid: words[2],
                    bypass: words[3] != 0))
        case Int(TCE_EVENT_UNWINDOW):
            self = .unwindow(liobn: stream.liobn)
        case Int(TCE_EVENT_RESET):
            self = .reset
        case Int(TCE_EVENT_RTAS):
            self = unsafe .rtas(TraceEvent.Call(event, words: words))
        case Int(TCE_EVENT_ULTRACALL):
            self = unsafe .ultracall(TraceEvent.Call(event, words: words))
        case Int(TCE_EVENT_OBSERVED):
            self = .observed(
                TraceEvent.Observed(
                    opcode: event.address, cpu: event.knownCPU, status: event.recordedStatus,
                    duration: event.value == unknownDuration ? nil : event.value))
        case Int(TCE_EVENT_DMA):
            self = unsafe .dma(TraceEvent.DMA(event, stream: stream, words: words))
        case Int(TCE_EVENT_THAW):
            self = .thaw(buid: event.address, configAddress: event.value)
        default:
            if let kind = TraceEvent.Hcall.Kind(rawValue: event.kind) {
                self = unsafe .hcall(TraceEvent.Hcall(kind, event, stream: stream, words: words))
            } else {
                // A batch holds only kinds that the core knows, and these are the rest of them.
                let kind = TraceEvent.Guest.Kind(rawValue: event.kind) ?? .map
                self = unsafe .guest(TraceEvent.Guest(kind, event, stream: stream, words: words))
            }
        }
    }
}

extension tce_event {
    fileprivate var knownCPU: UInt16? { cpu == unknownCPU ? nil : cpu }
    fileprivate var recordedStatus: Int32? { flags & recorded != 0 ? status : nil }

    fileprivate mutating func record(_ recordedStatus: Int32?) {
        guard let recordedStatus else { return }
        flags |= recorded
        status = recordedStatus
    }
}

extension TraceEvent.Hcall {
    fileprivate func lower(to event: inout tce_event, _ stream: inout tce_stream, _ side: inout [UInt64]) {
        event.kind = kind.rawValue
        event.cpu = cpu ?? unknownCPU
        stream.liobn = liobn
        event.address = ioba
        event.record(status)
        event.count = UInt32(clamping: npages)
        if kind == .putIndirect || duration != nil || npages > UInt64(UInt32.max) {
            side = [npages, duration ?? unknownDuration, value, UInt64(entries.count)] + entries
        } else {
            event.value = value
        }
    }

    fileprivate init(_ kind: Kind, _ event: tce_event, stream: tce_stream, words: UnsafeBufferPointer<UInt64>) {
        self.init(kind, cpu: event.knownCPU, liobn: stream.liobn, ioba: event.address, status: event.recordedStatus)
        if event.flags & hasSide != 0 {
            npages = unsafe words[0]
            duration = unsafe words[1] == unknownDuration ? nil : words[1]
            value = unsafe words[2]
            if kind == .putIndirect { entries = unsafe Array(words[4..<(4 + Int(words[3]))]) }
        } else {
            npages = UInt64(event.count)
            value = event.value
        }
    }
}

extension TraceEvent.Call {
    fileprivate func lower(to event: inout tce_event, _ side: inout [UInt64]) {
        event.cpu = cpu ?? unknownCPU
        event.address = number
        event.count = returns
        event.record(status)
        side = [UInt64(arguments.count), UInt64(outputs.count)] + arguments + outputs
    }

    fileprivate init(_ event: tce_event, words: UnsafeBufferPointer<UInt64>) {
        let arguments = 2..<(2 + Int(unsafe words[0]))
        let outputs = arguments.upperBound..<(arguments.upperBound + Int(unsafe words[1]))
        self.init(
            event.address, cpu: event.knownCPU, arguments: unsafe Array(words[arguments]), returns: event.count,
            status: event.recordedStatus, outputs: unsafe Array(words[outputs]))
    }
}

extension TraceEvent.DMA {
    fileprivate func lower(to event: inout tce_event, _ stream: inout tce_stream, _ side: inout [UInt64]) {
        event.kind = UInt8(TCE_EVENT_DMA)
        stream.liobn = liobn ?? .max
        stream.buid = buid ?? 0
        stream.requester = requester ?? .max
        event.address = ioba
        event.flags = access.flags
        var page: UInt64 = 0
        if let outcome {
            event.flags |= recorded
            event.status = tce_outcome_make(UInt32(outcome.shift), UInt32(outcome.permission))
            page = outcome.page
        }
        event.value = page
        if let length {
            event.flags |= lengthKnown
            event.count = UInt32(clamping: length)
            if length > UInt64(UInt32.max) {
                side = [length, unknownDuration, page, 0]
            }
        }
    }

    fileprivate init(_ event: tce_event, stream: tce_stream, words: UnsafeBufferPointer<UInt64>) {
        let wide = event.flags & hasSide != 0
        self.init(
            liobn: stream.liobn == .max ? nil : stream.liobn,
            buid: stream.buid == 0 ? nil : stream.buid,
            requester: stream.requester == .max ? nil : stream.requester,
            ioba: event.address,
            length: event.flags & lengthKnown == 0 ? nil : unsafe wide ? words[0] : UInt64(event.count),
            access: DMAAccess(flags: event.flags))
        if event.flags & recorded != 0 {
            outcome = Outcome(
                page: unsafe wide ? words[2] : event.value,
                permission: UInt8(tce_outcome_permission(event.status)),
                shift: UInt8(tce_outcome_shift(event.status)))
        }
    }
}

extension TraceEvent.Guest {
    fileprivate func lower(to event: inout tce_event, _ stream: inout tce_stream, _ side: inout [UInt64]) {
        event.kind = kind.rawValue
        event.cpu = cpu ?? unknownCPU
        stream.device = device
        event.address = address
        event.flags = access.flags | (more ? moreFollow : 0)
        if cpuSide { event.flags |= kind == .setMask ? coherent : forCPU }
        event.record(status)
        event.count = UInt32(clamping: length)
        event.value = value
        if length > UInt64(UInt32.max) { side = [length, value] }
    }

    fileprivate init(_ kind: Kind, _ event: tce_event, stream: tce_stream, words: UnsafeBufferPointer<UInt64>) {
        let wide = event.flags & hasSide != 0
        self.init(
            kind, device: stream.device, cpu: event.knownCPU, address: event.address,
            value: unsafe wide ? words[1] : event.value, length: unsafe wide ? words[0] : UInt64(event.count),
            access: DMAAccess(flags: event.flags), more: event.flags & moreFollow != 0,
            cpuSide: event.flags & (forCPU | coherent) != 0, status: event.recordedStatus)
    }
}
