import FairleadAPI
import FairleadModel
import Testing

@testable import FairleadAggregation

@Suite struct RemoteHeadersTests {
    private let user = UserInfo(
        name: "ann\r\nX-Remote-User: root", uid: "7", groups: ["devs", "ops"],
        extra: ["example.com/scopes": ["a", "b"]])

    private func request(_ headers: [(name: String, value: String)]) -> APIRequest {
        APIRequest(method: .get, path: "/apis/g/v1/things", headers: headers)
    }

    @Test func theServerIsToldWhoAsks() {
        let headers = RemoteHeaders.outgoing(request([]), by: user)
        func values(_ name: String) -> [String] { headers.filter { $0.name == name }.map(\.value) }
        #expect(values("X-Remote-User") == ["ann__X-Remote-User: root"])
        #expect(values("X-Remote-Uid") == ["7"])
        #expect(values("X-Remote-Group") == ["devs", "ops"])
        #expect(values("X-Remote-Extra-example.com%2Fscopes") == ["a", "b"])
    }

    @Test func whatClientsSayOfThemselvesIsLeftOut() {
        let sent = [
            (name: "x-remote-user", value: "root"), ("X-REMOTE-EXTRA-a", "b"), ("Impersonate-User", "root"),
            ("authorization", "Bearer x"), ("Host", "here"), ("Content-Length", "5"), ("Connection", "close, X-Secret"),
            ("X-Secret", "s"), ("Upgrade", "shout"), ("Accept", "application/json"),
        ]
        let headers = RemoteHeaders.outgoing(request(sent), by: user)
        let names = headers.map { $0.name.lowercased() }
        #expect(names.filter { $0 == "x-remote-user" }.count == 1)
        for name in [
            "x-remote-extra-a", "impersonate-user", "authorization", "host", "content-length", "connection", "x-secret",
            "upgrade",
        ] {
            #expect(!names.contains(name), "\(name)")
        }
        #expect(names.contains("accept"))
        #expect(headers.contains { $0.name == "X-Forwarded-Host" && $0.value == "here" })
        let upgrade = RemoteHeaders.outgoing(request(sent), by: user, keepsUpgrade: true)
        #expect(upgrade.filter { $0.name == "Connection" }.map(\.value) == ["Upgrade"])
        #expect(upgrade.filter { $0.name == "Upgrade" }.map(\.value) == ["shout"])
    }

    @Test func theAnswersHeadersGoBack() {
        let headers = RemoteHeaders.incoming([
            (name: "Content-Type", value: "x"), ("Warning", "299 - w"), ("Connection", "X-Own"), ("X-Own", "1"),
            ("Transfer-Encoding", "chunked"),
        ])
        #expect(headers.map(\.name) == ["Warning"])
    }

    @Test(arguments: [
        ("/apis/g/v1", "g", "v1"), ("/apis/g/v1/things/a", "g", "v1"), ("/openapi/v3/apis/g/v1", "g", "v1"),
        ("/apis/g", nil, nil), ("/apis//v1", nil, nil), ("/apis/g/", nil, nil), ("/api/v1/pods", nil, nil),
        ("/apis/%67/v1", nil, nil), ("/openapi/v3/api/v1", nil, nil),
    ])
    func pathsSayWhoseTheyAre(path: String, group: String?, version: String?) {
        let found = RemotePath(path)
        #expect(found?.group == group && found?.version == version)
    }
}
