import FairleadModel
import Testing

@testable import FairleadClient

@Suite struct FindingCacheTests {
    private func pod(_ number: Int, revision: Int64) -> StoredObject {
        // All of one length, so that they sort as their numbers do.
        let name = "p-\(1000 + number)"
        return StoredObject(
            key: ObjectKey(GroupVersionResource.pods.groupResource, namespace: "n", name: name),
            document: Document(["kind": "Pod", "metadata": ["name": .string(name), "namespace": "n"]]),
            revision: revision, createRevision: 1)
    }

    private func finding(_ object: StoredObject, _ basis: Int) -> String {
        "\(object.key.name)/\(object.revision)/\(basis)"
    }

    @Test func onlyWhatHasChangedIsExamined() {
        let cache = FindingCache<String, Int, String>()
        var pods = (0..<200).map { pod($0, revision: 1) }
        func examined(_ basis: Int) -> Int {
            var count = 0
            let found = cache.findings(of: "k", basis: basis, in: pods) { pod in
                count += 1
                return finding(pod, basis)
            }
            #expect(found == pods.map { finding($0, basis) })
            return count
        }
        #expect(examined(0) == 200)
        #expect(examined(0) == 0)
        pods[7] = pod(7, revision: 2)
        pods.remove(at: 100)
        pods.append(pod(300, revision: 3))
        #expect(examined(0) == 2)
        #expect(examined(1) == 200)
        cache.forget("k")
        #expect(examined(1) == 200)
    }

    @Test func findingsAreThoseOfAFreshLookWhateverChanges() {
        let cache = FindingCache<String, Int, String>()
        var random = SplitMix64(seed: 3)
        var versions: [Int: StoredObject] = [:]
        var revision: Int64 = 0
        for _ in 0..<300 {
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                let number = Int.random(in: 0..<80, using: &random)
                revision += 1
                versions[number] = Bool.random(using: &random) ? pod(number, revision: revision) : nil
            }
            let pods = versions.sorted { $0.key < $1.key }.map(\.value)
            let basis = Int.random(in: 0..<20, using: &random) == 0 ? 1 : 0
            let found = cache.findings(of: "k", basis: basis, in: pods) { finding($0, basis) }
            #expect(found == pods.map { finding($0, basis) })
        }
    }
}
