import FairleadAPI
import FairleadDNS
import FairleadModel
import FairleadSimulation
import FairleadStorage
import Foundation

/// `GET /debug/resolvconf/{namespace}/{pod}`: what the pod's containers would find in /etc/resolv.conf.
struct ResolvConfPage: Sendable {
    let store: Store
    let configuration: ServerConfiguration
    /// Where the cluster DNS answers; nil where there is none.
    let address: @Sendable () -> DNSAddress?

    func page(namespace: String, pod name: String) -> APIResponse {
        let key = ObjectKey(GroupVersionResource.pods.groupResource, namespace: namespace, name: name)
        guard let pod = store.current.object(key) else { return .text(404, "no pod \(namespace)/\(name)\n") }
        let cluster = ResolverConfiguration.Cluster(
            domain: configuration.clusterDomain, nameserver: clusterNameserver)
        let file = ResolverConfiguration(pod: pod.value, cluster: cluster, host: Self.node)
        // The address of the Service leads nowhere outside of the simulated cluster.
        let comment = address().map { "# \(clusterNameserver) answers at \($0)\n" } ?? ""
        return .text(200, comment + file.text)
    }

    private var clusterNameserver: String {
        KubeDNS.address(in: configuration.serviceClusterIPRanges[0])
    }

    /// The nodes resolve as this machine does, but for its search list: pods shall see the same names everywhere.
    private static var node: ResolverConfiguration {
        let text = (try? String(contentsOfFile: "/etc/resolv.conf", encoding: .utf8)) ?? ""
        var node = ResolverConfiguration(text: text)
        node.searches = []
        return node
    }
}
