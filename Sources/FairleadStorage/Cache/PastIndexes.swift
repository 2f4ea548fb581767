import FairleadModel

/// Past states of single resources that were lately worked out or given to a client page by page, so that the next page
/// does not replay history. What they hold beside the present is in history too.
struct PastIndexes: Sendable {
    private struct Entry: Sendable {
        let resource: GroupResource
        let revision: Int64
        let index: ObjectIndex
    }

    /// In the order of their last use.
    private var entries: [Entry] = []

    /// As many as clients page at one time; each costs what changed since, while history has it.
    private static let capacity = 32

    mutating func index(of resource: GroupResource, at revision: Int64) -> ObjectIndex? {
        guard let place = entries.firstIndex(where: { $0.revision == revision && $0.resource == resource }) else {
            return nil
        }
        let entry = entries.remove(at: place)
        entries.append(entry)
        return entry.index
    }

    mutating func keep(_ index: ObjectIndex, of resource: GroupResource, at revision: Int64) {
        if self.index(of: resource, at: revision) != nil { return }
        if entries.count == Self.capacity { entries.removeFirst() }
        entries.append(Entry(resource: resource, revision: revision, index: index))
    }

    /// Nobody can ask for what was before the revision any more.
    mutating func drop(before revision: Int64) { entries.removeAll { $0.revision < revision } }
}
