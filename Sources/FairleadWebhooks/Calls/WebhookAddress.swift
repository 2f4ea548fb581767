package import FairleadModel
package import FairleadStorage

/// Where the connection to a webhook, or another server behind a Service, goes.
package enum WebhookAddress: Sendable {
    /// To the host of the URL.
    case url
    /// To a machine that is not simulated.
    case outside(host: String)
    case pod(IPAddress, UInt16)

    private static let services = GroupResource(group: "", resource: "services")
    private static let slices = GroupResource(group: "discovery.k8s.io", resource: "endpointslices")

    /// The address of a Service is that of one of its ready endpoints, as packets to its cluster IP go.
    ///
    /// Reference: `ResolveCluster` of k8s.io/apiserver `pkg/util/proxy`.
    package static func find(_ target: WebhookTarget, _ snapshot: Snapshot) throws(WebhookFailure) -> WebhookAddress {
        guard case .service(let namespace, let name, _, let port) = target.place else { return .url }
        guard let service = snapshot.object(ObjectKey(services, namespace: namespace, name: name))?.value else {
            throw WebhookFailure("service \(name.goQuoted) not found")
        }
        let type = service.at("spec", "type")?.string ?? "ClusterIP"
        if type == "ExternalName" {
            return .outside(host: "\(service.at("spec", "externalName")?.string ?? "")")
        }
        guard let wanted = service.at("spec", "ports")?.array?.first(where: { $0["port"]?.int == Int64(port) }) else {
            throw WebhookFailure("no service port \(port) found for service \(name.goQuoted)")
        }
        let portName = wanted["name"]?.string ?? ""
        guard let endpoint = endpoints(of: service, portName, snapshot).randomElement() else {
            let host = service.at("spec", "clusterIP")?.string ?? "None"
            if host == "None" { throw WebhookFailure("no endpoints available for service \(name.goQuoted)") }
            throw WebhookFailure("dial tcp \(host):\(port): connect: connection refused")
        }
        if endpoint.isPod { return .pod(endpoint.address, endpoint.port) }
        let host = endpoint.address.isIPv4 ? "\(endpoint.address)" : "[\(endpoint.address)]"
        return .outside(host: "\(host):\(endpoint.port)")
    }

    private struct Endpoint {
        var address: IPAddress
        var port: UInt16
        var isPod: Bool
    }

    private static func endpoints(of service: Value, _ portName: String, _ snapshot: Snapshot) -> [Endpoint] {
        var found: [Endpoint] = []
        for slice in snapshot.objects(slices, namespace: service.namespace).map(\.value) {
            guard slice.at("metadata", "labels", "kubernetes.io/service-name")?.string == service.name else { continue }
            let port = slice["ports"]?.array?.first { ($0["name"]?.string ?? "") == portName }?["port"]?.int
            guard let port = port.flatMap({ UInt16(exactly: $0) }) else { continue }
            for endpoint in slice["endpoints"]?.array ?? [] {
                guard endpoint.at("conditions", "ready")?.bool ?? true,
                    let address = endpoint["addresses"]?.array?.first?.string.flatMap({ IPAddress($0) })
                else { continue }
                let isPod = endpoint.at("targetRef", "kind")?.string == "Pod"
                found.append(Endpoint(address: address, port: port, isPod: isPod))
                if found.count >= 1000 { return found }
            }
        }
        return found
    }
}
