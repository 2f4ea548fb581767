import FairleadModel
import FairleadStorage
import Testing

@testable import FairleadAPI
@testable import FairleadKinds

/// What Kubernetes' handlers do around the verbs, whatever the kind.
struct HandlerRulesTests {
    private let path = APIFixture.configMaps
    private static let metadata = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
    private static let metadataList = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"

    private func get(_ fixture: APIFixture, _ path: String, accept: String) async throws -> APIFixture.Answer {
        try await fixture.finish(fixture.pipeline.handle(APIFixture.request("GET", path, accept: accept)))
    }

    private func warnings(_ answer: APIFixture.Answer) -> [String] {
        answer.headers.filter { $0.name == "Warning" }.map(\.value)
    }

    // MARK: - partial metadata

    @Test func partialMetadataHasTheFormOfWhatItIsOf() async throws {
        let fixture = try await APIFixture()
        try await fixture.createConfigMap("a")
        #expect(try await get(fixture, path, accept: Self.metadataList).status == 200)
        #expect(try await get(fixture, path + "/a", accept: Self.metadata).status == 200)
        let cases = [
            (
                path, Self.metadata,
                "you requested PartialObjectMetadata, but the requested object is a list (*core.ConfigMapList)"
            ),
            (
                path + "/a", Self.metadataList,
                "you requested PartialObjectMetadataList, but the requested object is not a list (*core.ConfigMap)"
            ),
            (
                "/apis/discovery.k8s.io/v1/endpointslices", Self.metadata,
                "you requested PartialObjectMetadata, but the requested object is a list (*discovery.EndpointSliceList)"
            ),
            (
                "/apis/events.k8s.io/v1/events", Self.metadata,
                "you requested PartialObjectMetadata, but the requested object is a list (*core.EventList)"
            ),
        ]
        for (path, accept, message) in cases {
            let answer = try await get(fixture, path, accept: accept)
            #expect(answer.status == 406)
            #expect(answer.reason == "NotAcceptable")
            #expect(answer.message == message)
            #expect(answer.body["details"] == nil)
        }
        let missing = try await get(fixture, path + "/none", accept: Self.metadataList)
        #expect(missing.status == 404)
    }

