// SPDX-License-Identifier: Apache-2.0

// What each kind of event takes from its line. The same fields as TextPrinter prints; those with a default may be
// absent.

extension TextImporter {
    typealias Reader = (inout TextFields, Span<UInt8>) throws -> TraceEvent.Body

    static func reader(_ kind: String) -> Reader? {
        switch kind {
        case "dma": readDMA
        case "H_PUT_TCE": { .hcall(try readHcall(.put, &$0, $1)) }
        case "H_STUFF_TCE": { .hcall(try readHcall(.stuff, &$0, $1)) }
        case "H_PUT_TCE_INDIRECT": { .hcall(try readHcall(.putIndirect, &$0, $1)) }
        case "H_GET_TCE": { .hcall(try readHcall(.get, &$0, $1)) }
        case "phb": readPHB
        case "window": readWindow
        case "unwindow": { .unwindow(liobn: try $0.required("liobn", $1)) }
        case "reset": { _, _ in .reset }
        case "rtas": { .rtas(try readCall("an RTAS call", TextWords.rtasToken(named:), &$0, $1)) }
        case "uv": { .ultracall(try readCall("an ultracall", TextWords.ultracall(named:), &$0, $1)) }
        case "hcall": readObserved
        case "thaw": { .thaw(buid: try $0.required("buid", $1), configAddress: try $0.optional("addr", $1) ?? 0) }
        case "map": { .guest(try readGuest(.map, &$0, $1)) }
        case "unmap": { .guest(try readGuest(.unmap, &$0, $1)) }
        case "sync": { .guest(try readGuest(.sync, &$0, $1)) }
        case "alloc": { .guest(try readGuest(.alloc, &$0, $1)) }
        case "free": { .guest(try readGuest(.free, &$0, $1)) }
        case "set_mask": { .guest(try readGuest(.setMask, &$0, $1)) }
        default: nil
        }
    }

    private static func readPHB(_ fields: inout TextFields, _ line: Span<UInt8>) throws -> TraceEvent.Body {
        var phb = TraceEvent.PHB(
            buid: try fields.required("buid", line),
            liobn: UInt32(try fields.required("liobn", max: UInt64(UInt32.max), line)))
        phb.windowStart = try fields.optional("start", line) ?? phb.windowStart
        phb.windowBytes = try fields.optional("bytes", line) ?? phb.windowBytes
        phb.dma64Start = try fields.optional("dma64", line) ?? phb.dma64Start
        if let shifts = try readShifts(&fields, line) { phb.pageShifts = shifts }
        switch fields.word("ddw", line) {
        case nil, "on": phb.ddw = true
        case "off": phb.ddw = false
        case let other?: throw fields.error("expected ddw=on or ddw=off, found '\(other)'")
        }
        return .phb(phb)
    }

    /// Page shifts, or `none`, as the bits that they are.
    private static func readShifts(_ fields: inout TextFields, _ line: Span<UInt8>) throws -> UInt64? {
        if fields.peek("shifts", is: "none", line) {
            _ = fields.word("shifts", line)
            return 0
        }
        guard let shifts = try fields.list("shifts", max: 64, line) else { return nil }
        return try shifts.reduce(into: UInt64(0)) { bits, shift in
            guard shift < 64 else { throw fields.error("expected page shifts below 64 behind shifts=, found \(shift)") }
            bits |= 1 << shift
        }
    }

    private static func readWindow(_ fields: inout TextFields, _ line: Span<UInt8>) throws -> TraceEvent.Body {
        .window(
            TraceEvent.Window(
                liobn: try fields.required("liobn", line),
                start: try fields.optional("start", line) ?? 0,
                pageShift: try fields.optional("shift", line) ?? 12,
                tces: try fields.required("tces", line),
                buid: try fields.optional("buid", line) ?? 0,
                bypass: fields.flag("bypass", line)))
    }

