import FairleadModel
import FairleadSimulation
import Testing

@testable import FairleadServer

/// The Corefile shows how the DNS is set, until somebody else writes to it.
struct KubeDNSTests {
    private func install(
        _ fixture: ControlPlaneFixture, _ change: (inout KubeDNS.Settings) -> Void = { _ in }
    ) async throws -> String {
        var settings = KubeDNS.Settings(clusterDomain: "example.org")
        change(&settings)
        let dns = KubeDNS(
            client: LoopbackClient(api: fixture.api, manager: "kubelet"), manager: "kubelet",
            serviceCIDR: try #require(CIDR("10.96.0.0/16")), settings: settings)
        try await dns.install()
        let map = try await fixture.client.get(.configMaps, namespace: "kube-system", name: "coredns")
        return map.text("data", "Corefile")
    }

    @Test func theCorefileFollowsTheSettingsUntilSomebodyElseWritesToIt() async throws {
        let fixture = try ControlPlaneFixture()
        try await fixture.bootstrap.run { what, refusal in Issue.record("\(what): \(refusal.message)") }
        let first = try await install(fixture)
        for line in ["kubernetes example.org in-addr.arpa", "ttl 5\n", "pods insecure\n", "# No forward"] {
            #expect(first.contains(line), "\(line)")
        }
        #expect(!first.contains("loadbalance"))
        let second = try await install(fixture) {
            $0.ttl = 30
            $0.forward = "192.0.2.53:53"
            $0.rotates = true
            $0.podNames = "verified"
        }
        for line in ["ttl 30\n", "forward . 192.0.2.53:53\n", "loadbalance\n", "pods verified\n"] {
            #expect(second.contains(line), "\(line)")
        }
        #expect(!second.contains("No forward"))
        let own = LoopbackClient(api: fixture.api, manager: "kubectl-edit")
        _ = try await own.patch(
            .configMaps, namespace: "kube-system", name: "coredns", ["data": ["Corefile": "mine"]], subresource: nil)
        #expect(try await install(fixture) == "mine")
    }
}
