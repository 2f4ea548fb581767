import FairleadContainers
import Synchronization

/// One stream of a connection, opened by the client: what it sends is read here, what is written here it gets.
final class SPDYStream: ByteSource, ByteSink {
    /// As much as is kept of what the client has sent and nobody has read yet; then the whole connection waits.
    static let inputCapacity = 16 << 10
    private static let pieceSize = 32 << 10

    private struct State {
        var isBroken = false
        var hasFinished = false
        var hasInputEnded = false
    }

    let id: UInt32
    private let headers: [SPDYHeader]
    private let input = Pipe(capacity: inputCapacity)
    private let writer: SPDYWriter
    private let state = Mutex(State())

    init(id: UInt32, headers: [SPDYHeader], writer: SPDYWriter) {
        self.id = id
        self.headers = headers
        self.writer = writer
    }

    /// - Parameter name: in lower case.
    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    /// Whether the client has broken it off, or the connection has ended.
    var isBroken: Bool { state.withLock { $0.isBroken } }

    /// Whether nothing more is sent in either direction.
    var isOver: Bool { state.withLock { $0.isBroken || $0.hasFinished && $0.hasInputEnded } }

    // MARK: - from the client

    func read(upTo limit: Int) async -> [UInt8]? { await input.read(upTo: limit) }

    /// Bytes that nobody will read are dropped.
    func take(_ bytes: [UInt8]) async {
        // The reader has gone, and others of the connection have not.
        try? await input.write(bytes)
    }

    func endInput() {
        state.withLock { $0.hasInputEnded = true }
        input.end()
    }

    /// Nobody reads what comes any more.
    func closeInput() { input.close() }

    func breakOff() {
        state.withLock { $0.isBroken = true }
        input.end()
    }

    // MARK: - to the client

    func write(_ bytes: [UInt8]) async throws(BrokenPipe) {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard state.withLock({ !$0.isBroken && !$0.hasFinished }) else { throw BrokenPipe() }
            try await writer.send(.data(stream: id, bytes: Array(rest.prefix(Self.pieceSize)), isLast: false))
            rest = rest.dropFirst(Self.pieceSize)
        }
    }

    /// The frame that says so is sent by `finish`.
    func end() {}

    /// Tells the client that nothing more is written; once.
    func finish() async {
        let isFirst = state.withLock { state in
            defer { state.hasFinished = true }
            return !state.hasFinished && !state.isBroken
        }
        // A client that has gone need not be told.
        if isFirst { try? await writer.send(.data(stream: id, bytes: [], isLast: true)) }
    }
}
