import FairleadExpressions
package import FairleadModel

/// Which policies have been asked about a request, and which are to be asked again.
package struct PolicyReinvocation: Sendable {
    struct Key: Hashable, Sendable {
        let policy: String
        let binding: String
        let parameters: String
    }

    /// Those that would be asked again if something changed the object.
    fileprivate var invoked: Set<Key> = []
    fileprivate var wanted: Set<Key> = []
    fileprivate var isAgain = false

    package init() {}

    /// Something else has changed the object, or a policy has.
    package mutating func objectChanged() {
        wanted.formUnion(invoked)
        invoked = []
    }

    /// The next round asks only those that are to be asked again.
    package mutating func beginAgain() { isAgain = true }
    package var hasWanted: Bool { !wanted.isEmpty }
}

extension PolicySet {
    /// Asks all mutating policies, one after the other.
    ///
    /// - Parameter observe: told what each policy has done.
    /// - Returns: the object, changed or not.
    package func mutate(
        _ request: PolicyRequest, _ cluster: any PolicyCluster, _ patcher: any PolicyPatcher,
        _ reinvocation: inout PolicyReinvocation, observe: (PolicyObservation) -> Void = { _ in }
    ) throws(APIStatus) -> Value? {
        let resource = request.resource.groupResource
        guard !Self.isExempt(resource), request.object != nil else { return request.object }
        var failures: [(text: String, reason: String)] = []
        func fail(_ hook: Hook<MutatingPolicy>, _ binding: PolicyBinding?, _ why: String, reason: String = "Forbidden")
        {
            if hook.policy.definition.ignoresFailures { return }
            let bound = binding.map { " with binding '\($0.name)'" } ?? ""
            failures.append(("policy '\(hook.policy.definition.name)'\(bound) denied request: \(why)", reason))
        }

        // Who is asked is decided before anything changes.
        var invocations: [Invocation] = []
        for hook in mutating.hooks(for: resource, request.operation) {
            let definition = hook.policy.definition
            guard let match = definition.matcher.match(request, cluster) else { continue }
            if let why = definition.misconfiguration(cluster) {
                fail(hook, nil, "failed to configure policy: " + why)
                continue
            }
            for binding in hook.bindings {
                guard !binding.isNarrow || binding.matcher.match(request, cluster) != nil else { continue }
                do throws(PolicyBinding.Misconfiguration) {
                    for parameters in try binding.parameters(of: definition.parameterKind, request, cluster) {
                        invocations.append(
                            Invocation(hook: hook, binding: binding, match: match, parameters: parameters))
                    }
                } catch {
                    fail(hook, binding, "failed to configure binding: " + error.text)
                }
            }
        }

        var request = request
        for invocation in invocations {
            let key = invocation.key
            if reinvocation.isAgain, reinvocation.wanted.remove(key) == nil { continue }
            let start = SuspendingClock.now
            let (changed, error) = try change(&request, invocation, cluster, patcher) {
                fail(invocation.hook, invocation.binding, $0, reason: "Invalid")
            }
            observe(
                .init(
                    policy: key.policy, binding: key.binding, error: error, action: nil, time: start.duration(to: .now))
            )
            if changed { reinvocation.objectChanged() }
            if invocation.hook.policy.isReinvoked { reinvocation.invoked.insert(key) }
        }
        if let first = failures.first {
            var status = APIStatus.forbidden(resource, name: request.shownName, "")
            status.message = first.text
            status.reason = first.reason
            status.details?.causes = failures.map { .init(reason: "", message: $0.text, field: "") }
            throw status
        }
        return request.object
    }

    /// One policy with one binding and one parameter object.
    private struct Invocation {
        let hook: Hook<MutatingPolicy>
        let binding: PolicyBinding
        let match: PolicyMatch
        let parameters: Value

        var key: PolicyReinvocation.Key {
            .init(
                policy: hook.policy.definition.name, binding: binding.name,
                parameters: parameters.isNull ? "" : "\(parameters.namespace)/\(parameters.name)")
        }
    }

    /// - Returns: whether the object of the request has changed, and why not all of it could be done.
    private func change(
        _ request: inout PolicyRequest, _ invocation: Invocation, _ cluster: any PolicyCluster,
        _ patcher: any PolicyPatcher, _ fail: (String) -> Void
    ) throws(APIStatus) -> (Bool, PolicyObservation.ErrorType) {
        var names = PolicyNames(request, cluster)
        guard var values = names.names(invocation.match) else {
            fail("failed to convert object version")
            return (false, .invalid)
        }
        values.params = invocation.parameters
        let before = values.object
        let isConverted = invocation.match.kind != request.kind
        let outcome = try invocation.hook.policy.change(
            values, invocation.match.kind, isConverted ? ConvertingPatcher(inner: patcher) : patcher)
        for failure in outcome.failures { fail(failure) }
        guard outcome.object != before else { return (false, outcome.error) }
        var object = outcome.object
        if isConverted {
            guard let back = cluster.converted(object, to: request.kind) else {
                fail("failed to convert object version")
                return (false, .invalid)
            }
            object = try patcher.decoded(back)
        }
        request.object = object
        return (true, outcome.error)
    }
}

/// For objects in another version than the request's: they are decoded once they are back in it.
private struct ConvertingPatcher: PolicyPatcher {
    let inner: any PolicyPatcher

    func applied(_ configuration: Value, to object: Value, _ kind: GroupVersionKind) throws(PolicyPatchFailure) -> Value
    {
        try inner.applied(configuration, to: object, kind)
    }
    func patched(_ object: Value, by operations: [Value]) throws(PolicyPatchFailure) -> Value {
        try inner.patched(object, by: operations)
    }
    func decoded(_ object: Value) -> Value { object }
}
