/// How long small reads take at a steady pace. Times are measured from when a request was due, so that a server that
/// stalls for a second delays all requests of that second, not just one.
struct PacedReads {
    var target: Target
    var connections: Int
    /// Requests per second and connection.
    var rate: Int
    var seconds: Int
    /// The first seconds are not counted: the connections exist before any disturbance begins.
    var skipped: Int

    func run() async throws -> Latencies {
        try await Probe.with(target) { session in
            try await session.create("/api/v1/namespaces", Bodies.namespaceObject())
            try await session.create("/api/v1/namespaces/\(Bodies.namespace)/services", Bodies.service("measured"))
        }
        return try await withThrowingTaskGroup(of: Latencies.self) { group in
            for _ in 0..<connections { group.addTask { try await read() } }
            return try await group.reduce(into: Latencies()) { all, some in all.add(some) }
        }
    }

    private func read() async throws -> Latencies {
        try await Probe.with(target) { session in
            var latencies = Latencies()
            let start = ContinuousClock.now
            for number in 0..<(rate * (skipped + seconds)) {
                let due = start + Duration.seconds(1) / rate * number
                try await Task.sleep(until: due, clock: .continuous)
                let answer = try await session.ask("GET", "/api/v1/namespaces/\(Bodies.namespace)/services/measured")
                guard answer.status == 200 else { throw BenchError("status \(answer.status)") }
                if number >= rate * skipped { latencies.add(ContinuousClock.now - due) }
            }
            return latencies
        }
    }
}
