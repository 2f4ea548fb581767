import FairleadModel
import Testing

@testable import FairleadSimulation

/// /etc/hosts and host names.
@Suite struct HostFilesTests {
    private func files(_ spec: String, addresses: [String] = ["10.244.0.5"]) throws -> HostFiles {
        let pod: Value = [
            "metadata": ["name": "p", "namespace": "n"], "spec": try JSON.parse(Array(spec.utf8)).value,
        ]
        return HostFiles(pod: pod, addresses: addresses, clusterDomain: "cluster.local")
    }

    private static let head = """
        # Kubernetes-managed hosts file.
        127.0.0.1\tlocalhost
        ::1\tlocalhost ip6-localhost ip6-loopback
        fe00::0\tip6-localnet
        fe00::0\tip6-mcastprefix
        fe00::1\tip6-allnodes
        fe00::2\tip6-allrouters

        """

    @Test(arguments: [
        ("{}", "10.244.0.5\tp\n"), (#"{"hostname":"h"}"#, "10.244.0.5\th\n"),
        (#"{"hostname":"h","subdomain":"s"}"#, "10.244.0.5\th.s.n.svc.cluster.local\th\n"),
        (
            #"{"hostAliases":[{"ip":"123.45.67.89","hostnames":["foo","bar"]}]}"#,
            "10.244.0.5\tp\n\n# Entries added by HostAliases.\n123.45.67.89\tfoo\tbar\n"
        ),
    ])
    func hosts(spec: String, tail: String) throws { #expect(try files(spec).hosts == Self.head + tail) }

    @Test func hostsOfTheNode() throws {
        let text = try files(#"{"hostNetwork":true,"nodeName":"node-1"}"#).hosts
        #expect(text.hasPrefix("# Kubernetes-managed hosts file (host network).\n127.0.0.1\tlocalhost\n"))
    }

    @Test(arguments: [
        ("{}", "p"), (#"{"hostname":"h"}"#, "h"), (#"{"hostNetwork":true,"nodeName":"node-1"}"#, "node-1"),
        (#"{"hostname":"h","subdomain":"s","setHostnameAsFQDN":true}"#, "h.s.n.svc.cluster.local"),
        (#"{"hostnameOverride":"other"}"#, "other"),
        (
            #"{"hostname":"0123456789012345678901234567890123456789012345678901234567890--34"}"#,
            "0123456789012345678901234567890123456789012345678901234567890"
        ),
    ])
    func hostnames(spec: String, name: String) throws { #expect(try files(spec).hostname == name) }
}
