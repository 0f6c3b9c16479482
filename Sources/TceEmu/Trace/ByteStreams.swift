// SPDX-License-Identifier: Apache-2.0
public import SystemPackage

/// Where bytes come from: a file, a pipe, memory.
public protocol ByteInput: AnyObject {
    /// Fills a part of the buffer and returns how many bytes; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(TraceError) -> Int
}

/// Where bytes go.
public protocol ByteOutput: AnyObject {
    /// Writes all of the bytes.
    func write(_ bytes: UnsafeRawBufferPointer) throws(TraceError)
}

/// A file, by its descriptor. Closes it at the end, unless told otherwise.
public final class FileStream: ByteInput, ByteOutput {
    private let descriptor: FileDescriptor
    private let closes: Bool

    public init(_ descriptor: FileDescriptor, closes: Bool = true) {
        self.descriptor = descriptor
        self.closes = closes
    }

    /// Opens a file to read; "-" is the standard input.
    public convenience init(reading path: String) throws(Errno) {
        do {
            let descriptor = path == "-" ? .standardInput : try FileDescriptor.open(FilePath(path), .readOnly)
            self.init(descriptor, closes: path != "-")
            // A directory can be opened, and the standard input may be closed: neither is an input.
            _ = unsafe try descriptor.read(into: UnsafeMutableRawBufferPointer(start: nil, count: 0))
        } catch let error as Errno {
            throw error
        } catch {
            throw .ioError
        }
    }

    /// Makes or empties a file to write; "-" is the standard output.
    public convenience init(writing path: String) throws(Errno) {
        if path == "-" {
            self.init(.standardOutput, closes: false)
            return
        }
        do {
            self.init(
                try FileDescriptor.open(
                    FilePath(path), .writeOnly, options: [.create, .truncate],
                    permissions: FilePermissions(rawValue: 0o644)))
        } catch let error as Errno {
            throw error
        } catch {
            throw .ioError
        }
    }

    deinit {
        if closes { try? descriptor.close() }
    }

    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(TraceError) -> Int {
        do {
            // A signal that has a handler ends the wait, so that ^C is seen where the input is slow.
            return unsafe try descriptor.read(into: buffer, retryOnInterrupt: false)
        } catch let error as Errno where error == .interrupted {
            throw TraceError(.interrupted, "interrupted")
        } catch {
            throw TraceError(.io, "cannot read: \(error)")
        }
    }

    public func write(_ bytes: UnsafeRawBufferPointer) throws(TraceError) {
        do {
            _ = unsafe try descriptor.writeAll(bytes)
        } catch let error as Errno where error == .brokenPipe {
            throw TraceError(.closedPipe, "the reader has gone")
        } catch {
            throw TraceError(.output, "cannot write the output: \(error)")
        }
    }
}

/// Bytes in memory, to read from the start and to write at the end.
public final class MemoryStream: ByteInput, ByteOutput {
    public private(set) var bytes: [UInt8]
    private var position = 0

    public init(_ bytes: [UInt8] = []) {
        self.bytes = bytes
    }

    public func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, bytes.count - position)
        unsafe bytes.withUnsafeBytes { source in
            unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[position..<(position + count)]))
        }
        position += count
        return count
    }

    public func write(_ more: UnsafeRawBufferPointer) {
        unsafe bytes.append(contentsOf: more)
    }
}
