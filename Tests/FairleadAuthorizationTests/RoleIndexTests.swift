import FairleadModel
import Testing

@testable import FairleadAuthorization

struct RoleIndexTests {
    private static let readPods = PolicyRule(verbs: ["get"], groups: [""], resources: ["pods"])

    @Test func decisionsFollowEveryCommit() async throws {
        let fixture = try AccessFixture()
        let wanted = AccessFixture.wants("get", "pods", in: "ns", name: "a")
        #expect(!fixture.access.allows(wanted))
        // The binding first: it becomes worth something once the role is there.
        try await fixture.bind("ns", "b", "Role", "r", [AccessFixture.user("bob")])
        #expect(fixture.access.decide(wanted).reason == #"RBAC: role.rbac.authorization.k8s.io "r" not found"#)
        try await fixture.role("ns", "r", [Self.readPods])
        #expect(fixture.access.allows(wanted))
        #expect(
            fixture.access.decide(wanted).reason == #"RBAC: allowed by RoleBinding "b/ns" of Role "r" to User "bob""#)
        try await fixture.role("ns", "r", [])
        #expect(!fixture.access.allows(wanted))
        try await fixture.role("ns", "r", [Self.readPods])
        #expect(fixture.access.allows(wanted))
        try await fixture.bind("ns", "b", "Role", "r", [AccessFixture.user("carol")])
        #expect(!fixture.access.allows(wanted))
        try await fixture.bind("ns", "b", "Role", "r", [AccessFixture.group("devs")])
        #expect(fixture.access.allows(wanted))
        try await fixture.delete(RoleResources.roleBindings, "ns", "b")
        #expect(!fixture.access.allows(wanted))
    }

    @Test func scopesAreKeptApart() async throws {
        let fixture = try AccessFixture()
        try await fixture.role("read", [Self.readPods])
        try await fixture.bind("ns", "b", "ClusterRole", "read", [AccessFixture.user("bob")])
        #expect(fixture.access.allows(AccessFixture.wants("get", "pods", in: "ns")))
        #expect(!fixture.access.allows(AccessFixture.wants("get", "pods", in: "other")))
        #expect(!fixture.access.allows(AccessFixture.wants("get", "pods")))
        try await fixture.bind("all", "ClusterRole", "read", [AccessFixture.user("bob")])
        #expect(fixture.access.allows(AccessFixture.wants("get", "pods", in: "other")))
        #expect(fixture.access.allows(AccessFixture.wants("get", "pods")))
    }

    @Test func accountsAreUsersOfTheirNamespace() async throws {
        let fixture = try AccessFixture()
        try await fixture.role("read", [Self.readPods])
        try await fixture.bind("ns", "own", "ClusterRole", "read", [AccessFixture.account("", "robot")])
        try await fixture.bind("all", "ClusterRole", "read", [AccessFixture.account("other", "robot")])
        let robot = { (home: String) in UserInfo(name: "system:serviceaccount:\(home):robot") }
        #expect(fixture.access.allows(AccessFixture.wants(robot("ns"), "get", "pods", in: "ns")))
        #expect(!fixture.access.allows(AccessFixture.wants(robot("ns"), "get", "pods", in: "x")))
        #expect(fixture.access.allows(AccessFixture.wants(robot("other"), "get", "pods", in: "x")))
        #expect(!fixture.access.allows(AccessFixture.wants(robot("third"), "get", "pods", in: "ns")))
    }

    @Test func mastersMayDoEverythingInEveryMode() throws {
        for mode in AccessControl.Mode.allCases {
            let fixture = try AccessFixture([mode])
            let master = UserInfo(name: "x", groups: [UserInfo.mastersGroup])
            #expect(fixture.access.allows(AccessFixture.wants(master, "dance", "anything", group: "y")))
            #expect(fixture.access.decide(AccessFixture.wants(master, "get", "pods")).reason.isEmpty)
        }
    }

    @Test func refusalsAreInKubernetesWords() throws {
        let fixture = try AccessFixture()
        let refused = AccessFixture.refusal { () throws(APIStatus) in
            try fixture.access.authorize(
                AccessFixture.wants("get", "deployments", group: "apps", subresource: "scale", in: "ns", name: "d"))
        }
        #expect(refused?.code == 403)
        #expect(
            refused?.message
                == #"deployments.apps "d" is forbidden: User "bob" cannot get resource "deployments/scale" in API group "apps" in the namespace "ns""#
        )
        let path = AccessFixture.refusal { () throws(APIStatus) in
            try fixture.access.authorize(AccessAttributes(user: AccessFixture.bob, verb: "get", path: "/metrics"))
        }
        #expect(path?.message == #"forbidden: User "bob" cannot get path "/metrics""#)
        #expect(path?.details == APIStatus.Details())
    }

    @Test func rulesAreListedWithWhatIsWrong() async throws {
        let fixture = try AccessFixture()
        try await fixture.role("read", [Self.readPods])
        try await fixture.bind("ns", "a", "ClusterRole", "gone", [AccessFixture.user("bob")])
        try await fixture.bind("ns", "b", "ClusterRole", "read", [AccessFixture.user("bob")])
        let rules = fixture.access.rules(for: AccessFixture.bob, in: "ns")
        #expect(rules.rules == [Self.readPods])
        #expect(rules.problem == #"clusterrole.rbac.authorization.k8s.io "gone" not found"#)
    }

    /// A thousand bindings in a cluster, of which a few are the user's: in a debug build, far from the 5 µs of a
    /// release.
    @Test func aThousandBindingsCostNothing() async throws {
        let fixture = try AccessFixture()
        try await fixture.role("read", [Self.readPods])
        for number in 0..<1000 {
            try await fixture.bind("b\(number)", "ClusterRole", "read", [AccessFixture.user("u\(number)")])
        }
        let wanted = AccessFixture.wants(UserInfo(name: "u500"), "get", "pods", in: "ns")
        #expect(fixture.access.allows(wanted))
        let start = ContinuousClock.now
        for _ in 0..<1000 where !fixture.access.allows(wanted) { Issue.record("refused") }
        #expect(ContinuousClock.now - start < .milliseconds(500))
    }
}
