package import FairleadModel

/// The admission plugin PodSecurity: pods are held against the Pod Security Standards that the labels of their namespace
/// name. Nothing is exempt.
///
/// Reference: Kubernetes documentation, "Pod Security Admission"; k8s.io/pod-security-admission `admission`.
package enum PodSecurity {
    /// What comes out of a look at a pod or at a workload.
    package struct Outcome: Sendable, Hashable {
        /// Why it is refused; nil if it is not.
        package var denial: String?
        package var warnings: [String] = []
        /// By their full names.
        package var auditAnnotations: [String: String] = [:]
    }

    /// - Parameters:
    ///   - old: nil for a creation.
    ///   - namespace: of the pod, whose labels decide.
    package static func review(pod: Value, old: Value?, namespace: Value) -> Outcome {
        let policy = PodSecurityPolicy(labelsOf: namespace)
        if policy.isPrivileged { return Outcome() }
        if let old, !isSignificant(pod, old) { return Outcome() }
        return review(pod, policy, isEnforced: true)
    }

    /// A workload is not refused, only its pods will be.
    package static func review(workload: Value, _ resource: GroupResource, namespace: Value) -> Outcome {
        let policy = PodSecurityPolicy(labelsOf: namespace)
        if policy.warn.level == .privileged, policy.audit.level == .privileged, policy.errors.isEmpty {
            return Outcome()
        }
        guard let template = template(of: workload, resource) else { return Outcome() }
        return review(template, policy, isEnforced: false)
    }

    /// Whether objects of a resource hold a template of pods.
    package static func hasTemplate(_ resource: GroupResource) -> Bool { templatePaths[resource] != nil }

    private static let templatePaths: [GroupResource: [String]] = [
        GroupResource(group: "", resource: "podtemplates"): ["template"],
        GroupResource(group: "", resource: "replicationcontrollers"): ["spec", "template"],
        GroupResource(group: "apps", resource: "daemonsets"): ["spec", "template"],
        GroupResource(group: "apps", resource: "deployments"): ["spec", "template"],
        GroupResource(group: "apps", resource: "replicasets"): ["spec", "template"],
        GroupResource(group: "apps", resource: "statefulsets"): ["spec", "template"],
        GroupResource(group: "batch", resource: "cronjobs"): ["spec", "jobTemplate", "spec", "template"],
        GroupResource(group: "batch", resource: "jobs"): ["spec", "template"],
    ]

    private static func template(of workload: Value, _ resource: GroupResource) -> Value? {
        guard let path = templatePaths[resource], let template = workload.at(path[...]), template.object != nil else {
            return nil
        }
        return template
    }

    private static func review(_ template: Value, _ policy: PodSecurityPolicy, isEnforced: Bool) -> Outcome {
        let subject = PodSecuritySubject(template)
        var known: [PodSecurityStandard: [PodSecurityCheck.Violation]] = [:]
        func violations(of standard: PodSecurityStandard) -> String? {
            let found = known[standard] ?? PodSecurityCheck.violations(of: standard, by: subject)
            known[standard] = found
            guard !found.isEmpty else { return nil }
            return "PodSecurity \(standard.description.goQuoted): "
                + found.map { $0.detail.isEmpty ? $0.reason : "\($0.reason) (\($0.detail))" }.joined(separator: ", ")
        }
        var outcome = Outcome()
        if !policy.errors.isEmpty {
            let list = policy.errors.map(\.description)
            let text = list.count == 1 ? list[0] : "[" + list.joined(separator: ", ") + "]"
            outcome.auditAnnotations[PodSecurityPolicy.labelPrefix + "error"] = "Failed to parse policy: " + text
        }
        if isEnforced {
            outcome.auditAnnotations[PodSecurityPolicy.labelPrefix + "enforce-policy"] = policy.enforce.description
            outcome.denial = violations(of: policy.enforce).map { "violates " + $0 }
        }
        if let audited = violations(of: policy.audit) {
            outcome.auditAnnotations[PodSecurityPolicy.labelPrefix + "audit-violations"] = "would violate " + audited
        }
        if outcome.denial == nil, let warned = violations(of: policy.warn) {
            outcome.warnings.append("would violate " + warned)
        }
        return outcome
    }

    // MARK: Updates of pods

    private static let podSeccomp = "seccomp.security.alpha.kubernetes.io/pod"
    private static let containerSeccomp = "container.seccomp.security.alpha.kubernetes.io/"

    /// Whether an update changes anything that a standard could object to.
    private static func isSignificant(_ pod: Value, _ old: Value) -> Bool {
        let (notes, oldNotes) = (pod.at("metadata", "annotations"), old.at("metadata", "annotations"))
        if notes?[podSeccomp] != oldNotes?[podSeccomp] { return true }
        func differs(_ container: Value, _ other: Value) -> Bool {
            if container["image"] != other["image"] { return true }
            let key = containerSeccomp + (container["name"]?.string ?? "")
            return notes?[key] != oldNotes?[key]
        }
        for list in ["containers", "initContainers"] {
            let (mine, theirs) = (pod.at("spec", list)?.array ?? [], old.at("spec", list)?.array ?? [])
            if mine.count != theirs.count || zip(mine, theirs).contains(where: { differs($0, $1) }) { return true }
        }
        let before = old.at("spec", "ephemeralContainers")?.array ?? []
        for container in pod.at("spec", "ephemeralContainers")?.array ?? [] {
            guard let other = before.first(where: { $0["name"] == container["name"] }) else { return true }
            if differs(container, other) { return true }
        }
        return false
    }

    // MARK: Namespaces

    /// What is wrong with the labels of a namespace; an update may keep what was wrong before.
    package static func errors(ofNamespace namespace: Value, old: Value?) -> [FieldError] {
        let errors = PodSecurityPolicy(labelsOf: namespace).errors
        if errors.isEmpty { return [] }
        guard let old else { return errors }
        return PodSecurityPolicy(labelsOf: old).errors == errors ? [] : errors
    }

    /// Of so many pods a change of a namespace's labels looks at.
    private static let mostPods = 3_000

    /// The warnings about pods that the new labels of a namespace would not let in.
    ///
    /// - Parameter pods: of the namespace; only asked for if the labels became stricter.
    package static func warnings(
        forNamespace namespace: Value, old: Value, pods: () -> [Value]
    ) -> [String] {
        let (new, before) = (PodSecurityPolicy(labelsOf: namespace).enforce, PodSecurityPolicy(labelsOf: old).enforce)
        if new == before || new.level == .privileged { return [] }
        if new.minor == before.minor, new.level.strictness <= before.level.strictness { return [] }
        let all = pods()
        var found: [String: (pod: String, count: Int)] = [:]
        for pod in all.prefix(mostPods) {
            let violations = PodSecurityCheck.violations(of: new, by: PodSecuritySubject(pod))
            if violations.isEmpty { continue }
            let text = violations.map(\.reason).joined(separator: ", ")
            let known = found[text]
            let first = known.map { pod.name.isBefore($0.pod) ? pod.name : $0.pod } ?? pod.name
            found[text] = (first, (known?.count ?? 0) + 1)
        }
        var warnings: [String] = []
        if all.count > mostPods {
            warnings.append(
                "new PodSecurity enforce level only checked against the first \(mostPods) of \(all.count) existing pods"
            )
        }
        if found.isEmpty { return warnings }
        warnings.append(
            "existing pods in namespace \(namespace.name.goQuoted) violate the new PodSecurity enforce level "
                + new.description.goQuoted)
        let lines = found.map { text, pods in
            switch pods.count {
            case 1: "\(pods.pod): \(text)"
            case 2: "\(pods.pod) (and 1 other pod): \(text)"
            default: "\(pods.pod) (and \(pods.count - 1) other pods): \(text)"
            }
        }
        return warnings + lines.sorted { $0.isBefore($1) }
    }
}
