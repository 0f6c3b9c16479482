// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// An event of the page state machine, and what it makes of every state: one line for each group of states.
struct PageEvent: Sendable, CustomStringConvertible {
    /// The row of the state machine that it belongs to, and the event itself.
    var row: String
    var description: String
    /// What it always counts.
    var always: String
    /// "STATE STATE ...: OUTCOME".
    var table: [String]
    var run: @Sendable (inout Machine) throws -> String

    init(
        _ row: String, _ name: String, always: String = "", _ table: [String],
        _ run: @escaping @Sendable (inout Machine) throws -> String
    ) {
        self.row = row
        description = name
        self.always = always
        self.table = table
        self.run = run
    }

    /// The outcome's text, of the one line that names the state; nil if none or several do.
    func outcome(from start: PageStart) -> String? {
        let lines = table.filter { line in
            line.prefix { $0 != ":" }.split(separator: " ").contains { $0 == start.rawValue }
        }
        guard lines.count == 1, let colon = lines[0].firstIndex(of: ":") else { return nil }
        return lines[0][lines[0].index(after: colon)...] + " " + always
    }

    private static func svm(
        _ row: String, _ call: SVMHcall, flags: UInt64 = 0, named name: String? = nil, _ table: [String]
    ) -> PageEvent {
        PageEvent(row, name ?? call.description, table) { machine in
            try machine.svmHcall(call.rawValue, address: PageStates.frame, flags: flags).description
        }
    }

    private static func uv(
        _ row: String, _ call: Ultracall, _ arguments: [UInt64], always: String = "calls+1", _ table: [String]
    ) -> PageEvent {
        PageEvent(row, call.description, always: always, table) { machine in
            try machine.ultracall(call, arguments).description
        }
    }

    private static let page = [0, 0, PageStates.frame, 0, 16]
    private static let transition = "t-normal t-in t-out t-damaged t-shared t-absent"
    private static let secure = "in out damaged g-shared g-absent u-shared u-absent"
    private static let shared = "t-shared g-shared u-shared"
    private static let absent = "t-absent g-absent u-absent"

    static let start: [PageEvent] = [
        svm(
            "H_SVM_INIT_START", .initStart,
            [
                "normal: H_SUCCESS vm:transition",
                "\(transition) \(secure): H_UNSUPPORTED",
            ]),
        uv(
            "H_SVM_INIT_START", .esm, [],
            [
                "normal: U_SUCCESS vm:secure secure-in",
                "\(transition): U_BUSY",
                "\(secure): U_SUCCESS",
            ]),
        svm(
            "H_SVM_INIT_DONE", .initDone,
            [
                "normal \(secure): H_UNSUPPORTED",
                "t-normal: H_SUCCESS vm:secure secure-in",
                "t-in t-out t-damaged t-shared t-absent: H_SUCCESS vm:secure",
            ]),
    ]

    static let pageIn: [PageEvent] = [
        svm(
            "page-in", .pageIn,
            [
                "normal: H_UNSUPPORTED",
                "t-normal t-out out: H_SUCCESS secure-in ins+1",
                "t-in in: H_PARAMETER",
                "t-damaged damaged: H_SUCCESS secure-in zeroed ins+1 lost+1",
                "\(shared) \(absent): H_SUCCESS secure-in zeroed shared-1",
            ]),
        uv(
            "page-in", .pageIn, page,
            [
                "normal: U_PARAMETER",
                "t-normal t-out out: U_SUCCESS secure-in ins+1",
                "t-in in \(shared): U_SUCCESS",
                "t-damaged damaged: U_SUCCESS secure-in zeroed ins+1 lost+1",
                "\(absent): U_SUCCESS shared remaps+1",
            ]),
        PageEvent("page-in: the guest touches the frame", "guest load", guestTouch) { machine in
            _ = machine.loadDoubleword(at: PageStates.frame + 0x8000)
            return "-"
        },
        PageEvent("page-in: the guest touches the frame", "guest store", guestTouch) { machine in
            try machine.storeDoubleword(5, at: PageStates.frame + PageStates.written)
            return "-"
        },
    ]

