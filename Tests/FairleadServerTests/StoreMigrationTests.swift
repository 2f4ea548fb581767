import FairleadEtcd
import FairleadEtcdTesting
import FairleadModel
import FairleadStorage
import Foundation
import Testing

@testable import FairleadServer

@Suite struct StoreMigrationTests {
    private static let services = GroupResource(group: "", resource: "services")

    private func folder() throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/fairlead-migrate-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    private func transaction(_ name: String, _ text: String) -> Transaction {
        Transaction(
            conditions: [],
            operations: [
                .put(
                    ObjectKey(Self.services, namespace: "default", name: name),
                    Document([
                        "kind": "Service", "apiVersion": "v1", "metadata": ["name": .string(name), "uid": "u"],
                        "text": .string(text),
                    ]))
            ])
    }

    private func contents(_ state: EngineState) -> [String: String] {
        Dictionary(uniqueKeysWithValues: state.objects.map { ("\($0.key)", String(decoding: $0.bytes, as: UTF8.self)) })
    }

    @Test(.enabled(if: EtcdServer.isInstalled, "there is no etcd on the PATH"))
    func thereAndBackNothingIsLostAndRevisionsOnlyGrow() async throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let etcd = try EtcdServer()
        defer { etcd.remove() }
        let first = try SQLiteEngine(path: folder + "/first.db", migrations: SQLiteMigration.builtIn())
        for number in 0..<300 {
            _ = try first.commit([transaction("s\(number % 230)", "\(number)" + String(repeating: "x", count: 9000))])
        }
        let before = try first.load()
        first.close()
        _ = try StoreMigration(from: .sqlite(folder + "/first.db"), to: .etcd(etcd.options))
        let between = try EtcdEngine(etcd.options)
        let there = try between.load()
        #expect(contents(there) == contents(before) && there.objects.count == 230)
        #expect(there.objects.allSatisfy { $0.revision > before.revision })
        #expect(there.compactedRevision >= before.revision)
        between.close()
        _ = try StoreMigration(from: .etcd(etcd.options), to: .sqlite(folder + "/second.db"))
        let store = try Store.open(
            engine: SQLiteEngine(path: folder + "/second.db", migrations: SQLiteMigration.builtIn()))
        let key = ObjectKey(Self.services, namespace: "default", name: "s3")
        #expect(store.current.object(key)?.value["text"]?.string?.hasPrefix("233x") == true)
        #expect(store.current.count(Self.services, namespace: nil) == 230)
        // Whoever has watched the other store must list again.
        guard case .expired = storageError({ _ = try store.watch(Self.services, after: there.revision) }) else {
            Issue.record("a watch goes on")
            return
        }
        #expect(try await store.commit(transaction("new", "")).revision > there.revision)
        await store.close()
    }

    private func storageError(_ body: () throws -> Void) -> StorageError? {
        do {
            try body()
            return nil
        } catch {
            return error as? StorageError
        }
    }

    @Test func aTargetThatHoldsSomethingIsRefused() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in ["one", "two"] {
            let engine = try SQLiteEngine(path: folder + "/\(name).db", migrations: SQLiteMigration.builtIn())
            _ = try engine.commit([transaction(name, "")])
            engine.close()
        }
        #expect(throws: StartupError.self) {
            try StoreMigration(from: .sqlite(folder + "/one.db"), to: .sqlite(folder + "/two.db"))
        }
        #expect(throws: StartupError.self) {
            try StoreMigration(from: .sqlite(folder + "/none.db"), to: .sqlite(folder + "/three.db"))
        }
        let kept = try SQLiteEngine(path: folder + "/two.db", migrations: SQLiteMigration.builtIn())
        #expect(try kept.load().objects.map(\.key.name) == ["two"])
        kept.close()
    }
}
