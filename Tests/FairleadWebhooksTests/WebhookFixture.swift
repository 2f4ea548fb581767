import FairleadAPI
import FairleadExpressions
import FairleadKinds
import FairleadModel
import FairleadSchema
import FairleadStorage

@testable import FairleadWebhooks

/// The API with webhooks, over a store in memory.
struct WebhookFixture {
    let api: API
    private let https = WebhookHTTPClient()

    private static let types = Result { try TypeRegistry.builtIn() }
    static let admission = "admissionregistration.k8s.io"

    init() async throws {
        let types = try Self.types.get()
        let store = try Store.open(engine: MemoryEngine())
        let caller = WebhookCaller(https: https, pods: nil)
        var api = API(
            store: store, types: types, kinds: KindRegistry(catalog: CustomKinds(store: store, types: types)),
            configuration: APIConfiguration(serviceClusterIPRanges: [CIDR("10.96.0.0/16")].compactMap { $0 }),
            environment: .live)
        api.admission = [
            WebhookAdmission(caller: caller) { user, question in
                RuleDecision(isAllowed: user.name == "alice" && question.verb == "own")
            }
        ]
        api.converter = ConversionWebhook(caller: caller, environment: .live)
        self.api = api
        try await create(
            "namespaces",
            [
                "kind": "Namespace", "apiVersion": "v1",
                "metadata": ["name": "ns", "labels": ["kubernetes.io/metadata.name": "ns"]],
                "spec": ["finalizers": ["kubernetes"]], "status": ["phase": "Active"],
            ], as: nil)
    }

    func close() async { await https.shutdown() }

    struct Missing: Error {}

    func kind(_ resource: String, group: String = "", version: String = "v1") throws -> Kind {
        let resource = GroupVersionResource(group: group, version: version, resource: resource)
        guard let kind = api.kinds.kind(resource) else { throw Missing() }
        return kind
    }

    /// - Parameter requester: nil to create it without asking anybody.
    @discardableResult
    func create(
        _ resource: String, group: String = "", version: String = "v1", _ object: Value,
        as requester: Requester? = Requester(UserInfo(name: "alice", groups: ["devs"])), isDryRun: Bool = false
    ) async throws -> Value {
        let kind = try kind(resource, group: group, version: version)
        var options = WriteOptions(isDryRun: isDryRun, fieldManager: "test")
        options.requester = requester
        return try await api.create(
            kind, namespace: kind.info.isNamespaced ? "ns" : "", try api.normalized(object, as: kind), options: options
        ).object
    }

    func configMap(_ name: String, labels: Object = [:], data: Object = ["k": "v"]) -> Value {
        [
            "kind": "ConfigMap", "apiVersion": "v1",
            "metadata": ["name": .string(name), "labels": .object(labels)], "data": .object(data),
        ]
    }

    /// Registers webhooks for ConfigMaps.
    ///
    /// - Parameter hooks: what each has besides, and instead of, what all have.
    func register(_ kind: String, _ server: WebhookServer?, _ hooks: [Object]) async throws {
        let webhooks = hooks.enumerated().map { index, hook -> Value in
            var all: Object = [
                "name": .string("h\(index).example.com"),
                "clientConfig": [
                    "url": .string((server?.url ?? "https://127.0.0.1:1") + "/\(index)"),
                    "caBundle": .string(WebhookCertificate.authorities),
                ],
                "rules": [
                    [
                        "operations": ["CREATE", "UPDATE", "DELETE"], "apiGroups": [""], "apiVersions": ["v1"],
                        "resources": ["configmaps"],
                    ]
                ], "admissionReviewVersions": ["v1"], "sideEffects": "None",
            ]
            for (key, value) in hook { all[key] = value }
            return .object(all)
        }
        try await create(
            kind.lowercased() + "s", group: Self.admission,
            [
                "kind": .string(kind), "apiVersion": "admissionregistration.k8s.io/v1", "metadata": ["name": "w"],
                "webhooks": .array(webhooks),
            ])
    }
}
