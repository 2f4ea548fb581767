import FairleadClient
import FairleadClientTesting
import FairleadContainers
import FairleadModel
import FairleadPrograms
import Synchronization
import Testing

@testable import FairleadSimulation

/// A kubelet with programs against a small in-memory API server; its time passes as fast as it can.
struct KubeletLab {
    let client = InMemoryClient()
    let clock = ManualClock()
    let network = TestNetwork()
    let runtime: ContainerRuntime
    /// Whether the clock stands still.
    let pause = Pause()
    let now: @Sendable () -> Timestamp

    final class Pause: Sendable {
        private let state = Mutex(false)

        var isOn: Bool {
            get { state.withLock { $0 } }
            set { state.withLock { $0 = newValue } }
        }
    }

    private struct Binder: PodBinder {
        func bind(namespace: String, pod: String, to node: String, uid: String?) async throws(APIStatus) {}
    }

    /// - Parameter hasRealImages: whether nodes have the images of the simulation instead of those of the tests.
    init(hasRealImages: Bool = false) {
        let clock = clock
        let now: @Sendable () -> Timestamp = {
            Timestamp(seconds: 1_800_000_000).adding(seconds: clock.now.inSeconds)
        }
        self.now = now
        let images: any ContainerImages =
            hasRealImages ? ProgramImages(table: ImageTable(now: now), now: now) : TestImages()
        var settings = ContainerRuntime.Settings()
        settings.resolvConf = { "search \($0.namespace).svc.cluster.local\nnameserver 10.96.0.10\n" }
        runtime = ContainerRuntime(images: images, networks: network, settings: settings, now: now, clock: clock)
    }

    /// Runs the kubelet of one node while `body` runs.
    ///
    /// - Parameters:
    ///   - step: how far the clock moves at a time.
    ///   - others: makes what runs beside it; its time is that of the machine.
    func run(
        range: String = "10.244.0.0/16", step: Duration = .milliseconds(50), stages: PodStages = PodStages(),
        others: (InformerSet, Environment) -> [any Controller] = { _, _ in [] }, _ body: () async throws -> Void
    ) async throws {
        var environment = Environment.live
        environment.now = now
        let informers = InformerSet(client: client)
        var settings = Simulation.Settings(
            binder: Binder(), nodes: SimulatedNodes(count: 1, podCIDRs: [try #require(CIDR(range))]))
        settings.runtime = runtime
        settings.stages = stages
        client.put(
            .nodes,
            [
                "apiVersion": "v1", "kind": "Node",
                "metadata": ["name": "node-1", "uid": "n1", "annotations": ["fairlead.dev/simulated": "true"]],
                "spec": ["podCIDR": .string(range), "podCIDRs": [.string(range)]],
                "status": [
                    "addresses": [["type": "InternalIP", "address": "172.18.0.2"]],
                    "capacity": ["cpu": "8", "memory": "16Gi"], "allocatable": ["cpu": "8", "memory": "16Gi"],
                ],
            ])
        let kubelet = Kubelet.descriptor.make(
            ControllerContext(informers: informers, environment: environment, clock: clock), settings)
        let clock = clock
        let others = others(informers, environment)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await informers.run() }
            group.addTask { await kubelet.run() }
            for other in others { group.addTask { await other.run() } }
            group.addTask {
                while !Task.isCancelled {
                    if !pause.isOn { clock.advance(by: step) }
                    try? await Task.sleep(for: .microseconds(500))
                }
            }
            try await body()
            group.cancelAll()
        }
    }

    /// A pod on the node.
    @discardableResult
    func create(
        _ name: String, _ containers: String, _ spec: Object = [:], annotations: [String: String] = [:],
        labels: Value? = nil
    ) throws -> Value {
        var spec = spec
        spec["nodeName"] = "node-1"
        spec["containers"] = try JSON.parse(Array(containers.utf8)).value
        var pod: Value = [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": ["name": .string(name), "namespace": "n", "uid": .string("uid-\(name)"), "generation": 1],
            "spec": .object(spec), "status": ["phase": "Pending", "qosClass": "BestEffort"],
        ]
        pod.annotations = annotations
        if let labels { pod.set(labels, at: "metadata", "labels") }
        return client.put(.pods, pod)
    }

    func pod(_ name: String) -> Value? { client.objects(.pods).first { $0.name == name } }

    /// Waits until the pod is as wanted.
    func waits(for name: String, _ condition: (Value) -> Bool) async -> Bool {
        await eventually { pod(name).map(condition) ?? false }
    }

    func isReady(_ name: String) async -> Bool { await waits(for: name) { PodView($0).isReady } }

    /// The status of one container.
    func status(_ pod: Value, _ container: String = "c") -> Value {
        ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"].lazy
            .flatMap { pod.items("status", $0) }.first { $0.text("name") == container } ?? .null
    }

    func events(_ reason: String) -> [String] {
        client.objects(.events).filter { $0.text("reason") == reason }.map { $0.text("message") }
    }

    func name(_ pod: String, _ container: String = "c") -> ContainerName {
        ContainerName(namespace: "n", pod: pod, podUID: "uid-\(pod)", container: container)
    }

    func log(_ pod: String, _ container: String = "c", previous: Bool = false) -> String? {
        runtime.log(of: name(pod, container), previous: previous).map { log in
            log.snapshot.lines.map { String(decoding: $0.bytes, as: UTF8.self) + ($0.isWhole ? "\n" : "") }.joined()
        }
    }

    /// What a command in the container prints, and its code.
    func exec(_ pod: String, _ command: [String], container: String = "c", input: (any ByteSource)? = nil) async throws
        -> (
            String, Int32
        )
    {
        let output = OutputCollector()
        let status = try await runtime.exec(
            command, in: name(pod, container), streams: ClientStreams(input: input, output: output, errors: output))
        return (output.text, status.code)
    }

    /// Asks for the deletion as the API server does.
    func delete(_ name: String, grace: Int64) async throws {
        if let pod = pod(name) { delete(pod, grace: grace) }
    }

    func delete(_ pod: Value, grace: Int64) {
        var pod = pod
        pod.set(.string(now().rfc3339), at: "metadata", "deletionTimestamp")
        pod.set(.int(grace), at: "metadata", "deletionGracePeriodSeconds")
        client.put(.pods, pod)
    }

    func isGone(_ name: String) async -> Bool { await eventually { pod(name) == nil } }
}
