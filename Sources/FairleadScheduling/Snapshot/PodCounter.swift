import FairleadModel

/// A question about the pods on nodes: how many belong to all of these groups?
struct PodQuery: Hashable, Sendable {
    let groups: [PodGroup]
    /// Leaves out pods that are being deleted.
    let skipsTerminating: Bool

    func matches(_ pod: PodInfo, _ namespaces: [String: [String: String]]) -> Bool {
        if skipsTerminating, pod.isTerminating { return false }
        return groups.allSatisfy { $0.contains(pod, namespaceLabels: namespaces[pod.namespace] ?? [:]) }
    }
}

/// The answers to questions that were asked lately, kept up to date by each change of a pod: pods with the same terms, as
/// replicas have, need no look at all others.
struct PodCounters: Sendable {
    private struct Answer: Sendable {
        var counts: [String: Int]
        var used: Int
    }

    /// More than replicas of that many kinds at once are rare, and each costs a look per change.
    private static let capacity = 64

    private var answers: [PodQuery: Answer] = [:]
    private var clock = 0

    /// The number of matching pods on each node that has any.
    mutating func counts(
        _ query: PodQuery, of nodes: [NodeInfo], _ namespaces: [String: [String: String]]
    ) -> [String: Int] {
        clock += 1
        if answers[query] != nil {
            answers[query]?.used = clock
            return answers[query]?.counts ?? [:]
        }
        var counts: [String: Int] = [:]
        for node in nodes {
            let count = node.pods.values.count { query.matches($0, namespaces) }
            if count > 0 { counts[node.name] = count }
        }
        if answers.count >= Self.capacity, let oldest = answers.min(by: { $0.value.used < $1.value.used })?.key {
            answers[oldest] = nil
        }
        answers[query] = Answer(counts: counts, used: clock)
        return counts
    }

    mutating func change(
        by difference: Int, _ pod: PodInfo, on node: String, _ namespaces: [String: [String: String]]
    ) {
        if answers.isEmpty { return }
        for query in answers.keys where query.matches(pod, namespaces) {
            let count = (answers[query]?.counts[node] ?? 0) + difference
            answers[query]?.counts[node] = count > 0 ? count : nil
        }
    }

    mutating func forgetAll() { answers = [:] }
}
