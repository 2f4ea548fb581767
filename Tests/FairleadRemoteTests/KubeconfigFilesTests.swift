import FairleadModel
import Testing

@testable import FairleadRemote

/// What is read from kubeconfigs, and what is refused.
struct KubeconfigFilesTests {
    private func server(_ text: String, context: String? = nil) throws -> RemoteServer {
        try KubeconfigFiles(text: text, name: "the file", folder: "/nowhere").server(context: context)
    }

    private func refusal(_ text: String, context: String? = nil) -> String {
        let refusal = #expect(throws: RemoteServer.Refusal.self) { try server(text, context: context) }
        return refusal?.description ?? ""
    }

    /// A kubeconfig with one context; `cluster` and `user` are in flow style.
    private func config(cluster: String = "{server: \"https://h:6443\"}", user: String = "{}") -> String {
        """
        apiVersion: v1
        kind: Config
        current-context: main
        contexts: [{name: main, context: {cluster: c, user: u}}]
        clusters: [{name: c, cluster: \(cluster)}]
        users: [{name: u, user: \(user)}]
        """
    }

    private func base64(_ text: String) -> String { Base64.encode(Array(text.utf8)[...]) }

    @Test func whatIsInlineIsDecoded() throws {
        let server = try server(
            config(
                cluster: "{server: \"https://h:6443\", certificate-authority-data: \(base64(Certificates.authority)), "
                    + "tls-server-name: api.fairlead.test}",
                user: "{client-certificate-data: \(base64(Certificates.client)), "
                    + "client-key-data: \(base64(Certificates.clientKey)), token: secret}"))
        #expect(server.url.description == "https://h:6443")
        #expect(server.authorities?.bytes == Array(Certificates.authority.utf8))
        #expect(server.tlsServerName == "api.fairlead.test")
        #expect(server.identity?.certificates.bytes == Array(Certificates.client.utf8))
        #expect(server.identity?.key.bytes == Array(Certificates.clientKey.utf8))
        #expect(server.credentials == .token("secret"))
        #expect(!server.skipsVerification)
    }

    @Test func pathsStartFromTheFolderOfTheFile() async throws {
        try await withFolder { folder in
            try write(Certificates.authority, to: folder + "/ca.pem")
            try write("from-a-file\n", to: folder + "/token")
            let path = folder + "/config"
            try write(
                config(
                    cluster: "{server: \"https://h\", certificate-authority: ca.pem}",
                    user: "{tokenFile: \(folder)/token, token: other}"), to: path)
            let server = try KubeconfigFiles(reading: path).server()
            #expect(server.authorities?.bytes == Array(Certificates.authority.utf8))
            #expect(server.credentials == .tokenFile(folder + "/token"))
        }
    }

    @Test func dataComesBeforeFiles() throws {
        let text = config(
            cluster: "{server: \"https://h\", certificate-authority: missing.pem, "
                + "certificate-authority-data: \(base64("x"))}")
        #expect(try server(text).authorities?.bytes == Array("x".utf8))
    }

    @Test func usersMayBeMissingOrHavePasswords() throws {
        #expect(try server(config()).credentials == .none)
        #expect(
            try server(config(user: "{username: me, password: \"p:w\"}")).credentials
                == .password(user: "me", password: "p:w"))
        let nobody = "{current-context: a, contexts: [{name: a, context: {cluster: c}}], "
        #expect(try server(nobody + "clusters: [{name: c, cluster: {server: \"http://h\"}}]}").credentials == .none)
        #expect(try server(config(user: "null")).credentials == .none)
    }

    @Test func jsonIsYAMLToo() throws {
        let text =
            #"{"current-context":"a","contexts":[{"name":"a","context":{"cluster":"c"}}],"#
            + #""clusters":[{"name":"c","cluster":{"server":"https://h","insecure-skip-tls-verify":true}}]}"#
        #expect(try server(text).skipsVerification)
    }

    @Test func anotherContextMayBeChosen() throws {
        let text = """
            current-context: a
            contexts: [{name: a, context: {cluster: a}}, {name: b, context: {cluster: b}}]
            clusters: [{name: a, cluster: {server: "http://a"}}, {name: b, cluster: {server: "http://b"}}]
            """
        #expect(try server(text).url.host == "a")
        #expect(try server(text, context: "b").url.host == "b")
        #expect(refusal(text, context: "c").contains("choose one of a, b"))
    }

    @Test func ofSeveralFilesTheFirstThatSaysItCounts() async throws {
        try await withFolder { folder in
            let (first, second) = (folder + "/1", folder + "/2")
            try write(
                """
                contexts: [{name: main, context: {cluster: c, user: u}}]
                users: [{name: u, user: {token: first}}]
                """, to: first)
            try write(
                """
                current-context: main
                contexts: [{name: main, context: {cluster: other}}]
                clusters: [{name: c, cluster: {server: "https://second"}}]
                users: [{name: u, user: {token: second, username: second}}]
                """, to: second)
            let server = try KubeconfigFiles(merging: [first, folder + "/missing", second]).server()
            #expect(server.url.host == "second")
            #expect(server.credentials == .token("first"))
            let refusal = #expect(throws: RemoteServer.Refusal.self) {
                try KubeconfigFiles(merging: [folder + "/missing"])
            }
            #expect(refusal?.description.contains("$KUBECONFIG") == true)
        }
    }

    @Test(arguments: [
        ("{exec: {command: aws}}", "exec"), ("{auth-provider: {name: gcp}}", "auth-provider"), ("{as: me}", "as"),
        ("{as-groups: [a]}", "as-groups"), ("{client-certificate-data: eA==}", "client-key"),
        ("{client-key-data: eA==}", "client-certificate"), ("{token: \"a b\"}", "token"),
        ("{client-certificate-data: \"*\", client-key-data: eA==}", "base64"), ("{tokenFile: none}", "no such file"),
        ("{username: \"a:b\", password: x}", "colon"),
    ])
    func usersThatCannotBeHonouredAreRefused(user: String, word: String) {
        let text = refusal(config(user: user))
        #expect(text.contains(word) && text.contains("user \"u\"") == !user.contains("tokenFile"))
    }

    @Test(arguments: [
        ("{}", "https://HOST:PORT"), ("{server: nonsense}", "https://HOST:PORT"),
        ("{server: \"https://h\", proxy-url: \"http://p\"}", "proxy"),
        ("{server: \"https://h\", certificate-authority: none.pem}", "/nowhere/none.pem"),
        ("{server: \"https://h\", certificate-authority-data: \"*\"}", "base64"),
        ("{server: \"https://h\", certificate-authority-data: eA==, insecure-skip-tls-verify: true}", "exclude"),
        ("{server: \"https://h\", tls-server-name: 1.2.3.4}", "host name"),
    ])
    func clustersThatCannotBeReachedAreRefused(cluster: String, word: String) {
        #expect(refusal(config(cluster: cluster)).contains(word))
    }

    @Test(arguments: [
        ("", "current-context"), ("[1]", "no kubeconfig"), ("a: [", "no kubeconfig"), ("text", "no kubeconfig"),
        ("current-context: a", "no context \"a\""), ("{current-context: 1, contexts: 2}", "current-context"),
        ("{current-context: a, contexts: [{name: a, context: {cluster: b}}]}", "cluster \"b\""),
        (
            "{current-context: a, contexts: [{name: a, context: {cluster: b, user: c}}], "
                + "clusters: [{name: b, cluster: {server: \"http://h\"}}]}", "user \"c\""
        ),
    ])
    func whatIsIncompleteIsRefused(text: String, word: String) {
        #expect(refusal(text).contains(word))
    }
}
