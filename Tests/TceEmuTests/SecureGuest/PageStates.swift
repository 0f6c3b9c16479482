// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// The frame that the tests look at, in the middle of a pseries machine's memory.
enum PageStates {
    static let frame: RealAddress = 0x100_0000
    static let gfn = frame >> 16
    static let liobn: LIOBN = 0x8000_0000
    /// What the frame holds, in its first and its last doubleword.
    static let content: [(offset: UInt64, value: UInt64)] = [(0, 0x0123_4567_89ab_cdef), (0xfff8, 0xfeed)]
    /// What a host that damages it writes, and where; and where the events write.
    static let damage: (offset: UInt64, value: UInt64) = (0x100, 0xd00d)
    static let written: UInt64 = 0x108

    /// The ciphertext as it is defined, written once more from the definition (docs/secure-guests.md).
    static func ciphertext(_ value: UInt64, at address: RealAddress) -> UInt64 {
        mix(value ^ mix(address &+ 0x9e37_79b9_7f4a_7c15))
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

extension Machine {
    mutating func hostLoad(_ address: RealAddress) -> UInt64 {
        hostReadMemory(at: address, count: 8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    @discardableResult
    mutating func hostStore(_ value: UInt64, at address: RealAddress) throws -> Bool {
        try hostWriteMemory(at: address, (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) })
    }
}

/// Every state that the guest and its frame can be in together.
enum PageStart: String, CaseIterable, Sendable {
    case normal
    case transitionNormal = "t-normal"
    case transitionIn = "t-in"
    case transitionOut = "t-out"
    case transitionDamaged = "t-damaged"
    case transitionShared = "t-shared"
    case transitionAbsent = "t-absent"
    case secureIn = "in"
    case secureOut = "out"
    case damaged
    case guestShared = "g-shared"
    case guestAbsent = "g-absent"
    case ultravisorShared = "u-shared"
    case ultravisorAbsent = "u-absent"

    var svm: SVMState {
        self == .normal ? .normal : rawValue.hasPrefix("t-") ? .transition : .secure
    }

    var state: FrameState {
        switch self {
        case .normal, .transitionNormal: .normal
        case .transitionIn, .secureIn: .secureIn
        case .transitionOut, .transitionDamaged, .secureOut, .damaged: .secureOut
        case .transitionShared, .guestShared, .ultravisorShared: .shared
        case .transitionAbsent, .guestAbsent, .ultravisorAbsent: .sharedAbsent
        }
    }

    var isDamaged: Bool { self == .damaged || self == .transitionDamaged }
    var isGuests: Bool { self == .guestShared || self == .guestAbsent }

    /// A machine in this state, its frame holding `PageStates.content`.
    func machine() throws -> Machine {
        let frame = PageStates.frame
        var machine = try Machine(.pseries)
        _ = machine.putTCE(PageStates.liobn, 0, TCE(frame, .readWrite))
        for item in PageStates.content { try machine.storeDoubleword(item.value, at: frame + item.offset) }
        switch svm {
        case .normal: return machine
        case .transition: try machine.svmHcall(SVMHcall.initStart.rawValue)
        case .secure: try machine.ultracall(.esm)
        }
        switch state {
        case .normal: break
        case .secureIn: _ = machine.loadDoubleword(at: frame)
        case .secureOut, .shared, .sharedAbsent: break
        }
        if svm == .transition, state != .normal {
            try machine.svmHcall(
                SVMHcall.pageIn.rawValue, address: frame, flags: state == .secureIn || state == .secureOut ? 0 : 1)
        } else if state == .shared || state == .sharedAbsent {
            if isGuests {
                try machine.ultracall(.sharePage, [PageStates.gfn, 1])
            } else {
                try machine.svmHcall(SVMHcall.pageIn.rawValue, address: frame, flags: 1)
            }
        }
        if state == .shared || state == .sharedAbsent {
            for item in PageStates.content { try machine.storeDoubleword(item.value, at: frame + item.offset) }
        }
        if state == .secureOut { try machine.ultracall(.pageOut, [0, 0, frame, 0, 16]) }
        if state == .sharedAbsent { try machine.ultracall(.pageInval, [0, frame, 16]) }
        if isDamaged { try machine.hostStore(PageStates.damage.value, at: frame + PageStates.damage.offset) }
        return machine
    }
}

/// What an event makes of a state, as the table says it.
///
/// The first word is the status, `-` where there is none. What follows is what changes: the guest (`vm:secure`), the
/// frame's state, who shared it (`by-guest`, `by-uv`), its content (`zeroed`, `damaged`), counters (`outs+1`). What is
/// not named stays.
struct PageOutcome {
    var status = "-"
    var svm: SVMState
    var state: FrameState
    var isGuests: Bool
    var isZeroed = false
    var isDamaged: Bool
    var counters: [String: Int] = [:]

    init?(_ text: String, from start: PageStart) {
        svm = start.svm
        state = start.state
        isGuests = start.isGuests
        isDamaged = start.isDamaged
        var words = text.split(separator: " ").map(String.init)
        guard !words.isEmpty else { return nil }
        status = words.removeFirst()
        for word in words {
            switch word {
            case "vm:normal": svm = .normal
            case "vm:transition": svm = .transition
            case "vm:secure": svm = .secure
            case "by-guest": isGuests = true
            case "by-uv": isGuests = false
            case "zeroed":
                isZeroed = true
                isDamaged = false
            case "damaged": isDamaged = true
            default:
                let states: [FrameState] = [.normal, .secureIn, .secureOut, .shared, .sharedAbsent]
                if let named = states.first(where: { $0.description == word }) {
                    state = named
                    if named != .secureOut { isDamaged = false }
                } else if let sign = word.lastIndex(where: { $0 == "+" || $0 == "-" }),
                    let change = Int(word[sign...])
                {
                    counters[String(word[..<sign])] = change
                } else {
                    return nil
                }
            }
        }
    }
}

extension SharingCounters {
    /// By the names of the table.
    var named: [String: UInt64] {
        [
            "outs": pageOuts, "ins": pageIns, "remaps": remaps, "damaged": damagedPages, "lost": lostPages,
            "shared": sharedPages, "share-calls": shareCalls, "unshare-calls": unshareCalls, "calls": ultracalls,
        ]
    }
}
