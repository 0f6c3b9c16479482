// SPDX-License-Identifier: Apache-2.0

// What a device can reach, and what it would get.

extension PolicyRun {
    mutating func expose(_ result: inout PolicyResult) {
        let (reach, _) = reach()
        result.shared = kernel.platform.machine.sharing.sharedPages << GuestKernel.frameShift
        result.reachable = reach.reduce(0) { $0 + $1.bytes }
        result.plain = reach.reduce(0) { $0 + sharedBytes($1) }
        result.latent = result.reachable - result.plain
    }

    /// Memory that the device can reach, ascending and without overlap, and I/O pages of its windows that lead nowhere.
    private func reach() -> (memory: [DMASegment], faults: UInt64) {
        guard device.isBehindIOMMU else { return ([DMASegment(address: 0, bytes: options.memoryBytes)], 0) }
        var memory: [DMASegment] = []
        var faults: UInt64 = 0
        for window in kernel.platform.machine.windows
        where device.buid.map({ $0 == window.buid }) ?? (window.liobn == device.liobn) {
            for page in 0..<window.pageCount {
                let tce = kernel.platform.machine.getTCE(window.liobn, window.ioba(page: page)).tce ?? .empty
                let address = tce.rawValue & ~(window.pageBytes - 1)
                guard !tce.access.isEmpty, address < options.memoryBytes else {
                    faults += 1
                    continue
                }
                if let last = memory.last, last.address + last.bytes == address {
                    memory[memory.count - 1].bytes += window.pageBytes
                } else {
                    memory.append(DMASegment(address: address, bytes: window.pageBytes))
                }
            }
        }
        return (Self.union(memory, below: options.memoryBytes), faults)
    }

    private static func union(_ segments: [DMASegment], below end: RealAddress) -> [DMASegment] {
        var union: [DMASegment] = []
        for segment in segments.sorted(by: { $0.address < $1.address }) {
            let last = union.last.map { $0.address + $0.bytes } ?? 0
            let start = max(segment.address, last), stop = min(segment.address + segment.bytes, end)
            guard start < stop else { continue }
            if !union.isEmpty, start == last {
                union[union.count - 1].bytes += stop - start
            } else {
                union.append(DMASegment(address: start, bytes: stop - start))
            }
        }
        return union
    }

    private func sharedBytes(_ segment: DMASegment) -> UInt64 {
        var bytes: UInt64 = 0
        forEachFrame(of: segment) { part, isShared in
            if isShared { bytes += part }
        }
        return bytes
    }

    private func forEachFrame(of segment: DMASegment, _ body: (_ bytes: UInt64, _ isShared: Bool) -> Void) {
        var at = segment.address
        let end = segment.address + segment.bytes
        while at < end {
            let next = min(end, (at | 0xffff) + 1)
            let state = kernel.platform.machine.frameState(at: at)
            body(next - at, state == .shared || state == .sharedAbsent)
            at = next
        }
    }

    /// The guest shares a page by mistake, and a device reads every address of its windows.
    mutating func readEverything(afterSharing page: RealAddress) throws -> PolicyResult.Leak {
        let start = page & ~0xffff, end = start + 0x10000
        try kernel.share(start, bytes: end - start, cpu: 0)
        let (memory, faults) = reach()
        var leak = PolicyResult.Leak(leakedBytes: 0, ciphertextPages: 0, faults: faults)
        for segment in memory {
            let first = max(segment.address, start), last = min(segment.address + segment.bytes, end)
            if first < last { leak.leakedBytes += last - first }
            forEachFrame(of: segment) { _, isShared in
                if !isShared { leak.ciphertextPages += 1 }
            }
        }
        return leak
    }
}
