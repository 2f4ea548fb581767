package import FairleadAuthorization
import FairleadModel

/// Which requests are written down, and how much of them: a Policy of audit.k8s.io/v1.
///
/// Reference: k8s.io/apiserver `pkg/audit/policy/checker.go`.
package struct AuditPolicy: Sendable {
    /// What is done about one request.
    package struct Verdict: Sendable, Hashable {
        package var level: AuditLevel
        package var omittedStages: Set<AuditStage> = []
        package var omitsManagedFields = false
    }

    var rules: [AuditRule]

    init(rules: [AuditRule]) { self.rules = rules }

    /// Without a policy: everything, but no bodies.
    package static let standard = AuditPolicy(rules: [AuditRule(verdict: Verdict(level: .metadata))])

    /// The first rule that fits decides; a request that none fits is not written down.
    package func verdict(on wanted: AccessAttributes) -> Verdict {
        rules.first { $0.fits(wanted) }?.verdict ?? Verdict(level: .none)
    }
}

/// A rule of a policy; what is empty fits everything. Texts are compared bytewise, as in Go: whoever has a name that
/// only looks like another's is somebody else.
struct AuditRule: Sendable {
    var verdict: AuditPolicy.Verdict
    var users: [String] = []
    var groups: [String] = []
    var verbs: [String] = []
    var namespaces: [String] = []
    var resources: [Resources] = []
    var paths: [String] = []

    struct Resources: Sendable {
        var group = ""
        var resources: [String] = []
        var names: [String] = []
    }

    init(verdict: AuditPolicy.Verdict) { self.verdict = verdict }

    func fits(_ wanted: AccessAttributes) -> Bool {
        guard users.isEmpty || users.has(wanted.user.name),
            groups.isEmpty || wanted.user.groups.contains(where: groups.has),
            verbs.isEmpty || verbs.has(wanted.verb)
        else { return false }
        switch wanted.target {
        case .resource(let resource):
            if !namespaces.isEmpty, !namespaces.has(resource.namespace) { return false }
            if !resources.isEmpty { return resources.contains { $0.fit(resource) } }
            return !namespaces.isEmpty || paths.isEmpty
        case .path(let path):
            if !namespaces.isEmpty || !resources.isEmpty { return false }
            return paths.isEmpty || paths.contains { Self.fits(path, $0) }
        }
    }

    private static func fits(_ path: String, _ pattern: String) -> Bool {
        let star = UInt8(ascii: "*")
        guard pattern.utf8.last == star else { return pattern.isSameBytes(as: path) }
        let end = pattern.utf8.lastIndex { $0 != star }
        return end.map { path.utf8.starts(with: pattern.utf8[...$0]) } ?? true
    }
}

extension AuditRule.Resources {
    fileprivate func fit(_ wanted: AccessAttributes.Resource) -> Bool {
        guard group.isSameBytes(as: wanted.group) else { return false }
        if resources.isEmpty { return true }
        guard names.isEmpty || names.has(wanted.name) else { return false }
        return resources.has("*") || resources.has(wanted.combined) || resources.has(wanted.resource + "/*")
            || !wanted.subresource.isEmpty && resources.has("*/" + wanted.subresource)
    }
}

extension [String] {
    fileprivate func has(_ text: String) -> Bool { contains { $0.isSameBytes(as: text) } }
}
