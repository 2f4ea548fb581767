package import FairleadClient
package import FairleadModel

/// All that stands in for machines: nodes, scheduler, kubelets and the cluster DNS's objects. Left out with `--bare`.
///
/// It works through the API like everything else; nothing outside can tell its pods from a container's.
package struct Simulation: Sendable {
    package struct Configuration: Sendable {
        package var nodes: SimulatedNodes
        package var delays = StageDelays()
        /// The primary service range.
        package var serviceCIDR: CIDR
        package var clusterDomain = "cluster.local"
        /// Seconds of silence after which a node counts as lost.
        package var gracePeriod = 40.0

        package init(nodes: SimulatedNodes, serviceCIDR: CIDR) {
            self.nodes = nodes
            self.serviceCIDR = serviceCIDR
        }
    }

    /// Run these beside the other controllers.
    package let controllers: [any Controller]
    /// `install` it once the system namespaces exist.
    package let dns: KubeDNS

    package init(
        client: any ObjectClient, binder: any PodBinder, informers: InformerSet, environment: Environment,
        configuration: Configuration
    ) {
        controllers = [
            NodeAgent(
                client: client, informers: informers, environment: environment, blueprint: configuration.nodes,
                gracePeriod: configuration.gracePeriod),
            Scheduler(client: client, binder: binder, informers: informers, environment: environment),
            Kubelet(
                client: client, informers: informers, environment: environment, delays: configuration.delays),
        ]
        dns = KubeDNS(
            client: client, serviceCIDR: configuration.serviceCIDR, clusterDomain: configuration.clusterDomain)
    }
}
