import NIOCore

/// The time from a change of a pod's readiness to the watch event of its EndpointSlice, in a cluster of a given size.
///
/// Needs a server without simulated nodes (`--bare`): the benchmark itself binds the pods and reports their status.
struct FlipBenchmark {
    var target: Target
    var services: Int
    var pods: Int
    var flips: Int
    var connections: Int

    static let base = "/api/v1/namespaces/\(Bodies.namespace)"
    static let slicesPath = "/apis/discovery.k8s.io/v1/namespaces/\(Bodies.namespace)/endpointslices"
    static let node = "bench-node"
    private var base: String { Self.base }

    func run(log: @escaping @Sendable (String) -> Void) async throws -> Latencies {
        let start = ContinuousClock.now
        _ = try await prepare()
        return try await NodeHeartbeat.during(of: Self.node, target) {
            try await fill()
            let made = ContinuousClock.now - start
            log("built \(services) services and \(pods) pods in \(Int(made / .milliseconds(1))) ms")
            return try await measure(log: log)
        }
    }

    /// Creates the namespace, the node and the Services.
    func prepare() async throws -> LoadRun.Result {
        try await Probe.with(target) { session in
            try await session.create("/api/v1/namespaces", Bodies.namespaceObject())
            try await session.create("/api/v1/nodes", Bodies.node(Self.node))
        }
        return try await post(services, "\(base)/services") { Bodies.service("s-\($0)") }
    }

    /// Creates the pods and reports all of them ready.
    func fill() async throws {
        let services = services
        _ = try await post(pods, "\(base)/pods") {
            Bodies.pod("p-\($0)", app: "s-\($0 % services)", node: Self.node)
        }
        let base = base
        let report = LoadRun(target: target, connections: connections, count: pods, expectedStatus: 200) {
            [target] number in
            FlipBenchmark.report(number, isReady: true, base: base, target: target)
        }
        _ = try await report.run()
    }

    private func post(
        _ count: Int, _ path: String, body: @escaping @Sendable (Int) -> String
    ) async throws -> LoadRun.Result {
        let load = LoadRun(target: target, connections: connections, count: count, expectedStatus: 201) {
            [target] number in
            Request.make("POST", path, to: target, body: body(number))
        }
        return try await load.run()
    }

    static func report(_ number: Int, isReady: Bool, base: String, target: Target) -> ByteBuffer {
        let address = "10.\(128 + number / 65_536).\(number / 256 % 256).\(number % 256)"
        return Request.make(
            "PATCH", "\(base)/pods/p-\(number)/status", to: target, contentType: "application/merge-patch+json",
            body: Bodies.podStatus(address: address, isReady: isReady))
    }

    private func measure(log: (String) -> Void) async throws -> Latencies {
        let base = base
        let pods = pods
        return try await Probe.with(target) { writer in
            var writer = writer
            return try await Probe.with(target) { session in
                var watch = try await SliceWatch(
                    &session, path: Self.slicesPath)
                let settling = ContinuousClock.now
                try await watch.wait(&session) { $0.readyCount >= pods }
                log("all endpoints ready after another \(Int((ContinuousClock.now - settling) / .milliseconds(1))) ms")
                var latencies = Latencies()
                for flip in 0..<flips {
                    // Spread over the Services; each pod becomes unready once, and ready again with the next flip.
                    let number = (flip / 2) * 37 % pods
                    let isReady = flip % 2 == 1
                    let start = ContinuousClock.now
                    try await writer.send(
                        FlipBenchmark.report(number, isReady: isReady, base: base, target: target))
                    try await watch.wait(&session) { $0.isReady("p-\(number)") == isReady }
                    latencies.add(ContinuousClock.now - start)
                    try await FlipBenchmark.drainAnswer(&writer)
                }
                return latencies
            }
        }
    }

    static func drainAnswer(_ session: inout Probe.Session) async throws {
        while true {
            switch try await session.nextEvent() {
            case .head(200), .body: break
            case .head(let status): throw BenchError("PATCH of pods/status: \(status)")
            case .end: return
            }
        }
    }
}
