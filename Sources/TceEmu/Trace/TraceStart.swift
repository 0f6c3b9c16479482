// SPDX-License-Identifier: Apache-2.0
import CTce

/// What a trace begins with: the header, or why there is none.
struct TraceStart {
    private(set) var header = TraceHeader()
    /// The header as it was written; nil without one.
    private(set) var text: String?
    /// The CRC-32 of its payload; nil without one.
    private(set) var payloadCRC: UInt32?
    /// What was passed over to find it, or instead of it.
    private(set) var faults: [TraceError] = []
    /// Chunks that stand before the header, or where it should be.
    private(set) var chunks: [ChunkSlot] = []

    /// Chunks that are looked at to find a header behind them.
    private static let chunksMax = 2

    init(_ scanner: MemberScanner, _ source: ChunkSource, lenient: Bool) throws(TraceError) {
        try Self.checkFormat(scanner, lenient: lenient)
        while text == nil, chunks.count < Self.chunksMax {
            guard case .slot(let slot) = try source.next(holding: !chunks.isEmpty) else { break }
            do throws(TraceError) {
                try take(slot, source)
            } catch {
                guard lenient, ![.version, .host, .io, .interrupted].contains(error.kind) else { throw error }
                if faults.count < TraceLoss.faultsMax { faults.append(error) }
            }
        }
        guard text == nil else { return }
        guard !chunks.isEmpty else {
            throw TraceError(.notATrace, "this is not a trace file: it has not one whole chunk", offset: 0)
        }
        // Without its header a trace is read in nanoseconds, of an unknown platform.
        let reason = "there is no header: time stamps are taken as nanoseconds"
        faults.append(TraceError(.damaged, reason, chunk: 0, offset: 0))
    }

    private mutating func take(_ slot: ChunkSlot, _ source: ChunkSource) throws(TraceError) {
        if let error = slot.error {
            source.recycle(slot)
            throw TraceError(
                error.kind == .notATrace ? .damaged : error.kind, error.reason, chunk: 0, offset: slot.offset)
        }
        guard slot.kind == Int(TCE_MEMBER_HEADER), slot.number == 0 else {
            // What lies here is looked at again as a chunk.
            chunks.append(slot)
            guard chunks.count == 1 else { return }
            throw TraceError(
                .damaged, "the file begins with chunk \(slot.number), expected the header", chunk: slot.number,
                offset: slot.offset)
        }
        do throws(TraceError) {
            let text = try slot.text()
            header = try TraceHeader(text: text)
            self.text = text
            payloadCRC = slot.payloadCRC
        } catch {
            source.recycle(slot)
            throw error.at(chunk: 0, offset: slot.offset)
        }
        source.recycle(slot)
    }

    /// Says by name what is no trace, instead of speaking of damage.
    static func checkFormat(_ scanner: MemberScanner, lenient: Bool = false) throws(TraceError) {
        switch try scanner.peek() {
        case .end:
            throw TraceError(.cut, "the file is empty", offset: 0)
        case .bad(let error, _):
            if error.kind == .version { throw error }
            guard error.kind == .notATrace, !lenient else { return }
            guard scanner.holdsAnotherMember else {
                throw TraceError(.notATrace, "this is not a trace file: \(error.reason)", offset: 0)
            }
        case .member:
            break
        }
    }
}
