import FairleadModel
import Testing

@testable import FairleadAuthorization

struct PolicyRuleTests {
    private static let pods = PolicyRule(verbs: ["get", "list"], groups: [""], resources: ["pods", "pods/log"])
    private static let scales = PolicyRule(verbs: ["*"], groups: ["apps"], resources: ["*/scale"])
    private static let named = PolicyRule(verbs: ["get"], groups: ["*"], resources: ["*"], names: ["a"])

    @Test(arguments: [
        (pods, "get", "", "pods", "", "x", true), (pods, "list", "", "pods", "", "", true),
        (pods, "delete", "", "pods", "", "x", false), (pods, "get", "apps", "pods", "", "x", false),
        (pods, "get", "", "pods", "log", "x", true), (pods, "get", "", "pods", "exec", "x", false),
        (pods, "get", "", "services", "", "x", false), (scales, "update", "apps", "deployments", "scale", "d", true),
        (scales, "update", "apps", "deployments", "", "d", false),
        (scales, "update", "", "replicationcontrollers", "scale", "d", false),
        (scales, "update", "apps", "deployments", "xscale", "d", false), (named, "get", "x", "things", "y", "a", true),
        (named, "get", "", "pods", "", "b", false), (named, "get", "", "pods", "", "", false),
        (PolicyRule(verbs: ["create"], groups: [""], resources: ["pods/*"]), "create", "", "pods", "exec", "a", false),
        (PolicyRule(verbs: ["create"], groups: [""], resources: ["*"]), "create", "", "pods", "exec", "a", true),
    ])
    func resources(
        rule: PolicyRule, verb: String, group: String, resource: String, subresource: String, name: String,
        isAllowed: Bool
    ) {
        let wanted = AccessFixture.wants(verb, resource, group: group, subresource: subresource, in: "ns", name: name)
        #expect(rule.allows(wanted) == isAllowed)
    }

    @Test(arguments: [
        ("/metrics", "/metrics", true), ("/metrics", "/metrics/x", false), ("/logs/*", "/logs/a/b", true),
        ("/logs/*", "/logs", false), ("/logs/*", "/logs/", true), ("*", "/anything", true), ("/a**", "/ab", true),
        ("/a*b", "/axb", false), ("/api", "/API", false),
    ])
    func paths(pattern: String, path: String, isAllowed: Bool) {
        let rule = PolicyRule(verbs: ["get"], urls: [pattern])
        #expect(rule.allows(AccessAttributes(user: AccessFixture.bob, verb: "get", path: path)) == isAllowed)
        #expect(!rule.allows(AccessAttributes(user: AccessFixture.bob, verb: "post", path: path)))
    }

    @Test func textsThatUnicodeConsidersEqualDiffer() {
        let rule = PolicyRule(verbs: ["get"], groups: [""], resources: ["pods"], names: ["\u{E9}"])
        #expect(rule.allows(AccessFixture.wants("get", "pods", name: "\u{E9}")))
        #expect(!rule.allows(AccessFixture.wants("get", "pods", name: "e\u{301}")))
    }

    @Test(arguments: [
        (pods, PolicyRule(verbs: ["get"], groups: [""], resources: ["pods"]), true),
        (pods, PolicyRule(verbs: ["get"], groups: [""], resources: ["pods"], names: ["a"]), true),
        (named, PolicyRule(verbs: ["get"], groups: [""], resources: ["pods"]), false),
        (named, PolicyRule(verbs: ["get"], groups: [""], resources: ["pods"], names: ["a"]), true),
        (scales, PolicyRule(verbs: ["get"], groups: ["apps"], resources: ["deployments/scale"]), true),
        (scales, PolicyRule(verbs: ["get"], groups: ["apps"], resources: ["deployments"]), false),
        (PolicyRule(verbs: ["*"], urls: ["/a/*"]), PolicyRule(verbs: ["get"], urls: ["/a/b"]), true),
        (PolicyRule(verbs: ["get"], urls: ["/a/b"]), PolicyRule(verbs: ["get"], urls: ["/a/*"]), false),
        (PolicyRule(verbs: ["get"], urls: ["*"]), PolicyRule(verbs: ["*"], urls: ["*"]), false),
    ])
    func coverage(held: PolicyRule, wanted: PolicyRule, isCovered: Bool) throws {
        #expect(try RuleCoverage.missing(from: [held], of: [wanted]).isEmpty == isCovered)
    }

    @Test func whatIsMissingIsBrokenDownAndPutTogetherByVerb() throws {
        let wanted = PolicyRule(verbs: ["get", "list"], groups: [""], resources: ["pods", "secrets"])
        let missing = try RuleCoverage.missing(from: [Self.pods], of: [wanted])
        #expect(
            RuleCoverage.descriptions(of: missing) == [
                #"{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}"#
            ])
    }

    @Test func aRoleOfTooManyCombinationsIsNotBrokenDown() {
        let names = (0..<1000).map(String.init)
        let hostile = PolicyRule(verbs: names, groups: names, resources: names, names: names)
        #expect(throws: RuleCoverage.TooManyParts.self) { try RuleCoverage.missing(from: [], of: [hostile]) }
        // Who may do everything need not be compared with each.
        let all = PolicyRule(verbs: ["*"], groups: ["*"], resources: ["*"])
        #expect((try? RuleCoverage.missing(from: [all], of: [hostile]).isEmpty) == true)
    }
}
