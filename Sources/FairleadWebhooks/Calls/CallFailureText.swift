import AsyncHTTPClient
import FairleadModel
import NIOCore
import NIOPosix
import NIOSSL

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Why a call failed, in the words of Go's HTTP client.
package enum CallFailureText {
    package static func reason(_ error: any Error, url: String) -> String {
        let host = String(url.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "/" && $0 != "?" })
        let place = host.contains(":") && !host.hasSuffix("]") ? host : host + ":443"
        return reason(error, host: host, place: place)
    }

    private static func reason(_ error: any Error, host: String, place: String) -> String {
        switch error {
        case let error as HTTPClientError: return reason(error)
        case let error as NIOConnectionError:
            if let last = error.connectionErrors.last { return reason(last.error, host: host, place: place) }
            return unresolved(error.host)
        case SocketAddressError.unknown(let name, _): return unresolved(name)
        case let error as IOError: return "dial tcp \(place): connect: \(text(error.errnoCode))"
        case ChannelError.connectTimeout: return "dial tcp \(place): i/o timeout"
        case is ChannelError: return "EOF"
        case NIOSSLError.handshakeFailed(let error): return tls(error)
        case NIOSSLError.uncleanShutdown: return "unexpected EOF"
        case let error as BoringSSLError: return tls(error)
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            let name = host.prefix { $0 != ":" }
            return
                "tls: failed to verify certificate: x509: certificate is not valid for any names, but wanted to match \(name)"
        case is NIOTooManyBytesError: return "the answer is larger than \(WebhookCaller.answerLimit) bytes"
        case is CancellationError: return "context canceled"
        default: return "net/http: HTTP/1.x transport connection broken: \(error)"
        }
    }

    private static func reason(_ error: HTTPClientError) -> String {
        switch error {
        case .connectTimeout, .deadlineExceeded, .readTimeout, .writeTimeout, .getConnectionFromPoolTimeout,
            .tlsHandshakeTimeout:
            "context deadline exceeded"
        case .remoteConnectionClosed, .uncleanShutdown: "EOF"
        case .cancelled, .requestStreamCancelled: "context canceled"
        default: error.shortDescription
        }
    }

    private static func unresolved(_ host: String) -> String { "dial tcp: lookup \(host): no such host" }

    private static func text(_ code: CInt) -> String {
        switch code {
        case ECONNREFUSED: "connection refused"
        case ECONNRESET: "connection reset by peer"
        case EHOSTUNREACH: "no route to host"
        case ENETUNREACH: "network is unreachable"
        case ETIMEDOUT: "connection timed out"
        default: String(cString: strerror(code)).lowercased()
        }
    }

    /// BoringSSL tells its errors by their names only.
    private static func tls(_ error: BoringSSLError) -> String {
        let text = "\(error)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return "tls: failed to verify certificate: x509: certificate signed by unknown authority"
        }
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            return "http: server gave HTTP response to HTTPS client"
        }
        if text.contains("EOF during handshake") { return "EOF" }
        return "remote error: tls: \(text)"
    }
}
