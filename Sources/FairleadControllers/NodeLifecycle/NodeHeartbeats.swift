import FairleadClient
import FairleadModel

/// When each node was last heard from, by this process's own time (`AwakeTime`): neither the nodes' clocks nor the time
/// of day here are trusted. Pure; the controller guards it.
struct NodeHeartbeats: Sendable {
    private struct Known: Sendable {
        var renewTime = ""
        var heartbeat = ""
        var last: Duration
        var isRegistered = false
        /// Its pods have been marked not ready.
        var isMarked = false
        /// nil for a node that has not reported, or that is excluded from the count.
        var isReady: Bool?
    }

    private static let exclusion = "node.kubernetes.io/exclude-disruption"

    private var nodes: [String: Known] = [:]
    private var ready = 0
    private var notReady = 0

    /// No node is ready, and some are not ready: then the problem is not the nodes but their observer, and no pods are
    /// evicted. Kubernetes calls this full disruption.
    var isDisrupted: Bool { ready == 0 && notReady > 0 }

    /// The same if the nodes still called ready have not been heard from for half of the grace period either: they will
    /// follow one by one.
    func isDisrupted(now: Duration, grace: Duration) -> Bool {
        if notReady == 0 { return false }
        return ready == 0 || nodes.values.allSatisfy { $0.isReady != true || now - $0.last >= grace / 2 }
    }

    /// A Lease of the node: any change of renewTime counts, even to an earlier time (after a clock was set back).
    mutating func lease(_ node: String, renewTime: String, now: Duration) {
        var known = nodes[node] ?? Known(last: now)
        if known.renewTime != renewTime {
            known.renewTime = renewTime
            known.last = now
        }
        nodes[node] = known
    }

    /// The Lease is gone: if the node does not exist either, it is forgotten.
    mutating func leaseDeleted(_ node: String) {
        if let known = nodes[node], known.heartbeat.isEmpty, !known.isRegistered { nodes[node] = nil }
    }

    /// The node object: a new heartbeat in its conditions counts, but not what was written about its silence.
    mutating func status(_ node: NodeView, now: Duration) {
        var known = nodes[node.name] ?? Known(last: now)
        let condition = node.condition("Ready")
        let heartbeat = (condition?.text("lastHeartbeatTime") ?? "") + "/" + (condition?.text("status") ?? "")
        if known.heartbeat != heartbeat {
            known.heartbeat = heartbeat
            if node.readyStatus != "Unknown" { known.last = now }
        }
        count(known.isReady, -1)
        known.isReady = node.labels[Self.exclusion] == nil ? node.readyStatus.map { $0 == "True" } : nil
        count(known.isReady, 1)
        nodes[node.name] = known
    }

    private mutating func count(_ isReady: Bool?, _ change: Int) {
        switch isReady {
        case true?: ready += change
        case false?: notReady += change
        case nil: break
        }
    }

    /// Every node gets the whole grace period again, as in Kubernetes at the end of a full disruption.
    mutating func startAfresh(now: Duration) {
        for node in nodes.keys { nodes[node]?.last = now }
    }

    func silence(of node: String, now: Duration) -> Duration {
        guard let last = nodes[node]?.last else { return .zero }
        return now - last
    }

    /// Whether this is the first time.
    mutating func register(_ node: String, now: Duration) -> Bool {
        var known = nodes[node] ?? Known(last: now)
        defer { nodes[node] = known }
        if known.isRegistered { return false }
        known.isRegistered = true
        return true
    }

    /// Returns whether the pods must be marked now, because the node has just become not ready.
    mutating func mark(_ node: String, isNotReady: Bool) -> Bool {
        guard let known = nodes[node] else { return false }
        nodes[node]?.isMarked = isNotReady
        return isNotReady && !known.isMarked
    }

    /// Marking failed: do it again next time.
    mutating func unmark(_ node: String) { nodes[node]?.isMarked = false }

    mutating func forget(_ node: String) {
        if let known = nodes.removeValue(forKey: node) { count(known.isReady, -1) }
    }
}
