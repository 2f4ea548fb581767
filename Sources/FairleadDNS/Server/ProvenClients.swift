import FairleadModel
import NIOCore
import Synchronization

/// Clients that have recently asked by TCP: their address is genuine, because a handshake cannot be completed with a
/// forged one.
///
/// All other clients get small UDP answers, whatever they ask for: the question may have a forged source address, sent
/// by somebody who wants that address flooded (RFC 5358; the DNS flag day of 2020 for the size). Bounded: two
/// generations of some thousand addresses.
final class ProvenClients: Sendable {
    private struct Generations {
        var young: [AddressKey: NIODeadline] = [:]
        var old: [AddressKey: NIODeadline] = [:]
    }

    private let generations = Mutex(Generations())

    private static let capacity = 4096
    static let validity = TimeAmount.seconds(10)

    func hasConnected(_ address: IPAddress, at now: NIODeadline) {
        generations.withLock { generations in
            if generations.young.count >= Self.capacity {
                generations.old = generations.young
                generations.young = [:]
            }
            generations.young[AddressKey(address)] = now
        }
    }

    func isProven(_ address: IPAddress, at now: NIODeadline) -> Bool {
        let key = AddressKey(address)
        guard let last = generations.withLock({ $0.young[key] ?? $0.old[key] }) else { return false }
        return now - last <= Self.validity
    }
}
