import FairleadModel

/// Whether what some rules allow includes all that others do.
///
/// The others are broken down into rules of one verb, one resource and one name, each of which is covered by a single
/// rule or by none.
/// Reference: k8s.io/component-helpers `auth/rbac/validation`.
package enum RuleCoverage {
    /// The most parts into which rules are broken down: a hostile role of a megabyte has 10^15.
    static let mostParts = 20_000
    /// The most comparisons of two rules: more than any two real sets of rules need.
    package static let mostWork = 5_000_000

    /// More parts than are compared, or too many rules that are nearly the same.
    package struct TooManyParts: Error {}

    /// The parts of `wanted` that `held` does not cover.
    ///
    /// - Parameter mostWork: how many comparisons of two rules there may be.
    package static func missing(
        from held: [PolicyRule], of wanted: [PolicyRule], mostWork: Int = mostWork
    ) throws(TooManyParts) -> [PolicyRule] {
        let held = HeldRules(Array(Set(held)))
        var missing: [PolicyRule] = []
        var (parts, work) = (0, 0)
        for rule in wanted where !held.cover(rule, work: &work) {
            parts = parts +| rule.partCount
            guard parts <= mostParts, work <= mostWork else { throw TooManyParts() }
            for part in rule.parts where !held.cover(part, work: &work) {
                guard work <= mostWork else { throw TooManyParts() }
                missing.append(part)
            }
        }
        return missing
    }

    /// Rules that differ only in the verb become one, as messages show them; then one text per rule, sorted.
    static func descriptions(of rules: [PolicyRule]) -> [String] {
        var simple: [PolicyRule: [String]] = [:]
        var texts: Set<String> = []
        for rule in rules {
            guard rule.names.isEmpty, rule.urls.isEmpty, rule.groups.count == 1, rule.resources.count == 1 else {
                texts.insert(rule.description)
                continue
            }
            var key = rule
            key.verbs = []
            simple[key, default: []] += rule.verbs
        }
        for (key, verbs) in simple {
            var rule = key
            rule.verbs = verbs
            texts.insert(rule.description)
        }
        return texts.sorted { $0.isBefore($1) }
    }
}

extension PolicyRule {
    /// How many rules this breaks down into.
    fileprivate var partCount: Int {
        let named = groups.count *| resources.count *| verbs.count *| max(names.count, 1)
        return named +| (urls.count *| verbs.count)
    }

    /// Equivalent rules with one verb, one resource and at most one name each.
    fileprivate var parts: [PolicyRule] {
        var parts: [PolicyRule] = []
        for group in groups {
            for resource in resources {
                for verb in verbs {
                    let part = PolicyRule(verbs: [verb], groups: [group], resources: [resource])
                    if names.isEmpty { parts.append(part) }
                    for name in names {
                        var named = part
                        named.names = [name]
                        parts.append(named)
                    }
                }
            }
        }
        for url in urls { for verb in verbs { parts.append(PolicyRule(verbs: [verb], urls: [url])) } }
        return parts
    }

    /// Whether everything that the other rule allows is allowed by this one alone.
    func covers(_ other: PolicyRule) -> Bool {
        (verbs.has("*") || verbs.hasAll(other.verbs)) && (groups.has("*") || groups.hasAll(other.groups))
            && coversResources(other.resources) && other.urls.allSatisfy(coversURL)
            && (names.isEmpty || !other.names.isEmpty && names.hasAll(other.names))
    }

    /// `*/log` for `pods/log`; nil for a resource itself.
    static func everywhere(_ resource: String) -> String? {
        guard let slash = resource.utf8.firstIndex(of: UInt8(ascii: "/")) else { return nil }
        return "*" + String(resource[slash...])
    }

    private func coversResources(_ wanted: [String]) -> Bool {
        if resources.has("*") { return true }
        return wanted.allSatisfy { resource in
            resources.has(resource) || Self.everywhere(resource).map(resources.has) ?? false
        }
    }

    private func coversURL(_ wanted: String) -> Bool {
        urls.contains { held in
            if held.isSameBytes(as: wanted) { return true }
            return held.utf8.last == UInt8(ascii: "*") && Self.url(held, covers: wanted)
        }
    }

    /// `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list"]}`
    var description: String {
        let members = [
            ("APIGroups", groups), ("Resources", resources), ("NonResourceURLs", urls), ("ResourceNames", names),
            ("Verbs", verbs),
        ]
        let texts = members.filter { !$0.1.isEmpty }.map { "\($0.0):\($0.1.goQuotedList)" }
        return "{\(texts.joined(separator: ", "))}"
    }
}

extension [String] {
    /// Go's `%q` of a list of strings.
    var goQuotedList: String { "[\(map(\.goQuoted).joined(separator: " "))]" }
}
