import FairleadModel
import Testing

@testable import FairleadStorage

/// Pages of a past state.
struct PastIndexTests {
    private static let maps = GroupResource(group: "", resource: "configmaps")

    private static func transaction(_ name: String, _ count: Int64) -> Transaction {
        let document = Document(["metadata": ["name": .string(name), "namespace": "ns"], "count": .int(count)])
        return Transaction(
            conditions: [], operations: [.put(ObjectKey(maps, namespace: "ns", name: name), document)])
    }

    @Test func aStateThatIsKeptIsThatOfItsRevision() async throws {
        let store = try Store.open(engine: MemoryEngine())
        for number in 0..<10 { _ = try await store.commit(Self.transaction("a\(number)", 1)) }
        let kept = store.current
        store.keep(kept, of: Self.maps)
        for round in 2...20 {
            for number in 0..<10 { _ = try await store.commit(Self.transaction("a\(number)", Int64(round))) }
        }
        for revision in [kept.revision, kept.revision + 37, kept.revision + 37] {
            let past = try store.snapshot(at: revision, of: Self.maps)
            let replayed = try store.snapshot(at: revision)
            #expect(past.revision == revision)
            let objects = Array(past.objects(Self.maps, namespace: nil))
            let expected = Array(replayed.objects(Self.maps, namespace: nil))
            #expect(objects.map(\.revision) == expected.map(\.revision))
            #expect(objects.map(\.value) == expected.map(\.value))
        }
        _ = store.forget(through: kept.revision + 1, limit: .max)
        #expect(throws: StorageError.self) { try store.snapshot(at: kept.revision, of: Self.maps) }
    }

    @Test func theOnesUsedLastStay() {
        var past = PastIndexes()
        for revision in 1...40 as ClosedRange<Int64> {
            past.keep(ObjectIndex(), of: Self.maps, at: revision)
            if revision > 1 { #expect(past.index(of: Self.maps, at: 1) != nil) }
        }
        #expect(past.index(of: Self.maps, at: 5) == nil)
        #expect(past.index(of: Self.maps, at: 40) != nil)
        #expect(past.index(of: GroupResource(group: "", resource: "pods"), at: 40) == nil)
        past.drop(before: 40)
        #expect(past.index(of: Self.maps, at: 1) == nil)
        #expect(past.index(of: Self.maps, at: 40) != nil)
    }
}
