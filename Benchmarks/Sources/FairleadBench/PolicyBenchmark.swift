import FairleadAdmission
import FairleadExpressions
import FairleadModel

/// What ValidatingAdmissionPolicies add to the creation of a Deployment, in processor time.
///
/// `five` is a policy of five expressions that holds; the others are a hundred policies that do not match: `elsewhere` are
/// about other resources, `updates` about another operation, `labelled` about objects with a label that this one does not
/// have, `conditions` have a match condition that is false.
struct PolicyBenchmark {
    let count: Int

    private static let nowhere = 100

    func run() -> String {
        var figures = [("five_us", time(Self.set([Self.policy("five", [:], Self.expressions)])))]
        let others: [(String, (Int) -> Value)] = [
            ("elsewhere", { Self.policy("p-\($0)", ["resources": [.string("things-\($0)")]], Self.expressions) }),
            ("updates", { Self.policy("p-\($0)", ["operations": ["UPDATE"]], Self.expressions) }),
            (
                "labelled",
                {
                    Self.policy(
                        "p-\($0)", [:], Self.expressions,
                        ["objectSelector": ["matchLabels": ["tier": .string("t-\($0)")]]])
                }
            ),
            (
                "conditions",
                {
                    Self.policy(
                        "p-\($0)", [:], Self.expressions, [:],
                        conditions: ["object.metadata.namespace == 'other-\($0)'"])
                }
            ),
        ]
        for (name, policy) in others {
            figures.append(("\(name)_us", time(Self.set((0..<Self.nowhere).map(policy)))))
        }
        return figures.map { "\($0)=\(($1 * 100).rounded() / 100)" }.joined(separator: " ")
    }

    private func time(_ set: PolicySet) -> Double {
        let request = Self.request
        return ProcessorTime.microseconds(count) {
            for _ in 0..<count {
                guard set.isInterested(in: request.resource.groupResource) else { continue }
                let verdict = set.validate(request, Cluster())
                ProcessorTime.consume(verdict.denial == nil ? verdict.warnings.count : -1)
            }
        }
    }

    private static let expressions = [
        "object.spec.replicas <= 50", "has(object.metadata.labels) && object.metadata.labels.app == 'web'",
        "object.spec.template.spec.containers.all(c, c.image.startsWith('registry.example/'))",
        "object.spec.template.spec.containers.all(c, has(c.resources) && has(c.resources.limits))",
        "request.userInfo.username.matches('^[a-z]+$') || request.operation != 'CREATE'",
    ]

    private static func set(_ policies: [Value]) -> PolicySet {
        let bindings = policies.map { policy -> Value in
            [
                "metadata": ["name": .string(policy.name), "uid": .string("b" + policy.name)],
                "spec": ["policyName": .string(policy.name), "validationActions": ["Deny"]],
            ]
        }
        return PolicySet(validating: policies, bindings, mutating: [], [], previous: PolicySet())
    }

    private static func policy(
        _ name: String, _ rule: Object, _ expressions: [String], _ constraints: Object = [:], conditions: [String] = []
    ) -> Value {
        var whole: Object = [
            "apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["deployments"],
        ]
        for (key, value) in rule { whole[key] = value }
        var constraints = constraints
        constraints["resourceRules"] = [.object(whole)]
        return [
            "metadata": ["name": .string(name), "uid": .string(name)],
            "spec": [
                "matchConstraints": .object(constraints),
                "validations": .array(expressions.map { ["expression": .string($0)] }),
                "matchConditions": .array(conditions.map { ["name": "c", "expression": .string($0)] }),
            ],
        ]
    }

    private static let request: PolicyRequest = {
        let container: Value = [
            "name": "web", "image": "registry.example/web:1", "resources": ["limits": ["cpu": "1", "memory": "1Gi"]],
            "ports": [["containerPort": 80, "protocol": "TCP"]], "env": [["name": "A", "value": "b"]],
        ]
        let object: Value = [
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": ["name": "web", "namespace": "default", "labels": ["app": "web"], "uid": "1"],
            "spec": [
                "replicas": 3, "selector": ["matchLabels": ["app": "web"]],
                "template": [
                    "metadata": ["labels": ["app": "web"]], "spec": ["containers": .array([container, container])],
                ],
            ],
        ]
        return PolicyRequest(
            operation: "CREATE", resource: .deployments, kind: .init(group: "apps", version: "v1", kind: "Deployment"),
            name: "web", namespace: "default", object: object,
            user: UserInfo(name: "alice", groups: ["developers"]).authenticated,
            namespaceObject: ["metadata": ["name": "default", "labels": ["kubernetes.io/metadata.name": "default"]]])
    }()

    /// Has no other versions, parameters or rights.
    private struct Cluster: PolicyCluster {
        func equivalents(of resource: GroupVersionResource, subresource: String) -> [PolicyMatch] { [] }
        func converted(_ object: Value, to kind: GroupVersionKind) -> Value? { object }
        func parameters(_ kind: GroupVersionKind) -> (any PolicyParameters)? { nil }
        func authorizer(for user: UserInfo) -> any RuleAuthorizer {
            RequestAuthorizer(user: user) { _, _ in RuleDecision(isAllowed: false) }
        }
    }
}
