import FairleadContainers
import Synchronization

/// The server's side of SPDY/3.1 as Kubernetes' clients speak it: only the client opens streams.
///
/// Kubernetes' implementations of SPDY neither send window updates nor wait for them, so there are no windows here
/// either: a stream whose reader is slow holds up its connection, and TCP the client. What a client can make grow is
/// bounded: open streams, bytes not yet read, sizes of frames and headers.
final class SPDYConnection: Sendable {
    private struct State {
        var streams: [UInt32: SPDYStream] = [:]
        var lastStream: UInt32 = 0
        var hasSaidFarewell = false
    }

    private let source: any ByteSource
    private let writer: SPDYWriter
    private let maximumStreams: Int
    private let state = Mutex(State())

    init(_ source: any ByteSource, _ sink: any ByteSink, maximumStreams: Int) {
        self.source = source
        writer = SPDYWriter(sink)
        self.maximumStreams = maximumStreams
    }

    /// What is done with a new stream once the client knows that it is open: before that, clients drop what comes.
    typealias Begin = @Sendable () -> Void

    /// Reads until the client leaves, breaks a rule of the protocol, or the task is cancelled; all streams are broken
    /// off then.
    ///
    /// - Parameter accept: nil for a stream that is not wanted.
    func serve(_ accept: @Sendable (SPDYStream) -> Begin?) async {
        var reader = SPDYFrameReader()
        do {
            while let bytes = await source.read(upTo: 64 << 10) {
                reader.append(bytes)
                while let frame = try reader.next() { try await take(frame, accept) }
            }
        } catch is SPDYError {
            await goAway(status: 1)
        } catch {
            // The client reads no more.
        }
        let streams = state.withLock { state in
            defer { state.streams = [:] }
            return Array(state.streams.values)
        }
        for stream in streams { stream.breakOff() }
    }

    /// Tells the client that the connection is about to end, once: a fault and the end of the command may come together.
    func goAway(status: UInt32 = 0) async {
        let last = state.withLock { state -> UInt32? in
            defer { state.hasSaidFarewell = true }
            return state.hasSaidFarewell ? nil : state.lastStream
        }
        guard let last else { return }
        // A client that has gone need not be told.
        try? await writer.send(.goAway(lastStream: last, status: status))
    }

    private func take(_ frame: SPDYFrame, _ accept: (SPDYStream) -> Begin?) async throws {
        switch frame {
        case .data(let id, let bytes, let isLast):
            guard let stream = stream(id) else {
                // What was under way when the stream ended is dropped.
                if state.withLock({ id > $0.lastStream }) {
                    try await writer.send(.reset(stream: id, status: .invalidStream))
                }
                return
            }
            if !bytes.isEmpty { await stream.take(bytes) }
            if isLast { stream.endInput() }
        case .synStream(let id, let headers, let isLast): try await open(id, headers, isLast, accept)
        case .headers(let id, _, let isLast), .synReply(let id, _, let isLast): if isLast { stream(id)?.endInput() }
        case .reset(let id, _): state.withLock { $0.streams.removeValue(forKey: id) }?.breakOff()
        // Odd numbers are the client's own; an even one answers ours.
        case .ping(let id): if id % 2 == 1 { try await writer.send(.ping(id)) }
        case .settings, .goAway, .windowUpdate, .unknown: break
        }
    }

    private func stream(_ id: UInt32) -> SPDYStream? { state.withLock { $0.streams[id] } }

    private func open(
        _ id: UInt32, _ headers: [SPDYHeader], _ isLast: Bool, _ accept: (SPDYStream) -> Begin?
    ) async throws {
        let stream = SPDYStream(id: id, headers: headers, writer: writer)
        let refusal: SPDYFrame.ResetStatus? = state.withLock { state in
            guard id % 2 == 1, id > state.lastStream else {
                return state.streams[id] == nil ? .protocolError : .streamInUse
            }
            state.lastStream = id
            if state.streams.count >= maximumStreams { state.streams = state.streams.filter { !$0.value.isOver } }
            guard state.streams.count < maximumStreams else { return .refusedStream }
            return nil
        }
        if let refusal { return try await writer.send(.reset(stream: id, status: refusal)) }
        if isLast { stream.endInput() }
        guard let begin = accept(stream) else {
            return try await writer.send(.reset(stream: id, status: .refusedStream))
        }
        state.withLock { $0.streams[id] = stream }
        try await writer.send(.synReply(stream: id, headers: [], isLast: false))
        begin()
    }
}
