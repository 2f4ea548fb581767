import FairleadClient
import FairleadClientTesting
import FairleadModel
import Synchronization
import Testing

@testable import FairleadControllers

/// The node lifecycle controller when time does what it should not: the process is stopped, the clock is set.
@Suite(.timeLimit(.minutes(1)))
struct NodePauseTests {
    private static let names = ["n1", "n2", "n3"]

    private final class WallClock: Sendable {
        private let time = Mutex(Timestamp(seconds: 1_800_000_000))

        var now: Timestamp { time.withLock { $0 } }
        func set(by seconds: Int64) { time.withLock { $0.seconds += seconds } }
    }

    /// Three nodes that report every ten seconds unless they are silent, each with a pod.
    private final class Cluster: Sendable {
        let client = InMemoryClient()
        let clock = ManualClock()
        let wall = WallClock()
        let informers: InformerSet
        let controller: any Controller

        init() {
            for name in NodePauseTests.names {
                client.put(.nodes, ServiceFixture.node(name))
                client.put(.pods, ServiceFixture.pod("on-\(name)", node: name))
            }
            let wall = wall
            var environment = ServiceFixture.environment
            environment.now = { wall.now }
            informers = InformerSet(client: client, clock: clock)
            controller = NodeLifecycleController.descriptor.make(informers, environment, clock: clock)
        }

        func run(_ body: () async throws -> Void) async rethrows {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await self.informers.run() }
                group.addTask { await self.controller.run() }
                renew(NodePauseTests.names)
                #expect(await eventually { self.readiness == ["True", "True", "True"] && self.isQuiet })
                try await body()
                group.cancelAll()
            }
        }

        /// So many seconds, while these nodes renew their leases every ten.
        func pass(_ seconds: Int, alive: [String] = NodePauseTests.names) async {
            for second in 0..<seconds {
                wall.set(by: 1)
                if second % 10 == 9 { renew(alive) }
                await clock.step()
            }
            _ = await eventually { isQuiet }
        }

        func renew(_ nodes: [String]) {
            let time = wall.now.rfc3339Micro
            for node in nodes {
                client.put(
                    .leases,
                    [
                        "metadata": ["name": .string(node), "namespace": "kube-node-lease"],
                        "spec": ["renewTime": .string(time)],
                    ])
            }
        }

        /// The informers have seen everything, and the controller has worked it off.
        var isQuiet: Bool {
            let nodes = client.objects(.nodes).allSatisfy {
                informers.lister(.nodes).get(namespace: "", name: $0.name)?.value == $0
            }
            let leases = client.objects(.leases).allSatisfy {
                informers.lister(.leases).get(namespace: $0.namespace, name: $0.name)?.value == $0
            }
            let health = controller.health
            return nodes && leases && health.state == .running && health.queued == 0 && health.inWork == 0
        }

        var readiness: [String?] { client.objects(.nodes).map { NodeView($0).readyStatus } }
        var effects: [[String]] { client.objects(.nodes).map { NodeView($0).taints.map(\.effect) } }
        var readyPods: Int { client.objects(.pods).count { PodView($0).isReady } }
    }

    @Test(arguments: [51, 70, 3600, 86_400 * 365])
    func aPauseOfTheWholeProcessMakesNoNodeLost(seconds: Int) async {
        let cluster = Cluster()
        await cluster.run {
            await cluster.pass(15)
            cluster.wall.set(by: Int64(seconds))
            cluster.clock.advance(by: .seconds(seconds))
            // The kubelets come late, as everything does after a pause.
            await cluster.pass(25, alive: [])
            #expect(cluster.readiness == ["True", "True", "True"])
            await cluster.pass(60)
            #expect(cluster.readiness == ["True", "True", "True"])
            #expect(cluster.readyPods == 3)
            // What is silent from here on is lost, after the whole grace period and no later.
            cluster.renew(Self.names)
            await cluster.pass(48, alive: ["n1", "n2"])
            #expect(cluster.readiness == ["True", "True", "True"])
            await cluster.pass(4, alive: ["n1", "n2"])
            #expect(await eventually { cluster.readiness == ["True", "True", "Unknown"] })
            #expect(await eventually { cluster.readyPods == 2 })
            #expect(await eventually { cluster.effects == [[], [], ["NoSchedule", "NoExecute"]] })
        }
    }

    @Test(arguments: [3600, -3600, 86_400 * 3650, -86_400 * 3650] as [Int64])
    func aClockThatIsSetMakesNoNodeLostAndHidesNone(seconds: Int64) async {
        let cluster = Cluster()
        await cluster.run {
            await cluster.pass(15)
            cluster.wall.set(by: seconds)
            await cluster.pass(60)
            #expect(cluster.readiness == ["True", "True", "True"])
            #expect(cluster.readyPods == 3)
            await cluster.pass(61, alive: ["n2", "n3"])
            #expect(await eventually { cluster.readiness == ["Unknown", "True", "True"] })
        }
    }

    @Test func nodesThatAllFallSilentKeepTheirPodsAndComeBack() async {
        let cluster = Cluster()
        await cluster.run {
            await cluster.pass(65, alive: [])
            #expect(await eventually { cluster.readiness == ["Unknown", "Unknown", "Unknown"] })
            #expect(await eventually { cluster.effects == [["NoSchedule"], ["NoSchedule"], ["NoSchedule"]] })
            #expect(cluster.client.objects(.pods).count == 3, "nothing is driven away when nobody is heard")
            // One is back; the others get a grace period of their own to follow, and are lost afterwards.
            cluster.client.put(.nodes, ServiceFixture.node("n1", heartbeat: "2027-01-01T00:00:00Z"))
            await cluster.pass(20, alive: ["n1"])
            #expect(cluster.effects[0].isEmpty)
            #expect(
                await eventually {
                    cluster.effects == [[], ["NoSchedule", "NoExecute"], ["NoSchedule", "NoExecute"]]
                })
        }
    }
}
