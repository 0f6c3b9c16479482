// SPDX-License-Identifier: Apache-2.0

/// What stands before the event in a line of QEMU's log: `TID@SECONDS.MICROSECONDS:`, all of it or a part.
struct QEMULogPrefix {
    /// Host thread that printed the line.
    var thread: UInt64?
    /// Microseconds.
    var time: UInt64?

    /// Takes the prefix, if the line begins with one.
    init(_ cursor: inout ByteCursor, in line: Span<UInt8>) {
        var ahead = cursor
        guard let number = ahead.takeDecimal(in: line) else { return }
        var thread: UInt64?
        var seconds: UInt64? = number
        if ahead.takeByte(UInt8(ascii: "@"), in: line) {
            thread = number
            seconds = ahead.takeDecimal(in: line)
        }
        var time: UInt64?
        if let seconds {
            time = Self.time(seconds, &ahead, line)
            if time == nil { return }
        }
        guard ahead.takeByte(UInt8(ascii: ":"), in: line) else { return }
        cursor = ahead
        self.thread = thread
        self.time = time
    }

    /// The fraction of a second and the whole; nil where there is no fraction or no room for the number.
    private static func time(_ seconds: UInt64, _ cursor: inout ByteCursor, _ line: Span<UInt8>) -> UInt64? {
        guard cursor.takeByte(UInt8(ascii: "."), in: line) else { return nil }
        var micros: UInt64 = 0
        var digits = 0
        while cursor.position < cursor.end {
            let digit = line[cursor.position] &- 0x30
            guard digit < 10 else { break }
            if digits < 6 { micros = micros * 10 + UInt64(digit) }
            digits += 1
            cursor.position += 1
        }
        guard digits > 0 else { return nil }
        while digits < 6 {
            micros *= 10
            digits += 1
        }
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, carry) = scaled.addingReportingOverflow(micros)
        return overflow || carry ? nil : sum
    }
}

/// The trace events that QEMU's hw/ppc/trace-events names spapr_iommu_*.
enum QEMULogEvent: Int, CaseIterable {
    case xlate
    case stuff, put, indirect, get
    case pciStuff, pciPut, pciIndirect, pciGet
    case newTable, ddwQuery, ddwCreate, ddwRemove, ddwReset
    case preSave, postLoad

    /// Takes the name, after "spapr_iommu_", and the space behind it.
    init?(_ cursor: inout ByteCursor, in line: Span<UInt8>) {
        for event in Self.allCases where event.takeName(&cursor, line) {
            guard cursor.isAtEnd || line[cursor.position] == 0x20 else { return nil }
            cursor.skipSpaces(in: line)
            self = event
            return
        }
        return nil
    }

    private func takeName(_ cursor: inout ByteCursor, _ line: Span<UInt8>) -> Bool {
        switch self {
        case .xlate: cursor.take("xlate", in: line)
        case .stuff: cursor.take("stuff", in: line)
        case .put: cursor.take("put", in: line)
        case .indirect: cursor.take("indirect", in: line)
        case .get: cursor.take("get", in: line)
        case .pciStuff: cursor.take("pci_stuff", in: line)
        case .pciPut: cursor.take("pci_put", in: line)
        case .pciIndirect: cursor.take("pci_indirect", in: line)
        case .pciGet: cursor.take("pci_get", in: line)
        case .newTable: cursor.take("new_table", in: line)
        case .ddwQuery: cursor.take("ddw_query", in: line)
        case .ddwCreate: cursor.take("ddw_create", in: line)
        case .ddwRemove: cursor.take("ddw_remove", in: line)
        case .ddwReset: cursor.take("ddw_reset", in: line)
        case .preSave: cursor.take("pre_save", in: line)
        case .postLoad: cursor.take("post_load", in: line)
        }
    }

    var name: String {
        switch self {
        case .xlate: "spapr_iommu_xlate"
        case .stuff: "spapr_iommu_stuff"
        case .put: "spapr_iommu_put"
        case .indirect: "spapr_iommu_indirect"
        case .get: "spapr_iommu_get"
        case .pciStuff: "spapr_iommu_pci_stuff"
        case .pciPut: "spapr_iommu_pci_put"
        case .pciIndirect: "spapr_iommu_pci_indirect"
        case .pciGet: "spapr_iommu_pci_get"
        case .newTable: "spapr_iommu_new_table"
        case .ddwQuery: "spapr_iommu_ddw_query"
        case .ddwCreate: "spapr_iommu_ddw_create"
        case .ddwRemove: "spapr_iommu_ddw_remove"
        case .ddwReset: "spapr_iommu_ddw_reset"
        case .preSave: "spapr_iommu_pre_save"
        case .postLoad: "spapr_iommu_post_load"
        }
    }
}

extension ByteCursor {
    /// The name of some other event, or nil where the text looks like none.
    ///
    /// Without a prefix only what has the form of QEMU's event names counts, as the console's text may stand there.
    func eventName(afterPrefix: Bool, in line: Span<UInt8>) -> String? {
        var index = position
        var underscores = 0
        while index < end, line[index] != 0x20 {
            let byte = line[index]
            let lower = byte >= 0x61 && byte <= 0x7a
            guard
                lower || byte &- 0x30 < 10 || byte == 0x5f
                    || (afterPrefix && byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a)
            else { return nil }
            underscores += byte == 0x5f ? 1 : 0
            index += 1
        }
        guard index > position, index - position <= 100, afterPrefix || underscores > 0 else { return nil }
        return line.text(position..<index)
    }

    /// Whether the line has, behind other text, what looks like a spapr_iommu event with its time stamp.
    func hidesEvent(in line: Span<UInt8>) -> Bool {
        var ahead = self
        while ahead.position + 14 <= end {
            let before = ahead.position > 0 ? line[ahead.position - 1] : UInt8(ascii: " ")
            // At a word's beginning, and no pattern such as spapr_iommu*.
            if before == UInt8(ascii: " ") || before == UInt8(ascii: ":") || before < 0x20 {
                var event = ahead
                if event.take("spapr_iommu_", in: line) { return true }
            }
            ahead.position += 1
        }
        return false
    }
}
