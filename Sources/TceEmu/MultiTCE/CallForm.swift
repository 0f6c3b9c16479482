// SPDX-License-Identifier: Apache-2.0

/// In which form a trace's TCE hcalls are replayed.
public enum CallForm: String, Hashable, Sendable, CaseIterable, Codable, CodingKeyRepresentable {
    /// As they were recorded.
    case recorded
    /// Every H_STUFF_TCE and H_PUT_TCE_INDIRECT as H_PUT_TCE, one a TCE.
    case single
    /// Runs of H_PUT_TCE as one H_STUFF_TCE or H_PUT_TCE_INDIRECT: what no guest can do better.
    case joined
}

/// A part of a guest's life, for which its TCE hcalls are counted apart.
public enum CallPhase: String, Hashable, Sendable, CaseIterable, Codable, CodingKeyRepresentable {
    /// Before the kernel clears its first table.
    case firmware
    /// A kernel goes through a whole table, from its first TCE to its last.
    case bootClear = "boot_clear"
    /// A dynamic window is filled, until a device uses it.
    case population
    /// All else: drivers map and unmap.
    case runTime = "run_time"
}
