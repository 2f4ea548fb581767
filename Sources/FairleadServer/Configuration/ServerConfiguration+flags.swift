import FairleadControllers
import FairleadDNS
import FairleadHTTP
import FairleadModel
import Logging

extension ServerConfiguration {
    /// The values of the flags of `fairlead serve`, as `/flagz` shows them.
    var flags: [String: String] {
        let pools = loadBalancerPools.map { pool in "\(pool.name)=\(pool.list.joined(separator: ","))" }
        let quota = storageQuota.map { bytes in String(bytes) } ?? "0"
        let ranges = serviceClusterIPRanges.map(\.description).joined(separator: ",")
        var flags: [String: String] = [
            "listen": listen.map(\.description).joined(separator: ","),
            "insecure-bind": "\(allowsRemote)",
            "data": dataText,
            "history-age": "\(historyAge.components.seconds)",
            "compaction-interval": "\(compactionInterval.components.seconds)",
            "storage-quota": quota,
            "event-ttl": "\(eventTimeToLive.components.seconds)s",
            "nodes": "\(nodes)",
            "node-monitor-grace-period": "\(nodeGracePeriod.components.seconds)s",
            "bare": "\(isBare)",
            "service-cluster-ip-range": ranges,
            "service-node-port-range": "\(nodePortRange.lowerBound)-\(nodePortRange.upperBound)",
            "load-balancer-pool": pools.joined(separator: ";"),
            "pod-cidr": podCIDRs.map(\.description).joined(separator: ","),
            "cluster-domain": clusterDomain,
            "allow-privileged": "\(allowsPrivileged)",
            "log-level": logLevel.rawValue,
            "log-format": logFormat.rawValue,
        ]
        guard let dns else {
            flags["dns-listen"] = "none"
            return flags
        }
        flags["dns-listen"] = dns.listen.description
        flags["dns-forward"] = dns.forward.map(\.description) ?? ""
        flags["dns-udp-size"] = dns.udpSize.map { size in "\(size)" } ?? ""
        flags["dns-ttl"] = "\(dns.ttl)"
        flags["dns-rotate"] = "\(dns.rotates)"
        flags["dns-pods"] = dns.podNames.rawValue
        flags["dns-follows-pods"] = "\(dns.followsPods)"
        return flags
    }
}
