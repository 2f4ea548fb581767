package import FairleadClient

/// All that stands in for machines: nodes, scheduler, kubelets and the cluster DNS's objects. Left out with `--bare`.
///
/// It works through the API like everything else; nothing outside can tell its pods from a container's.
package enum Simulation {
    /// The controllers. `KubeDNS` has none: ordinary controllers keep it running.
    package static let controllers: [ControllerDescriptor<Settings>] = [
        NodeAgent.descriptor, Scheduler.descriptor, Kubelet.descriptor,
    ]

    /// What they need to know beyond their context.
    package struct Settings: Sendable {
        package var binder: any PodBinder
        package var nodes: SimulatedNodes
        package var delays = StageDelays()
        /// Silence after which a node counts as lost.
        package var gracePeriod = Duration.seconds(40)

        package init(binder: any PodBinder, nodes: SimulatedNodes) {
            self.binder = binder
            self.nodes = nodes
        }
    }
}
