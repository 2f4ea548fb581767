package import FairleadClient
package import FairleadModel

/// Watches over nodes: silent ones become Unknown, conditions become taints, pods of nodes that are not ready become
/// not ready, and NoExecute taints drive pods away when their toleration ends. While no node at all is ready nothing is
/// driven away; and time in which this process itself was stopped counts for nothing.
package struct NodeLifecycleController: Controller {
    package let name = "node-lifecycle-controller"
    private let runner: ControllerRunner<ObjectName>
    private let informers: [Informer]
    private let recorders: [EventRecorder]
    private let worker: NodeLifecycleWorker

    /// - Parameters:
    ///   - gracePeriod: seconds without a sign of life after which a node is Unknown.
    ///   - startupGracePeriod: the same for a node that has never reported.
    package init(
        informers: InformerSet, gracePeriod: Double = 40, startupGracePeriod: Double = 60, environment: Environment,
        clock: any DelayClock = SystemDelayClock()
    ) {
        // Writes that fail while a disk is full are to succeed soon after.
        let queue = WorkQueue<ObjectName>(clock: clock, backoff: Backoff(first: 0.005, maximum: 10))
        let nodes = informers.informer(.nodes)
        let pods = informers.informer(.pods)
        let leases = informers.informer(.leases)
        let servicePods = ServicePods(services: informers.informer(.services), pods: pods)
        let nodeEvents = EventRecorder(
            client: informers.client, component: "node-controller", environment: environment)
        let evictionEvents = EventRecorder(
            client: informers.client, component: "taint-eviction-controller", environment: environment)
        let worker = NodeLifecycleWorker(
            informers: informers, podsOnNode: { servicePods.pods(onNode: $0) }, nodeEvents: nodeEvents,
            evictionEvents: evictionEvents, limits: NodeHealth.Limits(grace: gracePeriod, startup: startupGracePeriod),
            environment: environment, clock: clock)

        let nodeLister = nodes.lister
        nodes.addHandler { change in
            queue.add(change.name)
            if worker.observe(node: change) { for node in nodeLister.list() { queue.add(node.objectName) } }
        }
        leases.addHandler { change in
            guard change.name.namespace == NodeLifecycleWorker.leaseNamespace else { return }
            if let lease = change.new { worker.observe(lease: lease) } else { worker.forget(lease: change.name.name) }
        }
        pods.addHandler { change in
            // Only a pod that comes to a tainted node needs a look.
            guard let pod = change.new.map({ PodView($0) }), !pod.nodeName.isEmpty,
                change.old.map({ PodView($0).nodeName }) != pod.nodeName,
                let node = nodeLister.get(namespace: "", name: pod.nodeName),
                NodeView(node).taints.contains(where: { $0.effect == "NoExecute" })
            else { return }
            queue.add(node.objectName)
        }
        self.worker = worker
        recorders = [nodeEvents, evictionEvents]
        self.informers = [nodes, pods, leases]
        runner = ControllerRunner(name: name, workers: 2, queue: queue) { try await worker.reconcile($0) }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            for recorder in recorders { group.addTask { await recorder.run() } }
            group.addTask { await worker.stayAwake() }
            await ControllerLoop.run(runner, after: informers)
            group.cancelAll()
        }
    }
}
