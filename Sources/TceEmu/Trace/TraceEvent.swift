// SPDX-License-Identifier: Apache-2.0

/// One event of a trace: what a guest, a device or the platform did, and what the real machine answered where known.
///
/// This is an event as text and importers handle it. A replay moves events by the ten thousand in an `EventBatch`.
public struct TraceEvent: Hashable, Sendable {
    /// When: in the trace's time unit, since whatever the recording clock counts from.
    public var time: UInt64

    public var body: Body

    public init(time: UInt64, body: Body) {
        self.time = time
        self.body = body
    }

    public enum Body: Hashable, Sendable {
        case phb(PHB)
        case window(Window)
        case unwindow(liobn: LIOBN)
        case reset
        case hcall(Hcall)
        case rtas(Call)
        case observed(Observed)
        case ultracall(Call)
        case dma(DMA)
        /// The PE of a config address on a PHB is thawed.
        case thaw(buid: BUID, configAddress: UInt64)
        case guest(Guest)
    }

    /// A PCI host bridge is there, with its default window; or, if it was there, what it offers has changed.
    public struct PHB: Hashable, Sendable {
        public var buid: BUID
        /// Of the default window; the dynamic window's is the next.
        public var liobn: UInt32
        /// Bus address and bytes of the default window.
        public var windowStart: IOBA
        public var windowBytes: UInt64
        /// Bus address of the dynamic window.
        public var dma64Start: IOBA
        /// Page sizes that DDW offers: bit n is 2^n bytes.
        public var pageShifts: UInt64
        public var ddw: Bool

        public init(
            buid: BUID, liobn: UInt32, windowStart: IOBA = 0, windowBytes: UInt64 = 1 << 30,
            dma64Start: IOBA = 1 << 59, pageShifts: UInt64 = 0x121_1000, ddw: Bool = true
        ) {
            self.buid = buid
            self.liobn = liobn
            self.windowStart = windowStart
            self.windowBytes = windowBytes
            self.dma64Start = dma64Start
            self.pageShifts = pageShifts
            self.ddw = ddw
        }
    }

    /// An LIOBN has a window from now on, with all TCEs 0, whatever it had before.
    public struct Window: Hashable, Sendable {
        public var liobn: LIOBN
        public var start: IOBA
        public var pageShift: UInt64
        public var tces: UInt64
        /// The PHB it belongs to, or 0 for virtual I/O.
        public var buid: BUID
        /// Not translated.
        public var bypass: Bool

        public init(
            liobn: LIOBN, start: IOBA = 0, pageShift: UInt64 = 12, tces: UInt64, buid: BUID = 0, bypass: Bool = false
        ) {
            self.liobn = liobn
            self.start = start
            self.pageShift = pageShift
            self.tces = tces
            self.buid = buid
            self.bypass = bypass
        }
    }

    /// One of the four TCE hcalls, with its arguments.
    public struct Hcall: Hashable, Sendable {
        public enum Kind: UInt8, Hashable, Sendable, CaseIterable {
            case get = 5
            case put = 6
            case stuff = 7
            case putIndirect = 8
        }

        public var kind: Kind
        /// The vCPU that made it.
        public var cpu: UInt16?
        public var liobn: LIOBN
        public var ioba: IOBA
        /// The TCE of a put or stuff, the list's real address, or the recorded answer of a get.
        public var value: UInt64
        /// Of stuff and the list call; 0 for the others.
        public var npages: UInt64
        /// The list, where it is known: `npages` entries, or none for a call that was refused before it was read.
        public var entries: [UInt64]
        /// What the real machine answered.
        public var status: Int32?
        /// How long the real call took, in the trace's time unit.
        public var duration: UInt64?

        public init(
            _ kind: Kind, cpu: UInt16? = nil, liobn: LIOBN, ioba: IOBA, value: UInt64 = 0, npages: UInt64 = 0,
            entries: [UInt64] = [], status: Int32? = nil, duration: UInt64? = nil
        ) {
            self.kind = kind
            self.cpu = cpu
            self.liobn = liobn
            self.ioba = ioba
            self.value = value
            self.npages = npages
            self.entries = entries
            self.status = status
            self.duration = duration
        }
    }

