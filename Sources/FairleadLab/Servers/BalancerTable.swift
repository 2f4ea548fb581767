import FairleadModel
import Synchronization

/// Where the balancers of `ipMode: Proxy` lead to at the moment.
final class BalancerTable: Sendable {
    private let targets = Mutex<[BalancerPort: BalancerTarget]>([:])

    func set(_ new: [BalancerPort: BalancerTarget]) { targets.withLock { $0 = new } }

    /// The address of a node, by chance, and the node port; nil if no node can take the connection.
    func target(of port: BalancerPort) -> (address: IPAddress, port: Int)? {
        guard let target = targets.withLock({ $0[port] }), let address = target.addresses.randomElement() else {
            return nil
        }
        return (address, target.nodePort)
    }
}
