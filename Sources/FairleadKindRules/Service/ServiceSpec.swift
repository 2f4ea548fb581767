import FairleadRules
package import FairleadModel

/// The `spec` of a Service, with the questions Kubernetes asks about it and the fields that allocation writes.
///
/// Empty lists are absent, as after encoding.
package struct ServiceSpec {
    package var value: Value

    package init(of service: Value) { value = service["spec"] ?? .object(Object()) }

    package var type: String { value.text("type") }
    package var isExternalName: Bool { type == "ExternalName" }
    package var isLoadBalancer: Bool { type == "LoadBalancer" }
    package var hasSelector: Bool { !value.isEmptyOrAbsent("selector") }
    package var ports: [Value] { value.items("ports") }
    package var externalIPs: [String] { value.strings("externalIPs") }

    package var clusterIP: String {
        get { value.text("clusterIP") }
        set { value["clusterIP"] = newValue.isEmpty ? nil : .string(newValue) }
    }
    package var clusterIPs: [String] {
        get { value.strings("clusterIPs") }
        set { setList("clusterIPs", newValue) }
    }
    package var ipFamilies: [String] {
        get { value.strings("ipFamilies") }
        set { setList("ipFamilies", newValue) }
    }
    package var ipFamilyPolicy: String? {
        get { value["ipFamilyPolicy"]?.string }
        set { value["ipFamilyPolicy"] = newValue.map(Value.string) }
    }
    package var healthCheckNodePort: Int {
        get { Int(value.number("healthCheckNodePort")) }
        set { value["healthCheckNodePort"] = newValue == 0 ? nil : .int(Int64(newValue)) }
    }

    package func nodePort(at index: Int) -> Int { Int(ports[index].number("nodePort")) }

    package mutating func setNodePort(_ number: Int, at index: Int) {
        guard case .array(var list)? = value["ports"], list.indices.contains(index) else { return }
        value["ports"] = .null  // keeps the list uniquely referenced while it changes
        list[index]["nodePort"] = number == 0 ? nil : .int(Int64(number))
        value["ports"] = .array(list)
    }

    package mutating func clearNodePorts() {
        value.changeItems("ports") { $0["nodePort"] = nil }
    }

    /// A headless Service has `None` and no addresses.
    package var isHeadless: Bool { clusterIPs == [Self.none] }
    /// Whether the type has addresses inside the cluster.
    package var needsClusterIP: Bool { ["ClusterIP", "NodePort", "LoadBalancer"].contains(type) }
    /// Whether the type may have node ports.
    package var mayHaveNodePorts: Bool { type == "NodePort" || isLoadBalancer }
    /// Whether a port without a node port gets one (KEP-1864: a load balancer may opt out).
    package var allocatesNodePorts: Bool {
        type == "NodePort" || isLoadBalancer && value["allocateLoadBalancerNodePorts"]?.bool ?? true
    }
    package var needsHealthCheck: Bool { isLoadBalancer && value.text("externalTrafficPolicy") == "Local" }
    /// Whether traffic from outside can reach it, so that an external traffic policy applies.
    package var isExternallyAccessible: Bool { mayHaveNodePorts || type == "ClusterIP" && !externalIPs.isEmpty }

    /// The distinct node ports in `ports`, in order.
    package var nodePorts: [Int] {
        var seen: Set<Int> = []
        return ports.map { Int($0.number("nodePort")) }.filter { $0 != 0 && seen.insert($0).inserted }
    }

    /// The distinct ports that the Service holds on every node: node ports and the health check node port.
    package var heldNodePorts: [Int] {
        guard mayHaveNodePorts else { return [] }
        let nodePorts = nodePorts
        let check = needsHealthCheck ? healthCheckNodePort : 0
        return check == 0 || nodePorts.contains(check) ? nodePorts : nodePorts + [check]
    }

    /// The cluster IPs that the Service holds.
    package var heldAddresses: [IPAddress] {
        needsClusterIP && !isHeadless ? clusterIPs.compactMap { IPAddress(IPText.sloppy($0) ?? "") } : []
    }

    package static let none = "None"

    private mutating func setList(_ key: String, _ list: [String]) {
        value[key] = list.isEmpty ? nil : .array(list.map(Value.string))
    }
}

/// The IP families, as Kubernetes names them.
package enum IPFamily {
    package static let ipv4 = "IPv4"
    package static let ipv6 = "IPv6"

    package static func other(_ family: String) -> String { family == ipv4 ? ipv6 : ipv4 }
}

/// The values of `ipFamilyPolicy` (KEP-563).
package enum IPFamilyPolicy {
    package static let singleStack = "SingleStack"
    package static let preferDualStack = "PreferDualStack"
    package static let requireDualStack = "RequireDualStack"
}
