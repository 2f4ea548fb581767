@testable import FairleadKinds
import FairleadModel
import Testing

@Suite struct ServiceTransitionTests {
    private let port: Value = [["port": 80]]

    private func port(_ number: Int64, _ name: String, nodePort: Int64? = nil) -> Value {
        var port: Value = ["port": .int(number), "name": .string(name)]
        if let nodePort { port["nodePort"] = .int(nodePort) }
        return port
    }

    private func nodePorts(_ service: Value) -> [Int64] {
        service.at("spec", "ports")?.array?.map { $0["nodePort"]?.int ?? 0 } ?? []
    }

    @Test func typeChangesReleaseWhatTheNewTypeDoesNotNeed() async throws {
        let fixture = try ServiceFixture()
        try await fixture.create(
            "s", ["type": "LoadBalancer", "externalTrafficPolicy": "Local", "ports": port])
        let clusterIP = try await fixture.update("s") { $0["type"] = "ClusterIP" }
        let keys = clusterIP["spec"]?.object.map { Array($0.keys) } ?? []
        #expect(
            keys == [
                "clusterIP", "clusterIPs", "internalTrafficPolicy", "ipFamilies", "ipFamilyPolicy", "ports",
                "sessionAffinity", "type",
            ])
        #expect(nodePorts(clusterIP) == [0])
        #expect(fixture.store.current.count(ServiceFixture.ports, namespace: nil) == 0)
        let external = try await fixture.update("s") { spec in
            spec["type"] = "ExternalName"
            spec["externalName"] = "x.y"
        }
        #expect(
            external["spec"]?.object.map { Array($0.keys) } == ["externalName", "ports", "sessionAffinity", "type"])
        #expect(fixture.store.current.count(ServiceFixture.addresses, namespace: nil) == 0)
        let back = try await fixture.update("s") { spec in
            spec["type"] = "NodePort"
            spec["externalName"] = nil
        }
        #expect(nodePorts(back)[0] >= 30086)
        #expect(fixture.imbalance() == [])
    }

    @Test func nodePortsFollowTheNameOfTheirPort() async throws {
        let fixture = try ServiceFixture()
        try await fixture.create(
            "s", ["type": "NodePort", "ports": [port(80, "a", nodePort: 30036), port(443, "b", nodePort: 30037)]])
        let swapped = try await fixture.update("s") {
            $0["ports"] = [port(8080, "b"), port(80, "a"), port(81, "c")]
        }
        #expect(nodePorts(swapped).prefix(2) == [30037, 30036])
        let renamed = try await fixture.update("s") { $0["ports"] = [port(443, "x"), port(80, "y")] }
        #expect(Set(nodePorts(renamed)).isDisjoint(with: [0, 30036, 30037]))
        #expect(fixture.imbalance() == [])
    }

    @Test func addressesStayUnlessTheClientChangesThem() async throws {
        let fixture = try ServiceFixture()
        try await fixture.create("s", ["clusterIP": "10.96.0.208", "ports": port])
        for change: @Sendable (inout Value) -> Void in [
            { $0["clusterIP"] = nil },
            { spec in
                spec["clusterIP"] = nil
                spec["clusterIPs"] = nil
                spec["ipFamilies"] = nil
                spec["ipFamilyPolicy"] = nil
            },
        ] {
            let kept = try await fixture.update("s", change)
            #expect(kept.at("spec", "clusterIPs") == ["10.96.0.208"])
            #expect(kept.at("spec", "ipFamilyPolicy") == "SingleStack")
        }
        let changed = try await fixture.refusal { try await fixture.update("s") { $0["clusterIP"] = "10.96.0.209" } }
        #expect(changed == [#"spec.clusterIPs[0]: Invalid value: ["10.96.0.209"]: may not change once set"#])
        let headless = try await fixture.refusal {
            try await fixture.update("s") { spec in
                spec["clusterIP"] = "None"
                spec["clusterIPs"] = ["None"]
            }
        }
        #expect(headless == [#"spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set"#])
        #expect(fixture.imbalance() == [])
    }

    @Test func healthCheckPortIsFixedWhileItIsNeeded() async throws {
        let fixture = try ServiceFixture()
        let made = try await fixture.create("s", ["type": "LoadBalancer", "ports": port])
        let local = try await fixture.update("s") { $0["externalTrafficPolicy"] = "Local" }
        #expect(local.at("spec", "healthCheckNodePort")?.int ?? 0 >= 30086)
        #expect(nodePorts(local) == nodePorts(made))
        let moved = try await fixture.refusal { try await fixture.update("s") { $0["healthCheckNodePort"] = 30022 } }
        #expect(moved == ["spec.healthCheckNodePort: Forbidden: field is immutable"])
        let cluster = try await fixture.update("s") { $0["externalTrafficPolicy"] = "Cluster" }
        #expect(cluster.at("spec", "healthCheckNodePort") == nil)
        #expect(fixture.store.current.count(ServiceFixture.ports, namespace: nil) == 1)
        #expect(fixture.imbalance() == [])
    }

    @Test func secondFamilyComesAndGoesWithThePolicy() async throws {
        let fixture = try ServiceFixture(ranges: ["10.96.0.0/16", "fd00:96::/108"])
        let single = try await fixture.create("s", ["ports": port])
        let first = single.at("spec", "clusterIP")
        let dual = try await fixture.update("s") { $0["ipFamilyPolicy"] = "PreferDualStack" }
        #expect(dual.at("spec", "ipFamilies") == ["IPv4", "IPv6"])
        #expect(dual.at("spec", "clusterIPs")?.array?.count == 2)
        #expect(dual.at("spec", "clusterIP") == first)
        let noPolicy = try await fixture.update("s") { $0["ipFamilyPolicy"] = nil }
        #expect(noPolicy.at("spec", "ipFamilyPolicy") == "PreferDualStack")
        let alone = try await fixture.refusal { try await fixture.update("s") { $0["ipFamilies"] = ["IPv4"] } }
        #expect(
            alone == [
                "spec.ipFamilyPolicy: Invalid value: \"PreferDualStack\": must be 'SingleStack' to release the secondary IP family"
            ])
        let reduced = try await fixture.update("s") { $0["ipFamilyPolicy"] = "SingleStack" }
        #expect(reduced["spec"]?["clusterIPs"]?.array == [first ?? .null])
        #expect(reduced.at("spec", "ipFamilies") == ["IPv4"])
        #expect(fixture.imbalance() == [])
    }

    @Test(
        arguments: [
            (["IPv4"], "SingleStack", 1), (["IPv6"], "SingleStack", 1), (["IPv6"], "PreferDualStack", 2),
            (["IPv4"], "RequireDualStack", 2), (["IPv6", "IPv4"], "RequireDualStack", 2), ([], "PreferDualStack", 2),
        ] as [([String], String, Int)])
    func familiesDecideTheOrderOfAddresses(_ families: [String], _ policy: String, _ count: Int) async throws {
        let fixture = try ServiceFixture(ranges: ["10.96.0.0/16", "fd00:96::/108"])
        let service = try await fixture.create(
            "s", ["ipFamilies": .array(families.map(Value.string)), "ipFamilyPolicy": .string(policy), "ports": port])
        let texts = service.at("spec", "clusterIPs")?.array?.compactMap(\.string) ?? []
        let addresses = texts.compactMap { IPAddress($0) }
        #expect(addresses.count == count)
        #expect(addresses.map(\.family) == service.at("spec", "ipFamilies")?.array?.compactMap(\.string))
        #expect(addresses.first?.family == families.first ?? "IPv4")
        #expect(fixture.imbalance() == [])
    }

    @Test func headlessWithoutSelectorTakesBothFamilies() async throws {
        let fixture = try ServiceFixture()
        let plain = try await fixture.create("a", ["clusterIP": "None", "ports": port])
        #expect(plain.at("spec", "ipFamilyPolicy") == "RequireDualStack")
        #expect(plain.at("spec", "ipFamilies") == ["IPv4", "IPv6"])
        let selecting = try await fixture.create("b", ["clusterIP": "None", "ports": port, "selector": ["a": "b"]])
        #expect(selecting.at("spec", "ipFamilies") == ["IPv4"])
        #expect(fixture.imbalance() == [])
    }
}
