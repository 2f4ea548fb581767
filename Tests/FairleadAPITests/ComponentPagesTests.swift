import FairleadModel
import Testing

@testable import FairleadAPI
@testable import FairleadDiscovery

/// The pages about the process, by what `Accept` asks for.
struct ComponentPagesTests {
    private func ask(_ path: String, _ accept: String? = nil) -> APIResponse? {
        let pages = ComponentPages(
            flags: ["nodes": "3", "bare": "false"], start: Timestamp(seconds: 1_767_323_045),
            now: { Timestamp(seconds: 1_767_323_045 + 3 * 3600 + 65) })
        let request = APIRequest(
            method: .get, path: path, headers: accept.map { [(name: "Accept", value: $0)] } ?? [], body: [])
        return pages.respond(to: request)
    }

    private func text(_ answer: APIResponse) -> String { String(decoding: answer.body.joined(), as: UTF8.self) }

    @Test func textIsForPeople() throws {
        let answer = try #require(ask("/statusz"))
        #expect(answer.contentType == "text/plain; charset=utf-8")
        #expect(text(answer).hasPrefix("\nkube-apiserver statusz\nWarning: "))
        #expect(
            text(answer).hasSuffix(
                """
                purposes only.

                Started: Fri Jan  2 03:04:05 UTC 2026
                Up: 3 hr 01 min 05 sec
                Go version: none
                Binary version: 1.36.2
                Emulation version: 1.36
                Paths: /flagz /healthz /livez /metrics /readyz /statusz /version

                """))
        #expect(text(try #require(ask("/flagz", "*/*"))).hasSuffix("purposes only.\nbare: false\nnodes: 3\n"))
        #expect(ask("/statusz/") == nil)
    }

    @Test(arguments: [
        ("application/json", 406), ("application/json;v=v1beta1;g=config.k8s.io", 406),
        ("application/json;v=v2;g=config.k8s.io;as=Flagz", 406), ("application/xml", 406),
        ("application/vnd.kubernetes.protobuf;v=v1beta1;g=config.k8s.io;as=Flagz", 406),
        ("application/json;v=v1beta1;g=config.k8s.io;as=Statusz", 406),
        ("application/json;v=v1beta1;g=config.k8s.io;as=Flagz", 200),
        ("application/yaml;v=v1alpha1;g=config.k8s.io;as=Flagz", 200),
        ("application/json;v=foo;g=config.k8s.io;as=Flagz,*/*", 200), ("text/plain", 200),
    ])
    func structuresAreAskedForByName(_ accept: String, _ status: Int) {
        #expect(ask("/flagz", accept)?.status == status)
    }

    @Test func structuresNameTheirVersion() throws {
        let answer = try #require(ask("/flagz", "application/json;v=v1beta1;g=config.k8s.io;as=Flagz"))
        let value = try JSON.parse(Array(text(answer).utf8)).value
        #expect(value["apiVersion"] == "config.k8s.io/v1beta1")
        #expect(value["metadata"] == ["name": "kube-apiserver"])
        #expect(value["flags"] == ["bare": "false", "nodes": "3"])
    }
}
