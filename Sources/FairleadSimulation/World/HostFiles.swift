import FairleadModel

/// What the kubelet writes into /etc/hosts and /etc/hostname of a container.
///
/// Reference: "Adding entries to Pod /etc/hosts with HostAliases".
struct HostFiles {
    let pod: Value
    /// The pod's addresses.
    let addresses: [String]
    let clusterDomain: String

    /// What the pod calls itself.
    var hostname: String {
        let view = PodView(pod)
        if view.hostNetwork { return view.nodeName }
        let other = pod.text("spec", "hostnameOverride")
        if !other.isEmpty { return other }
        let name = view.hostname.isEmpty ? pod.name : view.hostname
        var short = String(name.prefix(63))
        while let last = short.last, last == "-" || last == "." { short.removeLast() }
        if pod.flag("spec", "setHostnameAsFQDN"), let domain { return "\(short).\(domain)" }
        return short
    }

    /// nil without a subdomain.
    private var domain: String? {
        let subdomain = PodView(pod).subdomain
        return subdomain.isEmpty ? nil : "\(subdomain).\(pod.namespace).svc.\(clusterDomain)"
    }

    /// The file of every node.
    static let nodeHosts = """
        127.0.0.1\tlocalhost
        ::1\tlocalhost ip6-localhost ip6-loopback
        fe00::\tip6-localnet
        ff00::\tip6-mcastprefix
        ff02::1\tip6-allnodes
        ff02::2\tip6-allrouters

        """

    var hosts: String {
        var text: String
        if PodView(pod).hostNetwork {
            text = "# Kubernetes-managed hosts file (host network).\n" + Self.nodeHosts
        } else {
            text = """
                # Kubernetes-managed hosts file.
                127.0.0.1\tlocalhost
                ::1\tlocalhost ip6-localhost ip6-loopback
                fe00::0\tip6-localnet
                fe00::0\tip6-mcastprefix
                fe00::1\tip6-allnodes
                fe00::2\tip6-allrouters

                """
            let short = PodView(pod).hostname.isEmpty ? pod.name : PodView(pod).hostname
            for address in addresses {
                text += domain.map { "\(address)\t\(short).\($0)\t\(short)\n" } ?? "\(address)\t\(short)\n"
            }
        }
        let aliases = pod.items("spec", "hostAliases")
        if !aliases.isEmpty { text += "\n# Entries added by HostAliases.\n" }
        for alias in aliases {
            text += ([alias.text("ip")] + alias.texts("hostnames")).joined(separator: "\t") + "\n"
        }
        return text
    }
}
