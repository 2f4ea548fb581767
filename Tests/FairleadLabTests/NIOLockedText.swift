import Synchronization

/// Text that an event loop adds to, and a test reads.
final class NIOLockedText: Sendable {
    private let state = Mutex("")

    func append(_ text: String) { state.withLock { $0 += text } }

    var text: String { state.withLock { $0 } }
}
