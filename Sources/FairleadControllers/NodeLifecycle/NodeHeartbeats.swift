import FairleadClient
import FairleadModel

/// When each node last gave a sign of life, by this process's own time (`AwakeTime`): clocks of nodes are not trusted,
/// and neither is the time of day here. Pure; the controller guards it.
struct NodeHeartbeats: Sendable {
    private struct Known: Sendable {
        var renewTime = ""
        var heartbeat = ""
        var last: Duration
        var isRegistered = false
        /// Its pods have been told that the node is not ready.
        var isMarked = false
        /// nil for a node that has not reported, or that asks not to be counted.
        var isReady: Bool?
    }

    private static let exclusion = "node.kubernetes.io/exclude-disruption"

    private var nodes: [String: Known] = [:]
    private var ready = 0
    private var notReady = 0

    /// No node is ready, and some have been: then it is not the nodes that are in trouble but whoever looks at them, and
    /// nothing is driven away. Kubernetes calls it full disruption.
    var isDisrupted: Bool { ready == 0 && notReady > 0 }

    /// The same, when those that are still called ready have not been heard for half of the grace period either: they
    /// only follow one after the other.
    func isDisrupted(now: Duration, grace: Duration) -> Bool {
        if notReady == 0 { return false }
        return ready == 0 || nodes.values.allSatisfy { $0.isReady != true || now - $0.last >= grace / 2 }
    }

    /// A Lease of the node: any other renewTime counts, a clock that was set back makes it an earlier one.
    mutating func lease(_ node: String, renewTime: String, now: Duration) {
        var known = nodes[node] ?? Known(last: now)
        if known.renewTime != renewTime {
            known.renewTime = renewTime
            known.last = now
        }
        nodes[node] = known
    }

    /// The lease is gone: nothing is remembered of a node that is not there, either.
    mutating func leaseDeleted(_ node: String) {
        if let known = nodes[node], known.heartbeat.isEmpty, !known.isRegistered { nodes[node] = nil }
    }

    /// The node object: a new heartbeat of its conditions counts, but not what was written about its silence.
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

    /// Everybody gets the whole grace period from here: Kubernetes does so at the end of a full disruption.
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

    /// Returns whether the pods must be told now, because the node has just become not ready.
    mutating func mark(_ node: String, isNotReady: Bool) -> Bool {
        guard let known = nodes[node] else { return false }
        nodes[node]?.isMarked = isNotReady
        return isNotReady && !known.isMarked
    }

    /// Telling failed: do it again next time.
    mutating func unmark(_ node: String) { nodes[node]?.isMarked = false }

    mutating func forget(_ node: String) {
        if let known = nodes.removeValue(forKey: node) { count(known.isReady, -1) }
    }
}
