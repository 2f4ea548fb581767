import Foundation

/// Renews the lease of the benchmark's node, as a kubelet does: otherwise the node counts as dead after 40 seconds, and
/// pods that were never flipped become unready in the middle of a measurement.
enum NodeHeartbeat {
    private static let leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
    private static let interval = Duration.seconds(5)

    /// Renews the lease for as long as the body runs.
    static func during<Result: Sendable>(
        of node: String, _ target: Target, _ body: @Sendable @escaping () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                try await renew(node, target)
                return nil
            }
            group.addTask { try await body() }
            defer { group.cancelAll() }
            while let finished = try await group.next() {
                if let finished { return finished }
            }
            throw CancellationError()
        }
    }

    private static func renew(_ node: String, _ target: Target) async throws {
        try await Probe.with(target) { session in
            try await session.create(
                leases,
                #"{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"\#(node)"},"spec":"#
                    + #"{"holderIdentity":"\#(node)","leaseDurationSeconds":40,"renewTime":"\#(now)"}}"#)
            while !Task.isCancelled {
                let answer = try await session.ask(
                    "PATCH", "\(leases)/\(node)", contentType: "application/merge-patch+json",
                    body: #"{"spec":{"renewTime":"\#(now)"}}"#)
                guard answer.status == 200 else { throw BenchError("renewing the lease: \(answer.status)") }
                try? await Task.sleep(for: interval)
            }
        }
    }

    /// A MicroTime.
    private static var now: String { Date().ISO8601Format().replacing("Z", with: ".000000Z") }
}
