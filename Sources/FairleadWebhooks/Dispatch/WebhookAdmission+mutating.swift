package import FairleadAPI
import FairleadMerge
package import FairleadModel

extension WebhookAdmission {
    private static let plugin = "MutatingAdmissionWebhook"

    /// What the plugin has to know in the second pass.
    private struct Memory: Sendable {
        /// Webhooks that want to see what others have changed after them, and have been called.
        var called: Set<String> = []
        /// Those of them after which something has been changed.
        var due: Set<String> = []
        /// The object after the last pass.
        var output: Value?

        mutating func somethingChanged() {
            due.formUnion(called)
            called = []
        }
    }

    /// Webhooks are called one after the other; each sees what those before have changed.
    ///
    /// Reference: k8s.io/apiserver `pkg/admission/plugin/webhook/mutating/dispatcher.go`.
    package func mutate(_ attributes: AdmissionAttributes) async throws(APIStatus) -> Value? {
        let hooks = registry.webhooks(attributes.snapshot).mutating
        if hooks.isEmpty { return attributes.object }
        var attributes = attributes
        let reinvocation = attributes.reinvocation
        let isSecond = reinvocation.isSecond
        var memory = reinvocation[Self.plugin] as? Memory ?? Memory()
        if isSecond, memory.output != attributes.object { memory.somethingChanged() }
        for (index, hook) in hooks.enumerated() {
            if isSecond, !memory.due.contains(hook.id) { continue }
            guard let invocation = try await WebhookInvocation.find(hook, attributes, decide) else { continue }
            let outcome = await call(invocation, attributes, round: isSecond ? 1 : 0, index: index)
            switch outcome {
            case .refused(let status): throw status
            case .allowed(let answer, let asked):
                guard let answer else { break }
                let changed = try await changed(answer, asked, invocation, attributes)
                note(answer, by: hook, "round_\(isSecond ? 1 : 0)_index_\(index)", changed != nil, attributes.notes)
                if let changed {
                    attributes = attributes.with(changed)
                    memory.somethingChanged()
                    reinvocation.request()
                }
            }
            if hook.isReinvoked { memory.called.insert(hook.id) }
        }
        memory.output = attributes.object
        reinvocation[Self.plugin] = memory
        return attributes.object
    }

    /// Says in the audit log who has been asked, and what they have changed.
    private func note(
        _ answer: ReviewAnswer, by hook: Webhook, _ place: String, _ hasChanged: Bool, _ notes: AdmissionNotes
    ) {
        // In Go's order of members, as in Kubernetes; readers compare texts.
        let members = "\"configuration\":\(Self.json(hook.configuration)),\"webhook\":\(Self.json(hook.name))"
        notes.annotate("mutation.webhook.admission.k8s.io/\(place)", "{\(members),\"mutated\":\(hasChanged)}")
        guard hasChanged, answer.patch.count <= Self.largestNotedPatch else { return }
        let patch = String(decoding: answer.patch, as: UTF8.self)
        notes.annotate(
            "patch.webhook.admission.k8s.io/\(place)", "{\(members),\"patch\":\(patch),\"patchType\":\"JSONPatch\"}")
    }

    private static let largestNotedPatch = 64 << 10
    private static func json(_ text: String) -> String { Value.string(text).jsonText }

    /// The object as the webhook's patch makes it, in the version of the request; nil if it does not change.
    private func changed(
        _ answer: ReviewAnswer, _ asked: Value?, _ invocation: WebhookInvocation, _ attributes: AdmissionAttributes
    ) async throws(APIStatus) -> Value? {
        if answer.patch.isEmpty { return nil }
        if Self.isLight(answer.patch) { return try await patched(answer, asked, invocation, attributes) }
        return try await offEventLoop { () throws(APIStatus) in
            try await patched(answer, asked, invocation, attributes)
        }
    }

    /// Whether an event loop can spare the time for a patch of a light object. Copies may double it again and again.
    private static func isLight(_ patch: [UInt8]) -> Bool {
        patch.count <= largestLightPatch && !patch.contains("copy".utf8)
    }

    private static let largestLightPatch = 2 << 10

    private func patched(
        _ answer: ReviewAnswer, _ asked: Value?, _ invocation: WebhookInvocation, _ attributes: AdmissionAttributes
    ) async throws(APIStatus) -> Value? {
        let name = invocation.webhook.name
        let patch: JSONPatch
        do throws(APIStatus) {
            patch = try JSONPatch(decoding: answer.patch, isStrict: false)
        } catch {
            if invocation.webhook.ignoresFailures { return nil }
            throw .internalError(
                WebhookFailure("received undecodable patch in webhook response: \(error.message)").message(name))
        }
        if patch.isEmpty { return nil }
        guard let asked else {
            throw .internalError(
                "admission webhook \(name.goQuoted) attempted to modify the object, which is not supported for this operation"
            )
        }
        if answer.patchType != "JSONPatch" {
            if invocation.webhook.ignoresFailures { return nil }
            let type = (answer.patchType ?? "").goQuoted
            throw .internalError(WebhookFailure("unsupported patch type \(type)").message(name))
        }
        let patched: Value
        do throws(APIStatus) {
            patched = try patch.applied(to: asked)
        } catch {
            throw .internalError(patch.explanation(of: error, on: asked))
        }
        let decoded: Value
        do throws(APIStatus) {
            decoded = try attributes.decode(patched, as: invocation.kind)
        } catch {
            throw .internalError(error.decodersReason)
        }
        if decoded == asked { return nil }
        return try await attributes.converted(decoded, from: invocation.kind)
    }
}

extension APIStatus {
    /// What a decoder says without saying of which kind.
    fileprivate var decodersReason: String {
        guard let range = message.firstRange(of: "cannot be handled as a ") else { return message }
        let tail = message[range.upperBound...].drop { $0 != ":" }.dropFirst(2)
        return tail.isEmpty ? message : String(tail)
    }
}
