// SPDX-License-Identifier: Apache-2.0
import CTce
import Loads
import TceEmu

/// A machine of the C API, and its end.
final class RawMachine {
    let handle: OpaquePointer

    init(_ platform: Platform = .qemu, windowBytes: UInt64 = 1 << 30) throws {
        guard let handle = load_machine(platform.lowered, windowBytes) else {
            throw NoFixture(description: "no machine with a window of \(windowBytes) bytes")
        }
        self.handle = handle
    }

    deinit { tce_machine_destroy(handle) }
}

extension Platform {
    var lowered: tce_platform {
        switch self {
        case .kvm: tce_platform(TCE_PLATFORM_KVM)
        case .papr: tce_platform(TCE_PLATFORM_PAPR)
        default: tce_platform(TCE_PLATFORM_QEMU)
        }
    }
}

/// Numbers at an address that stays.
final class Words<Element: BitwiseCopyable> {
    let buffer: UnsafeMutableBufferPointer<Element>
    var base: UnsafeMutablePointer<Element> { buffer.baseAddress.unsafelyUnwrapped }
    var count: Int { buffer.count }

    init(_ count: Int, _ value: Element) {
        buffer = .allocate(capacity: max(1, count))
        buffer.initialize(repeating: value)
    }

    deinit { buffer.deallocate() }
}

/// A trace file in memory, with the place of each member.
final class LoadedTrace {
    let bytes: [UInt8]
    private(set) var events: UInt64 = 0
    private(set) var members: [(offset: Int, member: tce_member)] = []
    let payload = Words<UInt8>(Int(TCE_PAYLOAD_BYTES_MAX), 0)
    private let inflater: OpaquePointer

    convenience init(_ workload: Workload, events: UInt64) throws {
        let output = MemoryStream()
        _ = try workload.generate(events: events, seed: 1, to: output)
        try self.init(output.bytes)
    }

    init(_ bytes: [UInt8]) throws {
        self.bytes = bytes
        guard let inflater = tce_inflater_create() else { throw NoFixture(description: "no memory") }
        self.inflater = inflater
        var offset = 0
        bytes.withUnsafeBufferPointer { all in
            while offset < all.count {
                var member = tce_member()
                guard let base = all.baseAddress, tce_member_parse(base + offset, all.count - offset, &member) == 0
                else { return }
                members.append((offset, member))
                events += UInt64(member.count)
                offset += Int(member.member_bytes)
            }
        }
    }

    deinit { tce_inflater_destroy(inflater) }

    /// Inflates every member with one thread and hands each payload on.
    func inflate(_ body: (UnsafeMutablePointer<UInt8>, Int, tce_member) throws -> Void) throws {
        try bytes.withUnsafeBufferPointer { all in
            guard let base = all.baseAddress else { return }
            for (offset, member) in members {
                var member = member
                guard tce_inflate_member(inflater, base + offset, &member, payload.base) == 0 else {
                    throw NoFixture(description: "a member is damaged")
                }
                try body(payload.base, Int(member.inflated_bytes), member)
            }
        }
    }

    func inflateAlone() throws {
        try inflate { payload, bytes, _ in sink &+= UInt64(payload[bytes - 1]) }
    }
}
