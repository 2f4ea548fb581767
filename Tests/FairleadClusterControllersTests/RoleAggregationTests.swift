import FairleadModel
import Testing

@testable import FairleadClusterControllers

struct RoleAggregationTests {
    private func role(_ name: String, labels: [String: String] = [:], rules: [String] = []) -> Value {
        var role: Value = [
            "metadata": ["name": .string(name)],
            "rules": .array(rules.map { ["verbs": [.string($0)], "apiGroups": [""], "resources": ["pods"]] }),
        ]
        for (key, value) in labels { role.set(.string(value), at: "metadata", "labels", key) }
        return role
    }

    @Test func rulesOfAllChosenRolesEachOnceAndNotItsOwn() {
        var whole = role("whole", labels: ["in": "yes"], rules: ["delete"])
        whole["aggregationRule"] = ["clusterRoleSelectors": [["matchLabels": ["in": "yes"]]]]
        let roles = [
            role("a", labels: ["in": "yes"], rules: ["get", "list"]), role("b", labels: ["in": "no"], rules: ["watch"]),
            role("c", labels: ["in": "yes"], rules: ["list", "create"]), whole,
        ]
        let verbs = RoleAggregation.rules(of: whole, among: roles)?.map { $0.texts("verbs") }
        #expect(verbs == [["get"], ["list"], ["create"]])
        #expect(RoleAggregation.rules(of: roles[0], among: roles) == nil)
    }
}
