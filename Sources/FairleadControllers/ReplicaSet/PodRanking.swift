package import FairleadModel

/// Which pods of a ReplicaSet are deleted first when it shrinks.
///
/// In order: unassigned, then pending, then not ready, then of low deletion cost, then on the node with most of its
/// relatives, then ready for the shortest time, then restarted most, then youngest.
/// Reference: "ReplicaSet", section "Scaling a ReplicaSet".
package struct PodRanking {
    static let deletionCost = "controller.kubernetes.io/pod-deletion-cost"

    private struct Candidate {
        let pod: Value
        let isAssigned: Bool
        let phase: Int
        let isReady: Bool
        let cost: Int64
        let crowding: Int
        let readySince: Timestamp?
        let restarts: Int64
        let created: String
    }

    /// The `count` pods to delete, in order.
    /// - Parameter related: pods of all sets with the same owner; they decide how crowded a node is.
    package static func victims(among pods: [Value], related: [Value], count: Int) -> [Value] {
        var perNode: [String: Int] = [:]
        for pod in related {
            let state = PodView(pod)
            if state.isActive { perNode[state.nodeName, default: 0] += 1 }
        }
        let candidates = pods.map { pod in
            let state = PodView(pod)
            return Candidate(
                pod: pod, isAssigned: !state.nodeName.isEmpty, phase: rank(state.phase), isReady: state.isReady,
                cost: Int64(pod.annotations[deletionCost] ?? "") ?? 0, crowding: perNode[state.nodeName] ?? 0,
                readySince: state.readySince, restarts: state.restarts, created: pod.creationTimestamp)
        }
        return candidates.sorted(by: goesFirst).prefix(count).map(\.pod)
    }

    private static func rank(_ phase: String) -> Int {
        switch phase {
        case "Pending": 0
        case "Unknown": 1
        default: 2
        }
    }

    private static func goesFirst(_ left: Candidate, _ right: Candidate) -> Bool {
        if left.isAssigned != right.isAssigned { return !left.isAssigned }
        if left.phase != right.phase { return left.phase < right.phase }
        if left.isReady != right.isReady { return !left.isReady }
        if left.cost != right.cost { return left.cost < right.cost }
        if left.crowding != right.crowding { return left.crowding > right.crowding }
        if left.isReady, left.readySince != right.readySince {
            // Without a time, the pod counts as having become ready just now.
            guard let since = left.readySince else { return true }
            guard let other = right.readySince else { return false }
            return since > other
        }
        if left.restarts != right.restarts { return left.restarts > right.restarts }
        return left.created > right.created
    }
}
