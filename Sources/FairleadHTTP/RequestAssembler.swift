import FairleadAPI
import HTTPTypes
import NIOCore
import NIOHTTP1

/// Puts one request together from what the decoder gives, and enforces the limits on the way.
struct RequestAssembler {
    /// What the connection does with what it was just given.
    enum Verdict {
        case goOn
        /// The client waits for leave to send the body.
        case sendContinue
        case refuse(APIResponse)
    }

    /// What of a request matters for the way its answer is sent.
    struct Exchange {
        var isHead = false
        /// Whether the request only asks for something.
        var isRead = false
        var keepsAlive = false
        /// HTTP/1.0 knows no chunks.
        var takesChunks = true
        var acceptsGzip = false
        var userAgent = ""
        /// What the request says by `?timeout`; nil where it says nothing, or nothing that can be read.
        var timeout: Duration?
    }

    let maximumBodyBytes: Int
    /// Whether web pages are kept away (see `LoopbackGuard`).
    let isGuarded: Bool

    private(set) var exchange = Exchange()
    private var request = APIRequest(method: .get, path: "")
    /// The Host header that passed the guard last: a client sends the same all the time.
    private var trustedHost: String?

    init(maximumBodyBytes: Int, isGuarded: Bool) {
        self.maximumBodyBytes = maximumBodyBytes
        self.isGuarded = isGuarded
    }

    mutating func begin(_ head: HTTPRequestHead) -> Verdict {
        exchange = Exchange(isHead: head.method == .HEAD, isRead: head.method == .HEAD || head.method == .GET)
        guard head.version.major == 1, head.version.minor <= 1 else { return .refuse(Refusal.unknownVersion) }
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
        exchange.takesChunks = head.version.minor == 1
        exchange.acceptsGzip = Gzip.isAccepted(fields.acceptEncoding)
        // After a request to upgrade the decoder stops: what follows might be another protocol.
        exchange.keepsAlive =
            head.version.minor == 1 && head.isKeepAlive && !fields.hasUpgrade && head.method != .CONNECT
        if let length = fields.contentLength, length > maximumBodyBytes {
            return .refuse(Refusal.bodyTooLarge(limit: maximumBodyBytes))
        }
        exchange.userAgent = fields.userAgent ?? ""
        let query = target.query()
        // Whether it is well formed is the handler's to say.
        if let timeout = query.first(where: { $0.name == "timeout" })?.value {
            exchange.timeout = RequestTimeout.duration(timeout)
        }
        guard let method = HTTPRequest.Method(rawValue: head.method.rawValue) else {
            return .refuse(Refusal.badRequest)
        }
        request = APIRequest(method: method, path: target.path, query: query, headers: headers)
        guard let expect = fields.expect else { return .goOn }
        guard expect.lowercased() == "100-continue" else {
            return .refuse(Refusal.expectationFailed)
        }
        return exchange.takesChunks ? .sendContinue : .goOn
    }

    /// The request could not be read: only what every client understands may be answered.
    mutating func forgetExchange() { exchange = Exchange() }

    mutating func endAfterThisAnswer() { exchange.keepsAlive = false }

    /// The answer has been compressed, or is not to be.
    mutating func forgetGzip() { exchange.acceptsGzip = false }

    mutating func append(_ part: ByteBuffer) -> Verdict {
        guard request.body.count + part.readableBytes <= maximumBodyBytes else {
            request.body = []
            return .refuse(Refusal.bodyTooLarge(limit: maximumBodyBytes))
        }
        request.body.append(contentsOf: part.readableBytesView)
        return .goOn
    }

    /// The whole request; the assembler keeps nothing of it.
    mutating func finish() -> APIRequest {
        let result = request
        request = APIRequest(method: .get, path: "")
        return result
    }
}

/// The few headers that the server itself looks at, found in one pass.
struct HeaderFields {
    private(set) var host: String?
    private(set) var hostCount = 0
    private(set) var origin: String?
    private(set) var expect: String?
    private(set) var acceptEncoding: String?
    private(set) var contentLength: Int?
    private(set) var userAgent: String?
    private(set) var hasUpgrade = false

    /// All headers in order, as a handler gets them.
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

    /// Compares without case; `lowercase` is of the same length.
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
