import FairleadClient
import FairleadClientTesting
import FairleadModel
import FairleadRemote
import Testing

/// Single requests: what is sent, and what becomes of each kind of answer.
struct RemoteCallTests {
    private func get(_ client: RemoteClient) async throws -> Value {
        try await client.get(.services, namespace: "shop", name: "web")
    }

    @Test func requestsAreThoseOfKubernetes() async throws {
        try await withServer(prefix: "/prefix") { _, answer in
            answer.send(#"{"kind":"Thing"}"#)
        } _: { server, client in
            let object: Value = ["metadata": ["name": "web", "namespace": "shop", "resourceVersion": "5"]]
            _ = try await get(client)
            _ = try await client.get(.nodes, namespace: "", name: "node:1")
            _ = try await client.create(.endpointSlices, namespace: "shop", object)
            try await client.update(.services, object, subresource: "status")
            try await client.patch(.nodes, namespace: "", name: "n", ["metadata": ["labels": ["a": "b"]]])
            var options = DeleteOptions(uid: "u", resourceVersion: "5", gracePeriodSeconds: 0)
            options.propagationPolicy = "Foreground"
            try await client.delete(.services, namespace: "shop", name: "web", options: options)
            let requests = server.requests
            #expect(
                requests.map { "\($0.method) \($0.uri)" } == [
                    "GET /prefix/api/v1/namespaces/shop/services/web", "GET /prefix/api/v1/nodes/node%3A1",
                    "POST /prefix/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices",
                    "PUT /prefix/api/v1/namespaces/shop/services/web/status", "PATCH /prefix/api/v1/nodes/n",
                    "DELETE /prefix/api/v1/namespaces/shop/services/web",
                ])
            #expect(requests.allSatisfy { $0.headers["Accept"] == ["application/json"] })
            #expect(requests.allSatisfy { $0.headers["User-Agent"] == ["fairlead"] })
            #expect(requests.allSatisfy { $0.headers["Host"] == ["127.0.0.1:\(server.port)"] })
            #expect(
                requests.map { $0.headers.first(name: "Content-Type") ?? "" } == [
                    "", "", "application/json", "application/json", "application/merge-patch+json", "application/json",
                ])
            #expect(try JSON.parse(Array(requests[2].body.utf8)).value == object)
            #expect(
                try JSON.parse(Array(requests[5].body.utf8)).value == [
                    "kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0,
                    "propagationPolicy": "Foreground", "preconditions": ["uid": "u", "resourceVersion": "5"],
                ])
        }
    }

    @Test func aStatusIsTheServers() async throws {
        let body =
            #"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"no","reason":"Invalid","code":422,"#
            + #""details":{"name":"web","kind":"Service","causes":[{"reason":"r","message":"m","field":"f"}]}}"#
        try await withServer { _, answer in
            answer.send(422, body)
        } _: { _, client in
            let error = try await failure { _ = try await get(client) }
            #expect(
                error
                    == APIStatus(
                        code: 422, reason: "Invalid", message: "no",
                        details: .init(
                            name: "web", kind: "Service", causes: [.init(reason: "r", message: "m", field: "f")])))
        }
    }

    @Test(arguments: [
        (502, "<html>\n<b>Bad</b>\tgateway</html>", "502 Bad Gateway: <html> <b>Bad</b> gateway</html>", ""),
        (404, "", "404 Not Found", "NotFound"), (401, "{}", "401 Unauthorized: {}", "Unauthorized"),
        (403, #"{"kind":"Status","status":"Success"}"#, "403 Forbidden", "Forbidden"),
    ])
    func whatIsNoStatusIsTold(code: Int, body: String, text: String, reason: String) async throws {
        try await withServer { _, answer in
            answer.send(code, body)
        } _: { server, client in
            let error = try await failure { _ = try await get(client) }
            #expect(error.code == code && error.reason == reason)
            #expect(error.message.contains(text) && error.message.contains(server.url))
        }
    }

    @Test func redirectsAreNotFollowed() async throws {
        try await withServer { request, answer in
            request.path == "/elsewhere"
                ? answer.send("{}") : answer.send(302, ["Location": "/elsewhere"], "")
        } _: { server, client in
            let error = try await failure { _ = try await get(client) }
            #expect(error.code == 302 && error.message.contains("redirects to /elsewhere"))
            #expect(server.requests.count == 1)
        }
    }

    @Test func aBusyServerIsAskedAgainTwice() async throws {
        let clock = ManualClock()
        try await withServer(clock: clock) { _, answer in
            answer.send(429, ["Retry-After": "7"], Wire.status(429, "TooManyRequests", "busy"))
        } _: { server, client in
            async let call = failure { _ = try await get(client) }
            for count in 1...2 {
                try await wait { server.requests.count == count && clock.sleeperCount == 1 }
                clock.advance(by: .seconds(6))
                #expect(clock.sleeperCount == 1)
                clock.advance(by: .seconds(1))
            }
            let error = try await call
            #expect(error.code == 429 && error.message == "busy")
            #expect(server.requests.count == 3)
        }
    }

    @Test(arguments: [(429, "31"), (429, "-1"), (429, "soon"), (429, ""), (500, "1")])
    func aServerThatNamesNoTimeIsNotAskedAgain(code: Int, after: String) async throws {
        try await withServer { _, answer in
            answer.send(code, ["Retry-After": after], Wire.status(code, "Reason", "busy"))
        } _: { server, client in
            let error = try await failure { _ = try await get(client) }
            #expect(error.code == code)
            #expect(server.requests.count == 1)
        }
    }

    @Test func anIdleConnectionMayHaveBeenClosed() async throws {
        let answers = Answers()
        try await withServer { request, answer in
            answers.add(answer)
            answers.count == 1 ? answer.cut() : answer.send("{}")
        } _: { server, client in
            _ = try await get(client)
            #expect(server.requests.count == 2)
        }
        // What may have been done is not done twice.
        try await withServer { _, answer in
            answer.cut()
        } _: { server, client in
            let error = try await failure { _ = try await client.create(.services, namespace: "a", [:]) }
            #expect(error.code == 503 && error.message.contains("closed the connection"))
            #expect(server.requests.count == 1)
            _ = try await failure { _ = try await get(client) }
            #expect(server.requests.count == 3)
        }
    }

    @Test func answersHaveALimit() async throws {
        var limits = RemoteLimits.patient
        limits.answerBytes = 1000
        try await withServer(limits: limits) { request, answer in
            let text = #""\#(String(repeating: "x", count: request.path.hasSuffix("fits") ? 998 : 999))""#
            if request.path.contains("chunked") {
                answer.begin()
                answer.write(text)
                answer.end()
            } else {
                answer.send(text)
            }
        } _: { _, client in
            for name in ["whole", "chunked"] {
                _ = try await client.get(.nodes, namespace: "", name: name + "fits")
                let error = try await failure { _ = try await client.get(.nodes, namespace: "", name: name) }
                #expect(error.message.contains("larger than 1000 bytes"))
            }
        }
    }

    @Test func anAnswerThatIsNoJSONIsTold() async throws {
        try await withServer { _, answer in
            answer.send("<html>")
        } _: { _, client in
            let error = try await failure { _ = try await get(client) }
            #expect(error.code == 500 && error.message.contains("no JSON"))
        }
    }

    @Test func nobodyWaitsForever() async throws {
        var limits = RemoteLimits.patient
        limits.answering = .milliseconds(50)
        try await withServer(limits: limits) { _, _ in
        } _: { _, client in
            let error = try await failure { _ = try await get(client) }
            #expect(error.code == 503 && error.message.contains("no answer within 0.05 seconds"))
            let watch = try await failure { _ = try await client.watch(.services, after: 1) }
            #expect(watch.code == 503 && watch.message.contains("no answer within 0.05 seconds"))
        }
    }

    @Test func aCancelledTaskGoesOn() async throws {
        try await withServer { _, _ in
        } _: { server, client in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await get(client) }  // that it ends is all
                group.addTask { _ = try? await client.watch(.services, after: 1) }
                group.addTask { _ = try? await client.list(.services, namespace: nil) }
                _ = await eventually { server.requests.count == 3 }
                group.cancelAll()
            }
        }
    }

    @Test func whereNobodyListensTheReasonIsSaid() async throws {
        let server = try await TestAPIServer.start { _, _ in }
        await server.stop()
        try await withClient(RemoteServer(url: try ServerURL(server.url))) { client in
            let error = try await failure { _ = try await get(client) }
            #expect(error.code == 503 && error.reason == "ServiceUnavailable")
            #expect(error.message.contains("\(server.url) does not answer: connection refused"))
        }
    }

    @Test func aClientThatHasBeenShutDownSaysSo() async throws {
        let client = try RemoteClient(RemoteServer(url: try ServerURL("http://127.0.0.1:1")))
        await client.shutdown()
        await client.shutdown()
        let error = try await failure { _ = try await get(client) }
        #expect(error.message.contains("has been shut down"))
    }
}
