package import FairleadClient
import FairleadModel

/// Watches nodes: silent ones become Unknown, conditions become taints, pods on nodes that are not ready become not
/// ready, and NoExecute taints evict pods when their toleration ends. While no node at all is ready nothing is evicted;
/// and time in which this process itself was stopped does not count.
///
/// Kubernetes' `taint-eviction-controller` and `ttl-controller` are part of it.
package enum NodeLifecycleController {
    package static let descriptor = ControllerDescriptor(
        "node-lifecycle-controller", alias: "nodelifecycle", workers: 2, backoff: .impatient
    ) { (setup: ControllerSetup<ObjectName>, settings: ControllerSettings) in
        let nodes = setup.watch(.nodes)
        let pods = setup.watch(.pods)
        let servicePods = ServicePods(services: setup.informers.informer(.services), pods: pods)
        let worker = NodeLifecycleWorker(
            setup.client, nodes: nodes.lister, podsOnNode: { servicePods.pods(onNode: $0) },
            nodeEvents: setup.recorder(component: "node-controller"),
            evictionEvents: setup.recorder(component: "taint-eviction-controller"),
            limits: .init(grace: settings.nodeGracePeriod, startup: settings.nodeStartupGracePeriod), now: setup.now,
            clock: setup.clock)
        setup.runAlongside { await worker.stayAwake() }
        let lister = nodes.lister
        setup.map(nodes) { change in
            worker.observe(node: change) ? [change.name] + lister.list().map(\.objectName) : [change.name]
        }
        setup.watch(.leases) { change in
            guard change.name.namespace == NodeLifecycleWorker.leaseNamespace else { return [] }
            if let lease = change.new { worker.observe(lease: lease) } else { worker.forget(lease: change.name.name) }
            return []
        }
        setup.map(pods) { change in
            // Only a pod newly bound to a tainted node matters.
            guard let pod = change.new.map({ PodView($0) }), !pod.nodeName.isEmpty,
                change.old.map({ PodView($0).nodeName }) != pod.nodeName,
                let node = lister.get(namespace: "", name: pod.nodeName),
                NodeView(node).taints.contains(where: { $0.effect == "NoExecute" })
            else { return [] }
            return [node.objectName]
        }
        return { try await worker.reconcile($0) }
    }
}
