import FairleadModel
import FairleadStorage
import Testing

@testable import FairleadAPI
@testable import FairleadKinds

/// Stored objects that cannot be read: an error with its key for whoever asks, nothing for everybody else.
struct DamagedObjectTests {
    /// An engine that has found things it cannot read.
    private final class WornEngine: StorageEngine {
        private let whole = MemoryEngine()
        private let keys: [ObjectKey]

        init(_ keys: [ObjectKey]) { self.keys = keys }

        func load() throws(StorageError) -> EngineState {
            var state = try whole.load()
            // 0 is what the engine behind this says of a key that it does not know.
            state.damaged = keys.map { DamagedVersion(key: $0, revision: 0, reason: "worn", isCurrent: true) }
            return state
        }
        func commit(_ batch: [Transaction]) throws(StorageError) -> [Result<Int64, StorageError>] {
            try whole.commit(batch)
        }
        func compact(through revision: Int64, limit: Int) throws(StorageError) -> Bool { false }
        func close() {}
    }

    private func key(_ name: String, _ resource: String) -> ObjectKey {
        ObjectKey(GroupResource(group: "", resource: resource), namespace: "ns", name: name)
    }

    @Test func whoeverNamesOneGetsAnErrorWithItsKey() async throws {
        let fixture = try await APIFixture(engine: WornEngine([key("bad", "configmaps")]))
        let path = APIFixture.configMaps
        let body: Value = ["metadata": ["name": "bad"], "data": ["a": "b"]]
        for (method, query) in [("GET", ""), ("PUT", ""), ("PATCH", "")] {
            let answer = try await fixture.send(method, path + "/bad", query, body: method == "GET" ? nil : body)
            #expect(answer.status == 500 && answer.reason == "InternalError", "\(method)")
            #expect(answer.message.contains("configmaps ns/bad") && answer.message.contains("worn"))
        }
        try await fixture.send("POST", path, body: ["metadata": ["name": "good"]])
        #expect(try await fixture.send("GET", path).names == ["good"])
        #expect(try await fixture.send("GET", path, "fieldSelector=metadata.name=bad").names.isEmpty)
    }

    @Test func itCanBeDeletedAndMadeAgain() async throws {
        let fixture = try await APIFixture(engine: WornEngine([key("bad", "configmaps")]))
        let path = APIFixture.configMaps
        let guarded = try await fixture.send(
            "DELETE", path + "/bad", body: ["preconditions": ["uid": "who knows"]])
        #expect(guarded.status == 409)
        #expect(try await fixture.send("DELETE", path + "/bad", "dryRun=All").status == 200)
        #expect(try await fixture.send("GET", path + "/bad").status == 500)
        #expect(try await fixture.send("DELETE", path + "/bad").status == 200)
        #expect(try await fixture.send("GET", path + "/bad").status == 404)
        #expect(try await fixture.send("POST", path, body: ["metadata": ["name": "bad"]]).status == 201)
        #expect(try await fixture.send("GET", path + "/bad").status == 200)
    }

    @Test func itGoesWithTheCollection() async throws {
        let fixture = try await APIFixture(engine: WornEngine([key("bad", "configmaps"), key("other", "secrets")]))
        try await fixture.send("DELETE", APIFixture.configMaps, "labelSelector=a")
        #expect(fixture.store.current.damaged.count == 2)
        try await fixture.send("DELETE", APIFixture.configMaps)
        #expect(fixture.store.current.damaged.map(\.key.name) == ["other"])
    }

    @Test func aServiceGivesBackWhatItHeld() async throws {
        let fixture = try await APIFixture(engine: WornEngine([key("web", "services")]))
        let owner = ServiceOwner(namespace: "ns", name: "web")
        let address = try #require(IPAddress("10.96.0.77"))
        var transaction = Transaction()
        transaction.operations = [
            .put(
                AllocationClaims.key(address),
                Document(AllocationClaims.claim(address, for: owner, fixture.api.environment))),
            .put(
                AllocationClaims.key(nodePort: 30077),
                Document(AllocationClaims.claim(nodePort: 30077, for: owner, fixture.api.environment))),
        ]
        _ = try await fixture.store.commit(transaction)
        // As long as it is there nobody can tell what it shows.
        #expect(ClaimsAudit(fixture.store.current, fixture.api.environment).findings.isEmpty)
        #expect(try await fixture.send("DELETE", APIFixture.services + "/web").status == 200)
        #expect(fixture.store.current.isFree(AllocationClaims.key(address)))
        #expect(fixture.store.current.isFree(AllocationClaims.key(nodePort: 30077)))
    }

    @Test func aClaimThatCannotBeReadIsNobodys() async throws {
        let address = try #require(IPAddress("10.96.0.1"))
        let keys = [AllocationClaims.key(address), key("web", "services")]
        let fixture = try await APIFixture(engine: WornEngine(keys))
        let mending = try #require(ClaimsAudit(fixture.store.current, fixture.api.environment).mending())
        #expect(mending.operations.map(\.key) == [AllocationClaims.key(address)])
    }

    @Test func claimsThatDoNotFitTheServicesAreFoundAndMended() async throws {
        let fixture = try await APIFixture()
        let body: Value = [
            "metadata": ["name": "web"], "spec": ["type": "NodePort", "ports": [["port": 80, "nodePort": 30005]]],
        ]
        let made = try await fixture.send("POST", APIFixture.services, body: body)
        let address = try #require(IPAddress(made.body.at("spec", "clusterIP")?.string ?? ""))
        func audit() -> ClaimsAudit { ClaimsAudit(fixture.store.current, fixture.api.environment) }
        #expect(audit().findings.isEmpty)
        let stranger = ServiceOwner(namespace: "ns", name: "gone")
        var damage = Transaction()
        damage.operations = [
            .delete(AllocationClaims.key(address)),
            .put(
                AllocationClaims.key(nodePort: 30005),
                Document(AllocationClaims.claim(nodePort: 30005, for: stranger, fixture.api.environment))),
            .put(
                AllocationClaims.key(nodePort: 30006),
                Document(AllocationClaims.claim(nodePort: 30006, for: stranger, fixture.api.environment))),
        ]
        _ = try await fixture.store.commit(damage)
        let texts = audit().findings.map(\.text)
        #expect(texts.count == 3, "\(texts)")
        #expect(texts.contains("address \(address) of Service ns/web is not claimed"))
        #expect(texts.contains { $0.hasPrefix("node port 30006 is claimed by services ns/gone") })
        _ = try await fixture.store.commit(try #require(audit().mending()))
        #expect(audit().findings.isEmpty)
    }
}
