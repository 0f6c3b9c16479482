// SPDX-License-Identifier: Apache-2.0

/// How a driver and its device got on under a policy.
public enum PolicyOutcome: String, Hashable, Sendable, CaseIterable, Codable {
    /// It works, and the data are right.
    case ok = "OK"
    /// The DMA API returns an error for a map or an allocation. The driver sees it.
    case mapError = "ME"
    /// The DMA API refuses the mask. The driver gives up with a message.
    case maskRefused = "GF"
    /// The policy finds when it begins that it cannot work.
    case initFailed = "IF"
    /// The API said yes, and the device faults: timeouts, lost I/O.
    case deviceFault = "DF"
    /// The API said yes, and the device reads ciphertext or damages pages.
    case silent = "SM"
    /// The API said yes, and the device is at another page than was meant.
    case wrongPage = "WP"

    /// In a sentence's place.
    public var text: String {
        switch self {
        case .ok: "works"
        case .mapError: "mapping refused"
        case .maskRefused: "mask refused"
        case .initFailed: "policy cannot begin"
        case .deviceFault: "device faults"
        case .silent: "silent corruption"
        case .wrongPage: "wrong page"
        }
    }
}

/// One alternative and one device: what is run.
public struct PolicyCell: Hashable, Sendable {
    public var policy: DMAPolicy
    public var multiTCE: MultiTCE
    public var device: DeviceClass
    /// Bytes of the default window.
    public var windowBytes: UInt64
    /// Where the bounce buffer is.
    public var bufferStart: RealAddress

    public init(
        policy: DMAPolicy, multiTCE: MultiTCE, device: DeviceClass, windowBytes: UInt64, bufferStart: RealAddress
    ) {
        self.policy = policy
        self.multiTCE = multiTCE
        self.device = device
        self.windowBytes = windowBytes
        self.bufferStart = bufferStart
    }
}

/// What is the same for all cells of a comparison.
public struct PolicyOptions: Hashable, Sendable {
    /// Nil: the policy's own.
    public var level: KernelLevel?
    public var platform = Platform.qemu
    public var memoryBytes = UInt64(32) << 30
    public var bufferBytes = UInt64(64) << 20
    /// The largest page that a dynamic window is offered; the kernel chooses.
    public var tceBytes = UInt64(64) << 10
    /// Host bridges, each with one such device.
    public var nodes = 1
    public var cpus = 2
    public var usesDDW = true
    /// Instead of the policy's own.
    public var maskCheck: DMAPolicy.MaskCheck?
    /// A driver takes a refused mask as final.
    public var heedsRefusals = true
    public var requestBytes = UInt64(64) << 10
    public var coherentPlace = GuestConfiguration.PagePlace.high
    public var windowStart: IOBA = 0
    /// A page that the guest shares by mistake, and a device that reads all it can.
    public var leak: RealAddress?
    public var profile: TimingProfile

    public init() {
        guard let profile = try? TimingProfile(named: "secure-2019") else {
            preconditionFailure("the profile is built in")
        }
        self.profile = profile
    }
}

/// What came of a run.
public struct PolicyResult: Hashable, Sendable {
    /// Calls and cycles of a part of it.
    public struct Cost: Hashable, Sendable, Codable {
        public var hcalls: [String: UInt64] = [:]
        public var rtas: [String: UInt64] = [:]
        public var ultracalls: [String: UInt64] = [:]
        /// Of the guest's processor, calls and the kernel's own work.
        public var cycles: UInt64 = 0

        init(_ calls: GuestCalls) {
            for name in Set(calls.hcalls.values.flatMap(\.keys)) { hcalls[name] = calls.hcall(name).calls }
            hcalls = hcalls.filter { $0.value > 0 }
            rtas = calls.rtas.filter { $0.value > 0 }
            ultracalls = calls.ultracalls.filter { $0.value > 0 }
            cycles = calls.cycles
        }

        /// Hcalls of all kinds.
        public var hcallCount: UInt64 { hcalls.values.reduce(0, +) }
    }

    public var cell: PolicyCell
    public var outcome: PolicyOutcome
    /// What happened, in a sentence.
    public var why: String
    /// Until the device's masks are set.
    public var boot: Cost
    /// One request mapped, moved and unmapped; nil where it did not come to that.
    public var perIO: Cost?
    /// With a ring and one receive buffer: bytes shared; reachable by the device; of these not shared, shared.
    public var shared: UInt64
    public var reachable: UInt64
    public var latent: UInt64
    public var plain: UInt64
    public var leak: Leak?

    /// What a device that reads every address of its windows gets.
    public struct Leak: Hashable, Sendable, Codable {
        /// Bytes of the page that is shared by mistake.
        public var leakedBytes: UInt64
        /// Pages of 64 KiB of ciphertext.
        public var ciphertextPages: UInt64
        /// I/O pages at which it faults.
        public var faults: UInt64

        enum CodingKeys: String, CodingKey {
            case leakedBytes = "leaked_bytes"
            case ciphertextPages = "ciphertext_pages"
            case faults
        }
    }
}
