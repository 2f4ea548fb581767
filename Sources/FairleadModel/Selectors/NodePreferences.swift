/// How much a pod would like to run on a node: its preferred node affinity.
package struct NodePreferences: Sendable {
    private let preferences: [(weight: Int, term: NodeAffinity)]

    package init(podSpec spec: Value) {
        let list = spec.at("affinity", "nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution")?.array ?? []
        preferences = list.compactMap { item in
            // Validation keeps weights between 1 and 100.
            guard let weight = item["weight"]?.int, (1...100).contains(weight), let term = item["preference"] else {
                return nil
            }
            return (Int(weight), NodeAffinity(preferredTerm: term))
        }
    }

    /// The weights of all preferences that the node meets.
    package func weight(name: String, labels: [String: String]) -> Int {
        preferences.filter { $0.term.matches(name: name, labels: labels) }.reduce(0) { $0 +| $1.weight }
    }
}
