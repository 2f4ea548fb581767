import FairleadModel
import FairleadPodNetwork
import FairleadStorage

/// The store as routes read it: its current snapshot and its history, without ever waiting.
struct StoreRoutingRecords: RoutingRecords {
    let store: Store

    private static let resources: [(kind: RoutingRecord.Kind, resource: GroupResource)] = [
        (.node, GroupVersionResource.nodes.groupResource), (.pod, GroupVersionResource.pods.groupResource),
        (.slice, GroupVersionResource.endpointSlices.groupResource),
        (.service, GroupVersionResource.services.groupResource),
    ]

    var revision: Int64 { store.current.revision }

    func load() -> (revision: Int64, records: [RoutingRecord]) {
        let snapshot = store.current
        let records = Self.resources.flatMap { kind, resource in
            snapshot.objects(resource, namespace: nil).map { RoutingRecord(kind, $0.value) }
        }
        return (snapshot.revision, records)
    }

    func changes(after: Int64, through: Int64) -> [(record: RoutingRecord, isDeletion: Bool)]? {
        var changes: [(record: RoutingRecord, isDeletion: Bool)] = []
        do throws(StorageError) {
            for (kind, resource) in Self.resources {
                var cursor = try store.watch(resource, after: after)
                while true {
                    let batch = try cursor.next(maximum: 256)
                    let due = batch.events.prefix { $0.revision <= through }
                    changes += due.map { (RoutingRecord(kind, $0.object.value), $0.isDeletion) }
                    if batch.atEnd || due.count < batch.events.count { break }
                }
            }
        } catch {
            return nil
        }
        return changes
    }
}
