import Dispatch
import Synchronization

/// The keys of tokens, while the one that signs may still be in the making: an RSA key takes up to a third of a second,
/// which the first start of a cluster does not wait for.
package final class TokenKeySource: Sendable {
    private let early: TokenKeys
    private let outcome: Mutex<Result<TokenKeys, IdentityError>?>
    private let finished = DispatchGroup()

    /// Keys that are all there.
    package init(_ keys: TokenKeys) {
        early = keys
        outcome = Mutex(.success(keys))
    }

    /// Begins to make the keys that are missing, on a thread of its own.
    ///
    /// - Parameters:
    ///   - early: those that are there.
    ///   - making: all of them; when it returns, the new key is kept where the next start finds it.
    ///   - failure: is told if there will be no key.
    init(
        _ early: TokenKeys, making: @escaping @Sendable () throws(IdentityError) -> TokenKeys,
        failure: @escaping @Sendable (IdentityError) -> Void
    ) {
        self.early = early
        outcome = Mutex(nil)
        finished.enter()
        DispatchQueue.global(qos: .userInitiated).async { [self] in
            let result = Result(catching: making)
            outcome.withLock { $0 = result }
            if case .failure(let error) = result { failure(error) }
            finished.leave()
        }
    }

    /// The keys as far as they are there. That is enough to check a token: none was signed with a key that is not.
    package var present: TokenKeys {
        // A failure is thrown to those who need the missing key.
        outcome.withLock { try? $0?.get() } ?? early
    }

    /// All keys; waits for the one in the making.
    package func complete() throws(IdentityError) -> TokenKeys {
        if outcome.withLock({ $0 == nil }) { finished.wait() }
        return try outcome.withLock { $0 ?? .success(early) }.get()
    }
}
