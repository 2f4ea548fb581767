import FairleadModel
import Testing

@testable import FairleadControllers

@Suite struct ResourceQuotaTests {
    private static let pods = GroupResource(group: "", resource: "pods")

    private func quota(_ hard: Value, spec: Value = .object([:]), status: Value? = nil) -> Quota {
        var object: Value = ["metadata": ["name": "q", "namespace": "n"], "spec": spec]
        object.set(hard, at: "spec", "hard")
        object["status"] = status
        return Quota(object)
    }

    private func pod(_ containers: [Value], phase: String = "Running", more: Value = .object([:])) -> Value {
        var spec = more
        spec["containers"] = .array(containers)
        return ["metadata": ["name": "p", "namespace": "n"], "spec": spec, "status": ["phase": .string(phase)]]
    }

    private func container(_ requests: Value, _ limits: Value = .object([:])) -> Value {
        ["name": "c", "resources": ["requests": requests, "limits": limits]]
    }

    @Test func aPodTakesTheGreaterOfItsContainersAndItsInitContainers() {
        let more: Value = [
            "initContainers": [
                container(["cpu": "3"]),
                ["name": "s", "restartPolicy": "Always", "resources": ["requests": ["cpu": "1"]]],
                container(["cpu": "1500m"]),
            ],
            "overhead": ["cpu": "100m"],
        ]
        let taken = QuotaUsage.of(
            pod([container(["cpu": "500m"]), container(["cpu": "1", "example.com/gpu": "2"])], more: more), Self.pods)
        #expect(taken["cpu"]?.description == "3100m")
        #expect(taken["requests.cpu"] == taken["cpu"])
        #expect(taken["requests.example.com/gpu"]?.value == 2)
        #expect(taken["pods"]?.value == 1 && taken["count/pods"]?.value == 1)
    }

    @Test func aFinishedPodTakesNothingButItsPlace() {
        let taken = QuotaUsage.of(pod([container(["cpu": "1"])], phase: "Succeeded"), Self.pods)
        #expect(taken.names == ["count/pods"])
    }

    private static let services: [(spec: Value, nodePorts: Int64, balancers: Int64)] = [
        (["type": "ClusterIP", "ports": [["port": 1]]], 0, 0),
        (["type": "NodePort", "ports": [["port": 1], ["port": 2]]], 2, 0),
        (["type": "LoadBalancer", "ports": [["port": 1], ["port": 2]]], 2, 1),
        (
            [
                "type": "LoadBalancer", "allocateLoadBalancerNodePorts": false,
                "ports": [["port": 1, "nodePort": 30001], ["port": 2]],
            ], 1, 1
        ),
    ]

    @Test(arguments: services.indices)
    func aServiceTakesNodePortsAndLoadBalancers(index: Int) {
        let wanted = Self.services[index]
        let taken = QuotaUsage.of(["spec": wanted.spec], GroupResource(group: "", resource: "services"))
        #expect(taken["services.nodeports"]?.value == wanted.nodePorts)
        #expect(taken["services.loadbalancers"]?.value == wanted.balancers)
        #expect(taken["services"]?.value == 1)
    }

    @Test func anyKindCanBeCounted() {
        let resource = GroupResource(group: "apps", resource: "deployments")
        #expect(QuotaUsage.of(.object([:]), resource).names == ["count/deployments.apps"])
        #expect(QuotaUsage.matching(["pods", "count/deployments.apps"], resource) == ["count/deployments.apps"])
    }

    @Test(arguments: [
        ("BestEffort", false, true), ("NotBestEffort", true, false), ("Terminating", false, false),
        ("NotTerminating", true, true),
    ])
    func scopesTellPodsApart(scope: String, holdsForBusy: Bool, holdsForIdle: Bool) {
        let quota = quota(["pods": "1"], spec: ["scopes": [.string(scope)]])
        #expect(quota.allScopesHold(for: pod([container(["cpu": "1"])]), Self.pods) == holdsForBusy)
        #expect(quota.allScopesHold(for: pod([["name": "c"]]), Self.pods) == holdsForIdle)
        #expect(!quota.allScopesHold(for: .object([:]), GroupResource(group: "", resource: "services")))
    }

    @Test func theStatusTellsZeroOfWhatNobodyTakesAndIsLeftAloneWhenTrue() throws {
        let reconciler = ResourceQuotaReconciler(quota: quota(["pods": "2", "requests.cpu": "1"]))
        let busy = reconciler.usage(of: pod([container(["cpu": "250m", "memory": "1Gi"])]), Self.pods)
        let planned = try #require(reconciler.plan(used: reconciler.nothing + busy))
        #expect(
            planned["status"] == [
                "hard": ["pods": "2", "requests.cpu": "1"], "used": ["pods": "1", "requests.cpu": "250m"],
            ])
        #expect(ResourceQuotaReconciler(quota: Quota(planned)).plan(used: reconciler.nothing + busy) == nil)
        let idle = try #require(reconciler.plan(used: reconciler.nothing))
        #expect(idle.at("status", "used") == ["pods": "0", "requests.cpu": "0"])
    }
}
