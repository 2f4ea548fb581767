package import FairleadModel

/// How much a store keeps, of current objects and of history.
package struct StoreOptions: Sendable {
    /// History is kept at least this long (kube-apiserver compacts etcd every five minutes).
    package var historyAge: Duration = .seconds(300)
    /// Beyond this many events the oldest are removed, whatever their age.
    package var maximumEvents = 100_000
    /// The same limit in bytes of documents that only history holds: those that were replaced or deleted.
    package var maximumHistoryBytes = 64 << 20
    /// How often the store looks for old history.
    package var compactionInterval: Duration = .seconds(5)
    /// The largest number of transactions that share one commit of the engine.
    package var maximumBatch = 256

    /// The largest document: etcd's limit for a request, 1.5 MiB.
    package var maximumDocumentBytes = 3 << 19
    /// The largest transaction: several documents that belong together, each within its own limit.
    package var maximumTransactionBytes = 6 << 20
    /// Beyond this database size in bytes an alarm is raised, and writes that need more room are refused; nil for no
    /// limit.
    package var quota: Int64?
    /// Resources whose replaced or deleted versions must not remain on disk after the store is closed. The price is
    /// that earlier watchers have to list again.
    package var confidential: Set<GroupResource> = []
    /// What tells the watches of these resources apart.
    package var topics: [GroupResource: WatchTopic] = [:]
    /// Called for every kind of fault below the store, when it begins and when it is over; on the writer's thread.
    package var onFault: @Sendable (StorageFault) -> Void = { _ in }
    /// The metrics to record.
    package var metrics = StoreMetrics()

    package init() {}
}
