import FairleadModel

/// When each node last gave a sign of life, by this process's own clock: clocks of nodes are not trusted. Pure; the
/// controller guards it.
struct NodeHeartbeats: Sendable {
    private struct Known: Sendable {
        var renewTime = ""
        var heartbeat = ""
        var last: Duration
        var isRegistered = false
        /// Its pods have been told that the node is not ready.
        var isMarked = false
    }

    private var nodes: [String: Known] = [:]

    /// A Lease of the node: a new renewTime counts.
    mutating func lease(_ node: String, renewTime: String, now: Duration) {
        var known = nodes[node] ?? Known(last: now)
        if known.renewTime != renewTime {
            known.renewTime = renewTime
            known.last = now
        }
        nodes[node] = known
    }

    /// The node object: a new heartbeat of its conditions counts, but not what was written about its silence.
    mutating func status(_ node: NodeView, now: Duration) {
        var known = nodes[node.name] ?? Known(last: now)
        let ready = node.condition("Ready")
        let heartbeat = (ready?.text("lastHeartbeatTime") ?? "") + "/" + (ready?.text("status") ?? "")
        if known.heartbeat != heartbeat {
            known.heartbeat = heartbeat
            if node.readyStatus != "Unknown" { known.last = now }
        }
        nodes[node.name] = known
    }

    func silence(of node: String, now: Duration) -> Double {
        guard let last = nodes[node]?.last else { return 0 }
        let silence = now - last
        return Double(silence.components.seconds) + Double(silence.components.attoseconds) / 1e18
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

    mutating func forget(_ node: String) { nodes[node] = nil }
}