    /// An RTAS call or an ultracall.
    public struct Call: Hashable, Sendable {
        /// RTAS token, or ultracall number.
        public var number: UInt64
        public var cpu: UInt16?
        /// At most 16.
        public var arguments: [UInt64]
        /// Return cells asked for (RTAS).
        public var returns: UInt32
        public var status: Int32?
        /// Recorded outputs after the status; at most 16, and only with a status.
        public var outputs: [UInt64]

        public init(
            _ number: UInt64, cpu: UInt16? = nil, arguments: [UInt64] = [], returns: UInt32 = 0, status: Int32? = nil,
            outputs: [UInt64] = []
        ) {
            self.number = number
            self.cpu = cpu
            self.arguments = arguments
            self.returns = returns
            self.status = status
            self.outputs = outputs
        }
    }

    /// An hcall of which only the opcode is known: counted and timed, never executed.
    public struct Observed: Hashable, Sendable {
        public var opcode: UInt64
        public var cpu: UInt16?
        public var status: Int32?
        public var duration: UInt64?

        public init(opcode: UInt64, cpu: UInt16? = nil, status: Int32? = nil, duration: UInt64? = nil) {
            self.opcode = opcode
            self.cpu = cpu
            self.status = status
            self.duration = duration
        }
    }

    /// An access by a device.
    public struct DMA: Hashable, Sendable {
        /// What a translation was recorded to give.
        public struct Outcome: Hashable, Sendable {
            /// The right side of the arrow: the page's address.
            public var page: RealAddress
            /// The TCE's two low bits.
            public var permission: UInt8
            /// The page mask is 2^shift - 1; 64 where there was no page.
            public var shift: UInt8

            public init(page: RealAddress, permission: UInt8, shift: UInt8) {
                self.page = page
                self.permission = permission
                self.shift = shift
            }
        }

        /// The table it goes through, where known.
        public var liobn: LIOBN?
        /// The PHB it came through and the requester id (bus << 8 | devfn), where known.
        public var buid: BUID?
        public var requester: UInt32?
        public var ioba: IOBA
        /// Bytes, where known.
        public var length: UInt64?
        /// Empty where the direction is not known.
        public var access: DMAAccess
        public var outcome: Outcome?

        public init(
            liobn: LIOBN?, buid: BUID? = nil, requester: UInt32? = nil, ioba: IOBA, length: UInt64? = nil,
            access: DMAAccess = [], outcome: Outcome? = nil
        ) {
            self.liobn = liobn
            self.buid = buid
            self.requester = requester
            self.ioba = ioba
            self.length = length
            self.access = access
            self.outcome = outcome
        }
    }

    /// A call of the guest's DMA API.
    public struct Guest: Hashable, Sendable {
        public enum Kind: UInt8, Hashable, Sendable, CaseIterable {
            case map = 16
            case unmap = 17
            case sync = 18
            case alloc = 19
            case free = 20
            case setMask = 21
        }

        public var kind: Kind
        public var device: UInt32
        public var cpu: UInt16?
        /// map, alloc: real address. unmap, sync, free: DMA address. setMask: the mask.
        public var address: UInt64
        /// map, alloc: the DMA address that was returned. free: the real address. Else 0.
        public var value: UInt64
        public var length: UInt64
        /// What the device will do with the memory.
        public var access: DMAAccess
        /// More elements of the same scatter-gather call follow.
        public var more: Bool
        /// sync: for the CPU, else for the device. setMask: the coherent mask, else the streaming one.
        public var cpuSide: Bool
        /// 0 or a negative Linux errno.
        public var status: Int32?

        public init(
            _ kind: Kind, device: UInt32, cpu: UInt16? = nil, address: UInt64, value: UInt64 = 0, length: UInt64 = 0,
            access: DMAAccess = [], more: Bool = false, cpuSide: Bool = false, status: Int32? = nil
        ) {
            self.kind = kind
            self.device = device
            self.cpu = cpu
            self.address = address
            self.value = value
            self.length = length
            self.access = access
            self.more = more
            self.cpuSide = cpuSide
            self.status = status
        }
    }
}

extension TraceEvent {
    /// The LIOBN that the event names, if it names one.
    public var liobn: LIOBN? {
        switch body {
        case .phb(let phb): LIOBN(phb.liobn)
        case .window(let window): window.liobn
        case .unwindow(let liobn): liobn
        case .hcall(let call): call.liobn
        case .dma(let dma): dma.liobn
        case .reset, .rtas, .observed, .ultracall, .thaw, .guest: nil
        }
    }
}
