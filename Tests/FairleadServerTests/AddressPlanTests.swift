import FairleadControllers
import FairleadHTTP
import FairleadModel
import Testing

@testable import FairleadServer

/// Ranges of addresses that cannot be used, or not together, are refused with what would work.
struct AddressPlanTests {
    private func problem(
        services: [String] = ["10.96.0.0/16"], pods: String = "10.244.0.0/16", pools: [String] = ["172.18.255.0/24"],
        nodes: Int = 3, isBare: Bool = false
    ) throws -> String? {
        var configuration = ServerConfiguration(
            listen: [], data: .memory, serviceClusterIPRanges: try services.map { try #require(CIDR($0)) },
            loadBalancerPools: try pools.map { try LoadBalancerPool($0) },
            podCIDRs: try pods.split(separator: ",").map { try #require(CIDR(String($0))) })
        configuration.nodes = nodes
        configuration.isBare = isBare
        return configuration.problem
    }

    @Test func theUsualRangesGoTogether() throws {
        #expect(try problem() == nil)
        #expect(try problem(services: ["10.96.0.0/12", "fd00:96::/108"]) == nil)
        #expect(try problem(services: ["10.96.0.0/28"], nodes: 0) == nil)
        #expect(try problem(pods: "10.0.0.0/30", nodes: 1) == nil)
        #expect(try problem(pods: "fd00:10::/56", nodes: 256) == nil)
        #expect(try problem(nodes: 256) == nil)
        #expect(try problem(pods: "10.244.0.0/16,fd00:10:244::/56") == nil)
    }

    @Test(arguments: [
        ("10.0.0.0/11", false, "too large: choose 10.0.0.0/12 to 10.0.0.0/28"),
        ("10.0.0.0/29", false, "too small: choose 10.0.0.0/12 to 10.0.0.0/28"),
        ("10.0.0.0/31", true, "too small: choose 10.0.0.0/12 to 10.0.0.0/30"),
        ("0.0.0.0/0", true, "too large: choose 0.0.0.0/12 to 0.0.0.0/30"),
        ("fd00::/64", false, "too large: choose fd00::/108 to fd00::/124"), ("::/0", true, "too large"),
    ])
    func rangesOfServicesHaveBounds(range: String, isBare: Bool, words: String) throws {
        #expect(try #require(try problem(services: [range], isBare: isBare)).contains(words))
    }

    @Test func everyNodeNeedsAPartOfThePodRange() throws {
        let crowded = try #require(try problem(pods: "10.244.0.0/22", nodes: 5))
        #expect(crowded.contains("room for 4 nodes") && crowded.hasSuffix("--pod-cidr 10.244.0.0/21"))
        #expect(
            try #require(try problem(pods: "10.244.0.0/16,fd00::/63", nodes: 3)).hasSuffix("as in --pod-cidr fd00::/62")
        )
        #expect(try #require(try problem(nodes: 1000)).hasSuffix("as in --pod-cidr 10.244.0.0/14"))
        #expect(try #require(try problem(pods: "10.244.0.0/31", nodes: 1)).contains("no room for pods"))
        #expect(try problem(pods: "10.244.0.0/31", nodes: 5, isBare: true) == nil)
    }

    @Test(arguments: [
        (["10.96.0.0/16"], "10.96.0.0/12", "172.18.255.0/24"), (["10.96.0.0/16"], "10.244.0.0/16", "10.96.7.7"),
        (["10.96.0.0/16"], "10.244.0.0/16", "10.244.0.0/24"), (["10.96.0.0/16"], "172.18.0.0/16", "10.1.0.0/24"),
        (["10.96.0.0/16"], "10.244.0.0/16", "172.18.0.1-172.18.0.2"), (["172.18.0.0/16"], "10.1.0.0/16", "10.2.0.0/24"),
        (["10.96.0.0/16"], "10.244.0.0/16", "192.0.2.0/24,192.0.2.9"),
    ])
    func noAddressIsInTwoOfThem(services: [String], pods: String, pool: String) throws {
        let words = try #require(try problem(services: services, pods: pods, pools: [pool]))
        #expect(words.contains("have addresses in common"))
        // Without machines only the ranges of Services are used.
        #expect(try problem(services: services, pods: pods, pools: [pool], isBare: true) == nil)
    }
}
