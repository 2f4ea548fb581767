import FairleadModel
import Testing

@testable import FairleadAuthorization

struct ImpersonationTests {
    private static let robot = UserInfo(name: "robot")
    private static let asked = AccessFixture.wants(robot, "list", "pods", in: "ns")

    private func user(
        _ fixture: AccessFixture, _ headers: [(name: String, value: String)], _ wanted: AccessAttributes = asked
    ) throws(APIStatus) -> UserInfo {
        try fixture.access.impersonated(by: wanted.user, headers, wanted)
    }

    private func message(
        _ fixture: AccessFixture, _ headers: [(name: String, value: String)], _ wanted: AccessAttributes = asked
    ) -> String {
        AccessFixture.refusal { () throws(APIStatus) in _ = try user(fixture, headers, wanted) }?.message ?? ""
    }

    private func fixture(_ rules: [PolicyRule]) async throws -> AccessFixture {
        let fixture = try AccessFixture()
        try await fixture.role("i", rules)
        try await fixture.bind("i", "ClusterRole", "i", [AccessFixture.user("robot")])
        return fixture
    }

    @Test func withoutHeadersOneIsOneself() async throws {
        let fixture = try AccessFixture()
        #expect(try user(fixture, [("Accept", "x"), ("Impersonate-User", "")]) == Self.robot)
        #expect(try user(fixture, [("Impersonate", "x"), ("impersonate-", "y")]) == Self.robot)
    }

    @Test(arguments: [
        ([("Impersonate-Group", "g")], #"Groups:[]string{"g"}, Extra:map[string][]string(nil)}"#),
        ([("IMPERSONATE-UID", "u")], #"UID:"u", Groups:[]string(nil), Extra:map[string][]string(nil)}"#),
        (
            [("Impersonate-Extra-a%2Fb", "x"), ("impersonate-extra-A%2fb", "y")],
            #"Extra:map[string][]string{"a/b":[]string{"x", "y"}}}"#
        ),
    ])
    func otherHeadersNeedTheName(headers: [(String, String)], part: String) throws {
        let fixture = try AccessFixture([.alwaysAllow])
        let message = message(fixture, headers.map { (name: $0.0, value: $0.1) })
        #expect(message.hasPrefix(#"requested &user.DefaultInfo{Name:"", "#))
        #expect(message.contains(part), "\(message)")
        #expect(message.hasSuffix(" without impersonating a user name"))
    }

    @Test func theOldVerbAllowsPartByPart() async throws {
        let fixture = try await fixture([
            PolicyRule(verbs: ["impersonate"], groups: [""], resources: ["users"], names: ["alice"]),
            PolicyRule(verbs: ["impersonate"], groups: [""], resources: ["groups"], names: ["devs"]),
            PolicyRule(
                verbs: ["impersonate"], groups: ["authentication.k8s.io"], resources: ["userextras/scopes"],
                names: ["view"]),
        ])
        #expect(
            try user(fixture, [("Impersonate-User", "alice"), ("Impersonate-Group", "devs")])
                == UserInfo(name: "alice", groups: ["devs", "system:authenticated"]))
        #expect(
            try user(fixture, [("impersonate-user", "alice"), ("Impersonate-Extra-Scopes", "view")]).extra
                == ["scopes": ["view"]])
        // Since it has worked, refusals are those of this verb.
        #expect(
            message(fixture, [("Impersonate-User", "carol")])
                == #"users "carol" is forbidden: User "robot" cannot impersonate resource "users" in API group "" at the cluster scope"#
        )
        #expect(
            message(fixture, [("Impersonate-User", "alice"), ("Impersonate-Extra-Scopes", "edit")])
                == #"userextras.authentication.k8s.io "edit" is forbidden: User "robot" cannot impersonate resource "userextras/scopes" in API group "authentication.k8s.io" at the cluster scope"#
        )
        // Of two names, the first counts.
        #expect(message(fixture, [("Impersonate-User", "carol"), ("Impersonate-User", "alice")]) != "")
    }

    @Test func narrowVerbsAllowRequestByRequest() async throws {
        let fixture = try await fixture([
            PolicyRule(
                verbs: ["impersonate:user-info"], groups: ["authentication.k8s.io"], resources: ["users"],
                names: ["alice"]),
            PolicyRule(verbs: ["impersonate-on:user-info:list"], groups: [""], resources: ["pods"]),
        ])
        let headers = [(name: "Impersonate-User", value: "alice")]
        #expect(try user(fixture, headers).name == "alice")
        var other = Self.asked
        other.verb = "get"
        #expect(
            message(fixture, headers, other)
                == #"pods is forbidden: User "robot" cannot impersonate-on:user-info:get resource "pods" in API group "" in the namespace "ns""#
        )
        let masters = headers + [(name: "Impersonate-Group", value: "system:masters")]
        #expect(message(fixture, masters).contains("not allowed"))
    }

    @Test func groupsOfAccountsAndNodesAreKnown() async throws {
        let fixture = try AccessFixture([.alwaysAllow])
        let account = try user(fixture, [("Impersonate-User", "system:serviceaccount:ns:x")])
        #expect(account.groups == ["system:serviceaccounts", "system:serviceaccounts:ns", "system:authenticated"])
        #expect(
            try user(fixture, [("Impersonate-User", "system:node:n1")]).groups == [
                "system:nodes", "system:authenticated",
            ])
        #expect(
            try user(fixture, [("Impersonate-User", "system:anonymous")]).groups == ["system:unauthenticated"])
    }

    @Test func anAgentMayBeItsOwnNode() async throws {
        let fixture = try AccessFixture()
        try await fixture.role(
            "i",
            [
                PolicyRule(
                    verbs: ["impersonate:associated-node"], groups: ["authentication.k8s.io"], resources: ["nodes"]),
                PolicyRule(verbs: ["impersonate-on:associated-node:list"], groups: [""], resources: ["pods"]),
            ])
        let agent = UserInfo(
            name: "system:serviceaccount:ns:agent", extra: ["authentication.kubernetes.io/node-name": ["n1"]])
        try await fixture.bind("i", "ClusterRole", "i", [AccessFixture.account("ns", "agent")])
        var asked = Self.asked
        asked.user = agent
        #expect(try user(fixture, [("Impersonate-User", "system:node:n1")], asked).name == "system:node:n1")
        #expect(message(fixture, [("Impersonate-User", "system:node:n2")], asked) != "")
    }
}
