import FairleadContainers
import FairleadModel
import FairleadWebhooks

/// The way to webhooks that run in simulated pods. TLS ends in the network of the simulation: both sides speak plain
/// HTTP there.
struct WebhookPods: WebhookPodNetwork {
    let pods: any PodAccess

    func post(
        _ body: [UInt8], headers: [(name: String, value: String)], to address: IPAddress, port: UInt16, path: String,
        limit: Int, within time: Duration
    ) async throws(WebhookFailure) -> WebhookAnswer {
        let clock = SystemDelayClock()
        let result = await clock.first(by: clock.now + time) {
            await exchange(body, headers, NetworkAddress(address, port), path, limit)
        }
        guard let result else { throw WebhookFailure("context deadline exceeded") }
        return try result.get()
    }

    private func exchange(
        _ body: [UInt8], _ headers: [(name: String, value: String)], _ destination: NetworkAddress, _ path: String,
        _ limit: Int
    ) async -> Result<WebhookAnswer, WebhookFailure> {
        let connection: Connection
        do throws(NetworkError) {
            connection = try await pods.connect(fromNode: nil, to: destination, within: .seconds(30))
        } catch {
            let why = error == .timedOut ? "i/o timeout" : "connect: \(error.goDescription)"
            return .failure(WebhookFailure("dial tcp \(destination): \(why)"))
        }
        defer { connection.close() }
        var request = WebRequest("POST", path, headers: headers, body: body)
        request.headers.append((name: "Content-Length", value: "\(body.count)"))
        do throws(WebError) {
            let answer = try await WebClient.send(request, over: connection, limit: limit)
            return .success(
                WebhookAnswer(
                    status: answer.status, contentType: answer.header("content-type") ?? "", body: answer.body))
        } catch {
            let why =
                switch error {
                case .ended, .empty: "EOF"
                case .malformed: "net/http: HTTP/1.x transport connection broken: malformed HTTP response"
                case .tooLarge: "the answer is larger than \(limit) bytes"
                }
            return .failure(WebhookFailure(why))
        }
    }
}
