import FairleadAPI
import HTTPTypes
import NIOCore
import NIOHTTP1

/// Assembles a request from the decoder's parts, and enforces the limits on the way.
struct RequestAssembler {
    /// What the connection must do with the part it has just passed in.
    enum Verdict {
        case goOn
        /// The client waits for permission to send the body.
        case sendContinue
        case refuse(APIResponse)
    }

    /// The properties of a request that determine how its answer is sent.
    struct Exchange {
        var isHead = false
        /// Whether the request only reads.
        var isRead = false
        var keepsAlive = false
        /// HTTP/1.0 has no chunked encoding.
        var takesChunks = true
        var acceptsGzip = false
        var userAgent = ""
        /// The `?timeout` of the request; nil if there is none, or it cannot be parsed.
        var timeout: Duration?
    }

    let maximumBodyBytes: Int
    /// Whether requests from web pages are refused (see `LoopbackGuard`).
    let isGuarded: Bool

    private(set) var exchange = Exchange()
    /// What every request is answered with; nil as long as they are welcome.
    private var refusal: APIResponse?
    private var request = APIRequest.Parts(method: .get, path: "")
    /// The last Host header that passed the guard: a client keeps sending the same one.
    private var trustedHost: String?

    init(maximumBodyBytes: Int, isGuarded: Bool) {
        self.maximumBodyBytes = maximumBodyBytes
        self.isGuarded = isGuarded
    }

    mutating func begin(_ head: HTTPRequestHead) -> Verdict {
        exchange = Exchange(isHead: head.method == .HEAD, isRead: head.method == .HEAD || head.method == .GET)
        if let refusal { return .refuse(refusal) }
        let isHTTP2 = head.version.major == 2
        guard isHTTP2 || head.version.major == 1 && head.version.minor <= 1 else {
            return .refuse(Refusal.unknownVersion)
        }
        var fields = HeaderFields()
        let headers = fields.read(head.headers)
        let target = RequestTarget(head.uri)
        guard target.isValid else { return .refuse(Refusal.badRequest) }
        if fields.hostCount > 1 { return .refuse(Refusal.tooManyHosts) }
        if fields.hostCount == 0, head.version.minor == 1 { return .refuse(Refusal.missingHost) }
        let host = target.authority ?? fields.host
        if isGuarded, host != trustedHost || fields.origin != nil {
            if let why = LoopbackGuard.refusal(host: host, origin: fields.origin) {
                return .refuse(Refusal.forbidden(why))
            }
            trustedHost = host
        }
        // HTTP/2 frames bodies by itself, and ends each of its streams with the answer.
        exchange.takesChunks = head.version.minor == 1 || isHTTP2
        exchange.acceptsGzip = Gzip.isAccepted(fields.acceptEncoding)
        // After a request to upgrade, the decoder stops: what follows might be another protocol.
        exchange.keepsAlive =
            head.version.minor == 1 && head.isKeepAlive && !fields.hasUpgrade && head.method != .CONNECT
        if let length = fields.contentLength, length > maximumBodyBytes {
            return .refuse(Refusal.bodyTooLarge(limit: maximumBodyBytes))
        }
        exchange.userAgent = fields.userAgent ?? ""
        let query = target.query()
        // Whether it is well formed is for the handler to check.
        if let timeout = query.first(where: { $0.name == "timeout" })?.value {
            exchange.timeout = RequestTimeout.duration(timeout)
        }
        guard let method = Self.method(head.method) else { return .refuse(Refusal.badRequest) }
        request = APIRequest.Parts(method: method, path: target.path, query: query, headers: headers)
        request.target = head.uri
        guard let expect = fields.expect else { return .goOn }
        guard expect.lowercased() == "100-continue" else {
            return .refuse(Refusal.expectationFailed)
        }
        return exchange.takesChunks ? .sendContinue : .goOn
    }

    /// nil for what is no token. The usual methods need not be examined.
    private static func method(_ method: HTTPMethod) -> HTTPRequest.Method? {
        switch method {
        case .GET: .get
        case .POST: .post
        case .PUT: .put
        case .PATCH: .patch
        case .DELETE: .delete
        default: HTTPRequest.Method(rawValue: method.rawValue)
        }
    }

    mutating func refuseAll(with refusal: APIResponse) { self.refusal = refusal }

    /// For a request that could not be read: the answer may only use what every client understands.
    mutating func forgetExchange() { exchange = Exchange() }

    mutating func endAfterThisAnswer() { exchange.keepsAlive = false }

    /// The answer has already been compressed, or must not be.
    mutating func forgetGzip() { exchange.acceptsGzip = false }

    mutating func append(_ part: ByteBuffer) -> Verdict {
        guard request.body.count + part.readableBytes <= maximumBodyBytes else {
            request.body = []
            return .refuse(Refusal.bodyTooLarge(limit: maximumBodyBytes))
        }
        request.body.append(contentsOf: part.readableBytesView)
        return .goOn
    }

    /// The complete request; the assembler keeps nothing of it.
    mutating func finish() -> APIRequest.Parts {
        var result = APIRequest.Parts(method: .get, path: "")
        swap(&result, &request)
        return result
    }
}

/// The few headers that the server itself uses, found in one pass.
struct HeaderFields {
    private(set) var host: String?
    private(set) var hostCount = 0
    private(set) var origin: String?
    private(set) var expect: String?
    private(set) var acceptEncoding: String?
    private(set) var contentLength: Int?
    private(set) var userAgent: String?
    private(set) var hasUpgrade = false

    /// All headers in order, as the handler receives them.
    mutating func read(_ headers: HTTPHeaders) -> [(name: String, value: String)] {
        var result: [(name: String, value: String)] = []
        result.reserveCapacity(headers.count)
        for (name, value) in headers {
            result.append((name: name, value: value))
            switch name.utf8.count {
            case 4 where HeaderFields.matches(name, "host"):
                host = value
                hostCount += 1
            case 6 where HeaderFields.matches(name, "origin"): origin = value
            case 6 where HeaderFields.matches(name, "expect"): expect = value
            case 7 where HeaderFields.matches(name, "upgrade"): hasUpgrade = true
            case 10 where HeaderFields.matches(name, "user-agent"): userAgent = value
            case 14 where HeaderFields.matches(name, "content-length"): contentLength = Int(value)
            case 15 where HeaderFields.matches(name, "accept-encoding"):
                acceptEncoding = acceptEncoding ?? value
            default: break
            }
        }
        return result
    }

    /// Case-insensitive comparison; `lowercase` has the same length.
    private static func matches(_ name: String, _ lowercase: StaticString) -> Bool {
        lowercase.withUTF8Buffer { expected in
            var index = 0
            for byte in name.utf8 {
                let lower = (65...90).contains(byte) ? byte | 0x20 : byte
                if lower != expected[index] { return false }
                index += 1
            }
            return true
        }
    }
}
