/// The nodes of a file tree, by their numbers. Copies share what was there when they were made: each keeps only what has
/// been changed in it since.
struct NodeTable: Sendable {
    private var shared: [Int: FileNode]
    private var changed: [Int: FileNode] = [:]
    /// Of `shared`.
    private var removed: Set<Int> = []
    private(set) var count: Int

    init(_ nodes: [Int: FileNode]) {
        shared = nodes
        count = nodes.count
    }

    subscript(number: Int) -> FileNode? {
        get {
            if let node = changed[number] { return node }
            return removed.contains(number) ? nil : shared[number]
        }
        set {
            let wasThere = changed[number] != nil || !removed.contains(number) && shared[number] != nil
            changed[number] = newValue
            if newValue != nil {
                removed.remove(number)
                if !wasThere { count += 1 }
            } else {
                if shared[number] != nil { removed.insert(number) }
                if wasThere { count -= 1 }
            }
        }
    }

    mutating func removeValue(forKey number: Int) -> FileNode? {
        let node = self[number]
        self[number] = nil
        return node
    }

    /// Makes everything that there is the part that copies share.
    mutating func settle() {
        if changed.isEmpty, removed.isEmpty { return }
        shared.merge(changed) { $1 }
        for number in removed { shared[number] = nil }
        changed = [:]
        removed = []
    }
}
