import FairleadEtcd
import FairleadEtcdTesting
import FairleadModel
import Foundation
import Synchronization
import Testing

@testable import FairleadStorage

/// A directory of one test, which removes it at its end.
final class Scratch: Sendable {
    let path: String
    /// Started when it is first asked for.
    private let etcd = Mutex<EtcdServer?>(nil)

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/fairlead-storage-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func etcdOptions() throws -> EtcdOptions {
        try etcd.withLock { etcd in
            let server = try etcd ?? EtcdServer()
            etcd = server
            return server.options
        }
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }

    func open(_ name: String = "data.db", options: StoreOptions = StoreOptions()) throws -> Store {
        try Store.open(
            engine: SQLiteEngine(path: file(name), migrations: SQLiteMigration.builtIn()), options: options)
    }
}

/// The engines that the contract is tried on.
enum EngineKind: String, CaseIterable, Sendable {
    case file, inMemory, reference, etcd

    /// All that can be tried on this machine.
    static let available = allCases.filter { $0 != .etcd || EtcdServer.isInstalled }

    /// Whether what is stored is there when it is opened again.
    var isDurable: Bool { self == .file || self == .etcd }
    /// Whether it also keeps the history.
    var keepsHistory: Bool { self == .file }
    /// Whether a transaction may number its operations.
    var numbersOperations: Bool { self != .etcd }

    func open(_ scratch: Scratch) throws -> any StorageEngine {
        switch self {
        case .file: try SQLiteEngine(path: scratch.file("data.db"), migrations: SQLiteMigration.builtIn())
        case .inMemory: try SQLiteEngine(path: nil, migrations: SQLiteMigration.builtIn())
        case .reference: MemoryEngine()
        case .etcd: try EtcdEngine(scratch.etcdOptions())
        }
    }
}

extension GroupResource {
    static let services = GroupResource(group: "", resource: "services")
    static let slices = GroupResource(group: "discovery.k8s.io", resource: "endpointslices")
}

func key(_ name: String, namespace: String = "default", _ resource: GroupResource = .services) -> ObjectKey {
    ObjectKey(resource, namespace: namespace, name: name)
}

func document(_ text: String) -> Document {
    Document(["kind": "Thing", "metadata": ["name": "x"], "data": ["text": .string(text)]])
}

extension StoredObject {
    var text: String? { value.at("data", "text")?.string }
}

extension Store {
    @discardableResult
    func put(_ key: ObjectKey, _ text: String = "", ifAt revision: Int64? = nil) async throws -> Int64 {
        try await commit(
            Transaction(
                conditions: revision.map { [.init(key: key, revision: $0)] } ?? [],
                operations: [.put(key, document(text))])
        ).revision
    }

    @discardableResult
    func delete(_ key: ObjectKey) async throws -> CommitResult {
        try await commit(Transaction(conditions: [], operations: [.delete(key)]))
    }

    /// Every event after a revision, read in small bites.
    func events(_ resource: GroupResource = .services, after revision: Int64) throws -> [StoreEvent] {
        var cursor = try watch(resource, after: revision)
        var all: [StoreEvent] = []
        while true {
            let batch = try cursor.next(maximum: 3)
            all += batch.events
            if batch.atEnd { return all }
        }
    }
}

extension StoreEvent {
    /// What a test compares.
    var line: String {
        "\(revision) \(object.key) \(isDeletion ? "deleted" : object.text ?? "?") was \(previous?.text ?? "-")"
    }
}

extension Snapshot {
    var lines: [String] {
        [GroupResource.services, .slices].flatMap { resource in
            objects(resource, namespace: nil).map { "\($0.revision) \($0.createRevision) \($0.key) \($0.text ?? "?")" }
        }
    }
}

/// What a throwing body threw, if it was a storage error.
func storageError(_ body: () async throws -> Void) async -> StorageError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? StorageError
    }
}

/// Records what went wrong, for `guard … else { return fail(…) }`.
func fail(_ message: String, at location: SourceLocation = #_sourceLocation) {
    Issue.record(Comment(rawValue: message), sourceLocation: location)
}
