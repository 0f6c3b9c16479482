// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// Runs a script on a platform and finds a row of docs/platforms.md for each line that differs from qemu's.
///
/// Three machines run the script. `qemu` is the recording's. `other` is the platform's. `mirror` is a qemu machine that
/// is brought into the state of `other` before each statement, so that both make the same step from the same state:
/// - where the two then differ, in the answer or in what the call leaves behind, a row's predicate must hold of the
///   arguments and that state; and where the predicate of a row that changes the status holds, they must differ;
/// - where they do not differ, but `qemu` answers otherwise, this follows from a difference of the states. Each entry
///   of a table that differs between `other` and `qemu`, and the set of windows, has the row that made it differ.
struct TranscriptExplainer: ~Copyable {
    private var qemu: Machine
    private var mirror: Machine
    private var other: Machine
    private var rules: ExplanationRules

    /// Where `other` and `qemu` differ, and why.
    private var entries = TableMarks()
    private var windows: String?

    /// Lines that differ, by row: because of it, and because of what it left behind.
    private(set) var lines: [String: (direct: Int, after: Int)] = [:]
    /// What no row explains.
    private(set) var unexplained: [String] = []
    /// What `qemu` printed.
    private(set) var recording = ""

    init(_ platform: Platform) throws {
        var configuration = MachineConfiguration.pseries
        // A noncopyable value cannot be half made: what can throw comes first.
        let qemu = try Machine(configuration)
        let mirror = try Machine(configuration)
        configuration.platform = platform
        let other = try Machine(configuration)
        self.qemu = qemu
        self.mirror = mirror
        self.other = other
        rules = ExplanationRules(platform: platform)
    }

    mutating func run(_ line: ScriptLine) throws {
        let call = ExplainedCall(line.statement)
        let looked = call.pages(of: mirror)
        let written = call.writes ? [looked, call.pages(of: qemu)].compactMap(\.self) : []
        let before = other.windows
        let explanation = rules.row(of: call, on: &mirror)
        let recorded = try qemu.run(line.statement)?.description
        let same = try mirror.run(line.statement)?.description
        let answer = try other.run(line.statement)?.description
        if let recorded { recording += recorded + "\n" }
        if (answer != same) != (explanation?.isVisible ?? false) {
            unexplained.append("\(line.number): \(answer ?? "") from \(same ?? ""), row \(explanation?.row ?? "none")")
        }
        // What is known of the states is still of before the call.
        if answer != recorded { count(answer != same ? explanation?.row : nil, call, looked, line) }
        if call.isRTAS {
            try compareWindows(explanation, line)
            rules.follow(call, succeeded: answer?.afterEquals.first == "0", before, other.windows)
        }
        do {
            for (window, pages) in written {
                try entries.compare(window, pages, other, qemu, mirror, row: explanation?.row, windows: windows)
            }
        } catch {
            unexplained.append("\(line.number): \(error)")
        }
    }

    /// The lines that differ, as docs/platforms.md writes them.
    var summary: String {
        if lines.isEmpty { return "-" }
        let rows = lines.sorted { ($0.key.count, $0.key) < ($1.key.count, $1.key) }
        return rows.map { row, count in
            "\(row) \(count.direct)" + (count.after == 0 ? "" : "+\(count.after)")
        }.joined(separator: ", ")
    }

    private mutating func count(
        _ direct: String?, _ call: ExplainedCall, _ looked: (window: DMAWindow, pages: Range<UInt64>)?,
        _ line: ScriptLine
    ) {
        if let direct {
            lines[direct, default: (0, 0)].direct += 1
            return
        }
        // H_GET_TCE alone shows an entry; all else depends on the windows alone.
        var row = windows
        if case .get = call, let looked, let page = looked.pages.first {
            row = entries.row(looked.window.liobn, page) ?? windows
        }
        guard let row else {
            unexplained.append("\(line.number): follows from nothing")
            return
        }
        lines[row, default: (0, 0)].after += 1
    }

    /// Gives `mirror` the windows that `other` has, and looks for entries that do not differ any more.
    private mutating func compareWindows(_ explanation: Explanation?, _ line: ScriptLine) throws {
        if mirror.windows != other.windows {
            guard let explanation else { return unexplained.append("\(line.number): windows differ") }
            windows = explanation.row
            for window in mirror.windows where other.window(window.liobn) != window {
                try mirror.unplugWindow(window.liobn)
            }
            for window in other.windows where mirror.window(window.liobn) == nil { try mirror.plug(window) }
        }
        if other.windows == qemu.windows { windows = nil }
        entries.recompare(other, qemu)
    }
}
