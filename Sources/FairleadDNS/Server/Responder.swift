import FairleadModel

/// Decides what to do with a packet: the protocol around the zones, as in CoreDNS's server.
///
/// - A packet that is an answer, or shorter than a header, is not answered (RFC 1035, 7; no amplification of garbage).
/// - Opcodes other than QUERY and NOTIFY get NOTIMP; messages that are unreadable or do not have exactly one question,
///   FORMERR.
/// - Classes other than IN get REFUSED; EDNS versions above 0, BADVERS (RFC 6891, 6.1.3).
struct Responder: Sendable {
    enum Decision: Sendable {
        case silence
        /// The answer, still to be truncated to the client's size.
        case answer(Message)
        /// Not ours, or only partly: the request, and the part of the answer that is already known.
        case forward(request: Message, question: Question, partial: Message)
    }

    let resolver: ZoneResolver
    /// Whether names outside the zones are forwarded; otherwise they are refused.
    let forwards: Bool
    /// Whether the addresses of an answer are rotated.
    let rotates: Bool

    init(resolver: ZoneResolver, forwards: Bool = false, rotates: Bool = false) {
        self.resolver = resolver
        self.forwards = forwards
        self.rotates = rotates
    }

    /// - Parameters:
    ///   - isReady: if false, every well-formed question is answered with SERVFAIL.
    ///   - turn: any number; it decides how far the addresses of an answer are rotated.
    ///   - mayAsk: if false, every well-formed question is refused.
    ///   - limit: how many bytes the answer may have: records that would be truncated are not generated.
    func decide(
        _ packet: [UInt8], local: IPAddress?, isReady: Bool = true, turn: Int = 0, mayAsk: Bool = true,
        limit: (ExtendedDNS?) -> Int = { _ in 65535 }
    ) -> Decision {
        guard let (header, counts) = MessageReader.header(packet), !header.isResponse else { return .silence }
        guard header.opcode == .query || header.opcode == .notify else {
            return .answer(Self.rejection(header, .notImplemented, opcode: header.opcode))
        }
        // A NOTIFY may carry one record, an IXFR one, and a question with OPT and TSIG two.
        guard counts.questions == 1, counts.answers <= 1, counts.authorities <= 1, counts.additionals <= 2 else {
            return .answer(Self.rejection(header, .formatError))
        }
        let request: Message
        do {
            request = try MessageReader.message(packet)
        } catch {
            var answer = Self.rejection(header, .formatError)
            answer.questions = error.questions
            return .answer(answer)
        }
        guard mayAsk else { return .answer(Self.failed(Self.reply(to: request), .refused)) }
        return decide(
            request, local: local, isReady: isReady, turn: turn, budget: AnswerBudget(bytes: limit(request.edns)))
    }

    private func decide(
        _ request: Message, local: IPAddress?, isReady: Bool, turn: Int, budget: AnswerBudget
    ) -> Decision {
        var answer = Self.reply(to: request)
        guard let question = request.questions.first else { return .answer(Self.failed(answer, .serverFailure)) }
        guard question.recordClass == .internet else { return .answer(Self.failed(answer, .refused)) }
        if let edns = request.edns, edns.version != 0 {
            answer.edns = ExtendedDNS(payloadSize: 0)
            return .answer(Self.failed(answer, .badVersion))
        }
        guard isReady else { return .answer(Self.failed(answer, .serverFailure)) }
        guard let resolution = resolver.resolve(question, local: local, budget: budget, turn: rotates ? turn : 0)
        else {
            if forwards { return .forward(request: request, question: question, partial: answer) }
            return .answer(Self.failed(answer, .refused))
        }
        answer.header.isAuthoritative = resolution.isAuthoritative
        answer.header.isTruncated = resolution.isCut
        answer.responseCode = resolution.code
        answer.answers = resolution.answers
        answer.authorities = resolution.authorities
        answer.additionals = resolution.additionals
        if rotates { answer.answers.rotateAddresses(by: turn) }
        if let next = resolution.continuation, forwards {
            return .forward(request: request, question: next, partial: answer)
        }
        return .answer(answer)
    }

    /// A reply to the request without any records yet.
    static func reply(to request: Message) -> Message {
        var header = MessageHeader(id: request.header.id)
        header.isResponse = true
        header.opcode = request.header.opcode
        if request.header.opcode == .query {
            header.isRecursionDesired = request.header.isRecursionDesired
            header.isCheckingDisabled = request.header.isCheckingDisabled
        }
        var reply = Message(header: header)
        reply.questions = request.questions
        if let asked = request.edns {
            var edns = ExtendedDNS(payloadSize: asked.payloadSize)
            edns.isDNSSECOK = asked.isDNSSECOK
            edns.options = asked.options.filter { ExtendedDNS.echoedOptions.contains($0.code) }.map(\.echoed)
            reply.edns = edns
        }
        return reply
    }

    /// Turns another server's answer into ours: appended to the aliases that led to the name, if any; otherwise with
    /// its response code and flags.
    static func merge(_ other: Message, into partial: Message) -> Message {
        var answer = partial
        if !partial.answers.isEmpty {
            answer.answers += other.answers
            answer.header.isTruncated = other.header.isTruncated
            return answer
        }
        answer.header.bits |= other.header.bits & 0x06A0
        answer.answers = other.answers
        answer.authorities = other.authorities
        answer.additionals = other.additionals
        if answer.edns != nil, let options = other.edns?.options { answer.edns?.options = options }
        // Codes above 15 cannot be expressed without an OPT record.
        answer.responseCode = answer.edns == nil ? other.header.responseCode : other.responseCode
        return answer
    }

    static func failed(_ reply: Message, _ code: ResponseCode) -> Message {
        var reply = reply
        reply.responseCode = code
        return reply
    }

    /// The answer to a message that was not parsed to the end: the header as received, and no questions.
    private static func rejection(
        _ header: MessageHeader, _ code: ResponseCode, opcode: Opcode = .query
    ) -> Message {
        var header = header
        header.isResponse = true
        header.isAuthoritative = false
        header.isZero = false
        header.opcode = opcode
        header.responseCode = code
        return Message(header: header)
    }
}

extension [ResourceRecord] {
    /// Rotates the addresses, which come last in an answer; aliases stay in front of them.
    fileprivate mutating func rotateAddresses(by turn: Int) {
        guard let first = firstIndex(where: { if case .address = $0.data { true } else { false } }) else { return }
        let addresses = self[first...]
        guard addresses.count > 1 else { return }
        let shift = (turn % addresses.count + addresses.count) % addresses.count
        replaceSubrange(first..., with: Array(addresses[(first + shift)...] + addresses[..<(first + shift)]))
    }
}
