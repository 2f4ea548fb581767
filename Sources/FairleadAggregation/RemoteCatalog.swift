import FairleadModel
import Synchronization

/// What the servers behind APIServices have last said about themselves: their resources, and where their schemas are.
final class RemoteCatalog: Sendable {
    struct Entry: Sendable {
        /// Of the APIService: another one of the same name begins anew.
        var uid: String
        /// An APIResourceList.
        var resources: Value
        /// The `serverRelativeURL` of the version's OpenAPI document; nil if there is none.
        var schema: String?
        /// Changes with the contents.
        var number: Int
    }

    private let entries = Mutex<(next: Int, all: [String: Entry])>((0, [:]))

    func entry(of service: RemoteService) -> Entry? {
        entries.withLock { entries in
            guard let entry = entries.all[service.name], entry.uid == service.uid else { return nil }
            return entry
        }
    }

    func learn(_ service: RemoteService, resources: Value, schema: String?) {
        entries.withLock { entries in
            let old = entries.all[service.name]
            if let old, old.uid == service.uid, old.resources == resources, old.schema == schema { return }
            entries.next += 1
            entries.all[service.name] = Entry(
                uid: service.uid, resources: resources, schema: schema, number: entries.next)
        }
    }

    /// Forgets those whose APIServices have gone.
    func keep(_ names: Set<String>) {
        entries.withLock { entries in entries.all = entries.all.filter { names.contains($0.key) } }
    }
}
