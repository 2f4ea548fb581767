import FairleadModel

/// A group of pods that a term of pod affinity speaks of: pods with these labels in these namespaces.
struct PodGroup: Hashable, Sendable {
    let namespaces: Set<String>
    /// Selects further namespaces by their labels; nil for none.
    let namespaceSelector: LabelSelector?
    let selector: LabelSelector

    /// - Parameter labels: those of the pod's namespace.
    func contains(_ pod: PodInfo, namespaceLabels labels: @autoclosure () -> [String: String]) -> Bool {
        guard namespaces.contains(pod.namespace) || namespaceSelector?.matches(labels()) == true else { return false }
        return selector.matches(pod.labels)
    }
}

/// A PodAffinityTerm: a group of pods, and what counts as one place.
struct PodTerm: Hashable, Sendable {
    let group: PodGroup
    let topologyKey: String

    /// - Parameter namespace: that of the pod whose term it is.
    init?(_ term: Value, namespace: String) {
        // Validation lets no other selectors through; a pod stored in spite of it has no such term.
        guard let selector = try? LabelSelector(labelSelector: term["labelSelector"] ?? .null) else { return nil }
        var namespaces = Set(term.texts("namespaces"))
        var namespaceSelector: LabelSelector?
        if let value = term["namespaceSelector"], !value.isNull {
            // The same.
            guard let parsed = try? LabelSelector(labelSelector: value) else { return nil }
            namespaceSelector = parsed
        } else if namespaces.isEmpty {
            namespaces = [namespace]
        }
        group = PodGroup(namespaces: namespaces, namespaceSelector: namespaceSelector, selector: selector)
        topologyKey = term.text("topologyKey")
    }
}

/// A PodAffinityTerm that is preferred.
struct WeightedTerm: Hashable, Sendable {
    let weight: Int
    let term: PodTerm

    init?(_ value: Value, namespace: String) {
        guard let weight = value["weight"]?.int, (1...100).contains(weight),
            let term = PodTerm(value["podAffinityTerm"] ?? .null, namespace: namespace)
        else { return nil }
        self.weight = Int(weight)
        self.term = term
    }
}
