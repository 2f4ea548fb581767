import FairleadClient
import FairleadModel
import FairleadRemote
import Testing

/// Lists: pages, what is taken from objects, and what is no list.
struct RemoteListTests {
    private func list(_ client: RemoteClient, namespace: String? = nil) async throws -> ObjectList {
        try await client.list(.services, namespace: namespace)
    }

    @Test func pagesBecomeOneSortedList() async throws {
        try await withServer { request, answer in
            switch request.query("continue") {
            case nil:
                answer.send(
                    Wire.list(
                        [
                            Wire.service("a", namespace: "a-b", revision: 3, isItem: true),
                            Wire.service("b", namespace: "a", revision: 4, isItem: true),
                        ], revision: 9, continueToken: "next=/+&"))
            case "next%3D%2F%2B%26":
                answer.send(
                    Wire.list(
                        [Wire.service("c", namespace: "b", revision: 2, isItem: true)], revision: 9,
                        continueToken: "third"))
            default: answer.send(#"{"kind":"ServiceList","metadata":{"resourceVersion":"9"},"items":null}"#)
            }
        } _: { server, client in
            let list = try await list(client)
            #expect(list.revision == 9)
            // Bytewise by namespace, not by the path in etcd.
            #expect(list.objects.map { "\($0.key.namespace)/\($0.key.name)" } == ["a/b", "a-b/a", "b/c"])
            #expect(list.objects.map(\.revision) == [4, 3, 2])
            #expect(server.requests.map { $0.query("limit") } == ["500", "500", "500"])
            #expect(server.requests.allSatisfy { $0.path == "/api/v1/services" && $0.query("watch") == nil })
            _ = try await self.list(client, namespace: "shop")
            #expect(server.requests.last?.path == "/api/v1/namespaces/shop/services")
        }
    }

    @Test func objectsAreLikeThoseOfTheStore() async throws {
        try await withServer { _, answer in
            answer.send(Wire.list([Wire.service("web", revision: 7, isItem: true)], revision: 8))
        } _: { _, client in
            let object = try #require(try await list(client).objects.first)
            #expect(object.key == ObjectKey(.init(group: "", resource: "services"), namespace: "default", name: "web"))
            #expect(!object.isDecoded)
            let value: Value = [
                "kind": "Service", "apiVersion": "v1",
                "metadata": ["name": "web", "namespace": "default", "uid": "u-web", "resourceVersion": "7"],
                "spec": ["ports": [["port": 80]]],
            ]
            #expect(try JSON.parse(object.bytes).value == value)
            #expect(object.value == value)
        }
    }

    /// Between two pages the snapshot may be forgotten; the third time it is read in one piece.
    @Test func aSnapshotThatExpiresIsReadAnew() async throws {
        try await withServer { request, answer in
            if request.query("continue") != nil {
                answer.send(410, Wire.status(410, "Expired", "too old"))
            } else {
                answer.send(
                    Wire.list(
                        [Wire.service("a", revision: 1, isItem: true)], revision: 2,
                        continueToken: request.query("limit") == nil ? "" : "next"))
            }
        } _: { server, client in
            let list = try await list(client)
            #expect(list.objects.count == 1)
            #expect(server.requests.map { $0.query("limit") } == ["500", "500", "500", "500", nil])
        }
    }

    @Test func a410AtTheBeginningIsTheServers() async throws {
        try await withServer { _, answer in
            answer.send(410, Wire.status(410, "Expired", "too old"))
        } _: { server, client in
            let error = try await failure { _ = try await list(client) }
            #expect(error.code == 410)
            #expect(server.requests.count == 1)
        }
    }

    private static let faults: [(body: String, text: String)] = [
        (
            #"{"kind":"ServiceList","metadata":{"resourceVersion":"x1"},"items":[]}"#,
            "\"x1\" for the list of services.v1"
        ),
        (#"{"kind":"ServiceList","metadata":{"resourceVersion":"-1"},"items":[]}"#, "not an integer"),
        (
            #"{"kind":"ServiceList","metadata":{"resourceVersion":"9223372036854775808"},"items":[]}"#,
            "not an integer of 64 bits"
        ),
        (#"{"kind":"ServiceList","metadata":{},"items":[]}"#, "no resourceVersion for the list"),
        (
            #"{"kind":"ServiceList","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a","#
                + #""namespace":"b","resourceVersion":"new"}}]}"#, "\"new\" for services b/a"
        ),
        (#"{"kind":"ServiceList","metadata":{"resourceVersion":"1"},"items":[{"metadata":{}}]}"#, "without a name"),
        (#"{"kind":"ServiceList","metadata":{"resourceVersion":"1"},"items":[7]}"#, "without a name"),
        (#"{"kind":"Table","metadata":{"resourceVersion":"1"},"rows":[]}"#, "is a \"Table\", not a list"),
        ("[]", "not a list"), ("", "no JSON"), (#"{"kind":"ServiceList""#, "no JSON"),
        (
            #"{"kind":"ServiceList","metadata":{"resourceVersion":"1","continue":"same"},"items":[]}"#,
            "leads back to the same page"
        ),
    ]

    @Test(arguments: faults)
    func whatIsNoListIsTold(body: String, text: String) async throws {
        try await withServer { _, answer in
            answer.send(body)
        } _: { _, client in
            let error = try await failure { _ = try await list(client) }
            #expect(error.code == 500 && error.message.contains(text), "\(error.message)")
        }
    }

    @Test func listsHaveALimit() async throws {
        var limits = RemoteLimits.patient
        limits.listBytes = 3000
        try await withServer(limits: limits) { request, answer in
            let page = Int(request.query("continue") ?? "") ?? 0
            answer.send(Wire.list([], revision: 1, continueToken: "\(page + 1)"))
        } _: { server, client in
            let error = try await failure { _ = try await list(client) }
            #expect(error.message.contains("larger than 3000 bytes"))
            #expect(server.requests.count > 10)
        }
    }

    @Test func largeListsArrive() async throws {
        let endpoints = (0..<100).map { #"{"addresses":["10.1.0.\#($0)"],"conditions":{"ready":true}}"# }
            .joined(separator: ",")
        func slice(_ index: Int) -> String {
            #"{"metadata":{"name":"s\#(index)","namespace":"n\#(index % 7)","resourceVersion":"\#(index + 1)"},"#
                + #""addressType":"IPv4","endpoints":[\#(endpoints)]}"#
        }
        let pages = stride(from: 0, to: 500, by: 100).map { start in
            #"{"kind":"EndpointSliceList","apiVersion":"discovery.k8s.io/v1","metadata":{"resourceVersion":"900","#
                + #""continue":"\#(start < 400 ? "\(start + 100)" : "")"},"items":["#
                + (start..<start + 100).map(slice).joined(separator: ",") + "]}"
        }
        try await withServer { request, answer in
            answer.send(pages[(Int(request.query("continue") ?? "0") ?? 0) / 100])
        } _: { _, client in
            let list = try await client.list(.endpointSlices, namespace: nil)
            #expect(list.objects.count == 500)
            #expect(Set(list.objects.map(\.revision)).count == 500)
            #expect(list.objects.allSatisfy { $0.value["endpoints"]?.array?.count == 100 })
            #expect(list.objects.allSatisfy { $0.value.kind == "EndpointSlice" })
        }
    }
}
