package import FairleadClient
import FairleadModel

/// Keeps simulated nodes alive: registers them at start, renews their leases every ten seconds, and reports their
/// status. Many workers, and leases that are renewed together, so that those of a thousand nodes share a few commits.
///
/// A node with the annotation `fairlead.dev/down: "true"` stops reporting; when the annotation is removed, it reports
/// at once. A Node that a user deletes stays away until the next start, like a machine whose kubelet keeps running. A
/// node that is wrongly marked as not reporting reports at once.
package enum NodeAgent {
    package static let descriptor = ControllerDescriptor(
        "simulated-nodes", isStandIn: true, workers: 32, backoff: .kubelets
    ) { (setup: ControllerSetup<String>, settings: Simulation.Settings) in
        let nodes = setup.watch(.nodes) { change in
            guard let new = change.new?.value, SimulationKeys.isAlive(new) else { return [] }
            let wasAlive = change.old.map { SimulationKeys.isAlive($0.value) && $0.value.uid == new.uid } ?? false
            return !wasAlive || NodeWorker.isCalledSilent(new) ? [change.name.name] : []
        }
        // A kubelet that reports at least four times per grace period is never considered lost.
        let worker = NodeWorker(
            client: setup.client, nodes: nodes.lister, blueprint: settings.nodes,
            recorder: setup.recorder(component: "kubelet"), now: setup.now, clock: setup.clock,
            renewInterval: min(.seconds(10), settings.gracePeriod / 4))
        setup.begin { worker.unregistered }
        return { try await worker.reconcile($0) }
    }
}
