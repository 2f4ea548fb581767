package import FairleadModel
import NIOCore

/// How a lab is set up.
package struct LabSettings: Sendable {
    package var folder: LabFolder
    /// The URL of the API server, for people and for `lab exec`.
    package var server: String
    /// The kubeconfig with what the server wants to see; empty if the URL is enough.
    package var kubeconfig = ""
    /// The log of the server, if the lab has started it; empty otherwise.
    package var serverLog = ""
    /// Where connections to the API server go that come from the lab.
    package var apiServer: LabPlace
    /// Where the cluster DNS answers on this machine; nil if it does not.
    package var clusterDNS: LabPlace?
    package var isPrivate: Bool
    /// The arguments of `fairlead proxy` on a node; nil if there shall be no proxies, so that another one can be tried.
    ///
    /// - Parameters: the node's name, the URL of the API server in the node's namespace, the ranges of pod addresses.
    package var proxyArguments: (@Sendable (String, String, [CIDR]) -> [String])?
    /// The cluster's DNS domain, and the address of its DNS in the cluster: for `resolv.conf` of nodes.
    package var clusterDomain = "cluster.local"
    package var nameserver = ""
    /// This program.
    package var program: String
    /// The ranges of pod addresses; empty to conclude them from the nodes.
    package var clusterCIDRs: [CIDR] = []
    package var limits = LabLimits()

    package init(
        folder: LabFolder, server: String, apiServer: LabPlace, clusterDNS: LabPlace?, isPrivate: Bool,
        program: String, proxyArguments: (@Sendable (String, String, [CIDR]) -> [String])?
    ) {
        self.folder = folder
        self.server = server
        self.apiServer = apiServer
        self.clusterDNS = clusterDNS
        self.isPrivate = isPrivate
        self.program = program
        self.proxyArguments = proxyArguments
    }

    /// Where the API server answers in the namespaces of nodes, on 127.0.0.1: at the port that it has on the machine, so
    /// that one kubeconfig does for both.
    var apiPort: Int { apiServer.port }
    /// Where a proxy says whether it is well; kube-proxy's port.
    static let healthPort = 10_256
}

/// An address and a port on the machine that the lab is on.
package struct LabPlace: Hashable, Sendable {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `localhost` is 127.0.0.1, whatever the resolver says.
    ///
    /// - Throws: `LabProblem`, if the host has no address.
    var address: SocketAddress {
        get throws {
            do {
                return try SocketAddress.makeAddressResolvingHost(host == "localhost" ? "127.0.0.1" : host, port: port)
            } catch {
                throw LabProblem.noAddress(host)
            }
        }
    }
}
