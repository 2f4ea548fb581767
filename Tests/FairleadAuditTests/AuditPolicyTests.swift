import FairleadAuthorization
import FairleadModel
import Testing

@testable import FairleadAudit

struct AuditPolicyTests {
    private func policy(_ rules: String) throws -> AuditPolicy {
        try AuditPolicy(text: Array("apiVersion: audit.k8s.io/v1\nkind: Policy\n\(rules)".utf8))
    }

    private func wanted(
        _ verb: String = "get", _ resource: String = "pods", subresource: String = "", group: String = "",
        namespace: String = "a", name: String = "n", user: String = "u", groups: [String] = []
    ) -> AccessAttributes {
        AccessAttributes(
            user: UserInfo(name: user, groups: groups), verb: verb,
            AccessAttributes.Resource(
                group: group, version: "v1", resource: resource, subresource: subresource, namespace: namespace,
                name: name))
    }

    @Test(arguments: [
        ("users: [u]", true), ("users: [v]", false), ("userGroups: [g, h]", true), ("userGroups: [x]", false),
        ("verbs: [list, get]", true), ("verbs: [list]", false), ("namespaces: [a]", true), ("namespaces: ['']", false),
        ("resources: [{group: ''}]", true), ("resources: [{group: apps}]", false),
        ("resources: [{group: '', resources: [pods]}]", false),
        ("resources: [{group: '', resources: [pods/log]}]", true),
        ("resources: [{group: '', resources: ['*']}]", true), ("resources: [{group: '', resources: ['pods/*']}]", true),
        ("resources: [{group: '', resources: ['*/log']}]", true),
        ("resources: [{group: '', resources: ['*/exec']}]", false),
        ("resources: [{group: '', resources: ['pods/log'], resourceNames: ['n']}]", true),
        ("resources: [{group: '', resources: ['pods/log'], resourceNames: [m]}]", false),
        ("nonResourceURLs: ['*']", false), ("omitStages: []", true),
    ])
    func rulesFitLikeKubernetes(rule: String, fits: Bool) throws {
        let policy = try policy("rules:\n- level: Request\n  \(rule)\n")
        let verdict = policy.verdict(on: wanted(subresource: "log", groups: ["g"]))
        #expect(verdict.level == (fits ? .request : .none))
    }

    @Test(arguments: [
        ("/healthz", "['/healthz']", true), ("/healthz/ping", "['/healthz']", false),
        ("/healthz/ping", "['/healthz*']", true), ("/version", "['*']", true), ("/version", "['/v*']", true),
        ("/version", "['/healthz', '/version']", true),
    ])
    func pathsFitLikeKubernetes(path: String, patterns: String, fits: Bool) throws {
        let policy = try policy("rules:\n- level: Metadata\n  nonResourceURLs: \(patterns)\n")
        let verdict = policy.verdict(on: AccessAttributes(user: .anonymous, verb: "get", path: path))
        #expect(verdict.level == (fits ? .metadata : .none))
    }

    @Test func theFirstRuleThatFitsDecides() throws {
        let policy = try policy(
            """
            omitStages: [RequestReceived]
            omitManagedFields: true
            rules:
            - level: None
              resources: [{group: coordination.k8s.io, resources: [leases]}]
            - level: RequestResponse
              verbs: [create]
              omitStages: [ResponseStarted]
              omitManagedFields: false
            - level: Metadata
            """)
        #expect(policy.verdict(on: wanted("create", "leases", group: "coordination.k8s.io")).level == .none)
        #expect(
            policy.verdict(on: wanted("create"))
                == .init(level: .requestResponse, omittedStages: [.requestReceived, .responseStarted]))
        #expect(
            policy.verdict(on: wanted("get"))
                == .init(level: .metadata, omittedStages: [.requestReceived], omitsManagedFields: true))
    }

    @Test func whatNoRuleFitsIsNotWritten() throws {
        #expect(try policy("rules: [{level: Metadata, users: [x]}]").verdict(on: wanted()).level == .none)
        #expect(AuditPolicy.standard.verdict(on: wanted()).level == .metadata)
    }

    @Test(arguments: [
        ("rules:\n- level: All", #"rules[0].level: Unsupported value: "All""#),
        ("rules:\n- users: [a]", "rules[0].level: Required value"),
        ("rules:\n- level: 1", "rules[0].level: a text is wanted"),
        ("rules:\n- level: None\n- level: None\n  verbs: get", "rules[1].verbs: a list is wanted"),
        ("rules:\n- level: None\n  users: [1]", "rules[0].users[0]: a text is wanted"),
        ("rules:\n- level: None\n  nonResourceURLs: [a, '/b*c']", "rules[0].nonResourceURLs[0]"),
        ("rules:\n- level: None\n  nonResourceURLs: [/a]\n  namespaces: [b]", "cannot apply to both"),
        ("rules:\n- level: None\n  resources: [{group: apps/v1}]", "rules[0].resources.group"),
        ("rules:\n- level: None\n  resources: [{resourceNames: [a]}]", "rules[0].resources.resourceNames"),
        ("rules:\n- level: None\n  resources: [pods]", "rules[0].resources[0]: an object is wanted"),
        ("rules:\n- level: None\nomitStages: [Later]", "omitStages[0]"),
        ("rules:\n- level: None\nomitManagedFields: maybe", "omitManagedFields: true or false is wanted"),
        ("rules:\n- level: None\n  nonresourceurls: [/a]", #"unknown field "rules[0].nonresourceurls""#),
        ("rules: []", "0 rules"), ("rules: {}", "rules: a list is wanted"),
    ])
    func badPoliciesNameTheField(rules: String, words: String) throws {
        let problem = #expect(throws: AuditProblem.self) { try policy(rules) }
        #expect(problem?.description.contains(words) == true, "\(problem?.description ?? "")")
    }

    @Test(arguments: ["", "a", "[]", "kind: Policy", "apiVersion: audit.k8s.io/v1beta1\nkind: Policy\nrules: []", "{"])
    func whatIsNoPolicyIsRefused(text: String) {
        #expect(throws: AuditProblem.self) { try AuditPolicy(text: Array(text.utf8)) }
    }
}
