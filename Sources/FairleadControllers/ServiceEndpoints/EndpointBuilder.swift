import FairleadModel

/// A pod as an endpoint of a Service. Pure.
struct EndpointBuilder {
    enum Outcome {
        case endpoint(Value)
        /// The pod has no address of the family.
        case none
        /// The pod claims to be on a node that does not exist (or on none), so its zone and fate are unknown.
        case missingNode(String)
    }

    private let service: ServiceView
    private let node: (String) -> NodeView?
    private let servicePorts: [ServiceView.Port]
    private let publishesNotReady: Bool
    private let hintsZone: Bool
    private let hintsNode: Bool

    init(service: ServiceView, node: @escaping (String) -> NodeView?) {
        self.service = service
        self.node = node
        servicePorts = service.ports
        publishesNotReady = service.publishNotReadyAddresses
        // The annotation takes precedence over the field; its hints depend on all endpoints together (TopologyHints).
        let distribution = TopologyHints.isWanted(service) ? "" : service.trafficDistribution
        hintsNode = distribution == "PreferSameNode"
        hintsZone = hintsNode || distribution == "PreferClose" || distribution == "PreferSameZone"
    }

    /// Terminating pods count until they are gone; finished ones and those without an address do not.
    static func isEndpoint(_ pod: PodView) -> Bool { !pod.isFinished && !pod.podIPs.isEmpty }

    /// The ports that resolve in this pod, in canonical order.
    func ports(of pod: PodView) -> [EndpointSliceView.Port] {
        Self.ordered(
            zip(servicePorts, pod.resolve(servicePorts)).compactMap { port, number in
                guard let number else { return nil }
                return EndpointSliceView.Port(
                    name: port.name, protocolName: port.protocolName, number: number, appProtocol: port.appProtocol)
            })
    }

    static func ordered(_ ports: [EndpointSliceView.Port]) -> [EndpointSliceView.Port] {
        if ports.count < 2 { return ports }
        func hash(_ port: EndpointSliceView.Port) -> UInt128 {
            GoObjectHash.slicePort(
                name: port.name, port: port.number, protocolName: port.protocolName, appProtocol: port.appProtocol)
        }
        return ports.sorted { hash($0) < hash($1) }
    }

    func endpoint(of pod: PodView, family: String) -> Outcome {
        let addresses = pod.podIPs.filter { $0.utf8.contains(UInt8(ascii: ":")) == (family == "IPv6") }
        if addresses.isEmpty { return .none }
        let nodeName = pod.nodeName
        let node = self.node(nodeName)
        if node == nil, !publishesNotReady { return .missingNode(nodeName) }
        let isServing = pod.isReady
        let isTerminating = pod.isTerminating
        let isReady = publishesNotReady || (isServing && !isTerminating)
        var endpoint: Object = [
            "addresses": .array(addresses.map { .string(IPAddress.canonical($0)) }),
            "conditions": ["ready": .bool(isReady), "serving": .bool(isServing), "terminating": .bool(isTerminating)],
            "targetRef": [
                "kind": "Pod", "namespace": .string(pod.namespace), "name": .string(pod.name), "uid": .string(pod.uid),
            ],
        ]
        if !nodeName.isEmpty { endpoint["nodeName"] = .string(nodeName) }
        if let zone = node?.zone, !zone.isEmpty { endpoint["zone"] = .string(zone) }
        let hostname = pod.hostname
        if !hostname.isEmpty, pod.subdomain == service.name { endpoint["hostname"] = .string(hostname) }
        if isReady, let hints = hints(zone: node?.zone ?? "", node: nodeName) { endpoint["hints"] = hints }
        return .endpoint(.object(endpoint))
    }

    /// Hints that keep traffic in the endpoint's own zone or on its own node.
    private func hints(zone: String, node: String) -> Value? {
        var hints = Object()
        if hintsZone, !zone.isEmpty { hints["forZones"] = .array([["name": .string(zone)]]) }
        if hintsNode, !node.isEmpty { hints["forNodes"] = .array([["name": .string(node)]]) }
        return hints.isEmpty ? nil : .object(hints)
    }
}
