// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Synchronization

/// Where the bounce buffer is, by the name that the thread's readers know.
public enum BufferPlace: String, Hashable, Sendable, CaseIterable, Codable {
    /// Ends below 1 GiB.
    case l1 = "L1"
    /// Between 2 and 4 GiB.
    case l4 = "L4"
    /// Above 4 GiB.
    case l5 = "L5"

    /// Where it starts.
    public var start: RealAddress {
        switch self {
        case .l1: 0x0400_0000
        case .l4: 0xa000_0000
        case .l5: 0x1_4000_0000
        }
    }
}

/// Cells that are run side by side and told in order.
public struct PolicyComparison: Sendable {
    public var policies = DMAPolicy.all
    public var settings: [MultiTCE] = [.life, .call, .unshared, .off, .split]
    public var devices = DeviceClass.allCases
    public var windows: [UInt64] = [1 << 30, 2 << 30]
    public var buffers: [RealAddress] = BufferPlace.allCases.map(\.start)
    public var options = PolicyOptions()

    public init() {}

    public var cells: [PolicyCell] {
        policies.flatMap { policy in
            settings.flatMap { setting in
                devices.flatMap { device in
                    windows.flatMap { window in
                        buffers.map {
                            PolicyCell(
                                policy: policy, multiTCE: setting, device: device, windowBytes: window, bufferStart: $0)
                        }
                    }
                }
            }
        }
    }

    /// Runs one cell and hands on what guest, driver and device do; times in nanoseconds.
    public func record(_ cell: PolicyCell, _ emit: @escaping (TraceEvent) throws -> Void) throws -> PolicyResult {
        try PolicyRun.run(cell, options, record: emit)
    }

    /// Runs all cells, on as many threads as the machine has processors; `progress` is told how many are done.
    public func run(progress: @Sendable (Int) -> Void = { _ in }) throws -> [PolicyResult] {
        let cells = cells, options = options
        let results = Mutex<[Result<PolicyResult, any Error>?]>(Array(repeating: nil, count: cells.count))
        let done = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: cells.count) { index in
            let result = Result { try PolicyRun.run(cells[index], options) }
            results.withLock { $0[index] = result }
            progress(done.add(1, ordering: .relaxed).newValue)
        }
        return try results.withLock { try $0.compactMap { try $0?.get() } }
    }
}

extension PolicyResult: Encodable {
    enum CodingKeys: String, CodingKey {
        case policy, multitce, device, window, swiotlb, outcome, why, boot, shared, reachable, latent, plain, leak
        case perIO = "per_io"
        case bufferStart = "swiotlb_start"
    }

    public func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(cell.policy.name, forKey: .policy)
        try keys.encode(cell.multiTCE.rawValue, forKey: .multitce)
        try keys.encode(cell.device, forKey: .device)
        try keys.encode(cell.windowBytes, forKey: .window)
        try keys.encode(place, forKey: .swiotlb)
        try keys.encode(cell.bufferStart, forKey: .bufferStart)
        try keys.encode(outcome, forKey: .outcome)
        try keys.encode(why, forKey: .why)
        try keys.encode(boot, forKey: .boot)
        try keys.encode(perIO, forKey: .perIO)
        try keys.encode(shared, forKey: .shared)
        try keys.encode(reachable, forKey: .reachable)
        try keys.encode(latent, forKey: .latent)
        try keys.encode(plain, forKey: .plain)
        try keys.encodeIfPresent(leak, forKey: .leak)
    }

    /// The place's name, or the address.
    var place: String {
        BufferPlace.allCases.first { $0.start == cell.bufferStart }?.rawValue ?? cell.bufferStart.hex
    }
}
