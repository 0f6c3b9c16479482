// SPDX-License-Identifier: Apache-2.0
import Foundation
import TceEmu
import Testing

/// Lines of ftrace's text.
func importFtrace(_ lines: String...) throws -> Imported {
    try importAll(lines.joined(separator: "\n") + "\n", with: FtraceImporter())
}

func importFtrace(bytes: [UInt8]) throws -> Imported {
    var importer = FtraceImporter()
    var result = Imported()
    try importer.importAll(LineSource(MemoryStream(bytes)), begin: { result.header = $0 }) { result.events.append($0) }
    result.report = importer.report
    return result
}

/// One line as the kernel prints it: the task padded to 16, the flags of kernel 6.1.
func ftraceLine(task: String = "dd", pid: Int = 77, cpu: Int = 0, _ time: String, _ event: String) -> String {
    func padded(_ text: String, _ fill: String, _ width: Int) -> String {
        String(repeating: fill, count: max(0, width - text.utf8.count)) + text
    }
    return "\(padded(task, " ", 16))-\(pid)      [\(padded("\(cpu)", "0", 3))] d....     \(time): \(event)"
}

extension Imported {
    /// The hcalls that were observed.
    var observed: [TraceEvent.Observed] {
        bodies.compactMap { if case .observed(let call) = $0 { call } else { nil } }
    }

    /// The calls of the guest's DMA API.
    var guest: [TraceEvent.Guest] {
        bodies.compactMap { if case .guest(let call) = $0 { call } else { nil } }
    }
}

/// One of a guest's hcalls with what it does, as a QEMU log tells it or as a guest's maps and unmaps foretell it.
struct GuestHcall: Hashable {
    var opcode: UInt64
    var liobn: UInt64
    var ioba: UInt64
    var count: UInt64
    /// The TCE of the last page.
    var lastTCE: UInt64

    /// What Linux makes of a map or unmap: H_PUT_TCE for one page, else H_PUT_TCE_INDIRECT; H_STUFF_TCE.
    /// The device may read every page; it may write all but those that go to the device only.
    init?(_ call: TraceEvent.Guest) {
        liobn = UInt64(call.device)
        count = call.length >> 12
        switch call.kind {
        case .map:
            opcode = count == 1 ? 32 : 316
            ioba = call.value
            lastTCE = (call.address + call.length - 4_096) | (call.access == .read ? 1 : 3)
        case .unmap:
            opcode = 312
            ioba = call.address
            lastTCE = 0
        default:
            return nil
        }
    }

    /// A recorded hcall.
    init?(_ call: TraceEvent.Hcall) {
        liobn = call.liobn
        ioba = call.ioba
        switch call.kind {
        case .get: return nil
        case .put: (opcode, count, lastTCE) = (32, 1, call.value)
        case .putIndirect: (opcode, count, lastTCE) = (316, call.npages, call.entries.last ?? .max)
        case .stuff: (opcode, count, lastTCE) = (312, call.npages, call.value)
        }
    }
}

/// The calls of a guest's ftrace text beside those of the QEMU log of the same run, CPU by CPU.
struct FtraceAgreement {
    /// Hcalls in the text, and those of them that are the log's call of the same number on the same CPU.
    var compared = 0
    var equal = 0
    /// Those that have the same number among all CPUs' calls, too.
    var inPlace = 0
    /// Those that came to QEMU later than calls that the guest made after them: the host let another CPU go first.
    var overtaken = 0
    /// Hcalls that belong to no map or unmap.
    var strays = 0
    /// Maps and unmaps whose hcall does not come.
    var idle = 0

    /// `skip`: calls of the log before the text begins.
    init(text: [TraceEvent], log: [TraceEvent], skip: Int) {
        var places: [UInt16: [(place: Int, call: GuestHcall)]] = [:]
        var place = -skip
        for event in log {
            guard case .hcall(let hcall) = event.body, let call = GuestHcall(hcall), let cpu = hcall.cpu else {
                continue
            }
            if place >= 0 { places[cpu, default: []].append((place, call)) }
            place += 1
        }
        var begun: [UInt16: [GuestHcall]] = [:]
        var numbers: [UInt16: Int] = [:]
        for event in text {
            if case .guest(let guest) = event.body, let call = GuestHcall(guest), let cpu = guest.cpu {
                begun[cpu, default: []].append(call)
            }
            guard case .observed(let observed) = event.body, let cpu = observed.cpu else { continue }
            // The innermost call that makes such hcalls.
            let index = begun[cpu]?.lastIndex { $0.opcode == observed.opcode }
            let call = index.flatMap { begun[cpu]?.remove(at: $0) }
            let number = numbers[cpu, default: 0]
            numbers[cpu] = number + 1
            if call == nil { strays += 1 }
            if let there = places[cpu], number < there.count, there[number].call == call, observed.status == 0 {
                equal += 1
                if there[number].place == compared { inPlace += 1 }
                if there[number].place > compared { overtaken += 1 }
            }
            compared += 1
        }
        idle = begun.values.reduce(0) { $0 + $1.count }
    }
}
