import FairleadContainers

/// What a UDP socket has received and nobody has read. What does not fit is lost.
final class DatagramQueue: Sendable {
    typealias Datagram = (bytes: [UInt8], from: NetworkAddress)

    private struct State {
        var waiting: [Datagram] = []
        /// How many of `waiting` have been read.
        var start = 0
        var size = 0
        var isRefused = false
        var isClosed = false

        var hasNews: Bool { start < waiting.count || isRefused || isClosed }
    }

    static let mostDatagrams = 256
    /// Bytes.
    static let capacity = 1 << 20

    private let state = Watched(State())

    var isClosed: Bool { state.withLock { $0.isClosed } }

    func push(_ bytes: [UInt8], from: NetworkAddress) {
        state.change { state in
            let count = state.waiting.count - state.start
            guard !state.isClosed, count < Self.mostDatagrams, bytes.count <= Self.capacity - state.size else { return }
            state.waiting.append((bytes, from))
            state.size += bytes.count
        }
    }

    /// Something that was sent has found nobody.
    func refuse() { state.change { $0.isRefused = true } }

    func close() {
        state.change { state in
            state.isClosed = true
            state.waiting = []
            state.start = 0
        }
    }

    /// Whether something has found nobody since the last time that one asked.
    func takeRefusal() -> Bool {
        state.withLock { state in
            defer { state.isRefused = false }
            return state.isRefused
        }
    }

    /// nil if there is nothing yet.
    func take() throws(NetworkError) -> Datagram? {
        let result = state.withLock { state -> Result<Datagram?, NetworkError> in
            if state.isClosed { return .failure(.cancelled) }
            if state.isRefused {
                state.isRefused = false
                return .failure(.refused)
            }
            guard state.start < state.waiting.count else { return .success(nil) }
            let datagram = state.waiting[state.start]
            state.size -= datagram.bytes.count
            state.start += 1
            if state.start == state.waiting.count {
                state.waiting = []
                state.start = 0
            } else if state.start >= Self.mostDatagrams {
                state.waiting.removeFirst(state.start)
                state.start = 0
            }
            return .success(datagram)
        }
        return try result.get()
    }

    /// Returns when there is something to take, or the task is cancelled.
    func news() async { await state.wait { $0.hasNews } }
}
