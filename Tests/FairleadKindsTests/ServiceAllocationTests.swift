@testable import FairleadKinds
import FairleadModel
import FairleadRandomTesting
import FairleadStorage
import Testing

@Suite struct ServiceAllocationTests {
    private let port: Value = [["port": 80]]

    @Test func takenAddressIsRefusedAndFreeAfterDeletion() async throws {
        let fixture = try ServiceFixture()
        try await fixture.create("a", ["clusterIP": "10.96.0.202", "ports": port])
        let claim = fixture.store.current.object(
            ObjectKey(ServiceFixture.addresses, namespace: "", name: "10.96.0.202"))
        #expect(
            claim?.value["spec"] == ["parentRef": ["name": "a", "namespace": "ns", "resource": "services"]])
        #expect(
            claim?.labels == [
                "ipaddress.kubernetes.io/ip-family": "IPv4",
                "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
            ])
        let second: Value = ["clusterIP": "10.96.0.202", "ports": port]
        let causes = try await fixture.refusal { try await fixture.create("b", second) }
        #expect(
            causes == [
                #"spec.clusterIPs: Invalid value: ["10.96.0.202"]: failed to allocate IP 10.96.0.202: provided IP is already allocated"#
            ])
        try await fixture.delete("a")
        try await fixture.create("b", second)
        #expect(fixture.imbalance() == [])
    }

    @Test(arguments: ["10.97.0.1", "10.96.0.0", "10.96.255.255"])
    func addressOutsideOfEveryRangeIsRefused(_ address: String) async throws {
        let fixture = try ServiceFixture()
        let causes = try await fixture.refusal {
            try await fixture.create("a", ["clusterIP": .string(address), "ports": port])
        }
        #expect(causes.count == 1)
        #expect(causes.first?.hasSuffix("the provided network does not match the current range") == true)
    }

    @Test func serviceWithoutANameFailsAtItsClaim() async throws {
        let fixture = try ServiceFixture()
        let causes = try await fixture.refusal { try await fixture.create("", ["ports": port]) }
        #expect(causes.count == 1)
        #expect(
            causes.first?.hasPrefix(
                #"spec.clusterIPs: Invalid value: [""]: failed to allocate IP: IPAddress.networking.k8s.io "10.96."#)
                == true)
        #expect(causes.first?.hasSuffix(#" is invalid: spec.parentRef.name: Required value"#) == true)
    }

    @Test func oneServiceMayUseANodePortForSeveralProtocols() async throws {
        let fixture = try ServiceFixture()
        let both: Value = [
            ["port": 80, "name": "a", "nodePort": 30014],
            ["port": 80, "name": "b", "protocol": "UDP", "nodePort": 30014],
        ]
        try await fixture.create("s", ["type": "NodePort", "ports": both])
        let other: Value = ["type": "NodePort", "ports": [["port": 80, "protocol": "UDP", "nodePort": 30014]]]
        let causes = try await fixture.refusal { try await fixture.create("t", other) }
        #expect(causes == ["spec.ports[0].nodePort: Invalid value: 30014: provided port is already allocated"])
        let shared = try await fixture.create(
            "u",
            ["type": "NodePort", "ports": [["port": 53, "name": "t"], ["port": 53, "name": "u", "protocol": "UDP"]]])
        let numbers = shared.at("spec", "ports")?.array?.compactMap { $0["nodePort"]?.int } ?? []
        #expect(numbers.count == 2 && numbers[0] == numbers[1])
        #expect(fixture.imbalance() == [])
    }

    @Test func badHealthCheckPortIsAnInternalError() async throws {
        let fixture = try ServiceFixture()
        do {
            try await fixture.create(
                "u",
                [
                    "type": "LoadBalancer", "externalTrafficPolicy": "Local", "healthCheckNodePort": 20, "ports": port,
                ])
            Issue.record("accepted")
        } catch let refusal as ServiceFixture.Refusal {
            #expect(refusal.status.code == 500)
            #expect(
                refusal.status.message
                    == "Internal error occurred: failed to allocate requested HealthCheck NodePort 20: provided port is not in the valid range. The range of valid ports is 30000-32767"
            )
        }
    }

    @Test func dryRunTakesNothing() async throws {
        let fixture = try ServiceFixture()
        let shown = try await fixture.create("s", ["type": "NodePort", "ports": port], isDryRun: true)
        #expect(shown.at("spec", "clusterIP") == "10.96.0.0")
        #expect(shown.at("spec", "ports")?.array?.first?["nodePort"] == 32769)
        #expect(fixture.store.current.count(ServiceFixture.addresses, namespace: nil) == 0)
        let spec: Value = ["type": "NodePort", "clusterIP": "10.96.0.213", "ports": [["port": 80, "nodePort": 30029]]]
        try await fixture.create("s", spec, isDryRun: true)
        try await fixture.create("s", spec)
        #expect(fixture.imbalance() == [])
    }

    @Test func dynamicBandFillsBeforeTheStaticOne() async throws {
        // 254 addresses, 16 of them kept for static use (KEP-3070); 100 ports, 16 of them (KEP-3668).
        let fixture = try ServiceFixture(ranges: ["10.96.0.0/24"], nodePorts: 30000...30099)
        for index in 0..<84 { try await fixture.create("p\(index)", ["type": "NodePort", "ports": port]) }
        for index in 0..<154 { try await fixture.create("a\(index)", ["ports": port]) }
        var addresses = fixture.store.current.objects(ServiceFixture.addresses, namespace: nil, after: nil)
            .compactMap { IPAddress($0.key.name)?.bits }
        let static16 = CIDR("10.96.0.16/32")?.network.bits ?? 0
        #expect(addresses.allSatisfy { $0 > static16 })
        let ports = fixture.store.current.objects(ServiceFixture.ports, namespace: nil, after: nil)
            .compactMap { Int($0.key.name) }
        #expect(ports.allSatisfy { $0 >= 30016 })
        for index in 0..<16 { try await fixture.create("q\(index)", ["type": "NodePort", "ports": port]) }
        addresses = fixture.store.current.objects(ServiceFixture.addresses, namespace: nil, after: nil)
            .compactMap { IPAddress($0.key.name)?.bits }
        #expect(Set(addresses).count == 254)
        let full = try await fixture.refusal { try await fixture.create("x", ["ports": port]) }
        #expect(full == [#"spec.clusterIPs: Invalid value: [""]: failed to allocate IP: range is full"#])
        #expect(fixture.imbalance() == [])
    }

    @Test func furtherServiceCIDRsAreUsedUnlessTheyAreNotReady() async throws {
        let fixture = try ServiceFixture(ranges: ["10.96.0.0/16"])
        let cidrs = [
            ("kubernetes", "10.96.0.0/29", "True"), ("more", "10.97.0.0/24", "True"),
            ("gone", "10.98.0.0/24", "False"),
        ]
        for (name, range, status) in cidrs {
            let cidr: Value = [
                "metadata": ["name": .string(name)], "spec": ["cidrs": [.string(range)]],
                "status": ["conditions": [["type": "Ready", "status": .string(status)]]],
            ]
            var transaction = Transaction()
            let resource = GroupResource(group: "networking.k8s.io", resource: "servicecidrs")
            transaction.operations.append(.put(ObjectKey(resource, namespace: "", name: name), Document(cidr)))
            _ = try await fixture.store.commit(transaction)
        }
        for index in 0..<20 { try await fixture.create("s\(index)", ["ports": port]) }
        try await fixture.create("t", ["clusterIP": "10.97.0.7", "ports": port])
        let causes = try await fixture.refusal {
            try await fixture.create("u", ["clusterIP": "10.98.0.7", "ports": port])
        }
        #expect(causes.count == 1)
        #expect(fixture.imbalance() == [])
    }

    /// Random creations, changes and deletions by many at once; a naive model of who holds what is the judge.
    @Test(arguments: [1, 2, 3] as [UInt64]) func booksBalanceAfterAStorm(_ seed: UInt64) async throws {
        let fixture = try ServiceFixture(
            ranges: ["10.96.0.0/25", "fd00:96::/120"], nodePorts: 30000...30063, seed: seed)
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask { await storm(fixture, worker: worker, seed: seed) }
            }
        }
        #expect(fixture.imbalance() == [])
        #expect(fixture.store.current.count(ServiceFixture.services, namespace: nil) > 8)
        #expect(fixture.store.current.revision > 150)
        for object in fixture.store.current.objects(ServiceFixture.services, namespace: nil, after: nil) {
            try await fixture.delete(object.key.name)
        }
        #expect(fixture.store.current.count(ServiceFixture.addresses, namespace: nil) == 0)
        #expect(fixture.store.current.count(ServiceFixture.ports, namespace: nil) == 0)
    }

    private func storm(_ fixture: ServiceFixture, worker: Int, seed: UInt64) async {
        let chance = Environment.repeatable(seed: seed &* 1000 &+ UInt64(worker))
        func pick(_ count: Int) -> Int {
            chance.randomSuffix(4).unicodeScalars.reduce(0) { $0 * 31 + Int($1.value) } % count
        }
        let types: [Value] = ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]
        let policies: [Value] = ["SingleStack", "PreferDualStack", "RequireDualStack"]
        for _ in 0..<60 {
            let name = "s\(worker)-\(pick(6))"
            // Refusals (taken, full, not there, already there) are part of the game.
            switch pick(4) {
            case 0:
                var spec: Value = ["type": types[pick(3)], "ipFamilyPolicy": policies[pick(3)], "ports": port]
                if pick(2) == 0, spec["type"] != "ClusterIP" {
                    spec["ports"] = [["port": 80, "nodePort": .int(Int64(30000 + pick(64)))]]
                }
                _ = try? await fixture.create(name, spec)
            case 1:
                let type = types[pick(4)]
                let local: Value = pick(2) == 0 ? "Local" : "Cluster"
                _ = try? await fixture.update(name) { spec in
                    spec["type"] = type
                    if type == "ExternalName" { spec["externalName"] = "x.y" }
                    if type == "NodePort" || type == "LoadBalancer" { spec["externalTrafficPolicy"] = local }
                }
            case 2:
                let policy = policies[pick(3)]
                _ = try? await fixture.update(name) { $0["ipFamilyPolicy"] = policy }
            default: try? await fixture.delete(name)
            }
        }
    }
}
