import FairleadAPI
import FairleadModel
import NIOCore

extension Connection {
    /// Up to this size, an answer is collected in one buffer with others; a larger one is sent piece by piece.
    private static let smallBody = 64 * 1024

    /// Starts answering the request that has just been read in full.
    func answer(_ outcome: consuming APIOutcome) {
        switch consume outcome {
        case .response(let response):
            if response.status == 429, share.isRefused { loop.note(.tooManyInFlow) }
            send(response)
        case .stream(let stream, let contentType, let headers):
            startStream(stream, contentType: contentType, headers: headers)
        case .deferred(let work): start(work, on: loop.executor)
        case .computed(let work): compute(work)
        case .longRunning(let work): pass(work)
        case .session(let session, let request, let headers): startSession(session, request, headers: headers)
        }
    }

    /// Answers before the request has been read in full; the connection cannot be used for another request.
    func refuse(_ response: APIResponse) {
        if case .idle = phase {
            // There was not even a complete head, so nothing is known about the request, and the answer uses no
            // options.
            assembler.forgetExchange()
            note.beginUnread(at: .now())
            loop.counters.requestsInFlight.wrappingAdd(1, ordering: .relaxed)
        }
        assembler.endAfterThisAnswer()
        send(response)
    }

    func send(_ response: APIResponse) {
        let exchange = assembler.exchange
        let size = response.body.reduce(0) { $0 + $1.count }
        if exchange.acceptsGzip, size > loop.core.configuration.compressionThreshold {
            assembler.forgetGzip()
            if !response.headers.contains(where: { $0.name.equalsIgnoringASCIICase("content-encoding") }) {
                return compute { .response(Gzip.compressed(response)) }
            }
        }
        note.answered(response.status, bytes: size)
        let mayHaveBody = response.status >= 200 && response.status != 204 && response.status != 304
        let closes = closesAfterAnswer
        let isSmall = size <= Connection.smallBody
        let hasBody = mayHaveBody && !exchange.isHead && size > 0
        writeHead(
            status: response.status, contentType: response.contentType, headers: response.headers,
            shared: response.shared, auditID: response.auditID,
            framing: mayHaveBody ? .length(size) : .none, closes: closes
        ) { out in
            if hasBody, isSmall { for piece in response.body { out.writeBytes(piece) } }
        }
        if hasBody, !isSmall {
            phase = .body(BodyCursor(response.body))
            pump()
        } else {
            answerIsComplete(closes: closes)
        }
    }

    /// - Parameter body: writes what of the body goes out with the head.
    func writeHead(
        status: Int, contentType: String, headers: [(name: String, value: String)], shared: HeaderBlock? = nil,
        auditID: String = "", framing: BodyFraming, closes: Bool,
        body: (inout ByteBuffer) -> Void = { _ in }
    ) {
        let dateLine = loop.dateLine
        guard let http2 = entrance.http2 else {
            return buffered { out in
                out.writeHead(
                    status: status, contentType: contentType, headers: headers, shared: shared, auditID: auditID,
                    framing: framing, closes: closes, dateLine: dateLine)
                body(&out)
            }
        }
        var length: Int?
        if case .length(let size) = framing { length = size }
        http2.writeHead(
            status: status, contentType: contentType, headers: headers, shared: shared, auditID: auditID,
            length: length, date: dateLine)
        buffered(body)
    }

    var closesAfterAnswer: Bool { !assembler.exchange.keepsAlive || loop.isDraining }

    /// Counts the request as done and gets ready for the next one.
    func answerIsComplete(closes: Bool) {
        requestIsOver()
        lease = nil
        if closes || loop.isDraining {
            finishAndClose()
        } else {
            phase = .idle
            setDeadline(loop.core.timeouts.idle)
        }
    }

    /// Continues sending a large answer or a stream, as far as the client keeps up.
    func pump() {
        mustPumpAgain = true
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        while mustPumpAgain {
            mustPumpAgain = false
            switch phase {
            case .body: pumpBody()
            case .stream(let stream): pumpStream(stream)
            case .idle, .receiving, .deferred, .session, .lingering, .closed: break
            }
        }
    }

    private func pumpBody() {
        while case .body(var cursor) = phase, let context, context.channel.isWritable {
            buffered { cursor.write(into: &$0, maximum: Connection.smallBody) }
            if cursor.isAtEnd {
                answerIsComplete(closes: closesAfterAnswer)
            } else {
                phase = .body(cursor)
                setDeadline(loop.core.timeouts.progress)
            }
            flushOut()
        }
    }

    // MARK: Output

    /// Adds to the output buffer, and sends the buffer once it is large, so that `isWritable` reflects the real
    /// backlog.
    func buffered(_ write: (inout ByteBuffer) -> Void) {
        if out.capacity == 0 { out = loop.takeBuffer() }
        write(&out)
        if out.readableBytes >= Connection.smallBody { flushOut() }
    }

    /// Hands the collected output to the socket, in one system call if the socket accepts all of it.
    func flushOut() {
        guard out.readableBytes > 0 else {
            entrance.http2?.flushHead()
            return
        }
        loop.counters.bytesSent.wrappingAdd(out.readableBytes, ordering: .relaxed)
        // The buffer is taken out first, because the write may call back into this connection.
        var ready = out
        out = ByteBuffer()
        context?.writeAndFlush(wrapOutboundOut(ready), promise: nil)
        loop.giveBack(&ready)
    }

    /// Sends what is left, tells the client that nothing more comes, and waits a little for it to close the connection:
    /// closing at once would destroy an answer that the client has not read yet.
    func finishAndClose() {
        guard let context else { return }
        phase = .lingering
        setDeadline(loop.core.timeouts.linger)
        if let http2 = entrance.http2 { return endStream(http2) }
        flushOut()
        guard context.channel.isActive else { return }
        // Closing does not wait for pending writes, so it follows the completion of an empty write.
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in bound.value.closeOutput() }
    }

    /// The end of the answer is the end of the stream, and goes out with the last bytes.
    private func endStream(_ http2: HTTP2Answers) {
        loop.counters.bytesSent.wrappingAdd(out.readableBytes, ordering: .relaxed)
        var last = out
        out = ByteBuffer()
        http2.end(last)
        loop.giveBack(&last)
    }

    private func closeOutput() {
        guard let context else { return }
        if loop.isDraining || hasInputEnded { close() } else { context.close(mode: .output, promise: nil) }
    }
}
