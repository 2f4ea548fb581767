package import FairleadAPI
package import FairleadExpressions
package import FairleadKinds
import FairleadModel
package import FairleadStorage

/// The admission plugins MutatingAdmissionWebhook and ValidatingAdmissionWebhook.
package struct WebhookAdmission: DynamicAdmission {
    let registry: WebhookRegistry
    let caller: WebhookCaller
    let metrics: WebhookMetrics
    let decide: RequestAuthorizer.Decide

    /// - Parameter decide: whether a user may do what a match condition asks about.
    package init(
        caller: WebhookCaller, registry: WebhookRegistry = WebhookRegistry(),
        metrics: WebhookMetrics = WebhookMetrics(), decide: @escaping RequestAuthorizer.Decide
    ) {
        self.decide = decide
        self.registry = registry
        self.caller = caller
        self.metrics = metrics
    }

    package func isInterested(
        in operation: AdmissionOperation, _ kind: Kind, subresource: String?, _ snapshot: Snapshot
    ) -> Bool {
        let set = registry.webhooks(snapshot)
        return !set.isEmpty && !WebhookRegistry.isExempt(kind)
            && set.isInterested(in: operation, kind, subresource: subresource)
    }

    /// Conditions may cost anything, and so may the conversion of objects by yet another webhook.
    package func isLaborious(
        in operation: AdmissionOperation, _ kind: Kind, subresource: String?, _ snapshot: Snapshot
    ) -> Bool {
        let asked = registry.webhooks(snapshot).interested(in: operation, kind, subresource: subresource)
        return kind.custom != nil || asked.count > Self.fewWebhooks || asked.contains { !$0.conditions.isEmpty }
    }

    /// An event loop encodes the reviews of so many between two looks at its sockets.
    private static let fewWebhooks = 8

    /// How one webhook has ended.
    enum Outcome: Sendable {
        /// - answer: nil if a failure is ignored.
        /// - asked: the object that its patch is about.
        case allowed(ReviewAnswer?, asked: Value?)
        case refused(APIStatus)
    }

    /// Calls one webhook, and notes what it says.
    func call(
        _ invocation: WebhookInvocation, _ attributes: AdmissionAttributes, round: Int, index: Int
    ) async -> Outcome {
        let hook = invocation.webhook
        let clock = ContinuousMoment()
        func observe(_ code: Int, rejection: WebhookMetrics.ErrorType? = nil) {
            metrics.observe(
                hook.name, hook.kind, attributes.operation, code: code, rejection: rejection, time: clock.elapsed)
        }
        do throws(WebhookFailure) {
            if attributes.isDryRun, hook.hasSideEffects {
                observe(400, rejection: .unsupported)
                return .refused(.badRequest("admission webhook \(hook.name.goQuoted) does not support dry run"))
            }
            let review: AdmissionReview
            do throws(APIStatus) {
                review = try await AdmissionReview(invocation, attributes, uid: attributes.api.environment.newUID())
            } catch {
                observe(500, rejection: .server)
                return .refused(error)
            }
            let answer = try await ask(hook, review, attributes)
            for (key, value) in answer.annotations { attributes.notes.annotate("\(hook.name)/\(key)", value) }
            for warning in answer.warnings { attributes.notes.warn(warning) }
            guard answer.isAllowed else {
                let denial = answer.denial(by: hook.name)
                observe(denial.code, rejection: WebhookMetrics.ErrorType.none)
                return .refused(denial)
            }
            observe(200)
            return .allowed(answer, asked: review.object)
        } catch {
            guard hook.ignoresFailures else {
                observe(error.code, rejection: .calling)
                return .refused(.internalError(error.message(hook.name)))
            }
            observe(error.code)
            metrics.failedOpen(hook.name, hook.kind)
            let prefix = hook.kind == .mutating ? "mutation" : "validating"
            attributes.notes.annotate(
                "failed-open.\(prefix).webhook.admission.k8s.io/round_\(round)_index_\(index)", hook.name)
            return .allowed(nil, asked: nil)
        }
    }

    private func ask(
        _ hook: Webhook, _ review: AdmissionReview, _ attributes: AdmissionAttributes
    ) async throws(WebhookFailure) -> ReviewAnswer {
        guard hook.speaksV1 else {
            throw WebhookFailure(
                "could not create admission objects: webhook does not accept known AdmissionReview versions (v1)")
        }
        let bytes: [UInt8]
        do throws(WebhookFailure) {
            bytes = try await caller.post(
                review.body, to: hook.target, agent: "kube-apiserver-admission", timeoutSeconds: hook.timeoutSeconds,
                attributes.snapshot)
        } catch {
            let what = error.code == 0 ? "could not get REST client" : "failed to call webhook"
            throw WebhookFailure("\(what): \(error.reason)", code: error.code)
        }
        let isMutating = hook.kind == .mutating
        if RequestWeight.isLightBody(bytes) { return try ReviewAnswer(bytes, uid: review.uid, isMutating: isMutating) }
        return try await offEventLoop { () throws(WebhookFailure) in
            try ReviewAnswer(bytes, uid: review.uid, isMutating: isMutating)
        }
    }

    /// Does what may be too much for an event loop on another thread, if this runs on one.
    func offEventLoop<Success: Sendable, Failure: Error>(
        _ work: @Sendable () async throws(Failure) -> Success
    ) async throws(Failure) -> Success {
        guard caller.isOnEventLoop else { return try await work() }
        let result: Result<Success, Failure> = await withTaskExecutorPreference(globalConcurrentExecutor) {
            do throws(Failure) { return .success(try await work()) } catch { return .failure(error) }
        }
        return try result.get()
    }
}

/// A moment from which time is measured.
struct ContinuousMoment: Sendable {
    private let start = SuspendingClock.now
    var elapsed: Duration { start.duration(to: .now) }
}
