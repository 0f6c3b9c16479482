// SPDX-License-Identifier: Apache-2.0
import CTce

// The words of the text form that are neither kinds nor fields: units, statuses, names of calls. docs/text-form.md has
// the whole form.

enum TextWords {
    /// Names of the time units, by their nanoseconds.
    static let units: [(name: String, nanoseconds: UInt64)] = [
        ("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000),
    ]

    static func ultracallName(_ number: UInt64) -> String? { Ultracall(rawValue: number).name }

    static func ultracall(named name: String) -> UInt64? { Ultracall(name: name)?.rawValue }

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
        UltracallStatus(rawValue: Int64(status)).description
    }

    /// A status by its H_ or U_ name.
    static func status(named name: String) -> Int32? {
        if name == "H_SUCCESS" { return 0 }
        return (UltracallStatus(name: name)?.rawValue ?? HcallStatus(name: name)?.rawValue)
            .flatMap { Int32(exactly: $0) }
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
