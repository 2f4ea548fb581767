import NIOCore

/// How fast server-side apply notices that nothing has changed: the same Deployment is applied again and again.
struct ApplyBenchmark {
    var target: Target
    var count: Int
    var connections: Int

    func run() async throws -> LoadRun.Result {
        let path = "/apis/apps/v1/namespaces/\(Bodies.namespace)/deployments/applied?fieldManager=bench"
        let apply = Request.make(
            "PATCH", path, to: target, contentType: "application/apply-patch+yaml", body: Bodies.deployment("applied"))
        try await Probe.with(target) { session in
            try await session.create("/api/v1/namespaces", Bodies.namespaceObject())
            let answer = try await session.ask(
                "PATCH", path, contentType: "application/apply-patch+yaml", body: Bodies.deployment("applied"))
            guard answer.status == 201 || answer.status == 200 else {
                throw BenchError("PATCH \(path): \(answer.status) \(String(buffer: answer.body))")
            }
            var version = try await self.version(&session, path)
            // The controllers write the status at first; after that, nothing changes any more.
            while true {
                try await Task.sleep(for: .milliseconds(300))
                let now = try await self.version(&session, path)
                if now == version { return }
                version = now
            }
        }
        return try await LoadRun(
            target: target, connections: connections, count: count, expectedStatus: 200
        ) { _ in apply }.run()
    }

    private func version(_ session: inout Probe.Session, _ path: String) async throws -> String {
        let answer = try await session.ask("GET", path)
        guard let after = String(buffer: answer.body).split(separator: #""resourceVersion":""#).dropFirst().first else {
            throw BenchError("GET \(path): \(answer.status) \(String(buffer: answer.body))")
        }
        return String(after.prefix { $0.isNumber })
    }
}