    private static let guestTouch = [
        "normal t-normal t-in in \(shared): -",
        "t-out out: - secure-in ins+1",
        "t-damaged damaged: - secure-in zeroed ins+1 lost+1",
        "\(absent): - shared remaps+1",
    ]

    static let share: [PageEvent] = [
        uv(
            "UV_SHARE_PAGE", .sharePage, [PageStates.gfn, 1], always: "calls+1 share-calls+1",
            [
                "normal \(transition): U_INVALID",
                "in out damaged: U_SUCCESS shared by-guest zeroed shared+1",
                "g-shared g-absent u-shared u-absent: U_SUCCESS shared by-guest zeroed",
            ]),
        svm(
            "UV_SHARE_PAGE", .pageIn, flags: 1, named: "H_SVM_PAGE_IN with flag 1",
            [
                "normal: H_UNSUPPORTED",
                "t-normal t-in t-out t-damaged in out damaged: H_SUCCESS shared by-uv zeroed shared+1",
                "\(shared): H_SUCCESS",
                "\(absent): H_SUCCESS shared remaps+1",
            ]),
        uv(
            "UV_UNSHARE_PAGE", .unsharePage, [PageStates.gfn, 1], always: "calls+1 unshare-calls+1",
            [
                "normal \(transition): U_INVALID",
                "in out damaged: U_SUCCESS",
                "g-shared g-absent u-shared u-absent: U_SUCCESS secure-in zeroed shared-1",
            ]),
        uv(
            "UV_UNSHARE_PAGE", .unshareAllPages, [], always: "calls+1 unshare-calls+1",
            [
                "normal \(transition): U_INVALID",
                "in out damaged u-shared u-absent: U_SUCCESS",
                "g-shared g-absent: U_SUCCESS secure-in zeroed shared-1",
            ]),
        uv(
            "the host unmaps a page", .pageInval, [0, PageStates.frame, 16],
            [
                "normal: U_PARAMETER",
                "t-normal t-in t-out t-damaged in out damaged: U_P2",
                "\(shared): U_SUCCESS shared-absent",
                "\(absent): U_SUCCESS",
            ]),
    ]

    static let host: [PageEvent] = [
        PageEvent("the hypervisor touches the frame", "host load", hostRead("-", "-")) { machine in
            _ = machine.hostLoad(PageStates.frame + 0x8000)
            return "-"
        },
        PageEvent("the hypervisor touches the frame", "host store", hostWrite("-", "-")) { machine in
            try machine.hostStore(7, at: PageStates.frame + PageStates.written)
            return "-"
        },
        PageEvent("the hypervisor touches the frame", "a list", hostRead("H_SUCCESS", "H_SUCCESS")) { machine in
            machine.putTCEIndirect(PageStates.liobn, 0x10_0000, list: PageStates.frame, npages: 4).description
        },
        PageEvent("QEMU touches the frame", "DMA read", hostRead("none", "not_shared")) { machine in
            switch machine.dmaRead(PageStates.liobn, 0x10, count: 16) {
            case .success: "none"
            case .failure(let fault): fault.key ?? "?"
            }
        },
        PageEvent("QEMU touches the frame", "DMA write", hostWrite("none", "not_shared")) { machine in
            let transfer = machine.dmaWrite(PageStates.liobn, PageStates.written, [1, 2, 3])
            return transfer.bytes == 3 ? (transfer.fault ?? .absent).key ?? "?" : "\(transfer.bytes) bytes"
        },
        svm(
            "the ultravisor is short of memory", .pageOut,
            [
                "normal: H_UNSUPPORTED",
                "t-in in: H_SUCCESS secure-out outs+1",
                "t-normal t-out t-damaged out damaged \(shared) \(absent): H_SUCCESS",
            ]),
        uv(
            "the ultravisor is short of memory", .pageOut, page,
            [
                "normal: U_PARAMETER",
                "t-in in: U_SUCCESS secure-out outs+1",
                "t-normal t-out t-damaged out damaged \(shared) \(absent): U_SUCCESS",
            ]),
    ]

