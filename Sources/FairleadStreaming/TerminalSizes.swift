import FairleadContainers
import FairleadModel

/// Reads the sizes that a client's terminal takes: JSON objects one after the other, cut anywhere.
struct TerminalSizes: Sendable {
    let stream: AsyncStream<TerminalSize>
    private let continuation: AsyncStream<TerminalSize>.Continuation
    private var buffer: [UInt8] = []
    /// No size is as long.
    private static let longest = 1024

    init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    mutating func append(_ bytes: [UInt8]) {
        buffer += bytes
        while let end = buffer.firstIndex(of: UInt8(ascii: "}")) {
            if let size = Self.size(Array(buffer[...end])) { continuation.yield(size) }
            buffer.removeFirst(end + 1)
        }
        if buffer.count > Self.longest { buffer = [] }
    }

    func end() { continuation.finish() }

    private static func size(_ bytes: [UInt8]) -> TerminalSize? {
        guard bytes.count <= longest else { return nil }
        let value: Value
        do { value = try JSON.parse(bytes).value } catch { return nil }
        guard let columns = value["Width"]?.int.flatMap({ UInt16(exactly: $0) }),
            let rows = value["Height"]?.int.flatMap({ UInt16(exactly: $0) })
        else { return nil }
        return TerminalSize(columns: columns, rows: rows)
    }
}
