import FairleadHTTP
import FairleadIdentity
import FairleadModel
import Foundation
import Testing

@testable import FairleadServer

/// The kubeconfig that a server leaves: the owner's alone, up to date, and never in place of somebody else's.
struct KubeconfigTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "kubeconfig-\(UUID().uuidString)").path

    private func withFile(_ text: String? = nil, mode: Int = 0o600, _ body: (Kubeconfig) throws -> Void) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // what is left is the system's to remove
        let path = folder + "/data.kubeconfig"
        if let text {
            #expect(
                FileManager.default.createFile(
                    atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: mode]))
        }
        try body(Kubeconfig(path: path))
    }

    private func address(_ text: String) throws -> HTTPAddress { try #require(HTTPAddress(text)) }

    @Test(arguments: [("/a/fairlead.db", "/a/fairlead.kubeconfig"), ("/a/data", "/a/data.kubeconfig")])
    func itLiesBesideTheData(data: String, file: String) {
        #expect(Kubeconfig(besides: data).path == file)
    }

    @Test func itIsTheOwnersAndLeadsToTheServer() throws {
        try withFile { file in
            #expect(file.server == nil)
            try file.write(server: try address("0.0.0.0:8080"))
            #expect(file.server == "http://127.0.0.1:8080")
            let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? NSNumber
            #expect(mode?.intValue == 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["data.kubeconfig"])
        }
    }

    @Test func whatTheReaderChangedStays() throws {
        let changed = """
            current-context: other
            contexts: [{name: fairlead, context: {cluster: fairlead, user: fairlead, namespace: shop}}]
            clusters: [{name: other, cluster: {server: "https://x"}}, {name: fairlead, cluster: {server: "http://a:1"}}]
            """
        try withFile(changed) { file in
            try file.write(server: try address("[::1]:9"))
            let text = try #require(file.text)
            #expect(file.server == "http://[::1]:9")
            #expect(text.contains("namespace: shop") && text.contains("current-context: other"))
            #expect(text.contains("https://x"))
            try file.write(server: try address("[::1]:9"))
            #expect(file.text == text)
        }
    }

    /// With TLS there is an administrator's certificate in it, whatever users are there; without, there is none any more.
    @Test(arguments: ["", "users: [{name: other, user: {token: t}}, {name: fairlead, user: {}}]"])
    func itHasTheCertificateOfTheAdministrator(users: String) throws {
        let before = "clusters: [{name: fairlead, cluster: {server: \"http://a:1\"}}]\n" + users
        try withFile(before) { file in
            let authority = try CertificateAuthority(at: Environment.live.now())
            let client = try authority.issueClient(user: "a", groups: [], at: Environment.live.now())
            try file.write(.init(server: "https://127.0.0.1:6443", authority: authority.rootPEM, client: client))
            let text = try #require(file.text)
            #expect(file.server == "https://127.0.0.1:6443")
            for (key, pem) in [
                ("certificate-authority-data", authority.rootPEM),
                ("client-certificate-data", client.certificatePEM), ("client-key-data", client.keyPEM),
            ] {
                #expect(text.contains("\(key): \(Base64.encode(Array(pem.utf8)[...]))"), "\(key)")
            }
            #expect(text.contains("token: t") == users.contains("token: t"))
            try file.write(server: try address("127.0.0.1:1"))
            let after = try #require(file.text)
            #expect(!after.contains("client-") && !after.contains("certificate-authority"))
        }
    }

    @Test(arguments: [
        ("clusters: [{name: prod, cluster: {server: \"https://x\"}}]", 0o600), ("", 0o600), ("{", 0o600),
        ("[1]", 0o600), ("clusters: [{name: fairlead, cluster: {server: \"http://x\"}}]", 0o666),
    ])
    func othersFilesAreNotTouched(text: String, mode: Int) throws {
        try withFile(text, mode: mode) { file in
            #expect(throws: Kubeconfig.Refusal.self) { try file.write(server: try address("127.0.0.1:1")) }
            #expect(file.text == text)
        }
    }

    @Test func linksAreNotFollowed() throws {
        try withFile { file in
            let target = folder + "/target"
            #expect(FileManager.default.createFile(atPath: target, contents: nil))
            try FileManager.default.createSymbolicLink(atPath: file.path, withDestinationPath: target)
            #expect(throws: Kubeconfig.Refusal.self) { try file.write(server: try address("127.0.0.1:1")) }
        }
    }

    @Test(arguments: [
        ("/a/b-c_1.kubeconfig", "/a/b-c_1.kubeconfig"), ("/a b/c", "'/a b/c'"), ("/it's", #"'/it'\''s'"#),
    ])
    func aShellReadsThePathAsItIs(path: String, word: String) {
        #expect(Welcome.shellWord(path) == word)
    }
}
