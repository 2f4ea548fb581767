import FairleadDiscovery
import FairleadAPI
import FairleadDNS
import FairleadModel
import FairleadStorage
import Foundation

/// `/debug/status`, which `fairlead status` prints: the state of the cluster on one screen.
struct StatusPage: Sendable {
    let configuration: ServerConfiguration
    /// The checks of `/readyz`.
    let checks: [OperationsEndpoint.Check]
    /// The address of the cluster DNS; nil if there is none.
    let dns: @Sendable () -> DNSAddress?
    let start: Timestamp
    let now: @Sendable () -> Timestamp

    fileprivate static let longestList = 10

    func report(_ snapshot: Snapshot) -> Report {
        let nodes = snapshot.objects(GroupVersionResource.nodes.groupResource, namespace: nil).map(NodeView.init)
        let pods = snapshot.objects(GroupVersionResource.pods.groupResource, namespace: nil).map(PodView.init)
        let living = pods.filter { !$0.isFinished }
        return Report(
            upSeconds: max(0, now().seconds -| start.seconds),
            failures: checks.compactMap { check in check.failure().map { "\(check.name): \($0)" } },
            data: configuration.dataText, bytes: bytes, revision: snapshot.revision,
            dns: dns()?.description, isBare: configuration.isBare,
            nodes: nodes.count,
            unreadyNodes: nodes.filter { !$0.isReady }.map { ($0.name, $0.unreadyReason) },
            pods: living.count, readyPods: living.count { $0.isReady }, finishedPods: pods.count - living.count,
            services: snapshot.count(GroupVersionResource.services.groupResource, namespace: nil),
            emptyServices: emptyServices(snapshot))
    }

    private var bytes: Int64? {
        guard case .file(let path) = configuration.data else { return nil }
        // If the file cannot be examined, the health checks say so.
        let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber
        return size?.int64Value
    }

    /// Services with a selector and no ready endpoint, by name.
    private func emptyServices(_ snapshot: Snapshot) -> [String] {
        let slices = snapshot.objects(GroupVersionResource.endpointSlices.groupResource, namespace: nil)
            .map(EndpointSliceView.init)
        let served = Set(
            slices.filter { $0.endpoints.contains { $0.isReady } }.map { "\($0.namespace)/\($0.serviceName)" })
        return snapshot.objects(GroupVersionResource.services.groupResource, namespace: nil).map(ServiceView.init)
            .filter { $0.type != "ExternalName" && $0.selector != nil }
            .map { "\($0.namespace)/\($0.name)" }.filter { !served.contains($0) }
    }

    /// The content of the page.
    struct Report {
        var upSeconds: Int64
        var failures: [String]
        var data: String
        /// nil if nothing is on disk.
        var bytes: Int64?
        var revision: Int64
        var dns: String?
        var isBare: Bool
        var nodes: Int
        var unreadyNodes: [(name: String, reason: String)]
        var pods: Int
        var readyPods: Int
        var finishedPods: Int
        var services: Int
        var emptyServices: [String]

        var text: String {
            var lines = [
                "Fairlead \(FairleadVersion.current), Kubernetes \(FairleadVersion.kubernetes), up \(upText)",
                "  Health:    \(failures.isEmpty ? "ready" : "not ready")",
            ]
            lines += failures.map { "    \($0)" }
            let size = bytes.map { ", \(max(1, $0 >> 10)) KiB" } ?? ""
            lines.append("  Data:      \(data)\(size), revision \(revision)")
            lines.append("  DNS:       \(dns ?? "off")")
            lines.append("  Nodes:     \(nodesText)")
            lines += Self.cut(unreadyNodes.map { "    \($0.name) is NotReady: \($0.reason)" })
            let finished = finishedPods == 0 ? "" : ", and \(finishedPods) finished"
            lines.append("  Pods:      \(readyPods) of \(pods) ready\(finished)")
            lines.append("  Services:  \(services)" + (emptyServices.isEmpty ? "" : ", without ready endpoints:"))
            lines += Self.cut(emptyServices.map { "    \($0): /debug/explain/services/\($0) says why" })
            return lines.joined(separator: "\n") + "\n"
        }

        private var nodesText: String {
            if nodes == 0 { return isBare ? "none (--bare)" : "none" }
            return "\(nodes - unreadyNodes.count) of \(nodes) ready"
        }

        private var upText: String {
            let (hours, minutes) = (upSeconds / 3600, upSeconds / 60 % 60)
            if hours > 0 { return "\(hours)h\(minutes)m" }
            return minutes > 0 ? "\(minutes)m\(upSeconds % 60)s" : "\(upSeconds)s"
        }

        private static func cut(_ lines: [String]) -> [String] {
            lines.count <= StatusPage.longestList
                ? lines
                : lines.prefix(StatusPage.longestList) + ["    and \(lines.count - StatusPage.longestList) more"]
        }

        var json: Value {
            let unready = unreadyNodes.map { node -> Value in
                ["name": .string(node.name), "reason": .string(node.reason)]
            }
            return [
                "kind": "ClusterStatus", "apiVersion": "fairlead.dev/v1",
                "version": .string(FairleadVersion.current), "kubernetes": .string(FairleadVersion.kubernetes),
                "upSeconds": .int(upSeconds), "ready": .bool(failures.isEmpty),
                "failures": .array(failures.map { .string($0) }), "data": .string(data),
                "dataBytes": bytes.map { .int($0) } ?? .null, "revision": .int(revision),
                "dns": dns.map { .string($0) } ?? .null,
                "nodes": ["count": .int(Int64(nodes)), "notReady": .array(unready)],
                "pods": [
                    "count": .int(Int64(pods)), "ready": .int(Int64(readyPods)), "finished": .int(Int64(finishedPods)),
                ],
                "services": [
                    "count": .int(Int64(services)),
                    "withoutReadyEndpoints": .array(emptyServices.map { .string($0) }),
                ],
            ]
        }
    }
}
