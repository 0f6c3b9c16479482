// SPDX-License-Identifier: Apache-2.0
import CTce

/// What is wrong with a trace, and where.
public struct TraceError: Error, Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// A chunk, or the file's order of chunks, is not as the format says.
        case damaged
        /// The file ends before its end member.
        case cut
        /// The file is of a newer format version, or of the other byte order.
        case version
        /// It is not a trace at all.
        case notATrace
        /// An event that no trace can hold.
        case event
        /// A chunk takes no more events.
        case full
        /// The host could not (memory).
        case host
        /// The operating system could not read.
        case io
        /// The operating system could not write.
        case output
        /// A signal came while we waited for input.
        case interrupted
        /// Whoever read our output has closed it.
        case closedPipe
    }

    public var kind: Kind
    /// What was expected and what was found.
    public var reason: String
    /// Number of the chunk, counted from 0 (the header), where it is known.
    public var chunk: UInt64?
    /// Offset in the file, in bytes, where it is known.
    public var offset: UInt64?

    public init(_ kind: Kind, _ reason: String, chunk: UInt64? = nil, offset: UInt64? = nil) {
        self.kind = kind
        self.reason = reason
        self.chunk = chunk
        self.offset = offset
    }

    /// The same at a place.
    func at(chunk: UInt64?, offset: UInt64?) -> TraceError {
        var error = self
        error.chunk = self.chunk ?? chunk
        error.offset = self.offset ?? offset
        return error
    }

    init(chunk fault: tce_chunk_fault) {
        let text = unsafe String(cString: tce_chunk_fault_text(fault))
        switch Int(fault) {
        case Int(TCE_CHUNK_NO_MEMORY): self.init(.host, text)
        case Int(TCE_CHUNK_VERSION): self.init(.version, text)
        case Int(TCE_CHUNK_FULL): self.init(.full, text)
        default: self.init(.damaged, text)
        }
    }

    init(gzip fault: tce_gzip_fault) {
        let text = unsafe String(cString: tce_gzip_fault_text(fault))
        switch Int(fault) {
        case Int(TCE_GZIP_NO_MEMORY): self.init(.host, text)
        case Int(TCE_GZIP_CUT): self.init(.cut, text)
        case Int(TCE_GZIP_BYTE_ORDER): self.init(.version, text)
        default: self.init(.damaged, text)
        }
    }
}

extension TraceError: CustomStringConvertible {
    public var description: String {
        var place: [String] = []
        if let chunk { place.append("chunk \(chunk)") }
        if let offset { place.append("offset \(offset)") }
        return place.isEmpty ? reason : place.joined(separator: ", ") + ": " + reason
    }
}
