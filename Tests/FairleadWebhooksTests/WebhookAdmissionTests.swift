import FairleadAPI
import FairleadModel
import Testing

@testable import FairleadWebhooks

/// Admission webhooks, against a server that speaks HTTPS.
struct WebhookAdmissionTests {
    /// Runs a test with a server and an API, and stops both.
    private func with(
        _ respond: @escaping WebhookServer.Respond,
        _ test: (WebhookFixture, WebhookServer) async throws -> Void
    ) async throws {
        let server = try await WebhookServer.start(respond)
        let fixture = try await WebhookFixture()
        let result: Result<Void, any Error>
        do {
            result = .success(try await test(fixture, server))
        } catch {
            result = .failure(error)
        }
        await fixture.close()
        try await server.stop()
        try result.get()
    }

    /// What a creation is refused with; nil if it is not.
    private func refusal(_ fixture: WebhookFixture, _ object: Value, isDryRun: Bool = false) async throws -> APIStatus?
    {
        do {
            _ = try await fixture.create("configmaps", object, isDryRun: isDryRun)
            return nil
        } catch let status as APIStatus {
            return status
        }
    }

    @Test func aDenialIsTheAnswerToTheClient() async throws {
        try await with { _, review in
            .admission(review, ["allowed": false, "status": ["message": "no", "code": 409, "reason": "Conflict"]])
        } _: { fixture, server in
            try await fixture.register("ValidatingWebhookConfiguration", server, [[:]])
            let status = try #require(try await refusal(fixture, fixture.configMap("x")))
            #expect(status.code == 409 && status.reason == "Conflict")
            #expect(status.message == "admission webhook \"h0.example.com\" denied the request: no")
            let request = try #require(server.received.first?.review["request"])
            #expect(request["operation"] == "CREATE" && request["dryRun"] == false)
            #expect(request.at("userInfo", "username") == "alice")
            #expect(request.at("object", "metadata", "uid")?.string?.isEmpty == false)
            #expect(server.received.first?.uri == "/0?timeout=10s")
        }
    }

    @Test func aPatchChangesTheObjectBeforeItIsValidated() async throws {
        try await with { _, review in
            .patched(review, [["op": "add", "path": "/data/n", "value": "1"]])
        } _: { fixture, server in
            try await fixture.register("MutatingWebhookConfiguration", server, [[:]])
            let created = try await fixture.create("configmaps", fixture.configMap("x"))
            #expect(created["data"] == ["k": "v", "n": "1"])
            // The first phase comes before the object has an identity.
            #expect(server.received.first?.review.at("request", "object", "metadata", "uid") == nil)
        }
    }

    @Test func aWebhookThatWantsToSeesWhatLaterOnesChange() async throws {
        try await with { path, review in
            .patched(review, [["op": "add", "path": .string("/data/p\(path.dropFirst())"), "value": "1"]])
        } _: { fixture, server in
            try await fixture.register(
                "MutatingWebhookConfiguration", server, [["reinvocationPolicy": "IfNeeded"], [:]])
            let created = try await fixture.create("configmaps", fixture.configMap("x"))
            #expect(created["data"] == ["k": "v", "p0": "1", "p1": "1"])
            #expect(server.received.map(\.uri) == ["/0?timeout=10s", "/1?timeout=10s", "/0?timeout=10s"])
        }
    }

    @Test func warningsReachTheNotesOfTheRequest() async throws {
        try await with { _, review in
            .admission(review, ["allowed": true, "warnings": ["careful"], "auditAnnotations": ["k": "v"]])
        } _: { fixture, server in
            try await fixture.register("ValidatingWebhookConfiguration", server, [[:]])
            let requester = Requester(UserInfo(name: "alice"))
            try await fixture.create("configmaps", fixture.configMap("x"), as: requester)
            #expect(requester.notes.warnings == ["careful"])
            #expect(requester.notes.annotations == ["h0.example.com/k": "v"])
        }
    }

