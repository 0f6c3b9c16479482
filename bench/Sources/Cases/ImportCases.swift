// SPDX-License-Identifier: Apache-2.0
import CTce
import Foundation
import Loads
import TceEmu

/// QEMU logs read, each line of them made an event, against their inflate and a count of their lines.
func importCases(_ logs: [String]) -> CaseGroup {
    var cases = [importCase("made up, 200,000 lines", Once { try madeUpLog(lines: 200_000) })]
    for path in logs {
        let name = (path as NSString).lastPathComponent
        cases.append(importCase(name, Once { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }))
    }
    return CaseGroup(name: "import", cases: cases)
}

private func importCase(_ name: String, _ log: Once<[UInt8]>) -> Case {
    Case("import of a QEMU log, \(name)", item: "line", against: "inflate, and its lines counted") {
        let log = try log.value()
        let lines = log.withUnsafeBufferPointer { load_inflate_lines($0.baseAddress, $0.count) }
        return Case.Bodies(items: Double(lines)) {
            var importer = QEMULogImporter(LogImportOptions())
            try importer.importAll(LineSource(MemoryStream(log)), begin: { _ in }) { sink &+= $0.time }
        } limit: {
            sink &+= log.withUnsafeBufferPointer { load_inflate_lines($0.baseAddress, $0.count) }
        }
    }
}

/// Maps, look-ups and unmaps as QEMU writes them, compressed.
private func madeUpLog(lines: Int) throws -> [UInt8] {
    var text = "1@1000.000000:spapr_iommu_new_table liobn=0x80000000 table=0x563f21128540 fd=-1\n"
    for line in 0..<UInt64(lines / 3) {
        let ioba = "0x" + String((line & 0xffff) << 12, radix: 16)
        let real = "0x" + String((line * 40503 & 0x3ffff) << 12 | 3, radix: 16)
        let page = "0x" + String((line * 40503 & 0x3ffff) << 12, radix: 16)
        let micro = String(1_000_000 + line % 1_000_000).dropFirst()
        let stamp = "1@\(1001 + line / 1_000_000).\(micro):"
        text += stamp + "spapr_iommu_pci_put liobn=0x80000000 ioba=\(ioba) tce=\(real) ret=0\n"
        text += stamp + "spapr_iommu_xlate liobn=0x80000000 \(ioba) -> \(page) perm=3 mask=0xfff\n"
        text += stamp + "spapr_iommu_pci_stuff liobn=0x80000000 ioba=\(ioba) tcevalue=0x0 npages=1 ret=0\n"
    }
    guard let deflater = tce_deflater_create(6) else { throw NoFixture(description: "no memory") }
    defer { tce_deflater_destroy(deflater) }
    var result: [UInt8] = []
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: 1 << 22) {
        var member = tce_member()
        var out: UnsafePointer<UInt8>?
        let part = bytes[start..<min(start + 1 << 22, bytes.count)]
        let fault = part.withUnsafeBufferPointer {
            tce_deflate_member(deflater, $0.baseAddress, $0.count, &member, &out)
        }
        guard fault == 0, let out else { throw NoFixture(description: "no gzip member") }
        result += UnsafeBufferPointer(start: out, count: Int(member.member_bytes))
    }
    return result
}
