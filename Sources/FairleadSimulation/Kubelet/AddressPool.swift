import FairleadModel
import Synchronization

/// Assigns pod addresses from the nodes' ranges. Addresses in the status of pods count as taken, so nothing needs to be
/// stored.
///
/// Addresses are assigned in turn: one that was released is only reused after the others. Network, gateway (the first)
/// and broadcast addresses are never assigned.
final class PodAddressPool: Sendable {
    private struct State {
        /// The addresses in use in each range, each with the pod's uid.
        var used: [CIDR: [IPAddress: String]] = [:]
        /// A pod has one address of each family.
        var owners: [String: [Lease]] = [:]
        var next: [CIDR: UInt128] = [:]

        mutating func own(_ address: IPAddress, of uid: String, in range: CIDR) {
            owners[uid, default: []].removeAll { $0.range == range }
            owners[uid, default: []].append(Lease(range: range, address: address))
        }
    }

    private struct Lease {
        var range: CIDR
        var address: IPAddress
    }

    private let state = Mutex(State())

    /// The pod's address in the range: the one it has, or a new one. nil if the range is full.
    func address(for uid: String, in range: CIDR) -> IPAddress? {
        state.withLock { state in
            if let present = state.owners[uid]?.first(where: { $0.range == range }) { return present.address }
            let span = range.size
            guard span > 3 else { return nil }
            var offset = max(2, state.next[range] ?? 2)
            for _ in 0..<min(span, 65_536) {
                if offset >= span - 1 { offset = 2 }
                let candidate = range.network.advanced(by: offset)
                offset += 1
                if state.used[range]?[candidate] == nil {
                    state.used[range, default: [:]][candidate] = uid
                    state.own(candidate, of: uid, in: range)
                    state.next[range] = offset
                    return candidate
                }
            }
            return nil
        }
    }

    /// Records an address that a pod already has.
    func note(_ address: IPAddress, of uid: String, in range: CIDR) {
        guard range.contains(address) else { return }
        state.withLock { state in
            state.used[range, default: [:]][address] = uid
            state.own(address, of: uid, in: range)
            let offset = address.bits - range.network.bits
            state.next[range] = max(state.next[range] ?? 2, offset +| 1)
        }
    }

    func release(_ uid: String) {
        state.withLock { state in
            for lease in state.owners.removeValue(forKey: uid) ?? []
            where state.used[lease.range]?[lease.address] == uid {
                state.used[lease.range]?[lease.address] = nil
            }
        }
    }
}
