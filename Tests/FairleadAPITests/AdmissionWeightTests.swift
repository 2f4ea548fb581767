import FairleadKinds
import FairleadModel
import FairleadStorage
import Testing

@testable import FairleadAPI

/// A small write may be much work for what its namespace or the cluster has beside it.
struct AdmissionWeightTests {
    private let pod: Value = ["metadata": ["name": "p"], "spec": ["containers": [["name": "c", "image": "i"]]]]
    private let map: Value = ["metadata": ["name": "m"]]
    private static let pods = APIFixture.pods
    private static let claims = "/api/v1/namespaces/ns/persistentvolumeclaims"

    private func put(
        _ count: Int, _ group: String, _ resource: String, namespace: String = "ns", _ fixture: APIFixture
    ) async throws {
        let operations = (0..<count).map { number -> Transaction.Operation in
            let key = ObjectKey(
                GroupResource(group: group, resource: resource), namespace: namespace, name: "n\(number)")
            let text = String(repeating: "x", count: 400)
            return .put(key, Document(["metadata": ["name": .string(key.name)], "spec": ["text": .string(text)]]))
        }
        _ = try await fixture.store.commit(Transaction(conditions: [], operations: operations))
    }

    private func isComputed(_ fixture: APIFixture, _ path: String, _ body: Value) -> Bool {
        if case .computed = fixture.pipeline.handle(APIFixture.request("POST", path, body: body)) { return true }
        return false
    }

    @Test(arguments: [
        ("", "resourcequotas", "ns", [pods, claims, APIFixture.configMaps, APIFixture.services]),
        ("", "resourcequotas", "other", []), ("", "limitranges", "ns", [pods, claims]),
        ("scheduling.k8s.io", "priorityclasses", "", [pods]),
        ("networking.k8s.io", "servicecidrs", "", [APIFixture.services]),
        ("policy", "poddisruptionbudgets", "ns", []),
    ])
    func whatIsGoneThroughIsAddedUp(
        _ group: String, _ resource: String, _ namespace: String, _ heavy: [String]
    ) async throws {
        let fixture = try await APIFixture()
        let all = [Self.pods, Self.claims, APIFixture.configMaps, APIFixture.services]
        try await put(10, group, resource, namespace: namespace, fixture)
        for path in all { #expect(!isComputed(fixture, path, map), "\(path)") }
        try await put(60, group, resource, namespace: namespace, fixture)
        for path in all { #expect(isComputed(fixture, path, map) == heavy.contains(path), "\(path)") }
    }

    @Test func limitsAreHeldAgainstEachContainer() async throws {
        let fixture = try await APIFixture()
        try await put(10, "", "limitranges", fixture)
        let many: Value = ["spec": ["containers": .array(Array(repeating: ["name": "c"], count: 150))]]
        #expect(!isComputed(fixture, Self.pods, pod))
        #expect(isComputed(fixture, Self.pods, many))
        #expect(!isComputed(fixture, APIFixture.services, many))
    }

    /// Somebody who admits ConfigMaps.
    private struct Plugin: DynamicAdmission {
        var isLaborious: Bool?

        func isInterested(
            in operation: AdmissionOperation, _ kind: Kind, subresource: String?, _ snapshot: Snapshot
        ) -> Bool { operation == .create && kind.groupResource.resource == "configmaps" }

        func isLaborious(
            in operation: AdmissionOperation, _ kind: Kind, subresource: String?, _ snapshot: Snapshot
        ) -> Bool { isLaborious ?? true }

        func mutate(_ attributes: AdmissionAttributes) async throws(APIStatus) -> Value? { attributes.object }
        func validate(_ attributes: AdmissionAttributes) async throws(APIStatus) {}
    }

    @Test(arguments: [([], false), ([false], false), ([true], true), ([false, true], true)])
    func onlyLaboriousAdmissionLeavesTheEventLoop(_ plugins: [Bool], _ leaves: Bool) async throws {
        let fixture = try await APIFixture()
        var api = fixture.api
        api.admission = plugins.map { Plugin(isLaborious: $0) }
        let pipeline = Pipeline(api: api)
        func isComputed(_ path: String) -> Bool {
            if case .computed = pipeline.handle(APIFixture.request("POST", path, body: map)) { return true }
            return false
        }
        #expect(isComputed(APIFixture.configMaps) == leaves)
        // Nobody is interested in these.
        #expect(!isComputed(APIFixture.services))
    }
}
