import FairleadDNS
import FairleadModel
import FairleadStorage

/// The store as the DNS reads it: its current snapshot and its history, without ever waiting.
struct StoreRecordSource: RecordSource {
    let store: Store

    var revision: Int64 { store.current.revision }

    func load(_ resources: [GroupVersionResource]) -> RecordState {
        let snapshot = store.current
        return RecordState(
            revision: snapshot.revision,
            objects: resources.flatMap { Array(snapshot.objects($0.groupResource, namespace: nil)) })
    }

    func changes(_ resources: [GroupVersionResource], after: Int64, through: Int64) -> [RecordChange]? {
        var changes: [RecordChange] = []
        do throws(StorageError) {
            for resource in resources {
                var cursor = try store.watch(resource.groupResource, after: after)
                while true {
                    let batch = try cursor.next(maximum: 256)
                    let due = batch.events.prefix { $0.revision <= through }
                    changes += due.map { RecordChange(object: $0.object, isDeletion: $0.isDeletion) }
                    if batch.atEnd || due.count < batch.events.count { break }
                }
            }
        } catch {
            return nil
        }
        return changes
    }

    func onChange(
        of resources: [GroupVersionResource], _ wake: @escaping @Sendable () -> Void
    ) -> @Sendable () -> Void {
        let subscriptions = resources.map { store.subscribe($0.groupResource, wake: wake) }
        return { for subscription in subscriptions { subscription.cancel() } }
    }
}
