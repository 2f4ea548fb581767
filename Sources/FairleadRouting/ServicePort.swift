package import FairleadModel

/// A port of a Service in one address family, with everything that determines how its packets are routed.
///
/// Headless and ExternalName Services have none, because their packets are not translated.
package struct ServicePort: Sendable {
    package let service: ObjectName
    package let portName: String
    package let transport: Transport
    package let port: Int
    package let isIPv4: Bool
    package let clusterIP: IPAddress
    package let externalIPs: [IPAddress]
    /// Status addresses whose `ipMode` is VIP or unset: kube-proxy handles their packets on every node.
    package let balancerVIPs: [IPAddress]
    /// Status addresses whose `ipMode` is Proxy: all packets go to the balancer, even from inside the cluster.
    package let balancerProxies: [IPAddress]
    /// 0 if there is none.
    package let nodePort: Int
    package let isInternalLocal: Bool
    package let isExternalLocal: Bool
    package let sourceRanges: [CIDR]
    /// How many seconds a client stays with an endpoint after its last connection; nil without affinity.
    package let affinitySeconds: Int64?
    /// 0 if there is none.
    package let healthCheckNodePort: Int
    /// Sorted as strings, as in kube-proxy; no two have the same address and port.
    package internal(set) var endpoints: [Endpoint] = []
    package internal(set) var skipped: [SkippedEndpoint] = []

    /// Whether it can be reached by anything other than the cluster IP.
    package var isExternal: Bool { nodePort != 0 || !balancerVIPs.isEmpty || !externalIPs.isEmpty }
    /// Whether some packets may go to endpoints on all nodes. This is so even if both policies are Local, because
    /// neither applies to packets from inside the cluster to an external address.
    package var usesClusterEndpoints: Bool { !isInternalLocal || isExternal }
    package var usesLocalEndpoints: Bool { isInternalLocal || (isExternalLocal && isExternal) }

    /// `default/web:http`
    package var text: String { portName.isEmpty ? service.description : "\(service):\(portName)" }
}

extension ServicePort {
    /// The ports of a Service in all its families, without endpoints.
    ///
    /// Reference: kube-proxy `ShouldSkipService`, `newBaseServiceInfo`.
    static func all(of service: ServiceView) -> [ServicePort] {
        guard service.type != "ExternalName", !service.isHeadless, !service.clusterIP.isEmpty,
            service.labels["service.kubernetes.io/service-proxy-name"] == nil
        else { return [] }
        let clusterIPs = service.clusterIPs.isEmpty ? [service.clusterIP] : service.clusterIPs
        let addresses = clusterIPs.compactMap { IPAddress($0) }
        return addresses.flatMap { address in
            service.ports.compactMap { ServicePort(service, $0, clusterIP: address) }
        }
    }

    private init?(_ service: ServiceView, _ port: ServiceView.Port, clusterIP: IPAddress) {
        guard let transport = Transport(rawValue: port.protocolName), let number = Self.portNumber(port.number) else {
            return nil
        }
        let isIPv4 = clusterIP.isIPv4
        func ofFamily(_ texts: [String]) -> [IPAddress] {
            texts.compactMap { IPAddress($0) }.filter { $0.isIPv4 == isIPv4 }
        }
        let isBalanced = service.type == "LoadBalancer"
        func balancers(_ isProxy: Bool) -> [IPAddress] {
            guard isBalanced else { return [] }
            return ofFamily(service.ingress.filter { ($0.text("ipMode") == "Proxy") == isProxy }.map { $0.text("ip") })
        }
        let usesNodePorts = service.type == "NodePort" || isBalanced
        self.service = ObjectName(namespace: service.namespace, name: service.name)
        portName = port.name
        self.transport = transport
        self.port = number
        self.isIPv4 = isIPv4
        self.clusterIP = clusterIP
        externalIPs = ofFamily(service.externalIPs)
        balancerVIPs = balancers(false)
        balancerProxies = balancers(true)
        nodePort = usesNodePorts ? Self.portNumber(port.nodePort) ?? 0 : 0
        isInternalLocal = service.internalTrafficPolicy == "Local"
        isExternalLocal = service.externalTrafficPolicy == "Local"
        sourceRanges = service.value.texts("spec", "loadBalancerSourceRanges")
            .compactMap { CIDR($0.trimmingSpaces) }.filter { $0.isIPv4 == isIPv4 }
        affinitySeconds =
            service.sessionAffinity == "ClientIP"
            ? service.value.at("spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds")?.int ?? 10800 : nil
        healthCheckNodePort =
            isBalanced && isExternalLocal ? Self.portNumber(service.healthCheckNodePort) ?? 0 : 0
    }

    static func portNumber(_ number: Int64?) -> Int? { number.flatMap { (1...65535).contains($0) ? Int($0) : nil } }
}
