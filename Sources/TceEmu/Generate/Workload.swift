// SPDX-License-Identifier: Apache-2.0

/// A kind of synthetic trace.
public enum Workload: String, CaseIterable, Sendable {
    /// A window mapped page by page in lists of 512, then 4 KiB accesses one page after another.
    case sequential
    /// The same window, then 64-byte accesses on random pages.
    case random
    /// A network card: rings, posted receive buffers that are mapped and unmapped packet by packet, sends.
    case nic
    /// A storage controller: commands of 4 to 128 KiB, their pages mapped by list, queue entries, completions.
    case nvme

    /// What the workload is, in a sentence.
    public var summary: String {
        switch self {
        case .sequential: "a 1 GiB window mapped by lists of 512, then 4 KiB accesses page after page"
        case .random: "a 1 GiB window mapped by lists of 512, then 64-byte accesses on random pages"
        case .nic: "a network card: 4 queues, descriptors, packets of 64 to 1,514 bytes, one mapping a packet"
        case .nvme: "a storage controller: up to 32 commands of 4 to 128 KiB in flight, pages mapped by list"
        }
    }

    /// Writes a trace of exactly `events` events. The same seed gives the same trace on every machine.
    ///
    /// `progress` is called now and then with the number of events written; it may throw to stop.
    public func generate(
        events: UInt64, seed: UInt64, to output: any ByteOutput, level: Int = 6,
        progress: (UInt64) throws -> Void = { _ in }
    ) throws -> TraceTotals {
        var header = TraceHeader()
        header.platform = "qemu"
        header.memoryBytes = GeneratedMachine.memoryBytes
        header.source = "generated: \(rawValue), seed \(seed)"
        header.writer = TceEmuPackage.nameAndVersion
        var sink = EventSink(try TraceWriter(header, to: output, level: level), limit: events)
        var random = SplitMix64(seed: seed)
        try sink.add(.phb(TraceEvent.PHB(buid: GeneratedMachine.buid, liobn: UInt32(GeneratedMachine.liobn))), after: 0)
        switch self {
        case .sequential: try generateSweep(&sink, &random, sequential: true, progress)
        case .random: try generateSweep(&sink, &random, sequential: false, progress)
        case .nic: try generateNIC(&sink, &random, progress)
        case .nvme: try generateNVMe(&sink, &random, progress)
        }
        return try sink.finish()
    }
}

/// The machine that generated traces are of: QEMU's, with 2 GiB.
enum GeneratedMachine {
    static let buid: BUID = 0x800_0000_2000_0000
    static let liobn: LIOBN = 0x8000_0000
    static let memoryBytes: UInt64 = 2 << 30
    static let windowPages: UInt64 = 1 << 18
    static let memoryPages: UInt64 = memoryBytes >> 12

    static func dma(
        _ requester: UInt32, _ ioba: IOBA, _ length: UInt64, _ access: DMAAccess
    ) -> TraceEvent.Body {
        .dma(TraceEvent.DMA(liobn: liobn, buid: buid, requester: requester, ioba: ioba, length: length, access: access))
    }

    static func put(_ cpu: UInt16, page: UInt64, _ tce: TCE) -> TraceEvent.Body {
        .hcall(TraceEvent.Hcall(.put, cpu: cpu, liobn: liobn, ioba: page << 12, value: tce.rawValue))
    }

    static func clear(_ cpu: UInt16, page: UInt64, count: UInt64) -> TraceEvent.Body {
        .hcall(TraceEvent.Hcall(.stuff, cpu: cpu, liobn: liobn, ioba: page << 12, npages: count))
    }

    /// Maps `count` pages, at most 512, to guest memory from `realPage` on.
    static func map(
        _ cpu: UInt16, page: UInt64, count: UInt64, realPage: UInt64, _ access: DMAAccess
    ) -> TraceEvent.Body {
        if count == 1 { return put(cpu, page: page, TCE(realPage << 12, access)) }
        return .hcall(
            TraceEvent.Hcall(
                .putIndirect, cpu: cpu, liobn: liobn, ioba: page << 12, value: 0x600_0000 + UInt64(cpu) << 16,
                npages: count, entries: (0..<count).map { TCE((realPage + $0) << 12, access).rawValue }))
    }
}

/// Takes events until there are enough; keeps the clock, in nanoseconds.
struct EventSink: ~Copyable {
    private var writer: TraceWriter
    private let limit: UInt64
    private(set) var count: UInt64 = 0
    private var time: UInt64 = 0

    init(_ writer: consuming TraceWriter, limit: UInt64) {
        self.writer = writer
        self.limit = limit
    }

    var isFull: Bool { count >= limit }

    /// Adds an event `nanoseconds` after the last one. Nothing happens once there are enough.
    mutating func add(_ body: TraceEvent.Body, after nanoseconds: UInt64) throws(TraceError) {
        guard !isFull else { return }
        time += nanoseconds
        try writer.append(TraceEvent(time: time, body: body))
        count += 1
    }

    consuming func finish() throws(TraceError) -> TraceTotals {
        try writer.finish()
    }
}

/// Calls to `progress` come about this many events apart.
let progressStride: UInt64 = 1 << 16

extension Workload {
    private func generateSweep(
        _ sink: inout EventSink, _ random: inout SplitMix64, sequential: Bool, _ progress: (UInt64) throws -> Void
    ) throws {
        let pages = GeneratedMachine.windowPages
        for page in stride(from: 0, to: pages, by: 512) {
            // The window holds half of the memory: each of its pages is mapped, once.
            try sink.add(
                GeneratedMachine.map(0, page: page, count: 512, realPage: page, .readWrite), after: 3_000)
        }
        var page: UInt64 = 0
        while !sink.isFull {
            let access: DMAAccess = random.below(4) == 0 ? .write : .read
            if sequential {
                try sink.add(GeneratedMachine.dma(0x18, page << 12, 4096, access), after: 400 + random.below(200))
                page = (page + 1) % pages
            } else {
                let ioba = random.below(pages) << 12 | random.below(64) << 6
                try sink.add(GeneratedMachine.dma(0x18, ioba, 64, access), after: 10 + random.below(40))
            }
            if sink.count % progressStride == 0 { try progress(sink.count) }
        }
    }
}
