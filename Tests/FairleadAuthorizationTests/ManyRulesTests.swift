import FairleadModel
import Testing

@testable import FairleadAuthorization

/// Roles of many rules: what makes them fast says the same as reading them one by one, and looks at few.
struct ManyRulesTests {
    private static let verbs = ["get", "list", "create", "*"]
    private static let groups = ["", "apps", "*"]
    private static let resources = ["pods", "pods/log", "*/scale", "deployments", "deployments/scale", "*", "pods/*"]
    private static let names = ["a", "b", "c"]
    private static let urls = ["/x", "/x/*", "/x/y", "/y", "/x**", "*"]

    /// Mostly without wildcards, which would cover everything.
    private static func some(_ words: [String], _ random: inout SplitMix64) -> [String] {
        (0...Int.random(in: 0...1, using: &random)).map { _ in
            let word = words.randomElement(using: &random) ?? ""
            return word == "*" && Bool.random(using: &random) ? words[0] : word
        }
    }

    private static func rule(_ random: inout SplitMix64) -> PolicyRule {
        let isAboutPaths = Int.random(in: 0..<4, using: &random) == 0
        return PolicyRule(
            verbs: some(verbs, &random), groups: isAboutPaths ? [] : some(groups, &random),
            resources: isAboutPaths ? [] : some(resources, &random),
            names: Int.random(in: 0..<2, using: &random) == 0 ? [] : some(names, &random),
            urls: isAboutPaths ? some(urls, &random) : [])
    }

    private static func wanted(_ random: inout SplitMix64) -> AccessAttributes {
        let verb = ["get", "list", "create", "delete"].randomElement(using: &random) ?? ""
        if Int.random(in: 0..<4, using: &random) == 0 {
            let path = ["/x", "/x/y", "/z", "*"].randomElement(using: &random) ?? ""
            return AccessAttributes(user: AccessFixture.bob, verb: verb, path: path)
        }
        return AccessFixture.wants(
            verb, ["pods", "deployments", "other"].randomElement(using: &random) ?? "",
            group: ["", "apps"].randomElement(using: &random) ?? "",
            subresource: ["", "log", "scale", "*"].randomElement(using: &random) ?? "", in: "ns",
            name: ["", "a", "b"].randomElement(using: &random) ?? "")
    }

    @Test(arguments: UInt64(0)..<20) func aTableAllowsWhatItsRulesAllow(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for count in [3, 16, 17, 25] {
            let rules = (0..<count).map { _ in Self.rule(&random) }
            let table = RuleTable(rules)
            for _ in 0..<50 {
                let wanted = Self.wanted(&random)
                #expect(table.allows(wanted) == rules.contains { $0.allows(wanted) }, "\(wanted) by \(rules)")
            }
        }
    }

    @Test(arguments: UInt64(0)..<20) func heldRulesCoverWhatOneOfThemCovers(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var (covered, work) = (0, 0)
        for _ in 0..<40 {
            let rules = (0..<6).map { _ in Self.rule(&random) }
            let held = HeldRules(rules)
            for _ in 0..<20 {
                let other = Self.rule(&random)
                let isCovered = held.cover(other, work: &work)
                covered += isCovered ? 1 : 0
                #expect(isCovered == rules.contains { $0.covers(other) }, "\(other) by \(rules)")
            }
        }
        // The comparison must be about something.
        #expect(covered > 20)
    }

    @Test func aRuleIsComparedWithThoseThatMayCoverIt() throws {
        let held = (0..<10_000).map { PolicyRule(verbs: ["get"], groups: ["g"], resources: ["r\($0)"]) }
        let index = HeldRules(held)
        var work = 0
        for rule in held { #expect(index.cover(rule, work: &work)) }
        #expect(work == held.count)
        var wanted = held
        for place in wanted.indices { wanted[place].verbs = ["list"] }
        #expect(try RuleCoverage.missing(from: held, of: wanted).count == wanted.count)
    }

    /// Rules that the index cannot tell apart are not compared without end.
    @Test func tooManySimilarRulesAreRefused() {
        let words = (0..<200).map { "w\($0)" }
        let held = words.map { PolicyRule(verbs: ["get", $0], groups: ["g"], resources: ["r"]) }
        let wanted = words.map { PolicyRule(verbs: ["get"], groups: ["g"], resources: ["r"], names: [$0, "x"]) }
        let other = words.map { PolicyRule(verbs: ["get", "not-\($0)"], groups: ["g"], resources: ["r"]) }
        #expect((try? RuleCoverage.missing(from: held, of: wanted).isEmpty) == true)
        #expect(throws: RuleCoverage.TooManyParts.self) {
            try RuleCoverage.missing(from: held, of: other, mostWork: 10_000)
        }
    }

    @Test func manyBindingsOfOneRoleGrantItOnce() async throws {
        let fixture = try AccessFixture()
        let wanted = AccessFixture.wants("get", "pods", in: "ns")
        try await fixture.role("ns", "r", [PolicyRule(verbs: ["get"], groups: [""], resources: ["pods"])])
        for name in ["a", "b", "c"] { try await fixture.bind("ns", name, "Role", "r", [AccessFixture.user("bob")]) }
        for name in ["b", "a"] {
            try await fixture.delete(RoleResources.roleBindings, "ns", name)
            #expect(fixture.access.allows(wanted))
        }
        try await fixture.delete(RoleResources.roleBindings, "ns", "c")
        #expect(!fixture.access.allows(wanted))
    }
}
