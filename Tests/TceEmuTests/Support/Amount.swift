// SPDX-License-Identifier: Apache-2.0
import Foundation

/// How much the long tests do. A variable of the environment says another amount: less under a sanitizer
/// (scripts/sanitize.sh), more before a release.
enum Amount {
    /// Random steps for each platform and kind of guest.
    static let steps = number("TCE_RANDOM_STEPS") ?? wholeSteps
    static let wholeSteps = 1_000_000

    /// Random events at which a trace is cut.
    static let cuts = number("TCE_SNAPSHOT_CUTS") ?? 52

    /// Recorded logs in which a digit is changed.
    static let changedLogs = number("TCE_CHANGED_LOGS") ?? 100

    private static func number(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } }
}
