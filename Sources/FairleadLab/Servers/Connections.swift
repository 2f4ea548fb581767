import NIOCore
import Synchronization

/// The open connections of a listener: not more than allowed, and all of them closed with it.
final class Connections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isClosed = false
    }

    private let most: Int
    private let state = Mutex(State())

    init(most: Int) { self.most = most }

    /// Returns false if the connection must be closed: there are too many, or the listener has been closed.
    func add(_ channel: any Channel) -> Bool {
        let key = ObjectIdentifier(channel)
        let isAdded = state.withLock { state in
            guard !state.isClosed, state.channels.count < most else { return false }
            state.channels[key] = channel
            return true
        }
        if isAdded {
            channel.closeFuture.whenComplete { [state = self] _ in state.remove(key) }
        }
        return isAdded
    }

    private func remove(_ key: ObjectIdentifier) { state.withLock { _ = $0.channels.removeValue(forKey: key) } }

    func closeAll() {
        let channels = state.withLock { state in
            state.isClosed = true
            return Array(state.channels.values)
        }
        for channel in channels { channel.close(promise: nil) }
    }
}
