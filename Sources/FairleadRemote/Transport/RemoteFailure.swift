import AsyncHTTPClient
import FairleadModel
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Why no answer came, in the words of people.
enum RemoteFailure {
    /// What a client of Kubernetes sees of a server that does not answer: 503.
    static func status(_ error: any Error, url: ServerURL, limits: RemoteLimits) -> APIStatus {
        if let status = error as? APIStatus { return status }
        return APIStatus(
            code: 503, reason: "ServiceUnavailable",
            message: "the API server \(url) does not answer: \(reason(error, url, limits))")
    }

    /// The call was cancelled by its own task.
    static let cancelled = APIStatus(code: 503, reason: "ServiceUnavailable", message: "the call was cancelled")

    /// What cannot be understood of an answer.
    static func unreadable(_ what: String) -> APIStatus {
        APIStatus(code: 500, reason: "InternalError", message: what)
    }

    /// Whether the connection ended before an answer came. It may have been idle, and closed by the server in the same
    /// moment in which the request was sent.
    static func isLostConnection(_ error: any Error) -> Bool {
        switch error {
        case let error as HTTPClientError: error == .remoteConnectionClosed
        case HTTPParserError.invalidEOFState: true
        case let error as IOError: error.errnoCode == ECONNRESET || error.errnoCode == EPIPE
        default: false
        }
    }

    private static func reason(_ error: any Error, _ url: ServerURL, _ limits: RemoteLimits) -> String {
        switch error {
        case let error as HTTPClientError: return reason(error, url, limits)
        case let error as NIOConnectionError:
            // The addresses of a name are tried one after the other; the last one's error is as good as any.
            if let last = error.connectionErrors.last { return reason(last.error, url, limits) }
            return unresolved(error.host)
        case SocketAddressError.unknown(let host, _): return unresolved(host)
        case let error as IOError: return reason(errno: error.errnoCode)
        case ChannelError.connectTimeout: return noConnection(limits)
        case is ChannelError: return closed(url)
        case NIOSSLError.handshakeFailed(let error): return reason(tls: error)
        case NIOSSLError.uncleanShutdown: return closed(url)
        case let error as BoringSSLError: return reason(tls: error)
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            return "its certificate is for another name (\(error)): name the server as the certificate does, or give "
                + "that name with --tls-server-name"
        case HTTPParserError.invalidEOFState: return closed(url)
        case is HTTPParserError: return "what listens there does not speak HTTP"
        case let error as ResponseAccumulator.ResponseTooBigError:
            return "the answer is larger than \(error.maxBodySize) bytes"
        default: return "\(error)"
        }
    }

    private static func reason(_ error: HTTPClientError, _ url: ServerURL, _ limits: RemoteLimits) -> String {
        switch error {
        case .connectTimeout: noConnection(limits)
        case .tlsHandshakeTimeout: "it did not complete the TLS handshake within \(limits.connecting)"
        case .deadlineExceeded, .readTimeout, .writeTimeout, .getConnectionFromPoolTimeout:
            "no answer within \(limits.answering)"
        case .remoteConnectionClosed, .uncleanShutdown: closed(url)
        case .alreadyShutdown: "this client has been shut down"
        case .cancelled, .requestStreamCancelled: cancelled.message
        default: error.shortDescription
        }
    }

    private static func noConnection(_ limits: RemoteLimits) -> String {
        "no connection within \(limits.connecting): is the address right, and does a firewall let it through?"
    }

    private static func unresolved(_ host: String) -> String { "the name \(host) cannot be resolved" }

    private static func closed(_ url: ServerURL) -> String {
        "it closed the connection" + (url.isSecure ? "" : " (if it speaks TLS, its URL begins with https://)")
    }

    private static func reason(errno code: CInt) -> String {
        switch code {
        case ECONNREFUSED: "connection refused: nothing listens there; is the server running?"
        case ECONNRESET, EPIPE: "it broke the connection off"
        case EHOSTUNREACH, ENETUNREACH: "there is no route to it"
        case ETIMEDOUT: "the connection timed out"
        default: String(cString: strerror(code))
        }
    }

    /// BoringSSL tells its errors by their names only.
    private static func reason(tls error: BoringSSLError) -> String {
        let text = "\(error)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return "its TLS certificate is not trusted: it was not signed by the given authority (--ca, "
                + "certificate-authority), or it is not valid now"
        }
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            return "it does not speak TLS: its URL may begin with http://"
        }
        if text.contains("ALERT_CERTIFICATE_REQUIRED") || text.contains("ALERT_BAD_CERTIFICATE") {
            return "it wants a client certificate that it trusts: give --client-certificate and --client-key"
        }
        if text.contains("EOF during handshake") { return "it closed the connection during the TLS handshake" }
        return "TLS failed: \(text)"
    }
}
