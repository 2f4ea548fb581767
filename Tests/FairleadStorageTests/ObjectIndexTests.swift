import FairleadModel
import FairleadRandomTesting
import Testing

@testable import FairleadStorage

/// The index against a sorted array, with objects enough for several groups of chunks.
@Suite struct ObjectIndexTests {
    private struct Name: Comparable {
        var namespace: String
        var name: String

        static func < (left: Name, right: Name) -> Bool {
            key(left.name, namespace: left.namespace) < key(right.name, namespace: right.namespace)
        }
    }

    private func stored(_ name: Name, _ revision: Int64) -> StoredObject {
        StoredObject(
            key: key(name.name, namespace: name.namespace), document: Document(["metadata": [:]]), revision: revision,
            createRevision: revision)
    }

    private func names(_ index: ObjectIndex) -> [Name] {
        ObjectSlice(index: index, start: .start, namespace: nil).map {
            Name(namespace: $0.key.namespace, name: $0.key.name)
        }
    }

    /// Every place that the index gives out, compared with the same in the array.
    private func check(_ index: ObjectIndex, is expected: [Name], probing probes: [Name]) {
        #expect(index.count == expected.count)
        #expect(names(index) == expected)
        #expect(index.distance(from: .start, to: index.end) == expected.count)
        for probe in probes {
            let place = expected.partitionPoint { $0 < probe }
            let found = index.lowerBound(namespace: probe.namespace, name: probe.name)
            #expect(index.distance(from: .start, to: found) == place)
            #expect(index[found]?.key.name == (place < expected.count ? expected[place].name : nil))
            let isThere = place < expected.count && expected[place] == probe
            #expect((index.object(namespace: probe.namespace, name: probe.name) != nil) == isThere)
        }
    }

    @Test(arguments: [1, 2, 3]) func agreesWithASortedArray(seed: UInt64) {
        var numbers = SplitMix64(seed: seed)
        func anyName() -> Name {
            Name(
                namespace: ["", "a", "b"][Int.random(in: 0..<3, using: &numbers)],
                name: "n\(Int.random(in: 0..<12_000, using: &numbers))")
        }
        var index = ObjectIndex()
        var expected: [Name] = []
        var kept: [(index: ObjectIndex, names: [Name])] = []
        // Grows, lives, and shrinks to nothing.
        for (phase, removals) in [0.0, 0.5, 1.0].enumerated() {
            for step in 0..<(phase == 2 ? expected.count : 9000) {
                let isRemoval = Double.random(in: 0..<1, using: &numbers) < removals
                let name = isRemoval && phase == 2 ? expected[Int(numbers.next() % UInt64(expected.count))] : anyName()
                let place = expected.partitionPoint { $0 < name }
                let isThere = place < expected.count && expected[place] == name
                if isRemoval {
                    let removed = index.remove(namespace: name.namespace, name: name.name)
                    #expect((removed != nil) == isThere)
                    if isThere { expected.remove(at: place) }
                } else {
                    let (old, new) = index.put(key(name.name, namespace: name.namespace)) { old in
                        stored(name, (old?.revision ?? 0) + 1)
                    }
                    #expect((old != nil) == isThere && new.revision == (old?.revision ?? 0) + 1)
                    if !isThere { expected.insert(name, at: place) }
                }
                if step % 1500 == 0 { kept.append((index, expected)) }
            }
            check(index, is: expected, probing: (0..<100).map { _ in anyName() })
        }
        #expect(index.count == 0)
        // Whoever kept a copy has it as it was.
        for (index, names) in kept { check(index, is: names, probing: (0..<10).map { _ in anyName() }) }
    }

    @Test(arguments: [0, 1, 32, 33, 1024, 1025, 5000]) func isMadeOfAnyNumber(count: Int) {
        let names = (0..<count).map { Name(namespace: "a", name: "n\(10_000 + $0)") }
        let index = ObjectIndex(sorted: names.map { stored($0, 1) })
        check(index, is: names, probing: [Name(namespace: "", name: ""), Name(namespace: "b", name: "")] + names)
    }
}
