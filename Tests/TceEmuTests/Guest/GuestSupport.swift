// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// What a guest asks its platform for, one line a call.
///
/// "put 0x1000 0x5003" is a bus address and a TCE; "list 0x1000 16 0x5003" has a count and the first TCE; "stuff 0x1000
/// 16"; "get 0x1000"; "share 0x3 1" and "unshare 0x3 1" name a frame and a count; other calls are their names.
final class CallLog {
    private(set) var lines: [String] = []

    func append(_ event: TraceEvent) {
        switch event.body {
        case .hcall(let call): lines.append(Self.line(call))
        case .rtas(let call): lines.append(RTASCall(rawValue: UInt32(call.number)).description)
        case .ultracall(let call): lines.append(Self.line(call))
        default: break
        }
    }

    private static func line(_ call: TraceEvent.Hcall) -> String {
        switch call.kind {
        case .get: "get \(call.ioba.hex)"
        case .put: "put \(call.ioba.hex) \(call.value.hex)"
        case .stuff: "stuff \(call.ioba.hex) \(call.npages)"
        case .putIndirect: "list \(call.ioba.hex) \(call.npages) \((call.entries.first ?? 0).hex)"
        }
    }

    private static func line(_ call: TraceEvent.Call) -> String {
        switch Ultracall(rawValue: call.number) {
        case .sharePage: "share \(call.arguments[0].hex) \(call.arguments[1])"
        case .unsharePage: "unshare \(call.arguments[0].hex) \(call.arguments[1])"
        case let other: other.description
        }
    }
}

extension GuestKernel {
    /// A guest that has booted, with a device on each of its nodes; a secure one where there is a policy.
    static func booted(
        _ policy: String? = nil, _ change: (inout GuestConfiguration) -> Void = { _ in }
    ) throws -> GuestKernel {
        var guest = GuestConfiguration()
        if let policy { guest = .secure(try #require(DMAPolicy(named: policy))) }
        change(&guest)
        var kernel = try GuestKernel(guest, profile: TimingProfile())
        try kernel.boot()
        kernel.devices = kernel.nodes.indices.map { GuestDevice(node: $0) }
        return kernel
    }

    /// The calls that something makes.
    mutating func calls(_ body: (inout GuestKernel) throws -> Void) throws -> [String] {
        let log = CallLog()
        platform.recorder = GuestRecorder(log.append)
        defer { platform.recorder = nil }
        try body(&self)
        return log.lines
    }

    /// The calls that something makes, one of which is refused: the `number`-th hcall, from 0. It is not among them.
    mutating func calls(
        refusing number: Int, with status: HcallStatus, _ body: (inout GuestKernel) throws -> Void
    ) throws -> [String] {
        platform.injected = [platform.hcallCount + number: status]
        defer { platform.injected = [:] }
        return try calls(body)
    }

    /// A map that must succeed.
    mutating func mapped(
        _ address: RealAddress, bytes: UInt64, _ access: DMAAccess = .read, device: Int = 0, cpu: Int = 0
    ) throws -> IOBA {
        try map(device, address, bytes: bytes, access, cpu: cpu).get()
    }

    /// Free slots, entries: whatever is left after a failure.
    var usedSlots: Int { buffer?.used ?? 0 }
}

/// A part of the guest's memory that starts with these bytes.
func someBytes(_ count: Int, _ first: UInt8) -> [UInt8] { (0..<count).map { first &+ UInt8(truncatingIfNeeded: $0) } }
