import FairleadClientTesting
import FairleadModel
import Foundation
import Testing

@testable import FairleadControllers
@testable import FairleadExplanation

/// One golden text per cause, in Golden/explanations. `FAIRLEAD_WRITE_GOLDEN=1 swift test` writes them anew.
struct ServiceExplanationTests {
    typealias Cause = ServiceExplanation.Cause

    private struct Case {
        var service: Value
        var pods: [Value] = []
        var strangers: [Value] = []
        var slices: [Value] = []
        var loadBalancers = ServiceExplainer.LoadBalancers.none
        /// The causes found, the one of the case being among them.
        var causes: [Cause]
    }

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "Golden/explanations")

    private static let nodes: [String: Value] = [
        "n1": node("n1", ready: "True"), "n2": node("n2", ready: "Unknown"),
        "n3": node("n3", ready: "False", ["fairlead.dev/down": "true"]), "n4": ["metadata": ["name": "n4"]],
    ]

    private static func node(_ name: String, ready: String, _ annotations: [String: String] = [:]) -> Value {
        var node: Value = [
            "metadata": ["name": .string(name)],
            "status": [
                "conditions": [
                    ["type": "Ready", "status": .string(ready), "message": "Kubelet stopped posting node status."]
                ]
            ],
        ]
        node.annotations = annotations
        return node
    }

    private static func explain(_ one: Case) -> ServiceExplanation {
        ServiceExplainer(
            .init(
                service: one.service, pods: one.pods, strangers: one.strangers, slices: one.slices,
                node: { Self.nodes[$0] }, loadBalancers: one.loadBalancers,
                annotations: .init(ready: "fairlead.dev/ready", down: "fairlead.dev/down"))
        ).explain()
    }

    private static func pod(
        _ name: String, _ labels: Value = ["app": "web"], ready: Bool = true, ip: String? = "10.0.0.1",
        node: String = "n1", ports: [Value] = [], terminating: Bool = false, phase: String = "Running"
    ) -> Value {
        ServiceFixture.pod(
            name, ip: ip, ready: ready, node: node, labels: labels,
            spec: [("containers", [["name": "c", "ports": .array(ports)]])], terminating: terminating, phase: phase)
    }

    private static func service(selector: Value? = ["app": "web"], _ spec: (String, Value)...) -> Value {
        ServiceFixture.service("web", selector: selector, spec: spec + [("clusterIPs", ["10.96.0.9"])])
    }

    private static func balancer(_ spec: (String, Value)..., condition: (String, String)? = nil) -> Value {
        var service = ServiceFixture.service(
            "web", selector: ["app": "web"],
            spec: [("type", "LoadBalancer"), ("clusterIPs", ["10.96.0.9"])] + spec)
        if let condition {
            let entry: Value = [
                "type": .string(LoadBalancerTerms.condition), "status": "False",
                "reason": .string(condition.0), "message": .string(condition.1),
            ]
            service.set(.array([entry]), at: "status", "conditions")
        }
        return service
    }

    private static var sick: [Value] {
        var crashing = pod("web-1", ready: false)
        crashing.set(
            [
                [
                    "name": "c",
                    "state": ["waiting": ["reason": "CrashLoopBackOff", "message": "back-off 40s restarting"]],
                ]
            ],
            at: "status", "containerStatuses")
        var unplaced = pod("web-2", ready: false, ip: nil, node: "")
        unplaced.set(
            [["type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"]], at: "status",
            "conditions")
        var held = pod("web-3", ready: false)
        held.annotations = ["fairlead.dev/ready": "false"]
        let lost = pod("web-4", node: "gone")
        var gated = pod("web-5", ready: false)
        gated.set([["conditionType": "example.com/gate"]], at: "spec", "readinessGates")
        var unreported = pod("web-6")
        unreported.set(nil, at: "status", "conditions")
        return [
            crashing, unplaced, held, lost, gated, unreported, pod("web-7", ready: false, node: "n2"),
            pod("web-8", ready: false),
        ]
    }

    private static func slice(ready: Int, notReady: Int) -> Value {
        let endpoints = (0..<ready + notReady).map { number -> Value in
            ["addresses": ["10.0.0.1"], "conditions": ["ready": .bool(number < ready)]]
        }
        return ["addressType": "IPv4", "endpoints": .array(endpoints)]
    }

    private static func example(_ cause: Cause) -> Case {
        let ready = pod("web-1")
        switch cause {
        case .externalName:
            return Case(
                service: service(selector: nil, ("type", "ExternalName"), ("externalName", "db.example.com")),
                causes: [cause])
        case .noSelector: return Case(service: service(selector: nil), causes: [cause])
        case .serviceTerminating:
            var held = service()
            held.finalizers = ["example.com/hold"]
            held.set("2026-01-01T00:00:00Z", at: "metadata", "deletionTimestamp")
            return Case(service: held, pods: [ready], causes: [cause])
        case .noPods: return Case(service: service(), causes: [cause])
        case .selectorMatchesNothing:
            let pods = [
                pod("a", ["app": "wbe", "tier": "front"]), pod("b", ["app": "wbe"]), pod("c", ["app": "db"]),
                pod("d", ["k8s-app": "web"]),
            ]
            return Case(service: service(), pods: pods, causes: [cause])
        case .podsInOtherNamespace:
            var stranger = ready
            stranger.namespace = "shop"
            return Case(service: service(), pods: [pod("a", ["app": "db"])], strangers: [stranger], causes: [cause])
        case .allTerminating: return Case(service: service(), pods: [pod("web-1", terminating: true)], causes: [cause])
        case .allFinished: return Case(service: service(), pods: [pod("web-1", phase: "Succeeded")], causes: [cause])
        case .noneReady:
            return Case(service: service(), pods: sick, slices: [slice(ready: 0, notReady: 6)], causes: [cause])
        case .someNotReady:
            return Case(
                service: service(), pods: [ready] + sick.suffix(1), slices: [slice(ready: 1, notReady: 1)],
                causes: [cause])
        case .noAddressOfFamily:
            return Case(service: service(("ipFamilies", ["IPv4", "IPv6"])), pods: [ready], causes: [cause])
        case .targetPortNotFound:
            let ports: [Value] = [["name": "http", "containerPort": 8080, "protocol": "TCP"]]
            return Case(
                service: service(("ports", [["port": 80, "protocol": "TCP", "targetPort": "htpp"]])),
                pods: [pod("web-1", ports: ports)], causes: [cause])
        case .targetPortMissingInSome:
            let ports: [Value] = [["name": "http", "containerPort": 8080, "protocol": "TCP"]]
            return Case(
                service: service(("ports", [["port": 80, "protocol": "TCP", "targetPort": "http"]])),
                pods: [pod("web-1", ports: ports), pod("web-2")], causes: [cause])
        case .noLoadBalancerProvider: return Case(service: balancer(), pods: [ready], causes: [cause])
        case .foreignLoadBalancerClass:
            return Case(
                service: balancer(("loadBalancerClass", "example.com/lb")), pods: [ready],
                loadBalancers: .pools(["default: 192.0.2.1"]), causes: [cause])
        case .loadBalancerPending:
            return Case(
                service: balancer(), pods: [ready], loadBalancers: .pools(["default: 192.0.2.1"]), causes: [cause])
        case .poolExhausted:
            let why = (
                LoadBalancerTerms.exhausted, AddressBook.Refusal.exhausted(family: "IPv4", reserve: nil).message
            )
            return Case(
                service: balancer(condition: why), pods: [ready], loadBalancers: .pools(["default: 192.0.2.1"]),
                causes: [cause])
        case .addressRefused:
            let why = (LoadBalancerTerms.refused, AddressBook.Refusal.noPool("gold").message)
            return Case(
                service: balancer(condition: why), pods: [ready], loadBalancers: .pools(["default: 192.0.2.1"]),
                causes: [cause])
        }
    }

    @Test(arguments: Cause.allCases)
    func everyCauseIsFoundAndToldAsInItsGoldenText(_ cause: Cause) throws {
        let example = Self.example(cause)
        let explanation = Self.explain(example)
        #expect(explanation.findings.map(\.cause) == example.causes)
        for finding in explanation.findings {
            #expect(!finding.message.isEmpty && !finding.object.name.isEmpty)
            #expect(finding.commands.isEmpty == Self.nothingToDo.contains(finding.cause))
        }
        let file = Self.folder.appending(path: cause.rawValue + ".txt")
        if ProcessInfo.processInfo.environment["FAIRLEAD_WRITE_GOLDEN"] != nil {
            try Data(explanation.text.utf8).write(to: file)
        }
        #expect(explanation.text == String(decoding: try Data(contentsOf: file), as: UTF8.self))
    }

    /// What is as it was meant, or passes by itself.
    private static let nothingToDo: Set<Cause> = [.externalName, .allTerminating, .allFinished, .loadBalancerPending]

    @Test func aNodeThatIsNotReadyIsNamedAndBroughtBack() throws {
        func finding(_ node: String) throws -> ServiceExplanation.Finding {
            let one = Case(service: Self.service(), pods: [Self.pod("a", ready: false, node: node)], causes: [])
            return try #require(Self.explain(one).findings.first)
        }
        let silent = try finding("n2")
        #expect(silent.details == ["pod a: its node n2 is NotReady: Kubelet stopped posting node status."])
        #expect(silent.object == .init(kind: "Node", name: "n2"))
        #expect(silent.commands == ["kubectl describe node n2"])
        #expect(try finding("n3").commands.first == "kubectl annotate node n3 fairlead.dev/down-")
        // One that nobody has ever reported on is no machine that failed: without kubelets there is nothing else.
        #expect(try finding("n4").object.kind == "Pod")
        let published = Case(
            service: Self.service(("publishNotReadyAddresses", true)),
            pods: [Self.pod("a", ready: false, node: "n2")], causes: [])
        #expect(Self.explain(published).findings.isEmpty)
    }

    @Test func aServiceThatWorksHasNothingToExplain() {
        let service = Self.service(("publishNotReadyAddresses", true))
        let explanation = Self.explain(
            Case(
                service: service, pods: [Self.pod("web-1"), Self.pod("web-2", ready: false)],
                slices: [Self.slice(ready: 2, notReady: 0)], causes: []))
        #expect(explanation.findings.isEmpty)
        #expect(explanation.text.hasSuffix("Nothing is wrong.\n"))
    }

    @Test func longListsAreCutAndCounted() throws {
        let pods = (0..<25).map { Self.pod("p\($0)", ready: false) }
        let finding = try #require(Self.explain(Case(service: Self.service(), pods: pods, causes: [])).findings.first)
        #expect(finding.details.count == 11 && finding.details.last == "and 15 more")
    }

    @Test func programsGetTheSameAsATree() throws {
        let json = Self.explain(Self.example(.selectorMatchesNothing)).json
        let finding = try #require(json["findings"]?.array?.first)
        #expect(finding["cause"] == "SelectorMatchesNothing" && finding["severity"] == "Error")
        #expect(finding["commands"] == ["kubectl -n ns set selector service web app=wbe"])
        #expect(finding["object"] == ["kind": "Service", "name": "web", "namespace": "ns"])
    }
}
