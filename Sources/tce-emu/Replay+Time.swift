// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import SystemPackage
import TceEmu

// replay with time: what its options ask for, and the files that it writes beside the statistics.

/// What a replay with time writes beside its statistics.
struct TimeOutputs: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write one line of CSV for each event here, with issue and completion cycle; - writes them to the standard "
                + "output, in the place of the statistics.", valueName: "file"))
    var perEvent: String?

    @Option(
        help: ArgumentHelp(
            "Count throughput and faults by intervals of this length, such as 10ms or 50us, too; twice as long, four "
                + "times..., where that would be more than 4,096.",
            valueName: "duration"),
        transform: parseDuration)
    var interval: UInt64?

    @Option(
        help: ArgumentHelp(
            "Write the latencies' percentile distribution in HdrHistogram's form: FILE.hgrm of all transactions, or a "
                + "directory with one by direction and by requester.", valueName: "file.hgrm|dir"))
    var histogram: String?

    /// The options that were given, as a person types them.
    var given: [String] {
        var names: [String] = []
        if perEvent != nil { names.append("--per-event") }
        if interval != nil { names.append("--interval") }
        if histogram != nil { names.append("--histogram") }
        return names
    }

    /// What is to be said where the intervals are not of the length that was asked for.
    func widened(_ statistics: ReplayStatistics) -> String? {
        guard let interval, let timing = statistics.timing, let one = timing.intervals?.first else { return nil }
        let (cycles, overflow) = interval.multipliedReportingOverflow(by: timing.time.clockMHz)
        guard !overflow, one.cycles > 2 * max(cycles / 1000, 1) - 1 else { return nil }
        return "--interval: it takes more than 4,096 of the length asked for; they are "
            + "\(one.cycles.grouped) cycles long, not \(max(cycles / 1000, 1).grouped)"
    }
}

/// A length of time: `10ms`, `2.5us`; in nanoseconds.
private func parseDuration(_ argument: String) throws -> UInt64 {
    guard let position = try? parsePosition(argument), case .time(let nanoseconds) = position, nanoseconds > 0 else {
        throw ValidationError("--interval is \(argument); expected a time above 0, such as 10ms or 2.5us")
    }
    return nanoseconds
}

/// The file of --per-event: it takes lines as events end, and is opened before the replay begins.
final class PerEventFile {
    private let path: String
    private let stream: FileStream
    private var buffer = Array(TimedEvent.csvHeader.utf8)

    init(_ path: String, trace: String) throws {
        if isSameFile(path, trace) {
            throw FileError(
                description: "cannot create \(path): it is the trace: name another file",
                status: ExitStatus.cannotCreate)
        }
        self.path = path
        stream = path == "-" ? FileStream(.standardOutput, closes: false) : try openOutput(path)
    }

    func write(_ events: [TimedEvent]) throws {
        for event in events {
            event.appendCSV(to: &buffer)
            if buffer.count >= 1 << 16 { try flush() }
        }
    }

    func flush() throws {
        do {
            unsafe try buffer.withUnsafeBytes { bytes in unsafe try stream.write(bytes) }
        } catch  where path != "-" {
            throw FileError(description: "\(path): \(error)", status: ExitStatus.ioError)
        }
        buffer.removeAll(keepingCapacity: true)
    }
}

/// Where --histogram writes: one file, or a directory.
struct HistogramFiles {
    private let path: String
    private let isDirectory: Bool
    private let file: FileStream?

    init(_ path: String, trace: String) throws {
        self.path = path
        let name = path.split(separator: "/").last ?? ""
        guard path != "-", name.hasSuffix(".hgrm") || !name.dropFirst().contains(".") else {
            throw FileError(
                description: "cannot create \(path): expected a name that ends in .hgrm, or a directory's",
                status: ExitStatus.cannotCreate)
        }
        var isThere: ObjCBool = false
        let exists = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isThere)
        isDirectory = exists ? isThere.boolValue : !path.hasSuffix(".hgrm")
        if isSameFile(path, trace) {
            throw FileError(
                description: "cannot create \(path): it is the trace: name another file",
                status: ExitStatus.cannotCreate)
        }
        if !isDirectory {
            guard path.hasSuffix(".hgrm") else {
                throw FileError(
                    description: "cannot create \(path): expected a name that ends in .hgrm, or a directory",
                    status: ExitStatus.cannotCreate)
            }
            file = try openOutput(path)
            return
        }
        file = nil
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw FileError(description: "cannot create directory \(path)", status: ExitStatus.cannotCreate)
        }
    }

    func write(_ replay: borrowing Replay) throws {
        let all = LatencyDistributions(replay)
        guard isDirectory else {
            if let file { try write(all.text(all.all), to: file, path) }
            return
        }
        for (name, histogram) in all.named {
            let place = path + "/" + name + ".hgrm"
            try write(all.text(histogram), to: openOutput(place), place)
        }
    }

    private func write(_ text: String, to stream: FileStream, _ path: String) throws {
        do {
            let bytes = Array(text.utf8)
            unsafe try bytes.withUnsafeBytes { bytes in unsafe try stream.write(bytes) }
        } catch {
            throw FileError(description: "\(path): \(error)", status: ExitStatus.ioError)
        }
    }
}
