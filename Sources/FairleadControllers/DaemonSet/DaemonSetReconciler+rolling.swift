import FairleadModel

/// How pods of an old template are replaced.
///
/// Reference: "Perform a Rolling Update on a DaemonSet"; KEP-1591 (maxSurge).
extension DaemonSetReconciler {
    private func limit(_ field: String, _ fallback: Value) -> Value {
        daemonSet.at("spec", "updateStrategy", "rollingUpdate")?[field] ?? fallback
    }

    private var isRolling: Bool {
        daemonSet.at("spec", "updateStrategy", "type")?.string ?? "RollingUpdate" == "RollingUpdate"
    }

    /// Whether a new pod may be created before the old one on its node is deleted.
    private var allowsSurge: Bool {
        isRolling && RolloutLimits.scaled(limit("maxSurge", 0), of: 100, roundingUp: true) > 0
    }

    /// The pod of the present template and that of an older one on a node; nil if there are several of either.
    private func pair(_ pods: [Value]) -> (new: Value?, old: Value?)? {
        var pair: (new: Value?, old: Value?)
        for pod in pods where !PodView(pod).isTerminating {
            if isUpdated(pod) {
                guard pair.new == nil else { return nil }
                pair.new = pod
            } else {
                guard pair.old == nil else { return nil }
                pair.old = pod
            }
        }
        return pair
    }

    /// The next pods to delete or to create because of a new template.
    func roll(_ plan: inout Plan) {
        guard isRolling else { return }
        let wanted = nodes.filter { wants($0).shouldRun }
        let surge = RolloutLimits.scaled(limit("maxSurge", 0), of: Int64(wanted.count), roundingUp: true)
        if surge > 0 { return surgeOnto(wanted, surge, &plan) }
        var allowance = max(
            1, RolloutLimits.scaled(limit("maxUnavailable", 1), of: Int64(wanted.count), roundingUp: true))
        var candidates: [Value] = []
        for node in wanted {
            guard let pair = pair(pods[node.name] ?? []), (pair.new == nil) != (pair.old == nil) else {
                allowance = allowance -| 1
                continue
            }
            if let new = pair.new {
                if !isAvailable(new) { allowance = allowance -| 1 }
            } else if let old = pair.old {
                if isAvailable(old) {
                    candidates.append(old)
                } else {
                    // It serves no traffic, so nothing is lost.
                    plan.delete.append(old)
                    allowance = allowance -| 1
                }
            }
        }
        plan.delete += candidates.prefix(Int(clamping: max(0, allowance)))
    }

    private func surgeOnto(_ wanted: [NodeView], _ surge: Int64, _ plan: inout Plan) {
        var allowance = surge
        var candidates: [String] = []
        var replaced: [String] = []
        for node in wanted {
            guard let pair = pair(pods[node.name] ?? []) else {
                allowance = allowance -| 1
                continue
            }
            guard let old = pair.old else { continue }
            if let new = pair.new {
                allowance = allowance -| 1
                if isAvailable(new) { plan.delete.append(old) }
            } else if isAvailable(old) {
                candidates.append(node.name)
            } else {
                replaced.append(node.name)
            }
        }
        let nodes = replaced + candidates.prefix(Int(clamping: max(0, allowance)))
        plan.create += nodes.map { pod(for: $0) }
    }

    /// The pods to delete if a node has several. Without surge the oldest stays; with surge, the oldest of each
    /// template, but the old one only while it is ready and the new one is not available.
    func surplus(of running: [Value]) -> [Value] {
        if !allowsSurge { return Array(running.dropFirst()) }
        let new = running.first { $0.labels[Self.hashLabel] == hash }
        let old = running.first { $0.labels[Self.hashLabel] != hash }
        var surplus = running.filter { $0.uid != new?.uid && $0.uid != old?.uid }
        if let new, let old, !PodView(old).isReady || isAvailable(new) { surplus.append(old) }
        return surplus
    }
}
