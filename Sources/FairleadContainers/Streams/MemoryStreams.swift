import Synchronization

/// Bytes that are there already.
package final class BytesSource: ByteSource {
    private let rest: Mutex<ArraySlice<UInt8>>

    package init(_ bytes: [UInt8]) { rest = Mutex(bytes[...]) }

    package func read(upTo limit: Int) async -> [UInt8]? {
        rest.withLock { rest in
            guard !rest.isEmpty else { return nil }
            let piece = Array(rest.prefix(max(1, limit)))
            rest = rest.dropFirst(piece.count)
            return piece
        }
    }
}

/// Zeros without end: /dev/zero. Not faster than 256 MiB in a second, as whoever reads them has nothing to wait for.
package final class ZeroSource: ByteSource {
    private let count = Mutex(0)

    package init() {}

    package func read(upTo limit: Int) async -> [UInt8]? {
        let size = min(max(1, limit), 65_536)
        let isDue = count.withLock { count in
            count += size
            guard count >= 1 << 20 else { return false }
            count = 0
            return true
        }
        // The only error is cancellation, which is looked at next.
        if isDue { try? await SuspendingClock().sleep(for: .milliseconds(4)) }
        return Task.isCancelled ? nil : [UInt8](repeating: 0, count: size)
    }
}

/// Keeps what is written, `limit` bytes at most; a write beyond breaks the pipe.
package final class CollectingSink: ByteSink {
    private let limit: Int
    private let content = Mutex<[UInt8]>([])

    package init(limit: Int = 4 << 20) { self.limit = limit }

    package var bytes: [UInt8] { content.withLock { $0 } }
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package func write(_ bytes: [UInt8]) async throws(BrokenPipe) {
        let fits = content.withLock { content in
            guard bytes.count <= limit - content.count else { return false }
            content += bytes
            return true
        }
        if !fits { throw BrokenPipe() }
    }

    package func end() {}
}
