import FairleadContainers
import Synchronization

/// The output of a terminal: a line that ends goes back to the left margin, too.
///
/// A program that says so itself, as a shell does that edits lines, is left alone.
final class TerminalSink: ByteSink {
    private let sink: any ByteSink
    private let last = Mutex<UInt8>(0)

    init(_ sink: any ByteSink) { self.sink = sink }

    func write(_ bytes: [UInt8]) async throws(BrokenPipe) {
        let newline = UInt8(ascii: "\n")
        let carriage = UInt8(ascii: "\r")
        guard bytes.contains(newline) else {
            if let end = bytes.last { last.withLock { $0 = end } }
            return try await sink.write(bytes)
        }
        let translated = last.withLock { last in
            var result: [UInt8] = []
            result.reserveCapacity(bytes.count + 8)
            for byte in bytes {
                if byte == newline, last != carriage { result.append(carriage) }
                result.append(byte)
                last = byte
            }
            return result
        }
        try await sink.write(translated)
    }

    func end() { sink.end() }
}
