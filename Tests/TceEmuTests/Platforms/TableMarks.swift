// SPDX-License-Identifier: Apache-2.0
import CTce

@testable import TceEmu

/// For each entry of a table that differs between two machines the row of docs/platforms.md that made it differ.
///
/// Scripts fill whole windows of 2^18 pages, and tests are not optimised: marks lie in pieces of 1,024, and the loops
/// call the core themselves.
struct TableMarks {
    private var pieces: [Piece: [UInt8]] = [:]

    private struct Piece: Hashable {
        let liobn: LIOBN
        let number: UInt64
    }

    /// What a look over pages found; no more than one of these is not nil.
    enum Trouble: Error {
        /// The platform's machine made another step than the mirror, and no row says why.
        case step(page: UInt64)
        /// An entry differs from the recording's, and no call before it made it so.
        case entry(page: UInt64)
        /// The mirror did not take an entry.
        case mirror(page: UInt64)
    }

    /// The row of an entry that differs, or nil.
    func row(_ liobn: LIOBN, _ page: UInt64) -> String? {
        guard let marks = pieces[Piece(liobn: liobn, number: page >> 10)], marks[Int(page & 1023)] != 0 else {
            return nil
        }
        return "P\(marks[Int(page & 1023)])"
    }

    /// Compares pages that a call may have written, and gives `mirror` what `other` has there.
    ///
    /// - Parameters:
    ///   - row: the call's own row, if one explains it.
    ///   - windows: the row for which the windows differ, if they do.
    mutating func compare(
        _ window: DMAWindow, _ pages: Range<UInt64>, _ other: borrowing Machine, _ qemu: borrowing Machine,
        _ mirror: borrowing Machine, row: String?, windows: String?
    ) throws(Trouble) {
        let isOthers = other.window(window.liobn) == window
        let isRecorded = qemu.window(window.liobn) == window
        let liobn = window.liobn
        let (step, whole) = (Self.number(row), Self.number(windows))
        var page = pages.lowerBound
        while page < pages.upperBound {
            let piece = Piece(liobn: liobn, number: page >> 10)
            let end = min(pages.upperBound, (page | 1023) + 1)
            let known = pieces.removeValue(forKey: piece)
            // Of a long run that is the same on both, the ends are enough: what is wrong between them shows later, as
            // a line that follows from nothing.
            if known == nil, step == 0, whole == 0, page != pages.lowerBound, end != pages.upperBound {
                page = end
                continue
            }
            var marks = known ?? [UInt8](repeating: 0, count: 1024)
            while page < end {
                let ioba = window.start &+ page << UInt64(window.pageShift)
                var (theirs, recorded, mirrored) = (UInt64(0), UInt64(0), UInt64(0))
                if isOthers {
                    _ = unsafe tce_h_get_tce(other.handle, liobn, ioba, &theirs)
                    _ = unsafe tce_h_get_tce(mirror.handle, liobn, ioba, &mirrored)
                }
                if isRecorded { _ = unsafe tce_h_get_tce(qemu.handle, liobn, ioba, &recorded) }
                let slot = Int(page & 1023)
                if theirs != mirrored {
                    guard step != 0 else { throw .step(page: page) }
                    guard unsafe tce_h_put_tce(mirror.handle, liobn, ioba, theirs) == TCE_H_SUCCESS else {
                        throw .mirror(page: page)
                    }
                    marks[slot] = step
                } else if marks[slot] == 0, theirs != recorded || isOthers != isRecorded {
                    guard whole != 0 else { throw .entry(page: page) }
                    marks[slot] = whole
                }
                if theirs == recorded, isOthers == isRecorded, marks[slot] != 0 { marks[slot] = 0 }
                page += 1
            }
            if marks.contains(where: { $0 != 0 }) { pieces[piece] = marks }
        }
    }

    /// After a change of windows: forgets the marks of entries that do not differ any more.
    mutating func recompare(_ other: borrowing Machine, _ qemu: borrowing Machine) {
        for (piece, marks) in pieces {
            guard let window = other.window(piece.liobn), qemu.window(piece.liobn) == window else {
                // Where neither has a window there is no entry.
                if other.window(piece.liobn) == nil, qemu.window(piece.liobn) == nil { pieces[piece] = nil }
                continue
            }
            var left = marks
            for slot in 0..<1024 where marks[slot] != 0 {
                let ioba = window.ioba(page: piece.number << 10 | UInt64(slot))
                var (theirs, recorded) = (UInt64(0), UInt64(0))
                let status = unsafe tce_h_get_tce(other.handle, piece.liobn, ioba, &theirs)
                let isSame = unsafe tce_h_get_tce(qemu.handle, piece.liobn, ioba, &recorded) == status
                if isSame, theirs == recorded { left[slot] = 0 }
            }
            pieces[piece] = left.contains { $0 != 0 } ? left : nil
        }
    }

    private static func number(_ row: String?) -> UInt8 { row.flatMap { UInt8($0.dropFirst()) } ?? 0 }
}
