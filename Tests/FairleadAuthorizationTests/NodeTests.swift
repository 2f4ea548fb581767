import FairleadModel
import Testing

@testable import FairleadAuthorization

struct NodeTests {
    private static let kubelet = UserInfo(name: "system:node:n1", groups: ["system:nodes"])
    private static let secrets = PodReferences.secrets

    private static func pod(_ node: String, volumes: Value = [], account: String = "default") -> Value {
        [
            "spec": [
                "nodeName": .string(node), "serviceAccountName": .string(account), "volumes": volumes,
                "containers": [["name": "c", "env": [["valueFrom": ["secretKeyRef": ["name": "inEnv"]]]]]],
            ]
        ]
    }

    private func fixture() async throws -> AccessFixture {
        let fixture = try AccessFixture([.node, .rbac])
        try await fixture.put(
            NodeTables.pods, "ns", "mine",
            Self.pod(
                "n1",
                volumes: [
                    ["name": "v", "secret": ["secretName": "used"]],
                    ["name": "c", "persistentVolumeClaim": ["claimName": "claim"]],
                ]))
        try await fixture.put(
            NodeTables.volumes, "", "pv",
            [
                "spec": [
                    "claimRef": ["namespace": "ns", "name": "claim"],
                    "csi": ["nodePublishSecretRef": ["namespace": "infra", "name": "disk"]],
                ]
            ])
        return fixture
    }

    @Test func readsFollowThePods() async throws {
        let fixture = try await fixture()
        func may(_ verb: String, _ resource: String, _ namespace: String, _ name: String) -> Bool {
            fixture.access.allows(AccessFixture.wants(Self.kubelet, verb, resource, in: namespace, name: name))
        }
        #expect(may("get", "secrets", "ns", "used"))
        #expect(may("get", "secrets", "ns", "inEnv"))
        #expect(may("list", "secrets", "ns", "used"))
        #expect(!may("list", "secrets", "ns", ""))
        #expect(!may("get", "secrets", "ns", "unused"))
        #expect(!may("get", "secrets", "other", "used"))
        #expect(!may("delete", "secrets", "ns", "used"))
        #expect(may("get", "persistentvolumeclaims", "ns", "claim"))
        #expect(may("get", "persistentvolumes", "", "pv"))
        #expect(may("get", "secrets", "infra", "disk"))
        #expect(may("get", "pods", "ns", "mine"))
        try await fixture.put(NodeTables.pods, "ns", "mine", Self.pod("n2"))
        #expect(!may("get", "secrets", "ns", "used"))
        #expect(!may("get", "persistentvolumes", "", "pv"))
        #expect(!may("get", "secrets", "infra", "disk"))
        #expect(!may("get", "pods", "ns", "mine"))
    }

    @Test(arguments: [
        ("get", "", "nodes", "", "", "n1", true, ""),
        ("get", "", "nodes", "", "", "n2", false, "node 'n1' cannot read 'n2', only its own Node object"),
        ("list", "", "nodes", "", "", "", false, "node 'n1' cannot read all nodes, only its own Node object"),
        ("delete", "", "nodes", "", "", "n1", false, ""),
        ("patch", "", "nodes", "status", "", "n2", true, ""),
        ("list", "", "pods", "", "", "", false, "can only list/watch pods with spec.nodeName field selector"),
        ("create", "", "serviceaccounts", "token", "ns", "default", true, ""),
        (
            "create", "", "serviceaccounts", "token", "ns", "none", false,
            "no relationship found between node 'n1' and this object"
        ),
        ("list", "", "services", "", "ns", "", true, ""), ("list", "", "endpoints", "", "ns", "", false, ""),
        (
            "get", "coordination.k8s.io", "leases", "", "ns", "n1", false,
            #"can only access leases in the "kube-node-lease" system namespace"#
        ),
        ("update", "coordination.k8s.io", "leases", "", "kube-node-lease", "n1", true, ""),
    ])
    func decisions(
        verb: String, group: String, resource: String, subresource: String, namespace: String, name: String,
        isAllowed: Bool, reason: String
    ) async throws {
        let decision = try await fixture().access.decide(
            AccessFixture.wants(
                Self.kubelet, verb, resource, group: group, subresource: subresource, in: namespace, name: name))
        #expect(decision.isAllowed == isAllowed)
        #expect(decision.reason == reason)
    }

    @Test func podsAreListedByNode() async throws {
        let own = FieldSelector.Requirement(field: "spec.nodeName", op: .equals, value: "n1")
        let other = FieldSelector.Requirement(field: "spec.nodeName", op: .equals, value: "n2")
        let fixture = try await fixture()
        #expect(fixture.access.allows(AccessFixture.wants(Self.kubelet, "list", "pods", fields: [own])))
        #expect(!fixture.access.allows(AccessFixture.wants(Self.kubelet, "list", "pods", fields: [other])))
    }

    @Test func whoIsNoKubeletGetsNothing() async throws {
        let fixture = try await fixture()
        let stranger = UserInfo(name: "system:node:n1", groups: ["system:authenticated"])
        #expect(!fixture.access.allows(AccessFixture.wants(stranger, "get", "secrets", in: "ns", name: "used")))
    }

    private static func node(_ name: String, labels: Value = [:], spec: Value = [:]) -> Value {
        ["metadata": ["name": .string(name), "labels": labels], "spec": spec]
    }

    @Test(arguments: [
        (node("n2"), Value?.none, #"node "n1" is not allowed to modify node "n2""#),
        (node("n1", labels: ["kubernetes.io/os": "linux", "a.example/b": "c"]), nil, ""),
        (
            node("n1", labels: ["node-restriction.kubernetes.io/a": "b", "kubernetes.io/odd": "c"]), nil,
            #"node "n1" is not allowed to set the following labels: kubernetes.io/odd, node-restriction.kubernetes.io/a"#
        ),
        (
            node("n1", labels: ["x.k8s.io/a": "b"]), node("n1"), "is not allowed to modify labels: x.k8s.io/a"
        ),
        (node("n1", spec: ["taints": [["key": "a"]]]), node("n1"), #"node "n1" is not allowed to modify taints"#),
        (node("n1", labels: ["kubelet.kubernetes.io/x": "y"]), node("n1"), ""),
    ])
    func kubeletsChangeOnlyTheirNode(object: Value, old: Value?, why: String) async throws {
        let fixture = try await fixture()
        let guardian = NodeRestriction(fixture.access, store: fixture.store)
        let refusal = AccessFixture.refusal { () throws(APIStatus) in
            try guardian.check(
                WriteAttempt(
                    user: Self.kubelet, operation: old == nil ? .create : .update,
                    resource: GroupResource(group: "", resource: "nodes"), namespace: "", name: object.name,
                    pathName: "", object: object, old: old))
        }
        let message = refusal?.message ?? ""
        #expect(message.hasSuffix(why))
        #expect((refusal == nil) == why.isEmpty)
    }
}
