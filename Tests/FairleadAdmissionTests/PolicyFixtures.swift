import FairleadExpressions
import FairleadModel

@testable import FairleadAdmission

/// A cluster with one kind of parameters, where everybody may do what the name says.
struct TestCluster: PolicyCluster {
    var settings: [Value] = []
    var versions: [PolicyMatch] = []
    var isNamespaced = true

    func equivalents(of resource: GroupVersionResource, subresource: String) -> [PolicyMatch] { versions }

    func converted(_ object: Value, to kind: GroupVersionKind) -> Value? {
        var converted = object
        converted["apiVersion"] = .string(kind.apiVersion)
        return converted
    }

    func parameters(_ kind: GroupVersionKind) -> (any PolicyParameters)? {
        kind.kind == "ConfigMap" ? Parameters(isNamespaced: isNamespaced, all: settings) : nil
    }

    func authorizer(for user: UserInfo) -> any RuleAuthorizer { Allowing(user: user.name) }

    private struct Parameters: PolicyParameters {
        let isNamespaced: Bool
        let all: [Value]

        func object(namespace: String, name: String) -> Value? {
            all.first { $0.name == name && $0.namespace == namespace }
        }
        func objects(namespace: String?, _ selector: LabelSelector) -> [Value] {
            all.filter { $0.namespace == namespace ?? "" && selector.matches(labelsOf: $0) }
        }
    }

    private struct Allowing: RuleAuthorizer {
        let user: String
        func decide(_ question: RuleQuestion) -> RuleDecision {
            RuleDecision(isAllowed: question.verb == user, reason: question.resource + question.namespace)
        }
    }
}

/// Puts members together, without a schema.
struct TestPatcher: PolicyPatcher {
    func applied(_ configuration: Value, to object: Value, _ kind: GroupVersionKind) throws(PolicyPatchFailure) -> Value
    {
        Self.merged(configuration, object)
    }
    private static func merged(_ new: Value, _ old: Value) -> Value {
        guard let fields = new.object, var result = old.object else { return new }
        for member in fields.members {
            result[member.key] = result[member.key].map { merged(member.value, $0) } ?? member.value
        }
        return .object(result)
    }
    func patched(_ object: Value, by operations: [Value]) throws(PolicyPatchFailure) -> Value {
        var object = object
        for operation in operations {
            guard operation["op"] == "add", let path = operation["path"]?.string else {
                throw PolicyPatchFailure("JSON Patch: unexpected")
            }
            object.set(operation["value"], at: path.split(separator: "/").map(String.init)[...])
        }
        return object
    }
    func decoded(_ object: Value) -> Value { object }
}

enum Fixture {
    static func policy(
        _ name: String = "p", resources: Value = ["configmaps"], _ spec: Value = [:], revision: String = "1"
    ) -> Value {
        var all = spec
        all["matchConstraints"] = [
            "resourceRules": [
                [
                    "operations": ["CREATE", "UPDATE"], "apiGroups": [""], "apiVersions": ["v1"],
                    "resources": resources,
                ]
            ]
        ]
        return [
            "metadata": ["name": .string(name), "uid": .string("u-" + name), "resourceVersion": .string(revision)],
            "spec": all,
        ]
    }

    static func binding(
        _ name: String = "b", policy: String = "p", actions: Value = ["Deny"], _ more: Value = [:]
    ) -> Value {
        var spec = more
        spec["policyName"] = .string(policy)
        spec["validationActions"] = actions
        return [
            "metadata": ["name": .string(name), "uid": .string("u-\(policy)-\(name)"), "resourceVersion": "1"],
            "spec": spec,
        ]
    }

    static func request(
        _ operation: String = "CREATE",
        object: Value? = ["metadata": ["name": "x", "namespace": "n"], "data": ["k": "v"]],
        old: Value? = nil, user: String = "alice", resource: String = "configmaps", group: String = ""
    ) -> PolicyRequest {
        PolicyRequest(
            operation: operation, resource: GroupVersionResource(group: group, version: "v1", resource: resource),
            kind: GroupVersionKind(group: group, version: "v1", kind: "ConfigMap"), name: "x", namespace: "n",
            object: object, oldObject: old, user: .init(name: user),
            namespaceObject: ["metadata": ["name": "n", "labels": ["team": "a"]], "spec": [:]])
    }

    static func set(_ policies: [Value], _ bindings: [Value] = [binding()]) -> PolicySet {
        PolicySet(validating: policies, bindings, mutating: [], [], previous: PolicySet())
    }
}
