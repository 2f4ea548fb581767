import FairleadModel

/// The pods that fit nowhere, and what has changed since: which of them are worth another look.
struct WaitingPods: Sendable {
    private struct Entry: Sendable {
        var rules: Set<Refusal.Rule>
        var priority: Int64
        var since: String
    }

    private var entries: [ObjectName: Entry] = [:]
    private var changed: Set<Refusal.Rule> = []

    var isEmpty: Bool { entries.isEmpty }

    mutating func put(_ pod: Value, refusedBy rules: Set<Refusal.Rule>) {
        entries[ObjectName(namespace: pod.namespace, name: pod.name)] = Entry(
            rules: rules, priority: pod.at("spec", "priority")?.int ?? 0, since: pod.creationTimestamp)
    }

    mutating func remove(_ name: ObjectName) { entries[name] = nil }

    /// Notes that what these rules look at has changed. Returns whether that is news to anybody.
    mutating func note(_ rules: Set<Refusal.Rule>) -> Bool {
        if entries.isEmpty || rules.isSubset(of: changed) { return false }
        changed.formUnion(rules)
        return true
    }

    /// Those to look at again, the most important first.
    mutating func takeChanged() -> [ObjectName] {
        defer { changed = [] }
        let concerned = entries.filter { !$0.value.rules.isDisjoint(with: changed) }
        return concerned.sorted { left, right in
            if left.value.priority != right.value.priority { return left.value.priority > right.value.priority }
            return (left.value.since, left.key) < (right.value.since, right.key)
        }.map(\.key)
    }
}
