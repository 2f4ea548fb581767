package import CoreMetrics
package import FairleadMetrics

/// Metrics of a store's writes, under etcd's names where etcd has such a metric.
package final class StoreMetrics: Sendable {
    private let committed: Counter
    private let conflicts: Counter
    private let refused: Counter
    private let failed: Counter
    private let batch: Recorder
    private let commit: Timer
    private let flush: Timer
    private let used: Meter

    /// Without a factory, nothing is recorded.
    package init(factory: any MetricsFactory = NOOPMetricsHandler.instance) {
        func transactions(_ result: String) -> Counter {
            Counter(label: "fairlead_store_transactions_total", dimensions: [("result", result)], factory: factory)
        }
        committed = transactions("committed")
        conflicts = transactions("conflict")
        refused = transactions("refused")
        failed = transactions("failed")
        batch = Recorder(label: "fairlead_store_batch_transactions", factory: factory)
        commit = Timer(label: "etcd_disk_backend_commit_duration_seconds", factory: factory)
        flush = Timer(label: "etcd_disk_wal_fsync_duration_seconds", factory: factory)
        used = Meter(label: "etcd_mvcc_db_total_size_in_use_in_bytes", factory: factory)
    }

    package static let families: [MetricFamily] = [
        MetricFamily(
            "fairlead_store_transactions_total", .counter,
            "Transactions by what became of them: committed, conflict (a condition did not hold), refused (no room), failed."
        ),
        MetricFamily(
            "fairlead_store_batch_transactions", .histogram(bounds: .exponential(from: 1, by: 2, count: 9)),
            "Transactions that shared a commit."),
        MetricFamily(
            "etcd_disk_backend_commit_duration_seconds", .histogram(bounds: diskBounds),
            "How long a commit of a batch took in the engine, from the first statement until it was durable."),
        MetricFamily(
            "etcd_disk_wal_fsync_duration_seconds", .histogram(bounds: diskBounds),
            "The part of a commit in which the log was written and flushed, and at times moved into the database."),
        MetricFamily(
            "etcd_mvcc_db_total_size_in_use_in_bytes", .gauge, "Bytes of the database that are in use."),
    ]
    /// etcd's buckets begin at a millisecond; a local disk is often faster.
    private static let diskBounds: [Double] = .exponential(from: 0.000125, by: 2, count: 17)

    /// A batch has been carried out, or has failed as a whole.
    func carriedOut(_ results: [Result<CommitResult, StorageError>]) {
        for result in results {
            switch result {
            case .success: committed.increment()
            case .failure(.conflict): conflicts.increment()
            case .failure(.spaceExceeded): refused.increment()
            case .failure: failed.increment()
            }
        }
    }

    /// The engine was given `count` transactions and took this long.
    func committed(_ count: Int, in duration: Duration) {
        batch.record(count)
        commit.recordNanoseconds(duration.wholeNanoseconds)
    }

    func flushed(in duration: Duration) { flush.recordNanoseconds(duration.wholeNanoseconds) }

    func measured(bytes: Int64) { used.set(bytes) }
}
