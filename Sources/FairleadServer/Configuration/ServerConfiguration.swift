package import FairleadAudit
package import FairleadAuthorization
package import FairleadClient
package import FairleadControllers
package import FairleadEtcd
import FairleadExplanation
package import FairleadHTTP
package import FairleadKindRules
package import FairleadModel
package import Logging

/// The whole configuration of one Fairlead process. Only the command line creates one.
package struct ServerConfiguration: Sendable {
    /// Where the SQLite database is, and what is kept beside it.
    package enum DataLocation: Sendable, Hashable {
        case memory
        case file(String)
    }

    package var listen: [HTTPAddress]
    /// Allows listening on addresses that are not loopback.
    package var allowsRemote = false
    /// The door with TLS; nil for none.
    package var secure: SecureOptions?
    /// Who decides what users may do, in order.
    package var authorizationModes: [AccessControl.Mode] = [.rbac]
    /// Whether requests without credentials may come in by TLS, as `system:anonymous`.
    package var allowsAnonymous = true
    package var flowControl = FlowLimits()
    package var data: DataLocation
    /// The etcd that holds the objects; nil for SQLite. `data` then only says where keys and the kubeconfig are.
    package var etcd: EtcdOptions?
    /// Encrypts Secrets in the database, with a key that is made beside it.
    package var encryptsSecrets = false
    /// An EncryptionConfiguration that says what is encrypted, and how.
    package var encryptionFile: String?
    /// Where the kubeconfig for this server is written.
    package var kubeconfig = Kubeconfig.Location.besidesData
    /// History is kept at least this long (kube-apiserver compacts etcd every five minutes).
    package var historyAge: Duration = .seconds(300)
    /// How often the store looks for old history.
    package var compactionInterval: Duration = .seconds(5)
    /// Beyond this database size in bytes, writes that need more room are refused; nil for no limit.
    package var storageQuota: Int64? = 8 << 30
    /// How long an Event lives after it was last written (kube-apiserver's `--event-ttl`); zero means forever.
    package var eventTimeToLive: Duration = .seconds(3600)
    /// How many simulated nodes there are.
    package var nodes = 3
    /// A YAML file that says what containers of certain images do (docs/programs.md); nil for the built-in programs
    /// alone.
    package var programs: String?
    /// A folder of YAML files that say what the life of pods is like (docs/stages.md); nil for the built-in life alone.
    package var stages: String?
    /// Patterns of images that cannot be pulled.
    package var missingImages: [String] = []
    /// A node counts as lost when it has not reported for this long.
    package var nodeGracePeriod = Duration.seconds(50)
    /// No stand-ins for machines or a cloud: no nodes, scheduler, kubelets, load balancers or kube-dns.
    package var isBare = false
    /// Which controllers run.
    package var controllers = ControllerSelection.standard
    package var serviceClusterIPRanges: [CIDR]
    package var nodePortRange: ClosedRange<Int> = 30000...32767
    /// Where load-balancer addresses come from. Names are unique.
    package var loadBalancerPools: [LoadBalancerPool]
    /// Where pod addresses come from: one range, or one of each family, the primary one first.
    package var podCIDRs: [CIDR]
    package var clusterDomain = "cluster.local"
    /// Whether containers may be privileged.
    package var allowsPrivileged = true
    /// The admission that is on.
    package var plugins = AdmissionPlugins.standard
    /// Whom the server trusts.
    package var identity = IdentityOptions()
    /// The audit log; nil for none.
    package var audit: AuditSettings?
    /// nil for a server without DNS.
    package var dns: DNSOptions?
    package var logLevel = Logger.Level.info
    package var logFormat = LogFormat.text

    /// What is wrong with the combination of settings, and what would work instead; nil if nothing is.
    package var problem: String? { AddressPlan(self).problem }

    /// Where the data is, for people.
    var dataText: String {
        if let etcd { return etcd.text }
        return dataFile
    }

    /// The file that `--data` names.
    var dataFile: String {
        switch data {
        case .memory: "memory"
        case .file(let path): path
        }
    }

    /// The kubeconfig to write; nil for none.
    var kubeconfigFile: Kubeconfig? {
        switch (kubeconfig, data) {
        case (.file(let path), _): Kubeconfig(path: path)
        case (.besidesData, .file(let data)): Kubeconfig(besides: data)
        case (.besidesData, .memory), (.nowhere, _): nil
        }
    }

    /// Who assigns load-balancer addresses, for explanations.
    var loadBalancers: ServiceExplainer.LoadBalancers {
        isBare ? .none : .pools(loadBalancerPools.map { "\($0.name): \($0.list.joined(separator: ", "))" })
    }

    package enum LogFormat: String, Sendable, CaseIterable { case text, json }

    package init(
        listen: [HTTPAddress], data: DataLocation, serviceClusterIPRanges: [CIDR],
        loadBalancerPools: [LoadBalancerPool],
        podCIDRs: [CIDR]
    ) {
        self.listen = listen
        self.data = data
        self.serviceClusterIPRanges = serviceClusterIPRanges
        self.loadBalancerPools = loadBalancerPools
        self.podCIDRs = podCIDRs
    }
}
