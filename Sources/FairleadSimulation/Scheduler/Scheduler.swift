package import FairleadClient
import FairleadModel

/// Binds pods of `default-scheduler` to nodes. Pods that fit nowhere are retried whenever a node changes or a pod is
/// removed.
package enum Scheduler {
    /// A single worker: two could give the last place on a node to two pods.
    package static let descriptor = ControllerDescriptor(
        "kube-scheduler", alias: "scheduler", isStandIn: true, workers: 1, backoff: .impatient
    ) { (setup: ControllerSetup<ObjectName>, settings: Simulation.Settings) in
        let pods = setup.watch(.pods)
        let nodes = setup.watch(.nodes)
        NodeIndex.install(on: pods)
        let lister = pods.lister
        let worker = SchedulerWorker(
            client: setup.client, binder: settings.binder, pods: lister, nodes: nodes.lister,
            recorder: setup.recorder(component: "default-scheduler"), now: setup.now)
        @Sendable func waiting() -> [ObjectName] {
            NodeIndex.pods(on: "", in: lister).filter { SchedulerWorker.isWaiting($0.value) }.map(\.objectName)
        }
        setup.map(pods) { change in
            let others = worker.observe(change) ? waiting() : []
            guard let new = change.new, SchedulerWorker.isWaiting(new.value) else { return others }
            // A change of the condition that the scheduler itself wrote does not matter.
            let isNews = change.old.map { $0.value["spec"] != new.value["spec"] || $0.labels != new.labels } ?? true
            return isNews ? others + [change.name] : others
        }
        setup.map(nodes) { change in
            let (old, new) = (change.old?.value, change.new?.value)
            let isSame =
                old?["spec"] == new?["spec"] && old?.labels == new?.labels
                && old?.at("status", "allocatable") == new?.at("status", "allocatable")
            return new == nil || isSame ? [] : waiting()
        }
        return { try await worker.schedule($0) }
    }
}
