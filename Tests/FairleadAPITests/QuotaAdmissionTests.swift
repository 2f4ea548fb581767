import FairleadModel
import Testing

@testable import FairleadAPI
@testable import FairleadKinds

struct QuotaAdmissionTests {
    private static let quotas = "/api/v1/namespaces/ns/resourcequotas"

    /// A quota `q` whose controller has counted nothing yet, or all of `used`.
    private func fixture(_ hard: Value, used: Value? = nil, spec: Value = .object([:])) async throws -> APIFixture {
        let fixture = try await APIFixture()
        var object: Value = ["metadata": ["name": "q"], "spec": spec]
        object.set(hard, at: "spec", "hard")
        #expect(try await fixture.send("POST", Self.quotas, body: object).status == 201)
        if let used {
            let status: Value = ["status": ["hard": hard, "used": used]]
            #expect(try await fixture.send("PATCH", Self.quotas + "/q/status", body: status).status == 200)
        }
        return fixture
    }

    private func used(_ fixture: APIFixture) async throws -> Value {
        try await fixture.send("GET", Self.quotas + "/q").body.at("status", "used") ?? .null
    }

    private func map(_ name: String) -> Value { ["metadata": ["name": .string(name)]] }

    @Test func whatIsCreatedIsEnteredByTheSameWriteAndWhatIsTooMuchIsForbidden() async throws {
        let fixture = try await fixture(["configmaps": "2"], used: ["configmaps": "0"])
        #expect(try await fixture.send("POST", APIFixture.configMaps, body: map("a")).status == 201)
        #expect(try await used(fixture) == ["configmaps": "1"])
        #expect(try await fixture.send("POST", APIFixture.configMaps, body: map("a")).status == 409)
        #expect(try await fixture.send("POST", APIFixture.configMaps, "dryRun=All", body: map("b")).status == 201)
        #expect(try await used(fixture) == ["configmaps": "1"])
        #expect(try await fixture.send("POST", APIFixture.configMaps, body: map("b")).status == 201)
        let refused = try await fixture.send("POST", APIFixture.configMaps, body: map("c"))
        #expect(refused.status == 403 && refused.reason == "Forbidden")
        #expect(
            refused.message
                == "configmaps \"c\" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=2, limited: configmaps=2"
        )
        #expect(try await fixture.send("POST", APIFixture.configMaps, "dryRun=All", body: map("c")).status == 403)
        // Changing what is there takes nothing.
        let changed = try await fixture.send("PATCH", APIFixture.configMaps + "/a", body: ["data": ["x": "1"]])
        #expect(changed.status == 200)
    }

    @Test func nothingIsLetInBeforeTheQuotaHasBeenCounted() async throws {
        let fixture = try await fixture(["configmaps": "2"])
        // The controller has not taken note of the quota at all: it holds nothing back yet.
        #expect(try await fixture.send("POST", APIFixture.configMaps, body: map("a")).status == 201)
        let half: Value = ["status": ["hard": ["configmaps": "2"]]]
        #expect(try await fixture.send("PATCH", Self.quotas + "/q/status", body: half).status == 200)
        let refused = try await fixture.send("POST", APIFixture.configMaps, body: map("b"))
        #expect(
            refused.message
                == "configmaps \"b\" is forbidden: status unknown for quota: q, resources: configmaps")
    }

    @Test func changingAServiceTakesTheDifference() async throws {
        let hard: Value = ["services": "5", "services.nodeports": "1", "services.loadbalancers": "0"]
        let fixture = try await fixture(
            hard, used: ["services": "0", "services.nodeports": "0", "services.loadbalancers": "0"])
        let service: Value = ["metadata": ["name": "s"], "spec": ["ports": [["port": 80]]]]
        #expect(try await fixture.send("POST", APIFixture.services, body: service).status == 201)
        let path = APIFixture.services + "/s"
        #expect(try await fixture.send("PATCH", path, body: ["spec": ["type": "NodePort"]]).status == 200)
        #expect(try await used(fixture)["services.nodeports"] == "1")
        let refused = try await fixture.send("PATCH", path, body: ["spec": ["type": "LoadBalancer"]])
        #expect(
            refused.message
                == "services \"s\" is forbidden: exceeded quota: q, requested: services.loadbalancers=1, used: services.loadbalancers=0, limited: services.loadbalancers=0"
        )
        let back: Value = ["spec": ["type": "ClusterIP", "ports": .null]]
        _ = try await fixture.send("PATCH", path, body: back)
        #expect(try await fixture.send("PATCH", path, body: ["spec": ["type": "ClusterIP"]]).status == 200)
    }

    @Test func containersMustSayWhatIsBounded() async throws {
        let fixture = try await fixture(
            ["requests.cpu": "1", "limits.memory": "1Gi"], used: ["requests.cpu": "0", "limits.memory": "0"])
        let pod: Value = [
            "metadata": ["name": "p"],
            "spec": ["containers": [["name": "b", "image": "i"], ["name": "a", "image": "i"]]],
        ]
        let refused = try await fixture.send("POST", APIFixture.pods, body: pod)
        #expect(
            refused.message
                == "pods \"p\" is forbidden: failed quota: q: must specify limits.memory for: a,b; requests.cpu for: a,b"
        )
    }

    @Test func manyAtOnceTakeNoMoreThanThereIs() async throws {
        let fixture = try await fixture(["configmaps": "5"], used: ["configmaps": "0"])
        let codes = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<20 {
                group.addTask {
                    try await fixture.send("POST", APIFixture.configMaps, body: map("m\(index)")).status
                }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(codes.count { $0 == 201 } == 5 && codes.count { $0 == 403 } == 15)
        #expect(try await used(fixture) == ["configmaps": "5"])
    }
}
