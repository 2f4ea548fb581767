import FairleadModel
import Foundation

/// What is wrong with the settings of the audit log, in words.
package struct AuditProblem: Error, CustomStringConvertible {
    package let description: String
}

extension AuditPolicy {
    /// No policy is larger.
    private static let largest = 1 << 20

    /// - Throws: for a file that cannot be read, or is no policy; every field at fault is named.
    package static func read(_ path: String) throws(AuditProblem) -> AuditPolicy {
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            data = try handle.read(upToCount: largest + 1) ?? Data()
            try handle.close()
        } catch {
            throw AuditProblem(description: "cannot read the audit policy \(path): \(error.localizedDescription)")
        }
        guard data.count <= largest else {
            throw AuditProblem(description: "the audit policy \(path) is larger than \(largest) bytes")
        }
        do throws(AuditProblem) {
            return try AuditPolicy(text: Array(data))
        } catch {
            throw AuditProblem(description: "the audit policy \(path) is not valid: \(error.description)")
        }
    }

    /// - Parameter text: YAML or JSON.
    package init(text: [UInt8]) throws(AuditProblem) {
        let parsed: JSON.Parsed
        do {
            parsed = try YAML.parse(text)
        } catch {
            throw AuditProblem(description: error.message)
        }
        var reader = PolicyReader()
        if let twice = parsed.duplicateFields.first { reader.problems.append("duplicate field \(twice.goQuoted)") }
        let policy = parsed.value
        guard policy.object != nil else { throw AuditProblem(description: "it is no object") }
        let kind = "\(policy["apiVersion"]?.string ?? ""), Kind=\(policy["kind"]?.string ?? "")"
        guard kind == "audit.k8s.io/v1, Kind=Policy" else {
            throw AuditProblem(description: "unknown group version field \(kind) in policy")
        }
        let rules = reader.policy(policy)
        if !reader.problems.isEmpty {
            throw AuditProblem(
                description: reader.problems.count == 1
                    ? reader.problems[0] : "[\(reader.problems.joined(separator: ", "))]")
        }
        guard !rules.isEmpty else { throw AuditProblem(description: "loaded illegal policy with 0 rules") }
        self.init(rules: rules)
    }
}

/// Reads a policy, and gathers what is wrong with it.
///
/// Reference: k8s.io/apiserver `pkg/apis/audit/validation/validation.go`.
private struct PolicyReader {
    var problems: [String] = []

    mutating func policy(_ policy: Value) -> [AuditRule] {
        expectOnly(["apiVersion", "kind", "metadata", "rules", "omitStages", "omitManagedFields"], in: policy, nil)
        let omitted = stages(policy["omitStages"], FieldPath("omitStages"))
        let omitsFields = bool(policy["omitManagedFields"], FieldPath("omitManagedFields")) ?? false
        let path = FieldPath("rules")
        return objects(policy["rules"], path).enumerated().map { index, item in
            var rule = rule(item, path.index(index))
            rule.verdict.omittedStages.formUnion(omitted)
            rule.verdict.omitsManagedFields =
                bool(item["omitManagedFields"], path.index(index).child("omitManagedFields")) ?? omitsFields
            return rule
        }
    }

    private mutating func rule(_ item: Value, _ path: FieldPath) -> AuditRule {
        expectOnly(
            [
                "level", "users", "userGroups", "verbs", "resources", "namespaces", "nonResourceURLs", "omitStages",
                "omitManagedFields",
            ], in: item, path)
        var rule = AuditRule(verdict: AuditPolicy.Verdict(level: level(item["level"], path.child("level"))))
        rule.users = texts(item["users"], path.child("users"))
        rule.groups = texts(item["userGroups"], path.child("userGroups"))
        rule.verbs = texts(item["verbs"], path.child("verbs"))
        rule.namespaces = texts(item["namespaces"], path.child("namespaces"))
        rule.paths = paths(item["nonResourceURLs"], path.child("nonResourceURLs"))
        rule.resources = objects(item["resources"], path.child("resources")).map {
            resources($0, path.child("resources"))
        }
        rule.verdict.omittedStages = stages(item["omitStages"], path.child("omitStages"))
        if !rule.paths.isEmpty, !rule.resources.isEmpty || !rule.namespaces.isEmpty {
            note(
                .invalid(
                    path.child("nonResourceURLs"), item["nonResourceURLs"] ?? .null,
                    "rules cannot apply to both regular resources and non-resource URLs"))
        }
        return rule
    }

