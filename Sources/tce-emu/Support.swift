// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import SystemPackage
import TceEmu

/// Exit statuses, by sysexits.h where it has one.
enum ExitStatus {
    static let checkFailed = ExitCode(1)
    static let usage = ExitCode.validationFailure
    static let dataError = ExitCode(65)
    static let noInput = ExitCode(66)
    static let software = ExitCode(70)
    static let cannotCreate = ExitCode(73)
    static let ioError = ExitCode(74)
    static let interrupted = ExitCode(130)
    static let closedPipe = ExitCode(141)

    /// Prints what an error of ours says and gives its status; leaves the parser's own alone.
    static func describe(_ error: any Error, file: String? = nil) -> any Error {
        func say(_ text: String, _ status: ExitCode) -> ExitCode {
            complain((file.map { "\($0): " } ?? "") + text)
            return status
        }
        switch error {
        case let error as TraceError:
            switch error.kind {
            case .closedPipe: return closedPipe
            case .io: return say(error.description, ioError)
            case .output:
                complain(error.description)
                return ioError
            case .interrupted: return interrupted
            case .host: return say(error.description, software)
            default: return say(error.description, dataError)
            }
        case let error as ImportError: return say(error.description, dataError)
        case let error as ReplayError: return say(error.description, error.isDataError ? dataError : software)
        case let error as GuestConfigurationError: return say(error.description, usage)
        case let error as MachineError: return say("\(error)", software)
        case let error as TimingProfileError:
            // It names its own file.
            complain(error.description)
            return status(of: error)
        case let error as FileError: return say(error.description, error.status)
        default:
            // The parser knows the status of its own errors, help among them; of any other it only knows "failed".
            guard !(error is ExitCode), TceEmuCommand.exitCode(for: error) == .failure else { return error }
            return say("\(error)", dataError)
        }
    }

    private static func status(of error: TimingProfileError) -> ExitCode {
        switch error.place {
        case .text, .file: error.kind == .unreadable ? noInput : dataError
        case .assignment, nil: usage
        }
    }
}

/// A file that could not be opened.
struct FileError: Error, CustomStringConvertible {
    var description: String
    var status: ExitCode
}

func openInput(_ path: String) throws -> FileStream {
    do {
        return try FileStream(reading: path)
    } catch {
        throw FileError(description: "cannot open \(path): \(error)", status: ExitStatus.noInput)
    }
}

func openOutput(_ path: String) throws -> FileStream {
    do {
        return try FileStream(writing: path)
    } catch {
        throw FileError(description: "cannot create \(path): \(error)", status: ExitStatus.cannotCreate)
    }
}

/// Are these two names of one file?
func isSameFile(_ one: String, _ other: String) -> Bool {
    guard one != "-", other != "-", let one = try? FileManager.default.attributesOfItem(atPath: one),
        let other = try? FileManager.default.attributesOfItem(atPath: other)
    else { return false }
    let keys: [FileAttributeKey] = [.systemNumber, .systemFileNumber]
    return keys.allSatisfy { (one[$0] as? NSNumber) == (other[$0] as? NSNumber) }
        && one[.type] as? FileAttributeType == .typeRegular
}

/// A message for the person at the terminal.
func complain(_ message: String) {
    writeToStandardError("tce-emu: \(message)\n")
}

/// Text on the standard error, as far as that takes it: one that is closed or full does not end what the command does.
func writeToStandardError(_ text: String) {
    _ = try? FileDescriptor.standardError.writeAll(text.utf8)
}

/// Where the standard error is closed, the next file that is opened would have its number, and messages would go into
/// it: they go nowhere.
func fillStandardError() {
    guard fcntl(STDERR_FILENO, F_GETFD) < 0, let null = try? FileDescriptor.open(FilePath("/dev/null"), .writeOnly),
        null != .standardError
    else { return }
    _ = try? null.duplicate(as: .standardError)
    try? null.close()
}

/// The standard output, through a buffer.
struct StandardOutput: ~Copyable {
    private let stream = FileStream(.standardOutput, closes: false)
    private var buffer: [UInt8] = []

    mutating func write(_ text: String) throws {
        try write(Array(text.utf8))
    }

    mutating func write(_ text: [UInt8]) throws {
        buffer.append(contentsOf: text)
        if buffer.count >= 1 << 16 { try flush() }
    }

    mutating func flush() throws {
        unsafe try buffer.withUnsafeBytes { bytes in unsafe try stream.write(bytes) }
        buffer.removeAll(keepingCapacity: true)
    }
}

/// Prints a whole result.
func printResult(_ text: String) throws {
    var output = StandardOutput()
    try output.write(text)
    try output.flush()
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json, csv
}

/// `--multitce on|off`
enum Switch: String, ExpressibleByArgument, CaseIterable {
    case on, off
}

/// `--eeh freeze|off`
enum EEH: String, ExpressibleByArgument, CaseIterable {
    case freeze, off
}

struct FormatOption: ParsableArguments {
    @Option(help: "Form of the result: text, json or csv.")
    var format = OutputFormat.text
}

/// A place in a trace: `12.5s`, `300us`, `#7`.
func parsePosition(_ argument: String) throws -> TracePosition {
    let wrong = ValidationError(
        "\(argument) is no position; expected a time such as 12.5s or 300us, or a chunk such as #7")
    if argument.hasPrefix("#") {
        guard let number = UInt64(argument.dropFirst()) else { throw wrong }
        return .chunk(number)
    }
    let units: [(suffix: String, digits: Int)] = [("ns", 0), ("us", 3), ("ms", 6), ("s", 9)]
    guard let unit = units.first(where: { argument.hasSuffix($0.suffix) }) else { throw wrong }
    let parts = argument.dropLast(unit.suffix.count).split(separator: ".", omittingEmptySubsequences: false)
    // As many digits behind the point as make whole nanoseconds.
    let fraction = parts.count == 2 ? parts[1] : ""
    guard let whole = parts.first, !whole.isEmpty, parts.count <= 2, parts.count == 1 || !fraction.isEmpty,
        fraction.count <= unit.digits, (whole + fraction).allSatisfy({ ("0"..."9").contains($0) }),
        let nanoseconds = UInt64(whole + fraction + String(repeating: "0", count: unit.digits - fraction.count))
    else { throw wrong }
    return .time(nanoseconds)
}

struct RangeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Begin here: a time after the first event (12.5s, 300us) or a chunk (#7).", valueName: "position"),
        transform: parsePosition)
    var from: TracePosition?

    @Option(help: ArgumentHelp("End before this time or chunk.", valueName: "position"), transform: parsePosition)
    var to: TracePosition?

    func validate() throws {
        let isReversed =
            switch (from, to) {
            case (.time(let from), .time(let to)): from > to
            case (.chunk(let from), .chunk(let to)): from > to
            default: false
            }
        if isReversed { throw ValidationError("--to is before --from") }
    }
}
