/// Where bytes come from.
package protocol ByteSource: Sendable {
    /// At least one byte and at most `limit`, waiting for them; nil at the end, and when the task is cancelled.
    func read(upTo limit: Int) async -> [UInt8]?
}

/// Where bytes go.
package protocol ByteSink: Sendable {
    /// Returns when there is room again. Throws when nobody will ever read them, or the task is cancelled.
    func write(_ bytes: [UInt8]) async throws(BrokenPipe)
    /// No bytes follow. May be called more than once.
    func end()
}

/// Nobody reads what is written.
package struct BrokenPipe: Error, Hashable, Sendable {
    package init() {}
}

extension ByteSink {
    package func write(_ text: String) async throws(BrokenPipe) { try await write(Array(text.utf8)) }
}

extension ByteSource {
    /// Everything up to the end.
    ///
    /// - Returns: nil if it is more than `limit`.
    package func all(limit: Int) async -> [UInt8]? {
        var bytes: [UInt8] = []
        while let more = await read(upTo: 65_536) {
            bytes += more
            if bytes.count > limit { return nil }
        }
        return bytes
    }
}

/// A source that is at its end, and a sink that takes everything: /dev/null.
package struct NullStream: ByteSource, ByteSink {
    package init() {}
    package func read(upTo limit: Int) async -> [UInt8]? { nil }
    package func write(_ bytes: [UInt8]) async throws(BrokenPipe) {}
    package func end() {}
}