    @Test func aTableSaysWhatItMayInclude() async throws {
        let fixture = try await APIFixture()
        let request = APIFixture.request(
            "GET", path, "includeObject=foo", accept: "application/json;as=Table;v=v1;g=meta.k8s.io")
        let answer = try await fixture.finish(fixture.pipeline.handle(request))
        #expect(answer.status == 400)
        #expect(
            answer.message
                == "Unable to convert to Table as requested: includeObject: Invalid value: \"foo\": must be 'Metadata', 'Object', 'None', or empty"
        )
    }

    // MARK: - metadata

    private static func owner(_ uid: String, controller: Bool = false) -> Value {
        ["apiVersion": "v1", "kind": "Pod", "name": "p", "uid": .string(uid), "controller": .bool(controller)]
    }

    @Test func ownersThatStandThereTwiceAreRemovedWithAWarning() async throws {
        let fixture = try await APIFixture()
        let owners: Value = .array([
            Self.owner("u"), Self.owner("u"), Self.owner("v"), Self.owner("u", controller: true), Self.owner("v"),
        ])
        let distinct: Value = .array([Self.owner("u"), Self.owner("v"), Self.owner("u", controller: true)])
        let body: Value = ["metadata": ["name": "a", "ownerReferences": owners]]
        let rest =
            "; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; "
            + "please fix your requests; duplicate UID(s) observed: u, v\""
        let plain = "299 - \".metadata.ownerReferences contains duplicate entries" + rest
        let late =
            "299 - \".metadata.ownerReferences contains duplicate entries after mutating admission happens" + rest

        let made = try await fixture.send("POST", path, body: body)
        #expect(made.status == 201, "\(made.message)")
        #expect(warnings(made) == [plain])
        #expect(made.body.at("metadata", "ownerReferences")?.array?.count == distinct.array?.count)
        let replaced = try await fixture.send("PUT", path + "/a", body: body)
        #expect(warnings(replaced) == [plain])
        #expect(replaced.body == made.body)
        let patched = try await fixture.send(
            "PATCH", path + "/a", body: ["metadata": ["ownerReferences": owners]])
        #expect(warnings(patched) == [late])
        #expect(patched.body == made.body)
    }

    @Test func theMarksOfADeletionCannotBeWritten() async throws {
        let fixture = try await APIFixture()
        try await fixture.createConfigMap("a", finalizers: ["example.com/f"])
        let marks: [(field: String, value: Value, message: String)] = [
            ("deletionTimestamp", "2020-01-01T00:00:00Z", "field is immutable"),
            ("deletionGracePeriodSeconds", 5, "Invalid value: 5: field is immutable"),
        ]
        for mark in marks {
            let body: Value = ["metadata": ["name": "a", .init(mark.field): mark.value]]
            for method in ["PUT", "PATCH"] {
                let answer = try await fixture.send(method, path + "/a", body: body)
                #expect(answer.status == 422, "\(method) \(mark.field)")
                #expect(answer.message.contains(mark.message), "\(answer.message)")
                let cause = answer.body.at("details", "causes")?.array?.first
                #expect(cause?["field"]?.string == "metadata." + mark.field)
            }
        }
        let nothing: Value = ["name": "a", "deletionTimestamp": .null, "deletionGracePeriodSeconds": .null]
        let same = try await fixture.send(
            "PUT", path + "/a", body: ["metadata": nothing, "immutable": false])
        #expect(same.status == 200, "\(same.message)")
        try await fixture.send("PATCH", path + "/a", body: ["metadata": ["finalizers": ["example.com/f"]]])
        let marked = try await fixture.send("DELETE", path + "/a").body
        let body: Value = ["metadata": ["name": "a", "finalizers": ["example.com/f"]]]
        let without = try await fixture.send("PUT", path + "/a", body: body)
        #expect(without.status == 200)
        #expect(without.body.at("metadata", "deletionTimestamp") == marked.at("metadata", "deletionTimestamp"))
        let other = try await fixture.send(
            "PATCH", path + "/a", body: ["metadata": ["deletionTimestamp": "2020-01-01T00:00:00Z"]])
        #expect(other.status == 200)
        #expect(other.body.at("metadata", "deletionTimestamp") == marked.at("metadata", "deletionTimestamp"))
    }

    @Test func theStatusOfAPodLeavesItsDeletionAlone() async throws {
        let fixture = try await APIFixture()
        try await fixture.createPod("p")
        let answer = try await fixture.send(
            "PATCH", APIFixture.pods + "/p/status", body: ["metadata": ["deletionTimestamp": "2020-01-01T00:00:00Z"]])
        #expect(answer.status == 200, "\(answer.message)")
        #expect(answer.body.at("metadata", "deletionTimestamp") == nil)
    }

    @Test(arguments: [["metadata": ["name": .null]], ["metadata": .null]] as [Value])
    func aPatchCannotTakeTheNameAway(_ patch: Value) async throws {
        let fixture = try await APIFixture()
        try await fixture.createConfigMap("a")
        let answer = try await fixture.send("PATCH", path + "/a", body: patch)
        #expect(answer.status == 400)
        #expect(
            answer.message == "the name of the object (a based on URL) was undeterminable: name must be provided")
    }

    // MARK: - deletions

    @Test func deletionsReadWhatTheyKnowOnly() async throws {
        let fixture = try await APIFixture()
        try await fixture.createConfigMap("a")
        for path in [path + "/a", path] {
            let answer = try await fixture.send(
                "DELETE", path, body: ["propagationPolicy": "Orphan"], type: "application/x-www-form-urlencoded")
            #expect(answer.status == 415)
            #expect(answer.reason == "UnsupportedMediaType")
            #expect(
                answer.message
                    == "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf"
            )
        }
        #expect(try await fixture.send("DELETE", path + "/a", type: "text/plain").status == 200)
    }

    @Test func aCascadingDeletionThatWaitsIsAccepted() async throws {
        let fixture = try await APIFixture()
        try await fixture.createConfigMap("a", finalizers: ["example.com/f"])
        try await fixture.createConfigMap("b")
        let waiting = try await fixture.send("DELETE", path + "/a", "orphanDependents=false")
        #expect(waiting.status == 202)
        #expect(waiting.body.name == "a")
        #expect(try await fixture.send("DELETE", path + "/a", body: ["orphanDependents": false]).status == 202)
        #expect(try await fixture.send("DELETE", path + "/a", body: ["propagationPolicy": "Background"]).status == 200)
        #expect(try await fixture.send("DELETE", path + "/b", "orphanDependents=false").status == 200)
    }

    // MARK: - subresources

    @Test(arguments: [("binding", "Binding", "v1"), ("eviction", "Eviction", "policy/v1")])
    func theNameInTheBodyIsThePods(_ subresource: String, _ kind: String, _ version: String) async throws {
        let fixture = try await APIFixture()
        try await fixture.createPod("p")
        for name in ["q", ""] {
            let body: Value = [
                "kind": .string(kind), "apiVersion": .string(version), "metadata": ["name": .string(name)],
                "target": ["name": "node"],
            ]
            let answer = try await fixture.send("POST", APIFixture.pods + "/p/" + subresource, body: body)
            #expect(answer.status == 400)
            #expect(answer.message == "name in URL does not match name in \(kind) object")
        }
    }

    // MARK: - numbers

    @Test func numbersThatAreTooLargeAreToldApart() async throws {
        let fixture = try await APIFixture()
        let large = "99999999999999999999"
        let signed = "strconv.ParseInt: parsing \"\(large)\": value out of range"
        #expect(try await fixture.send("GET", path, "limit=\(large)").message == signed)
        #expect(try await fixture.send("GET", path, "timeoutSeconds=\(large)").message == signed)
        #expect(try await fixture.send("DELETE", path + "/a", "gracePeriodSeconds=\(large)").message == signed)
        let revision = try await fixture.send("GET", path, "resourceVersion=\(large)").message
        #expect(revision.hasSuffix("strconv.ParseUint: parsing \"\(large)\": value out of range"))
        for text in ["x", "1x", "-", "1.5"] {
            #expect(
                try await fixture.send("GET", path, "limit=\(text)").message
                    == "strconv.ParseInt: parsing \"\(text)\": invalid syntax")
        }
        #expect(try await fixture.send("GET", path, "resourceVersion=-1").message.hasSuffix("invalid syntax"))
    }

    // MARK: - JSON patches

    private func patch(_ fixture: APIFixture, _ text: String, _ query: String = "") async throws -> APIFixture.Answer {
        var request = APIFixture.request("PATCH", path + "/a", query, type: "application/json-patch+json")
        request.body = Array(text.utf8)
        return try await fixture.finish(fixture.pipeline.handle(request))
    }

    @Test func operationsAreDecodedStrictly() async throws {
        let fixture = try await APIFixture()
        try await fixture.createConfigMap("a")
        let odd = #"[{"op":"add","path":"/data","value":{},"bar":{"x":1,"x":2}}]"#
        let warned = try await patch(fixture, odd)
        #expect(warned.status == 200)
        #expect(warnings(warned) == [#"299 - "json patch unknown field \"[0].bar\"""#])
        #expect(warnings(try await patch(fixture, odd, "fieldValidation=Ignore")).isEmpty)
        let refused = try await patch(fixture, odd, "fieldValidation=Strict")
        #expect(refused.status == 422)
        #expect(refused.message.hasSuffix(#": strict decoding error: json patch unknown field "[0].bar""#))
        #expect(refused.body.at("details", "causes")?.array?.first?["field"] == "patch")
        let twice =
            #"[{"op":"test","path":"/kind","value":"ConfigMap"},"#
            + #"{"op":"add","path":"/data","value":1,"value":{}}]"#
        #expect(warnings(try await patch(fixture, twice)) == [#"299 - "json patch duplicate field \"[1].value\"""#])
    }

    @Test(arguments: [
        (#"[{"op":1}]"#, "number into Go struct field jsonPatchOp.op of type string"),
        ("{}", "object into Go value of type []handlers.jsonPatchOp"),
        ("[1]", "number into Go value of type handlers.jsonPatchOp"),
    ])
    func whatIsNoListOfOperationsIsRefused(_ body: String, _ why: String) async throws {
        let fixture = try await APIFixture()
        try await fixture.createConfigMap("a")
        let answer = try await patch(fixture, body)
        #expect(answer.status == 400)
        #expect(answer.message == "error decoding patch: json: cannot unmarshal " + why)
    }

    // MARK: - health

    @Test(arguments: [
        "/livez/etcd", "/healthz/etcd", "/livez/log", "/readyz/log", "/healthz/log", "/readyz/shutdown",
        "/readyz/informer-sync", "/healthz/poststarthook/rbac/bootstrap-roles",
    ])
    func checksOfKubernetesAreWell(_ path: String) async throws {
        let answer = try await APIFixture().send("GET", path)
        #expect(answer.status == 200)
        #expect(answer.text == "ok")
    }

    @Test func unknownChecksAreNotFound() async throws {
        let fixture = try await APIFixture()
        for path in ["/livez/shutdown", "/readyz/none", "/livez/etcd/x", "/readyz/etcd", "/readyz/", "/livez/ping/"] {
            #expect(try await fixture.send("GET", path).status == 404)
        }
    }
}