    private static func readHcall(
        _ kind: TraceEvent.Hcall.Kind, _ fields: inout TextFields, _ line: Span<UInt8>
    ) throws -> TraceEvent.Hcall {
        var call = TraceEvent.Hcall(
            kind, cpu: try fields.cpu(line), liobn: try fields.required("liobn", line),
            ioba: try fields.required("ioba", line))
        switch kind {
        case .put:
            call.value = try fields.required("tce", line)
            call.npages = try fields.optional("npages", line) ?? 0
        case .stuff:
            call.value = try fields.required("tce", line)
            call.npages = try fields.required("npages", line)
        case .putIndirect:
            call.value = try fields.optional("list", line) ?? 0
            let npages = try fields.optional("npages", line)
            call.entries = try fields.list("tces", max: 512, line) ?? []
            call.npages = npages ?? UInt64(call.entries.count)
            guard call.entries.isEmpty || UInt64(call.entries.count) == call.npages else {
                throw fields.error("expected npages=\(call.npages) TCEs behind tces=, found \(call.entries.count)")
            }
        case .get:
            call.npages = try fields.optional("npages", line) ?? 0
        }
        call.status = try fields.status(line)
        if kind == .get { call.value = try fields.optional("tce", answer: true, line) ?? 0 }
        call.duration = try fields.optional("took", answer: true, max: .max - 1, line)
        return call
    }

    private static func readCall(
        _ what: String, _ numberOf: (String) -> UInt64?, _ fields: inout TextFields, _ line: Span<UInt8>
    ) throws -> TraceEvent.Call {
        guard let range = fields.position() else { throw fields.error("expected the name of \(what), found nothing") }
        var cursor = ByteCursor(range)
        var number = cursor.takeNumber(in: line)
        if number == nil || !cursor.isAtEnd { number = numberOf(line.text(range)) }
        guard let number else {
            throw fields.error("expected the name or number of \(what), found '\(line.shown(range))'")
        }
        var call = TraceEvent.Call(number, cpu: try fields.cpu(line))
        call.arguments = try fields.list("args", max: 16, line) ?? []
        call.returns = UInt32(try fields.optional("returns", max: UInt64(UInt32.max), line) ?? 0)
        call.status = try fields.status(line)
        if let range = fields.position(answer: true) { call.outputs = try fields.list(in: range, max: 16, line) }
        return call
    }

    private static func readObserved(_ fields: inout TextFields, _ line: Span<UInt8>) throws -> TraceEvent.Body {
        .observed(
            TraceEvent.Observed(
                opcode: try fields.required("opcode", line), cpu: try fields.cpu(line), status: try fields.status(line),
                duration: try fields.optional("took", answer: true, max: .max - 1, line)))
    }

    private static func readDMA(_ fields: inout TextFields, _ line: Span<UInt8>) throws -> TraceEvent.Body {
        var dma = TraceEvent.DMA(
            liobn: try fields.optional("liobn", line), buid: try fields.optional("buid", line),
            requester: try fields.optional("requester", max: UInt64(UInt32.max) - 1, line).map { UInt32($0) },
            ioba: try fields.required("ioba", line), length: try fields.optional("length", line),
            access: fields.access(line))
        if dma.buid == 0 { throw fields.error("expected buid= of a PHB, found 0") }
        if fields.hasAnswer {
            dma.outcome = TraceEvent.DMA.Outcome(
                page: try fields.required("page", answer: true, line),
                permission: UInt8(try fields.required("perm", answer: true, max: 3, line)),
                shift: UInt8(try fields.required("shift", answer: true, max: 64, line)))
        }
        return .dma(dma)
    }

    private static func readGuest(
        _ kind: TraceEvent.Guest.Kind, _ fields: inout TextFields, _ line: Span<UInt8>
    ) throws -> TraceEvent.Guest {
        let words = TraceEvent.Guest.words(kind)
        var call = TraceEvent.Guest(
            kind, device: UInt32(try fields.optional("device", max: UInt64(UInt32.max), line) ?? 0),
            cpu: try fields.cpu(line), address: try fields.required(words.address, line))
        if !words.valueIsAnswer { call.value = try fields.optional(words.value, line) ?? 0 }
        if kind == .setMask {
            call.length = try fields.optional("length", line) ?? 0
        } else {
            call.length = try fields.required("length", line)
        }
        call.access = fields.access(line)
        call.more = fields.flag("more", line)
        call.cpuSide = fields.flag(kind == .setMask ? "coherent" : "for_cpu", line)
        call.status = try fields.status(line)
        if words.valueIsAnswer { call.value = try fields.optional(words.value, answer: true, line) ?? 0 }
        return call
    }
}
