/// A core/v1 Service.
package struct ServiceView: ObjectView {
    package let value: Value
    package init(_ value: Value) { self.value = value }

    /// ClusterIP, NodePort, LoadBalancer or ExternalName.
    package var type: String { value.text("spec", "type") }
    /// nil if there is none: somebody else then provides the endpoints.
    package var selector: [String: String]? {
        guard let selector = value.at("spec", "selector")?.object, !selector.isEmpty else { return nil }
        return Value.object(selector).stringMap
    }
    package var ports: [Port] { value.items("spec", "ports").map(Port.init) }
    /// An address, `None`, or empty.
    package var clusterIP: String { value.text("spec", "clusterIP") }
    package var clusterIPs: [String] { value.texts("spec", "clusterIPs") }
    package var isHeadless: Bool { clusterIP == "None" }
    /// `IPv4`, `IPv6`.
    package var ipFamilies: [String] { value.texts("spec", "ipFamilies") }
    package var ipFamilyPolicy: String { value.text("spec", "ipFamilyPolicy") }
    package var publishNotReadyAddresses: Bool { value.flag("spec", "publishNotReadyAddresses") }
    package var trafficDistribution: String { value.text("spec", "trafficDistribution") }
    package var externalName: String { value.text("spec", "externalName") }
    package var externalIPs: [String] { value.texts("spec", "externalIPs") }
    package var sessionAffinity: String { value.text("spec", "sessionAffinity") }
    package var internalTrafficPolicy: String { value.text("spec", "internalTrafficPolicy") }
    package var externalTrafficPolicy: String { value.text("spec", "externalTrafficPolicy") }
    package var healthCheckNodePort: Int64 { value.at("spec", "healthCheckNodePort")?.int ?? 0 }
    package var loadBalancerClass: String? { value.at("spec", "loadBalancerClass")?.string }
    package var loadBalancerIP: String { value.text("spec", "loadBalancerIP") }
    /// `status.loadBalancer.ingress`.
    package var ingress: [Value] { value.items("status", "loadBalancer", "ingress") }
    package var ingressIPs: [String] { ingress.map { $0.text("ip") }.filter { !$0.isEmpty } }

    package struct Port: Hashable, Sendable {
        package var name: String
        package var protocolName: String
        package var number: Int64
        package var target: Target
        package var nodePort: Int64
        package var appProtocol: String?

        package init(_ value: Value) {
            name = value.text("name")
            protocolName = value["protocol"]?.string ?? "TCP"
            number = value["port"]?.int ?? 0
            target = .number(number)
            if let text = value["targetPort"]?.string, !text.isEmpty { target = .name(text) }
            if let target = value["targetPort"]?.int, target != 0 { self.target = .number(target) }
            nodePort = value["nodePort"]?.int ?? 0
            appProtocol = value["appProtocol"]?.string
        }
    }

    /// A port of the pods, by number or by its name in the containers.
    package enum Target: Hashable, Sendable {
        case number(Int64)
        case name(String)
    }
}

extension PodView {
    /// The number of a Service's target port in this pod; nil if no container has a port with that name and protocol.
    package func resolve(_ port: ServiceView.Port) -> Int64? { resolve([port])[0] }

    /// The same for all ports of a Service; names are only looked up once.
    package func resolve(_ ports: [ServiceView.Port]) -> [Int64?] {
        struct Name: Hashable {
            var name: String
            var protocolName: String
        }
        var numbers: [Name: Int64]?
        return ports.map { port in
            switch port.target {
            case .number(let number): return number
            case .name(let name):
                let known =
                    numbers
                    ?? Dictionary(
                        containerPorts.map { (Name(name: $0.name, protocolName: $0.protocolName), $0.number) },
                        uniquingKeysWith: { first, _ in first })
                numbers = known
                return known[Name(name: name, protocolName: port.protocolName)]
            }
        }
    }
}
