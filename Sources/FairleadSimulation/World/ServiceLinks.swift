import FairleadModel

/// The variables that tell a container of Services, in the form of Docker's links.
///
/// Reference: "Discovering services": environment variables.
enum ServiceLinks {
    /// Sorted by name.
    ///
    /// - Parameter services: those of the pod's namespace; only the API server's own, unless links are wanted.
    static func variables(
        for pod: Value, _ services: [Value], apiServer: Value?
    ) -> [(name: String, value: String)] {
        var all = pod.at("spec", "enableServiceLinks")?.bool ?? true ? services : []
        if let apiServer, !all.contains(where: { $0.uid == apiServer.uid && $0.name == apiServer.name }) {
            all.append(apiServer)
        }
        var variables: [String: String] = [:]
        for service in all { add(ServiceView(service), to: &variables) }
        return variables.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    }

    private static func add(_ service: ServiceView, to variables: inout [String: String]) {
        guard !service.isHeadless, let address = IPAddress(service.clusterIP), service.type != "ExternalName",
            let first = service.ports.first
        else { return }
        let name = variable(service.name)
        let host = service.clusterIP
        variables["\(name)_SERVICE_HOST"] = host
        variables["\(name)_SERVICE_PORT"] = String(first.number)
        for port in service.ports where !port.name.isEmpty {
            variables["\(name)_SERVICE_PORT_\(variable(port.name))"] = String(port.number)
        }
        let bracketed = address.isIPv4 ? host : "[\(host)]"
        for (index, port) in service.ports.enumerated() {
            let transport = port.protocolName.isEmpty ? "TCP" : port.protocolName
            let url = "\(transport.lowercased())://\(bracketed):\(port.number)"
            if index == 0 { variables["\(name)_PORT"] = url }
            let prefix = "\(name)_PORT_\(port.number)_\(transport.uppercased())"
            variables[prefix] = url
            variables["\(prefix)_PROTO"] = transport.lowercased()
            variables["\(prefix)_PORT"] = String(port.number)
            variables["\(prefix)_ADDR"] = host
        }
    }

    private static func variable(_ name: String) -> String {
        name.uppercased().replacing("-", with: "_")
    }
}
