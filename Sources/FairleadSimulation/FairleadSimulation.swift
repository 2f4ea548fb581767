package import FairleadClient
import FairleadScheduling

/// Everything that stands in for machines: nodes, the scheduler (`FairleadScheduling`), kubelets and the cluster DNS's objects. Left out with
/// `--bare`.
///
/// It works through the API like everything else; from outside, its pods look like any others.
package enum Simulation {
    /// The controllers. `KubeDNS` has none: ordinary controllers keep it running.
    package static let controllers: [ControllerDescriptor<Settings>] = [
        NodeAgent.descriptor, Scheduler.descriptor.within { Scheduler.Settings(binder: $0.binder) }, Kubelet.descriptor,
    ]

    /// Settings that these controllers need beyond their context.
    package struct Settings: Sendable {
        package var binder: any PodBinder
        package var nodes: SimulatedNodes
        package var delays = StageDelays()
        /// What users say of the life of pods.
        package var stages = PodStages()
        /// A node counts as lost after it has not reported for this long.
        package var gracePeriod = Duration.seconds(50)
        /// What runs the programs of containers; nil if they are all idle.
        package var runtime: ContainerRuntime?

        package init(binder: any PodBinder, nodes: SimulatedNodes) {
            self.binder = binder
            self.nodes = nodes
        }
    }
}
