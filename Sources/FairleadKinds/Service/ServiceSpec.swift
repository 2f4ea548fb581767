import FairleadModel
import FairleadRules

/// `spec` of a Service with the questions that Kubernetes asks of it, and the fields that allocation writes.
///
/// Lists that are empty are absent, as an encoder would leave them.
struct ServiceSpec {
    var value: Value

    init(of service: Value) { value = service["spec"] ?? .object(Object()) }

    var type: String { value.text("type") }
    var isExternalName: Bool { type == "ExternalName" }
    var isLoadBalancer: Bool { type == "LoadBalancer" }
    var hasSelector: Bool { !value.isEmptyOrAbsent("selector") }
    var ports: [Value] { value.items("ports") }
    var externalIPs: [String] { value.strings("externalIPs") }

    var clusterIP: String {
        get { value.text("clusterIP") }
        set { value["clusterIP"] = newValue.isEmpty ? nil : .string(newValue) }
    }
    var clusterIPs: [String] {
        get { value.strings("clusterIPs") }
        set { setList("clusterIPs", newValue) }
    }
    var ipFamilies: [String] {
        get { value.strings("ipFamilies") }
        set { setList("ipFamilies", newValue) }
    }
    var ipFamilyPolicy: String? {
        get { value["ipFamilyPolicy"]?.string }
        set { value["ipFamilyPolicy"] = newValue.map(Value.string) }
    }
    var healthCheckNodePort: Int {
        get { Int(value.number("healthCheckNodePort")) }
        set { value["healthCheckNodePort"] = newValue == 0 ? nil : .int(Int64(newValue)) }
    }

    func nodePort(at index: Int) -> Int { Int(ports[index].number("nodePort")) }

    mutating func setNodePort(_ number: Int, at index: Int) {
        guard case .array(var list)? = value["ports"], list.indices.contains(index) else { return }
        value["ports"] = .null  // keeps the list uniquely referenced while it changes
        list[index]["nodePort"] = number == 0 ? nil : .int(Int64(number))
        value["ports"] = .array(list)
    }

    mutating func clearNodePorts() {
        value.changeItems("ports") { $0["nodePort"] = nil }
    }

    /// A headless Service has `None` and nothing else.
    var isHeadless: Bool { clusterIPs == [Self.none] }
    /// The types that have addresses inside the cluster.
    var needsClusterIP: Bool { ["ClusterIP", "NodePort", "LoadBalancer"].contains(type) }
    /// The types that may have node ports.
    var mayHaveNodePorts: Bool { type == "NodePort" || isLoadBalancer }
    /// Whether a port without a node port gets one (KEP-1864: a load balancer may do without).
    var allocatesNodePorts: Bool {
        type == "NodePort" || isLoadBalancer && value["allocateLoadBalancerNodePorts"]?.bool ?? true
    }
    var needsHealthCheck: Bool { isLoadBalancer && value.text("externalTrafficPolicy") == "Local" }
    /// Whether traffic from outside can reach it, so that there is an external traffic policy.
    var isExternallyAccessible: Bool { mayHaveNodePorts || type == "ClusterIP" && !externalIPs.isEmpty }

    /// The different node ports that stand in `ports`, in order.
    var nodePorts: [Int] {
        var seen: Set<Int> = []
        return ports.map { Int($0.number("nodePort")) }.filter { $0 != 0 && seen.insert($0).inserted }
    }

    /// The numbers that the Service holds on every node, each once: node ports and the port of the health check.
    var heldNodePorts: [Int] {
        guard mayHaveNodePorts else { return [] }
        let nodePorts = nodePorts
        let check = needsHealthCheck ? healthCheckNodePort : 0
        return check == 0 || nodePorts.contains(check) ? nodePorts : nodePorts + [check]
    }

    /// The cluster IPs that the Service holds.
    var heldAddresses: [IPAddress] {
        needsClusterIP && !isHeadless ? clusterIPs.compactMap { IPAddress(IPText.sloppy($0) ?? "") } : []
    }

    static let none = "None"

    private mutating func setList(_ key: String, _ list: [String]) {
        value[key] = list.isEmpty ? nil : .array(list.map(Value.string))
    }
}

/// The families that Kubernetes names.
enum IPFamily {
    static let ipv4 = "IPv4"
    static let ipv6 = "IPv6"

    static func other(_ family: String) -> String { family == ipv4 ? ipv6 : ipv4 }
}

/// The values of `ipFamilyPolicy` (KEP-563).
enum IPFamilyPolicy {
    static let singleStack = "SingleStack"
    static let preferDualStack = "PreferDualStack"
    static let requireDualStack = "RequireDualStack"
}
