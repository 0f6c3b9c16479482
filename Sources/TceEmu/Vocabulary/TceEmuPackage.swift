// SPDX-License-Identifier: Apache-2.0

/// This package, as the traces that it writes name it.
public enum TceEmuPackage {
    public static let nameAndVersion = "TceEmu 0.1.0"
}
