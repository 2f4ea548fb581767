package import FairleadModel

/// What is not in the cluster's objects.
package struct PodNetworkSettings: Sendable {
    /// The addresses of the API server's machine, the primary one first: where its probes and proxies come from. It
    /// translates packets like a node.
    package var apiServerAddresses: [IPAddress]
    /// The Service whose port 53 answers questions for names.
    package var nameService = ObjectName(namespace: "kube-system", name: "kube-dns")
    /// The Service whose endpoints are the API server.
    package var apiService = ObjectName(namespace: "default", name: "kubernetes")
    /// Ends of connections in one namespace; what comes after is refused.
    package var mostConnections = 4096
    /// Ends of connections in all namespaces together; nodes and the API server may open more, for their probes.
    package var mostConnectionsOverall = 32_768
    /// Ports that are listened on in one namespace, each for TCP and UDP.
    package var mostPorts = 4096
    /// UDP conversations through Services that nodes remember; what comes after is lost.
    package var mostTracked = 65_536
    /// Those of clients in one namespace.
    package var mostTrackedOfOne = 4096
    /// How long nodes remember a UDP conversation in which nothing is sent, as nf_conntrack_udp_timeout_stream.
    package var trackedFor = Duration.seconds(120)

    /// - Parameter apiServerAddresses: by default those of the gateway of the nodes' network in kind.
    package init(apiServerAddresses: [IPAddress] = Self.gateways) { self.apiServerAddresses = apiServerAddresses }

    package static let gateways = ["172.18.0.1", "fc00:f853:ccd:e793::1"].compactMap { IPAddress($0) }
}
