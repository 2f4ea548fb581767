import FairleadModel
import FairleadStorage
import Logging
import Testing

@testable import FairleadServer

/// A database that was made with other settings is told apart.
struct StoredSettingsTests {
    private func settle(
        _ store: Store, ranges: [String] = ["10.96.0.0/16"], domain: String = "cluster.local"
    ) async throws {
        var configuration = ServerConfiguration(
            listen: [], data: .file("/a/b.db"), serviceClusterIPRanges: try ranges.map { try #require(CIDR($0)) },
            loadBalancerPools: [], podCIDRs: [try #require(CIDR("10.244.0.0/16"))])
        configuration.clusterDomain = domain
        try await StoredSettings(configuration, store: store, logger: Logger(label: "test")).settle()
    }

    private func store() throws -> Store {
        try Store.open(engine: try SQLiteEngine(path: nil, migrations: SQLiteMigration.builtIn()))
    }

    @Test func otherRangesAreRefusedWithThoseThatWouldWork() async throws {
        let store = try store()
        try await settle(store)
        let error = await #expect(throws: StartupError.self) { try await settle(store, ranges: ["10.97.0.0/16"]) }
        let words = try #require(error?.description)
        #expect(words.contains("start it with --service-cluster-ip-range 10.96.0.0/16,"))
        #expect(words.contains("fairlead reset --data /a/b.db"))
        try await settle(store)
        await store.close()
    }

    @Test func aSecondFamilyMayComeButNotGo() async throws {
        let store = try store()
        let both = ["10.96.0.0/16", "fd00:96::/112"]
        try await settle(store)
        try await settle(store, ranges: both)
        await #expect(throws: StartupError.self) { try await settle(store) }
        try await settle(store, ranges: both)
        await store.close()
    }

    @Test func anotherDomainIsTakenAndWhatDoesNotChangeIsNotWritten() async throws {
        let store = try store()
        try await settle(store)
        let revision = store.current.revision
        try await settle(store)
        #expect(store.current.revision == revision)
        try await settle(store, domain: "example.org")
        #expect(store.current.revision > revision)
        await store.close()
    }

    @Test func aDatabaseOfAnOlderBuildTellsByItsServiceCIDR() async throws {
        let store = try store()
        let key = ObjectKey(GroupVersionResource.serviceCIDRs.groupResource, namespace: "", name: "kubernetes")
        let cidr: Value = ["metadata": ["name": "kubernetes"], "spec": ["cidrs": ["10.50.0.0/16"]]]
        _ = try await store.commit(Transaction(conditions: [], operations: [.put(key, Document(cidr))]))
        await #expect(throws: StartupError.self) { try await settle(store) }
        try await settle(store, ranges: ["10.50.0.0/16"])
        await store.close()
    }
}
