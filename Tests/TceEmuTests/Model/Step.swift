// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// One thing that a guest, the host, the ultravisor or a device does to a machine.
enum Step: Hashable, Sendable {
    case store(UInt64, [UInt64])
    case load(UInt64)
    case getTCE(UInt64, UInt64)
    case putTCE(UInt64, UInt64, UInt64)
    case stuffTCE(UInt64, UInt64, UInt64, UInt64)
    case putTCEIndirect(UInt64, UInt64, list: UInt64, UInt64)
    case hcall(UInt64, [UInt64])
    case rtas(NaiveRTAS, returns: Int, [UInt32])
    case ultracall(UInt64, [UInt64])
    case svm(UInt64, gpa: UInt64, flags: UInt64, order: UInt64)
    case memory(UInt64)
    case dmaRead(UInt64, UInt64, bytes: UInt64)
    /// Big-endian doublewords.
    case dmaWrite(UInt64, UInt64, [UInt64])
    case hostLoad(UInt64)
    case hostStore(UInt64, [UInt64])
    case thaw(UInt64)
    case reset
    case frame(UInt64)
}

/// What a step answers.
enum StepAnswer: Equatable, Sendable {
    case nothing
    case value(UInt64)

    /// Of stores: whether all of it was memory.
    case stored(Bool)
    case hcall(Int64, r4: UInt64)
    case rtas([UInt32])
    case ultracall(Int64)
    case frame(NaiveFrameState?)
    case transfer(fault: DMAFault, bytes: UInt64, data: [UInt8])

    /// The host's error.
    case failed(MachineError)
}

/// A machine that takes steps, and what can be seen of it between them.
protocol SteppedMachine: ~Copyable {
    mutating func take(_ step: Step) -> StepAnswer
    var sharing: NaiveSharing { get }
    var summary: StepSummary { get }

    /// Guest memory without a touch: what is seen must not change a frame's state.
    mutating func peek(_ address: UInt64, count: Int, asHost: Bool) -> [UInt8]

    /// Where one byte is, without moving it: this freezes nothing.
    func translate(_ liobn: UInt64, _ ioba: UInt64, write: Bool) -> Translation
}

/// A machine's state, but for TCEs, memory and frames.
struct StepSummary: Equatable {
    var windows: [DMAWindow]
    var vm: NaiveVMState
    var frozen: [UInt64: Bool]
    var memoryBytes: UInt64?
}

extension NaiveMachine: SteppedMachine {
    mutating func take(_ step: Step) -> StepAnswer {
        switch step {
        case .store(let address, let values):
            return .stored(store(address, values) { $0.guestStore($1, $2) })
        case .load(let address):
            return .value(guestLoad(address))
        case .getTCE(let liobn, let ioba):
            return answer(NaiveHcall.getTCE, liobn, ioba)
        case .putTCE(let liobn, let ioba, let tce):
            return answer(NaiveHcall.putTCE, liobn, ioba, tce)
        case .stuffTCE(let liobn, let ioba, let tce, let npages):
            return answer(NaiveHcall.stuffTCE, liobn, ioba, tce, npages)
        case .putTCEIndirect(let liobn, let ioba, let list, let npages):
            return answer(NaiveHcall.putTCEIndirect, liobn, ioba, list, npages)
        case .hcall(let opcode, let registers):
            let (status, r4) = hcall(opcode, registers)
            return .hcall(status, r4: r4)
        case .rtas(let call, let returns, let arguments):
            return .rtas(rtas(call, arguments, returns: returns))
        case .ultracall(let number, let arguments):
            return .ultracall(ultracall(number, arguments))
        case .svm(let opcode, let gpa, let flags, let order):
            return .hcall(svmHcall(opcode, gpa: gpa, flags: flags, order: order), r4: 0)
        case .memory(let bytes):
            setMemoryBytes(bytes)
            return .nothing
        case .dmaRead(let liobn, let ioba, let bytes):
            let transfer = dmaRead(liobn, ioba, bytes)
            return .transfer(fault: transfer.fault, bytes: transfer.bytes, data: transfer.data)
        case .dmaWrite(let liobn, let ioba, let values):
            let transfer = dmaWrite(liobn, ioba, Step.bytes(values))
            return .transfer(fault: transfer.fault, bytes: transfer.bytes, data: [])
        case .hostLoad(let address):
            return .value(hostLoad(address, 1)[0])
        case .hostStore(let address, let values):
            return .stored(store(address, values) { $0.hostWrite($1, Step.bytes([$2])) })
        case .thaw(let buid):
            return thaw(buid) ? .nothing : .failed(.noPHB)
        case .reset:
            reset()
            return .nothing
        case .frame(let address):
            return .frame(frameState(address))
        }
    }

    private mutating func answer(_ opcode: UInt64, _ registers: UInt64...) -> StepAnswer {
        let (status, r4) = hcall(opcode, registers)
        return .hcall(status, r4: r4)
    }

    private mutating func store(
        _ address: UInt64, _ values: [UInt64], _ one: (inout Self, UInt64, UInt64) -> Bool
    ) -> Bool {
        var isAllMemory = true
        for (n, value) in values.enumerated() {
            let wasMemory = one(&self, address &+ 8 * UInt64(n), value)
            isAllMemory = isAllMemory && wasMemory
        }
        return isAllMemory
    }

    var summary: StepSummary {
        StepSummary(
            windows: windows.values.sorted { $0.liobn < $1.liobn }.map {
                DMAWindow(
                    liobn: $0.liobn, start: $0.start, pageShift: UInt32($0.shift), pageCount: $0.count, buid: $0.buid)
            },
            vm: vm, frozen: Dictionary(uniqueKeysWithValues: phbs.map { ($0.buid, $0.isFrozen) }),
            memoryBytes: memoryBytes)
    }

    func translate(_ liobn: UInt64, _ ioba: UInt64, write: Bool) -> Translation {
        translate(liobn, ioba, permission: write ? 2 : 1)
    }

    func peek(_ address: UInt64, count: Int, asHost: Bool) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        guard !asHost || frame(Self.gfn(address)).state != .secureOut else {
            for n in 0..<count { bytes[n] = hostByte(address &+ UInt64(n)) }
            return bytes
        }
        // Within one frame.
        for (aligned, word) in words[Self.gfn(address), default: [:]] {
            for n in 0..<8 as Range<UInt64> {
                let index = Int(bitPattern: UInt(aligned &+ n &- address))
                if bytes.indices.contains(index) { bytes[index] = Self.byte(n, of: word) }
            }
        }
        return bytes
    }
}

extension Step {
    /// Doublewords as the bytes that they are in memory.
    static func bytes(_ values: [UInt64]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 * values.count)
        for value in values {
            for n in 0..<8 as Range<UInt64> { bytes.append(NaiveMachine.byte(n, of: value)) }
        }
        return bytes
    }
}
