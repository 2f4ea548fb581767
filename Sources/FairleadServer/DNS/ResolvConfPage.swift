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
    /// The address that the cluster DNS answers at; nil if there is no DNS.
    let address: @Sendable () -> DNSAddress?

    func page(namespace: String, pod name: String) -> APIResponse {
        let key = ObjectKey(GroupVersionResource.pods.groupResource, namespace: namespace, name: name)
        guard let pod = store.current.object(key) else { return .text(404, "no pod \(namespace)/\(name)\n") }
        let cluster = ResolverConfiguration.Cluster(
            domain: configuration.clusterDomain, nameserver: clusterNameserver)
        let file = ResolverConfiguration(pod: pod.value, cluster: cluster, host: Self.node)
        // The address of the Service is not reachable outside the simulated cluster.
        let comment = address().map { "# \(clusterNameserver) answers at \($0)\n" } ?? ""
        return .text(200, comment + file.text)
    }

    private var clusterNameserver: String {
        KubeDNS.address(in: configuration.serviceClusterIPRanges[0])
    }

    /// Nodes resolve names like this machine, except for its search list: pods should see the same names everywhere.
    static var node: ResolverConfiguration {
        let text = (try? String(contentsOfFile: "/etc/resolv.conf", encoding: .utf8)) ?? ""
        var node = ResolverConfiguration(text: text)
        node.searches = []
        return node
    }
}
