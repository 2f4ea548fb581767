import FairleadModel
import Testing

@testable import FairleadAdmission

struct PolicyMatcherTests {
    private func matches(
        _ rule: Value, _ more: Value = [:], _ request: PolicyRequest = Fixture.request(),
        _ cluster: TestCluster = TestCluster()
    ) -> Bool {
        var rule = rule
        for (field, value) in [("operations", ["*"]), ("apiGroups", ["*"]), ("apiVersions", ["*"])] as [(String, Value)]
        {
            if rule[field] == nil { rule[field] = value }
        }
        var source = more
        source["resourceRules"] = [rule]
        return PolicyMatcher(source).match(request, cluster) != nil
    }

    @Test func rulesNameResources() {
        #expect(matches(["resources": ["configmaps"]]))
        #expect(matches(["resources": ["*"]]))
        #expect(matches(["resources": ["*/*"]]))
        #expect(!matches(["resources": ["secrets"]]))
        #expect(!matches(["resources": ["configmaps/status"]]))
        #expect(!matches(["resources": ["configmaps"], "operations": ["DELETE"]]))
        #expect(!matches(["resources": ["configmaps"], "apiGroups": ["apps"]]))
        #expect(!matches(["resources": ["configmaps"], "scope": "Cluster"]))
        #expect(matches(["resources": ["configmaps"], "resourceNames": ["x", "y"]]))
        #expect(!matches(["resources": ["configmaps"], "resourceNames": ["y"]]))
        var status = Fixture.request()
        status.subresource = "status"
        #expect(!matches(["resources": ["configmaps"]], [:], status))
        #expect(matches(["resources": ["*/status"]], [:], status))
        #expect(matches(["resources": ["configmaps/*"]], [:], status))
    }

    @Test func selectorsNarrow() {
        let rule: Value = ["resources": ["configmaps"]]
        #expect(matches(rule, ["namespaceSelector": ["matchLabels": ["team": "a"]]]))
        #expect(!matches(rule, ["namespaceSelector": ["matchLabels": ["team": "b"]]]))
        #expect(!matches(rule, ["objectSelector": ["matchLabels": ["x": "y"]]]))
        let labelled: Value = ["metadata": ["name": "x", "labels": ["x": "y"]]]
        let was = Fixture.request("UPDATE", object: ["metadata": ["name": "x"]], old: labelled)
        #expect(matches(rule, ["objectSelector": ["matchLabels": ["x": "y"]]], was))
        #expect(
            !matches(
                rule,
                [
                    "excludeResourceRules": [
                        ["operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]]
                    ]
                ]))
    }

    @Test func otherVersionsCountUnlessExact() {
        let rule: Value = ["resources": ["things"], "apiVersions": ["v2"], "apiGroups": ["g"]]
        let request = Fixture.request(resource: "things", group: "g")
        let second = PolicyMatch(
            GroupVersionResource(group: "g", version: "v2", resource: "things"),
            GroupVersionKind(group: "g", version: "v2", kind: "Thing"))
        let cluster = TestCluster(versions: [second])
        #expect(matches(rule, ["matchPolicy": "Equivalent"], request, cluster))
        #expect(!matches(rule, ["matchPolicy": "Exact"], request, cluster))
    }

    @Test func policiesAreFoundByResource() {
        let set = Fixture.set([Fixture.policy("p", ["validations": [["expression": "false"]]])])
        #expect(set.isInterested(in: GroupResource(group: "", resource: "configmaps")))
        #expect(!set.isInterested(in: GroupResource(group: "", resource: "pods")))
        #expect(Fixture.set([Fixture.policy()], []).isEmpty)
        let everywhere = Fixture.set([Fixture.policy(resources: ["*"])])
        #expect(everywhere.isInterested(in: GroupResource(group: "", resource: "pods")))
        let policies = GroupResource(group: "admissionregistration.k8s.io", resource: "validatingadmissionpolicies")
        #expect(!everywhere.isInterested(in: policies))
    }

    /// 100 policies about other things cost less than 20 µs, and one of five expressions less than 50 (in a release
    /// build; here it is only checked that the work does not grow with what does not match).
    @Test func policiesAboutOtherThingsAreNotLookedAt() {
        let many = (0..<100).map {
            Fixture.policy("p\($0)", resources: ["secrets"], ["validations": [["expression": "false"]]])
        }
        let set = Fixture.set(many, (0..<100).map { Fixture.binding("b\($0)", policy: "p\($0)") })
        #expect(set.validating.hooks(for: GroupResource(group: "", resource: "configmaps"), "CREATE").isEmpty)
        #expect(set.validate(Fixture.request(), TestCluster()).denial == nil)
    }
}
