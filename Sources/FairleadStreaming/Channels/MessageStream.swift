import FairleadContainers
import Synchronization

/// The bytes of a tunnel: how they are cut into messages means nothing.
struct MessageStream: ByteSource, ByteSink {
    let messages: any MessageChannel
    /// What has come and was not asked for yet.
    private let rest = Rest()

    private final class Rest: Sendable {
        let bytes = Mutex<ArraySlice<UInt8>>([])
    }

    init(_ messages: any MessageChannel) { self.messages = messages }

    func read(upTo limit: Int) async -> [UInt8]? {
        while true {
            let piece = rest.bytes.withLock { bytes in
                let piece = Array(bytes.prefix(max(1, limit)))
                bytes = bytes.dropFirst(piece.count)
                return piece
            }
            if !piece.isEmpty { return piece }
            guard let message = await messages.receive() else { return nil }
            rest.bytes.withLock { $0 = message[...] }
        }
    }

    func write(_ bytes: [UInt8]) async throws(BrokenPipe) { try await messages.send(bytes, isText: false) }

    func end() {}
}
