import FairleadModel
import Testing

@testable import FairleadKindRules

struct RoleValidationTests {
    @Test func onlyClusterRolesAreMadeOfOthers() {
        let empty: Value = ["aggregationRule": ["clusterRoleSelectors": []]]
        #expect(
            RoleValidation.errors(for: empty, isNamespaced: false).map(\.field)
                == ["aggregationRule.clusterRoleSelectors"])
        #expect(RoleValidation.errors(for: empty, isNamespaced: true).isEmpty)
        let odd: Value = ["aggregationRule": ["clusterRoleSelectors": [["matchLabels": ["a b": "c"]]]]]
        #expect(
            RoleValidation.errors(for: odd, isNamespaced: false).map(\.field) == [
                "aggregationRule.clusterRoleSelectors[0].matchLabels", "aggregationRule.clusterRoleSelectors[0]",
            ])
    }

    @Test func serviceAccountsOfClusterRoleBindingsHaveANamespace() {
        let binding: Value = [
            "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "x"],
            "subjects": [["kind": "ServiceAccount", "name": "s"]],
        ]
        #expect(RoleValidation.bindingErrors(for: binding, isNamespaced: true).isEmpty)
        #expect(
            RoleValidation.bindingErrors(for: binding, isNamespaced: false).map(\.field) == ["subjects[0].namespace"])
    }
}
