// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// The machine under test, as something that takes steps.
struct CoreMachine: ~Copyable {
    var machine: Machine
    let buids: [UInt64]

    init(_ setup: NaiveSetup) throws {
        var machine = try Machine(setup.configuration)
        if setup.hasVIO {
            let window = NaiveMachine.vioWindow
            try machine.plug(
                DMAWindow(
                    liobn: window.liobn, start: window.start, pageShift: UInt32(window.shift),
                    pageCount: window.count))
        }
        self.machine = machine
        buids = (0..<setup.phbCount).map { NaiveMachine.firstBUID + $0 }
    }
}

extension NaiveSetup {
    var configuration: MachineConfiguration {
        var configuration = MachineConfiguration.pseries
        switch platform {
        case .qemu: configuration.platform = .qemu
        case .kvm: configuration.platform = .kvm
        case .papr: configuration.platform = .papr
        }
        configuration.memoryBytes = memoryBytes
        configuration.phbCount = Int(phbCount)
        configuration.phb.windowBytes = windowBytes
        configuration.hasMultiTCE = hasMultiTCE
        configuration.hasPEF = hasPEF
        configuration.eeh = eeh
        return configuration
    }
}

extension CoreMachine: SteppedMachine {
    mutating func take(_ step: Step) -> StepAnswer {
        do throws(MachineError) {
            return try answer(step)
        } catch {
            return .failed(error)
        }
    }

    private mutating func answer(_ step: Step) throws(MachineError) -> StepAnswer {
        switch step {
        case .store(let address, let values):
            var isAllMemory = true
            for (n, value) in values.enumerated() {
                let wasMemory = try machine.storeDoubleword(value, at: address &+ 8 * UInt64(n))
                isAllMemory = isAllMemory && wasMemory
            }
            return .stored(isAllMemory)
        case .load(let address):
            return .value(machine.loadDoubleword(at: address))
        case .getTCE(let liobn, let ioba):
            let (status, tce) = machine.getTCE(liobn, ioba)
            return .hcall(status.rawValue, r4: tce?.rawValue ?? 0)
        case .putTCE(let liobn, let ioba, let tce):
            return .hcall(machine.putTCE(liobn, ioba, TCE(rawValue: tce)).rawValue, r4: 0)
        case .stuffTCE(let liobn, let ioba, let tce, let npages):
            return .hcall(machine.stuffTCE(liobn, ioba, TCE(rawValue: tce), npages: npages).rawValue, r4: 0)
        case .putTCEIndirect(let liobn, let ioba, let list, let npages):
            return .hcall(machine.putTCEIndirect(liobn, ioba, list: list, npages: npages).rawValue, r4: 0)
        case .hcall(let opcode, let registers):
            let (status, r4) = machine.hcall(opcode, registers)
            return .hcall(status.rawValue, r4: r4)
        case .rtas(let call, let returns, let arguments):
            return .rtas(try machine.rtas(call.call, arguments, returns: returns))
        case .ultracall(let number, let arguments):
            return .ultracall(try machine.ultracall(Ultracall(rawValue: number), arguments).rawValue)
        case .svm(let opcode, let gpa, let flags, let order):
            let status = try machine.svmHcall(opcode, address: gpa, flags: flags, order: order)
            return .hcall(status.rawValue, r4: 0)
        case .memory(let bytes):
            try machine.setMemoryBytes(bytes)
            return .nothing
        case .dmaRead(let liobn, let ioba, let count):
            var bytes = [UInt8](repeating: 0, count: Int(count))
            var span = bytes.mutableSpan
            let transfer = machine.dmaRead(liobn, ioba, into: &span)
            return .transfer(
                fault: transfer.fault ?? .absent, bytes: transfer.bytes, data: Array(bytes.prefix(Int(transfer.bytes))))
        case .dmaWrite(let liobn, let ioba, let values):
            let transfer = machine.dmaWrite(liobn, ioba, Step.bytes(values))
            return .transfer(fault: transfer.fault ?? .absent, bytes: transfer.bytes, data: [])
        case .hostLoad(let address):
            let bytes = machine.hostReadMemory(at: address, count: 8)
            return .value(bytes.reduce(0) { $0 << 8 | UInt64($1) })
        case .hostStore(let address, let values):
            var isAllMemory = true
            for (n, value) in values.enumerated() {
                let wasMemory = try machine.hostWriteMemory(at: address &+ 8 * UInt64(n), Step.bytes([value]))
                isAllMemory = isAllMemory && wasMemory
            }
            return .stored(isAllMemory)
        case .thaw(let buid):
            try machine.thaw(phb: buid)
            return .nothing
        case .reset:
            try machine.reset()
            return .nothing
        case .frame(let address):
            return .frame(machine.frameState(at: address).map(NaiveFrameState.init))
        }
    }

    var sharing: NaiveSharing {
        let counters = machine.sharing
        return NaiveSharing(
            sharedPages: counters.sharedPages, peakSharedPages: counters.peakSharedPages,
            shareCalls: counters.shareCalls, unshareCalls: counters.unshareCalls, pageOuts: counters.pageOuts,
            pageIns: counters.pageIns, remaps: counters.remaps, damagedPages: counters.damagedPages,
            lostPages: counters.lostPages, ultracalls: counters.ultracalls)
    }

    var summary: StepSummary {
        var frozen: [UInt64: Bool] = [:]
        for buid in buids { frozen[buid] = machine.isFrozen(phb: buid) }
        return StepSummary(
            windows: machine.windows, vm: NaiveVMState(machine.svmState), frozen: frozen,
            memoryBytes: machine.memoryBytes)
    }

    mutating func peek(_ address: UInt64, count: Int, asHost: Bool) -> [UInt8] {
        asHost ? machine.hostReadMemory(at: address, count: count) : machine.readMemory(at: address, count: count)
    }

    func translate(_ liobn: UInt64, _ ioba: UInt64, write: Bool) -> Translation {
        machine.translate(liobn, ioba, for: write ? .write : .read)
    }
}

extension NaiveRTAS {
    var call: RTASCall {
        switch self {
        case .query: .queryPEDMAWindow
        case .create: .createPEDMAWindow
        case .remove: .removePEDMAWindow
        case .reset: .resetPEDMAWindow
        case .resetPlural: .resetPEDMAWindows
        }
    }
}

extension NaiveFrameState {
    init(_ state: FrameState) {
        self =
            switch state {
            case .normal: .normal
            case .secureIn: .secureIn
            case .secureOut: .secureOut
            case .shared: .shared
            case .sharedAbsent: .sharedAbsent
            }
    }
}

extension NaiveVMState {
    init(_ state: SVMState) {
        self =
            switch state {
            case .normal: .normal
            case .transition: .transition
            case .secure: .secure
            }
    }
}
