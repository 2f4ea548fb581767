import FairleadModel
import Testing

@testable import FairleadAuthorization

/// Random roles, bindings, changes and requests, decided by the index and by a second, simple reading of the rules.
struct RandomAccessTests {
    private struct Dice {
        private var state: UInt64
        init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

        mutating func roll(_ sides: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(sides))
        }

        mutating func one(_ words: [String]) -> String { words[roll(words.count)] }
        mutating func some(_ words: [String]) -> [String] { (0...roll(2)).map { _ in one(words) } }
    }

    private static let verbs = ["get", "list", "create", "*"]
    private static let groups = ["", "apps", "*"]
    private static let resources = ["pods", "pods/log", "*/scale", "deployments", "deployments/scale", "*"]
    private static let names = ["a", "b"]
    private static let urls = ["/x", "/x/*", "/y", "*"]
    private static let users = ["bob", "carol", "system:serviceaccount:n1:robot"]
    private static let teams = ["devs", "ops"]
    private static let namespaces = ["n1", "n2"]

    /// What the API documentation says, word for word and without any index.
    private struct Reading {
        var roles: [String: [PolicyRule]] = [:]
        var bindings: [String: (namespace: String, role: String, subjects: [Value])] = [:]

        func allows(_ wanted: AccessAttributes) -> Bool {
            bindings.values.contains { binding in
                guard binding.namespace.isEmpty || binding.namespace == wanted.namespace else { return false }
                guard binding.subjects.contains(where: { names($0, wanted.user, binding.namespace) }) else {
                    return false
                }
                return (roles[binding.role] ?? []).contains { allows($0, wanted) }
            }
        }

        private func names(_ subject: Value, _ user: UserInfo, _ namespace: String) -> Bool {
            switch subject.kind {
            case "User": return subject.text("name") == user.name
            case "Group": return user.groups.contains(subject.text("name"))
            default:
                let own = subject.text("namespace").isEmpty ? namespace : subject.text("namespace")
                return user.name == "system:serviceaccount:\(own):\(subject.text("name"))" && !own.isEmpty
            }
        }

        private func allows(_ rule: PolicyRule, _ wanted: AccessAttributes) -> Bool {
            guard rule.verbs.contains("*") || rule.verbs.contains(wanted.verb) else { return false }
            switch wanted.target {
            case .path(let path):
                return rule.urls.contains { url in
                    url == path || url == "*" || url.hasSuffix("*") && path.hasPrefix(String(url.dropLast()))
                }
            case .resource(let resource):
                let sub = resource.subresource
                let whole = sub.isEmpty ? resource.resource : resource.resource + "/" + sub
                let fits = rule.resources.contains { pattern in
                    pattern == "*" || pattern == whole
                        || !resource.subresource.isEmpty && pattern == "*/" + resource.subresource
                }
                return fits && (rule.groups.contains("*") || rule.groups.contains(resource.group))
                    && (rule.names.isEmpty || rule.names.contains(resource.name))
            }
        }
    }

    @Test(arguments: 0..<8) func theIndexAgreesWithASecondReading(seed: Int) async throws {
        var dice = Dice(UInt64(seed + 1))
        let fixture = try AccessFixture()
        var reading = Reading()
        var allowed = 0
        for _ in 0..<120 {
            try await change(&dice, fixture, &reading)
            for _ in 0..<12 {
                let wanted = request(&dice)
                let expected = reading.allows(wanted)
                allowed += expected ? 1 : 0
                #expect(fixture.access.allows(wanted) == expected, "\(wanted)")
                #expect(fixture.access.decide(wanted).isAllowed == expected, "\(wanted)")
            }
        }
        // The comparison must be about something.
        #expect(allowed > 20)
    }

    private func change(_ dice: inout Dice, _ fixture: AccessFixture, _ reading: inout Reading) async throws {
        let namespace = dice.roll(2) == 0 ? "" : dice.one(Self.namespaces)
        let name = "r\(dice.roll(4))"
        switch dice.roll(6) {
        case 0:
            reading.roles[namespace + "/" + name] = nil
            try await fixture.delete(
                namespace.isEmpty ? RoleResources.clusterRoles : RoleResources.roles, namespace, name)
        case 1, 2:
            let rules = (0...dice.roll(2)).map { _ in rule(&dice) }
            reading.roles[namespace + "/" + name] = rules
            try await fixture.role(namespace, name, rules)
        case 3:
            reading.bindings[namespace + "/" + name] = nil
            try await fixture.delete(
                namespace.isEmpty ? RoleResources.clusterRoleBindings : RoleResources.roleBindings, namespace, name)
        default:
            let isRole = !namespace.isEmpty && dice.roll(2) == 0
            let role = "r\(dice.roll(4))"
            let subjects = (0...dice.roll(2)).map { _ in subject(&dice) }
            reading.bindings[namespace + "/" + name] = (namespace, (isRole ? namespace : "") + "/" + role, subjects)
            try await fixture.bind(namespace, name, isRole ? "Role" : "ClusterRole", role, subjects)
        }
    }

    private func rule(_ dice: inout Dice) -> PolicyRule {
        if dice.roll(4) == 0 { return PolicyRule(verbs: dice.some(Self.verbs), urls: dice.some(Self.urls)) }
        return PolicyRule(
            verbs: dice.some(Self.verbs), groups: dice.some(Self.groups), resources: dice.some(Self.resources),
            names: dice.roll(3) == 0 ? dice.some(Self.names) : [])
    }

    private func subject(_ dice: inout Dice) -> Value {
        switch dice.roll(4) {
        case 0: AccessFixture.group(dice.one(Self.teams))
        case 1: AccessFixture.account(dice.roll(2) == 0 ? "" : "n1", "robot")
        default: AccessFixture.user(dice.one(Self.users))
        }
    }

    private func request(_ dice: inout Dice) -> AccessAttributes {
        let user = UserInfo(name: dice.one(Self.users), groups: dice.roll(2) == 0 ? [] : [dice.one(Self.teams)])
        let verb = dice.one(["get", "list", "create", "delete"])
        if dice.roll(5) == 0 { return AccessAttributes(user: user, verb: verb, path: dice.one(["/x", "/x/y", "/z"])) }
        return AccessFixture.wants(
            user, verb, dice.one(["pods", "deployments"]), group: dice.one(["", "apps"]),
            subresource: dice.one(["", "log", "scale"]), in: dice.one(["", "n1", "n2"]), name: dice.one(["", "a", "b"]))
    }
}