    private mutating func level(_ value: Value?, _ path: FieldPath) -> AuditLevel {
        let text = self.text(value, path)
        if text.isEmpty {
            note(.required(path))
        } else if let level = AuditLevel(rawValue: text) {
            return level
        } else {
            note(.notSupported(path, .string(text), supported: AuditLevel.allCases.map(\.rawValue)))
        }
        return .none
    }

    private mutating func stages(_ value: Value?, _ path: FieldPath) -> Set<AuditStage> {
        var found: Set<AuditStage> = []
        for (index, text) in texts(value, path).enumerated() {
            if let stage = AuditStage(rawValue: text) {
                found.insert(stage)
            } else {
                let all = AuditStage.allCases.map(\.rawValue).joined(separator: ",")
                note(.invalid(path.index(index), .string(text), "allowed stages are \(all)"))
            }
        }
        return found
    }

    private mutating func paths(_ value: Value?, _ path: FieldPath) -> [String] {
        let urls = texts(value, path)
        for (index, url) in urls.enumerated() where url != "*" {
            if !url.hasPrefix("/") {
                note(
                    .invalid(path.index(index), .string(url), "non-resource URL rules must begin with a '/' character"))
            }
            if url.dropLast().contains("*") {
                note(
                    .invalid(
                        path.index(index), .string(url),
                        "non-resource URL wildcards '*' must be the final character of the rule"))
            }
        }
        return urls
    }

    private mutating func resources(_ item: Value, _ path: FieldPath) -> AuditRule.Resources {
        expectOnly(["group", "resources", "resourceNames"], in: item, path)
        var result = AuditRule.Resources()
        result.group = text(item["group"], path.child("group"))
        result.resources = texts(item["resources"], path.child("resources"))
        result.names = texts(item["resourceNames"], path.child("resourceNames"))
        if !result.group.isEmpty {
            let faults = NameRules.dns1123Subdomain(result.group)
            if !faults.isEmpty {
                note(.invalid(path.child("group"), .string(result.group), faults.joined(separator: ",")))
            }
        }
        if !result.names.isEmpty, result.resources.isEmpty {
            note(
                .invalid(
                    path.child("resourceNames"), item["resourceNames"] ?? .null,
                    "using resourceNames requires at least one resource"))
        }
        return result
    }

    // MARK: - Types

    private mutating func note(_ error: FieldError) { problems.append("\(error.field): \(error.body)") }

    private mutating func expectOnly(_ known: Set<String>, in item: Value, _ path: FieldPath?) {
        for member in item.object?.members ?? [] where !known.contains(member.key) {
            let field = path.map { "\($0.description).\(member.key)" } ?? member.key
            problems.append("unknown field \(field.goQuoted)")
        }
    }

    private mutating func text(_ value: Value?, _ path: FieldPath) -> String {
        guard let value, !value.isNull else { return "" }
        if let text = value.string { return text }
        problems.append("\(path.description): a text is wanted")
        return ""
    }

    private mutating func bool(_ value: Value?, _ path: FieldPath) -> Bool? {
        guard let value, !value.isNull else { return nil }
        if let bool = value.bool { return bool }
        problems.append("\(path.description): true or false is wanted")
        return nil
    }

    private mutating func texts(_ value: Value?, _ path: FieldPath) -> [String] {
        list(value, path).enumerated().map { text($1, path.index($0)) }
    }

    private mutating func objects(_ value: Value?, _ path: FieldPath) -> [Value] {
        let items = list(value, path)
        for (index, item) in items.enumerated() where item.object == nil {
            problems.append("\(path.index(index).description): an object is wanted")
        }
        return items
    }

    private mutating func list(_ value: Value?, _ path: FieldPath) -> [Value] {
        guard let value, !value.isNull else { return [] }
        if let list = value.array { return list }
        problems.append("\(path.description): a list is wanted")
        return []
    }
}
