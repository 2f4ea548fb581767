import FairleadModel

/// Which pods are on which nodes, updated by changes: a decision takes time in the number of nodes, and looks at other
/// pods only where terms ask for them.
struct SchedulerCache: Sendable {
    private(set) var nodes: [NodeInfo] = []
    private var positions: [String: Int] = [:]
    /// The node of each pod, by uid.
    private var places: [String: String] = [:]
    /// The labels of each namespace.
    private(set) var namespaces: [String: [String: String]] = [:]
    /// Required anti-affinity of the pods on nodes: for each term, how many pods on which node have it.
    private(set) var repelling: [PodTerm: [String: Int]] = [:]
    /// What pods on nodes prefer for others: for each term, the weights of those on a node.
    private(set) var attracting: [PodTerm: [String: Int]] = [:]
    /// The pods that use a claim, by uid.
    private var users: [ObjectName: Set<String>] = [:]
    /// Pods without a node for which room is being made.
    private(set) var nominated: [String: [PodInfo]] = [:]
    private var nominations: [String: String] = [:]
    private var counters = PodCounters()
    /// The node at which the next search begins.
    var nextStart = 0

    /// How many of the nodes exist.
    private(set) var liveNodes = 0

    func node(_ name: String) -> NodeInfo? { positions[name].map { nodes[$0] } }

    func facts(_ name: String) -> NodeFacts? { positions[name].map { nodes[$0].facts } }

    func isPlaced(_ uid: String) -> Bool { places[uid] != nil }

    func place(of uid: String) -> String? { places[uid] }

    func podsUsing(_ claim: ObjectName) -> Int { users[claim]?.count ?? 0 }

    // MARK: - nodes and namespaces

    mutating func put(node: Value) {
        let position = self.position(of: node.name)
        if !nodes[position].isThere { liveNodes += 1 }
        nodes[position].set(node)
    }

    /// Its pods are remembered until they go.
    mutating func removeNode(_ name: String) {
        guard let position = positions[name] else { return }
        if nodes[position].isThere { liveNodes -= 1 }
        nodes[position].set(nil)
        dropIfUnknown(name)
    }

    mutating func put(namespace: String, labels: [String: String]?) {
        guard namespaces[namespace] != labels else { return }
        namespaces[namespace] = labels
        counters.forgetAll()
    }

    private mutating func position(of name: String) -> Int {
        if let position = positions[name] { return position }
        nodes.append(NodeInfo(name: name))
        positions[name] = nodes.count - 1
        return nodes.count - 1
    }

    private mutating func dropIfUnknown(_ name: String) {
        guard let position = positions[name], !nodes[position].isThere, nodes[position].pods.isEmpty else {
            return
        }
        let last = nodes.count - 1
        if position != last {
            nodes.swapAt(position, last)
            positions[nodes[position].name] = position
        }
        nodes.removeLast()
        positions[name] = nil
    }

    // MARK: - pods

    /// Recording a pod again replaces what was known of it, so a binding may be recorded before the informer shows it.
    mutating func put(_ pod: PodInfo, on node: String) {
        remove(pod.uid)
        places[pod.uid] = node
        nodes[position(of: node)].add(pod)
        count(pod, on: node, 1)
        for claim in pod.claims { users[claim, default: []].insert(pod.uid) }
        nominate(pod, nil)
    }

    mutating func remove(_ uid: String) {
        guard let node = places.removeValue(forKey: uid), let position = positions[node] else { return }
        if let pod = nodes[position].pods[uid] {
            nodes[position].remove(uid)
            count(pod, on: node, -1)
            for claim in pod.claims {
                users[claim]?.remove(uid)
                if users[claim]?.isEmpty == true { users[claim] = nil }
            }
        }
        dropIfUnknown(node)
    }

    private mutating func count(_ pod: PodInfo, on node: String, _ difference: Int) {
        counters.change(by: difference, pod, on: node, namespaces)
        if !pod.hasTerms { return }
        for term in pod.requiredAntiAffinity { Self.add(difference, node, to: &repelling[term]) }
        for term in pod.requiredAffinity { Self.add(difference, node, to: &attracting[term]) }
        for preference in pod.preferredAffinity {
            Self.add(difference *| preference.weight, node, to: &attracting[preference.term])
        }
        for preference in pod.preferredAntiAffinity {
            Self.add(-difference *| preference.weight, node, to: &attracting[preference.term])
        }
    }

    private static func add(_ difference: Int, _ node: String, to counts: inout [String: Int]?) {
        let count = (counts?[node] ?? 0) + difference
        if count != 0 {
            counts = counts ?? [:]
            counts?[node] = count
        } else {
            counts?[node] = nil
            if counts?.isEmpty == true { counts = nil }
        }
    }

    /// The number of pods that a question is about, on each node that has any.
    mutating func counts(_ query: PodQuery) -> [String: Int] { counters.counts(query, of: nodes, namespaces) }

    // MARK: - nominations

    /// Keeps the room that is being made on a node for a pod; nil ends that.
    mutating func nominate(_ pod: PodInfo, _ node: String?) {
        if let old = nominations.removeValue(forKey: pod.uid) {
            nominated[old]?.removeAll { $0.uid == pod.uid }
            if nominated[old]?.isEmpty == true { nominated[old] = nil }
        }
        guard let node else { return }
        nominations[pod.uid] = node
        nominated[node, default: []].append(pod)
    }

    mutating func forgetNomination(_ uid: String) {
        guard let node = nominations.removeValue(forKey: uid) else { return }
        nominated[node]?.removeAll { $0.uid == uid }
        if nominated[node]?.isEmpty == true { nominated[node] = nil }
    }

    func nomination(of uid: String) -> String? { nominations[uid] }
}
