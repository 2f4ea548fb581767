import FairleadAuthorization
import FairleadModel
import FairleadStorage
import HTTPTypes
import Testing

@testable import FairleadAPI
@testable import FairleadAccess
@testable import FairleadDiscovery

/// Authorization as clients meet it: who may do what, and as whom.
struct AccessTests {
    private let fixture: APIFixture
    private let pipeline: Pipeline

    init() async throws {
        fixture = try await APIFixture()
        let access = AccessControl([.rbac], store: fixture.store)
        var api = fixture.api
        api.admission = [GuardedWrites.escalation(access)]
        pipeline = Pipeline(
            api: api, documents: DiscoveryEndpoint(kinds: api.kinds, registry: api.types),
            operations: OperationsEndpoint(live: [], ready: [], metrics: { "figures" }), access: access)
        try await api.seed(DefaultRoles.objects, version: "v1", manager: "kube-apiserver")
    }

    private func send(
        _ method: String, _ path: String, _ query: String = "", as user: String? = "bob", groups: [String] = [],
        body: Value? = nil, type: String = "application/json"
    ) async throws -> APIFixture.Answer {
        var request = APIFixture.request(method, path, query, body: body, type: type)
        if let user { request.headers.append((name: "impersonate-USER", value: user)) }
        if method == "PATCH" { request.headers[0].value = "application/apply-patch+yaml" }
        for group in groups { request.headers.append((name: "Impersonate-Group", value: group)) }
        return try await fixture.finish(pipeline.handle(request))
    }

    private static let roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/ns/roles"
    private static let bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/ns/rolebindings"

    private func grant(_ name: String, _ rules: [PolicyRule], to user: String = "bob") async throws {
        let role = try await send(
            "POST", Self.roles, as: nil,
            body: ["metadata": ["name": .string(name)], "rules": .array(rules.map(\.value))])
        #expect(role.status == 201, "\(role.message)")
        let binding = try await send(
            "POST", Self.bindings, as: nil,
            body: [
                "metadata": ["name": .string(name)], "subjects": [["kind": "User", "name": .string(user)]],
                "roleRef": [
                    "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": .string(name),
                ],
            ])
        #expect(binding.status == 201, "\(binding.message)")
    }

    @Test func theOwnerOfThePortIsTheAdministrator() async throws {
        #expect(try await send("GET", "/api/v1/nodes", as: nil).status == 200)
        #expect(try await send("GET", "/metrics", as: nil).text == "figures")
    }

    @Test func othersMayDoWhatTheirRolesSay() async throws {
        #expect(try await send("GET", APIFixture.configMaps).status == 403)
        try await grant("r", [PolicyRule(verbs: ["list"], groups: [""], resources: ["configmaps"])])
        #expect(try await send("GET", APIFixture.configMaps).status == 200)
        #expect(try await send("GET", APIFixture.configMaps, "watch=1").status == 403)
        #expect(try await send("GET", APIFixture.configMaps + "/a").status == 403)
        #expect(try await send("GET", APIFixture.configMaps, as: "carol").status == 403)
        #expect(try await send("GET", "/api/v1/configmaps").status == 403)
    }

    /// What an apply or a PUT makes anew is created, and that takes the right to create.
    @Test func appliesThatCreateNeedTheRightToCreate() async throws {
        try await grant(
            "w", [PolicyRule(verbs: ["patch", "update"], groups: [""], resources: ["configmaps", "services"])])
        func apply() async throws -> APIFixture.Answer {
            try await send(
                "PATCH", APIFixture.configMaps + "/a", "fieldManager=m",
                body: ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a"], "data": ["x": "y"]],
                type: "application/apply-patch+yaml")
        }
        func put() async throws -> APIFixture.Answer {
            try await send(
                "PUT", "/api/v1/namespaces/ns/services/s",
                body: ["metadata": ["name": "s"], "spec": ["ports": [["port": 80]]]])
        }
        for answer in [try await apply(), try await put()] {
            #expect(answer.status == 403 && answer.message.hasSuffix(" is forbidden: "), "\(answer.message)")
        }
        try await grant("c", [PolicyRule(verbs: ["create"], groups: [""], resources: ["configmaps", "services"])])
        #expect(try await apply().status == 201)
        #expect(try await put().status == 201)
        #expect(try await apply().status == 200)
    }

