// SPDX-License-Identifier: Apache-2.0

/// The events that the importer knows: the kernel's own two of an hcall (Linux arch/powerpc/include/asm/trace.h), and the
/// probes on the guest's TCE functions that docs/ftrace.md defines.
enum FtraceEvent: Int, CaseIterable {
    case hcallEntry, hcallExit
    case buildmulti, buildmultiReturn, freemulti, freemultiReturn, free

    var name: String {
        switch self {
        case .hcallEntry: "hcall_entry"
        case .hcallExit: "hcall_exit"
        case .buildmulti: "buildmulti"
        case .buildmultiReturn: "buildmulti_ret"
        case .freemulti: "freemulti"
        case .freemultiReturn: "freemulti_ret"
        case .free: "free"
        }
    }

    /// The event of a line. A probe of somebody else may be called "free", too: ours tells the function or an LIOBN.
    init?(_ place: FtraceLine, in line: Span<UInt8>) {
        guard let event = Self.allCases.first(where: { $0.isNamed(place.name, line) }) else { return nil }
        if event == .free {
            var cursor = place.fields
            cursor.skipSpaces(in: line)
            guard cursor.take("(tce_free_pSeriesLP", in: line) || place.fields.field("liobn=", in: line) != nil else {
                return nil
            }
        }
        self = event
    }

    private func isNamed(_ range: Range<Int>, _ line: Span<UInt8>) -> Bool {
        var cursor = ByteCursor(range)
        let found =
            switch self {
            case .hcallEntry: cursor.take("hcall_entry", in: line)
            case .hcallExit: cursor.take("hcall_exit", in: line)
            case .buildmulti: cursor.take("buildmulti", in: line)
            case .buildmultiReturn: cursor.take("buildmulti_ret", in: line)
            case .freemulti: cursor.take("freemulti", in: line)
            case .freemultiReturn: cursor.take("freemulti_ret", in: line)
            case .free: cursor.take("free", in: line)
            }
        return found && cursor.isAtEnd
    }

    /// Whether a line that is no event's has one of ours in it.
    static func isHidden(in line: Span<UInt8>) -> Bool {
        var cursor = ByteCursor(0..<line.count)
        while cursor.position < cursor.end {
            defer { cursor.position += 1 }
            let byte = line[cursor.position]
            guard byte == UInt8(ascii: "h") || byte == UInt8(ascii: "b") || byte == UInt8(ascii: "f") else { continue }
            var ahead = cursor
            if ahead.take("hcall_entry: ", in: line) || ahead.take("hcall_exit: ", in: line)
                || ahead.take("buildmulti: (", in: line) || ahead.take("buildmulti_ret: (", in: line)
                || ahead.take("freemulti: (", in: line) || ahead.take("freemulti_ret: (", in: line)
                || ahead.take("free: (tce_free_pSeriesLP", in: line)
            {
                return true
            }
        }
        return false
    }
}

/// Entries of a TCE table, as the guest's functions are asked to write them.
struct FtraceRange: Hashable {
    /// Of the table: 32 bits.
    var liobn: UInt32
    /// Number of the first entry: bus address by page size.
    var entry: UInt64
    var count: UInt64

    /// The entries that a probe's line names. The result is what was expected where it is not there.
    static func read(_ cursor: ByteCursor, _ line: Span<UInt8>, shift: UInt64 = 12) -> Result<Self, FtraceMismatch> {
        guard let liobn = cursor.number("liobn=", in: line), let entry = cursor.number("tcenum=", in: line),
            let count = cursor.number("npages=", in: line)
        else { return .failure("expected liobn=, tcenum= and npages=, a number each") }
        guard let liobn = UInt32(exactly: liobn) else { return .failure("expected an LIOBN of 32 bits") }
        let (behind, overflow) = entry.addingReportingOverflow(count)
        guard !overflow, behind <= UInt64.max >> shift else {
            return .failure("expected entries of a bus of 64 bits")
        }
        return .success(Self(liobn: liobn, entry: entry, count: count))
    }

    func contains(_ other: Self) -> Bool {
        liobn == other.liobn && entry <= other.entry && other.entry + other.count <= entry + count
    }
}

/// What was expected of a line.
struct FtraceMismatch: Error, ExpressibleByStringLiteral {
    var expected: String

    init(stringLiteral expected: String) {
        self.expected = expected
    }
}

extension ByteCursor {
    /// The word that begins with a key: where its value stands.
    fileprivate func field(_ key: StaticString, in line: Span<UInt8>) -> Range<Int>? {
        var cursor = self
        while let word = cursor.takeWord(in: line) {
            var value = ByteCursor(word)
            if value.take(key, in: line) { return value.position..<value.end }
        }
        return nil
    }

    /// The number of a field: decimal, or hexadecimal with 0x. Fields stand in any order, others among them.
    func number(_ key: StaticString, in line: Span<UInt8>) -> UInt64? {
        guard let range = field(key, in: line) else { return nil }
        var cursor = ByteCursor(range)
        guard let value = cursor.takeNumber(in: line), cursor.isAtEnd else { return nil }
        return value
    }

    /// The status of a field: a signed decimal number, or all 64 bits of it with 0x, that 32 bits can hold.
    func status(_ key: StaticString, in line: Span<UInt8>) -> Int32? {
        guard let range = field(key, in: line) else { return nil }
        var cursor = ByteCursor(range)
        if let value = cursor.takeSigned(in: line), cursor.isAtEnd { return Int32(exactly: value) }
        return number(key, in: line).flatMap { Int32(exactly: Int64(bitPattern: $0)) }
    }
}
