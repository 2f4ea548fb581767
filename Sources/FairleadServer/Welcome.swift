import FairleadDNS
import FairleadHTTP

/// What is printed when the server is ready: its addresses, and commands to try.
struct Welcome {
    let addresses: [HTTPAddress]
    /// nil if there is no DNS.
    let dns: DNSAddress?
    let configuration: ServerConfiguration

    func printOut() {
        var text = addresses.map { "listening on \($0.url)\n" }.joined()
        if let dns { text += "dns on \(dns)\n" }
        let isKubectlDefault = addresses.contains { $0.port == 8080 && ["127.0.0.1", "localhost"].contains($0.host) }
        let server = isKubectlDefault ? "" : " --server \(addresses[0].url)"
        text += """
            Kubernetes \(FairleadVersion.kubernetes) Services control plane, data in \(dataText), \(machinesText).
            Try:
              kubectl\(server) get svc,nodes
              kubectl\(server) create deployment web --image=nginx --replicas=3
              kubectl\(server) expose deployment web --port=80 --type=LoadBalancer
              kubectl\(server) get endpointslices --watch
              curl \(addresses[0].url)/api/v1/namespaces/default/services

            """
        if let dns {
            text += "  dig @\(dns.host) -p \(dns.port) kubernetes.default.svc.\(configuration.clusterDomain)\n"
        }
        StandardStream.output.write(text)
    }

    private var dataText: String {
        switch configuration.data {
        case .memory: "memory"
        case .file(let path): path
        }
    }

    private var machinesText: String {
        configuration.isBare ? "no machines (--bare)" : "\(configuration.nodes) simulated nodes"
    }
}
