package import FairleadModel

/// An HTTP answer, not judged yet.
package struct WebhookAnswer: Sendable {
    package var status: Int
    package var contentType: String
    package var body: [UInt8]

    package init(status: Int, contentType: String, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }
}

/// The network of simulated pods, where webhooks may run.
package protocol WebhookPodNetwork: Sendable {
    /// Posts to an address inside of the simulation.
    ///
    /// - Parameters:
    ///   - path: with the query.
    ///   - limit: the most bytes of the answer.
    /// - Throws: with the reason as Go's HTTP client gives it, without the URL.
    func post(
        _ body: [UInt8], headers: [(name: String, value: String)], to address: IPAddress, port: UInt16, path: String,
        limit: Int, within time: Duration
    ) async throws(WebhookFailure) -> WebhookAnswer
}
