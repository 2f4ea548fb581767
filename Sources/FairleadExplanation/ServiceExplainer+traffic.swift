import FairleadModel

/// Services that have endpoints, and lead nobody to them: traffic policies and topology hints.
///
/// What is judged is how things are set, not how they are just now: endpoints count whether they are ready or not, and
/// nodes whether they are up or not. A pod or a node that fails makes its endpoints unready, which is a finding of its
/// own, and whatever flips with them would be told over and over.
extension ServiceExplainer {
    private static let proxyLabel = "service.kubernetes.io/service-proxy-name"

    /// Cheap where the Service has neither policies of `Local` nor hints: it then stops at the first ready endpoint.
    /// Otherwise the cost grows with the endpoints of the Service. Needs no pods.
    func traffic() -> [Finding] {
        // Proxies leave headless Services alone, and those that are another proxy's: that one has its own rules.
        if service.type == "ExternalName" || service.isHeadless || service.labels[Self.proxyLabel] != nil { return [] }
        return externalPolicy() + internalPolicy() + zones()
    }

    // MARK: Policies

    /// `externalTrafficPolicy: Local`. That some nodes have no endpoint is as it should be: their health checks fail, and
    /// balancers leave them out. Only if that is so for every node, nobody outside gets an answer.
    private func externalPolicy() -> [Finding] {
        let isBalanced = service.type == "LoadBalancer"
        guard service.externalTrafficPolicy == "Local",
            isBalanced || service.type == "NodePort" || !service.externalIPs.isEmpty
        else { return [] }
        let (obstacles, excluded) = obstacles(isBalanced: isBalanced)
        if obstacles.isEmpty { return [] }
        var message = "externalTrafficPolicy is Local, and no endpoint is on a node "
        message +=
            isBalanced
            ? "that a load balancer asks: all of those fail its health check, and clients outside get no answer."
            : "of the cluster: whichever of them a client outside asks, it has no endpoint and drops the packet."
        if service.internalTrafficPolicy != "Local" { message += " Clients in pods are not affected." }
        message += " With Cluster, every node serves, but pods do not see the client's address."
        return [
            Finding(
                cause: .noLocalEndpointForOutside, message: message, details: Self.cut(obstacles), object: subject,
                commands: [patch("externalTrafficPolicy")]
                    + excluded.prefix(1).map { "kubectl label node \($0) \(NodeView.balancerExclusionLabel)-" })
        ]
    }

    /// `internalTrafficPolicy: Local`. Pods on nodes without an endpoint are cut off, which is what the policy is for:
    /// those meant to use such a Service run where it has endpoints, and nobody can tell which pods are meant to. So
    /// other pods' nodes do not count, and there is something to say only if no pod anywhere could be served.
    private func internalPolicy() -> [Finding] {
        guard service.internalTrafficPolicy == "Local" else { return [] }
        let (obstacles, _) = obstacles(isBalanced: false)
        if obstacles.isEmpty { return [] }
        return [
            Finding(
                cause: .noLocalEndpointInside,
                message: "internalTrafficPolicy is Local, and no endpoint is on a node of the cluster: whichever pod "
                    + "sends to the cluster IP, its node has no endpoint and drops the packet.",
                details: Self.cut(obstacles), object: subject, commands: [patch("internalTrafficPolicy")])
        ]
    }

    /// Why no endpoint is on a node that could be asked, a line for each node (or address without one); none if some
    /// endpoint is, or if there are no endpoints at all. Endpoints that terminate do not count.
    ///
    /// - Parameter isBalanced: whether only nodes count that balancers do not leave out.
    private func obstacles(isBalanced: Bool) -> (lines: [String], excluded: [String]) {
        var lines: Set<String> = []
        var excluded: Set<String> = []
        for slice in inputs.slices.map({ EndpointSliceView($0) }) where slice.addressType != "FQDN" {
            for endpoint in slice.endpoints where !endpoint.isTerminating {
                let name = endpoint.nodeName
                if name.isEmpty {
                    lines.insert("endpoint \(endpoint.addresses.first ?? "?"): its slice names no node")
                } else if let node = inputs.node(name).map({ NodeView($0) }) {
                    guard isBalanced, node.labels[NodeView.balancerExclusionLabel] != nil else { return ([], []) }
                    lines.insert("node \(name): has the label \(NodeView.balancerExclusionLabel)")
                    excluded.insert(name)
                } else {
                    lines.insert("node \(name): does not exist")
                }
            }
        }
        return (lines.sorted(), excluded.sorted())
    }

    private func patch(_ policy: String) -> String {
        "\(kubectl) patch service \(service.name) --type=merge -p '{\"spec\":{\"\(policy)\":\"Cluster\"}}'"
    }

    // MARK: Hints

    /// Zones with nodes to which no endpoint is hinted. Nodes there ignore all hints, so that nothing is lost, but
    /// nothing stays in the zone either.
    ///
    /// Reference: kube-proxy `topologyModeFromHints`. Hints count only if every ready endpoint has one. Controllers give
    /// hints to ready endpoints only; those that are not ready stand for the zone that they are in.
    private func zones() -> [Finding] {
        if inputs.zones.isEmpty { return [] }
        var covered: [String: Set<String>] = [:]
        var isHinted = Self.hintingDistributions.contains(service.trafficDistribution)
        for slice in inputs.slices.map({ EndpointSliceView($0) }) where slice.addressType != "FQDN" {
            for endpoint in slice.endpoints {
                let hints = endpoint.hintZones
                if endpoint.isReady, hints.isEmpty { return [] }
                if endpoint.isTerminating, !endpoint.isReady { continue }
                isHinted = isHinted || !hints.isEmpty
                var zones = endpoint.isReady ? hints : hints + [endpoint.zone]
                zones += endpoint.hintNodes.compactMap { inputs.node($0).map { NodeView($0).zone } }
                covered[slice.addressType, default: []].formUnion(zones)
            }
        }
        guard isHinted else { return [] }
        let missing = covered.values.reduce(into: Set<String>()) { $0.formUnion(inputs.zones.subtracting($1)) }
        if missing.isEmpty { return [] }
        let present = covered.values.reduce(into: Set<String>()) { $0.formUnion($1) }.filter { !$0.isEmpty }
        let names = Self.cut(missing.sorted()).joined(separator: ", ")
        let pods =
            service.selector.map { "pods -l \(Self.text($0)) -o wide" }
            ?? "endpointslices -l \(EndpointSliceView.serviceNameLabel)=\(service.name) -o yaml"
        return [
            Finding(
                cause: .zoneWithoutEndpoints,
                message: "No endpoint has a hint for zone\(missing.count == 1 ? "" : "s") \(names). Nodes there ignore "
                    + "the hints and send to the endpoints of all zones: nothing is lost, but this traffic leaves its "
                    + "zone. An endpoint in the same zone would keep it there.",
                details: ["zones of the endpoints: \(Self.cut(present.sorted()).joined(separator: ", "))"],
                object: subject,
                commands: ["\(kubectl) get \(pods)", "kubectl get nodes -L topology.kubernetes.io/zone"])
        ]
    }

    /// The values of `spec.trafficDistribution` that make hints for zones.
    private static let hintingDistributions: Set<String> = ["PreferClose", "PreferSameZone", "PreferSameNode"]
}
