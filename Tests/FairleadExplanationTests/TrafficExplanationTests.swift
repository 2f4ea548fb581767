import FairleadModel
import Testing

@testable import FairleadExplanation

/// Which Services can never carry traffic the way they are set, and which only look so.
struct TrafficExplanationTests {
    typealias Case = ExplanationCase
    typealias Cause = ServiceExplanation.Cause

    private func causes(_ service: Value, _ slices: [Value], zones: Set<String> = []) -> [Cause] {
        Case(service: service, pods: [Case.pod("web-1")], slices: slices, zones: zones).explain().findings
            .map(\.cause)
    }

    private static func local(_ type: String, _ field: String = "externalTrafficPolicy") -> Value {
        var service = Case.service(("type", .string(type)), (field, "Local"))
        if type == "LoadBalancer" { service.set([["ip": "192.0.2.1"]], at: "status", "loadBalancer", "ingress") }
        return service
    }

    // MARK: Policies

    @Test func thatSomeNodesHaveNoLocalEndpointIsAsItShouldBe() {
        for type in ["LoadBalancer", "NodePort"] {
            let slices = [Case.slice([Case.endpoint(node: "cp"), Case.endpoint("10.0.0.2", node: "n1")])]
            #expect(causes(Self.local(type), slices).isEmpty)
        }
    }

    /// It would be told at every flip, and that no pod is ready is told anyway.
    @Test func readinessOfPodsAndNodesDoesNotMatterToPolicies() {
        for ready in [true, false] {
            for (node, expected) in [("cp", [Cause.noLocalEndpointForOutside]), ("n2", [])] {
                let slices = [Case.slice([Case.endpoint(node: node, ready: ready)])]
                #expect(causes(Self.local("LoadBalancer"), slices) == expected)
            }
        }
    }

    @Test func onlyBalancersLeaveNodesOut() {
        let slices = [Case.slice([Case.endpoint(node: "cp")])]
        #expect(causes(Self.local("NodePort"), slices).isEmpty)
        #expect(causes(Self.local("ClusterIP", "internalTrafficPolicy"), slices).isEmpty)
        #expect(causes(Self.local("LoadBalancer"), slices) == [.noLocalEndpointForOutside])
    }

    @Test func endpointsOnNoNodeOfTheClusterServeNoLocalPolicy() {
        let slices = [Case.slice([Case.endpoint("192.0.2.7"), Case.endpoint("192.0.2.8", node: "gone")])]
        #expect(causes(Self.local("NodePort"), slices) == [.noLocalEndpointForOutside])
        #expect(causes(Self.local("ClusterIP", "internalTrafficPolicy"), slices) == [.noLocalEndpointInside])
        var external = Case.service(("externalTrafficPolicy", "Local"), ("externalIPs", ["192.0.2.80"]))
        #expect(causes(external, slices) == [.noLocalEndpointForOutside])
        external.set("Cluster", at: "spec", "externalTrafficPolicy")
        #expect(causes(external, slices).isEmpty)
    }

