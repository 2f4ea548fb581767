import FairleadModel

extension Packet.Source {
    var text: String {
        switch self {
        case .pod(let name): "Pod \(name)"
        case .node(let name): "Node \(name)"
        case .outside(let address): "Client \(address)"
        }
    }
}

extension RoutingTable.Access {
    var text: String {
        switch self {
        case .clusterIP: "the cluster IP"
        case .externalIP: "an external IP"
        case .balancerVIP: "a load-balancer address"
        case .balancerProxy: "a load-balancer address (ipMode Proxy)"
        case .nodePort: "the node port"
        }
    }
}

extension Decision.NodeChoice.Exclusion {
    var text: String {
        switch self {
        case .notReady: "not Ready"
        case .excluded: "labelled as excluded from balancers"
        case .unhealthy: "its health check fails, as no endpoint of the Service on it is ready"
        case .noAddress: "no address of this family"
        }
    }
}

extension Decision.Masquerade {
    var text: String {
        switch self {
        case .all: "the proxy masquerades everything (--masquerade-all)"
        case .sourceIsNoPod: "it is not the address of a pod"
        case .externalCluster: "externalTrafficPolicy is Cluster, and the answer has to come back this way"
        case .fromNode: "it comes from the node itself"
        case .hairpin: "the pod was sent to itself, and would answer itself directly"
        }
    }
}

extension EndpointPool.Exclusion {
    func text(_ endpoint: Endpoint) -> String {
        switch self {
        case .notReady: "not ready"
        case .notServing: "terminating, and not serving any more"
        case .terminating: "terminating, while others are ready"
        case .otherNode: endpoint.nodeName.isEmpty ? "on no known node" : "on \(endpoint.nodeName)"
        case .hintedToOtherNode: "hinted to \(RouteReport.list(endpoint.hintNodes))"
        case .hintedToOtherZone: "hinted to zone \(RouteReport.list(endpoint.hintZones))"
        }
    }
}

extension EndpointPool.Topology {
    /// nil if there is nothing to say.
    func text(_ pool: EndpointPool) -> String? {
        switch self {
        case .none: nil
        case .sameNode: "Every ready endpoint has a node hint: only those hinted to \(pool.node) count."
        case .sameZone: "Every ready endpoint has a zone hint: only those hinted to zone \(pool.zone) count."
        case .someWithoutHints: "Hints are ignored: some ready endpoints have none."
        case .noneForNode: "Hints are ignored: none is for node \(pool.node)."
        case .noneForZone: "Hints are ignored: none is for zone \(pool.zone)."
        case .nodeWithoutZone:
            "Hints are ignored: node \(pool.node) has no label topology.kubernetes.io/zone."
        }
    }
}

extension SkippedEndpoint.Reason {
    var text: String {
        switch self {
        case .otherFamily: "of the other address family"
        case .fullyQualifiedName: "a name, no address"
        case .noAddress: "without an address"
        case .badAddress: "its address cannot be read"
        case .noSuchPort: "its slice has no such port"
        case .noPortNumber: "the port of its slice has no number"
        case .duplicate: "in another slice as well"
        }
    }
}

extension Decision.Outcome {
    /// The name of the last step, where it happens (nil: on the node), and its description.
    func text(_ decision: Decision) -> (rule: String, place: String?, text: String) {
        switch self {
        case .delivered(let socket):
            let pod = decision.chosen?.pod.map { "Pod \($0)" }
            let seen = decision.sourceSeen.map { ", and sees \($0) as the client" } ?? ""
            return (
                "Delivered", pod, "\(pod ?? "Whoever has \(socket.address)") gets it on port \(socket.port)\(seen)."
            )
        case .rejected(let reason):
            return (
                reason.rawValue, nil,
                "Rejected: \(reason.text(decision)) The client sees "
                    + "\"connection refused\" at once."
            )
        case .dropped(let reason):
            return (
                reason.rawValue, nil,
                "Dropped: \(reason.text(decision)) The client gets no answer and waits until its "
                    + "time-out."
            )
        case .unreachable(let reason): return (reason.rawValue, "Network", "Unreachable: \(reason.text(decision))")
        case .leavesCluster:
            if case .alias(let name)? = decision.lookup?.answer {
                return ("ExternalName", "Network", "The name stands for \(name): the packet leaves the cluster.")
            }
            return ("LeavesCluster", "Network", "The address is none of the cluster's: the packet leaves it.")
        case .answeredByNode(let isHealthy, let count):
            return (
                "HealthCheckNodePort", nil,
                "kube-proxy answers \(isHealthy ? 200 : 503): \(count) ready endpoints of the Service on this node."
            )
        }
    }
}

extension Decision.Reason {
    func text(_ decision: Decision) -> String {
        let service = decision.servicePort.map { "Service \($0.service)" } ?? "The Service"
        let node = decision.node ?? ""
        return switch self {
        case .noEndpoints: "\(service) has no endpoint that is ready, nor one that terminates and still serves."
        case .noLocalEndpoints: "\(service) has endpoints, but none on \(node), and the policy is Local."
        case .outsideSourceRanges: "loadBalancerSourceRanges does not allow this client."
        case .noSuchServicePort: "this cluster IP has no such port."
        case .unallocatedClusterIP: "no Service has this cluster IP."
        case .noHealthyNode: "the balancer has no node to send it to."
        case .nothingListens: "nothing listens on this port there."
        case .noPodHasAddress: "no pod has this address."
        case .nobodyHasAddress: "nobody has this address and port."
        case .notRoutedOutside: "cluster IPs and addresses of pods are only known inside the cluster."
        case .unknownSource: "there is no \(decision.packet.source.text)."
        case .sourceWithoutAddress: "\(decision.packet.source.text) has no address of this family."
        case .nameNotFound: "the name does not exist."
        case .noClusterDNS: "clients outside do not ask the cluster DNS."
        case .nodeWithoutAddress: "\(node) has no address of this family to masquerade with."
        case .answerGoesAstray:
            "the endpoint gets the packet and answers the client directly, past \(node), which translated the address; "
                + "the client does not know such a connection."
        case .podGone: "the pod of this connection has gone; the client notices when its time-out ends."
        }
    }
}
