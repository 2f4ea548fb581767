package import FairleadClient
package import FairleadModel
import Logging
import NIOCore
import Synchronization

/// A watch of another server.
///
/// When the server ends the watch after its time, which servers do every few minutes, it is opened again from where it
/// was if nothing has been seen in it (its user would take it for a failure and wait); otherwise it ends and its user
/// continues. After a long silence it is opened again too.
///
/// To a watch after a revision that they have not reached, API servers say nothing until they have. So one that goes on
/// where another has ended makes sure that the server is that far: it may have been reset.
package final class RemoteWatch: ObjectWatch {
    /// When the server is asked how far it is.
    enum Suspicion: Sendable {
        /// The revision is not from a list of this client.
        case never
        /// The list has just been read; when the watch is opened again.
        case later
        case always
    }

    /// How far it has got: for the one task that waits.
    private struct Position {
        var decoder: WatchDecoder
        var revision: Int64
        /// Whether something has come since the watch was made for its user.
        var hasProgress = false
    }

    /// A watch that ends sooner than this has not ended because its time was over.
    private static let shortest = Duration.seconds(1)

    private let resource: GroupVersionResource
    private let transport: RemoteTransport
    private let suspicion: Suspicion
    private let handle = WatchHandle()
    private let position: Mutex<Position>

    private init(
        _ resource: GroupVersionResource, after revision: Int64, _ suspicion: Suspicion, transport: RemoteTransport
    ) {
        self.resource = resource
        self.transport = transport
        self.suspicion = suspicion
        position = Mutex(Position(decoder: Self.decoder(resource, transport), revision: revision))
    }

    deinit { handle.cancel() }

    private static func decoder(_ resource: GroupVersionResource, _ transport: RemoteTransport) -> WatchDecoder {
        WatchDecoder(resource.groupResource, limits: transport.limits)
    }

    /// Returns when the server has agreed.
    static func open(
        _ resource: GroupVersionResource, after revision: Int64, _ suspicion: Suspicion, transport: RemoteTransport
    ) async throws(APIStatus) -> RemoteWatch {
        let watch = RemoteWatch(resource, after: revision, suspicion, transport: transport)
        try await watch.connect(after: revision)
        if suspicion == .always { try await watch.makeSure(of: revision) }
        return watch
    }

    /// After the server has agreed to the watch: if another takes its place now, the connection breaks.
    /// - Throws: 410 if the server has not reached the revision.
    private func makeSure(of revision: Int64) async throws(APIStatus) {
        let target = ResourcePath.collection(resource, namespace: nil) + "?limit=1"
        let page = try ListPage(try await transport.call(.init(target: target)), resource)
        guard page.revision < revision else { return }
        handle.stream?.cancel()
        throw .expired(
            "the server is at revision \(page.revision) of \(resource), and was at \(revision): it has been reset, or "
                + "restored from a backup")
    }

    private func connect(after revision: Int64) async throws(APIStatus) {
        let path = ResourcePath.collection(resource, namespace: nil)
        let duration = Int.random(in: transport.limits.watchSeconds)
        _ = try await transport.open(
            .init(
                target: "\(path)?watch=true&allowWatchBookmarks=true&resourceVersion=\(revision)"
                    + "&timeoutSeconds=\(duration)"),
            handle)
    }

    package func next() async throws(APIStatus) -> [WatchEvent] {
        while !Task.isCancelled {
            guard let stream = handle.stream, !handle.isCancelled else { return [] }
            let intake = stream.take()
            let events: [WatchEvent]
            do {
                events = try decode(intake.pieces)
            } catch {
                stream.cancel()
                throw error
            }
            if !events.isEmpty { return events }
            let isSilent = transport.clock.now - intake.heardAt >= transport.limits.silence
            switch intake.end {
            case nil:
                if isSilent {
                    // Nobody knows whether the server still thinks of it.
                    stream.cancel()
                    guard try await reopen(stream) else { return [] }
                } else if intake.pieces.isEmpty {
                    await handle.signal.wait(until: intake.heardAt + transport.limits.silence, clock: transport.clock)
                }
            case .failed(let error):
                if handle.isCancelled || Task.isCancelled { return [] }
                throw transport.failure(error)
            case .finished:
                guard try await reopen(stream) else { return [] }
            }
        }
        return []
    }

    private func decode(_ pieces: [ByteBuffer]) throws(APIStatus) -> [WatchEvent] {
        try position.withLock { (position) throws(APIStatus) -> [WatchEvent] in
            let events = try position.decoder.events(in: pieces)
            for event in events where event.revision > position.revision {
                position.revision = event.revision
                position.hasProgress = true
            }
            return events
        }
    }

    /// Continues where the stream ended.
    /// - Returns: false if the watch is over.
    private func reopen(_ old: WatchStream) async throws(APIStatus) -> Bool {
        let (revision, hasProgress) = position.withLock { ($0.revision, $0.hasProgress) }
        if hasProgress || transport.clock.now - old.openedAt < Self.shortest { return false }
        transport.logger.debug(
            "watching on", metadata: ["resource": .string("\(resource)"), "revision": .stringConvertible(revision)])
        do {
            try await connect(after: revision)
            if suspicion != .never { try await makeSure(of: revision) }
        } catch {
            if handle.isCancelled { return false }
            throw error
        }
        // What came of the last line is lost with its stream, and comes again.
        position.withLock { $0.decoder = Self.decoder(resource, transport) }
        return true
    }

    package func cancel() { handle.cancel() }
}
