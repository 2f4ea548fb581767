package import FairleadModel

/// A cluster from the point of view of packets: Services with their endpoints, nodes and pods, found by address.
///
/// It is a value type: the cost of changing an object depends on the size of the object, not of the cluster. It has no
/// notion of time; `ConnectionTable` does.
package struct RoutingTable: Sendable {
    /// The type of the Service address that a packet was sent to.
    package enum Access: String, Hashable, Sendable {
        case clusterIP = "ClusterIP"
        case externalIP = "ExternalIP"
        case balancerVIP = "LoadBalancerVIP"
        case balancerProxy = "LoadBalancerProxy"
        case nodePort = "NodePort"
    }

    struct Claim: Hashable, Sendable {
        var service: ObjectName
        var index: Int
        var access: Access
    }

    struct NodePort: Hashable, Sendable {
        var port: Int
        var transport: Transport
        var isIPv4: Bool
    }

    package struct Node: Sendable {
        package let name: String
        package let addresses: [IPAddress]
        package let zone: String
        package fileprivate(set) var isReady: Bool
        /// Whether balancers exclude it (label `node.kubernetes.io/exclude-from-external-load-balancers`).
        package let isExcludedFromBalancers: Bool

        package func address(isIPv4: Bool) -> IPAddress? { addresses.first { $0.isIPv4 == isIPv4 } }
    }

    package struct Pod: Sendable {
        package let name: ObjectName
        package let nodeName: String
        package let addresses: [IPAddress]
        package let usesHostNetwork: Bool
        package let isReady: Bool
        package let isRunning: Bool
        /// The ports that its containers declare; empty if they declare none.
        package let ports: Set<PodPort>

        package func address(isIPv4: Bool) -> IPAddress? { addresses.first { $0.isIPv4 == isIPv4 } }
    }

    package struct PodPort: Hashable, Sendable {
        package let port: Int
        package let transport: Transport
    }

    /// What DNS needs to know about a Service.
    struct NamedService: Sendable {
        var type: String
        var isHeadless: Bool
        var clusterIPs: [IPAddress]
        var externalName: String
    }

    private struct Entry: Sendable {
        var named: NamedService
        var ports: [ServicePort]
    }

    package let settings: RoutingSettings
    private var services: [ObjectName: Entry] = [:]
    private var slices: [ObjectName: [String: SliceContent]] = [:]
    private var serviceOfSlice: [ObjectName: ObjectName] = [:]
    private var claims: [Socket: [Claim]] = [:]
    private var nodePorts: [NodePort: [Claim]] = [:]
    private var healthPorts: [Int: [ObjectName]] = [:]
    private var clusterIPs: [IPAddress: Int] = [:]
    /// The other addresses of Services, whatever their ports.
    private var externalAddresses: [IPAddress: Int] = [:]
    package private(set) var nodes: [String: Node] = [:]
    package private(set) var pods: [ObjectName: Pod] = [:]
    private var nodeOfAddress: [IPAddress: String] = [:]
    private var podOfAddress: [IPAddress: ObjectName] = [:]
    /// The pods in the host network of each node.
    private var hostPods: [String: Set<ObjectName>] = [:]
    private(set) var nodePools = NodePools()

    package init(_ settings: RoutingSettings) { self.settings = settings }

    package init(
        _ settings: RoutingSettings, services: [Value], slices: [Value], nodes: [Value], pods: [Value]
    ) {
        self.init(settings)
        for node in nodes { set(NodeView(node)) }
        for pod in pods { set(PodView(pod)) }
        for slice in slices { set(EndpointSliceView(slice)) }
        for service in services { set(ServiceView(service)) }
    }

    // MARK: Lookups

    package var servicePorts: [ServicePort] {
        services.sorted { $0.key < $1.key }.flatMap(\.value.ports)
    }

    package func servicePorts(of service: ObjectName) -> [ServicePort] { services[service]?.ports ?? [] }

    package var serviceNames: [ObjectName] { Array(services.keys) }
    package var sliceNames: [ObjectName] { Array(serviceOfSlice.keys) }

    /// The Service that the slice belongs to; nil if the slice is not in the table.
    package func service(ofSlice slice: ObjectName) -> ObjectName? { serviceOfSlice[slice] }

    func named(_ service: ObjectName) -> NamedService? { services[service]?.named }

    /// The slices of a Service for all address families, ordered by name.
    func contents(of service: ObjectName) -> [SliceContent] {
        (slices[service] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
    }

    func service(_ claim: Claim) -> ServicePort? {
        guard let ports = services[claim.service]?.ports, ports.indices.contains(claim.index) else { return nil }
        return ports[claim.index]
    }

    /// If several Services claim the address and port, the first by name gets it.
    func claim(_ socket: Socket) -> Claim? { claims[socket]?.first }

    /// All claims of the address and port, in the order of their precedence.
    func claims(_ socket: Socket) -> [Claim] { claims[socket] ?? [] }

    /// The claims of a node port, on whatever address of the family, in the order of their precedence.
    func nodePortClaims(_ socket: Socket) -> [Claim] {
        nodePorts[NodePort(port: socket.port, transport: socket.transport, isIPv4: socket.address.isIPv4)] ?? []
    }

    func nodePortClaim(_ socket: Socket) -> Claim? { nodePortClaims(socket).first }

    /// The Service whose health check node port this is.
    package func healthChecked(_ port: Int) -> ObjectName? { healthPorts[port]?.first }
    func isClusterIP(_ address: IPAddress) -> Bool { clusterIPs[address] != nil }

    /// Whether it is an address of a Service outside the cluster, at whatever port.
    func isExternalAddress(_ address: IPAddress) -> Bool { externalAddresses[address] != nil }

    /// The pods that share the node's addresses.
    func hostPods(on node: String) -> some Sequence<Pod> { (hostPods[node] ?? []).lazy.compactMap { pods[$0] } }

    package func node(at address: IPAddress) -> Node? { nodeOfAddress[address].flatMap { nodes[$0] } }
    package func pod(at address: IPAddress) -> Pod? { podOfAddress[address].flatMap { pods[$0] } }
    func zone(of node: String) -> String { nodes[node]?.zone ?? "" }

    // MARK: Updates

    package mutating func set(_ service: ServiceView) {
        let name = ObjectName(namespace: service.namespace, name: service.name)
        removeService(name)
        var ports = ServicePort.all(of: service)
        let contents = contents(of: name)
        for index in ports.indices { ports[index].setEndpoints(from: contents) }
        let named = NamedService(
            type: service.type, isHeadless: service.isHeadless,
            clusterIPs: service.clusterIPs.compactMap { IPAddress($0) }, externalName: service.externalName)
        services[name] = Entry(named: named, ports: ports)
        for (index, port) in ports.enumerated() { enter(port, name, index) }
    }

    package mutating func removeService(_ name: ObjectName) {
        guard let old = services.removeValue(forKey: name) else { return }
        for (index, port) in old.ports.enumerated() { leave(port, name, index) }
    }

    /// A slice whose label names another Service now, or none, leaves the one that it belonged to.
    package mutating func set(_ slice: EndpointSliceView) {
        let name = ObjectName(namespace: slice.namespace, name: slice.name)
        let service = ObjectName(namespace: slice.namespace, name: slice.serviceName)
        if serviceOfSlice[name] != service { removeSlice(name) }
        guard !slice.serviceName.isEmpty else { return }
        serviceOfSlice[name] = service
        slices[service, default: [:]][slice.name] = SliceContent(slice)
        readSlices(of: service)
    }

    package mutating func removeSlice(_ name: ObjectName) {
        guard let service = serviceOfSlice.removeValue(forKey: name) else { return }
        slices[service]?[name.name] = nil
        if slices[service]?.isEmpty ?? false { slices[service] = nil }
        readSlices(of: service)
    }

    package mutating func set(_ view: NodeView) {
        removeNode(view.name)
        let texts = view.addresses.filter { $0.type == "InternalIP" || $0.type == "ExternalIP" }.map(\.address)
        let node = Node(
            name: view.name, addresses: texts.compactMap { IPAddress($0) }, zone: view.zone, isReady: view.isReady,
            isExcludedFromBalancers: view.labels["node.kubernetes.io/exclude-from-external-load-balancers"] != nil)
        nodes[node.name] = node
        nodePools.insert(node)
        for address in node.addresses { nodeOfAddress[address] = node.name }
    }

    package mutating func removeNode(_ name: String) {
        guard let old = nodes.removeValue(forKey: name) else { return }
        nodePools.remove(old)
        for address in old.addresses where nodeOfAddress[address] == name { nodeOfAddress[address] = nil }
    }

    /// A finished pod no longer has an address.
    package mutating func set(_ view: PodView) {
        let name = ObjectName(namespace: view.namespace, name: view.name)
        removePod(name)
        let ports = view.containerPorts.compactMap { port in
            ServicePort.portNumber(port.number).flatMap { number in
                Transport(rawValue: port.protocolName).map { PodPort(port: number, transport: $0) }
            }
        }
        let pod = Pod(
            name: name, nodeName: view.nodeName,
            addresses: view.isFinished ? [] : view.podIPs.compactMap { IPAddress($0) },
            usesHostNetwork: view.hostNetwork, isReady: view.isReady, isRunning: view.phase == "Running",
            ports: Set(ports))
        pods[name] = pod
        if pod.usesHostNetwork {
            hostPods[pod.nodeName, default: []].insert(name)
        } else {
            for address in pod.addresses { podOfAddress[address] = name }
        }
    }

    package mutating func removePod(_ name: ObjectName) {
        guard let old = pods.removeValue(forKey: name) else { return }
        if old.usesHostNetwork {
            hostPods[old.nodeName]?.remove(name)
            if hostPods[old.nodeName]?.isEmpty ?? false { hostPods[old.nodeName] = nil }
        }
        for address in old.addresses where podOfAddress[address] == name { podOfAddress[address] = nil }
    }

    mutating func setReadiness(of name: String, _ isReady: Bool) {
        guard var node = nodes[name] else { return }
        nodePools.remove(node)
        node.isReady = isReady
        nodes[name] = node
        nodePools.insert(node)
    }

    /// Changes entries of slices, and updates the Services that use them.
    mutating func changeEndpoints(_ change: Hypothesis.Change, where applies: (SliceContent.Entry) -> Bool) {
        for (service, contents) in slices {
            var isChanged = false
            for (name, content) in contents {
                guard let changed = content.changed(change, where: applies) else { continue }
                slices[service]?[name] = changed
                isChanged = true
            }
            if isChanged { readSlices(of: service) }
        }
    }

    private mutating func readSlices(of service: ObjectName) {
        guard var entry = services[service] else { return }
        let contents = contents(of: service)
        for index in entry.ports.indices { entry.ports[index].setEndpoints(from: contents) }
        services[service] = entry
    }

    private mutating func enter(_ port: ServicePort, _ name: ObjectName, _ index: Int) {
        for (socket, access) in sockets(of: port) {
            Self.insert(Claim(service: name, index: index, access: access), into: &claims[socket, default: []])
        }
        clusterIPs[port.clusterIP, default: 0] += 1
        for address in Self.externalAddresses(of: port) { externalAddresses[address, default: 0] += 1 }
        if port.nodePort != 0 {
            let key = NodePort(port: port.nodePort, transport: port.transport, isIPv4: port.isIPv4)
            Self.insert(Claim(service: name, index: index, access: .nodePort), into: &nodePorts[key, default: []])
        }
        if port.healthCheckNodePort != 0, healthPorts[port.healthCheckNodePort]?.contains(name) != true {
            healthPorts[port.healthCheckNodePort, default: []].append(name)
        }
    }

    private mutating func leave(_ port: ServicePort, _ name: ObjectName, _ index: Int) {
        for (socket, _) in sockets(of: port) {
            claims[socket]?.removeAll { $0.service == name }
            if claims[socket]?.isEmpty ?? false { claims[socket] = nil }
        }
        if let count = clusterIPs[port.clusterIP] { clusterIPs[port.clusterIP] = count > 1 ? count - 1 : nil }
        for address in Self.externalAddresses(of: port) {
            if let count = externalAddresses[address] { externalAddresses[address] = count > 1 ? count - 1 : nil }
        }
        let key = NodePort(port: port.nodePort, transport: port.transport, isIPv4: port.isIPv4)
        nodePorts[key]?.removeAll { $0.service == name }
        if nodePorts[key]?.isEmpty ?? false { nodePorts[key] = nil }
        healthPorts[port.healthCheckNodePort]?.removeAll { $0 == name }
        if healthPorts[port.healthCheckNodePort]?.isEmpty ?? false { healthPorts[port.healthCheckNodePort] = nil }
    }

    /// The addresses that the port has on every node, and their types; node ports are not among them.
    func sockets(of port: ServicePort) -> [(Socket, Access)] {
        let all: [(IPAddress, Access)] =
            [(port.clusterIP, .clusterIP)] + port.externalIPs.map { ($0, .externalIP) }
            + port.balancerVIPs.map { ($0, .balancerVIP) } + port.balancerProxies.map { ($0, .balancerProxy) }
        return all.map { (Socket($0.0, port.port, port.transport), $0.1) }
    }

    private static func externalAddresses(of port: ServicePort) -> [IPAddress] {
        port.externalIPs + port.balancerVIPs + port.balancerProxies
    }

    private static func insert(_ claim: Claim, into list: inout [Claim]) {
        let place = list.firstIndex { claim.service < $0.service } ?? list.endIndex
        list.insert(claim, at: place)
    }
}
