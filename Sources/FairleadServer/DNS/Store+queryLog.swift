import FairleadModel
import FairleadSimulation
import FairleadStorage

extension Store {
    /// The query log of a kube-dns pod; empty for other pods.
    func queryLog(of pod: Value, _ dns: ClusterDNS?) -> [(time: Timestamp, line: String)] {
        guard let dns, KubeDNS.isPod(pod) else { return [] }
        let pods = current.objects(GroupVersionResource.pods.groupResource, namespace: KubeDNS.namespace)
        return dns.log(of: pod, among: pods.map(\.value).filter(KubeDNS.isPod))
    }
}
