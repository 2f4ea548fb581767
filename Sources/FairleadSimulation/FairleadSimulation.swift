package import FairleadClient

/// Everything that stands in for machines: nodes, scheduler, kubelets and the cluster DNS's objects. Left out with
/// `--bare`.
///
/// It works through the API like everything else; from outside, its pods look like any others.
package enum Simulation {
    /// The controllers. `KubeDNS` has none: ordinary controllers keep it running.
    package static let controllers: [ControllerDescriptor<Settings>] = [
        NodeAgent.descriptor, Scheduler.descriptor, Kubelet.descriptor,
    ]

    /// Settings that these controllers need beyond their context.
    package struct Settings: Sendable {
        package var binder: any PodBinder
        package var nodes: SimulatedNodes
        package var delays = StageDelays()
        /// A node counts as lost after it has not reported for this long.
        package var gracePeriod = Duration.seconds(50)

        package init(binder: any PodBinder, nodes: SimulatedNodes) {
            self.binder = binder
            self.nodes = nodes
        }
    }
}
