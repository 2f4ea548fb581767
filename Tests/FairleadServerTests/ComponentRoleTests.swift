import FairleadAPI
import FairleadAdmission
import FairleadAuthorization
import FairleadClient
import FairleadHTTP
import FairleadModel
import FairleadStorage
import Logging
import Synchronization
import Testing

@testable import FairleadServer

/// The default roles, held to what our own controllers do with them.
struct ComponentRoleTests {
    /// What the parts of the program have asked for.
    private final class Record: Sendable {
        private let requests = Mutex<Set<AccessAttributes>>([])
        func add(_ request: AccessAttributes) { requests.withLock { _ = $0.insert(request) } }
        var all: Set<AccessAttributes> { requests.withLock { $0 } }
    }

    /// Controllers of our own, which a real cluster does not have, and what they may do besides.
    private static let ownRights: [String: [PolicyRule]] = [
        // The explanations of Services are events on them.
        "system:kube-controller-manager": [
            PolicyRule(verbs: ["*"], groups: [""], resources: ["secrets", "serviceaccounts"])
        ],
        // Simulated nodes say why they are down, and the scheduler's part of pods is theirs.
        "system:kube-scheduler": [],
    ]

    private static let jobs = GroupVersionResource(group: "batch", version: "v1", resource: "jobs")
    private static let cronJobs = GroupVersionResource(group: "batch", version: "v1", resource: "cronjobs")
    private static let budgets = GroupVersionResource(group: "policy", version: "v1", resource: "poddisruptionbudgets")

    @Test func everyControllerActsWithinItsRole() async throws {
        let fixture = try ControlPlaneFixture()
        let record = Record()
        var client = LoopbackClient(api: fixture.api, identity: .controllerManager)
        client.onRequest = { record.add($0) }
        var machines = LoopbackClient(api: fixture.api, manager: "kubelet", identity: .kubelet)
        machines.onRequest = { record.add($0) }
        var configuration = ServerConfiguration(
            listen: [], data: .memory, serviceClusterIPRanges: [try #require(CIDR("10.96.0.0/16"))],
            loadBalancerPools: [], podCIDRs: [try #require(CIDR("10.244.0.0/16"))])
        configuration.nodes = 1
        let plane = ControlPlane(
            client: client, machines: machines, resources: fixture.api.kinds.resources, bootstrap: fixture.bootstrap,
            configuration: configuration,
            identity: try ClusterIdentity(configuration, environment: .live, logger: Logger(label: "identity")),
            environment: .live, policies: PolicyTypeCheck(fixture.api))
        try await fixture.bootstrap.run { what, refusal in Issue.record("\(what): \(refusal.message)") }
        try await DefaultRoleInstaller(api: fixture.api).install()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await plane.run(ControllerLiveness()) }
            await workload(fixture)
            group.cancelAll()
        }
        check(record.all, AccessControl([.node, .rbac], store: fixture.api.store))
        await fixture.api.store.close()
    }

    /// Makes work for as many controllers as there are.
    private func workload(_ fixture: ControlPlaneFixture) async {
        let template: Value = [
            "metadata": ["labels": ["app": "web"]],
            "spec": ["containers": [["name": "c", "image": "nginx"]]],
        ]
        let selector: Value = ["matchLabels": ["app": "web"]]
        let job: Value = [
            "template": [
                "spec": ["restartPolicy": "Never", "containers": [["name": "c", "image": "busybox"]]]
            ]
        ]
        let objects: [(GroupVersionResource, Value)] = [
            (.services, ["metadata": ["name": "web"], "spec": ["selector": ["app": "web"], "ports": [["port": 80]]]]),
            (
                .deployments,
                ["metadata": ["name": "d"], "spec": ["replicas": 2, "selector": selector, "template": template]]
            ),
            (
                .statefulSets,
                [
                    "metadata": ["name": "s"],
                    "spec": ["serviceName": "web", "selector": selector, "template": template],
                ]
            ),
            (.daemonSets, ["metadata": ["name": "a"], "spec": ["selector": selector, "template": template]]),
            (Self.jobs, ["metadata": ["name": "j"], "spec": job]),
            (
                Self.cronJobs,
                ["metadata": ["name": "c"], "spec": ["schedule": "* * * * *", "jobTemplate": ["spec": job]]]
            ),
            (
                Self.budgets,
                ["metadata": ["name": "b"], "spec": ["minAvailable": 1, "selector": selector]]
            ),
        ]
        await eventually { fixture.object(.serviceAccounts, "default", namespace: "default") != nil }
        for (resource, object) in objects {
            do throws(APIStatus) {
                _ = try await fixture.client.create(resource, namespace: "default", object)
            } catch {
                Issue.record("\(resource): \(error.message)")
            }
        }
        await eventually {
            fixture.object(.deployments, "d", namespace: "default")?.at("status", "availableReplicas") == 2
        }
        do throws(APIStatus) {
            for (resource, object) in objects {
                try await fixture.client.delete(
                    resource, namespace: "default", name: object.name, options: DeleteOptions())
            }
            _ = try await fixture.client.create(.namespaces, namespace: "", ["metadata": ["name": "gone"]])
            try await fixture.client.delete(.namespaces, namespace: "", name: "gone", options: DeleteOptions())
        } catch {
            Issue.record("\(error.message)")
        }
        await eventually { fixture.object(.namespaces, "gone") == nil }
        // A Job's pods stay: batch/v1 deletes none of them unless it is asked to.
        await eventually { fixture.objects(.pods, namespace: "default").allSatisfy { $0.name.hasPrefix("j-") } }
    }

    private func eventually(_ condition: () -> Bool) async {
        for _ in 0..<3600 {
            if condition() { return }
            // Cancelled: the conditions are looked at once more, and that is all.
            try? await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("it takes more than three minutes")
    }

    private func check(_ requests: Set<AccessAttributes>, _ access: AccessControl) {
        #expect(requests.count > 30)
        var refused: Set<String> = []
        for request in requests {
            // Our controllers patch where Kubernetes' update.
            var forms = [request]
            if request.verb == "patch" {
                forms.append(request)
                forms[1].verb = "update"
            }
            let own = Self.ownRights[request.user.name] ?? []
            if forms.contains(where: { form in access.allows(form) || own.contains { $0.allows(form) } }) { continue }
            refused.insert(request.forbidden("").message)
        }
        #expect(refused.isEmpty, "\(refused.sorted().joined(separator: "\n"))")
    }
}
