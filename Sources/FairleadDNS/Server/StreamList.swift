import NIOCore

/// The connections of one event loop, to find the one that can be done without when there are too many.
final class StreamList {
    private var streams: [ObjectIdentifier: StreamHandler] = [:]

    func add(_ stream: StreamHandler) { streams[ObjectIdentifier(stream)] = stream }

    func remove(_ stream: StreamHandler) { streams[ObjectIdentifier(stream)] = nil }

    /// Closes the connection that has been idle longest, so that somebody who asks gets its place: a thousand clients
    /// that hold connections must not keep all others out.
    /// - Returns: false if all are waiting for answers.
    func closeIdlest() -> Bool {
        let idle = streams.values.filter { $0.pending == 0 }
        guard let idlest = idle.min(by: { $0.deadline < $1.deadline }) else { return false }
        remove(idlest)
        idlest.close()
        return true
    }
}
