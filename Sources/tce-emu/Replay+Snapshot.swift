// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import SystemPackage
import TceEmu

// replay --save and --load: files of snapshots.

extension ReplayCommand {
    /// Reads the file of --load.
    func loadSnapshot(_ path: String) throws -> ReplaySnapshot {
        let input = try openInput(path)
        return try describingSnapshot(path) { try ReplaySnapshot(reading: input) }
    }

    /// An error of a snapshot names its file, not the trace.
    func describingSnapshot<Result: ~Copyable>(_ path: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as SnapshotError {
            throw describe(error, snapshot: path)
        } catch let error as TraceError where error.kind == .io {
            throw FileError(description: "\(path): \(error)", status: ExitStatus.ioError)
        }
    }

    func describe(_ error: SnapshotError, snapshot path: String) -> FileError {
        FileError(
            description: "\(path): \(error)",
            status: error.kind == .host ? ExitStatus.software : ExitStatus.dataError)
    }

    /// What is given again must be what the replay was begun with.
    func refuseConflicts(_ saved: ReplaySnapshot) throws {
        func refuse(_ option: String, _ given: String, _ was: String) throws {
            guard given != was else { return }
            throw ValidationError("\(option) \(given): \(load ?? "") was saved by a replay with \(option) \(was)")
        }
        if let platform { try refuse("--platform", platform.description, saved.platform.description) }
        if let multitce { try refuse("--multitce", multitce.rawValue, saved.hasMultiTCE ? "on" : "off") }
        if let eeh { try refuse("--eeh", eeh.rawValue, saved.eeh ? "freeze" : "off") }
        if let from = range.from { try refuse("--from", Self.text(from), saved.from.map(Self.text) ?? "(none)") }
        if check, !saved.check { throw ValidationError("--check: \(load ?? "") was saved by a replay without --check") }
    }

    private static func text(_ position: TracePosition) -> String {
        switch position {
        case .time(let nanoseconds): "\(nanoseconds)ns"
        case .chunk(let number): "#\(number)"
        }
    }

    /// Writes the file of --save; what went wrong, or nil.
    func saveSnapshot(_ replay: borrowing Replay, to target: SnapshotFile) -> FileError? {
        do {
            try replay.save().write(to: target)
            try target.finish()
            return nil
        } catch let error as SnapshotError {
            return FileError(description: "\(target.path): not written: \(error)", status: ExitStatus.software)
        } catch let error as FileError {
            return error
        } catch {
            return FileError(description: "\(target.path): not written: \(error)", status: ExitStatus.ioError)
        }
    }
}

/// A file that is written whole or not at all: under another name beside it, which then takes the place of the old one.
final class SnapshotFile: ByteOutput {
    let path: String
    /// Where `path` leads, and the name until all is written.
    private let place: String
    private let temporary: String
    private let stream: FileStream
    private var isFinished = false

    init(_ path: String, trace: String) throws {
        func cannot(_ why: String) -> FileError {
            FileError(description: "cannot create \(path): \(why)", status: ExitStatus.cannotCreate)
        }
        if isSameFile(path, trace) { throw cannot("it is the trace: name another file") }
        // A link stays one, and what is no file, such as /dev/null, is not replaced by one.
        let url = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        let type = try? FileManager.default.attributesOfItem(atPath: url.path)[.type] as? FileAttributeType
        if let type, type != .typeRegular { throw cannot("it is not a regular file") }
        self.path = path
        place = url.path
        temporary = url.deletingLastPathComponent().appendingPathComponent(".tce-emu-\(getpid()).tmp").path
        do {
            stream = FileStream(
                try FileDescriptor.open(
                    FilePath(temporary), .writeOnly, options: [.create, .exclusiveCreate],
                    permissions: FilePermissions(rawValue: 0o644)))
        } catch {
            throw cannot("\(error)")
        }
    }

    deinit {
        if !isFinished { try? FileManager.default.removeItem(atPath: temporary) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(TraceError) {
        unsafe try stream.write(bytes)
    }

    /// The file takes its name.
    func finish() throws {
        guard unsafe rename(temporary, place) == 0 else {
            throw FileError(
                description: "cannot create \(path): \(Errno(rawValue: errno))", status: ExitStatus.cannotCreate)
        }
        isFinished = true
    }
}
