// SPDX-License-Identifier: Apache-2.0
import CTce

/// An ultracall, by the number with which it is made (Linux asm/ultravisor-api.h).
public struct Ultracall: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    private init(_ number: Int) {
        rawValue = UInt64(number)
    }

    /// The guest becomes secure: ESM blob, device tree. The name is `UV_ESM`.
    public static let esm = Ultracall(TCE_UV_ESM)

    /// The guest shares frames: first frame, count. The name is `UV_SHARE_PAGE`.
    public static let sharePage = Ultracall(TCE_UV_SHARE_PAGE)

    /// The guest takes frames back: first frame, count. The name is `UV_UNSHARE_PAGE`.
    public static let unsharePage = Ultracall(TCE_UV_UNSHARE_PAGE)

    /// The guest takes all frames back that it shared. The name is `UV_UNSHARE_ALL_PAGES`.
    public static let unshareAllPages = Ultracall(TCE_UV_UNSHARE_ALL_PAGES)

    /// The hypervisor gives a page: lpid, host address, guest address, flags, order. The name is `UV_PAGE_IN`.
    public static let pageIn = Ultracall(TCE_UV_PAGE_IN)

    /// The hypervisor wants a page, encrypted; arguments as of `UV_PAGE_IN`. The name is `UV_PAGE_OUT`.
    public static let pageOut = Ultracall(TCE_UV_PAGE_OUT)

    /// The hypervisor has unmapped a shared page: lpid, guest address, order. The name is `UV_PAGE_INVAL`.
    public static let pageInval = Ultracall(TCE_UV_PAGE_INVAL)

    /// The hypervisor ends the secure guest: lpid. The name is `UV_SVM_TERMINATE`.
    public static let svmTerminate = Ultracall(TCE_UV_SVM_TERMINATE)

    /// Every ultracall that has a name.
    public static let all: [Ultracall] = (0xf100...0xf1ff).map(Ultracall.init).filter { $0.name != nil }

    /// "UV_SHARE_PAGE", or nil for a number that is no ultracall's.
    public var name: String? {
        unsafe tce_uv_name(rawValue).map { unsafe String(cString: $0) }
    }

    /// The ultracall with a name.
    public init?(name: String) {
        guard let call = Self.all.first(where: { $0.name == name }) else { return nil }
        self = call
    }
}

extension Ultracall: CustomStringConvertible {
    /// The name, or the number.
    public var description: String { name ?? String(rawValue) }
}

/// What an ultracall answers in R3 (Linux asm/ultravisor-api.h): the numbers of the H_ codes.
public struct UltracallStatus: RawRepresentable, Hashable, Sendable {
    public var rawValue: Int64

    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    private init(_ code: Int) {
        rawValue = Int64(code)
    }

    /// Done. The name is `U_SUCCESS`.
    public static let success = UltracallStatus(TCE_U_SUCCESS)

    /// Not now. The name is `U_BUSY`.
    public static let busy = UltracallStatus(TCE_U_BUSY)

    /// No such ultracall, or no ultravisor. The name is `U_FUNCTION`.
    public static let function = UltracallStatus(TCE_U_FUNCTION)

    /// The first argument is wrong. The name is `U_PARAMETER`.
    public static let parameter = UltracallStatus(TCE_U_PARAMETER)

    /// The second argument is wrong. The name is `U_P2`.
    public static let p2 = UltracallStatus(TCE_U_P2)

    /// The third argument is wrong. The name is `U_P3`.
    public static let p3 = UltracallStatus(TCE_U_P3)

    /// The fourth argument is wrong. The name is `U_P4`.
    public static let p4 = UltracallStatus(TCE_U_P4)

    /// The fifth argument is wrong. The name is `U_P5`.
    public static let p5 = UltracallStatus(TCE_U_P5)

    /// The guest is not secure. The name is `U_INVALID`; its number is published nowhere and is ours.
    public static let invalid = UltracallStatus(TCE_U_INVALID)

    /// "U_SUCCESS", or nil where the code has no name.
    public var name: String? {
        unsafe tce_u_status_name(rawValue).map { unsafe String(cString: $0) }
    }

    /// The code with a name.
    public init?(name: String) {
        guard let code = Self.codes[name] else { return nil }
        self = code
    }

    private static let codes: [String: UltracallStatus] = {
        var codes: [String: UltracallStatus] = [:]
        // The named codes lie between these two (TCE_U_CODES).
        for raw in Int64(-10_100)...100 {
            let status = UltracallStatus(rawValue: raw)
            if let name = status.name { codes[name] = status }
        }
        return codes
    }()
}

extension UltracallStatus: CustomStringConvertible {
    /// The name, or the number.
    public var description: String { name ?? String(rawValue) }
}

/// An hcall that the ultravisor makes, by its opcode (Linux asm/hvcall.h).
public struct SVMHcall: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    private init(_ opcode: Int) {
        rawValue = UInt64(opcode)
    }

    /// A frame comes into secure memory, or is shared. The name is `H_SVM_PAGE_IN`.
    public static let pageIn = SVMHcall(TCE_H_SVM_PAGE_IN)

    /// A frame leaves secure memory, encrypted. The name is `H_SVM_PAGE_OUT`.
    public static let pageOut = SVMHcall(TCE_H_SVM_PAGE_OUT)

    /// The guest begins to become secure. The name is `H_SVM_INIT_START`.
    public static let initStart = SVMHcall(TCE_H_SVM_INIT_START)

    /// The guest is secure. The name is `H_SVM_INIT_DONE`.
    public static let initDone = SVMHcall(TCE_H_SVM_INIT_DONE)

    /// The guest stays as it was. The name is `H_SVM_INIT_ABORT`.
    public static let initAbort = SVMHcall(TCE_H_SVM_INIT_ABORT)

    /// Every one that has a name.
    public static let all: [SVMHcall] = [.pageIn, .pageOut, .initStart, .initDone, .initAbort]

    /// The page shift of a frame, their only order.
    public static let frameOrder = UInt64(TCE_FRAME_SHIFT)

    /// "H_SVM_PAGE_IN", or nil for a number that is none of these.
    public var name: String? {
        unsafe tce_svm_hcall_name(rawValue).map { unsafe String(cString: $0) }
    }

    /// The hcall with a name.
    public init?(name: String) {
        guard let call = Self.all.first(where: { $0.name == name }) else { return nil }
        self = call
    }
}

extension SVMHcall: CustomStringConvertible {
    /// The name, or the number.
    public var description: String { name ?? String(rawValue) }
}
