import Foundation
import NIOCore
import Synchronization

/// A cluster with many Services and pods: how long creating the Services takes, and how soon a pod's flip reaches the
/// watchers of EndpointSlices while flips come at a steady rate.
///
/// Needs a server without simulated nodes (`--bare`), like `FlipBenchmark`.
struct ScaleBenchmark {
    var target: Target
    var services: Int
    var pods: Int
    var flipsPerSecond: Int
    var seconds: Int
    var connections: Int
    /// The process whose resident memory is read; nil if none was given.
    var process: Int?

    private static let senders = 8

    struct Result {
        var create: LoadRun.Result
        var latencies: Latencies
        var writes: Int
        /// How many bytes the server's resident memory grew by with the pods and their endpoints.
        var memoryGrowth: Int?

        func summary(pods: Int) -> String {
            var text = "create_services_s=\(Self.text(create.elapsed / .seconds(1))) "
            text += "\(latencies.summary) flips=\(latencies.count) "
            text += "writes_per_flip=\(Self.text(Double(writes) / Double(max(latencies.count, 1))))"
            if let memoryGrowth { text += " resident_bytes_per_pod=\(memoryGrowth / max(pods, 1))" }
            return text
        }

        private static func text(_ number: Double) -> String {
            let hundredths = Int((number * 100).rounded())
            return "\(hundredths / 100)." + (hundredths % 100 < 10 ? "0" : "") + "\(hundredths % 100)"
        }
    }

    func run(log: @escaping @Sendable (String) -> Void) async throws -> Result {
        let flip = FlipBenchmark(
            target: target, services: services, pods: pods, flips: 0, connections: connections)
        let create = try await flip.prepare()
        log("created \(services) services: \(create.summary)")
        return try await NodeHeartbeat.during(of: FlipBenchmark.node, target) {
            let before = memory()
            try await flip.fill()
            log("created and reported \(pods) pods")
            return try await Probe.with(target) { session in
                var watch = try await SliceWatch(&session, path: FlipBenchmark.slicesPath)
                try await watch.wait(&session) { $0.readyCount >= pods }
                log("all endpoints are ready")
                let after = memory()
                let growth = before.flatMap { before in after.map { $0 - before } }
                let (latencies, writes) = try await measure(&watch, &session)
                return Result(create: create, latencies: latencies, writes: writes, memoryGrowth: growth)
            }
        }
    }

    /// Flips that were sent and have not been seen yet.
    private final class Pending: Sendable {
        private let sent = Mutex<[String: (isReady: Bool, at: ContinuousClock.Instant)]>([:])

        func add(_ pod: String, isReady: Bool) {
            sent.withLock { $0[pod] = (isReady, ContinuousClock.now) }
        }

        func see(_ pod: String, isReady: Bool) -> Duration? {
            sent.withLock { sent in
                guard let entry = sent[pod], entry.isReady == isReady else { return nil }
                sent[pod] = nil
                return ContinuousClock.now - entry.at
            }
        }
    }

    private func measure(
        _ watch: inout SliceWatch, _ session: inout Probe.Session
    ) async throws -> (Latencies, writes: Int) {
        let total = flipsPerSecond * seconds
        let pending = Pending()
        var latencies = Latencies()
        let writesBefore = watch.events
        let senders = Task { [self] in try await send(total, pending) }
        while latencies.count < total {
            let changed = try await watch.nextChanges(&session)
            for (pod, isReady) in changed {
                if let latency = pending.see(pod, isReady: isReady) { latencies.add(latency) }
            }
        }
        try await senders.value
        return (latencies, watch.events - writesBefore)
    }

    /// Every pod becomes unready and later ready again; each sender keeps its own pace, so that together they reach the
    /// rate.
    private func send(_ total: Int, _ pending: Pending) async throws {
        let interval = Duration.seconds(1) / flipsPerSecond
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for sender in 0..<Self.senders {
                group.addTask {
                    try await Probe.with(target) { session in
                        for number in stride(from: sender, to: total, by: Self.senders) {
                            try await Task.sleep(until: start + interval * number, clock: .continuous)
                            // The first half of the flips make pods unready, the second half make the same pods ready
                            // again.
                            let pod = number % (total / 2) * 37 % pods
                            let isReady = number >= total / 2
                            pending.add("p-\(pod)", isReady: isReady)
                            let request = FlipBenchmark.report(
                                pod, isReady: isReady, base: FlipBenchmark.base, target: target)
                            try await session.send(request)
                            try await FlipBenchmark.drainAnswer(&session)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func memory() -> Int? {
        guard let process, let text = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let kilobytes = line.split(separator: " ").dropFirst().compactMap({ Int($0) }).first
        else { return nil }
        return kilobytes * 1024
    }
}
