import FairleadContainers
package import FairleadModel
import Synchronization

/// Runs the containers of all simulated nodes, and is the door to them.
///
/// It knows what runs, and nothing of what should: the kubelet tells it, and finds out what has become of it. What it
/// holds is lost when the server ends; containers whose status says that they run are then started again.
package final class ContainerRuntime: PodAccess {
    /// What containers are told of the cluster.
    package struct Settings: Sendable {
        package var clusterDomain = "cluster.local"
        /// The /etc/resolv.conf of a pod's containers.
        package var resolvConf: @Sendable (_ pod: Value) -> String = { _ in "" }
        package var delays = StageDelays()
        package var tokens: (any ServiceAccountTokens)?

        package init() {}
    }

    /// What it needs of the kubelet that uses it.
    struct Cluster: Sendable {
        var objects: any ClusterObjects
        /// The pod has to be looked at.
        var notify: @Sendable (ObjectName) -> Void
        /// Records an event about a pod.
        var record: @Sendable (Value, KubeletEvent) -> Void
    }

    private struct State {
        var sandboxes: [String: PodSandbox] = [:]
        /// The pods whose volumes were made from an object.
        var users: [VolumeProjection.Reference: Set<ObjectName>] = [:]
        var cluster: Cluster?
        var isStopped = false
    }

    let images: any ContainerImages
    let networks: any PodNetworks
    let settings: Settings
    let now: @Sendable () -> Timestamp
    let clock: any DelayClock
    let machines: NodeFiles
    /// What idle containers have until somebody asks for more.
    let noFiles: FileTree
    let noTasks = TaskKeeper()
    /// Stops and probes that are under way.
    let tasks = TaskKeeper()
    private let state = Mutex(State())

    package init(
        images: any ContainerImages, networks: any PodNetworks, settings: Settings = Settings(),
        now: @escaping @Sendable () -> Timestamp, clock: any DelayClock = SystemDelayClock()
    ) {
        self.images = images
        self.networks = networks
        self.settings = settings
        self.now = now
        self.clock = clock
        machines = NodeFiles(now: now)
        noFiles = FileTree(modified: now())
    }

    /// Makes the kubelet's knowledge its own.
    func connect(_ cluster: Cluster) { state.withLock { $0.cluster = cluster } }

    /// nil before the kubelet has been made.
    var cluster: Cluster? { state.withLock { $0.cluster } }

    /// Whether nothing is started any more: what runs is said to run on, as it will after the next start.
    var isStopped: Bool { state.withLock { $0.isStopped } }

    /// How many pods it knows.
    package var sandboxCount: Int { state.withLock { $0.sandboxes.count } }

    func sandbox(_ uid: String) -> PodSandbox? { state.withLock { $0.sandboxes[uid] } }

    /// How many requests a container has answered in a second lately.
    func rate(of container: String, of uid: String) -> Double {
        sandbox(uid)?.state.withLock { $0.meters[container] }?.rate ?? 0
    }

    /// The sandbox of a pod, made if there is none.
    func sandbox(of pod: Value) -> PodSandbox {
        state.withLock { state in
            if let present = state.sandboxes[pod.uid] { return present }
            let sandbox = PodSandbox(identity: PodIdentity(pod))
            state.sandboxes[pod.uid] = sandbox
            return sandbox
        }
    }

    /// The pod is gone, and everything of it.
    func forget(_ uid: String) {
        let sandbox = state.withLock { state -> PodSandbox? in
            guard let sandbox = state.sandboxes.removeValue(forKey: uid) else { return nil }
            if sandbox.volumes != nil {
                let name = ObjectName(namespace: sandbox.identity.namespace, name: sandbox.identity.name)
                for reference in state.users.keys { state.users[reference]?.remove(name) }
                state.users = state.users.filter { !$0.value.isEmpty }
            }
            return sandbox
        }
        guard let sandbox else { return }
        sandbox.close()
        networks.remove(pod: uid)
    }

    /// The pod has ended: nothing of it runs any more, but its logs stay.
    func close(_ uid: String) {
        guard let sandbox = sandbox(uid) else { return }
        sandbox.close()
        networks.remove(pod: uid)
    }

    /// Stops everything that runs.
    package func shutdown() async {
        let sandboxes = state.withLock { state in
            state.isStopped = true
            defer { state.sandboxes = [:] }
            return Array(state.sandboxes.values)
        }
        for sandbox in sandboxes { sandbox.close() }
        await tasks.stop()
    }

    func sleep(_ delay: Duration) async { await clock.sleep(for: delay) }

    func notify(_ identity: PodIdentity) {
        cluster?.notify(ObjectName(namespace: identity.namespace, name: identity.name))
    }

    /// Records an event about one container of a pod.
    func record(_ pod: Value, _ spec: Value, _ reason: String, _ message: String, type: String = "Normal") {
        let name = spec.text("name")
        let lists = ["initContainers", "ephemeralContainers"]
        let list = lists.first { list in pod.items("spec", list).contains { $0.text("name") == name } } ?? "containers"
        cluster?.record(
            pod, KubeletEvent(type: type, reason: reason, message: message, container: name, list: list))
    }

    // MARK: - volumes

    func projection(of pod: Value, withTokens: Bool = true) -> VolumeProjection? {
        guard let objects = cluster?.objects else { return nil }
        return VolumeProjection(
            objects: objects, pod: pod, node: objects.node(PodView(pod).nodeName),
            tokens: withTokens ? settings.tokens : nil)
    }

    /// The volumes of a pod, all of them mounted.
    func volumes(of pod: Value, _ sandbox: PodSandbox) throws(ContainerFault) -> PodVolumes {
        let volumes = sandbox.volumes { PodVolumes(machine: machines, images: images, now: now) }
        guard let projection = projection(of: pod) else { return volumes }
        try volumes.mount(projection)
        let name = ObjectName(namespace: pod.namespace, name: pod.name)
        state.withLock { state in
            for reference in VolumeProjection.references(of: pod) { state.users[reference, default: []].insert(name) }
        }
        return volumes
    }

    /// The pods whose files are made from an object, if they have been made.
    func users(of reference: VolumeProjection.Reference) -> Set<ObjectName> {
        state.withLock { $0.users[reference] ?? [] }
    }

    /// An object has changed: brings the files of the pods that use it up to date.
    func refresh(after reference: VolumeProjection.Reference) {
        guard let objects = cluster?.objects else { return }
        for name in users(of: reference) {
            if let pod = objects.pod(namespace: name.namespace, name: name.name) { refresh(pod) }
        }
    }

    private func refresh(_ pod: Value) {
        guard let volumes = sandbox(pod.uid)?.volumes, let projection = projection(of: pod) else { return }
        volumes.refresh(projection)
    }

    /// Brings the files that are made from the pod's own labels and annotations up to date.
    func refreshIfChanged(_ pod: Value) {
        guard let volumes = sandbox(pod.uid)?.volumes, volumes.isOutdated(by: pod) else { return }
        refresh(pod)
    }
}
