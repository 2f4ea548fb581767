import FairleadContainers
import FairleadModel
import FairleadRouting

/// The UDP conversations whose addresses are translated on their way, so that answers find back: conntrack.
struct DatagramTracking: Sendable {
    /// A conversation as its client knows it.
    struct Client: Hashable, Sendable {
        var namespace: NamespaceName
        var local: NetworkAddress
        var destination: NetworkAddress
    }

    /// A conversation as its server knows it.
    struct Server: Hashable, Sendable {
        var namespace: NamespaceName
        var local: NetworkAddress
        /// The client, as the server sees it.
        var peer: NetworkAddress
    }

    struct Entry: Sendable {
        var server: Server
        /// What the node that translates knows it by; nil if no Service is involved.
        var flow: ConnectionTable.Flow?
        var expires: Duration
    }

    private let mostEntries: Int
    private let mostOfOne: Int
    private let lifetime: Duration
    private var entries: [Client: Entry] = [:]
    private var clients: [Server: Client] = [:]
    /// How many entries the clients in each namespace have.
    private var counts: [NamespaceName: Int] = [:]
    private var sweepSize = 1024
    private var nextSweep = Duration.zero

    /// - Parameter mostOfOne: what clients in one namespace may have of `mostEntries`.
    init(mostEntries: Int, mostOfOne: Int, lifetime: Duration) {
        self.mostEntries = mostEntries
        self.mostOfOne = mostOfOne
        self.lifetime = lifetime
    }

    var count: Int { entries.count }

    func entry(_ client: Client) -> Entry? { entries[client] }

    /// Whom an answer is for.
    mutating func client(of server: Server, at now: Duration) -> Client? {
        guard let client = clients[server] else { return nil }
        entries[client]?.expires = now + lifetime
        return client
    }

    func isTaken(_ server: Server) -> Bool { clients[server] != nil }

    /// Remembers a conversation, or goes on with it.
    ///
    /// - Returns: whether there was room.
    mutating func record(
        _ client: Client, _ server: Server, _ flow: ConnectionTable.Flow?, at now: Duration,
        _ connections: inout ConnectionTable
    ) -> Bool {
        if let old = entries[client] {
            if old.server != server { clients[old.server] = nil }
            if let known = old.flow, known != flow { connections.end(known) }
        } else {
            let own = counts[client.namespace] ?? 0
            if entries.count >= min(sweepSize, mostEntries) || own >= mostOfOne { sweep(at: now, &connections) }
            guard entries.count < mostEntries, (counts[client.namespace] ?? 0) < mostOfOne else { return false }
            counts[client.namespace, default: 0] += 1
        }
        entries[client] = Entry(server: server, flow: flow, expires: now + lifetime)
        clients[server] = client
        return true
    }

    private mutating func forget(_ client: Client, _ connections: inout ConnectionTable) {
        guard let entry = entries.removeValue(forKey: client) else { return }
        clients[entry.server] = nil
        let left = (counts[client.namespace] ?? 0) - 1
        counts[client.namespace] = left > 0 ? left : nil
        if let flow = entry.flow { connections.end(flow) }
    }

    /// Forgets the conversations of a namespace that is gone.
    mutating func forgetAll(from name: NamespaceName, _ connections: inout ConnectionTable) {
        guard counts[name] != nil else { return }
        for client in entries.keys where client.namespace == name { forget(client, &connections) }
    }

    /// Forgets what has expired. Looks at everything, so it does nothing if it has done so less than a second ago.
    mutating func sweep(at now: Duration, _ connections: inout ConnectionTable) {
        guard now >= nextSweep else { return }
        nextSweep = now + .seconds(1)
        for (client, entry) in entries where entry.expires <= now { forget(client, &connections) }
        sweepSize = max(1024, entries.count * 2)
    }
}
