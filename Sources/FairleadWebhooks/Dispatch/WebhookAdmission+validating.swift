package import FairleadAPI
package import FairleadModel

extension WebhookAdmission {
    /// All webhooks that match are called at the same time; all must agree.
    package func validate(_ attributes: AdmissionAttributes) async throws(APIStatus) {
        let hooks = registry.webhooks(attributes.snapshot).validating
        if hooks.isEmpty { return }
        var invocations: [(index: Int, invocation: WebhookInvocation)] = []
        for (index, hook) in hooks.enumerated() {
            guard let invocation = try await WebhookInvocation.find(hook, attributes, decide) else { continue }
            invocations.append((index, invocation))
        }
        if invocations.isEmpty { return }
        if invocations.count == 1 {
            let outcome = await call(invocations[0].invocation, attributes, round: 0, index: invocations[0].index)
            if case .refused(let status) = outcome { throw status }
            return
        }
        let refusals = await withTaskGroup(of: (Int, APIStatus?).self) { group in
            for (index, invocation) in invocations {
                group.addTask {
                    switch await call(invocation, attributes, round: 0, index: index) {
                    case .allowed: (index, nil)
                    case .refused(let status): (index, status)
                    }
                }
            }
            var refusals: [(index: Int, status: APIStatus)] = []
            for await case (let index, let status?) in group { refusals.append((index, status)) }
            return refusals
        }
        // Of several, the first in order: which one answers first would be chance.
        if let first = refusals.min(by: { $0.index < $1.index }) { throw first.status }
    }
}
