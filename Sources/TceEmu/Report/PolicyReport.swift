// SPDX-License-Identifier: Apache-2.0

/// A comparison of policies for a person: which one serves which device, at what boot cost, exposing how much.
public struct PolicyReport: CustomStringConvertible {
    private let comparison: PolicyComparison
    private let results: [PolicyResult]

    public init(_ comparison: PolicyComparison, _ results: [PolicyResult]) {
        self.comparison = comparison
        self.results = results
    }

    public var description: String {
        head + outcomes + costs + settings + leaks + legend
    }

    private var head: String {
        let options = comparison.options
        return
            "\(counted(UInt64(results.count), "run")) of a secure guest: \(kernel) on \(options.platform), "
            + "\(bytes(options.memoryBytes)), SWIOTLB \(bytes(bufferBytes)), profile \(options.profile.name)"
            + conditions.map { ", " + $0 }.joined() + "\n"
    }

    /// What is not as it is by default.
    private var conditions: [String] {
        let options = comparison.options, usual = PolicyOptions()
        var texts: [String] = []
        func tell(_ isUsual: Bool, _ text: @autoclosure () -> String) {
            if !isUsual { texts.append(text()) }
        }
        tell(options.nodes == usual.nodes, counted(UInt64(options.nodes), "PE"))
        tell(options.cpus == usual.cpus, counted(UInt64(options.cpus), "processor"))
        tell(options.tceBytes == usual.tceBytes, "TCEs of \(bytes(options.tceBytes)) at most")
        tell(options.usesDDW == usual.usesDDW, "no dynamic windows")
        tell(options.maskCheck == usual.maskCheck, "mask check \(options.maskCheck?.rawValue ?? "")")
        tell(options.heedsRefusals == usual.heedsRefusals, "refusals ignored")
        tell(options.requestBytes == usual.requestBytes, "requests of \(bytes(options.requestBytes))")
        tell(options.coherentPlace == usual.coherentPlace, "coherent memory \(options.coherentPlace.rawValue)")
        tell(options.leak == usual.leak, "a leak at \(options.leak?.hex ?? "")")
        tell(options.windowStart == usual.windowStart, "default window from \(options.windowStart.hex)")
        return texts
    }

    private var kernel: String {
        if let level = comparison.options.level { return "Linux \(level)" }
        let level = comparison.policies.map(\.level).min() ?? .v5_5
        let others = comparison.policies.filter { $0.level != level }.map { "\($0.name): \($0.level)" }
        return "Linux \(level)" + (others.isEmpty ? "" : " (" + others.joined(separator: ", ") + ")")
    }

    /// What the kernel makes of the size that was asked for.
    private var bufferBytes: UInt64 {
        var guest = GuestConfiguration()
        guest.bufferBytes = comparison.options.bufferBytes
        return guest.bufferBytesUsed
    }

    /// What is shown first: one setting, the one of the thread where it was run.
    private var setting: MultiTCE { comparison.settings.contains(.call) ? .call : comparison.settings.first ?? .call }

    private func setting(of policy: DMAPolicy) -> MultiTCE {
        comparison.settings.contains(policy.multiTCE) ? policy.multiTCE : setting
    }

    private func shown(_ policy: DMAPolicy) -> [PolicyResult] {
        results.filter { $0.cell.policy.name == policy.name && $0.cell.multiTCE == setting(of: policy) }
    }

    /// The cell that stands for a policy in the tables of costs: the first that works, of a policy without one the first.
    private func example(_ policy: DMAPolicy) -> PolicyResult? {
        let shown = shown(policy)
        return shown.first { $0.outcome == .ok } ?? shown.first
    }

    /// Window and place of a policy's example, for a person.
    private func conditions(_ result: PolicyResult) -> String {
        "window \(bytes(result.cell.windowBytes)), SWIOTLB \(result.place)"
    }

    /// Those of all examples; nil: they are not the same, and each row tells its own.
    private var commonConditions: String? {
        let all = Set(comparison.policies.compactMap { example($0).map(conditions) })
        return all.count == 1 ? all.first : nil
    }

    /// In a title: what the examples have in common.
    private var titleConditions: String { commonConditions.map { "; \($0)" } ?? "" }

    /// In a row: the example's device, and what not all have in common.
    private func deviceText(_ result: PolicyResult) -> String {
        result.cell.device.rawValue + (commonConditions == nil ? ", \(conditions(result))" : "")
    }

    /// Equal outcomes once, in the order of windows and places.
    private func summary(_ results: [PolicyResult]) -> String {
        var codes: [String] = []
        for result in results where !codes.contains(result.outcome.rawValue) { codes.append(result.outcome.rawValue) }
        return codes.joined(separator: "/")
    }

    private var outcomes: String {
        var table = TextTable(alignsNumbers: false)
        table.add([""] + comparison.devices.map(\.rawValue))
        for policy in comparison.policies {
            let shown = shown(policy)
            table.add(
                [policy.name]
                    + comparison.devices.map { device in
                        summary(shown.filter { $0.cell.device == device })
                    })
        }
        let own = comparison.policies.filter { self.setting(of: $0) != setting }
            .map { ", \($0.name) \(self.setting(of: $0).rawValue)" }
        return "\nWhich device works (multi-TCE \(setting.rawValue)" + own.joined()
            + "; more than one code: by window and place of SWIOTLB)\n" + table.text
    }

