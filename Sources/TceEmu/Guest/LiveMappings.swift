// SPDX-License-Identifier: Apache-2.0

/// What a guest was given for the maps of a trace that are not undone.
struct LiveMappings {
    /// A recorded bus address: tables begin at the same ones.
    struct Place: Hashable {
        var device: Int
        var address: IOBA
    }

    struct Mapping {
        var address: IOBA
        var bytes: UInt64
        var access: DMAAccess
    }

    private var mappings: [Place: Mapping] = [:]
    /// Where mappings begin, by the block that is in; nil: nobody has asked yet what lies inside of one.
    private var starts: [Place: [IOBA]]?
    /// Bytes of the largest that was ever there.
    private var largest: UInt64 = 0

    /// As large as what is bounced can be.
    private static let blockShift = UInt64(18)

    var count: Int { mappings.count }

    private static func block(_ place: Place) -> Place {
        Place(device: place.device, address: place.address >> blockShift)
    }

    mutating func insert(_ mapping: Mapping, at place: Place) {
        largest = max(largest, mapping.bytes)
        if mappings.updateValue(mapping, forKey: place) == nil {
            starts?[Self.block(place), default: []].append(place.address)
        }
    }

    mutating func remove(_ place: Place) -> Mapping? {
        guard let mapping = mappings.removeValue(forKey: place) else { return nil }
        let block = Self.block(place)
        if let index = starts?[block]?.firstIndex(of: place.address) {
            starts?[block]?.remove(at: index)
            if starts?[block]?.isEmpty ?? false { starts?[block] = nil }
        }
        return mapping
    }

    /// The mapping that an address lies in, and how far.
    mutating func containing(_ place: Place) -> (Mapping, offset: UInt64)? {
        if let mapping = mappings[place] { return (mapping, 0) }
        let starts = indexed()
        let last = place.address >> Self.blockShift
        let first = (place.address - min(place.address, largest)) >> Self.blockShift
        for block in (first...last).reversed() {
            for start in starts[Place(device: place.device, address: block)] ?? [] where start < place.address {
                guard let mapping = mappings[Place(device: place.device, address: start)],
                    place.address - start < mapping.bytes
                else { continue }
                return (mapping, place.address - start)
            }
        }
        return nil
    }

    /// Made when it is first needed: most traces synchronize whole mappings only.
    private mutating func indexed() -> [Place: [IOBA]] {
        if let starts { return starts }
        var made: [Place: [IOBA]] = [:]
        for place in mappings.keys { made[Self.block(place), default: []].append(place.address) }
        starts = made
        return made
    }
}
