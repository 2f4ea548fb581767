import FairleadModel
import NIOCore
import Synchronization

/// Who has asked by TCP lately: such an address is whom it says it is, as nobody finishes a handshake in another's name.
///
/// To all others an answer by UDP is small, whatever they ask for: the question may have been sent by somebody who wants
/// them flooded (RFC 5358; the DNS flag day of 2020 for the size). Bounded: two generations of some thousand addresses.
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
