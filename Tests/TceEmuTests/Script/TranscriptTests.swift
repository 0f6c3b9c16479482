// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

@Suite("Hcall script: the transcript")
struct TranscriptTests {
    @Test(
        "a line has the fixed form",
        arguments: [
            (.load(0x400_0000, 0xabc), "load 0x0000000004000000 = 0x0000000000000abc"),
            (.load(.max, .max), "load 0xffffffffffffffff = 0xffffffffffffffff"),
            (.getTCE(.success, 0), "H_GET_TCE = H_SUCCESS 0x0000000000000000"),
            (.getTCE(.parameter, nil), "H_GET_TCE = H_PARAMETER"),
            (.putTCE(.success), "H_PUT_TCE = H_SUCCESS"),
            (.putTCEIndirect(.function), "H_PUT_TCE_INDIRECT = H_FUNCTION"),
            (.stuffTCE(.notEnoughResources), "H_STUFF_TCE = H_NOT_ENOUGH_RESOURCES"),
            (.hcall(0, .function), "hcall 0x0000 = H_FUNCTION"),
            (.hcall(0x1c, .success), "hcall 0x001c = H_SUCCESS"),
            (.hcall(0xffff, .function), "hcall 0xffff = H_FUNCTION"),
            (.hcall(0x1_0000, .function), "hcall 0x10000 = H_FUNCTION"),
            (.hcall(.max, .function), "hcall 0xffffffffffffffff = H_FUNCTION"),
            (.hcall(4, HcallStatus(rawValue: -12345)), "hcall 0x0004 = -12345"),
            (.rtas(.resetPEDMAWindow, [0]), "rtas ibm,reset-pe-dma-window = 0"),
            (.rtas(.queryPEDMAWindow, [0xffff_fffd, 1, 2]), "rtas ibm,query-pe-dma-window = -3"),
            (.rtas(.queryPEDMAWindow, [0, 1, 0xffff_ffff]), "rtas ibm,query-pe-dma-window = 0 0x00000001 0xffffffff"),
        ] as [(Transcript, String)])
    func lines(_ answer: Transcript, _ text: String) {
        #expect(answer.description == text)
    }

    @Test("a store prints nothing and writes doublewords one after another")
    func store() throws {
        let script = "store 0x4000003 0x0102030405060708 0x1112131415161718\nload 0x4000008\n"
        #expect(try transcript(of: script.utf8) == "load 0x0000000004000008 = 0x0607081112131415\n")
    }

    @Test("a store beyond memory or over 2^64 is dropped")
    func storeBeyondMemory() throws {
        let script = """
            store 0xffffffc 0x0102030405060708
            load 0xffffff8
            load 0xffffffc
            store 0xfffffffffffffff8 1 2
            load 0xfffffffffffffff8
            load 0
            """
        #expect(
            try transcript(of: script.utf8) == """
                load 0x000000000ffffff8 = 0x0000000001020304
                load 0x000000000ffffffc = 0x0102030400000000
                load 0xfffffffffffffff8 = 0x0000000000000000
                load 0x0000000000000000 = 0x0000000000000002

                """)
    }

    @Test("the other cells of an RTAS call that failed are not printed, however many there are")
    func failedCall() throws {
        let script = "rtas ibm,query-pe-dma-window 16 0 0x8000000 0x20000000\nrtas ibm,create-pe-dma-window 1\n"
        #expect(
            try transcript(of: script.utf8) == """
                rtas ibm,query-pe-dma-window = -3
                rtas ibm,create-pe-dma-window = -3

                """)
    }

    @Test(
        "a list where there is no memory stores zeros",
        arguments: ["0x10000000", "0x8000000004000000", "0xfffffffffffff000"])
    func listOutsideMemory(_ list: String) throws {
        let script = """
            store 0x4000000 0x1003 0x2003
            H_STUFF_TCE 0x80000000 0 0x5003 512
            H_PUT_TCE_INDIRECT 0x80000000 0 \(list) 512
            H_GET_TCE 0x80000000 0x1ff000
            """
        #expect(
            try transcript(of: script.utf8) == """
                H_STUFF_TCE = H_SUCCESS
                H_PUT_TCE_INDIRECT = H_SUCCESS
                H_GET_TCE = H_SUCCESS 0x0000000000000000

                """)
    }

    @Test("a create of 2^32 TCEs or more fails with -1, up to window shift 63")
    func greatestShifts() throws {
        let script = """
            rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 12 44
            rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 24 63
            rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 63 63
            rtas ibm,query-pe-dma-window 5 0 0x8000000 0x20000000
            """
        #expect(
            try transcript(of: script.utf8) == """
                rtas ibm,create-pe-dma-window = -1
                rtas ibm,create-pe-dma-window = -1
                rtas ibm,create-pe-dma-window = -3
                rtas ibm,query-pe-dma-window = 0 0x00000001 0x80000000 0x00000107 0x00000000

                """)
    }
}
