import FairleadDNS
import FairleadHTTP

/// What is printed when the server is ready: its addresses, and commands to try.
package struct Welcome {
    let addresses: ListeningAddresses
    /// nil if there is no DNS.
    let dns: DNSAddress?
    /// The kubeconfig for this server; nil if none was written.
    let kubeconfig: Kubeconfig?
    let configuration: ServerConfiguration

    func printOut() {
        var text = addresses.plain.map { "listening on \($0.url)\n" }.joined()
        text += addresses.secure.map { "listening with TLS on \($0.secureURL)\n" }.joined()
        if let dns { text += "dns on \(dns)\n" }
        let url = (addresses.plain.first?.reachable.url ?? addresses.secure.first?.reachable.secureURL) ?? ""
        let server = kubeconfig == nil ? " --server \(url)" : ""
        text += """
            Kubernetes \(FairleadVersion.kubernetes) Services control plane, data in \(configuration.dataText), \(machinesText).
            Try, in another terminal:

            """
        if let kubeconfig { text += "  export KUBECONFIG=\(Self.shellWord(kubeconfig.path))\n" }
        let workload =
            configuration.isBare
            ? ["create service clusterip web --tcp=80"]
            : [
                "create deployment web --image=nginx --replicas=3",
                "expose deployment web --port=80 --type=LoadBalancer",
            ]
        for command in ["get svc,nodes"] + workload + ["get endpointslices --watch"] {
            text += "  kubectl\(server) \(command)\n"
        }
        if !addresses.plain.isEmpty { text += "  curl \(url)/debug/\n" }
        if let dns {
            text += "  dig @\(dns.host) -p \(dns.port) kubernetes.default.svc.\(configuration.clusterDomain)\n"
        }
        StandardStream.output.write(text)
    }

    /// The text as one shell word: quoted unless it consists of plain characters.
    package static func shellWord(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "/._-+,:@%".utf8.contains(byte)
        }
        return isPlain && !text.isEmpty
            ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    private var machinesText: String {
        if configuration.isBare { return "no machines (--bare)" }
        return "\(configuration.nodes) simulated node\(configuration.nodes == 1 ? "" : "s")"
    }
}
