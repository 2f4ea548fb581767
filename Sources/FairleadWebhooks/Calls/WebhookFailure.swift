import FairleadModel

/// Why a webhook has not given an answer that can be used, in Kubernetes' words.
package struct WebhookFailure: Error, Sendable, Hashable {
    package var reason: String
    /// What metrics call the code of the failure.
    package var code = 0
    /// Whether the reason is told as one of the call, with its URL.
    var namesCall = true

    package init(_ reason: String, code: Int = 400) {
        self.reason = reason
        self.code = code
    }

    init(_ reason: String, namesCall: Bool) {
        self.init(reason)
        self.namesCall = namesCall
    }

    /// The call itself.
    static func call(_ why: String, code: Int = 400) -> WebhookFailure { WebhookFailure(why, code: code) }
    /// An answer that is not understood.
    static func unreadable(_ why: String) -> WebhookFailure { WebhookFailure("failed to call webhook: \(why)") }
    /// An answer that is understood, but no answer to the question.
    static func invalid(_ why: String) -> WebhookFailure {
        WebhookFailure("received invalid webhook response: \(why)", code: 500)
    }

    /// How `failed calling webhook` goes on.
    func message(_ name: String) -> String { "failed calling webhook \(name.goQuoted): \(reason)" }
}
