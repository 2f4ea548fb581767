import FairleadContainers
import FairleadKinds
import FairleadModel

/// The proxy subresource of pods, Services and nodes: the API server itself connects to a program, and passes the
/// request on.
///
/// Reference: Kubernetes API concepts, "Proxy verb"; k8s.io/apimachinery `util/proxy`.
extension Pipeline {
    func proxy(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        let what = target.kind.info.singular
        guard let address = ProxyAddress(target.name) else {
            throw .badRequest("invalid \(what) request \(target.name.goQuoted)")
        }
        let object = try api.store.current.existing(
            target.kind, namespace: target.namespace, name: address.name
        ).value
        let backend: ProxyBackend
        switch target.kind.info.gvr.resource {
        case "services": backend = try serviceBackend(object, address, target)
        case "pods": backend = try podBackend(object, address)
        default: backend = try nodeBackend(object, address)
        }
        guard let pods else {
            throw .unavailable("error trying to reach service: dial tcp: connect: connection refused")
        }
        let path = ProxyPath(context.request.path, name: target.name)
        if path.rest.isEmpty, context.method == .get || context.method == .head {
            let query = ProxyPath.query(context.request.query)
            let location = path.prefix + "/" + (query.isEmpty ? "" : "?" + query)
            return .response(
                APIResponse(status: 301, contentType: "", headers: [(name: "Location", value: location)], body: []))
        }
        let exchange = ProxyExchange(request: context.request, path: path)
        guard let permit = passing.enter() else {
            throw APIStatus(
                code: 429, reason: "TooManyRequests", message: "too many requests are being passed on, try again later")
        }
        return .longRunning {
            defer { withExtendedLifetime(permit) {} }
            do throws(APIStatus) {
                guard case .program(let destination) = backend else {
                    return .response(await kubeletAnswer(object, exchange))
                }
                return .response(try await exchange.run(destination, pods))
            } catch {
                return .response(failure(error, context))
            }
        }
    }

    private enum ProxyBackend: Sendable {
        case program(NetworkAddress)
        case kubelet
    }

    private func podBackend(_ pod: Value, _ address: ProxyAddress) throws(APIStatus) -> ProxyBackend {
        let view = PodView(pod)
        guard let ip = IPAddress(view.podIP), ip.isProxied else { throw .badRequest("address not allowed") }
        if !address.port.isEmpty { return .program(NetworkAddress(ip, try port(address.port))) }
        let declared = view.containers.lazy.compactMap { $0.items("ports").first?["containerPort"]?.int }.first
        return .program(NetworkAddress(ip, declared.flatMap { UInt16(exactly: $0) } ?? address.defaultPort))
    }

    private func serviceBackend(
        _ service: Value, _ address: ProxyAddress, _ target: Target
    ) throws(APIStatus) -> ProxyBackend {
        var portName = address.port
        if let number = Int64(address.port) {
            let ports = service.at("spec", "ports")?.array ?? []
            guard let port = ports.first(where: { $0["port"]?.int == number }) else {
                throw .unavailable("no service port \(number) found for service \(address.name.goQuoted)")
            }
            portName = port["name"]?.string ?? ""
        }
        // As recorded: the addresses are looked up in the Endpoints, which must exist.
        let endpoints = GroupResource(group: "", resource: "endpoints")
        let key = ObjectKey(endpoints, namespace: target.namespace, name: address.name)
        guard let found = api.store.current.object(key)?.value else { throw target.kind.notFound(address.name) }
        for subset in (found["subsets"]?.array ?? []).shuffled() {
            let port = (subset["ports"]?.array ?? []).first { ($0["name"]?.string ?? "") == portName }
            guard let number = port?["port"]?.int.flatMap({ UInt16(exactly: $0) }) else { continue }
            for candidate in (subset["addresses"]?.array ?? []).shuffled() {
                guard let ip = candidate["ip"]?.string.flatMap({ IPAddress($0) }), ip.isProxied,
                    isOfPod(candidate, ip)
                else { continue }
                return .program(NetworkAddress(ip, number))
            }
        }
        throw .unavailable("no endpoints available for service \(address.name.goQuoted)")
    }

    /// Whether an address belongs to a pod: others may be anything that whoever wrote the Endpoints wants to reach.
    private func isOfPod(_ address: Value, _ ip: IPAddress) -> Bool {
        guard let reference = address["targetRef"], reference["kind"]?.string == "Pod" else { return false }
        let key = ObjectKey(
            GroupResource(group: "", resource: "pods"), namespace: reference["namespace"]?.string ?? "",
            name: reference["name"]?.string ?? "")
        guard let pod = api.store.current.object(key)?.value else { return false }
        return PodView(pod).podIPs.contains { IPAddress($0) == ip }
    }

    private func nodeBackend(_ node: Value, _ address: ProxyAddress) throws(APIStatus) -> ProxyBackend {
        if address.port.isEmpty || address.port == "10250" { return .kubelet }
        let addresses = node.at("status", "addresses")?.array ?? []
        let host = addresses.first { $0["type"]?.string == "InternalIP" }?["address"]?.string
        guard let ip = host.flatMap({ IPAddress($0) }), ip.isProxied else { throw .badRequest("address not allowed") }
        return .program(NetworkAddress(ip, try port(address.port)))
    }

    private func port(_ text: String) throws(APIStatus) -> UInt16 {
        guard let port = UInt16(text), port > 0 else {
            throw .unavailable("error trying to reach service: dial tcp: lookup tcp/\(text): unknown port")
        }
        return port
    }

    /// What the kubelet of a node says.
    private func kubeletAnswer(_ node: Value, _ exchange: ProxyExchange) async -> APIResponse {
        var request = exchange.request
        request.path = exchange.path.rest.isEmpty ? "/" : exchange.path.rest
        if let answer = await nodePages(node.name, request) { return exchange.rewritten(answer) }
        switch request.path {
        case "/healthz": return .text(200, "ok")
        case "/pods", "/pods/":
            let pods = api.store.current.objects(GroupResource(group: "", resource: "pods"), namespace: nil)
                .map(\.value).filter { $0.at("spec", "nodeName")?.string == node.name }
            let list: Value = [
                "kind": "PodList", "apiVersion": "v1", "metadata": .object(Object()), "items": .array(pods),
            ]
            return APIResponse(status: 200, contentType: "application/json", body: [list.jsonBytes])
        default: return .text(404, "404 page not found\n")
        }
    }
}

extension APIStatus {
    static func unavailable(_ message: String) -> APIStatus {
        APIStatus(code: 503, reason: "ServiceUnavailable", message: message)
    }
}

extension IPAddress {
    /// Whether requests may be passed on to it: nothing on this machine or this link.
    fileprivate var isProxied: Bool {
        !isUnspecified && !isLoopback && !isLinkLocalUnicast && !isLinkLocalMulticast
            && !(isMulticast && !isIPv4 && (bits >> 112) & 0xFF0F == 0xFF01)
    }
}
