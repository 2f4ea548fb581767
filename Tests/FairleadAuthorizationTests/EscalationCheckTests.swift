import FairleadModel
import Testing

@testable import FairleadAuthorization

struct EscalationCheckTests {
    private static let secrets = PolicyRule(verbs: ["get"], groups: [""], resources: ["secrets"])

    private static func write(
        _ resource: GroupResource, _ object: Value, old: Value? = nil, user: UserInfo = AccessFixture.bob,
        in namespace: String = "ns"
    ) -> WriteAttempt {
        WriteAttempt(
            user: user, operation: old == nil ? .create : .update, resource: resource, namespace: namespace, name: "x",
            pathName: old == nil ? "" : "x", object: object, old: old)
    }

    private static func role(_ rules: [PolicyRule], labels: Value = [:]) -> Value {
        ["metadata": ["name": "x", "labels": labels], "rules": .array(rules.map(\.value))]
    }

    private static func binding(_ kind: String, _ role: String) -> Value {
        [
            "metadata": ["name": "x"],
            "roleRef": ["apiGroup": .string(RoleResources.group), "kind": .string(kind), "name": .string(role)],
        ]
    }

    private func refusal(_ fixture: AccessFixture, _ attempt: WriteAttempt) -> APIStatus? {
        AccessFixture.refusal { () throws(APIStatus) in try EscalationCheck(fixture.access).check(attempt) }
    }

    @Test func nobodyWritesARoleBeyondTheirOwn() async throws {
        let fixture = try AccessFixture()
        let attempt = Self.write(RoleResources.roles, Self.role([Self.secrets]))
        #expect(
            refusal(fixture, attempt)?.message
                == #"roles.rbac.authorization.k8s.io "x" is forbidden: user "bob" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:"#
                + "\n" + #"{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}"#)
        try await fixture.role("ns", "own", [Self.secrets])
        try await fixture.bind("ns", "own", "Role", "own", [AccessFixture.user("bob")])
        #expect(refusal(fixture, attempt) == nil)
        #expect(refusal(fixture, Self.write(RoleResources.roles, Self.role([Self.secrets]), in: "other")) != nil)
    }

    @Test func escalateAllowsIt() async throws {
        let fixture = try AccessFixture()
        try await fixture.role(
            "ns", "own",
            [PolicyRule(verbs: ["escalate"], groups: [RoleResources.group], resources: ["roles"], names: ["x"])])
        try await fixture.bind("ns", "own", "Role", "own", [AccessFixture.user("bob")])
        // The name of a new role is not in the path.
        #expect(refusal(fixture, Self.write(RoleResources.roles, Self.role([Self.secrets]))) != nil)
        let update = Self.write(RoleResources.roles, Self.role([Self.secrets]), old: Self.role([]))
        #expect(refusal(fixture, update) == nil)
    }

    @Test func mastersMay() throws {
        let fixture = try AccessFixture()
        let master = UserInfo(name: "m", groups: [UserInfo.mastersGroup])
        #expect(refusal(fixture, Self.write(RoleResources.roles, Self.role([Self.secrets]), user: master)) == nil)
    }

    @Test func whatChangesNoRuleIsNoEscalation() throws {
        let fixture = try AccessFixture()
        let old = Self.role([Self.secrets])
        var new = old
        new.set([["kind": "Pod", "name": "p"]], at: "metadata", "ownerReferences")
        #expect(refusal(fixture, Self.write(RoleResources.roles, new, old: old)) == nil)
        let labelled = Self.role([Self.secrets], labels: ["a": "b"])
        #expect(refusal(fixture, Self.write(RoleResources.roles, labelled, old: old)) != nil)
    }

    @Test func bindingNeedsTheRightsOrTheVerb() async throws {
        let fixture = try AccessFixture()
        let attempt = Self.write(RoleResources.roleBindings, Self.binding("Role", "r"))
        let missing = refusal(fixture, attempt)
        #expect(missing?.code == 404)
        #expect(missing?.message == #"rolebindings.rbac.authorization.k8s.io "r" not found"#)
        try await fixture.role("ns", "r", [Self.secrets])
        #expect(refusal(fixture, attempt)?.code == 403)
        try await fixture.role(
            "ns", "own",
            [PolicyRule(verbs: ["bind"], groups: [RoleResources.group], resources: ["roles"], names: ["r"])])
        try await fixture.bind("ns", "own", "Role", "own", [AccessFixture.user("bob")])
        #expect(refusal(fixture, attempt) == nil)
        #expect(
            refusal(fixture, Self.write(RoleResources.roleBindings, Self.binding("ClusterRole", "r")))?.code == 404)
    }

    @Test func anAggregationTakesAnAdministrator() async throws {
        let fixture = try AccessFixture()
        var role = Self.role([])
        role["aggregationRule"] = ["clusterRoleSelectors": [["matchLabels": ["a": "b"]]]]
        let attempt = Self.write(RoleResources.clusterRoles, role, in: "")
        let message = refusal(fixture, attempt)?.message ?? ""
        #expect(message.hasSuffix("must have cluster-admin privileges to use the aggregationRule"))
        try await fixture.role(
            "all",
            [
                PolicyRule(verbs: ["*"], groups: ["*"], resources: ["*"]), PolicyRule(verbs: ["*"], urls: ["*"]),
            ])
        try await fixture.bind("all", "ClusterRole", "all", [AccessFixture.user("bob")])
        #expect(refusal(fixture, attempt) == nil)
    }
}
