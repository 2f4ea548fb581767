import Testing

@testable import FairleadRemote

/// Which server flags, environment and container lead to.
struct RemoteFlagsTests {
    private let config = """
        current-context: main
        contexts: [{name: main, context: {cluster: c, user: u}}, {name: two, context: {cluster: d}}]
        clusters:
        - {name: c, cluster: {server: "https://config", insecure-skip-tls-verify: true}}
        - {name: d, cluster: {server: "https://second"}}
        users: [{name: u, user: {token: of-config}}]
        """

    private func find(
        _ environment: [String: String] = [:], _ change: (inout RemoteFlags) -> Void = { _ in }
    ) throws -> RemoteServer? {
        var flags = RemoteFlags()
        change(&flags)
        return try RemoteServer.find(flags, environment: environment)
    }

    private func refusal(
        _ environment: [String: String] = [:], _ change: (inout RemoteFlags) -> Void = { _ in }
    ) -> String {
        let refusal = #expect(throws: RemoteServer.Refusal.self) { try find(environment, change) }
        return refusal?.description ?? ""
    }

    @Test func withoutAnythingThereIsNone() throws {
        #expect(try find() == nil)
        #expect(try find(["KUBECONFIG": "", "HOME": "/root"]) == nil)
    }

    @Test func theServerComesBeforeTheEnvironmentAndGetsNobodysToken() async throws {
        try await withFolder { folder in
            try write(config, to: folder + "/config")
            let server = try find(["KUBECONFIG": folder + "/config"]) { $0.server = "https://flag" }
            #expect(server?.url.host == "flag")
            #expect(server?.credentials == RemoteServer.Credentials.none)
            #expect(server?.skipsVerification == false)
        }
    }

    @Test func flagsOverrideWhatAKubeconfigSays() async throws {
        try await withFolder { folder in
            let path = folder + "/config"
            try write(config, to: path)
            try write(Certificates.authority, to: folder + "/ca")
            #expect(try find(["KUBECONFIG": ":\(path)"])?.credentials == .token("of-config"))
            let server = try find {
                $0.kubeconfig = path
                $0.server = "https://flag"
                $0.token = "of-flag"
                $0.authorities = folder + "/ca"
                $0.tlsServerName = "name"
            }
            #expect(server?.url.host == "flag")
            #expect(server?.credentials == .token("of-flag"))
            #expect(server?.skipsVerification == false)
            #expect(server?.authorities?.bytes == Array(Certificates.authority.utf8))
            #expect(server?.tlsServerName == "name")
            let other = try find(["KUBECONFIG": path]) { $0.context = "two" }
            #expect(other?.url.host == "second")
        }
    }

    @Test func whatDoesNotFitTogetherIsRefused() async throws {
        #expect(
            refusal {
                $0.server = "https://h"
                $0.token = "a"
                $0.tokenFile = "/b"
            }.contains("exclude"))
        #expect(
            refusal {
                $0.server = "https://h"
                $0.clientKey = "/b"
            }.contains("belong together"))
        #expect(
            refusal {
                $0.server = "https://h"
                $0.context = "a"
            }.contains("--kubeconfig"))
        #expect(
            refusal {
                $0.server = "https://h"
                $0.tokenFile = "/nowhere/token"
            }.contains("/nowhere/token: there is no such file"))
        #expect(refusal { $0.kubeconfig = "/nowhere/config" }.contains("/nowhere/config"))
        try await withFolder { folder in
            try write(" \n", to: folder + "/token")
            #expect(
                refusal {
                    $0.server = "https://h"
                    $0.tokenFile = folder + "/token"
                }.contains("empty"))
            try write("x", to: folder + "/ca")
            #expect(
                refusal {
                    $0.server = "https://h"
                    $0.authorities = folder + "/ca"
                    $0.skipsVerification = true
                }.contains("exclude"))
        }
    }

    @Test func aPodFindsItsServiceAccount() async throws {
        let environment = ["KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"]
        try await withFolder { folder in
            let missing = #expect(throws: RemoteServer.Refusal.self) {
                try RemoteServer.inCluster(environment: environment, folder: folder)
            }
            #expect(missing?.description.contains("service account") == true)
            try write(Certificates.authority, to: folder + "/ca.crt")
            try write("mounted", to: folder + "/token")
            let server = try RemoteServer.inCluster(environment: environment, folder: folder)
            #expect(server?.url.description == "https://10.96.0.1:443")
            #expect(server?.credentials == .tokenFile(folder + "/token"))
            #expect(server?.authorities?.bytes == Array(Certificates.authority.utf8))
            let six = ["KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"]
            #expect(
                try RemoteServer.inCluster(environment: six, folder: folder)?.url.description == "https://[fd00::1]:443"
            )
            #expect(try RemoteServer.inCluster(environment: [:], folder: folder) == nil)
        }
    }

    /// What cannot be a certificate or key is refused when a client is made.
    @Test func certificatesAreLookedAtBeforeTheyAreUsed() throws {
        func refusal(_ change: (inout RemoteServer) -> Void) throws -> String {
            var server = RemoteServer(url: try ServerURL("https://127.0.0.1:1"))
            change(&server)
            let refusal = #expect(throws: RemoteServer.Refusal.self) { try server.tlsConfiguration() }
            return refusal?.description ?? ""
        }
        func pem(_ text: String, _ source: String) -> RemoteServer.PEM {
            .init(bytes: Array(text.utf8), source: source)
        }
        #expect(try refusal { $0.authorities = pem("nonsense", "the CA") }.contains("the CA"))
        #expect(try refusal { $0.authorities = pem("", "the CA") }.contains("the CA"))
        #expect(
            try refusal {
                $0.identity = .init(certificates: pem(Certificates.client, "one"), key: pem("nonsense", "two"))
            }.contains("two is no private key"))
        #expect(
            try refusal {
                $0.identity = .init(
                    certificates: pem(Certificates.client, "one"), key: pem(Certificates.serverKey, "two"))
            }.contains("two is not the key of one"))
    }
}
