import NIOCore

/// The connections of one event loop: decides which to close when there are too many, and whose turn it is.
final class StreamList {
    private var streams: [ObjectIdentifier: StreamHandler] = [:]
    private var turns = CircularBuffer<StreamHandler>()
    private(set) var isRunning = false

    /// The pause between two turns, so that the loop can serve its sockets: tasks that are due at once run before
    /// those.
    private static let pause = TimeAmount.microseconds(200)

    func add(_ stream: StreamHandler) { streams[ObjectIdentifier(stream)] = stream }

    func remove(_ stream: StreamHandler) { streams[ObjectIdentifier(stream)] = nil }

    /// Closes the connection that has been idle longest to make room for a new client: a thousand clients that only
    /// hold connections must not keep all others out.
    /// - Returns: false if all connections are waiting for answers.
    func closeIdlest() -> Bool {
        let idle = streams.values.filter { $0.pending == 0 }
        guard let idlest = idle.min(by: { $0.deadline < $1.deadline }) else { return false }
        remove(idlest)
        idlest.close()
        return true
    }

    /// The queued connections continue one after the other, however many there are.
    func enqueue(_ stream: StreamHandler, on eventLoop: any EventLoop) {
        turns.append(stream)
        guard !isRunning else { return }
        isRunning = true
        run(on: eventLoop)
    }

    private func run(on eventLoop: any EventLoop) {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: Self.pause) {
            let list = bound.value
            list.turns.popFirst()?.goOn()
            if list.turns.isEmpty {
                list.isRunning = false
            } else {
                list.run(on: eventLoop)
            }
        }
    }
}
