import FairleadClient
import FairleadClientTesting
import FairleadControllers
import FairleadModel
import Testing

@testable import FairleadServer

/// ServiceCIDRs and IPAddresses while Services come and go.
struct ServiceRangeTests {
    private func controllers(_ fixture: ControlPlaneFixture) -> (InformerSet) -> [any Controller] {
        {
            [
                fixture.make(ServiceCIDRController.descriptor, $0),
                fixture.make(IPAddressRepairController.descriptor, $0),
            ]
        }
    }

    private func isReady(_ fixture: ControlPlaneFixture, _ name: String) -> Bool {
        let conditions = fixture.object(.serviceCIDRs, name)?.at("status", "conditions")?.array ?? []
        return conditions.contains { $0["type"]?.string == "Ready" && $0["status"]?.string == "True" }
    }

    private func refuses(_ body: () async throws -> Value) async -> Bool {
        do {
            _ = try await body()
            return false
        } catch { return error is APIStatus }
    }

    @Test func aFullRangeIsRelievedByAnotherAndEachAddressIsHeldOnce() async throws {
        // Six addresses, of which `kubernetes` has one.
        let fixture = try ControlPlaneFixture(ranges: ["10.96.0.0/29"])
        try await fixture.run(controllers(fixture)) {
            for number in 0..<5 { try await fixture.createService("s\(number)") }
            let isRefused = await refuses { try await fixture.createService("s5") }
            #expect(isRefused)
            try await fixture.createServiceCIDR("more", "10.97.0.0/29")
            try await fixture.wait { isReady(fixture, "more") }
            for number in 5..<11 { try await fixture.createService("s\(number)") }
            let isFull = await refuses { try await fixture.createService("s11") }
            #expect(isFull)
            let addresses = fixture.objects(.services).compactMap { $0.at("spec", "clusterIP")?.string }
            #expect(addresses.count == 12 && Set(addresses).count == 12)
            #expect(Set(fixture.objects(.ipAddresses).map(\.name)) == Set(addresses))
        }
    }

    @Test func aRangeInUseStaysUntilItsLastAddressIsGivenBack() async throws {
        let fixture = try ControlPlaneFixture()
        try await fixture.run(controllers(fixture)) {
            try await fixture.createServiceCIDR("more", "10.97.0.0/24")
            try await fixture.wait { isReady(fixture, "more") }
            let spec: Value = ["clusterIP": "10.97.0.7", "ports": [["port": 80]]]
            try await fixture.createService("s", spec: spec)
            try await fixture.client.delete(.serviceCIDRs, namespace: "", name: "more")
            let isHeld = await eventually {
                let conditions = fixture.object(.serviceCIDRs, "more")?.at("status", "conditions")?.array ?? []
                return conditions.contains { $0["reason"]?.string == "Terminating" }
            }
            #expect(isHeld)
            let refused: Value = ["clusterIP": "10.97.0.8", "ports": [["port": 80]]]
            let isRefused = await refuses { try await fixture.createService("t", spec: refused) }
            #expect(isRefused)
            try await fixture.client.delete(.services, namespace: "default", name: "s")
            try await fixture.wait { fixture.object(.serviceCIDRs, "more") == nil }
        }
    }

    @Test func theClaimOfALivingServiceComesBackAndOneWithoutAServiceGoes() async throws {
        let fixture = try ControlPlaneFixture()
        try await fixture.run(controllers(fixture)) {
            try await fixture.createService("s", spec: ["clusterIP": "10.96.0.7", "ports": [["port": 80]]])
            let claim = try #require(fixture.object(.ipAddresses, "10.96.0.7"))
            try await fixture.client.delete(.ipAddresses, namespace: "", name: "10.96.0.7")
            let isRepaired = await eventually {
                fixture.object(.ipAddresses, "10.96.0.7").map { $0.uid != claim.uid } ?? false
            }
            #expect(isRepaired)
            #expect(fixture.object(.ipAddresses, "10.96.0.7")?["spec"] == claim["spec"])

            var leaked = claim
            leaked.name = "10.96.0.99"
            leaked.set(nil, at: "metadata", "resourceVersion")
            leaked.set("nobody", at: "spec", "parentRef", "name")
            _ = try await fixture.client.create(.ipAddresses, namespace: "", leaked)
            var handMade = leaked
            handMade.name = "10.96.0.98"
            handMade.labels = [:]
            _ = try await fixture.client.create(.ipAddresses, namespace: "", handMade)
            try await fixture.wait { fixture.object(.ipAddresses, "10.96.0.99") == nil }
            #expect(fixture.object(.ipAddresses, "10.96.0.98") != nil)
            let told = await eventually {
                let reasons = fixture.objects(.events, namespace: "default").compactMap { $0["reason"]?.string }
                return reasons.contains("ClusterIPNotAllocated") && reasons.contains("IPAddressNotAllocated")
            }
            #expect(told)
        }
    }
}
