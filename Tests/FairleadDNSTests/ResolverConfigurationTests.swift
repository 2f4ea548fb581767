import FairleadModel
import Testing

@testable import FairleadDNS

struct ResolverConfigurationTests {
    private let cluster = ResolverConfiguration.Cluster(domain: "cluster.local", nameserver: "10.96.0.10")
    private let host = ResolverConfiguration(
        text: "# a comment\nnameserver 192.0.2.53\nsearch corp.example\noptions edns0\n")

    private func text(_ spec: Value) -> String {
        ResolverConfiguration(
            pod: ["metadata": ["name": "p", "namespace": "ns"], "spec": spec], cluster: cluster, host: host
        ).text
    }

    private static let clusterText = """
        search ns.svc.cluster.local svc.cluster.local cluster.local corp.example
        nameserver 10.96.0.10
        options ndots:5

        """
    private static let hostText = "search corp.example\nnameserver 192.0.2.53\noptions edns0\n"

    @Test
    func policiesChooseBetweenTheClusterAndTheNode() {
        #expect(text([:]) == Self.clusterText)
        #expect(text(["dnsPolicy": "ClusterFirst"]) == Self.clusterText)
        #expect(text(["dnsPolicy": "ClusterFirst", "hostNetwork": true]) == Self.hostText)
        #expect(text(["dnsPolicy": "ClusterFirstWithHostNet", "hostNetwork": true]) == Self.clusterText)
        #expect(text(["dnsPolicy": "Default"]) == Self.hostText)
        #expect(text(["dnsPolicy": "None"]) == "")
    }

    @Test
    func dnsConfigAddsToWhatThePolicyGives() {
        let configured: Value = [
            "nameservers": ["192.0.2.1", "10.96.0.10"], "searches": ["my.dns", "svc.cluster.local"],
            "options": [["name": "ndots", "value": "2"], ["name": "edns0"]],
        ]
        #expect(
            text(["dnsConfig": configured]) == """
                search ns.svc.cluster.local svc.cluster.local cluster.local corp.example my.dns
                nameserver 10.96.0.10
                nameserver 192.0.2.1
                options ndots:2 edns0

                """)
        #expect(
            text(["dnsPolicy": "None", "dnsConfig": configured]) == """
                search my.dns svc.cluster.local
                nameserver 192.0.2.1
                nameserver 10.96.0.10
                options ndots:2 edns0

                """)
    }

    @Test
    func onlyThreeNameserversAreKept() {
        let servers: Value = ["nameservers": ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"]]
        let lines = text(["dnsConfig": servers]).split(separator: "\n").filter { $0.hasPrefix("nameserver") }
        #expect(lines == ["nameserver 10.96.0.10", "nameserver 192.0.2.1", "nameserver 192.0.2.2"])
    }

    @Test(arguments: [
        ("web", ["web.ns.svc.cluster.local.", "web.svc.cluster.local.", "web.cluster.local.", "web."]),
        ("a.b.c.d.e.f", ["a.b.c.d.e.f.", "a.b.c.d.e.f.ns.svc.cluster.local."]),
        ("web.ns.", ["web.ns."]),
    ])
    func namesAreTriedInTheOrderOfTheirDots(name: String, first: [String]) {
        let configuration = ResolverConfiguration(
            text: "search ns.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n")
        let candidates = StubLookup.candidates(name, configuration).map(\.description)
        #expect(Array(candidates.prefix(first.count)) == first)
    }
}
