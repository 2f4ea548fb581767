import FairleadModel

/// When a pod must leave a node with NoExecute taints. Pure.
enum TaintEviction {
    enum Verdict: Equatable {
        case stays
        /// Zero means at once.
        case leaves(after: Duration)
    }

    /// A pod that does not tolerate one of the taints leaves at once; one that tolerates all of them for a limited time
    /// leaves when it has waited for the shortest of these times.
    ///
    /// - Parameter waited: the time since this pod was first seen on a node with such taints. Not since the taint's
    ///   `timeAdded`: that is meant for people, and clocks get changed. As in Kubernetes.
    static func verdict(_ pod: PodView, taints: [Taint], waited: Duration) -> Verdict {
        let taints = taints.filter { $0.effect == "NoExecute" }
        if taints.isEmpty || pod.isTerminating || pod.isFinished { return .stays }
        let tolerations = pod.tolerations
        var leave: Duration?
        for taint in taints {
            // Of several that match, the first counts.
            guard let toleration = tolerations.first(where: { $0.tolerates(taint) }) else {
                return .leaves(after: .zero)
            }
            guard let seconds = toleration.seconds else { continue }
            let left = max(.seconds(saturating: Double(seconds)) - waited, .zero)
            leave = min(leave ?? left, left)
        }
        return leave.map { .leaves(after: $0) } ?? .stays
    }
}
