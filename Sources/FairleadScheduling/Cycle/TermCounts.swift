import FairleadModel

/// What the terms of a pod, and of others about it, count in each place; changed in trials that suppose other pods gone.
///
/// Empty, and cheap, for pods without terms in clusters without terms.
struct TermCounts: Sendable {
    /// For each topology key the number of pods at each value.
    private typealias Places = [String: [String: Int]]

    private struct Spread: Sendable {
        let constraint: SpreadConstraint
        /// The number of pods in each domain that counts.
        var counts: [String: Int]
        var least: Int
        let isOfThemselves: Bool

        mutating func findLeast() {
            least = counts.count < constraint.minDomains ? 0 : counts.values.min() ?? Int(Int32.max)
        }
    }

    private var spreads: [Spread] = []
    private var affinity: Places = [:]
    private var antiAffinity: Places = [:]
    /// Places where a pod is that wants no pod like this one beside it.
    private var existing: Places = [:]
    private let matchesOwnAffinity: Bool
    /// How many other pods use a claim of the pod's that only one pod may use.
    private var rivals: Int

    init(_ pod: PendingPod, _ cache: inout SchedulerCache) {
        let info = pod.info
        rivals = pod.volumes.exclusive.reduce(0) { $0 + cache.podsUsing($1) }
        for constraint in pod.hardSpread {
            let counts = cache.counts(constraint.query)
            var domains: [String: Int] = [:]
            for node in cache.nodes where node.isThere && Self.hasAll(node, pod.hardSpread) {
                guard let value = node.labels[constraint.topologyKey], constraint.counts(node, for: pod) else {
                    continue
                }
                domains[value, default: 0] += counts[node.name] ?? 0
            }
            var spread = Spread(
                constraint: constraint, counts: domains, least: 0,
                isOfThemselves: constraint.group.selector.matches(info.labels))
            spread.findLeast()
            spreads.append(spread)
        }
        let own = info.namespace
        let labels = cache.namespaces[own] ?? [:]
        let affine = info.requiredAffinity
        matchesOwnAffinity =
            !affine.isEmpty && affine.allSatisfy { $0.group.contains(info, namespaceLabels: labels) }
        if !affine.isEmpty {
            let counts = cache.counts(PodQuery(groups: affine.map(\.group), skipsTerminating: false))
            for term in affine { Self.add(counts, term.topologyKey, cache, to: &affinity) }
        }
        for term in info.requiredAntiAffinity {
            let counts = cache.counts(PodQuery(groups: [term.group], skipsTerminating: false))
            Self.add(counts, term.topologyKey, cache, to: &antiAffinity)
        }
        for (term, counts) in cache.repelling where term.group.contains(info, namespaceLabels: labels) {
            Self.add(counts, term.topologyKey, cache, to: &existing)
        }
    }

    private static func add(
        _ counts: [String: Int], _ key: String, _ cache: SchedulerCache, to places: inout Places
    ) {
        for (name, count) in counts {
            guard let value = cache.facts(name)?.labels[key] else { continue }
            places[key, default: [:]][value, default: 0] += count
        }
    }

    private static func hasAll(_ node: NodeInfo, _ constraints: [SpreadConstraint]) -> Bool {
        constraints.count == 1 || constraints.allSatisfy { node.labels[$0.topologyKey] != nil }
    }

    // MARK: - the rules

    func claimRefusal() -> Refusal? { rivals > 0 ? .exclusiveClaim : nil }

    func refusal(of node: NodeInfo, for pod: PendingPod) -> Refusal? {
        for spread in spreads {
            guard let value = node.labels[spread.constraint.topologyKey] else { return .spreadLabel }
            let skew = (spread.counts[value] ?? 0) + (spread.isOfThemselves ? 1 : 0) - spread.least
            if skew > spread.constraint.maxSkew { return .spread }
        }
        if !pod.info.requiredAffinity.isEmpty, !satisfiesAffinity(node, pod.info.requiredAffinity) {
            return .podAffinity
        }
        if !antiAffinity.isEmpty {
            for term in pod.info.requiredAntiAffinity {
                guard let value = node.labels[term.topologyKey] else { continue }
                if (antiAffinity[term.topologyKey]?[value] ?? 0) > 0 { return .podAntiAffinity }
            }
        }
        if !existing.isEmpty {
            for (key, counts) in existing {
                if let value = node.labels[key], (counts[value] ?? 0) > 0 { return .existingAntiAffinity }
            }
        }
        return nil
    }

    private func satisfiesAffinity(_ node: NodeInfo, _ terms: [PodTerm]) -> Bool {
        var isMet = true
        for term in terms {
            guard let value = node.labels[term.topologyKey] else { return false }
            if (affinity[term.topologyKey]?[value] ?? 0) <= 0 { isMet = false }
        }
        // The first of several pods that want to be together may go anywhere.
        return isMet || matchesOwnAffinity && affinity.values.allSatisfy { $0.values.allSatisfy { $0 <= 0 } }
    }

    // MARK: - trials

    /// Counts a pod that comes to a node, or leaves it (-1).
    mutating func change(
        by difference: Int, _ other: PodInfo, on node: NodeInfo, for pod: PendingPod,
        _ namespaces: [String: [String: String]]
    ) {
        let constraints = pod.hardSpread
        for index in spreads.indices {
            let constraint = spreads[index].constraint
            guard constraint.query.matches(other, namespaces), Self.hasAll(node, constraints),
                let value = node.labels[constraint.topologyKey], constraint.counts(node, for: pod)
            else { continue }
            spreads[index].counts[value, default: 0] += difference
            spreads[index].findLeast()
        }
        func add(_ key: String, to places: inout Places) {
            guard let value = node.labels[key] else { return }
            places[key, default: [:]][value, default: 0] += difference
        }
        let otherLabels = namespaces[other.namespace] ?? [:]
        let affine = pod.info.requiredAffinity
        if !affine.isEmpty, affine.allSatisfy({ $0.group.contains(other, namespaceLabels: otherLabels) }) {
            for term in affine { add(term.topologyKey, to: &affinity) }
        }
        for term in pod.info.requiredAntiAffinity where term.group.contains(other, namespaceLabels: otherLabels) {
            add(term.topologyKey, to: &antiAffinity)
        }
        let ownLabels = namespaces[pod.info.namespace] ?? [:]
        for term in other.requiredAntiAffinity where term.group.contains(pod.info, namespaceLabels: ownLabels) {
            add(term.topologyKey, to: &existing)
        }
        rivals += difference * pod.volumes.exclusive.count { other.claims.contains($0) }
    }
}
