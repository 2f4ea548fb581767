import FairleadContainers
import FairleadModel

/// Who opened a socket: a pod, and which of the users of its network. What they own is closed with them.
struct SocketOwner: Hashable, Sendable {
    /// The UID; empty for what belongs to no pod.
    var pod: String
    /// A container's run, or whatever the kubelet tells apart.
    var user: String
}

/// The ports of one protocol that are taken in a namespace, and by whom.
struct PortTable<Socket: Sendable>: Sendable {
    struct Binding: Sendable {
        var id: Int
        var owner: SocketOwner
        /// nil for every address.
        var address: IPAddress?
        var socket: Socket
    }

    private var bindings: [UInt16: [Binding]] = [:]
    private(set) var count = 0

    /// All that is bound, by port.
    var all: [(port: UInt16, address: IPAddress?)] {
        bindings.sorted { $0.key < $1.key }.flatMap { port, found in found.map { (port, $0.address) } }
    }

    func isTaken(_ port: UInt16) -> Bool { bindings[port] != nil }

    /// What gets packets to an address: a socket of that address before one of all addresses.
    func binding(at address: NetworkAddress) -> Binding? {
        guard let found = bindings[address.port] else { return nil }
        return found.first { $0.address == address.address } ?? found.first { $0.address == nil }
    }

    /// Whether a socket for the address would share its packets with another.
    func collides(_ port: UInt16, _ address: IPAddress?) -> Bool {
        bindings[port]?.contains { $0.address == nil || address == nil || $0.address == address } ?? false
    }

    mutating func add(_ binding: Binding, at port: UInt16) {
        bindings[port, default: []].append(binding)
        count += 1
    }

    mutating func remove(_ id: Int, at port: UInt16) -> Socket? {
        guard let place = bindings[port]?.firstIndex(where: { $0.id == id }) else { return nil }
        let removed = bindings[port]?.remove(at: place)
        if bindings[port]?.isEmpty ?? false { bindings[port] = nil }
        count -= 1
        return removed?.socket
    }

    /// Removes what belongs to an owner.
    mutating func removeAll(where isOwner: (SocketOwner) -> Bool) -> [(id: Int, socket: Socket)] {
        var removed: [(id: Int, socket: Socket)] = []
        for (port, found) in bindings {
            let gone = found.filter { isOwner($0.owner) }
            if gone.isEmpty { continue }
            removed += gone.map { ($0.id, $0.socket) }
            let rest = found.filter { !isOwner($0.owner) }
            bindings[port] = rest.isEmpty ? nil : rest
        }
        count -= removed.count
        return removed
    }
}
