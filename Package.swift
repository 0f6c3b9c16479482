// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
]

let package = Package(
    name: "TceEmu",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "TceEmu", targets: ["TceEmu"]),
        .library(name: "CTce", targets: ["CTce"]),
        .executable(name: "tce-emu", targets: ["tce-emu"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        .target(
            name: "CTce",
            linkerSettings: [.linkedLibrary("z")]
        ),
        .target(
            name: "TceEmu",
            dependencies: [
                "CTce",
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "tce-emu",
            dependencies: [
                "TceEmu",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(name: "CTceCases", dependencies: ["CTce"], path: "Tests/CTceCases"),
        .testTarget(
            name: "CTceTests",
            dependencies: ["CTceCases"],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "TceEmuTests",
            dependencies: [
                "TceEmu", "CTce",
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "TceEmuCLITests",
            dependencies: [
                "tce-emu", "TceEmu",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swiftSettings
        ),
    ],
    cLanguageStandard: .c11,
    cxxLanguageStandard: .cxx17
)
