import Foundation
import NIOCore

/// How fast 32 concurrent clients can create objects.
struct CreateBenchmark {
    var target: Target
    var count: Int
    var connections: Int
    /// Keeps the names of repeated runs distinct.
    private let prefix = "b\(Int(Date().timeIntervalSince1970))"

    init(_ target: Target, count: Int, connections: Int) {
        self.target = target
        self.count = count
        self.connections = connections
    }

    func configMaps() async throws -> LoadRun.Result {
        try await run("configmaps") { Bodies.configMap($0) }
    }

    func services() async throws -> LoadRun.Result {
        try await run("services") { Bodies.service($0) }
    }

    private func run(_ resource: String, body: @escaping @Sendable (String) -> String) async throws -> LoadRun.Result {
        try await Probe.with(target) { session in
            try await session.create("/api/v1/namespaces", Bodies.namespaceObject())
        }
        let path = "/api/v1/namespaces/\(Bodies.namespace)/\(resource)"
        let load = LoadRun(target: target, connections: connections, count: count, expectedStatus: 201) {
            [target, prefix] number in
            Request.make("POST", path, to: target, body: body("\(prefix)-\(number)"))
        }
        return try await load.run()
    }
}

/// How fast one object can be read over keep-alive connections.
struct GetBenchmark {
    var target: Target
    var path: String
    var seconds: Int
    var connections: Int

    /// - Parameter createsService: Whether to create the object at `path`; not for a server of plain files.
    func run(createsService: Bool) async throws -> LoadRun.Result {
        if createsService {
            try await Probe.with(target) { session in
                try await session.create("/api/v1/namespaces", Bodies.namespaceObject())
                try await session.create(
                    "/api/v1/namespaces/\(Bodies.namespace)/services", Bodies.service("measured"))
            }
        }
        let request = Request.make("GET", path, to: target)
        var load = LoadRun(target: target, connections: connections, seconds: 1, expectedStatus: 200) { _ in request }
        _ = try await load.run()
        load.seconds = seconds
        return try await load.run()
    }
}
