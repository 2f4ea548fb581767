import FairleadModel
import NIOHTTP1

extension APIStatus {
    /// The failure that an HTTP answer tells.
    ///
    /// API servers send a Status object; what proxies in between send is cut to something that fits into a line.
    init(answer body: [UInt8], code: Int, url: ServerURL, location: String?) {
        // What is no JSON is no Status either.
        if let value = try? JSON.parse(body).value, let status = APIStatus(value, code: code) {
            self = status
            return
        }
        var said = ""
        if let location {
            said = ": it redirects to \(String(location.prefix(200))); name that server instead"
        } else if !body.isEmpty {
            // Lines and control characters would tear the log.
            let text = String(decoding: body.prefix(300), as: UTF8.self)
            said =
                ": "
                + text.split { $0.isWhitespace || $0.isNewline || $0.asciiValue.map { $0 < 0x20 } ?? false }
                .joined(separator: " ")
        }
        let phrase = HTTPResponseStatus(statusCode: code).reasonPhrase
        self.init(
            code: code, reason: Self.reasons[code] ?? "", message: "the server \(url) answered \(code) \(phrase)\(said)"
        )
    }

    /// Reads a Status object that tells a failure; nil if the value is none.
    ///
    /// - Parameter code: what counts if the object does not say it.
    init?(_ value: Value, code: Int) {
        guard value.kind == "Status", value["status"]?.string != "Success" else { return nil }
        let said = Int(clamping: value["code"]?.int ?? 0)
        self.init(
            code: said >= 400 ? said : code, reason: value["reason"]?.string ?? "",
            message: value["message"]?.string ?? "the server gave no reason",
            details: value["details"].flatMap { $0.isNull ? nil : Details($0) })
        continueToken = value.at("metadata", "continue")?.string ?? ""
    }

    /// StatusReasons of meta/v1.
    private static let reasons = [
        400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 405: "MethodNotAllowed",
        406: "NotAcceptable", 409: "Conflict", 410: "Gone", 413: "RequestEntityTooLarge", 415: "UnsupportedMediaType",
        422: "Invalid", 429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable", 504: "Timeout",
    ]
}

extension APIStatus.Details {
    fileprivate init(_ value: Value) {
        self.init(
            name: value["name"]?.string ?? "", group: value["group"]?.string ?? "",
            kind: value["kind"]?.string ?? "", uid: value["uid"]?.string ?? "",
            causes: (value["causes"]?.array ?? []).map { cause in
                APIStatus.Cause(
                    reason: cause["reason"]?.string ?? "", message: cause["message"]?.string ?? "",
                    field: cause["field"]?.string ?? "")
            },
            retryAfterSeconds: Int(clamping: value["retryAfterSeconds"]?.int ?? 0))
    }
}
