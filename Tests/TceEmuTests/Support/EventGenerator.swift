// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// Random events of every kind, with the extreme values that fields can have. The same seed makes the same events.
struct EventGenerator {
    private var state: UInt64
    private var time: UInt64 = 0

    init(seed: UInt64) {
        state = seed
    }

    /// SplitMix64.
    private mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    private mutating func below(_ limit: UInt64) -> UInt64 { next() % limit }

    private mutating func coin() -> Bool { next() & 1 != 0 }

    /// Small, large, at an edge, or any.
    private mutating func word() -> UInt64 {
        switch below(5) {
        case 0: below(4)
        case 1: UInt64.max - below(3)
        case 2: 1 << below(64) &- below(3)
        case 3: below(1 << 32) << 12
        default: next()
        }
    }

    private mutating func maybe(_ value: (inout Self) -> UInt64) -> UInt64? { coin() ? value(&self) : nil }

    private mutating func cpu() -> UInt16? { maybe { $0.coin() ? 0xfffe : $0.below(4) }.map { UInt16($0) } }

    private mutating func status() -> Int32? {
        switch below(5) {
        case 0: nil
        case 1: 0
        case 2: [-4, -2, 5, -55, -9, 1][Int(below(6))]
        case 3: coin() ? .min : .max
        default: Int32(truncatingIfNeeded: next())
        }
    }

    /// Arithmetic runs, equal values and any others, in turn.
    private mutating func list(_ count: UInt64) -> [UInt64] {
        var list: [UInt64] = []
        while UInt64(list.count) < count {
            let first = word()
            let step = [0, 0x1000, 0 &- 0x1000, next()][Int(below(4))]
            let length = min(count - UInt64(list.count), 1 + below(6))
            for index in 0..<length { list.append(first &+ index &* step) }
        }
        return list
    }

    private mutating func access() -> DMAAccess { DMAAccess(rawValue: below(4)) }

    private mutating func duration() -> UInt64? { maybe { $0.coin() ? .max - 1 : $0.below(1 << 40) } }

    mutating func event() -> TraceEvent {
        time += [0, 1, 1_000, below(1 << 40)][Int(below(4))]
        return TraceEvent(time: time, body: body())
    }

    private mutating func body() -> TraceEvent.Body {
        switch below(14) {
        case 0:
            return .phb(
                TraceEvent.PHB(
                    buid: word(), liobn: UInt32(truncatingIfNeeded: word()), windowStart: word(), windowBytes: word(),
                    dma64Start: word(), pageShifts: word(), ddw: coin()))
        case 1:
            return .window(
                TraceEvent.Window(
                    liobn: word(), start: word(), pageShift: word(), tces: word(), buid: word(), bypass: coin()))
        case 2:
            return .unwindow(liobn: word())
        case 3:
            return .reset
        case 4, 5, 6:
            return .hcall(hcall())
        case 7:
            return .rtas(call(coin() ? 0x2026 + below(4) : word()))
        case 8:
            return .ultracall(call(coin() ? 0xf130 : word()))
        case 9:
            return .observed(
                TraceEvent.Observed(opcode: word(), cpu: cpu(), status: status(), duration: duration()))
        case 10, 11:
            return .dma(dma())
        case 12:
            return .thaw(buid: word(), configAddress: word())
        default:
            return .guest(guest())
        }
    }

    private mutating func hcall() -> TraceEvent.Hcall {
        let kind = TraceEvent.Hcall.Kind.allCases[Int(below(4))]
        var call = TraceEvent.Hcall(
            kind, cpu: cpu(), liobn: word(), ioba: word(), value: word(), npages: word(), status: status(),
            duration: duration())
        if kind == .putIndirect, coin() {
            call.npages = [0, 1, 2, 3, 16, 511, 512][Int(below(7))]
            call.entries = list(call.npages)
        }
        return call
    }

    private mutating func call(_ number: UInt64) -> TraceEvent.Call {
        TraceEvent.Call(
            number, cpu: cpu(), arguments: list([0, 1, 5, 16][Int(below(4))]),
            returns: UInt32(truncatingIfNeeded: word()), status: status(), outputs: list([0, 1, 4, 16][Int(below(4))]))
    }

    private mutating func dma() -> TraceEvent.DMA {
        var dma = TraceEvent.DMA(
            liobn: maybe { min($0.word(), .max - 1) }, buid: maybe { max($0.word(), 1) },
            requester: maybe { min($0.word(), 0xffff_fffe) }.map { UInt32($0) }, ioba: word(),
            length: maybe { $0.word() },
            access: access())
        if coin() {
            dma.outcome = TraceEvent.DMA.Outcome(
                page: word(), permission: UInt8(below(4)), shift: UInt8(below(65)))
        }
        return dma
    }

    private mutating func guest() -> TraceEvent.Guest {
        let kind = TraceEvent.Guest.Kind.allCases[Int(below(6))]
        let length = word()
        return TraceEvent.Guest(
            kind, device: UInt32(truncatingIfNeeded: word()), cpu: cpu(), address: word(), value: word(),
            length: kind == .setMask ? length & 0xffff_ffff : length, access: access(), more: coin(), cpuSide: coin(),
            status: status())
    }

    /// Text for a header: any characters but newlines.
    mutating func text() -> String {
        let pieces = ["#", "@unit us", " ", "\t", "->", "=", "\\n", "ü", "語", "qemu", "-D x", "'", "0x1"]
        return (0..<below(6)).map { _ in pieces[Int(below(UInt64(pieces.count)))] }.joined()
    }
}
