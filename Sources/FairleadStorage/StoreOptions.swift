package import FairleadModel

/// How much a store keeps, of the present and of the past.
package struct StoreOptions: Sendable {
    /// History is kept at least this long (kube-apiserver compacts etcd every five minutes).
    package var historyAge: Duration = .seconds(300)
    /// Beyond this many events the oldest go, whatever their age.
    package var maximumEvents = 100_000
    /// And beyond this many bytes of documents that only history holds: those that were replaced or deleted.
    package var maximumHistoryBytes = 64 << 20
    /// How often old history is looked for.
    package var compactionInterval: Duration = .seconds(5)
    /// The largest number of transactions that share one commit of the engine.
    package var maximumBatch = 256

    /// The largest document: etcd's limit of a request, 1.5 MiB.
    package var maximumDocumentBytes = 3 << 19
    /// The largest transaction: some documents that belong together, each within its limit.
    package var maximumTransactionBytes = 6 << 20
    /// Beyond this many bytes of the database an alarm is raised, and what takes more room is refused; nil for no limit.
    package var quota: Int64?
    /// Resources of which nothing that was replaced or deleted is left on disk when the store has been closed, though
    /// watchers of before have to list again then.
    package var confidential: Set<GroupResource> = []
    /// Told of every kind of fault below the store, and when it is over; called from the writer's thread.
    package var onFault: @Sendable (StorageFault) -> Void = { _ in }
    /// What is counted.
    package var metrics = StoreMetrics()

    package init() {}
}
