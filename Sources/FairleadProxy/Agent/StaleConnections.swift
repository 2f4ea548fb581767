import FairleadModel
import FairleadRouting

extension RoutingTable {
    /// Whether a remembered UDP connection goes to an endpoint that no longer serves, or past the rules to nowhere. The
    /// kernel would send packets there for as long as the client goes on.
    ///
    /// Reference: kube-proxy `CleanStaleEntries`. It is also what `route` says of established connections.
    func isStale(_ connection: TrackedConnection, on node: String) -> Bool {
        guard connection.destination.transport == .udp,
            let port = entrance(at: connection.destination, on: node)?.port
        else { return false }
        return !port.endpoints.contains {
            $0.isServing && $0.address == connection.answering.address && $0.port == connection.answering.port
        }
    }
}

/// What the connections of a Service depend on: compared before and after a change, so that the kernel's memory is only
/// searched if there may be something to forget.
struct UDPSnapshot: Hashable, Sendable {
    private var serving: Set<Target> = []
    /// Where packets got somewhere.
    private var open: Set<Socket> = []

    var isEmpty: Bool { serving.isEmpty && open.isEmpty }

    init() {}

    init(_ service: ObjectName, in table: RoutingTable, on node: String) {
        guard table.servicePorts(of: service).contains(where: { $0.transport == .udp }) else { return }
        for entrance in table.entrances(of: service, on: node) where entrance.socket.transport == .udp {
            let serving = entrance.port.endpoints.filter(\.isServing)
            if serving.isEmpty { continue }
            open.insert(entrance.socket)
            self.serving.formUnion(serving.map(Target.init))
        }
    }

    /// Whether connections may have gone stale: an endpoint has left, or packets have gone astray until now.
    func isStaleAfter(_ new: UDPSnapshot) -> Bool {
        !serving.isSubset(of: new.serving) || !new.open.isSubset(of: open)
    }
}
