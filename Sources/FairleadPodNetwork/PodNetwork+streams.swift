import FairleadContainers
import FairleadModel

extension PodNetwork {
    /// Opens a connection, or waits in vain for as long as the client does.
    func connect(_ request: StreamRequest, within limit: Duration) async throws(NetworkError) -> Connection {
        if Task.isCancelled { throw .cancelled }
        let seconds = clock.now.components.seconds
        let found = try state.withLock { state throws(NetworkError) in
            try state.open(request, routing, at: seconds)
        }
        guard let opened = found else {
            await clock.sleep(for: Self.bounded(limit))
            throw Task.isCancelled ? .cancelled : .timedOut
        }
        let client = end(opened.clientEnd, opened.pipes)
        let server = end(opened.serverEnd, opened.pipes.turned)
        guard serve(opened.server, server) else {
            client.close()
            server.close()
            throw .refused
        }
        return client
    }

    private func end(_ end: OpenedStream.End, _ pipes: ConnectionEnd.Pipes) -> Connection {
        ConnectionEnd(pipes) { [weak self] in self?.state.withLock { $0.forgetEnd(end.id, in: end.namespace) } }
            .connection(local: end.local, peer: end.peer)
    }

    private func serve(_ server: OpenedStream.Server, _ connection: Connection) -> Bool {
        switch server {
        case .listener(let listener): return listener.accept(connection)
        case .apiServer:
            guard let apiServer else { return false }
            return tasks.start {
                await apiServer(connection)
                connection.close()
            } != nil
        case .healthCheck(let service, let count):
            let answer = HealthCheckAnswer(service: service, localEndpoints: count).response
            let now = now
            return tasks.start { await WebServer.serve(connection, now: now) { _ in answer } } != nil
        }
    }

    func listen(
        _ port: UInt16, _ address: IPAddress?, in name: NamespaceName, _ owner: SocketOwner,
        _ handle: @escaping @Sendable (Connection) async -> Void
    ) throws(NetworkError) -> any Listening {
        let listener = StreamListener(handle: handle)
        let bound = try state.withLock { state throws(NetworkError) in
            try state.listen(port, address, in: name, owner, listener)
        }
        return OpenPort(port: bound.port) { [weak self] in
            self?.state.withLock { $0.removeListener(bound.id, at: bound.port, in: name) }.close()
        }
    }
}

/// A port that is served until it is closed.
struct OpenPort: Listening {
    let port: UInt16
    let onClose: @Sendable () -> Void

    func close() { onClose() }
}
