import FairleadModel
import Testing

@testable import FairleadAuthorization

struct DefaultRolesTests {
    private func role(_ name: String) throws -> DefaultRoles.Role {
        try #require(DefaultRoles.clusterRoles.first { $0.name == name })
    }

    /// As many as a Kubernetes v1.36.2 has after its first start.
    @Test func allAreThere() {
        #expect(DefaultRoles.clusterRoles.count == 69)
        #expect(DefaultRoles.roles.count == 7)
        #expect(DefaultRoles.bindings.filter { $0.namespace.isEmpty }.count == 50)
        #expect(DefaultRoles.bindings.filter { !$0.namespace.isEmpty }.count == 7)
        #expect(Set(DefaultRoles.objects.map(\.key)).count == DefaultRoles.objects.count)
    }

    @Test func rulesAreReadAsWritten() throws {
        #expect(
            try role("cluster-admin").rules == [
                PolicyRule(verbs: ["*"], groups: ["*"], resources: ["*"]), PolicyRule(verbs: ["*"], urls: ["*"]),
            ])
        #expect(
            try role("system:kube-scheduler").rules.contains(
                PolicyRule(
                    verbs: ["get", "list", "update", "watch"], groups: ["coordination.k8s.io"], resources: ["leases"],
                    names: ["kube-scheduler"])))
        for role in DefaultRoles.clusterRoles {
            for rule in role.rules {
                let isEmpty = rule.urls.isEmpty && (rule.groups.isEmpty || rule.resources.isEmpty)
                #expect(!rule.verbs.isEmpty && !isEmpty, "\(role.name)")
            }
        }
    }

    @Test func administratorsHaveWhatEditorsHave() throws {
        #expect(try role("view").rules.count == 12)
        #expect(try role("edit").rules.count == 27)
        #expect(try role("admin").rules.count == 29)
        #expect(try RuleCoverage.missing(from: role("admin").rules, of: role("view").rules).isEmpty)
    }

    /// No binding names a role or a namespace that is not there.
    @Test func bindingsBindWhatExists() {
        let roles = Set(DefaultRoles.roles.map { "\($0.namespace)/\($0.name)" })
        let clusterRoles = Set(DefaultRoles.clusterRoles.map(\.name))
        for binding in DefaultRoles.bindings {
            #expect(
                binding.namespace.isEmpty
                    ? clusterRoles.contains(binding.role) : roles.contains("\(binding.namespace)/\(binding.role)"),
                "\(binding.name)")
        }
    }

    @Test func aStartCompletesAndTakesNothingAway() throws {
        let objects = DefaultRoles.objects
        let expected = try #require(
            objects.first { $0.key.name == "system:basic-user" && $0.object.kind == "ClusterRole" })
        var existing = expected.object
        #expect(RoleReconciliation.change(of: existing, toward: expected.object) == nil)
        let own = PolicyRule(verbs: ["get"], groups: ["own.example"], resources: ["things"])
        existing["rules"] = .array([own.value])
        guard case .update(let completed) = RoleReconciliation.change(of: existing, toward: expected.object) else {
            Issue.record("not completed")
            return
        }
        let rules = PolicyRule.all(of: completed)
        #expect(rules.first == own)
        #expect(try RuleCoverage.missing(from: rules, of: PolicyRule.all(of: expected.object)).isEmpty)
        #expect(RoleReconciliation.change(of: completed, toward: expected.object) == nil)
        existing.set("false", at: "metadata", "annotations", DefaultRoles.autoUpdate)
        #expect(RoleReconciliation.change(of: existing, toward: expected.object) == nil)
    }

    @Test func aBindingOfAnotherRoleIsReplaced() throws {
        let expected = try #require(
            DefaultRoles.objects.first { $0.key.name == "cluster-admin" && $0.object.kind == "ClusterRoleBinding" })
        var existing = expected.object
        existing.set("view", at: "roleRef", "name")
        #expect(RoleReconciliation.change(of: existing, toward: expected.object) == .replace(expected.object))
        existing = expected.object
        existing["subjects"] = [AccessFixture.user("bob")]
        guard case .update(let completed) = RoleReconciliation.change(of: existing, toward: expected.object) else {
            Issue.record("not completed")
            return
        }
        #expect(completed.items("subjects").count == 2)
    }
}
