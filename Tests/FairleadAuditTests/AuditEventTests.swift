import FairleadAuthorization
import FairleadModel
import FairleadSchema
import Testing

@testable import FairleadAudit

struct AuditEventTests {
    private static let types = Result { try TypeRegistry.builtIn() }

    private func event(_ level: AuditLevel, _ resource: String = "configmaps", subresource: String = "") -> AuditEvent {
        var event = AuditEvent(
            verdict: .init(level: level), stage: .responseComplete, auditID: "id", uri: "/api/v1/x?a=\"b\"",
            verb: "create", user: UserInfo(name: "u", groups: ["g"], extra: ["k": ["v"]]),
            received: Timestamp(seconds: 0, nanoseconds: 1000), at: Timestamp(seconds: 1))
        event.resource = AccessAttributes.Resource(
            version: "v1", resource: resource, subresource: subresource, namespace: "a")
        return event
    }

    private func text(_ event: AuditEvent) throws -> String {
        String(decoding: event.line(try Self.types.get()), as: UTF8.self)
    }

    private func body(_ text: String, type: String = "application/json") -> AuditBody {
        .bytes([Array(text.utf8)], type: type)
    }

    @Test func aLineHasKubernetesMembersInTheirOrder() throws {
        var event = event(.metadata)
        event.status = .init(201)
        event.sources = ["127.0.0.1"]
        event.userAgent = "agent"
        event.annotations = ["b": "2", "a": "1"]
        event.request = body(#"{"metadata":{"name":"n","uid":"i","resourceVersion":"7"},"data":{"k":"hidden"}}"#)
        #expect(
            try text(event)
                == #"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"id","#
                + #""stage":"ResponseComplete","requestURI":"/api/v1/x?a=\"b\"","verb":"create","#
                + #""user":{"extra":{"k":["v"]},"groups":["g"],"username":"u"},"sourceIPs":["127.0.0.1"],"#
                + #""userAgent":"agent","objectRef":{"apiVersion":"v1","name":"n","namespace":"a","#
                + #""resource":"configmaps","resourceVersion":"7","uid":"i"},"#
                + #""responseStatus":{"metadata":{},"code":201},"#
                + #""requestReceivedTimestamp":"1970-01-01T00:00:00.000001Z","#
                + #""stageTimestamp":"1970-01-01T00:00:01.000000Z","annotations":{"a":"1","b":"2"}}"# + "\n")
    }

    @Test(arguments: [AuditLevel.metadata, .request, .requestResponse])
    func objectsComeWithTheirLevel(level: AuditLevel) throws {
        var event = event(level)
        event.request = body(#"{"data":{"k":"sent"}}"#)
        event.response = body("data: {k: answered}\n", type: "application/yaml")
        let line = try text(event)
        #expect(line.contains(#""requestObject":{"data":{"k":"sent"}}"#) == (level >= .request))
        #expect(line.contains(#""responseObject":{"data":{"k":"answered"}}"#) == (level >= .requestResponse))
    }

    @Test func patchesOfWebhooksShowObjectsToo() throws {
        var event = event(.metadata)
        event.annotations = ["patch.webhook.admission.k8s.io/round_0_index_0": "{}", "x": "y"]
        #expect(try !text(event).contains("patch.webhook"))
        event.verdict.level = .request
        #expect(try text(event).contains("patch.webhook"))
    }

    @Test func managedFieldsAreLeftOutOfObjectsListsAndTables() throws {
        var event = event(.requestResponse)
        event.verdict.omitsManagedFields = true
        for text in [
            #"{"metadata":{"managedFields":[{}],"name":"n"}}"#,
            #"{"items":[{"metadata":{"managedFields":[{}],"name":"n"}}]}"#,
            #"{"rows":[{"object":{"metadata":{"managedFields":[{}],"name":"n"}}}]}"#,
        ] {
            event.response = body(text)
            let line = try self.text(event)
            #expect(line.contains(#""name":"n""#) && !line.contains("managedFields"))
        }
    }

    @Test(arguments: [("tokenreviews", ""), ("serviceaccounts", "token")])
    func tokensAreLeftOut(resource: String, subresource: String) throws {
        var event = event(.requestResponse, resource, subresource: subresource)
        event.request = body(#"{"spec":{"token":"secret","audiences":["a"]}}"#)
        event.response = body(#"{"spec":{"token":"secret"},"status":{"token":"secret","expirationTimestamp":"t"}}"#)
        let line = try text(event)
        #expect(!line.contains("secret"))
        #expect(line.contains("audiences") && line.contains("expirationTimestamp"))
    }

    @Test func aRefusalSaysWhy() throws {
        var event = event(.metadata)
        event.status = .init(404)
        event.response = .bytes(
            [APIStatus.notFound(GroupResource(group: "", resource: "pods"), name: "x").value.jsonBytes], type: "")
        #expect(
            try text(event).contains(
                #""responseStatus":{"metadata":{},"code":404,"details":{"kind":"pods","name":"x"},"#
                    + #""message":"pods \"x\" not found","reason":"NotFound","status":"Failure"}"#))
    }

    @Test func whatIsTooLargeIsLeftOutAndSaysSo() throws {
        var event = event(.requestResponse)
        event.request = body(#"{"data":{"k":"sent"}}"#)
        event.response = .value(["data": ["k": .string(String(repeating: "x", count: AuditEvent.largest))]])
        let line = try text(event)
        #expect(line.utf8.count < 2000)
        #expect(line.contains(#""requestObject":{"data""#) && line.contains(#""audit.k8s.io/truncated":"true""#))
    }

    @Test(arguments: ["{", "", "\u{0}", "k8s\u{0}nonsense", "[[[[", "{\"a\":1}{"])
    func bodiesThatCannotBeReadAreLeftOut(body text: String) throws {
        for type in ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"] {
            var event = event(.request)
            event.request = body(text, type: type)
            let line = try self.text(event)
            #expect(line.hasSuffix("}\n") && line.count { $0 == "\n" } == 1)
        }
    }
}
