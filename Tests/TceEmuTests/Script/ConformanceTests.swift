// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

@Suite("Conformance with QEMU 7.2")
struct ConformanceTests {
    @Test("the transcript is the one that QEMU printed", arguments: try QEMUTranscripts.names())
    func transcripts(_ name: String) throws {
        #expect(try transcript(of: QEMUTranscripts.script(name)) == QEMUTranscripts.transcript(name))
    }

    @Test("there are recordings")
    func recordings() throws {
        #expect(try QEMUTranscripts.names().count == 25)
    }
}
