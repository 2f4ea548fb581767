import FairleadModel
import FairleadRandomTesting
import Testing

@testable import FairleadStorage

/// The store against a dictionary: random transactions, every state and every event compared.
@Suite struct StoreModelTests {
    private struct Model {
        var revision = MemoryEngine.firstRevision
        var objects: [ObjectKey: (revision: Int64, created: Int64, text: String)] = [:]
        var states: [Int64: [String]] = [:]
        var events: [(resource: GroupResource, revision: Int64, line: String)] = []

        mutating func apply(_ transaction: Transaction, texts: [String]) -> Bool {
            for condition in transaction.conditions
            where (objects[condition.key]?.revision ?? 0) != condition.revision { return false }
            revision += 1
            for (operation, text) in zip(transaction.operations, texts) {
                let key = operation.key
                let old = objects[key]
                switch operation {
                case .put:
                    objects[key] = (revision, old?.created ?? revision, text)
                    events.append((key.resource, revision, "\(revision) \(key) \(text) was \(old?.text ?? "-")"))
                case .delete:
                    objects[key] = nil
                    guard let old else { continue }
                    events.append((key.resource, revision, "\(revision) \(key) deleted was \(old.text)"))
                }
            }
            states[revision] = lines
            return true
        }

        var lines: [String] {
            let services = objects.filter { $0.key.resource == .services }.sorted { $0.key < $1.key }
            let slices = objects.filter { $0.key.resource == .slices }.sorted { $0.key < $1.key }
            return (services + slices).map { "\($0.value.revision) \($0.value.created) \($0.key) \($0.value.text)" }
        }

        func eventLines(_ resource: GroupResource, after revision: Int64) -> [String] {
            events.filter { $0.resource == resource && $0.revision > revision }.map(\.line)
        }
    }

    @Test(arguments: [(EngineKind.file, 1), (.file, 2), (.inMemory, 3), (.reference, 4)] as [(EngineKind, UInt64)])
    func randomTransactionsLeaveWhatADictionaryWouldHave(_ kind: EngineKind, _ seed: UInt64) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        var engine = try kind.open(scratch)
        var store = try Store.open(engine: engine)
        var random = SplitMix64(seed: seed)
        var model = Model()
        model.states[model.revision] = []
        var kept: [Snapshot] = []
        var compacted = model.revision
        for step in 0..<240 {
            let (transaction, texts) = Self.transaction(step, model.objects.mapValues(\.revision), &random)
            let isDone = model.apply(transaction, texts: texts)
            let error = await storageError { _ = try await store.commit(transaction) }
            #expect((error == nil) == isDone)
            if step % 40 == 7 { kept.append(store.current) }
            if step % 90 == 50 {
                compacted = Int64.random(in: compacted...model.revision, using: &random)
                while store.forget(through: compacted, limit: 7) < compacted {}
                while try engine.compact(through: compacted, limit: 5) {}
            }
            if kind == .file, step % 60 == 59 {
                await store.close()
                engine = try kind.open(scratch)
                store = try Store.open(engine: engine)
                #expect(store.statistics.compactedRevision == compacted)
            }
        }
        #expect(store.current.revision == model.revision)
        #expect(store.current.lines == model.lines)
        for snapshot in kept { #expect(snapshot.lines == model.states[snapshot.revision]) }
        for revision in stride(from: compacted, through: model.revision, by: 3) {
            #expect(try store.snapshot(at: revision).lines == model.states[revision])
            for resource in [GroupResource.services, .slices] {
                let lines = try store.events(resource, after: revision).map(\.line)
                #expect(lines == model.eventLines(resource, after: revision))
            }
        }
        for resource in [GroupResource.services, .slices] {
            Self.comparePages(store.current, resource, &random)
        }
        await store.close()
    }

    /// Pages from random places are the tails of the whole list.
    private static func comparePages(_ snapshot: Snapshot, _ resource: GroupResource, _ random: inout SplitMix64) {
        let all = snapshot.objects(resource, namespace: nil).map(\.key)
        for _ in 0..<40 {
            let after = key("n\(Int.random(in: 0..<320, using: &random))", namespace: Self.namespace(&random), resource)
            let page = snapshot.objects(resource, namespace: nil, after: (after.namespace, after.name)).map(\.key)
            #expect(page == all.filter { after < $0 })
            let namespace = Self.namespace(&random)
            let inside = snapshot.objects(resource, namespace: namespace, after: (after.namespace, after.name))
            #expect(inside.map(\.key) == all.filter { after < $0 && $0.namespace == namespace })
            #expect(snapshot.count(resource, namespace: namespace) == all.filter { $0.namespace == namespace }.count)
        }
    }

    private static func namespace(_ random: inout SplitMix64) -> String { "ns\(Int.random(in: 0..<3, using: &random))" }

    private static func transaction(
        _ step: Int, _ current: [ObjectKey: Int64], _ random: inout SplitMix64
    ) -> (Transaction, [String]) {
        var transaction = Transaction()
        var texts: [String] = []
        var used: Set<ObjectKey> = []
        for number in 0..<Int.random(in: 1...6, using: &random) {
            let resource = Bool.random(using: &random) ? GroupResource.services : .slices
            let at = key("n\(Int.random(in: 0..<80, using: &random) * 4)", namespace: namespace(&random), resource)
            guard used.insert(at).inserted else { continue }
            let isDeletion = Int.random(in: 0..<10, using: &random) < 3
            texts.append("\(step)-\(number)")
            transaction.operations.append(isDeletion ? .delete(at) : .put(at, document("\(step)-\(number)")))
            if Int.random(in: 0..<3, using: &random) == 0 {
                let isStale = Int.random(in: 0..<8, using: &random) == 0
                transaction.conditions.append(.init(key: at, revision: isStale ? 1 : current[at] ?? 0))
            }
        }
        return (transaction, texts)
    }
}