    /// What a host finds that reads or writes: the answer where it sees the bytes, and where it does not.
    private static func hostRead(_ clear: String, _ secret: String) -> [String] {
        [
            "normal t-normal \(shared) \(absent): \(clear)",
            "t-in in: \(secret) secure-out outs+1",
            "t-out out t-damaged damaged: \(secret)",
        ]
    }

    private static func hostWrite(_ clear: String, _ secret: String) -> [String] {
        [
            "normal t-normal \(shared) \(absent): \(clear)",
            "t-in in: \(secret) secure-out damaged outs+1 damaged+1",
            "t-out out: \(secret) damaged damaged+1",
            "t-damaged damaged: \(secret)",
        ]
    }

    static let end: [PageEvent] = [
        svm(
            "abort", .initAbort,
            [
                "normal: H_UNSUPPORTED",
                "t-normal: H_PARAMETER vm:normal",
                "t-in t-out: H_PARAMETER vm:normal normal",
                "t-damaged: H_PARAMETER vm:normal normal zeroed lost+1",
                "t-shared t-absent: H_PARAMETER vm:normal normal shared-1",
                "\(secure): H_STATE",
            ]),
        uv("terminate", .svmTerminate, [], ["normal: U_INVALID"] + ended("U_SUCCESS")),
        PageEvent("terminate", "machine reset", ["normal: -"] + ended("-")) { machine in
            try machine.reset()
            // Its table is gone, too; the frame's tests need none.
            return "-"
        },
    ]

    private static func ended(_ status: String) -> [String] {
        [
            "t-normal: \(status) vm:normal zeroed",
            "t-in t-out t-damaged in out damaged: \(status) vm:normal normal zeroed",
            "\(shared) \(absent): \(status) vm:normal normal shared-1",
        ]
    }

    /// What looks like a touch and is none.
    static let none: [PageEvent] = [
        PageEvent("no event", "translation alone", ["normal \(transition) \(secure): 16777232"]) { machine in
            let (segments, _) = machine.segments(PageStates.liobn, 0x10, bytes: 16, for: .readWrite)
            guard segments.count == 1 else { return "\(segments.count) segments" }
            return try "\(machine.translate(PageStates.liobn, 0x10, bytes: 16, for: .readWrite).get())"
        },
        PageEvent("no event", "accesses of 0 bytes", ["normal \(transition) \(secure): -"]) { machine in
            _ = machine.readMemory(at: PageStates.frame, count: 0)
            _ = machine.hostReadMemory(at: PageStates.frame, count: 0)
            try machine.writeMemory(at: PageStates.frame, [])
            try machine.hostWriteMemory(at: PageStates.frame, [])
            _ = machine.dmaRead(PageStates.liobn, 0, count: 0)
            _ = machine.dmaWrite(PageStates.liobn, 0, [])
            return "-"
        },
        PageEvent("no event", "a list of 0 entries", ["normal \(transition) \(secure): H_PARAMETER"]) { machine in
            machine.putTCEIndirect(PageStates.liobn, 0, list: PageStates.frame, npages: 0).description
        },
        PageEvent("no event", "touches of both neighbours", ["normal \(transition) \(secure): -"]) { machine in
            let before = machine.sharing
            _ = machine.loadDoubleword(at: PageStates.frame - 8)
            _ = machine.loadDoubleword(at: PageStates.frame + 0x1_0000)
            return machine.sharing == before ? "-" : "the guest's touch of a neighbour counts"
        },
    ]

    static let all = start + pageIn + share + host + end + none
}
