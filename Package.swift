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
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.40.0"),
        .package(url: "https://github.com/apple/swift-crypto", "3.12.3"..<"5.0.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.10.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.1.0"),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
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
        // The distributed engine of storage: etcd's API over gRPC.
        .target(
            name: "FairleadEtcd",
            dependencies: [
                "FairleadModel", "FairleadStorage",
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
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
                "FairleadKindRules", "FairleadIdentity",
            ],
            swiftSettings: strict),
        .target(
            name: "FairleadAPI",
            dependencies: [
                "FairleadMetrics", "FairleadModel", "FairleadSchema", "FairleadMerge", "FairleadStorage",
                "FairleadRules", "FairleadKindRules", "FairleadAuthorization", "FairleadAdmission",
                "FairleadContainers", "FairleadKinds", "FairleadIdentity",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: strict),
        .target(
            name: "FairleadDiscovery",
            dependencies: ["FairleadModel", "FairleadSchema", "FairleadKinds", "FairleadIdentity", "FairleadAPI"],
            swiftSettings: strict),
        .target(
            name: "FairleadAccess",
            dependencies: [
                "FairleadModel", "FairleadStorage", "FairleadKinds", "FairleadIdentity", "FairleadAuthorization",
                "FairleadAPI",
            ],
            swiftSettings: strict),
        // API Priority and Fairness: whose turn it is.
        .target(
            name: "FairleadFairness",
            dependencies: [
                "FairleadMetrics", "FairleadModel", "FairleadStorage", "FairleadAuthorization", "FairleadAPI",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: strict),
        // Encryption at rest.
        .target(
            name: "FairleadEncryption",
            dependencies: [
                "FairleadModel", "FairleadStorage", "FairleadIdentity",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "_CryptoExtras", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .target(
            name: "FairleadAudit",
            dependencies: [
                "FairleadModel", "FairleadSchema", "FairleadMetrics", "FairleadContainers", "FairleadAuthorization",
                "FairleadAPI",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(
            name: "FairleadNet",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(
            name: "FairleadHTTP",
            dependencies: [
                "FairleadStreaming", "FairleadContainers", .product(name: "NIOWebSocket", package: "swift-nio"),
                "FairleadModel", "FairleadAPI", "FairleadNet", "CFairleadZlib",
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
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
            name: "FairleadClusterControllers", dependencies: ["FairleadModel", "FairleadClient", "FairleadIdentity"],
            swiftSettings: strict),
        .target(
            name: "FairleadBatch", dependencies: ["FairleadModel", "FairleadClient", "FairleadControllers"],
            swiftSettings: strict),
        .target(
            name: "FairleadIdentity",
            dependencies: [
                "FairleadModel", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "_CryptoExtras", package: "swift-crypto"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ],
            swiftSettings: strict),
        .target(
            name: "FairleadAuthorization", dependencies: ["FairleadModel", "FairleadStorage"], swiftSettings: strict),
        .target(
            name: "FairleadAdmission", dependencies: ["FairleadModel", "FairleadExpressions", "FairleadSchema"],
            swiftSettings: strict),
        .target(
            name: "FairleadWebhooks",
            dependencies: [
                "FairleadModel", "FairleadExpressions", "FairleadSchema", "FairleadMerge", "FairleadMetrics",
                "FairleadStorage", "FairleadKinds", "FairleadNet", "FairleadAPI",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),
        .target(
            name: "FairleadAggregation",
            dependencies: [
                "FairleadModel", "FairleadStorage", "FairleadContainers", "FairleadIdentity", "FairleadAPI",
                "FairleadDiscovery", "FairleadWebhooks",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),
        .target(name: "FairleadScheduling", dependencies: ["FairleadModel", "FairleadClient"], swiftSettings: strict),
        .target(name: "FairleadExplanation", dependencies: ["FairleadModel", "FairleadClient"], swiftSettings: strict),
        .target(name: "FairleadRouting", dependencies: ["FairleadModel"], swiftSettings: strict),
        .target(
            name: "FairleadRemote",
            dependencies: [
                "FairleadModel", "FairleadClient", "FairleadNet",
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
        .target(name: "FairleadContainers", dependencies: ["FairleadModel"], swiftSettings: strict),
        .target(name: "FairleadApplets", dependencies: ["FairleadModel", "FairleadContainers"], swiftSettings: strict),
        .target(
            name: "FairleadShell", dependencies: ["FairleadModel", "FairleadContainers", "FairleadApplets"],
            swiftSettings: strict),
        .target(
            name: "FairleadPrograms", dependencies: ["FairleadModel", "FairleadContainers", "FairleadShell"],
            swiftSettings: strict),
        .target(
            name: "FairleadPodNetwork", dependencies: ["FairleadModel", "FairleadContainers", "FairleadRouting"],
            swiftSettings: strict),
        .target(
            name: "FairleadStreaming",
            dependencies: ["FairleadModel", "FairleadContainers", "CFairleadZlib"],
            swiftSettings: strict),
        .target(
            name: "FairleadSimulation",
            dependencies: [
                "FairleadModel", "FairleadClient", "FairleadContainers", "FairleadPrograms", "FairleadScheduling",
            ],
            swiftSettings: strict),
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
                "FairleadModel", "FairleadSchema", "FairleadStorage", "FairleadKinds", "FairleadAPI",
                "FairleadDiscovery", "FairleadAccess", "FairleadAudit", "FairleadFairness", "FairleadEncryption",
                "FairleadHTTP",
                "FairleadExpressions", "FairleadMerge", "FairleadAdmission",
                "FairleadClient", "FairleadControllers", "FairleadBatch", "FairleadClusterControllers",
                "FairleadExplanation", "FairleadSimulation", "FairleadDNS", "FairleadMetrics", "FairleadRouting",
                "FairleadContainers", "FairleadPrograms", "FairleadPodNetwork", "FairleadIdentity",
                "FairleadAuthorization", "FairleadWebhooks", "FairleadAggregation", "FairleadRules",
                "FairleadKindRules", "FairleadEtcd",
                "CFairleadCrash", "CFairleadMemory", .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "fairlead",
            dependencies: [
                "FairleadServer", "FairleadAudit", "FairleadClient", "FairleadDNS", "FairleadRemote", "FairleadProxy",
                "FairleadLab",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        // What scripts/bench loads and measures a server with; here, so that it is built with the program's own modules
        // and libraries.
        .executableTarget(
            name: "fairlead-bench",
            dependencies: [
                "FairleadModel", "FairleadRouting", "FairleadExpressions", "FairleadAdmission",
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/Sources/FairleadBench", swiftSettings: strict),
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
                "FairleadStorage", "FairleadEtcd", "FairleadEtcdTesting", "FairleadMetrics", "FairleadMetricsTesting",
                "FairleadModel", "FairleadRandomTesting",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        // A real etcd, started for a test.
        .target(
            name: "FairleadEtcdTesting", dependencies: ["FairleadEtcd"], path: "Tests/FairleadEtcdTesting",
            swiftSettings: strict),
        .testTarget(
            name: "FairleadEtcdTests",
            dependencies: [
                "FairleadEtcd", "FairleadEtcdTesting", "FairleadModel", "FairleadStorage",
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOEmbedded", package: "swift-nio"),
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
                "FairleadContainers", "FairleadAuthorization",
                "FairleadAPI", "FairleadDiscovery", "FairleadAccess", "FairleadKinds", "FairleadMetrics",
                "FairleadMetricsTesting", "FairleadMerge",
                "FairleadModel", "FairleadRules", "FairleadKindRules", "FairleadSchema", "FairleadStorage",
                "FairleadRandomTesting", "FairleadIdentity",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadNetTests",
            dependencies: [
                "FairleadNet", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadHTTPTests",
            dependencies: [
                "FairleadContainers",
                "FairleadHTTP", "FairleadMetrics", "FairleadMetricsTesting", "FairleadAPI", "FairleadKinds",
                "FairleadModel", "CFairleadZlib",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
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
            dependencies: [
                "FairleadClusterControllers", "FairleadClient", "FairleadIdentity", "FairleadModel",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "X509", package: "swift-certificates"),
            ], swiftSettings: strict),
        .testTarget(
            name: "FairleadContainersTests", dependencies: ["FairleadContainers", "FairleadModel"],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadShellTests", dependencies: ["FairleadShell", "FairleadContainers", "FairleadModel"],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadProgramsTests",
            dependencies: ["FairleadPrograms", "FairleadShell", "FairleadContainers", "FairleadModel"],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadPodNetworkTests",
            dependencies: ["FairleadPodNetwork", "FairleadContainers", "FairleadRouting", "FairleadModel"],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadStreamingTests",
            dependencies: ["FairleadStreaming", "FairleadContainers", "FairleadModel"],
            swiftSettings: strict),
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
            dependencies: [
                "FairleadSimulation", "FairleadClient", "FairleadClientTesting", "FairleadModel", "FairleadContainers",
                "FairleadControllers", "FairleadPrograms", "FairleadScheduling",
            ],
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
                "FairleadRandomTesting", "FairleadAuthorization", "FairleadAdmission",
                "FairleadServer", "FairleadMetrics", "FairleadMetricsTesting", "FairleadControllers", "FairleadHTTP",
                "FairleadModel", "FairleadAPI", "FairleadDiscovery", "FairleadAccess", "FairleadClient",
                "FairleadClientTesting", "FairleadKinds",
                "FairleadSchema", "FairleadStorage", "FairleadEtcd", "FairleadEtcdTesting",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadIdentityTests",
            dependencies: [
                "FairleadIdentity", "FairleadModel", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "_CryptoExtras", package: "swift-crypto"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadFairnessTests",
            dependencies: [
                "FairleadFairness", "FairleadModel", "FairleadStorage", "FairleadAuthorization", "FairleadAPI",
                "FairleadKinds", "FairleadSchema", "FairleadKindRules",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadEncryptionTests",
            dependencies: [
                "FairleadEncryption", "FairleadModel", "FairleadStorage",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadAuthorizationTests",
            dependencies: ["FairleadAuthorization", "FairleadModel", "FairleadStorage"],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadAuditTests",
            dependencies: [
                "FairleadAudit", "FairleadAPI", "FairleadClientTesting", "FairleadAuthorization", "FairleadKinds",
                "FairleadMetrics",
                "FairleadModel", "FairleadSchema", "FairleadStorage",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadAdmissionTests",
            dependencies: [
                "FairleadAdmission", "FairleadModel", "FairleadExpressions", "FairleadSchema", "FairleadKindRules",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadAggregationTests",
            dependencies: [
                "FairleadAggregation", "FairleadModel", "FairleadStorage", "FairleadIdentity", "FairleadAPI",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadWebhooksTests",
            dependencies: [
                "FairleadWebhooks", "FairleadModel", "FairleadExpressions", "FairleadSchema", "FairleadStorage",
                "FairleadKinds", "FairleadAPI",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FairleadSchedulingTests",
            dependencies: ["FairleadScheduling", "FairleadModel", "FairleadClient", "FairleadClientTesting"],
            swiftSettings: strict),
        .testTarget(name: "ArchitectureTests", swiftSettings: strict),
    ],
    cLanguageStandard: .gnu2x
)
