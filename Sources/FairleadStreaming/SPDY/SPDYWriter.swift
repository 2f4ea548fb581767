import FairleadContainers
import Synchronization

/// Sends frames, each in one piece, whoever sends.
///
/// Frames with headers must be sent by one task: they are parts of one compressed stream.
final class SPDYWriter: Sendable {
    private let sink: any ByteSink
    private let blocks = Mutex(HeaderBlockWriter())

    /// - Parameter sink: takes writes of several tasks, and mixes none of them.
    init(_ sink: any ByteSink) { self.sink = sink }

    func send(_ frame: SPDYFrame) async throws(BrokenPipe) {
        let bytes = blocks.withLock { frame.bytes(&$0) }
        try await sink.write(bytes)
    }
}
