// SPDX-License-Identifier: Apache-2.0
import Foundation
import SystemPackage

/// A line on the terminal that says how far long work has come; nothing where the standard error is no terminal.
struct Progress: ~Copyable {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let start = ContinuousClock.now
    private var lastShown: ContinuousClock.Instant?
    private let what: String
    /// Bytes or events of the whole, where known.
    private let total: UInt64?

    init(_ what: String, total: UInt64?) {
        self.what = what
        self.total = total
    }

    /// `done` of the total is done, and `events` have gone by.
    mutating func update(done: UInt64, events: UInt64) {
        guard isTerminal else { return }
        let now = ContinuousClock.now
        // Nothing in the first second; then four times a second.
        guard now - start > .seconds(1), lastShown.map({ now - $0 > .milliseconds(250) }) ?? true else { return }
        lastShown = now
        let seconds = Double((now - start).components.seconds) + Double((now - start).components.attoseconds) * 1e-18
        var line = "\r\(what): "
        if let total, total > 0 {
            let share = min(1, Double(done) / Double(total))
            line += "\(Int(share * 100)) %, "
            if share > 0 { line += "\(Int(seconds / share - seconds)) s left, " }
        }
        line += String(format: "%.1f", Double(events) / seconds / 1e6) + " M events/s\u{1b}[K"
        writeToStandardError(line)
    }

    /// Takes the line away.
    mutating func end() {
        guard lastShown != nil else { return }
        writeToStandardError("\r\u{1b}[K")
        lastShown = nil
    }
}

/// Bytes of a file, where it is one.
func fileSize(_ path: String) -> UInt64? {
    guard path != "-",
        let attributes = try? FileManager.default.attributesOfItem(atPath: path),
        attributes[.type] as? FileAttributeType == .typeRegular
    else { return nil }
    return (attributes[.size] as? NSNumber)?.uint64Value
}