    @Test func endpointsThatTerminateServeNobodyForLong() {
        let leaving = Case.endpoint("10.0.0.2", node: "n1", ready: false, terminating: true)
        #expect(
            causes(Self.local("LoadBalancer"), [Case.slice([Case.endpoint(node: "cp"), leaving])])
                == [.noLocalEndpointForOutside])
        #expect(causes(Self.local("LoadBalancer"), [Case.slice([leaving])]).isEmpty)
    }

    @Test func theProxyLeavesHeadlessServicesAndThoseOfOtherProxiesAlone() {
        var service = Self.local("ClusterIP", "internalTrafficPolicy")
        let slices = [Case.slice([Case.endpoint("192.0.2.7")])]
        #expect(causes(service, slices) == [.noLocalEndpointInside])
        service.set("None", at: "spec", "clusterIP")
        #expect(causes(service, slices).isEmpty)
        service = Self.local("ClusterIP", "internalTrafficPolicy")
        service.set("cilium", at: "metadata", "labels", "service.kubernetes.io/service-proxy-name")
        #expect(causes(service, slices).isEmpty)
    }

    // MARK: Hints

    @Test func aZoneIsLeftOutOnlyIfEveryReadyEndpointHasAHint() {
        let hinted = Case.endpoint(zone: "a", hint: "a")
        let zones: Set<String> = ["a", "b"]
        #expect(causes(Case.service(), [Case.slice([hinted])], zones: zones) == [.zoneWithoutEndpoints])
        let plain = Case.endpoint("10.0.0.2", zone: "a")
        #expect(causes(Case.service(), [Case.slice([hinted, plain])], zones: zones).isEmpty)
        #expect(causes(Case.service(), [Case.slice([plain])], zones: zones).isEmpty)
        let other = Case.endpoint("10.0.0.2", zone: "a", hint: "b")
        #expect(causes(Case.service(), [Case.slice([hinted, other])], zones: zones).isEmpty)
        #expect(causes(Case.service(), [Case.slice([hinted])], zones: ["a"]).isEmpty)
    }

    /// Proxies look at each family by itself.
    @Test func aZoneThatOneFamilyLeavesOutIsTold() {
        let slices = [
            Case.slice([Case.endpoint(hint: "a"), Case.endpoint("10.0.0.2", hint: "b")]),
            Case.slice([Case.endpoint("fd00::1", hint: "a")], "IPv6"),
        ]
        #expect(causes(Case.service(), slices, zones: ["a", "b"]) == [.zoneWithoutEndpoints])
    }

    /// Controllers take the hints of endpoints that are not ready away.
    @Test func whatIsSaidOfHintsStaysTheSameWhilePodsFlip() throws {
        func finding(_ ready: (Bool, Bool)) throws -> ServiceExplanation.Finding {
            let endpoints = [
                Case.endpoint(zone: "a", hint: ready.0 ? "a" : nil, ready: ready.0),
                Case.endpoint("10.0.0.2", zone: "b", hint: ready.1 ? "b" : nil, ready: ready.1),
            ]
            let one = Case(
                service: Case.service(("trafficDistribution", "PreferSameZone")), pods: [Case.pod("web-1")],
                slices: [Case.slice(endpoints)], zones: ["a", "b", "c"])
            return try #require(one.explain().findings.first { $0.cause == .zoneWithoutEndpoints })
        }
        let first = try finding((true, true))
        #expect(first.message.hasPrefix("No endpoint has a hint for zone c."))
        for ready in [(true, false), (false, true), (false, false)] { #expect(try finding(ready) == first) }
    }

    @Test func aHintForANodeServesItsZone() {
        var endpoint = Case.endpoint(hint: "b")
        endpoint.set([["name": "n9"]], at: "hints", "forNodes")
        let explainer = ServiceExplainer(
            .init(
                service: Case.service(), pods: [], strangers: [], slices: [Case.slice([endpoint])],
                node: { _ in ["metadata": ["labels": ["topology.kubernetes.io/zone": "a"]]] }, zones: ["a", "b"],
                loadBalancers: .none))
        #expect(explainer.traffic().isEmpty)
    }

    // MARK: Ports

    private static let http: [Value] = [["name": "http", "containerPort": 8080, "protocol": "TCP"]]

    private func portCauses(_ ports: [Value], _ pods: [Value], simulated: Bool = true, headless: Bool = false)
        -> [Cause]
    {
        var service = Case.service(("ports", .array(ports)))
        if headless { service.set("None", at: "spec", "clusterIP") }
        return Case(service: service, pods: pods, isSimulated: simulated).explain().findings.map(\.cause)
    }

    @Test func nobodyListensOnAPortOnlyIfEveryPodDeclaresOthers() {
        let wrong: [Value] = [["port": 80, "protocol": "TCP", "targetPort": 80]]
        let right: [Value] = [["port": 80, "protocol": "TCP", "targetPort": 8080]]
        let declaring = Case.pod("web-1", ports: Self.http)
        #expect(portCauses(wrong, [declaring]) == [.targetPortUnheard])
        #expect(portCauses(right, [declaring]).isEmpty)
        #expect(portCauses(wrong, [declaring, Case.pod("web-2")]).isEmpty)
        #expect(portCauses(wrong, [declaring, Case.pod("web-2", terminating: true)]) == [.targetPortUnheard])
        #expect(portCauses(wrong, [declaring], simulated: false).isEmpty)
        #expect(portCauses(wrong, [declaring], headless: true).isEmpty)
    }

    @Test func portsAreToldOneByOneAndOnlySoManyOfThem() throws {
        let ports = (1...30).map { number -> Value in
            ["name": .string("p\(number)"), "port": .int(number), "protocol": "TCP", "targetPort": .int(number)]
        }
        let declared = (10...40).map { number -> Value in ["containerPort": .int(number), "protocol": "TCP"] }
        let one = Case(service: Case.service(("ports", .array(ports))), pods: [Case.pod("web-1", ports: declared)])
        let findings = one.explain().findings
        #expect(findings.map(\.cause) == Array(repeating: .targetPortUnheard, count: 9))
        #expect(findings.first?.details.first?.hasSuffix("unnamed (19/TCP), and 21 more") == true)
        let all = (101...130).map { number -> Value in ["containerPort": .int(number), "protocol": "TCP"] }
        let none = Case(service: Case.service(("ports", .array(ports))), pods: [Case.pod("web-1", ports: all)])
        #expect(none.explain().findings.count == ServiceExplanation.maximumDetails)
    }

    @Test func theProtocolIsPartOfThePort() {
        let udp: [Value] = [["port": 53, "protocol": "UDP", "targetPort": 8080]]
        #expect(portCauses(udp, [Case.pod("web-1", ports: Self.http)]) == [.targetPortUnheard])
    }

    @Test func portsOfSidecarsCount() {
        var pod = Case.pod("web-1", ports: Self.http)
        pod.set(
            [["name": "s", "restartPolicy": "Always", "ports": [["containerPort": 80]]]], at: "spec", "initContainers")
        #expect(portCauses([["port": 80, "protocol": "TCP", "targetPort": 80]], [pod]).isEmpty)
    }

    @Test func thePortOfTheContainersIsProposed() throws {
        let finding = try #require(Case.example(.targetPortUnheard).explain().findings.first)
        #expect(finding.commands.first?.contains(#""path":"/spec/ports/0/targetPort","value":8080"#) == true)
    }
}
