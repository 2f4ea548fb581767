import FairleadClientTesting
import FairleadModel

@testable import FairleadControllers
@testable import FairleadExplanation

/// A Service with all that an explanation of it depends on.
struct ExplanationCase {
    typealias Cause = ServiceExplanation.Cause

    var service: Value
    var pods: [Value] = []
    var strangers: [Value] = []
    var slices: [Value] = []
    /// The zones that have nodes.
    var zones: Set<String> = []
    var loadBalancers = ServiceExplainer.LoadBalancers.none
    var isSimulated = true
    /// The causes found, the one of the case being among them.
    var causes: [Cause] = []

    static let nodes: [String: Value] = [
        "n1": node("n1", ready: "True"), "n2": node("n2", ready: "Unknown"),
        "n3": node("n3", ready: "False", ["fairlead.dev/down": "true"]), "n4": ["metadata": ["name": "n4"]],
        "cp": [
            "metadata": ["name": "cp", "labels": ["node.kubernetes.io/exclude-from-external-load-balancers": ""]]
        ],
    ]

    static func node(_ name: String, ready: String, _ annotations: [String: String] = [:]) -> Value {
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

    func explain() -> ServiceExplanation {
        ServiceExplainer(
            .init(
                service: service, pods: pods, strangers: strangers, slices: slices, node: { Self.nodes[$0] },
                zones: zones, loadBalancers: loadBalancers,
                annotations: isSimulated ? .init(ready: "fairlead.dev/ready", down: "fairlead.dev/down") : nil)
        ).explain()
    }

    static func pod(
        _ name: String, _ labels: Value = ["app": "web"], ready: Bool = true, ip: String? = "10.0.0.1",
        node: String = "n1", ports: [Value] = [], terminating: Bool = false, phase: String = "Running"
    ) -> Value {
        ServiceFixture.pod(
            name, ip: ip, ready: ready, node: node, labels: labels,
            spec: [("containers", [["name": "c", "ports": .array(ports)]])], terminating: terminating, phase: phase)
    }

    static func service(selector: Value? = ["app": "web"], _ spec: (String, Value)...) -> Value {
        ServiceFixture.service("web", selector: selector, spec: spec + [("clusterIPs", ["10.96.0.9"])])
    }

    static func alias(ports: [Value]) -> Value {
        service(
            selector: nil, ("type", "ExternalName"), ("externalName", "db.example.com"), ("ports", .array(ports)))
    }

    static func balancer(_ spec: (String, Value)..., condition: (String, String)? = nil) -> Value {
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

    static var sick: [Value] {
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

    static func slice(ready: Int, notReady: Int) -> Value {
        slice((0..<ready + notReady).map { endpoint(ready: $0 < ready) })
    }

    static func slice(_ endpoints: [Value], _ addressType: String = "IPv4") -> Value {
        ["addressType": .string(addressType), "endpoints": .array(endpoints)]
    }

    /// - Parameter hint: the zone of its hint; nil for none.
    static func endpoint(
        _ address: String = "10.0.0.1", node: String? = nil, zone: String? = nil, hint: String? = nil,
        ready: Bool = true, terminating: Bool = false
    ) -> Value {
        var endpoint: Value = [
            "addresses": [.string(address)],
            "conditions": ["ready": .bool(ready), "terminating": .bool(terminating)],
        ]
        if let node { endpoint["nodeName"] = .string(node) }
        if let zone { endpoint["zone"] = .string(zone) }
        if let hint { endpoint["hints"] = ["forZones": [["name": .string(hint)]]] }
        return endpoint
    }

    static func example(_ cause: Cause) -> ExplanationCase {
        let ready = pod("web-1")
        switch cause {
        case .externalName:
            return ExplanationCase(
                service: alias(ports: []), causes: [cause])
        case .externalNamePorts:
            return ExplanationCase(
                service: alias(ports: [["port": 5432, "protocol": "TCP", "targetPort": 5432]]),
                causes: [.externalName, cause])
        case .externalNamePortMapped:
            let ports: [Value] = [
                ["name": "sql", "port": 5432, "protocol": "TCP", "targetPort": 15432],
                ["name": "http", "port": 80, "protocol": "TCP", "targetPort": 80],
                ["name": "web", "port": 8080, "protocol": "TCP", "targetPort": "http"],
            ]
            return ExplanationCase(service: alias(ports: ports), causes: [.externalName, cause])
        case .noSelector: return ExplanationCase(service: service(selector: nil), causes: [cause])
        case .serviceTerminating:
            var held = service()
            held.finalizers = ["example.com/hold"]
            held.set("2026-01-01T00:00:00Z", at: "metadata", "deletionTimestamp")
            return ExplanationCase(service: held, pods: [ready], causes: [cause])
        case .noPods: return ExplanationCase(service: service(), causes: [cause])
        case .selectorMatchesNothing:
            let pods = [
                pod("a", ["app": "wbe", "tier": "front"]), pod("b", ["app": "wbe"]), pod("c", ["app": "db"]),
                pod("d", ["k8s-app": "web"]),
            ]
            return ExplanationCase(service: service(), pods: pods, causes: [cause])
        case .podsInOtherNamespace:
            var stranger = ready
            stranger.namespace = "shop"
            return ExplanationCase(
                service: service(), pods: [pod("a", ["app": "db"])], strangers: [stranger], causes: [cause])
        case .allTerminating:
            return ExplanationCase(service: service(), pods: [pod("web-1", terminating: true)], causes: [cause])
        case .allFinished:
            return ExplanationCase(service: service(), pods: [pod("web-1", phase: "Succeeded")], causes: [cause])
        case .noneReady:
            return ExplanationCase(
                service: service(), pods: sick, slices: [slice(ready: 0, notReady: 6)], causes: [cause])
        case .someNotReady:
            return ExplanationCase(
                service: service(), pods: [ready] + sick.suffix(1), slices: [slice(ready: 1, notReady: 1)],
                causes: [cause])
        case .noAddressOfFamily:
            return ExplanationCase(service: service(("ipFamilies", ["IPv4", "IPv6"])), pods: [ready], causes: [cause])
        case .targetPortNotFound:
            let ports: [Value] = [["name": "http", "containerPort": 8080, "protocol": "TCP"]]
            return ExplanationCase(
                service: service(("ports", [["port": 80, "protocol": "TCP", "targetPort": "htpp"]])),
                pods: [pod("web-1", ports: ports)], causes: [cause])
        case .targetPortMissingInSome:
            let ports: [Value] = [["name": "http", "containerPort": 8080, "protocol": "TCP"]]
            return ExplanationCase(
                service: service(("ports", [["port": 80, "protocol": "TCP", "targetPort": "http"]])),
                pods: [pod("web-1", ports: ports), pod("web-2")], causes: [cause])
        case .targetPortUnheard:
            let ports: [Value] = [["name": "http", "containerPort": 8080, "protocol": "TCP"]]
            return ExplanationCase(service: service(), pods: [pod("web-1", ports: ports)], causes: [cause])
        case .noLocalEndpointForOutside:
            var local = balancer(("externalTrafficPolicy", "Local"))
            local.set([["ip": "192.0.2.1"]], at: "status", "loadBalancer", "ingress")
            return ExplanationCase(
                service: local, pods: [pod("web-1", node: "cp")], slices: [slice([endpoint(node: "cp")])],
                causes: [cause])
        case .noLocalEndpointInside:
            return ExplanationCase(
                service: service(selector: nil, ("internalTrafficPolicy", "Local")),
                slices: [slice([endpoint("192.0.2.7"), endpoint("192.0.2.8", node: "gone")])], causes: [cause])
        case .zoneWithoutEndpoints:
            return ExplanationCase(
                service: service(("trafficDistribution", "PreferClose")), pods: [ready],
                slices: [slice([endpoint(node: "n1", zone: "a", hint: "a")])], zones: ["a", "b", "c"],
                causes: [cause])
        case .noLoadBalancerProvider: return ExplanationCase(service: balancer(), pods: [ready], causes: [cause])
        case .foreignLoadBalancerClass:
            return ExplanationCase(
                service: balancer(("loadBalancerClass", "example.com/lb")), pods: [ready],
                loadBalancers: .pools(["default: 192.0.2.1"]), causes: [cause])
        case .loadBalancerPending:
            return ExplanationCase(
                service: balancer(), pods: [ready], loadBalancers: .pools(["default: 192.0.2.1"]), causes: [cause])
        case .poolExhausted:
            let why = (
                LoadBalancerTerms.exhausted, AddressBook.Refusal.exhausted(family: "IPv4", reserve: nil).message
            )
            return ExplanationCase(
                service: balancer(condition: why), pods: [ready], loadBalancers: .pools(["default: 192.0.2.1"]),
                causes: [cause])
        case .addressRefused:
            let why = (LoadBalancerTerms.refused, AddressBook.Refusal.noPool("gold").message)
            return ExplanationCase(
                service: balancer(condition: why), pods: [ready], loadBalancers: .pools(["default: 192.0.2.1"]),
                causes: [cause])
        }
    }
}
