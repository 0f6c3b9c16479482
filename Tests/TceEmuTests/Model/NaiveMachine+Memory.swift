// SPDX-License-Identifier: Apache-2.0
import TceEmu

// Guest memory, as the guest sees it and as the host sees it (the hypervisor, a device model), and its 64 KiB frames.

/// Who may see a frame's content.
enum NaiveFrameState: String, CaseIterable, Sendable {
    case normal
    case secureIn = "secure-in"
    case secureOut = "secure-out"
    case shared
    case sharedAbsent = "shared-absent"

    /// The host sees the content itself.
    var isOpen: Bool { self != .secureIn && self != .secureOut }

    var isShared: Bool { self == .shared || self == .sharedAbsent }
}

struct NaiveFrame: Equatable {
    var state: NaiveFrameState

    /// Only of a shared frame: by the ultravisor, not by the guest.
    var byUltravisor = false

    /// Only while it is out: the bytes that the host has written over the ciphertext.
    var written: [UInt64: UInt8] = [:]

    /// Only while it is out: the host has written.
    var isDamaged = false

    /// Only of a damaged frame in which memory ended once: from here on the host sees zeros. (Such a frame is nothing
    /// but the bytes that the host has.)
    var zerosFrom: UInt64?
}

extension NaiveMachine {
    static let frameBytes: UInt64 = 1 << 16

    static func gfn(_ address: UInt64) -> UInt64 { address >> 16 }

    /// Frames that are wholly or partly memory.
    var frameCount: UInt64 {
        memoryBytes.map { $0 / Self.frameBytes + ($0 % Self.frameBytes == 0 ? 0 : 1) } ?? 1 << 48
    }

    /// The state that a frame has unless something happened to it.
    var defaultState: NaiveFrameState { vm == .secure ? .secureIn : .normal }

    func frame(_ gfn: UInt64) -> NaiveFrame { frames[gfn] ?? NaiveFrame(state: defaultState) }

    /// The state of the frame of an address; nil: not memory.
    func frameState(_ address: UInt64) -> NaiveFrameState? {
        isMemory(address) ? frame(Self.gfn(address)).state : nil
    }

    /// What was written over the ciphertext is gone with every change.
    mutating func change(_ gfn: UInt64, to state: NaiveFrameState, byUltravisor: Bool = false) {
        let old = frame(gfn).state
        if state != old { seen.note(.frame(old, state)) }
        frames[gfn] = NaiveFrame(state: state, byUltravisor: byUltravisor)
        if state.isShared, !old.isShared { sharing.sharedPages += 1 }
        if !state.isShared, old.isShared { sharing.sharedPages -= 1 }
        sharing.peakSharedPages = max(sharing.peakSharedPages, sharing.sharedPages)
    }

    // MARK: Touches

    /// The guest touches a byte of a frame.
    mutating func guestTouches(_ gfn: UInt64) {
        switch frame(gfn).state {
        case .secureOut:
            if frame(gfn).isDamaged {
                words[gfn] = nil
                sharing.lostPages += 1
            }
            change(gfn, to: .secureIn)
            sharing.pageIns += 1
        case .sharedAbsent:
            change(gfn, to: .shared, byUltravisor: frame(gfn).byUltravisor)
            sharing.remaps += 1
        case .normal, .secureIn, .shared:
            break
        }
    }

    /// The host touches a byte of a frame.
    mutating func hostTouches(_ gfn: UInt64) {
        guard frame(gfn).state == .secureIn else { return }
        change(gfn, to: .secureOut)
        sharing.pageOuts += 1
    }

    /// The frames of an access, without the bytes of it that are not memory. It may pass the end of the 64-bit space.
    func framesTouched(_ address: UInt64, _ bytes: UInt64) -> [UInt64] {
        var touched: [UInt64] = []
        var offset: UInt64 = 0
        while offset < bytes {
            let byte = address &+ offset
            if isMemory(byte) { touched.append(Self.gfn(byte)) }
            offset += Self.frameBytes - byte % Self.frameBytes
        }
        return touched
    }

    // MARK: Contents

    func word(_ aligned: UInt64) -> UInt64 { words[Self.gfn(aligned)]?[aligned] ?? 0 }

    mutating func setWord(_ aligned: UInt64, _ value: UInt64) {
        words[Self.gfn(aligned), default: [:]][aligned] = value == 0 ? nil : value
    }

