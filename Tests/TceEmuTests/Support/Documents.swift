// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A file of the package, such as "docs/profiles.md".
func packageFile(_ path: String) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(path)
}
