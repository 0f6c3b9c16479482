// SPDX-License-Identifier: Apache-2.0

/// A profile that is part of the library, as the YAML that a person can copy and edit.
struct BuiltInProfile {
    let name: String
    /// What it stands for: the profile's own `text`.
    let yaml: String

    /// All of them; the first is the default.
    static let all = [
        BuiltInProfile(name: "power9-kvm", yaml: power9KVM),
        BuiltInProfile(name: "power8-kvm", yaml: power8KVM),
        BuiltInProfile(name: "powervm", yaml: powerVM),
        BuiltInProfile(name: "qemu-tcg", yaml: qemuTCG),
        BuiltInProfile(name: "secure-2019", yaml: secure2019),
        BuiltInProfile(name: "ideal", yaml: ideal),
    ]
}
