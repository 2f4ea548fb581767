import FairleadContainers
import Synchronization

/// One end of a connection. An end that nobody holds any more is closed.
final class ConnectionEnd: ByteSource, ByteSink {
    private let pipes: Pipes
    private let onClose: @Sendable () -> Void
    private let isClosed = Atomic(false)

    /// The two directions as one end sees them.
    struct Pipes: Sendable {
        let incoming: Pipe
        let outgoing: Pipe

        init() {
            incoming = Pipe()
            outgoing = Pipe()
        }

        private init(incoming: Pipe, outgoing: Pipe) {
            self.incoming = incoming
            self.outgoing = outgoing
        }

        /// As the other end sees them.
        var turned: Pipes { Pipes(incoming: outgoing, outgoing: incoming) }

        /// What has been sent can still be read by the other end, which may not write any more.
        func close() {
            outgoing.end()
            incoming.close()
        }
    }

    /// - Parameter onClose: called once.
    init(_ pipes: Pipes, onClose: @escaping @Sendable () -> Void) {
        self.pipes = pipes
        self.onClose = onClose
    }

    deinit { close() }

    func read(upTo limit: Int) async -> [UInt8]? { await pipes.incoming.read(upTo: limit) }
    func write(_ bytes: [UInt8]) async throws(BrokenPipe) { try await pipes.outgoing.write(bytes) }
    func end() { pipes.outgoing.end() }

    func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        pipes.close()
        onClose()
    }

    func connection(local: NetworkAddress, peer: NetworkAddress) -> Connection {
        Connection(local: local, peer: peer, input: self, output: self, close: { self.close() })
    }
}
