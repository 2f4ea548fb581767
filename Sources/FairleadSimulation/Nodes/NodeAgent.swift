package import FairleadClient
import FairleadModel

/// Keeps simulated nodes alive: registers them at start, renews their leases every ten seconds and reports their
/// status.
///
/// A node with the annotation `fairlead.dev/down: "true"` falls silent; without it, it reports at once. A Node that a
/// user deletes stays away until the next start, as a machine whose kubelet keeps running does. One that is said to be
/// silent, and is not, says so at once.
package enum NodeAgent {
    package static let descriptor = ControllerDescriptor(
        "simulated-nodes", isStandIn: true, workers: 2, backoff: .kubelets
    ) { (setup: ControllerSetup<String>, settings: Simulation.Settings) in
        let nodes = setup.watch(.nodes) { change in
            guard let new = change.new?.value, SimulationKeys.isAlive(new) else { return [] }
            let wasAlive = change.old.map { SimulationKeys.isAlive($0.value) && $0.value.uid == new.uid } ?? false
            return !wasAlive || NodeWorker.isCalledSilent(new) ? [change.name.name] : []
        }
        // A kubelet that has a quarter of the grace period at most between two signs of life never seems to be lost.
        let worker = NodeWorker(
            client: setup.client, nodes: nodes.lister, blueprint: settings.nodes,
            recorder: setup.recorder(component: "kubelet"), now: setup.now, clock: setup.clock,
            renewInterval: min(.seconds(10), settings.gracePeriod / 4))
        setup.begin { worker.unregistered }
        return { try await worker.reconcile($0) }
    }
}
