// SPDX-License-Identifier: Apache-2.0

// How each kind of event looks: the kind, its fields, and behind an arrow what was recorded of the answer.

extension TraceEvent.Body {
    func append(to text: inout [UInt8]) {
        switch self {
        case .phb(let phb):
            phb.append(to: &text)
        case .window(let window):
            window.append(to: &text)
        case .unwindow(let liobn):
            text.append("unwindow liobn=", hex: liobn)
        case .reset:
            text.append("reset")
        case .hcall(let call):
            call.append(to: &text)
        case .rtas(let call):
            call.append("rtas ", TextWords.rtasName(call.number), { String($0) }, to: &text)
        case .ultracall(let call):
            call.append("uv ", TextWords.ultracallName(call.number), TextWords.ultracallStatus, to: &text)
        case .observed(let call):
            text.append("hcall")
            text.append(cpu: call.cpu)
            text.append(" opcode=", hex: call.opcode)
            if call.status != nil || call.duration != nil {
                text.append(answer: call.status, TextWords.hcallStatus)
                if let duration = call.duration { text.append(" took=", decimal: duration) }
            }
        case .dma(let dma):
            dma.append(to: &text)
        case .thaw(let buid, let configAddress):
            text.append("thaw buid=", hex: buid)
            text.append(" addr=", hex: configAddress)
        case .guest(let call):
            call.append(to: &text)
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(cpu: UInt16?) {
        if let cpu { append(" cpu=", decimal: UInt64(cpu)) }
    }

    fileprivate mutating func append(answer status: Int32?, _ name: (Int32) -> String) {
        append(" -> ")
        append(status.map(name) ?? "?")
    }

    fileprivate mutating func append(access: DMAAccess) {
        switch access {
        case .readWrite: append(" both")
        case .read: append(" read")
        case .write: append(" write")
        default: break
        }
    }
}

extension TraceEvent.PHB {
    fileprivate func append(to text: inout [UInt8]) {
        text.append("phb buid=", hex: buid)
        text.append(" liobn=", hex: UInt64(liobn))
        text.append(" start=", hex: windowStart)
        text.append(" bytes=", hex: windowBytes)
        text.append(" dma64=", hex: dma64Start)
        text.append(" shifts=")
        if pageShifts == 0 { text.append("none") }
        var separator = ""
        for shift in 0..<UInt64(64) where pageShifts >> shift & 1 != 0 {
            text.append(separator, decimal: shift)
            separator = ","
        }
        text.append(ddw ? " ddw=on" : " ddw=off")
    }
}

extension TraceEvent.Window {
    fileprivate func append(to text: inout [UInt8]) {
        text.append("window liobn=", hex: liobn)
        text.append(" start=", hex: start)
        text.append(" shift=", decimal: pageShift)
        text.append(" tces=", decimal: tces)
        if buid != 0 { text.append(" buid=", hex: buid) }
        if bypass { text.append(" bypass") }
    }
}

extension TraceEvent.Hcall {
    fileprivate func append(to text: inout [UInt8]) {
        switch kind {
        case .get: text.append("H_GET_TCE")
        case .put: text.append("H_PUT_TCE")
        case .stuff: text.append("H_STUFF_TCE")
        case .putIndirect: text.append("H_PUT_TCE_INDIRECT")
        }
        text.append(cpu: cpu)
        text.append(" liobn=", hex: liobn)
        text.append(" ioba=", hex: ioba)
        switch kind {
        case .get: break
        case .put, .stuff: text.append(" tce=", hex: value)
        case .putIndirect: text.append(" list=", hex: value)
        }
        if kind == .stuff || kind == .putIndirect || npages != 0 { text.append(" npages=", decimal: npages) }
        if kind == .putIndirect, !entries.isEmpty {
            text.append(" tces=")
            text.append(list: entries)
        }
        let answer = kind == .get && value != 0
        if status != nil || duration != nil || answer {
            text.append(answer: status, TextWords.hcallStatus)
            if answer { text.append(" tce=", hex: value) }
            if let duration { text.append(" took=", decimal: duration) }
        }
    }
}

extension TraceEvent.Call {
    fileprivate func append(
        _ kind: String, _ name: String?, _ statusName: (Int32) -> String, to text: inout [UInt8]
    ) {
        text.append(kind)
        if let name { text.append(name) } else { text.append(hex: number) }
        text.append(cpu: cpu)
        if !arguments.isEmpty {
            text.append(" args=")
            text.append(list: arguments)
        }
        if returns != 0 { text.append(" returns=", decimal: UInt64(returns)) }
        if status != nil || !outputs.isEmpty {
            text.append(answer: status, statusName)
            if !outputs.isEmpty {
                text.append(" ")
                text.append(list: outputs)
            }
        }
    }
}

extension TraceEvent.DMA {
    fileprivate func append(to text: inout [UInt8]) {
        text.append("dma")
        if let liobn { text.append(" liobn=", hex: liobn) }
        if let buid { text.append(" buid=", hex: buid) }
        if let requester { text.append(" requester=", hex: UInt64(requester)) }
        text.append(" ioba=", hex: ioba)
        if let length { text.append(" length=", decimal: length) }
        text.append(access: access)
        if let outcome {
            text.append(" -> page=", hex: outcome.page)
            text.append(" perm=", decimal: UInt64(outcome.permission))
            text.append(" shift=", decimal: UInt64(outcome.shift))
        }
    }
}

extension TraceEvent.Guest {
    fileprivate func append(to text: inout [UInt8]) {
        let words = Self.words(kind)
        text.append(EventKind(rawValue: kind.rawValue).name)
        text.append(cpu: cpu)
        text.append(" device=", decimal: UInt64(device))
        text.append(" \(words.address)=", hex: address)
        if !words.valueIsAnswer, value != 0 || kind == .free { text.append(" \(words.value)=", hex: value) }
        if kind != .setMask || length != 0 { text.append(" length=", decimal: length) }
        text.append(access: access)
        if more { text.append(" more") }
        if cpuSide { text.append(kind == .setMask ? " coherent" : " for_cpu") }
        let answer = words.valueIsAnswer && value != 0
        if status != nil || answer {
            text.append(answer: status) { String($0) }
            if answer { text.append(" \(words.value)=", hex: value) }
        }
    }
}
