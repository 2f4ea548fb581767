import FairleadContainers
import FairleadModel
import FairleadRouting

/// Which network namespace.
enum NamespaceName: Hashable, Sendable {
    /// By UID.
    case pod(String)
    case node(String)
    /// The machine of the API server.
    case apiServer
    /// A machine outside the cluster.
    case outside(IPAddress)
}

/// The addresses, ports and connections of one network namespace.
struct Namespace: Sendable {
    /// An end of a connection.
    struct OpenEnd: Sendable {
        var owner: SocketOwner
        /// The listener that accepted it; nil for the client's end.
        var listener: Int?
        /// The client's port.
        var port: UInt16?
        var pipes: ConnectionEnd.Pipes
    }

    static let ephemeralPorts: ClosedRange<UInt16> = 32768...60999

    let name: NamespaceName
    var addresses: [IPAddress]
    var streams = PortTable<StreamListener>()
    var datagrams = PortTable<DatagramReceiver>()
    private(set) var ends: [Int: OpenEnd] = [:]
    /// Of connections that were opened here.
    private var clientPorts: Set<UInt16> = []
    private var lastPort = Self.ephemeralPorts.upperBound

    init(_ name: NamespaceName, addresses: [IPAddress]) {
        self.name = name
        self.addresses = addresses
    }

    func has(_ address: IPAddress) -> Bool { address.isLoopback || addresses.contains(address) }

    /// The address that packets to a destination come from.
    ///
    /// - Throws: `noRoute` if there is none of the family.
    func source(for destination: IPAddress) throws(NetworkError) -> IPAddress {
        if destination.isLoopback { return .loopback(isIPv4: destination.isIPv4) }
        if addresses.contains(destination) { return destination }
        guard let found = addresses.first(where: { $0.isIPv4 == destination.isIPv4 }) else { throw .noRoute }
        return found
    }

    /// - Throws: `addressInUse` if all are taken.
    mutating func freeStreamPort() throws(NetworkError) -> UInt16 {
        let (used, table) = (clientPorts, streams)
        return try freePort { used.contains($0) || table.isTaken($0) }
    }

    mutating func freeDatagramPort() throws(NetworkError) -> UInt16 {
        let table = datagrams
        return try freePort { table.isTaken($0) }
    }

    func isFreeForClient(_ port: UInt16) -> Bool { !clientPorts.contains(port) && !streams.isTaken(port) }

    private mutating func freePort(_ isTaken: (UInt16) -> Bool) throws(NetworkError) -> UInt16 {
        var port = lastPort
        for _ in Self.ephemeralPorts {
            port = port == Self.ephemeralPorts.upperBound ? Self.ephemeralPorts.lowerBound : port + 1
            if isTaken(port) { continue }
            lastPort = port
            return port
        }
        throw .addressInUse
    }

    mutating func add(_ end: OpenEnd, _ id: Int) {
        ends[id] = end
        if let port = end.port { clientPorts.insert(port) }
    }

    mutating func removeEnd(_ id: Int) -> OpenEnd? {
        guard let end = ends.removeValue(forKey: id) else { return nil }
        if let port = end.port { clientPorts.remove(port) }
        return end
    }
}

/// What has been taken out of a namespace, to be closed when no lock is held.
struct Leftovers: Sendable {
    var ends: [Namespace.OpenEnd] = []
    var listeners: [StreamListener] = []
    var receivers: [DatagramReceiver] = []

    func close() {
        for listener in listeners { listener.tasks.abandon() }
        for end in ends { end.pipes.close() }
        for receiver in receivers { receiver.close() }
    }
}

extension IPAddress {
    static func loopback(isIPv4: Bool) -> IPAddress {
        IPAddress(bits: isIPv4 ? 0x7F00_0001 : 1, isIPv4: isIPv4)
    }
}
