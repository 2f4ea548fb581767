import FairleadAPI

/// Answers that the server itself gives, before any handler has seen the request. All of them end the connection.
///
/// The plain texts are those of Go's net/http, the Status objects those of kube-apiserver.
enum Refusal {
    static let badRequest = plain(400, "400 Bad Request")
    static let missingHost = plain(400, "400 Bad Request: missing required Host header")
    static let tooManyHosts = plain(400, "400 Bad Request: too many Host headers")
    static let headerTooLarge = plain(431, "431 Request Header Fields Too Large")
    static let unknownVersion = plain(505, "505 HTTP Version Not Supported: unsupported protocol version")
    static let expectationFailed = plain(417, "417 Expectation Failed")

    static let bodyTooSlow = plain(408, "408 Request Timeout: the body came too slowly")
    /// What kube-apiserver answers beyond its limit of requests in flight.
    static let tooManyRequests = APIResponse(
        status: 429, contentType: "text/plain; charset=utf-8", headers: [(name: "Retry-After", value: "1")],
        body: [Array("Too many requests, please try again later.\n".utf8)])
    static let outOfTime = status(
        504, "Timeout", "Timeout: request did not complete within the allotted timeout")

    static func bodyTooLarge(limit: Int) -> APIResponse {
        status(413, "RequestEntityTooLarge", "Request entity too large: limit is \(limit)")
    }

    static func forbidden(_ why: String) -> APIResponse {
        status(403, "Forbidden", "forbidden: \(why)")
    }

    static func stranger(_ why: String) -> APIResponse {
        forbidden(
            "\(why), and this port without TLS is only for the user who runs the server: use the kubeconfig and its "
                + "port with TLS (the server can be started without this one by --listen none)")
    }

    private static func plain(_ status: Int, _ text: String) -> APIResponse { .text(status, text) }

    /// The texts are our own and need no escaping in JSON.
    private static func status(_ code: Int, _ reason: String, _ message: String) -> APIResponse {
        let text =
            #"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"\#(message)","#
            + #""reason":"\#(reason)","code":\#(code)}"# + "\n"
        return APIResponse(status: code, contentType: "application/json", body: [Array(text.utf8)])
    }
}
