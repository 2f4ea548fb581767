import FairleadMetrics
import FairleadMetricsTesting
import FairleadModel
import Testing

@testable import FairleadStorage

/// What is counted of commits.
@Suite struct StoreMetricsTests {
    @Test func commitsAreCountedByWhatBecameOfThem() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let registry = MetricsRegistry(StoreMetrics.families)
        var options = StoreOptions()
        options.metrics = StoreMetrics(factory: registry)
        options.quota = 1 << 30
        options.compactionInterval = .milliseconds(10)
        let engine = try SQLiteEngine(
            path: scratch.file("data.db"), migrations: SQLiteMigration.builtIn(), metrics: options.metrics)
        let store = try Store.open(engine: engine, options: options)
        for number in 0..<10 { try await store.put(key("\(number)"), "x") }
        let stale = Transaction(
            conditions: [Transaction.Condition(key: key("1"), revision: 0)], operations: [.delete(key("1"))])
        guard case .conflict = await storageError({ _ = try await store.commit(stale) }) else {
            return fail("a stale condition held")
        }
        // The gauge is there before it has been measured.
        let measured = try Regex("etcd_mvcc_db_total_size_in_use_in_bytes [1-9]")
        while !registry.text.contains(measured) { try await Task.sleep(for: .milliseconds(5)) }
        await store.close()
        let page = try ExpositionPage(registry.text)
        #expect(page.samples["fairlead_store_transactions_total{result=\"committed\"}"] == 10)
        #expect(page.samples["fairlead_store_transactions_total{result=\"conflict\"}"] == 1)
        #expect(page.samples["fairlead_store_batch_transactions_sum"] == 11)
        let batches = try #require(page.samples["fairlead_store_batch_transactions_count"])
        #expect(page.samples["etcd_disk_backend_commit_duration_seconds_count"] == batches)
        #expect(page.samples["etcd_disk_wal_fsync_duration_seconds_count"] == batches)
        #expect(try #require(page.samples["etcd_mvcc_db_total_size_in_use_in_bytes"]) > 0)
        // The flush is a part of the commit.
        let commit = try #require(page.samples["etcd_disk_backend_commit_duration_seconds_sum"])
        #expect(try #require(page.samples["etcd_disk_wal_fsync_duration_seconds_sum"]) < commit)
    }
}
