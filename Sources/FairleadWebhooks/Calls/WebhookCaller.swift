import FairleadModel
package import FairleadStorage

/// Calls webhooks: finds them, posts a review, and judges the answer as Kubernetes' client does.
///
/// A webhook that hangs or floods harms only its own requests: each call has a deadline, an answer a maximum size, and a
/// webhook only so many calls at a time.
package struct WebhookCaller: Sendable {
    /// Of an answer, in bytes: an object of the maximum size, as a patch in base64.
    static let answerLimit = 8 << 20

    private let https: WebhookHTTPClient
    private let pods: (any WebhookPodNetwork)?
    private let limit = CallLimit<WebhookTarget>(perTarget: 64, total: 512)

    /// - Parameter pods: nil if no pods are simulated.
    package init(https: WebhookHTTPClient, pods: (any WebhookPodNetwork)?) {
        self.https = https
        self.pods = pods
    }

    /// Whether this runs on an event loop, which cannot spare much time.
    var isOnEventLoop: Bool { https.isOnEventLoop }

    /// Posts a review.
    ///
    /// - Parameters:
    ///   - agent: the User-Agent.
    ///   - snapshot: where the Service of a target is looked up.
    /// - Returns: the body of a good answer.
    /// - Throws: with the reason that follows `failed to call webhook: `.
    package func post(
        _ body: [UInt8], to target: WebhookTarget, agent: String, timeoutSeconds: Int, _ snapshot: Snapshot
    ) async throws(WebhookFailure) -> [UInt8] {
        let url = target.url(timeoutSeconds: timeoutSeconds)
        func failed(_ why: String) -> WebhookFailure { .call("Post \(url.goQuoted): \(why)") }
        guard let permit = limit.enter(target) else {
            throw failed("too many calls of this webhook are in progress")
        }
        defer { withExtendedLifetime(permit) {} }
        let answer: WebhookAnswer
        do throws(WebhookFailure) {
            let time = Duration.seconds(saturating: Double(timeoutSeconds))
            let headers = [
                (name: "Accept", value: "application/json, */*"), ("Content-Type", "application/json"),
                ("User-Agent", agent),
            ]
            switch try WebhookAddress.find(target, snapshot) {
            case .url:
                answer = try await https.post(body, headers, to: url, target, connectingTo: nil, within: time)
            case .outside(let host):
                answer = try await https.post(body, headers, to: url, target, connectingTo: host, within: time)
            case .pod(let address, let port):
                guard let pods else { throw WebhookFailure("dial tcp \(address):\(port): connect: connection refused") }
                let path = url.drop { $0 != "/" }.dropFirst(2).drop { $0 != "/" }
                let host = url.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "/" }
                answer = try await pods.post(
                    body, headers: [(name: "Host", value: String(host))] + headers, to: address, port: port,
                    path: String(path), limit: Self.answerLimit, within: time)
            }
        } catch {
            // Without trusted authorities there is no client, and no call.
            throw error.code == 0 || !error.namesCall ? error : failed(error.reason)
        }
        return try Self.judged(answer)
    }

    /// - Throws: as client-go does for a status that is none of success, and for nothing.
    private static func judged(_ answer: WebhookAnswer) throws(WebhookFailure) -> [UInt8] {
        guard (200...206).contains(answer.status) else {
            throw .call(GenericStatus.message(answer), code: answer.status)
        }
        if answer.body.isEmpty {
            throw .call(
                "0-length response with status code: \(answer.status) and content type: \(answer.contentType)",
                code: 500)
        }
        return answer.body
    }
}

/// What Kubernetes' client says about an HTTP status, whatever the body says.
///
/// Reference: `NewGenericServerResponse` of k8s.io/apimachinery `pkg/api/errors`.
private enum GenericStatus {
    static func message(_ answer: WebhookAnswer) -> String {
        let text = answer.contentType.lowercased().hasPrefix("text/") ? shown(answer.body) : "unknown"
        switch answer.status {
        case 400: return "the server rejected our request for an unknown reason"
        case 401: return "the server has asked for the client to provide credentials"
        case 403, 415: return text
        case 404: return "the server could not find the requested resource"
        case 405: return "the server does not allow this method on the requested resource"
        case 406:
            return text == "unknown"
                ? "the server was unable to respond with a content type that the client supports" : text
        case 409: return "the server reported a conflict"
        case 422: return "the server rejected our request due to an error in our request"
        case 429: return "the server has received too many requests and has asked us to try again later"
        case 503: return "the server is currently unable to handle the request"
        case 504:
            return
                "the server was unable to return a response in the time allotted, but may still be processing the request"
        case 500...: return "an error on the server (\(text.goQuoted)) has prevented the request from succeeding"
        default:
            return "the server responded with the status code \(answer.status) but did not return more information"
        }
    }

    /// A text that a server sent, as far as it is shown.
    private static func shown(_ body: [UInt8]) -> String {
        String(decoding: body.prefix(2048), as: UTF8.self).trimmingSpaces.description
    }
}