    @Test func anAnswerThatNeverEndsIsGivenUp() async throws {
        try await with { _, review in
            var answer = WebhookServer.Answer.admission(review, ["allowed": true])
            answer.isEndless = true
            return answer
        } _: { fixture, server in
            try await fixture.register("ValidatingWebhookConfiguration", server, [["timeoutSeconds": 1]])
            let message = try await refusal(fixture, fixture.configMap("x"))?.message
            #expect(
                message
                    == "Internal error occurred: failed calling webhook \"h0.example.com\": failed to call webhook: unexpected error when reading response body. Please retry. Original error: context deadline exceeded"
            )
        }
    }

    @Test func aHangingWebhookHarmsOnlyItsOwnRequests() async throws {
        try await with { path, review in
            var answer = WebhookServer.Answer.admission(review, ["allowed": true])
            if path == "/0" { answer.delay = .seconds(20) }
            return answer
        } _: { fixture, server in
            try await fixture.register(
                "ValidatingWebhookConfiguration", server,
                [["timeoutSeconds": 1, "objectSelector": ["matchLabels": ["slow": "yes"]]], [:]])
            async let slow = refusal(fixture, fixture.configMap("slow", labels: ["slow": "yes"]))
            #expect(try await refusal(fixture, fixture.configMap("quick")) == nil)
            // Not the answer after 20 seconds, which would allow it.
            let message = try await slow?.message ?? ""
            #expect(message.hasSuffix("\(server.url)/0?timeout=1s\": context deadline exceeded"), "\(message)")
        }
    }

    @Test func aFloodIsNotRead() async throws {
        try await with { _, _ in
            WebhookServer.Answer(body: [UInt8](repeating: 0x20, count: WebhookCaller.answerLimit + 1))
        } _: { fixture, server in
            try await fixture.register("ValidatingWebhookConfiguration", server, [[:]])
            let message = try await refusal(fixture, fixture.configMap("x"))?.message ?? ""
            #expect(message.hasSuffix("the answer is larger than \(WebhookCaller.answerLimit) bytes"), "\(message)")
        }
    }

    @Test func nobodyListening() async throws {
        let fixture = try await WebhookFixture()
        try await fixture.register(
            "ValidatingWebhookConfiguration", nil,
            [
                ["objectSelector": ["matchLabels": ["h": "fail"]]],
                ["objectSelector": ["matchLabels": ["h": "ignore"]], "failurePolicy": "Ignore"],
            ])
        let status = try await refusal(fixture, fixture.configMap("x", labels: ["h": "fail"]))
        #expect(
            status?.message
                == "Internal error occurred: failed calling webhook \"h0.example.com\": failed to call webhook: Post \"https://127.0.0.1:1/0?timeout=10s\": dial tcp 127.0.0.1:1: connect: connection refused"
        )
        #expect(try await refusal(fixture, fixture.configMap("x", labels: ["h": "ignore"])) == nil)
        await fixture.close()
    }

    @Test func anUnknownAuthorityIsNotTrusted() async throws {
        try await with { _, review in
            .admission(review, ["allowed": true])
        } _: { fixture, server in
            try await fixture.register(
                "ValidatingWebhookConfiguration", server,
                [["clientConfig": ["url": .string(server.url)]]])
            let message = try await refusal(fixture, fixture.configMap("x"))?.message ?? ""
            #expect(
                message.hasSuffix(
                    "tls: failed to verify certificate: x509: certificate signed by unknown authority"), "\(message)")
        }
    }

    @Test func conditionsDecideWhetherItIsAsked() async throws {
        try await with { _, review in
            .admission(review, ["allowed": false])
        } _: { fixture, server in
            try await fixture.register(
                "ValidatingWebhookConfiguration", server,
                [
                    [
                        "matchConditions": [
                            ["name": "a", "expression": "object.metadata.name.startsWith('x')"],
                            ["name": "b", "expression": "object.data.missing == 'y' || request.name == 'x1'"],
                        ]
                    ]
                ])
            #expect(try await refusal(fixture, fixture.configMap("y")) == nil)
            #expect(try await refusal(fixture, fixture.configMap("x1"))?.code == 400)
            #expect(server.received.count == 1)
            let failed = try #require(try await refusal(fixture, fixture.configMap("x2")))
            #expect(failed.code == 403)
            #expect(failed.message.contains("resulted in error: no such key: missing"), "\(failed.message)")
        }
    }

    @Test(arguments: [("own", true), ("sell", false)])
    func conditionsAskTheAuthorizerAboutTheUser(_ verb: String, _ isAsked: Bool) async throws {
        try await with { _, review in
            .admission(review, ["allowed": false])
        } _: { fixture, server in
            try await fixture.register(
                "ValidatingWebhookConfiguration", server,
                [
                    [
                        "matchConditions": [
                            [
                                "name": "a",
                                "expression": .string("authorizer.requestResource.check('\(verb)').allowed()"),
                            ], ["name": "b", "expression": "request.userInfo.username == 'alice'"],
                        ]
                    ]
                ])
            #expect((try await refusal(fixture, fixture.configMap("x")) != nil) == isAsked)
        }
    }

    @Test func aDryRunIsNotShownToWebhooksWithSideEffects() async throws {
        try await with { _, review in
            .admission(review, ["allowed": true])
        } _: { fixture, server in
            try await fixture.register(
                "ValidatingWebhookConfiguration", server, [["sideEffects": "NoneOnDryRun"]])
            #expect(try await refusal(fixture, fixture.configMap("x"), isDryRun: true) == nil)
            #expect(server.received.last?.review.at("request", "dryRun") == true)
        }
    }

    @Test func connectionsAreKept() async throws {
        try await with { _, review in
            .admission(review, ["allowed": true])
        } _: { fixture, server in
            try await fixture.register("ValidatingWebhookConfiguration", server, [[:]])
            for number in 0..<20 { #expect(try await refusal(fixture, fixture.configMap("x\(number)")) == nil) }
            #expect(server.received.count == 20)
            #expect(server.connections == 1)
        }
    }

    @Test func configurationsAreNotIntercepted() async throws {
        try await with { _, review in
            .admission(review, ["allowed": false])
        } _: { fixture, server in
            let all: Value = [
                ["operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*/*"]]
            ]
            try await fixture.register("ValidatingWebhookConfiguration", server, [["rules": all]])
            #expect(try await refusal(fixture, fixture.configMap("x"))?.code == 400)
            let kind = try fixture.kind("validatingwebhookconfigurations", group: WebhookFixture.admission)
            var options = DeletionOptions()
            options.requester = Requester(UserInfo(name: "alice"))
            _ = try await fixture.api.delete(kind, namespace: "", name: "w", options: options)
            #expect(try await refusal(fixture, fixture.configMap("x")) == nil)
        }
    }
}
