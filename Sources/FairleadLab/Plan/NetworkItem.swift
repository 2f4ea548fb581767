/// A link, an address or a route of a namespace: how `ip -batch` makes it and takes it away.
struct NetworkItem: Hashable, Sendable {
    /// In this order things are made, and in the other one taken away.
    enum Stage: Int, Hashable, Sendable, Comparable {
        case link
        case address
        /// What needs the addresses: interfaces that are up, neighbours.
        case state
        case route

        static func < (left: Stage, right: Stage) -> Bool { left.rawValue < right.rawValue }
    }

    let stage: Stage
    /// What it is about. Two items about the same thing replace each other.
    let key: String
    let add: String
    /// Empty if there is nothing to do: it goes with something else.
    let remove: String
    /// Whether `add` also replaces an older item with the same key. The others are removed first.
    let replaces: Bool

    init(_ stage: Stage, _ key: String, add: String, remove: String = "", replaces: Bool = true) {
        self.stage = stage
        self.key = key
        self.add = add
        self.remove = remove
        self.replaces = replaces
    }
}

/// A network namespace: what is in it, and the settings of its kernel.
struct NamespacePlan: Hashable, Sendable {
    /// What it stands for; a namespace of the same name that stands for something else is made anew.
    let identity: String
    /// Paths below /proc/sys/net and values, set when it is made.
    var settings: [String: String] = [:]
    var items: [NetworkItem] = []
    /// What `nft -f -` reads when it is made; empty for nothing.
    var filter = ""

    init(identity: String) { self.identity = identity }

    mutating func add(_ item: NetworkItem) { items.append(item) }

    /// The lines for `ip -batch` that take away what is not wanted any more, in the order that they need.
    func removals(from old: [NetworkItem]) -> [String] {
        let wanted = byKey
        return old.filter { !stays($0, wanted) && !$0.remove.isEmpty }.sorted { $0.stage > $1.stage }.map(\.remove)
    }

    /// What is still there afterwards.
    func kept(of old: [NetworkItem]) -> [NetworkItem] {
        let wanted = byKey
        return old.filter { stays($0, wanted) }
    }

    /// What has to be made, in the order that it needs.
    func additions(to old: [NetworkItem]) -> [NetworkItem] {
        let present = Set(old)
        return items.filter { !present.contains($0) }.sorted { $0.stage < $1.stage }
    }

    private var byKey: [String: NetworkItem] { Dictionary(items.map { ($0.key, $0) }) { first, _ in first } }

    private func stays(_ item: NetworkItem, _ wanted: [String: NetworkItem]) -> Bool {
        guard let new = wanted[item.key] else { return false }
        return new == item || new.replaces
    }
}
