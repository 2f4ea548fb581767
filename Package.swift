// swift-tools-version: 6.2
import PackageDescription

/// Every module is compiled alike: Swift 6 language mode, imports internal unless said otherwise, `any` spelled out.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "fairlead",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "fairlead", targets: ["fairlead"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.26.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.32.0"),
    ],
    targets: [
        .target(name: "CFairleadAssets"),
        // What is left to say when a signal ends the process.
        .target(name: "CFairleadCrash"),
        // What malloc keeps, given back.
        .target(name: "CFairleadMemory"),
        // Enters network namespaces, which glibc's module for Swift leaves out.
        .target(name: "CFairleadNamespaces"),
        // zlib as the system has it, for the compression of large answers.
        .systemLibrary(name: "CFairleadZlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .target(
            name: "FairleadModel",
            dependencies: [.product(name: "Yams", package: "Yams")],
            swiftSettings: strict),
        .target(name: "FairleadExpressions", dependencies: ["FairleadModel"], swiftSettings: strict),
        .target(
            name: "FairleadSchema", dependencies: ["FairleadModel", "FairleadExpressions", "CFairleadAssets"],
            swiftSettings: strict),
        .target(
            name: "FairleadMerge", dependencies: ["FairleadModel", "FairleadSchema"], swiftSettings: strict),
        .target(
            name: "FairleadMetrics",
            dependencies: [.product(name: "CoreMetrics", package: "swift-metrics")],
            swiftSettings: strict),
        .target(
            name: "FairleadStorage",
            dependencies: [
                "FairleadMetrics", "FairleadModel", "CFairleadAssets",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: strict),
        .target(
            name: "FairleadRules", dependencies: ["FairleadModel", "FairleadExpressions", "FairleadSchema"],
            swiftSettings: strict),
        .target(
            name: "FairleadKindRules",
            dependencies: ["FairleadModel", "FairleadExpressions", "FairleadSchema", "FairleadRules"],
            swiftSettings: strict),
        .target(
            name: "FairleadKinds",
            dependencies: [
                "FairleadModel", "FairleadExpressions", "FairleadSchema", "FairleadStorage", "FairleadRules",
                "FairleadKindRules",
            ],
            swiftSettings: strict),
        .target(
            name: "FairleadAPI",
            dependencies: [
                "FairleadMetrics", "FairleadModel", "FairleadSchema", "FairleadMerge", "FairleadStorage",
                "FairleadRules", "FairleadKindRules",
                "FairleadKinds", .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: strict),
        .target(
            name: "FairleadNet",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(
            name: "FairleadHTTP",
            dependencies: [
                "FairleadAPI", "FairleadNet", "CFairleadZlib",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(
            name: "FairleadClient",
            dependencies: [
                "FairleadModel", .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(name: "FairleadControllers", dependencies: ["FairleadModel", "FairleadClient"], swiftSettings: strict),
        .target(
            name: "FairleadClusterControllers", dependencies: ["FairleadModel", "FairleadClient"],
            swiftSettings: strict),
        .target(
            name: "FairleadBatch", dependencies: ["FairleadModel", "FairleadClient", "FairleadControllers"],
            swiftSettings: strict),
        .target(name: "FairleadExplanation", dependencies: ["FairleadModel", "FairleadClient"], swiftSettings: strict),
        .target(name: "FairleadRouting", dependencies: ["FairleadModel"], swiftSettings: strict),
        .target(
            name: "FairleadRemote",
            dependencies: [
                "FairleadModel", "FairleadClient",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),
        .target(
            name: "FairleadProxy",
            dependencies: [
                "FairleadModel", "FairleadClient", "FairleadRouting", "FairleadMetrics", "FairleadNet",
                "CFairleadMemory",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(
            name: "FairleadLab",
            dependencies: [
                "FairleadModel", "FairleadClient", "FairleadNet", "CFairleadNamespaces",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(name: "FairleadSimulation", dependencies: ["FairleadModel", "FairleadClient"], swiftSettings: strict),
        .target(
            name: "FairleadDNS",
            dependencies: [
                "FairleadMetrics", "FairleadModel", "FairleadClient", "FairleadNet",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(
            name: "FairleadServer",
            dependencies: [
                "FairleadModel", "FairleadSchema", "FairleadStorage", "FairleadKinds", "FairleadAPI", "FairleadHTTP",
                "FairleadClient", "FairleadControllers", "FairleadBatch", "FairleadClusterControllers",
                "FairleadExplanation", "FairleadSimulation", "FairleadDNS", "FairleadMetrics", "FairleadRouting",
                "CFairleadCrash", "CFairleadMemory", .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "fairlead",
            dependencies: [
                "FairleadServer", "FairleadClient", "FairleadDNS", "FairleadRemote", "FairleadProxy", "FairleadLab",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        // Reads a page of metrics as strictly as Prometheus does.
        .target(
            name: "FairleadMetricsTesting", path: "Tests/FairleadMetricsTesting", swiftSettings: strict),
        .testTarget(
            name: "FairleadMetricsTests",
            dependencies: [
                "FairleadMetrics", "FairleadMetricsTesting", .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: strict),
        // Numbers and objects that are random, and the same in every run.
        .target(
            name: "FairleadRandomTesting", dependencies: ["FairleadModel", "FairleadSchema"],
            path: "Tests/FairleadRandomTesting", swiftSettings: strict),
        .testTarget(
            name: "FairleadModelTests", dependencies: ["FairleadModel", "FairleadRandomTesting"],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadExpressionsTests",
            dependencies: ["FairleadExpressions", "FairleadModel", "FairleadRandomTesting"], swiftSettings: strict),
        .testTarget(
            name: "FairleadSchemaTests",
            dependencies: ["FairleadSchema", "FairleadModel", "FairleadKinds", "FairleadRandomTesting"],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadMergeTests",
            dependencies: ["FairleadMerge", "FairleadModel", "FairleadSchema", "FairleadRandomTesting"],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadStorageTests",
            dependencies: [
                "FairleadStorage", "FairleadMetrics", "FairleadMetricsTesting", "FairleadModel",
                "FairleadRandomTesting",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadRulesTests",
            dependencies: ["FairleadRules", "FairleadKindRules", "FairleadModel", "FairleadSchema"],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadKindsTests",
            dependencies: [
                "FairleadKinds", "FairleadModel", "FairleadRules", "FairleadKindRules", "FairleadSchema",
                "FairleadStorage", "FairleadRandomTesting",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadAPITests",
            dependencies: [
                "FairleadAPI", "FairleadKinds", "FairleadMetrics", "FairleadMetricsTesting", "FairleadMerge",
                "FairleadModel", "FairleadRules", "FairleadKindRules", "FairleadSchema", "FairleadStorage",
                "FairleadRandomTesting", .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadHTTPTests",
            dependencies: [
                "FairleadHTTP", "FairleadMetrics", "FairleadMetricsTesting", "FairleadAPI", "FairleadKinds",
                "CFairleadZlib",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "InMemoryLogging", package: "swift-log"),
            ],
            swiftSettings: strict),
        // An ObjectClient over a dictionary, and a clock that tests turn.
        .target(
            name: "FairleadClientTesting", dependencies: ["FairleadModel", "FairleadClient"],
            path: "Tests/FairleadClientTesting", swiftSettings: strict),
        .testTarget(
            name: "FairleadClientTests",
            dependencies: [
                "FairleadClient", "FairleadClientTesting", "FairleadModel",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "InMemoryLogging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadControllersTests",
            dependencies: ["FairleadControllers", "FairleadClient", "FairleadClientTesting", "FairleadModel"],
            exclude: ["hash-vectors.jsonl"], swiftSettings: strict),
        .testTarget(
            name: "FairleadClusterControllersTests",
            dependencies: ["FairleadClusterControllers", "FairleadClient", "FairleadModel"], swiftSettings: strict),
        .testTarget(
            name: "FairleadRoutingTests",
            dependencies: ["FairleadRouting", "FairleadModel", "FairleadRandomTesting"],
            exclude: ["Cases"], swiftSettings: strict),
        .testTarget(
            name: "FairleadRemoteTests",
            dependencies: [
                "FairleadRemote", "FairleadServer", "FairleadClient", "FairleadClientTesting", "FairleadControllers",
                "FairleadHTTP", "FairleadModel",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadProxyTests",
            dependencies: [
                "FairleadProxy", "FairleadRouting", "FairleadClient", "FairleadClientTesting", "FairleadModel",
                "FairleadMetrics", "FairleadMetricsTesting", "FairleadRandomTesting",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadLabTests",
            dependencies: [
                "FairleadLab", "FairleadClient", "FairleadClientTesting", "FairleadModel",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadBatchTests",
            dependencies: [
                "FairleadBatch", "FairleadControllers", "FairleadClient", "FairleadClientTesting", "FairleadModel",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadExplanationTests",
            dependencies: [
                "FairleadExplanation", "FairleadControllers", "FairleadClient", "FairleadClientTesting",
                "FairleadModel",
            ],
            exclude: ["Golden"], swiftSettings: strict),
        .testTarget(
            name: "FairleadSimulationTests",
            dependencies: ["FairleadSimulation", "FairleadClient", "FairleadClientTesting", "FairleadModel"],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadDNSTests",
            dependencies: [
                "FairleadDNS", "FairleadMetrics", "FairleadMetricsTesting", "FairleadClientTesting", "FairleadModel",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "InMemoryLogging", package: "swift-log"),
            ],
            exclude: ["answers.zone"],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadServerTests",
            dependencies: [
                "FairleadRandomTesting",
                "FairleadServer", "FairleadMetrics", "FairleadMetricsTesting", "FairleadControllers", "FairleadHTTP",
                "FairleadModel", "FairleadAPI", "FairleadClient", "FairleadClientTesting", "FairleadKinds",
                "FairleadSchema", "FairleadStorage",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(name: "ArchitectureTests", swiftSettings: strict),
    ],
    cLanguageStandard: .gnu2x
)
