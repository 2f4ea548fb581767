package import FairleadContainers

/// Lines of a source, one after the other, without their ends; a line is at most 1 MiB, a longer one comes in parts.
package struct LineReader {
    private let source: any ByteSource
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false
    /// Whether the last line had an end.
    private(set) var wasWhole = true
    private let separator: UInt8
    private var count = 0

    /// Reads the lines of a source.
    package init(_ source: any ByteSource, separator: UInt8 = 10) {
        self.source = source
        self.separator = separator
    }

    /// The next line; nil at the end, or if the task is cancelled.
    package mutating func next() async -> [UInt8]? {
        count += 1
        // Others shall run meanwhile, and the container may have been stopped.
        if count % 256 == 0 { await Task.yield() }
        if Task.isCancelled { return nil }
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: separator) {
                let line = Array(buffer[start..<end])
                start = end + 1
                wasWhole = true
                return line
            }
            if isAtEnd || buffer.count - start > 1 << 20 {
                guard start < buffer.count else { return nil }
                defer {
                    buffer = []
                    start = 0
                }
                wasWhole = false
                return Array(buffer[start...])
            }
            if start > 0 {
                buffer.removeFirst(start)
                start = 0
            }
            searched = buffer.count
            if let more = await source.read(upTo: 65_536) { buffer += more } else { isAtEnd = true }
        }
    }

    mutating func nextText() async -> String? { await next().map { String(decoding: $0, as: UTF8.self) } }
}

/// Writes through a buffer, for applets that write many short pieces.
package struct BufferedOutput {
    private let sink: any ByteSink
    private var buffer: [UInt8] = []

    /// A buffer before a sink.
    package init(_ sink: any ByteSink) { self.sink = sink }

    /// Writes bytes.
    package mutating func write(_ bytes: some Sequence<UInt8>) async throws {
        buffer += bytes
        if buffer.count >= 16_384 { try await flush() }
    }

    /// Writes a line.
    package mutating func line(_ text: String) async throws {
        buffer += text.utf8
        buffer.append(10)
        if buffer.count >= 16_384 { try await flush() }
    }

    /// Writes what is still in the buffer.
    package mutating func flush() async throws {
        guard !buffer.isEmpty else { return }
        let bytes = buffer
        buffer.removeAll(keepingCapacity: true)
        try await sink.write(bytes)
    }
}
