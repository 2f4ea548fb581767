package import FairleadModel

/// The contents of a resolv.conf (resolv.conf(5)), and the one that a pod gets.
package struct ResolverConfiguration: Sendable, Hashable {
    package var nameservers: [String] = []
    package var searches: [String] = []
    /// As written: `ndots:5`, `edns0`.
    package var options: [String] = []

    package init() {}

    /// Parses a file. Like resolvers, it skips what it does not know; of several `search` lines the last one counts.
    package init(text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
            switch words.first {
            case "nameserver" where words.count > 1: nameservers.append(words[1])
            case "search", "domain": searches = Array(words.dropFirst())
            case "options": options += words.dropFirst()
            default: break
            }
        }
    }

    /// The text of the file, in the order that the kubelet uses.
    package var text: String {
        var lines: [String] = []
        if !searches.isEmpty { lines.append("search " + searches.joined(separator: " ")) }
        lines += nameservers.map { "nameserver \($0)" }
        if !options.isEmpty { lines.append("options " + options.joined(separator: " ")) }
        return lines.map { $0 + "\n" }.joined()
    }

    /// A name with at least this many dots is tried as it is before the search list is applied. 1 unless set, 15 at
    /// most.
    package var dots: Int {
        let set = options.last { $0.hasPrefix("ndots:") }.flatMap { Int($0.dropFirst(6)) }
        return min(max(set ?? 1, 0), 15)
    }

    // MARK: - pods

    /// The kubelet's DNS settings of the cluster.
    package struct Cluster: Sendable {
        package var domain: String
        package var nameserver: String

        package init(domain: String, nameserver: String) {
            self.domain = domain
            self.nameserver = nameserver
        }
    }

    /// The /etc/resolv.conf of a pod's containers (the kubelet's `network/dns`; API reference, `PodSpec.dnsPolicy`).
    ///
    /// - Parameter host: the node's own resolv.conf.
    package init(pod: Value, cluster: Cluster, host: ResolverConfiguration) {
        let view = PodView(pod)
        let policy = pod.at("spec", "dnsPolicy")?.string ?? "ClusterFirst"
        switch policy {
        case "None": self.init()
        case "ClusterFirstWithHostNet": self.init(cluster: cluster, namespace: view.namespace, host: host)
        // In the node's network, the cluster's DNS may not be reachable.
        case "ClusterFirst" where !view.hostNetwork:
            self.init(cluster: cluster, namespace: view.namespace, host: host)
        default: self = host
        }
        if let configured = pod.at("spec", "dnsConfig") { add(configured) }
        nameservers = Array(nameservers.prefix(Self.maximumNameservers))
        limitSearches()
    }

    private init(cluster: Cluster, namespace: String, host: ResolverConfiguration) {
        nameservers = [cluster.nameserver]
        searches = ["\(namespace).svc.\(cluster.domain)", "svc.\(cluster.domain)", cluster.domain]
        for search in host.searches where !searches.contains(search) { searches.append(search) }
        options = ["ndots:5"]
    }

    /// Applies a pod's `dnsConfig`: more servers and search domains, and options that replace those of the same name.
    private mutating func add(_ configured: Value) {
        for server in configured.texts("nameservers") where !nameservers.contains(server) { nameservers.append(server) }
        for search in configured.texts("searches") where !searches.contains(search) { searches.append(search) }
        for option in configured.items("options") {
            let name = option.text("name")
            let text = option["value"]?.string.map { $0.isEmpty ? name : "\(name):\($0)" } ?? name
            if let place = options.firstIndex(where: { $0.split(separator: ":").first.map(String.init) == name }) {
                options[place] = text
            } else {
                options.append(text)
            }
        }
    }

    /// Kubernetes' limits: 32 domains, and 2048 characters including the spaces between them.
    private mutating func limitSearches() {
        searches = Array(searches.prefix(Self.maximumSearches))
        while searches.joined(separator: " ").utf8.count > Self.maximumSearchLength { searches.removeLast() }
    }

    private static let maximumNameservers = 3
    private static let maximumSearches = 32
    private static let maximumSearchLength = 2048
}
