package import FairleadClient
import FairleadModel

/// The kubelets of all simulated nodes: start and stop the pods bound to them.
///
/// Works on nodes with the annotation `fairlead.dev/simulated: "true"` that are not down. All state that matters is in
/// the pods' status, so a restart continues where it was.
package enum Kubelet {
    package static let descriptor = ControllerDescriptor("kubelet", isStandIn: true, workers: 8, backoff: .impatient) {
        (setup: ControllerSetup<ObjectName>, settings: Simulation.Settings) in
        let pods = setup.watch(.pods)
        let nodes = setup.watch(.nodes)
        NodeIndex.install(on: pods)
        let lister = pods.lister
        let worker = KubeletWorker(
            client: setup.client, pods: lister, nodes: nodes.lister, recorder: setup.recorder(),
            delays: settings.delays, now: setup.now, clock: setup.clock)
        setup.map(pods) { change in
            if change.isDeletion || change.old?.value.uid != change.new?.value.uid {
                worker.forget(change.old?.value.uid)
            }
            guard let new = change.new, !PodView(new).nodeName.isEmpty else { return [] }
            worker.note(new.value)
            return worker.isNews(change) ? [change.name] : []
        }
        setup.map(nodes) { change in
            let wasAlive = change.old.map { SimulationKeys.isAlive($0.value) && $0.value.uid == change.new?.value.uid }
            guard let new = change.new, SimulationKeys.isAlive(new.value), wasAlive != true else { return [] }
            return NodeIndex.pods(on: new.key.name, in: lister).map(\.objectName)
        }
        // The nodes' ranges are known now: record the addresses of pods from before a restart.
        setup.begin {
            for pod in lister.list() { worker.note(pod.value) }
            return []
        }
        return { try await worker.reconcile($0) }
    }
}
