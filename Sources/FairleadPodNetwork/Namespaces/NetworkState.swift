import FairleadContainers
import FairleadModel
import FairleadRouting

/// All namespaces, and what nodes remember of packets. A pure value: it knows no clock and starts no tasks.
struct NetworkState: Sendable {
    let settings: PodNetworkSettings
    /// Whether connections to the API server are answered.
    let servesAPI: Bool
    var namespaces: [NamespaceName: Namespace] = [:]
    private var owners: [IPAddress: NamespaceName] = [:]
    /// The node of each pod.
    private var nodes: [String: String] = [:]
    /// By node.
    private var published: [String: PublishedPorts] = [:]
    var connections = ConnectionTable()
    var tracking: DatagramTracking
    var generator: any RandomNumberGenerator & Sendable
    /// For the hashes of balancers.
    let balancerSeed: UInt64
    /// How many ends of connections there are in all namespaces.
    private(set) var endCount = 0
    private var lastID = 0
    /// The size at which the table of connections is looked through for what has ended.
    private var sweepSize = 1024

    init(_ settings: PodNetworkSettings, servesAPI: Bool, generator: any RandomNumberGenerator & Sendable) {
        self.settings = settings
        self.servesAPI = servesAPI
        var generator = generator
        balancerSeed = generator.next()
        self.generator = generator
        tracking = DatagramTracking(
            mostEntries: settings.mostTracked, mostOfOne: settings.mostTrackedOfOne, lifetime: settings.trackedFor)
        setNamespace(.apiServer, addresses: settings.apiServerAddresses)
    }

    mutating func newID() -> Int {
        lastID += 1
        return lastID
    }

    /// The namespace that has an address. Where several do, the latest.
    func namespace(at address: IPAddress) -> NamespaceName? { owners[address] }

    func node(ofPod uid: String) -> String? { nodes[uid] }

    func publishedTarget(
        on node: String, _ destination: NetworkAddress, _ transport: Transport
    ) -> (pod: String, port: UInt16)? {
        published[node]?.target(of: destination, transport)
    }

    // MARK: Namespaces

    /// Creates a namespace, or changes its addresses. No addresses leave those that it has.
    mutating func setNamespace(_ name: NamespaceName, addresses: [IPAddress]) {
        let old = namespaces[name]?.addresses ?? []
        guard namespaces[name] == nil || (!addresses.isEmpty && old != addresses) else { return }
        for address in old where owners[address] == name { owners[address] = nil }
        namespaces[name, default: Namespace(name, addresses: [])].addresses = addresses
        for address in addresses { owners[address] = name }
    }

    /// - Parameter ports: nil leaves them as they are.
    mutating func setPod(_ uid: String, node: String, ports: [PublishedPort]?) {
        let old = nodes.updateValue(node, forKey: uid)
        guard let ports else { return }
        if let old { unpublish(uid, on: old) }
        for port in ports { published[node, default: PublishedPorts()].add(port, of: uid) }
    }

    private mutating func unpublish(_ uid: String, on node: String) {
        published[node]?.remove(pod: uid)
        if published[node]?.isEmpty ?? false { published[node] = nil }
    }

    mutating func removeNamespace(_ name: NamespaceName) -> Leftovers {
        let left = release(in: name) { _ in true }
        tracking.forgetAll(from: name, &connections)
        if let gone = namespaces.removeValue(forKey: name) {
            for address in gone.addresses where owners[address] == name { owners[address] = nil }
        }
        return left
    }

    /// The pod's namespace, or what it has opened in that of its node.
    mutating func removePod(_ uid: String) -> Leftovers {
        let node = nodes.removeValue(forKey: uid)
        if let node { unpublish(uid, on: node) }
        if namespaces[.pod(uid)] != nil { return removeNamespace(.pod(uid)) }
        guard let node else { return Leftovers() }
        return release(in: .node(node)) { $0.pod == uid }
    }

    /// Takes out what some owners have opened in a namespace.
    mutating func release(in name: NamespaceName, _ isOwner: (SocketOwner) -> Bool) -> Leftovers {
        guard var space = namespaces[name] else { return Leftovers() }
        namespaces[name] = nil
        defer { namespaces[name] = space }
        var left = Leftovers()
        let listeners = space.streams.removeAll(where: isOwner)
        left.listeners = listeners.map(\.socket)
        left.receivers = space.datagrams.removeAll(where: isOwner).map(\.socket)
        for (id, end) in space.ends where isOwner(end.owner) { removeEnd(id, &space, &left) }
        return left
    }

    // MARK: Sockets

    mutating func removeListener(_ id: Int, at port: UInt16, in name: NamespaceName) -> Leftovers {
        guard var space = namespaces[name], let listener = space.streams.remove(id, at: port) else {
            return Leftovers()
        }
        namespaces[name] = nil
        defer { namespaces[name] = space }
        var left = Leftovers()
        left.listeners = [listener]
        for (end, open) in space.ends where open.listener == id { removeEnd(end, &space, &left) }
        return left
    }

    mutating func removeReceiver(_ id: Int, at port: UInt16, in name: NamespaceName) -> Leftovers {
        var left = Leftovers()
        if let receiver = namespaces[name]?.datagrams.remove(id, at: port) { left.receivers = [receiver] }
        return left
    }

    private mutating func removeEnd(_ id: Int, _ space: inout Namespace, _ left: inout Leftovers) {
        guard let end = space.removeEnd(id) else { return }
        left.ends.append(end)
        endCount -= 1
    }

    mutating func forgetEnd(_ id: Int, in name: NamespaceName) {
        if namespaces[name]?.removeEnd(id) != nil { endCount -= 1 }
    }

    mutating func addEnd(_ end: Namespace.OpenEnd, in name: NamespaceName) -> Int {
        let id = newID()
        namespaces[name]?.add(end, id)
        endCount += 1
        return id
    }

    /// Whether a namespace may have another end of a connection.
    ///
    /// - Parameter client: who opens it.
    func hasRoom(in name: NamespaceName, for client: NamespaceName) -> Bool {
        guard let space = namespaces[name] else { return false }
        switch client {
        case .node, .apiServer: break
        case .pod, .outside: guard endCount < settings.mostConnectionsOverall else { return false }
        }
        return name == .apiServer || space.ends.count < settings.mostConnections
    }

    /// Forgets affinities that have ended, once there are many. Costs as much as they are, at most every time that
    /// their number has doubled.
    mutating func sweep(at now: Int64) {
        guard connections.count >= sweepSize else { return }
        connections.forgetStays(endedBy: now)
        sweepSize = max(1024, connections.count * 2)
    }
}