    /// A permission comes before existence: who may not ask does not learn what there is.
    @Test func unknownResourcesAreForbiddenToo() async throws {
        let answer = try await send("GET", "/apis/none.example/v1/namespaces/ns/things/a")
        #expect(answer.status == 403)
        #expect(answer.body.at("details", "kind") == "things")
        #expect(
            answer.message
                == #"things.none.example "a" is forbidden: User "bob" cannot get resource "things" in API group "none.example" in the namespace "ns""#
        )
    }

    @Test(arguments: [
        ("GET", "/api/v1/namespaces/x", "", #"cannot get resource "namespaces" in API group "" in the namespace "x""#),
        (
            "PUT", "/api/v1/namespaces/x/finalize", "",
            #"cannot update resource "namespaces/finalize" in API group "" in the namespace "x""#
        ),
        ("DELETE", APIFixture.pods, "", #"cannot deletecollection resource "pods""#),
        ("GET", APIFixture.pods, "watch=true", #"cannot watch resource "pods""#),
        ("GET", "/api/v1/watch/namespaces/ns/pods/a", "", #"pods "a" is forbidden: User "bob" cannot watch"#),
        ("GET", APIFixture.pods, "fieldSelector=metadata.name%3Da", #"pods "a" is forbidden: User "bob" cannot list"#),
        ("GET", APIFixture.pods, "fieldSelector=metadata.name!%3Da", #"pods is forbidden: User "bob" cannot list"#),
        ("DELETE", APIFixture.pods, "fieldSelector=metadata.name%3Da", #"pods is forbidden: User "bob" cannot delete"#),
        ("POST", APIFixture.pods + "/a/exec", "", #"cannot create resource "pods/exec""#),
        ("GET", APIFixture.pods + "/a/proxy/x/y", "", #"cannot get resource "pods/proxy""#),
        ("PATCH", APIFixture.pods + "/a/status", "", #"cannot patch resource "pods/status""#),
        ("POST", "/metrics", "", #"forbidden: User "bob" cannot post path "/metrics""#),
        ("GET", "/lo%67s", "", #"forbidden: User "bob" cannot get path "/logs""#),
    ])
    func requestsAreReadAsKubernetesReadsThem(method: String, path: String, query: String, part: String) async throws {
        let answer = try await send(method, path, query)
        #expect(answer.status == 403)
        #expect(answer.message.contains(part), "\(answer.message)")
    }

    @Test func everybodyWithCredentialsMayDiscover() async throws {
        #expect(try await send("GET", "/apis").status == 200)
        #expect(try await send("GET", "/apis/none.example").status == 404)
        #expect(try await send("GET", "/apis", as: "system:anonymous").status == 403)
        #expect(try await send("GET", "/version", as: "system:anonymous").status == 200)
    }

    @Test func aWebSocketNeedsMoreThanGet() async throws {
        try await grant("r", [PolicyRule(verbs: ["get"], groups: [""], resources: ["pods/exec"])])
        let answer = try await send("GET", APIFixture.pods + "/a/exec")
        #expect(answer.status == 403)
        #expect(answer.message.contains(#"cannot create resource "pods/exec""#))
    }

    /// A PUT or an apply that creates needs the right to create, whatever the right to update.
    @Test(arguments: [
        ("PATCH", "", "ConfigMap", "v1", "configmaps"),
        ("PUT", "coordination.k8s.io", "Lease", "coordination.k8s.io/v1", "leases"),
    ])
    func updatesThatCreateNeedCreate(
        method: String, group: String, kind: String, version: String, resource: String
    ) async throws {
        let rule = PolicyRule(verbs: ["update", "patch"], groups: [group], resources: [resource])
        try await grant("r", [rule])
        let path = "/\(group.isEmpty ? "api" : "apis")/\(version)/namespaces/ns/\(resource)/new"
        let object: Value = [
            "apiVersion": .string(version), "kind": .string(kind), "metadata": ["name": "new"],
        ]
        for dryRun in ["", "&dryRun=All"] {
            let refused = try await send(method, path, "fieldManager=t" + dryRun, body: object)
            #expect(refused.status == 403)
            #expect(refused.message.hasSuffix(#""new" is forbidden: "#))
            #expect(try await send("GET", path, as: nil).status == 404)
        }
        try await grant("c", [PolicyRule(verbs: ["create"], groups: [group], resources: [resource])])
        #expect(try await send(method, path, "fieldManager=t", body: object).status == 201)
    }

    @Test func rolesAreNotABackDoor() async throws {
        try await grant(
            "r", [PolicyRule(verbs: ["create", "patch"], groups: ["rbac.authorization.k8s.io"], resources: ["*"])])
        let wide: Value = [
            "metadata": ["name": "more"], "rules": [["verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]]],
        ]
        let refused = try await send("POST", Self.roles, body: wide)
        #expect(refused.status == 403)
        #expect(refused.message.contains(#"{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}"#))
        let bound = try await send(
            "POST", Self.bindings,
            body: [
                "metadata": ["name": "admin"], "subjects": [["kind": "User", "name": "bob"]],
                "roleRef": [
                    "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin",
                ],
            ])
        #expect(bound.status == 403)
        #expect(bound.message.contains(#"{NonResourceURLs:["*"], Verbs:["*"]}"#))
    }

    @Test func reviewsAnswerFromTheAuthorizer() async throws {
        let review: Value = [
            "spec": ["user": "bob", "resourceAttributes": ["namespace": "ns", "verb": "list", "resource": "pods"]]
        ]
        let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        #expect(try await send("POST", path, as: nil, body: review).body["status"] == ["allowed": false])
        try await grant("r", [PolicyRule(verbs: ["list"], groups: [""], resources: ["pods"])])
        #expect(
            try await send("POST", path, as: nil, body: review).body["status"] == [
                "allowed": true, "reason": #"RBAC: allowed by RoleBinding "r/ns" of Role "r" to User "bob""#,
            ])
        #expect(try await send("POST", path, body: review).status == 403)
        let own = try await send(
            "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            body: ["spec": ["resourceAttributes": ["namespace": "ns", "verb": "get", "resource": "pods"]]])
        #expect(own.body["status"] == ["allowed": false])
        let rules = try await send(
            "POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", body: ["spec": ["namespace": "ns"]])
        #expect(
            rules.body.items("status", "resourceRules").contains([
                "verbs": ["list"], "apiGroups": [""], "resources": ["pods"],
            ]))
    }

    @Test func seedingTwiceWritesOnce() async throws {
        let before = fixture.store.current.revision
        try await fixture.api.seed(DefaultRoles.objects, version: "v1", manager: "kube-apiserver")
        #expect(fixture.store.current.revision == before)
        let role = try await send("GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:basic-user", as: nil)
        #expect(role.body.items("metadata", "managedFields").first?.text("manager") == "kube-apiserver")
    }
}