    /// Byte n of a big-endian doubleword.
    static func byte(_ n: UInt64, of word: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: word >> (56 - 8 * n)) }

    /// The content, whoever may see it. 0 where there is no memory.
    func byte(_ address: UInt64) -> UInt8 {
        isMemory(address) ? Self.byte(address % 8, of: word(address - address % 8)) : 0
    }

    mutating func setByte(_ address: UInt64, _ value: UInt8) {
        guard isMemory(address) else { return }
        let aligned = address - address % 8
        let shift = 56 - 8 * (address % 8)
        setWord(aligned, word(aligned) & ~(0xff << shift) | UInt64(value) << shift)
    }

    /// What the host sees.
    func hostByte(_ address: UInt64) -> UInt8 {
        guard isMemory(address), let frame = frames[Self.gfn(address)], frame.state == .secureOut else {
            return byte(address)
        }
        if let written = frame.written[address] { return written }
        if let zerosFrom = frame.zerosFrom, address >= zerosFrom { return 0 }
        let aligned = address - address % 8
        return Self.byte(address % 8, of: Self.encrypted(word(aligned), at: aligned))
    }

    static func encrypted(_ word: UInt64, at address: UInt64) -> UInt64 {
        mix(word ^ mix(address &+ 0x9e37_79b9_7f4a_7c15))
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    // MARK: Accesses

    mutating func guestLoad(_ address: UInt64) -> UInt64 {
        for gfn in framesTouched(address, 8) { guestTouches(gfn) }
        if address % 8 == 0, isMemory(address), isMemory(address + 7) { return word(address) }
        return (0..<8).reduce(0) { $0 << 8 | UInt64(byte(address &+ $1)) }
    }

    /// Whether all of it was memory.
    mutating func guestStore(_ address: UInt64, _ value: UInt64) -> Bool {
        for gfn in framesTouched(address, 8) { guestTouches(gfn) }
        if address % 8 == 0, isMemory(address), isMemory(address + 7) {
            setWord(address, value)
            return true
        }
        for n in 0..<8 as Range<UInt64> { setByte(address &+ n, Self.byte(n, of: value)) }
        return (0..<8).allSatisfy { isMemory(address &+ $0) }
    }

    mutating func hostRead(_ address: UInt64, _ bytes: UInt64) -> [UInt8] {
        for gfn in framesTouched(address, bytes) { hostTouches(gfn) }
        return (0..<bytes).map { hostByte(address &+ $0) }
    }

    /// Doublewords as the host sees them.
    mutating func hostLoad(_ address: UInt64, _ count: UInt64) -> [UInt64] {
        for gfn in framesTouched(address, 8 * count) { hostTouches(gfn) }
        return (0..<count).map { index in
            let at = address &+ 8 * index
            guard at % 8 == 0, isMemory(at), isMemory(at + 7), frame(Self.gfn(at)).state != .secureOut else {
                return (0..<8).reduce(0) { $0 << 8 | UInt64(hostByte(at &+ $1)) }
            }
            return word(at)
        }
    }

    /// Whether all of it was memory.
    @discardableResult
    mutating func hostWrite(_ address: UInt64, _ bytes: [UInt8]) -> Bool {
        for gfn in framesTouched(address, UInt64(bytes.count)) {
            hostTouches(gfn)
            guard frame(gfn).state == .secureOut, !frame(gfn).isDamaged else { continue }
            frames[gfn]?.isDamaged = true
            sharing.damagedPages += 1
            seen.note("a frame is damaged")
        }
        var isAllMemory = true
        for (n, value) in bytes.enumerated() {
            let at = address &+ UInt64(n)
            if !isMemory(at) {
                isAllMemory = false
            } else if frame(Self.gfn(at)).state == .secureOut {
                frames[Self.gfn(at)]?.written[at] = value
            } else {
                setByte(at, value)
            }
        }
        return isAllMemory
    }

    /// Memory ends elsewhere from now on. What is beyond is gone; the TCEs stay.
    mutating func setMemoryBytes(_ bytes: UInt64) {
        let isCut = memoryBytes.map { bytes < $0 } ?? true
        memoryBytes = bytes
        for gfn in frames.keys where gfn >= frameCount {
            if frame(gfn).state.isShared {
                sharing.sharedPages -= 1
                seen.note("a shared frame is unplugged")
            }
            frames[gfn] = nil
        }
        for gfn in words.keys where gfn >= frameCount { words[gfn] = nil }
        // The frame in which memory ends.
        let last = Self.gfn(bytes)
        if isCut, var frame = frames[last], frame.isDamaged, bytes % Self.frameBytes != 0 {
            frame.written = frame.written.filter { $0.key < bytes }
            // The doubleword that is cut stays the ciphertext that it was.
            for at in (bytes - bytes % 8)..<bytes { frame.written[at] = hostByte(at) }
            frame.zerosFrom = min(frame.zerosFrom ?? bytes, bytes)
            frames[last] = frame
        }
        for aligned in words[last, default: [:]].keys where aligned + 8 > bytes {
            let kept = aligned >= bytes ? 0 : UInt64.max << (64 - 8 * (bytes - aligned))
            setWord(aligned, word(aligned) & kept)
        }
    }
}
