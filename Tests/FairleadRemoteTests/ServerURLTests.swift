import Testing

@testable import FairleadRemote

struct ServerURLTests {
    @Test(arguments: [
        ("https://127.0.0.1:6443", "https://127.0.0.1:6443"), ("http://localhost", "http://localhost:80"),
        ("https://api.example.com/", "https://api.example.com:443"), ("HTTPS://[::1]:8443", "https://[::1]:8443"),
        ("https://h/k8s/clusters/c-1/", "https://h:443/k8s/clusters/c-1"), ("http://[fd00::1]", "http://[fd00::1]:80"),
    ])
    func whatIsAURLIsTakenApart(text: String, normal: String) throws {
        #expect(try ServerURL(text).description == normal)
    }

    @Test(arguments: [
        "", "127.0.0.1:6443", "ftp://h", "https://", "https://:443", "https://h:0", "https://h:65536", "https://h:x",
        "https://user@h", "https://h/?a=b", "https://h/#a", "https://[::1", "https://[1.2.3.4]", "https://a b",
        "https://::1", "https://h\n",
    ])
    func whatIsNoneIsRefusedWithAnExample(text: String) {
        let refusal = #expect(throws: RemoteServer.Refusal.self) { try ServerURL(text) }
        #expect(refusal?.description.contains("https://HOST:PORT") == true)
    }
}