    private var costs: String {
        var table = TextTable()
        table.add("", "device", "boot hcalls", "boot time", "hcalls/I/O", "time/I/O", "shared", "reachable", "latent")
        for policy in comparison.policies {
            guard let result = example(policy) else { continue }
            table.add(
                policy.name, deviceText(result), result.boot.hcallCount.grouped, time(result.boot.cycles),
                result.perIO.map { $0.hcallCount.grouped } ?? "-", result.perIO.map { time($0.cycles) } ?? "-",
                bytes(result.shared), bytes(result.reachable), bytes(result.latent))
        }
        return "\nWhat it costs and exposes (the first device that works, else the first\(titleConditions))\n"
            + table.text
    }

    /// Boot time by setting, where more than one was run.
    private var settings: String {
        guard comparison.settings.count > 1 else { return "" }
        var table = TextTable()
        table.add(["", "device"] + comparison.settings.map(\.rawValue))
        for policy in comparison.policies {
            guard let example = example(policy) else { continue }
            table.add(
                [policy.name, deviceText(example)]
                    + comparison.settings.map { setting in
                        var cell = example.cell
                        cell.multiTCE = setting
                        let result = results.first { $0.cell == cell }
                        return result.map { "\(time($0.boot.cycles)) \($0.outcome.rawValue)" } ?? "-"
                    })
        }
        return "\nBoot time and outcome by multi-TCE setting (the same devices\(titleConditions))\n" + table.text
    }

    private var leaks: String {
        guard comparison.options.leak != nil else { return "" }
        var table = TextTable()
        table.add("", "device", "leaked bytes got", "ciphertext pages", "faults")
        for policy in comparison.policies {
            guard let result = example(policy), let leak = result.leak else { continue }
            table.add(
                policy.name, deviceText(result), leak.leakedBytes.grouped, leak.ciphertextPages.grouped,
                leak.faults.grouped)
        }
        return "\nA page is shared by mistake, and a device reads all it can (the same devices\(titleConditions))\n"
            + table.text
    }

    private var legend: String {
        let used = Set(results.map(\.outcome))
        return "\n"
            + PolicyOutcome.allCases.filter(used.contains).map { "\($0.rawValue) \($0.text)" }
            .joined(separator: ", ") + "\n"
    }

    private func time(_ cycles: UInt64) -> String { comparison.options.profile.time(cycles) }
}

extension PolicyReport {
    /// One line for each cell.
    public static func csv(_ results: [PolicyResult]) -> String {
        let hcalls = ["H_PUT_TCE", "H_PUT_TCE_INDIRECT", "H_STUFF_TCE"]
        func cost(_ prefix: String) -> [String] {
            hcalls.map { "\(prefix).\($0)" } + ["rtas", "ultracalls", "cycles"].map { "\(prefix).\($0)" }
        }
        func fields(_ cost: PolicyResult.Cost?) -> [String] {
            guard let cost else { return Array(repeating: "", count: hcalls.count + 3) }
            return hcalls.map { String(cost.hcalls[$0] ?? 0) }
                + [cost.rtas.values.reduce(0, +), cost.ultracalls.values.reduce(0, +), cost.cycles].map(String.init)
        }
        let leaks = results.contains { $0.leak != nil }
        var header = ["policy", "multitce", "device", "window", "swiotlb", "outcome"]
        header += ["shared", "reachable", "latent", "plain"] + cost("boot") + cost("per_io")
        if leaks { header += ["leak.leaked_bytes", "leak.ciphertext_pages", "leak.faults"] }
        var lines = [(header + ["why"]).joined(separator: ",")]
        for result in results {
            var line = [
                result.cell.policy.name, result.cell.multiTCE.rawValue, result.cell.device.rawValue,
                String(result.cell.windowBytes), result.place, result.outcome.rawValue,
            ]
            line += [result.shared, result.reachable, result.latent, result.plain].map(String.init)
            line += fields(result.boot) + fields(result.perIO)
            if leaks, let leak = result.leak {
                line += [leak.leakedBytes, leak.ciphertextPages, leak.faults].map(String.init)
            }
            lines.append((line + [csvField(result.why)]).joined(separator: ","))
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// A size as people say it: "64 MiB", "64.3125 MiB", "31.93 GiB", "0".
func bytes(_ count: UInt64) -> String {
    let units: [(shift: UInt64, name: String)] = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")]
    guard let unit = units.first(where: { count >> $0.shift > 0 }) else { return count == 0 ? "0" : "\(count) B" }
    let mask = (UInt64(1) << unit.shift) - 1, part = (count & mask) * 10_000
    // Four digits where they tell all of it, else two.
    let digits = String(10_000 + (part >> unit.shift)).dropFirst().prefix(part & mask == 0 ? 4 : 2)
    let fraction = digits.reversed().drop { $0 == "0" }.reversed()
    return "\(count >> unit.shift)\(fraction.isEmpty ? "" : "." + String(fraction)) \(unit.name)"
}
