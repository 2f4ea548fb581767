import FairleadAPI
import FairleadContainers
import FairleadStreaming
import NIOCore
import NIOWebSocket

/// A session on a connection that has left HTTP.
final class OpenSession {
    let link: SessionLink
    let end: any SessionEnd
    var task: Int?
    /// Whether the client has gone, or is about to.
    var isEnding = false

    init(link: SessionLink, end: any SessionEnd) {
        self.link = link
        self.end = end
    }
}

extension Connection {
    /// Answers a request that asks for another protocol, and hands the connection over if there is one in common.
    func startSession(_ session: PodSession, _ request: APIRequest, headers: [(name: String, value: String)]) {
        guard let context, !loop.isDraining else { return close() }
        // HTTP/2 has no upgrade.
        guard request.body.isEmpty, assembler.exchange.takesChunks, entrance.http1 != nil else {
            return send(Refusal.badRequest)
        }
        let transport = SessionNegotiation.transport(for: session, SessionRequest(headers: request.headers))
        if case .refusal(let status, let more, let text) = transport {
            var response = APIResponse.text(status, text.isEmpty ? "" : text + "\n")
            response.headers += more + headers
            return send(response)
        }
        guard !loop.core.sessions.isFull else {
            loop.note(.tooManySessions)
            return send(Refusal.tooManyRequests)
        }
        switch transport {
        case .messages(let more, let run):
            let end = WebSocketSession(self, pingInterval: TimeAmount(loop.core.configuration.pingInterval))
            let link = SessionLink(end, eventLoop: context.eventLoop, list: loop.handOvers)
            end.link = link
            let decoder = WebSocketFrameDecoder(maxFrameSize: WebSocketSession.maximumMessage)
            leaveHTTP(
                OpenSession(link: link, end: end), [ByteToMessageHandler(decoder), WebSocketFrameEncoder(), end],
                headers: more + headers
            ) { await run(link) }
        case .bytes(let more, let run):
            let end = ByteSession(self)
            let link = SessionLink(end, eventLoop: context.eventLoop, list: loop.handOvers)
            end.link = link
            leaveHTTP(OpenSession(link: link, end: end), [end], headers: more + headers) { await run(link, link) }
        case .refusal: break
        }
    }

    private func leaveHTTP(
        _ open: OpenSession, _ handlers: [any ChannelHandler], headers: [(name: String, value: String)],
        _ run: @escaping @Sendable () async -> Void
    ) {
        guard let context, let front = entrance.http1 else { return }
        writeHead(status: 101, contentType: "", headers: headers, framing: .none, closes: false)
        note.switchesProtocol(keepsHead: loop.requestLog.isVerbose)
        loop.counters.streamsOpen.wrappingAdd(1, ordering: .relaxed)
        loop.counters.longRunning.wrappingAdd(1, ordering: .relaxed)
        series?.longRunningBegan()
        phase = .session(open)
        isUpgraded = true
        flushOut()
        do {
            try context.pipeline.syncOperations.addHandlers(handlers)
        } catch { return close() }
        // What has come already behind the request is passed on by the decoder as it goes.
        context.pipeline.syncOperations.removeHandler(front.decoder).whenFailure { _ in }
        context.pipeline.syncOperations.removeHandler(front.methods).whenFailure { _ in }
        sessionIsActive()
        if hasInputEnded {
            open.link.endInput()
            sessionInputEnded()
        }
        let bound = NIOLoopBound((self, open), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        open.task = loop.core.sessions.start {
            await run()
            eventLoop.execute {
                let (connection, open) = bound.value
                connection.sessionEnded(open)
            }
        }
        if open.task == nil { close() }
    }

    /// Something has been sent or received: the time for which a session may be idle begins anew.
    func sessionIsActive() {
        if case .session(let open) = phase, !open.isEnding { setDeadline(loop.core.timeouts.session) }
    }

    /// The client sends nothing more: what it has sent last may still be taken, but not for long.
    func sessionInputEnded() {
        guard case .session(let open) = phase, !open.isEnding else { return }
        open.isEnding = true
        setDeadline(loop.core.timeouts.linger)
    }

    private func sessionEnded(_ open: OpenSession) {
        guard case .session(let current) = phase, current === open else { return }
        finishSession(open, isServerStopping: false)
    }

    /// Says goodbye and closes the connection, once the client has read what is under way.
    func finishSession(_ open: OpenSession, isServerStopping: Bool) {
        open.link.flush()
        open.end.sayGoodbye(isServerStopping: isServerStopping)
        // If the client is gone, writing has found that out, and all is done.
        guard case .session(let current) = phase, current === open else { return }
        dropSession(open)
        requestIsOver()
        lease = nil
        finishAndClose()
    }

    /// Ends the task of a session, which nobody listens to any more.
    func dropSession(_ open: OpenSession) {
        open.link.close()
        if let task = open.task { loop.core.sessions.cancel(task) }
        loop.counters.streamsOpen.wrappingSubtract(1, ordering: .relaxed)
        loop.counters.longRunning.wrappingSubtract(1, ordering: .relaxed)
        series?.longRunningEnded()
    }
}
