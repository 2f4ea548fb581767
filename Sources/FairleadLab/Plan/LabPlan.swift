package import FairleadModel

/// The networks of a lab: every namespace, with its links, addresses and routes. Pure: made of the cluster.
///
/// One bridge joins the nodes, the client outside and the namespace `fabric`, where the bridge is. A pod's cable goes to
/// its node, which has no address there: so the node's own address is what a pod sees of a masqueraded packet, as
/// kube-proxy means it.
package struct LabPlan: Sendable {
    /// The addresses of the client outside, in networks for documentation (RFC 5737, RFC 3849).
    package static let clients = [
        IPAddress(bits: 0xC633_6401, isIPv4: true), IPAddress(bits: 0xC633_6402, isIPv4: true),
        IPAddress(bits: 0x2001_0DB8_0000_0000_0000_0000_0000_0001, isIPv4: false),
        IPAddress(bits: 0x2001_0DB8_0000_0000_0000_0000_0000_0002, isIPv4: false),
    ]
    /// Where the listener of a pod that listens on all ports really is.
    static let allPorts = 64_999
    /// The gateway of pods: an address that is nowhere, with a hardware address that is given.
    private static let podGateway = (ipv4: "169.254.1.1", ipv6: "fe80::1", hardware: "ee:ee:ee:ee:ee:ee")
    /// A next hop that nobody has: packets to it get lost without a word.
    private static let void = (ipv4: "169.254.255.254", ipv6: "fe80::dead", hardware: "02:00:00:00:00:00")

    let names: LabNames
    private let path: @Sendable (String) -> String
    private let cluster: LabCluster
    /// By name.
    private(set) var namespaces: [String: NamespacePlan] = [:]

    /// - Parameter path: where a namespace's name is bound.
    init(_ cluster: LabCluster, names: LabNames, path: @escaping @Sendable (String) -> String) {
        self.names = names
        self.path = path
        self.cluster = cluster
        namespaces[names.fabric] = fabric()
        namespaces[names.outside] = outside()
        let pods = Dictionary(grouping: cluster.pods.filter { !$0.usesHostNetwork }, by: \.nodeName)
        for node in cluster.nodes { namespaces[names.node(node.name)] = plan(of: node, pods: pods[node.name] ?? []) }
        for pod in cluster.pods where !pod.usesHostNetwork { namespaces[names.pod(pod.name)] = plan(of: pod) }
    }

    // MARK: The bridge

    private func fabric() -> NamespacePlan {
        var plan = NamespacePlan(identity: "fabric")
        plan.settings = [
            "ipv6/conf/default/accept_dad": "0", "bridge/bridge-nf-call-iptables": "0",
            "bridge/bridge-nf-call-ip6tables": "0",
        ]
        let bridge = LabNames.bridge
        plan.add(.init(.link, "link \(bridge)", add: "link add \(bridge) type bridge mcast_snooping 0"))
        plan.add(.init(.state, "up \(bridge)", add: "link set \(bridge) up"))
        plug(LabNames.bridgePortOutside, into: names.outside, isOn: true, &plan)
        for node in cluster.nodes {
            plug(LabNames.bridgePort(ofNode: node.name), into: names.node(node.name), isOn: !node.isOff, &plan)
        }
        for address in fabricAddresses { plan.add(Self.address(address, on: bridge)) }
        for route in onLink(bridge) { plan.add(route) }
        // For answers to pods: they leave their nodes with their own addresses.
        for node in cluster.nodes { routeToPods(of: node, by: bridge, &plan) }
        return plan
    }

    private func routeToPods(of node: LabNode, by link: String, _ plan: inout NamespacePlan) {
        for range in node.podRanges {
            guard let gateway = node.address(isIPv4: range.isIPv4) else { continue }
            plan.add(
                .init(
                    .route, "route \(range)", add: "route replace \(range) via \(gateway) dev \(link) onlink",
                    remove: "route del \(range)"))
        }
    }

    private func plug(_ port: String, into namespace: String, isOn: Bool, _ plan: inout NamespacePlan) {
        plan.add(
            .init(
                .link, "link \(port)",
                add: "link add \(port) type veth peer name eth0 netns \(path(namespace))",
                remove: "link del \(port)", replaces: false))
        plan.add(.init(.state, "master \(port)", add: "link set \(port) master \(LabNames.bridge)"))
        plan.add(.init(.state, "state \(port)", add: "link set \(port) \(isOn ? "up" : "down")"))
    }

    /// The addresses of the machines that are not nodes: of the API server, as far as the cluster has a way to it, and of
    /// balancers that open connections of their own.
    private var fabricAddresses: [IPAddress] {
        let balancers = cluster.entrances.filter { $0.value == .balancer }.map(\.key)
        return Set(cluster.serverEndpoints.map(\.address) + balancers).sorted()
    }

    // MARK: The client

    private func outside() -> NamespacePlan {
        var plan = NamespacePlan(identity: "outside")
        // Each connection may go another way, not each client.
        plan.settings = [
            "ipv4/fib_multipath_hash_policy": "1", "ipv6/fib_multipath_hash_policy": "1",
            "ipv6/conf/default/accept_dad": "0",
        ]
        for address in Self.clients { plan.add(Self.address(address, on: "eth0", isPreferred: isMain(address))) }
        plan.add(.init(.state, "up eth0", add: "link set eth0 up"))
        for gateway in [Self.void.ipv4, Self.void.ipv6] {
            plan.add(
                .init(
                    .state, "neigh \(gateway)",
                    add: "neigh replace \(gateway) lladdr \(Self.void.hardware) dev eth0 nud permanent"))
        }
        for address in cluster.nodes.flatMap(\.addresses) { plan.add(route(to: address, [])) }
        for (address, entry) in cluster.entrances.sorted(by: { $0.key < $1.key }) {
            switch entry {
            case .balancer: plan.add(route(to: address, []))
            case .nodes(let names):
                let nodes = cluster.nodes.filter { names.contains($0.name) }
                let hops = nodes.compactMap { $0.address(isIPv4: address.isIPv4)?.description }
                plan.add(route(to: address, hops.isEmpty ? [address.isIPv4 ? Self.void.ipv4 : Self.void.ipv6] : hops))
            }
        }
        return plan
    }

    private func isMain(_ client: IPAddress) -> Bool { Self.clients.first { $0.isIPv4 == client.isIPv4 } == client }

    /// - Parameter hops: the machines that take the packets; none if the address itself is on the bridge.
    private func route(to address: IPAddress, _ hops: [String]) -> NetworkItem {
        let target = Self.host(address)
        let source = Self.clients.first { $0.isIPv4 == address.isIPv4 }.map { " src \($0)" } ?? ""
        let way: String
        switch hops.count {
        case 0: way = "dev eth0" + (address.isIPv4 ? " scope link" : "")
        case 1: way = "via \(hops[0]) dev eth0 onlink"
        default: way = hops.map { "nexthop via \($0) dev eth0 onlink" }.joined(separator: " ")
        }
        // Of several next hops of IPv6, `replace` may leave some.
        return .init(
            .route, "route \(target)", add: "route replace \(target)\(source) \(way)", remove: "route del \(target)",
            replaces: address.isIPv4)
    }

    // MARK: Nodes

    private func plan(of node: LabNode, pods: [LabPod]) -> NamespacePlan {
        var plan = NamespacePlan(identity: "node")
        plan.settings = [
            "ipv4/ip_forward": "1", "ipv6/conf/all/forwarding": "1", "ipv6/conf/default/accept_dad": "0",
            "ipv4/conf/all/rp_filter": "0", "ipv4/conf/default/rp_filter": "0",
            "ipv4/conf/all/send_redirects": "0", "ipv4/conf/default/send_redirects": "0",
        ]
        for address in node.addresses {
            let isPreferred = node.address(isIPv4: address.isIPv4) == address
            plan.add(Self.address(address, on: "eth0", isPreferred: isPreferred))
        }
        plan.add(.init(.state, "up eth0", add: "link set eth0 up"))
        for route in onLink("eth0") { plan.add(route) }
        for range in node.podRanges {
            plan.add(
                .init(
                    .route, "route \(range)", add: "route replace unreachable \(range)",
                    remove: "route del unreachable \(range)"))
        }
        for other in cluster.nodes where other.name != node.name { routeToPods(of: other, by: "eth0", &plan) }
        for pod in pods { connect(pod, to: &plan) }
        return plan
    }

    /// The node's end of the cable to a pod: routes to its addresses, and no address on the node's side.
    private func connect(_ pod: LabPod, to plan: inout NamespacePlan) {
        let port = LabNames.nodePort(ofPod: pod.uid)
        let hardware = LabNames.hardwareAddress(ofPod: pod.uid)
        plan.add(
            .init(
                .link, "link \(port)",
                add:
                    "link add \(port) address \(Self.podGateway.hardware) type veth peer name eth0 address \(hardware) "
                    + "netns \(path(names.pod(pod.name)))",
                remove: "link del \(port)", replaces: false))
        plan.add(.init(.address, "mode \(port)", add: "link set \(port) addrgenmode none"))
        if pod.addresses.contains(where: { !$0.isIPv4 }) {
            plan.add(
                .init(.address, "gateway \(port)", add: "addr replace \(Self.podGateway.ipv6)/64 dev \(port) nodad"))
        }
        plan.add(.init(.state, "up \(port)", add: "link set \(port) up"))
        for address in pod.addresses {
            // They go with the link.
            plan.add(
                .init(
                    .route, "neigh \(port) \(address)",
                    add: "neigh replace \(address) lladdr \(hardware) dev \(port) nud permanent"))
            plan.add(
                .init(
                    .route, "route \(port) \(address)",
                    add: "route replace \(Self.host(address)) dev \(port)" + (address.isIPv4 ? " scope link" : "")))
        }
    }

    // MARK: Pods

    private func plan(of pod: LabPod) -> NamespacePlan {
        var plan = NamespacePlan(identity: pod.uid)
        plan.settings = ["ipv6/conf/default/accept_dad": "0"]
        for address in pod.addresses { plan.add(Self.address(address, on: "eth0")) }
        plan.add(.init(.state, "up eth0", add: "link set eth0 up"))
        for isIPv4 in [true, false] where pod.addresses.contains(where: { $0.isIPv4 == isIPv4 }) {
            let gateway = isIPv4 ? Self.podGateway.ipv4 : Self.podGateway.ipv6
            plan.add(
                .init(
                    .state, "neigh \(gateway)",
                    add: "neigh replace \(gateway) lladdr \(Self.podGateway.hardware) dev eth0 nud permanent"))
            plan.add(
                .init(
                    .route, "route default \(isIPv4)",
                    add: "route replace \(isIPv4 ? "0.0.0.0/0" : "::/0") via \(gateway) dev eth0 onlink"))
        }
        if pod.listensOnAllPorts { plan.filter = Self.allPortsFilter }
        return plan
    }

    /// Leads every port to the one listener. Its connections remember where they were sent to.
    private static let allPortsFilter = """
        table inet lab {
            chain arriving {
                type nat hook prerouting priority -100; policy accept;
                meta l4proto { tcp, udp } redirect to :\(allPorts)
            }
            chain own {
                type nat hook output priority -100; policy accept;
                oifname "lo" meta l4proto { tcp, udp } redirect to :\(allPorts)
            }
        }

        """

    // MARK: Words of ip

    private static func host(_ address: IPAddress) -> String { "\(address)/\(address.bitWidth)" }

    /// - Parameter isPreferred: whether packets may be sent from it unless a program asks for it.
    private static func address(_ address: IPAddress, on link: String, isPreferred: Bool = true) -> NetworkItem {
        let more = address.isIPv4 ? "" : " nodad" + (isPreferred ? "" : " valid_lft forever preferred_lft 0")
        return .init(
            .address, "addr \(address)", add: "addr replace \(host(address)) dev \(link)\(more)",
            remove: "addr del \(host(address)) dev \(link)")
    }

    /// Everything that has no better route is on the bridge, or nowhere.
    private func onLink(_ link: String) -> [NetworkItem] {
        var routes = [
            NetworkItem(.route, "route default", add: "route replace 0.0.0.0/0 dev \(link) scope link")
        ]
        if cluster.hasIPv6 { routes.append(.init(.route, "route ::/0", add: "route replace ::/0 dev \(link)")) }
        return routes
    }
}
