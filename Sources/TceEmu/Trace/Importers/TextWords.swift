// SPDX-License-Identifier: Apache-2.0
import CTce

// The words of the text form that are neither kinds nor fields: units, statuses, names of calls. docs/text-form.md has
// the whole form.

enum TextWords {
    /// Names of the time units, by their nanoseconds.
    static let units: [(name: String, nanoseconds: UInt64)] = [
        ("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000),
    ]

    /// Ultracalls (Linux asm/ultravisor-api.h).
    private static let ultracalls: [(name: String, number: UInt64)] = [
        ("UV_WRITE_PATE", 0xf104), ("UV_ESM", 0xf110), ("UV_RETURN", 0xf11c), ("UV_REGISTER_MEM_SLOT", 0xf120),
        ("UV_UNREGISTER_MEM_SLOT", 0xf124), ("UV_PAGE_IN", 0xf128), ("UV_PAGE_OUT", 0xf12c), ("UV_SHARE_PAGE", 0xf130),
        ("UV_UNSHARE_PAGE", 0xf134), ("UV_PAGE_INVAL", 0xf138), ("UV_SVM_TERMINATE", 0xf13c),
        ("UV_UNSHARE_ALL_PAGES", 0xf140),
    ]

    /// What an ultracall answers (Linux asm/ultravisor-api.h): the numbers of the H_ codes.
    private static let ultracallStatuses: [(name: String, status: Int32)] = [
        ("U_SUCCESS", 0), ("U_BUSY", 1), ("U_NOT_AVAILABLE", 3), ("U_FUNCTION", -2), ("U_PARAMETER", -4),
        ("U_PERMISSION", -11), ("U_P2", -55), ("U_P3", -56), ("U_P4", -57), ("U_P5", -58),
    ]

    static func ultracallName(_ number: UInt64) -> String? {
        ultracalls.first { $0.number == number }?.name
    }

    static func ultracall(named name: String) -> UInt64? {
        ultracalls.first { $0.name == name }?.number
    }

    static func rtasName(_ token: UInt64) -> String? {
        guard let token = UInt32(exactly: token) else { return nil }
        return unsafe tce_rtas_name(token).map { unsafe String(cString: $0) }
    }

    static func rtasToken(named name: String) -> UInt64? {
        let token = unsafe tce_rtas_token_of(name)
        return token == 0 ? nil : UInt64(token)
    }

    static func hcallStatus(_ status: Int32) -> String {
        status == 0 ? "H_SUCCESS" : HcallStatus(rawValue: Int64(status)).description
    }

    static func ultracallStatus(_ status: Int32) -> String {
        ultracallStatuses.first { $0.status == status }?.name ?? String(status)
    }

    /// A status by its H_ or U_ name.
    static func status(named name: String) -> Int32? {
        if name == "H_SUCCESS" { return 0 }
        return ultracallStatuses.first { $0.name == name }?.status
            ?? HcallStatus(name: name).flatMap { Int32(exactly: $0.rawValue) }
    }
}

extension TraceEvent.Guest {
    /// What `address` and `value` are called, and whether `value` is an answer.
    struct Words {
        var address: String
        var value: String
        var valueIsAnswer = false
    }

    static func words(_ kind: Kind) -> Words {
        switch kind {
        case .map, .alloc: Words(address: "ra", value: "dma", valueIsAnswer: true)
        case .unmap, .sync: Words(address: "dma", value: "value")
        case .free: Words(address: "dma", value: "ra")
        case .setMask: Words(address: "mask", value: "value")
        }
    }
}
