package import FairleadContainers
package import FairleadModel
import Synchronization

/// exec and attach over SPDY: one stream each for input, output, errors, sizes of the terminal, and the status.
package struct StreamCommand: Sendable {
    /// How long a client may take to open its streams.
    private static let opening = Duration.seconds(30)

    private let session: CommandSession
    private let version: Int
    private let clock: any DelayClock

    /// - Parameter version: of the protocol, 1 to 4.
    package init(_ session: CommandSession, version: Int, clock: any DelayClock) {
        self.session = session
        self.version = version
        self.clock = clock
    }

    /// The streams as they come, and a signal when there are all of them.
    private final class Arrivals: Sendable {
        private let wanted: Set<String>
        private let streams = Mutex<[String: SPDYStream]>([:])
        let signal: AsyncStream<Void>
        private let continuation: AsyncStream<Void>.Continuation

        init(wanted: Set<String>) {
            self.wanted = wanted
            (signal, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        }

        subscript(_ type: String) -> SPDYStream? { streams.withLock { $0[type] } }

        /// - Returns: nil for a stream that was not asked for, or is there already.
        func add(_ stream: SPDYStream) -> SPDYConnection.Begin? {
            guard let type = stream.header("streamtype"), wanted.contains(type) else { return nil }
            let areAll: Bool? = streams.withLock { streams in
                guard streams[type] == nil else { return nil }
                streams[type] = stream
                return streams.count == wanted.count
            }
            guard let areAll else { return nil }
            let continuation = continuation
            return { if areAll { continuation.yield() } }
        }

        func giveUp() { continuation.finish() }
    }

    /// Ends with the command; when the client leaves first, the command is cancelled.
    ///
    /// - Parameter sink: takes writes of several tasks, and mixes none of them.
    package func run(_ source: any ByteSource, _ sink: any ByteSink) async {
        let hasErrors = session.hasErrors && !session.isTerminal
        var wanted: Set<String> = ["error"]
        if session.hasInput { wanted.insert("stdin") }
        if session.hasOutput { wanted.insert("stdout") }
        if hasErrors { wanted.insert("stderr") }
        if session.isTerminal, version >= 3 { wanted.insert("resize") }
        let arrivals = Arrivals(wanted: wanted)
        let connection = SPDYConnection(source, sink, maximumStreams: wanted.count)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await connection.serve(arrivals.add)
                arrivals.giveUp()
            }
            group.addTask {
                var all = arrivals.signal.makeAsyncIterator()
                let areThere = await withTaskGroup(of: Bool.self) { group in
                    group.addTask {
                        await clock.sleep(for: Self.opening)
                        arrivals.giveUp()
                        return false
                    }
                    defer { group.cancelAll() }
                    return await all.next() != nil
                }
                if areThere { await talk(arrivals) }
                await connection.goAway()
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func talk(_ arrivals: Arrivals) async {
        let sizes = TerminalSizes()
        let streams = ClientStreams(
            input: arrivals["stdin"], output: arrivals["stdout"], errors: arrivals["stderr"],
            isTerminal: session.isTerminal, sizes: session.isTerminal ? sizes.stream : nil)
        await withTaskGroup(of: Void.self) { group in
            if let resize = arrivals["resize"] {
                group.addTask {
                    var sizes = sizes
                    while let bytes = await resize.read(upTo: 1024) { sizes.append(bytes) }
                }
            }
            let end = await session.run(streams)
            sizes.end()
            arrivals["stdin"]?.closeInput()
            await arrivals["stdout"]?.finish()
            await arrivals["stderr"]?.finish()
            if let status = arrivals["error"] {
                if let bytes = CommandStatus.bytes(of: end, version: version) {
                    // A client that has gone needs no status.
                    try? await status.write(bytes)
                }
                await status.finish()
            }
            group.cancelAll()
        }
    }
}
