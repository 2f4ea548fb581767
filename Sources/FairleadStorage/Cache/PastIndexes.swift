import FairleadModel

/// Past states of single resources that were recently computed or served to a client page by page, so that the next
/// page does not replay history. History also holds whatever they hold beyond the current objects.
struct PastIndexes: Sendable {
    private struct Entry: Sendable {
        let resource: GroupResource
        let revision: Int64
        let index: ObjectIndex
    }

    /// Least recently used first.
    private var entries: [Entry] = []

    /// As many as clients may be paging through at once; each costs what has changed since, for as long as history has
    /// it.
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

    /// Nobody can ask for states before the revision any more.
    mutating func drop(before revision: Int64) { entries.removeAll { $0.revision < revision } }
}
