package import FairleadClient
package import FairleadControllers
import FairleadExplanation
package import FairleadHTTP
package import FairleadModel
package import Logging

/// Everything that can be set about one Fairlead process. The command line is the only thing that makes one.
package struct ServerConfiguration: Sendable {
    /// Where the SQLite database is.
    package enum DataLocation: Sendable, Hashable {
        case memory
        case file(String)
    }

    package var listen: [HTTPAddress]
    /// Allows listening on addresses that are not loopback.
    package var allowsRemote = false
    package var data: DataLocation
    /// History is kept at least this long (kube-apiserver compacts etcd every five minutes).
    package var historyAge: Duration = .seconds(300)
    /// How often old history is looked for.
    package var compactionInterval: Duration = .seconds(5)
    /// Beyond this many bytes of the database what takes more room is refused; nil for no limit.
    package var storageQuota: Int64? = 8 << 30
    /// How long an Event lives after it was last written (kube-apiserver's `--event-ttl`); zero for ever.
    package var eventTimeToLive: Duration = .seconds(3600)
    /// How many simulated nodes there are.
    package var nodes = 3
    /// Without a sign of life for so long a node counts as lost.
    package var nodeGracePeriod = Duration.seconds(40)
    /// Nothing that stands in for machines or a cloud: no nodes, scheduler, kubelets, load balancers or kube-dns.
    package var isBare = false
    /// Which controllers run.
    package var controllers = ControllerSelection.standard
    package var serviceClusterIPRanges: [CIDR]
    package var nodePortRange: ClosedRange<Int> = 30000...32767
    /// Where load-balancer addresses come from. The names differ.
    package var loadBalancerPools: [LoadBalancerPool]
    package var podCIDR: CIDR
    package var clusterDomain = "cluster.local"
    /// Whether containers may be privileged.
    package var allowsPrivileged = true
    /// nil for a server without DNS.
    package var dns: DNSOptions?
    package var logLevel = Logger.Level.info
    package var logFormat = LogFormat.text

    /// Who gives out load-balancer addresses, for explanations.
    var loadBalancers: ServiceExplainer.LoadBalancers {
        isBare ? .none : .pools(loadBalancerPools.map { "\($0.name): \($0.list.joined(separator: ", "))" })
    }

    package enum LogFormat: String, Sendable, CaseIterable { case text, json }

    package init(
        listen: [HTTPAddress], data: DataLocation, serviceClusterIPRanges: [CIDR],
        loadBalancerPools: [LoadBalancerPool],
        podCIDR: CIDR
    ) {
        self.listen = listen
        self.data = data
        self.serviceClusterIPRanges = serviceClusterIPRanges
        self.loadBalancerPools = loadBalancerPools
        self.podCIDR = podCIDR
    }
}
