import Crypto
import Synchronization

/// Tokens whose signature has been found good. What they depend on otherwise (time, objects) is asked at each request,
/// so that an entry never has to be taken back.
final class VerifiedTokenCache: Sendable {
    /// The hash of a token, so that tokens themselves are not kept.
    struct Key: Hashable, Sendable {
        private let digest: Crypto.SHA256.Digest

        init(_ token: String) { digest = Crypto.SHA256.hash(data: Array(token.utf8)) }
    }

    /// Two generations: a lookup moves an entry to the younger, and the older is dropped when the younger is full.
    private struct State {
        var young: [Key: VerifiedToken] = [:]
        var old: [Key: VerifiedToken] = [:]
    }

    private let state = Mutex(State())
    private let capacity: Int

    /// - Parameter capacity: how many tokens are remembered at least; at most twice as many.
    init(capacity: Int = 4096) { self.capacity = capacity }

    func token(_ key: Key) -> VerifiedToken? {
        state.withLock { state in
            if let token = state.young[key] { return token }
            guard let token = state.old[key] else { return nil }
            insert(key, token, &state)
            return token
        }
    }

    func remember(_ key: Key, _ token: VerifiedToken) { state.withLock { insert(key, token, &$0) } }

    var count: Int { state.withLock { $0.young.count + $0.old.count } }

    private func insert(_ key: Key, _ token: VerifiedToken, _ state: inout State) {
        if state.young.count >= capacity {
            state.old = state.young
            state.young = [:]
        }
        state.young[key] = token
    }
}
