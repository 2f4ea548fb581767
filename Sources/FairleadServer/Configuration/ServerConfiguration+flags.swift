import FairleadAudit
import FairleadAuthorization
import FairleadControllers
import FairleadDNS
import FairleadHTTP
import FairleadModel
import Logging

extension ServerConfiguration {
    /// Where everybody may do everything, somebody who is nobody must not come in (k8s.io/kubernetes
    /// `pkg/kubeapiserver/options/authentication.go`).
    var admitsAnonymous: Bool { allowsAnonymous && !authorizationModes.contains(.alwaysAllow) }

    /// The values of the flags of `fairlead serve`, as `/flagz` shows them.
    var flags: [String: String] {
        let pools = loadBalancerPools.map { pool in "\(pool.name)=\(pool.list.joined(separator: ","))" }
        let quota = storageQuota.map { bytes in String(bytes) } ?? "0"
        let ranges = serviceClusterIPRanges.map(\.description).joined(separator: ",")
        var flags: [String: String] = [
            "listen": listen.map(\.description).joined(separator: ","),
            "insecure-bind": "\(allowsRemote)",
            "anonymous-auth": "\(admitsAnonymous)",
            "authorization-mode": authorizationModes.map(\.rawValue).joined(separator: ","),
            "data": dataFile,
            "storage": dataText,
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
            "enable-admission-plugins": plugins.names.joined(separator: ","),
            "allow-privileged": "\(allowsPrivileged)",
            "log-level": logLevel.rawValue,
            "log-format": logFormat.rawValue,
        ]
        flags["programs"] = programs ?? ""
        flags["stages"] = stages ?? ""
        flags["missing-image"] = missingImages.joined(separator: ",")
        flags["enable-priority-and-fairness"] = "\(flowControl.isFair)"
        flags["max-requests-inflight"] = "\(flowControl.reads)"
        flags["max-mutating-requests-inflight"] = "\(flowControl.writes)"
        flags["encrypt-secrets"] = "\(encryptsSecrets)"
        flags["encryption-provider-config"] = encryptionFile ?? ""
        flags["tls-listen"] = secure?.listen.map(\.description).joined(separator: ",") ?? "none"
        flags["tls-cert-file"] = secure?.certificateFile ?? ""
        flags["tls-private-key-file"] = secure?.keyFile ?? ""
        flags["client-ca-file"] = secure?.clientAuthorityFile ?? ""
        flags["token-auth-file"] = identity.tokenFile ?? ""
        flags["service-account-issuer"] = identity.issuers(clusterDomain: clusterDomain).joined(separator: ",")
        flags["service-account-key-file"] = identity.keyFiles.joined(separator: ",")
        flags["service-account-signing-key-file"] = identity.signingKeyFile ?? ""
        flags["api-audiences"] = identity.audiences.joined(separator: ",")
        if let audit {
            flags["audit-log-path"] = audit.path
            flags["audit-policy-file"] = audit.policyFile ?? ""
            flags["audit-log-mode"] = audit.mode.rawValue
            flags["audit-log-maxsize"] = "\(audit.largestMegabytes)"
            flags["audit-log-maxbackup"] = "\(audit.mostBackups)"
            flags["audit-log-maxage"] = "\(audit.oldestDays)"
        }
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
