import FairleadModel

extension Pipeline {
    /// The proxy subresource of Services and pods. No process listens behind simulated pods, so the answer says why a
    /// request would not get through; one that would is answered with 503, as if the endpoint refused the connection.
    ///
    /// Reference: Kubernetes API concepts, "Proxy verb": names are `[scheme:]name[:port]`.
    func proxy(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        let what = target.kind.info.singular
        guard let address = ProxyAddress(target.name) else {
            throw .badRequest("invalid \(what) request \(target.name.goQuoted)")
        }
        let object = try api.store.current.existing(
            target.kind, namespace: target.namespace, name: address.name
        ).value
        switch target.kind.info.gvr.resource {
        case "services": throw serviceProxyRefusal(object, address, target)
        case "pods":
            guard object.at("status", "podIP")?.string?.isEmpty == false else {
                throw .badRequest("address not allowed")
            }
            throw unavailable("error trying to reach service: dial tcp: connect: connection refused")
        default: throw unavailable("error trying to reach service: dial tcp: connect: connection refused")
        }
    }

    private func serviceProxyRefusal(_ service: Value, _ address: ProxyAddress, _ target: Target) -> APIStatus {
        let ports = service.at("spec", "ports")?.array ?? []
        if let number = Int64(address.port) {
            guard ports.contains(where: { $0["port"]?.int == number }) else {
                return unavailable("no service port \(number) found for service \(address.name.goQuoted)")
            }
        }
        // As recorded: the port is looked up only in the Endpoints, which must exist.
        let endpoints = GroupResource(group: "", resource: "endpoints")
        let key = ObjectKey(endpoints, namespace: target.namespace, name: address.name)
        guard let found = api.store.current.object(key)?.value else { return target.kind.notFound(address.name) }
        let hasAddress = (found["subsets"]?.array ?? []).contains { !($0["addresses"]?.array ?? []).isEmpty }
        guard hasAddress else { return unavailable("no endpoints available for service \(address.name.goQuoted)") }
        return unavailable("error trying to reach service: dial tcp: connect: connection refused")
    }

    private func unavailable(_ message: String) -> APIStatus {
        APIStatus(code: 503, reason: "ServiceUnavailable", message: message)
    }
}

/// `[scheme:]name[:port]`.
private struct ProxyAddress {
    var name: String
    var port: String

    init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1: (name, port) = (parts[0], "")
        case 2: (name, port) = (parts[0], parts[1])
        case 3 where ["http", "https", ""].contains(parts[0]): (name, port) = (parts[1], parts[2])
        default: return nil
        }
        if name.isEmpty { return nil }
    }
}
