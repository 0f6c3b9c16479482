// SPDX-License-Identifier: Apache-2.0

// The statistics as JSON: what was computed of time stands beside what was counted, not inside it, and is absent
// without time.

extension ReplayStatistics: Codable {
    enum CodingKeys: String, CodingKey {
        case model, platform, trace, hcalls, rtas, dma, sharing, others, check
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(model, forKey: .model)
        try container.encode(platform, forKey: .platform)
        try container.encode(trace, forKey: .trace)
        try container.encode(hcalls, forKey: .hcalls)
        try container.encode(rtas, forKey: .rtas)
        try container.encode(dma, forKey: .dma)
        try container.encode(sharing, forKey: .sharing)
        try container.encode(others, forKey: .others)
        try container.encode(check, forKey: .check)
        try timing?.encode(to: encoder)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init()
        model = try container.decode(String.self, forKey: .model)
        platform = try container.decode(String.self, forKey: .platform)
        trace = try container.decode(Trace.self, forKey: .trace)
        hcalls = try container.decode([String: Calls].self, forKey: .hcalls)
        rtas = try container.decode([String: RTASCalls].self, forKey: .rtas)
        dma = try container.decode(DMA.self, forKey: .dma)
        sharing = try container.decode(Sharing.self, forKey: .sharing)
        others = try container.decode(Others.self, forKey: .others)
        check = try container.decode(Check.self, forKey: .check)
        let times = try decoder.container(keyedBy: TimeStatistics.CodingKeys.self)
        if times.contains(.time) { timing = try TimeStatistics(from: decoder) }
    }
}
