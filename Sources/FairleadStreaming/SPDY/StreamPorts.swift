package import FairleadContainers
package import FairleadModel
import Synchronization

/// Port forwarding over SPDY: of each connection, the client opens a stream for data and one for an error, with the
/// same number.
package struct StreamPorts: Sendable {
    /// How many connections a client may have at a time.
    static let maximumConnections = 128
    /// How long the second stream of a connection may take.
    private static let pairing = Duration.seconds(30)

    private let session: PortSession
    private let clock: any DelayClock

    package init(_ session: PortSession, clock: any DelayClock) {
        self.session = session
        self.clock = clock
    }

    private struct Pair: Sendable {
        var port: UInt16
        var data: SPDYStream?
        var errors: SPDYStream?
        var since: Duration
    }

    /// The connections, from their first stream to their end.
    private final class Pairs: Sendable {
        private struct State {
            var waiting: [String: Pair] = [:]
            var running: Set<String> = []
        }

        private let state = Mutex(State())
        private let clock: any DelayClock
        let complete: AsyncStream<(id: String, pair: Pair)>
        private let continuation: AsyncStream<(id: String, pair: Pair)>.Continuation

        init(_ clock: any DelayClock) {
            self.clock = clock
            (complete, continuation) = AsyncStream.makeStream()
        }

        /// - Returns: nil for a stream that is not part of a connection, or of one too many.
        func add(_ stream: SPDYStream) -> SPDYConnection.Begin? {
            guard let type = stream.header("streamtype"), type == "data" || type == "error",
                let port = stream.header("port").flatMap({ UInt16($0) }), port > 0
            else { return nil }
            // Clients before Kubernetes 1.1 send no number, and open the stream for errors first.
            let id = stream.header("requestid") ?? "stream \(type == "error" ? stream.id : stream.id &- 2)"
            let continuation = continuation
            return state.withLock { state -> SPDYConnection.Begin? in
                if state.running.contains(id) { return nil }
                if state.waiting.count + state.running.count >= StreamPorts.maximumConnections {
                    state.waiting = state.waiting.filter { ($0.value.data ?? $0.value.errors)?.isBroken == false }
                }
                guard
                    state.waiting[id] != nil
                        || state.waiting.count + state.running.count < StreamPorts.maximumConnections
                else { return nil }
                var pair = state.waiting[id] ?? Pair(port: port, since: clock.now)
                guard pair.port == port, (type == "data" ? pair.data : pair.errors) == nil else { return nil }
                if type == "data" { pair.data = stream } else { pair.errors = stream }
                guard pair.data != nil, pair.errors != nil else {
                    state.waiting[id] = pair
                    return {}
                }
                state.waiting[id] = nil
                state.running.insert(id)
                return { [pair] in continuation.yield((id, pair)) }
            }
        }

        func ended(_ id: String) { state.withLock { _ = $0.running.remove(id) } }

        func overdue(after limit: Duration) -> [Pair] {
            let now = clock.now
            return state.withLock { state in
                let late = state.waiting.filter { now - $0.value.since >= limit }
                for id in late.keys { state.waiting[id] = nil }
                return Array(late.values)
            }
        }

        func end() { continuation.finish() }
    }

    /// Ends when the client leaves.
    ///
    /// - Parameter sink: takes writes of several tasks, and mixes none of them.
    package func run(_ source: any ByteSource, _ sink: any ByteSink) async {
        let pairs = Pairs(clock)
        let connection = SPDYConnection(source, sink, maximumStreams: 2 * Self.maximumConnections)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await connection.serve(pairs.add)
                pairs.end()
            }
            group.addTask { await expire(pairs) }
            await withDiscardingTaskGroup { forwards in
                for await (id, pair) in pairs.complete {
                    forwards.addTask {
                        await forward(pair)
                        pairs.ended(id)
                    }
                }
                forwards.cancelAll()
            }
            group.cancelAll()
        }
    }

    private func expire(_ pairs: Pairs) async {
        while !Task.isCancelled {
            await clock.sleep(for: .seconds(5))
            for pair in pairs.overdue(after: Self.pairing) {
                // A client that has gone need not be told.
                try? await pair.errors?.write(Array("timed out waiting for streams".utf8))
                await pair.errors?.finish()
                await pair.data?.finish()
            }
        }
    }

    private func forward(_ pair: Pair) async {
        guard let data = pair.data, let errors = pair.errors else { return }
        errors.closeInput()
        do throws(NetworkError) {
            let connection = try await session.connect(pair.port)
            await PortRelay.run(connection, from: data, isBroken: { data.isBroken }, to: data)
        } catch {
            let text = PortRelay.complaint(error, port: pair.port, sandbox: session.sandbox)
            // A client that has gone need not be told.
            try? await errors.write(Array(text.utf8))
        }
        data.closeInput()
        await data.finish()
        await errors.finish()
    }
}
