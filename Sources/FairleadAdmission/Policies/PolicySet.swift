package import FairleadModel

/// All policies that are in effect, compiled and found by what they are about. Immutable.
package struct PolicySet: Sendable {
    /// A policy with its bindings. A class: it is looked at by many requests, few of which it is about.
    final class Hook<Policy: Sendable>: Sendable {
        let policy: Policy
        let bindings: [PolicyBinding]
        let operations: PolicyOperations

        init(policy: Policy, bindings: [PolicyBinding], operations: PolicyOperations) {
            self.policy = policy
            self.bindings = bindings
            self.operations = operations
        }
    }

    /// Objects by the resources that they are about.
    struct Index<Policy: Sendable>: Sendable {
        /// By name.
        private(set) var hooks: [Hook<Policy>] = []
        private var named: [GroupResource: [Int]] = [:]
        private var anywhere: [Int] = []

        var isEmpty: Bool { hooks.isEmpty }

        mutating func add(_ hook: Hook<Policy>, _ resources: Set<GroupResource>?) {
            let number = hooks.count
            hooks.append(hook)
            guard let resources else { return anywhere.append(number) }
            for resource in resources { named[resource, default: []].append(number) }
        }

        func has(_ resource: GroupResource) -> Bool { !anywhere.isEmpty || named[resource] != nil }

        /// Those that may be about a request, in the order of their names.
        func hooks(for resource: GroupResource, _ operation: String) -> [Hook<Policy>] {
            let found = named[resource] ?? []
            let places = anywhere.isEmpty ? found : found.isEmpty ? anywhere : (found + anywhere).sorted()
            let wanted = PolicyOperations(operation)
            var result: [Hook<Policy>] = []
            for place in places where hooks[place].operations.contains(wanted) { result.append(hooks[place]) }
            return result
        }
    }

    private(set) var validating = Index<ValidatingPolicy>()
    private(set) var mutating = Index<MutatingPolicy>()
    /// What has been compiled, by uid and version.
    private var compiled: [String: any Sendable] = [:]

    package init() {}

    /// - Parameters:
    ///   - previous: what it has compiled is not compiled again.
    package init(
        validating policies: [Value], _ bindings: [Value], mutating others: [Value], _ otherBindings: [Value],
        previous: PolicySet
    ) {
        var compiled: [String: any Sendable] = [:]
        func reused<Part: Sendable>(_ source: Value, _ make: (Value) -> Part) -> Part {
            let key = "\(source.uid) \(source.at("metadata", "resourceVersion")?.string ?? "")"
            let part = previous.compiled[key] as? Part ?? make(source)
            compiled[key] = part
            return part
        }
        func grouped(_ sources: [Value]) -> [String: [PolicyBinding]] {
            Dictionary(grouping: sources.map { reused($0, PolicyBinding.init) }, by: \.policyName)
        }
        let bound = grouped(bindings)
        for source in policies {
            guard let bindings = bound[source.name] else { continue }
            let policy = reused(source, ValidatingPolicy.init)
            let operations = policy.definition.matcher.operations
            validating.add(
                Hook(policy: policy, bindings: bindings, operations: operations), policy.definition.resources)
        }
        let otherBound = grouped(otherBindings)
        for source in others {
            guard let bindings = otherBound[source.name] else { continue }
            let policy = reused(source, MutatingPolicy.init)
            let operations = policy.definition.matcher.operations
            mutating.add(Hook(policy: policy, bindings: bindings, operations: operations), policy.definition.resources)
        }
        self.compiled = compiled
    }

    package var isEmpty: Bool { validating.isEmpty && mutating.isEmpty }

    /// Whether a policy may be about a resource. Policies are never asked about policies.
    package func isInterested(in resource: GroupResource) -> Bool {
        (validating.has(resource) || mutating.has(resource)) && !Self.isExempt(resource)
    }

    private static let policies: Set<String> = [
        "validatingadmissionpolicies", "validatingadmissionpolicybindings", "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
    ]

    static func isExempt(_ resource: GroupResource) -> Bool {
        switch resource.group {
        case "admissionregistration.k8s.io": policies.contains(resource.resource)
        case "authentication.k8s.io", "authorization.k8s.io": resource.resource.hasSuffix("reviews")
        default: false
        }
    }
}

extension PolicyDefinition {
    /// The resources that the policy names; nil if they may be any.
    fileprivate var resources: Set<GroupResource>? {
        guard var resources = matcher.resources else { return nil }
        // The two groups of events show the same objects.
        let events = [
            GroupResource(group: "", resource: "events"), GroupResource(group: "events.k8s.io", resource: "events"),
        ]
        if events.contains(where: resources.contains) { resources.formUnion(events) }
        return resources
    }
}
