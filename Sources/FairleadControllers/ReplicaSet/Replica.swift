import FairleadModel

/// What a ReplicaSet wants to know of one of its pods: of thousands, only those that have changed are asked again.
struct Replica: Sendable {
    /// What this depends on beside the pod.
    struct Basis: Hashable, Sendable {
        let selector: Value?
        let templateLabels: [String: String]
        let minReadySeconds: Int64

        init(_ set: Value) {
            selector = set.at("spec", "selector")
            templateLabels = set.at("spec", "template", "metadata", "labels")?.stringMap ?? [:]
            minReadySeconds = set.at("spec", "minReadySeconds")?.int ?? 0
        }
    }

    let isActive, isLeaving, isMatching, isLabeled, isReady, hasNode: Bool
    let readySince: Timestamp?

    init(_ pod: Value, _ basis: Basis, _ selector: LabelSelector? = nil) {
        let (state, labels) = (PodView(pod), pod.labels)
        isActive = state.isActive
        isLeaving = state.isTerminating && !state.isFinished
        isMatching = selector?.matches(labels) ?? true
        isLabeled = basis.templateLabels.allSatisfy { labels[$0.key] == $0.value }
        isReady = state.isReady
        hasNode = !state.nodeName.isEmpty
        readySince = basis.minReadySeconds > 0 ? state.readySince : nil
    }

    /// How long until it is available; zero if it is, nil if it is not ready, or will never be.
    func timeToAvailability(minReadySeconds: Int64, now: Timestamp) -> Duration? {
        guard isReady else { return nil }
        if minReadySeconds <= 0 { return .zero }
        return readySince.map { now.remaining(of: .seconds(saturating: Double(minReadySeconds)), since: $0) }
    }
}
