import FairleadContainers
import FairleadModel
import Testing

@testable import FairleadPrograms

/// The webhooks of agnhost: what they answer to reviews.
struct WebhookTests {
    private static let image = "registry.k8s.io/e2e-test-images/agnhost:2.63.0"
    private static let folder = "/webhook.local.config/certificates"
    private static let certificate = ["--tls-cert-file=\(folder)/tls.crt", "--tls-private-key-file=\(folder)/tls.key"]

    private static func container() throws -> TestContainer {
        try TestContainer(image, files: ["\(folder)/tls.crt": "a", "\(folder)/tls.key": "b"])
    }

    private static func review(_ request: Value, version: String = "v1") -> String {
        var request = request
        request["uid"] = "705ab4f5"
        return Value.object([
            "apiVersion": .string("admission.k8s.io/\(version)"), "kind": "AdmissionReview", "request": request,
        ]).jsonText
    }

    private static let json: [(name: String, value: String)] = [("Content-Type", "application/json")]

    private static func pod(_ name: String, label: String? = nil, container: String = "c") -> Value {
        var metadata: Value = ["name": .string(name)]
        if let label { metadata["labels"] = ["webhook-e2e-test": .string(label)] }
        return ["object": ["metadata": metadata, "spec": ["containers": [["name": .string(container)]]]]]
    }

    private static func data(_ key: String, _ value: String, _ operation: String = "CREATE") -> Value {
        let object: Value = ["data": .object(Object([(key, .string(value))]))]
        return operation == "DELETE"
            ? ["operation": "DELETE", "oldObject": object] : ["operation": .string(operation), "object": object]
    }

    @Test func admission() async throws {
        let container = try Self.container()
        let running = try container.start(
            ["/agnhost", "webhook"] + Self.certificate + ["-v=4", "--port=8444", "--sidecar-image=img"])
        #expect(try await container.send(8444, "/readyz").text == "ok")
        let disallow = "webhook-disallow"
        let cases: [(path: String, request: Value, expected: String)] = [
            ("/always-deny", [:], "message this webhook denies all requests"),
            (
                "/add-label", ["object": ["metadata": [:]]],
                #"[{"op":"add","path":"/metadata/labels","value":{"added-label":"yes"}}]"#
            ),
            (
                "/add-label", ["object": ["metadata": ["labels": ["a": "b"]]]],
                #"[{"op":"add","path":"/metadata/labels/added-label","value":"yes"}]"#
            ),
            (
                "/add-label", ["object": ["metadata": ["labels": ["added-label": "no"]]]],
                #"[{"op":"replace","path":"/metadata/labels/added-label","value":"yes"}]"#
            ),
            ("/add-label", ["object": ["metadata": ["labels": ["added-label": "yes"]]]], "allowed"),
            ("/pods", Self.pod("a"), "allowed"),
            ("/pods", Self.pod("a", label: disallow), "message the pod contains unwanted label;"),
            ("/pods", Self.pod("a", container: disallow), "message the pod contains unwanted container name;"),
            (
                "/pods", Self.pod("a", label: disallow, container: disallow),
                "message the pod contains unwanted label; the pod contains unwanted container name;"
            ),
            (
                "/pods/attach", ["name": "to-be-attached-pod", "object": ["stdin": true, "container": "container1"]],
                "message attaching to pod 'to-be-attached-pod' is not allowed"
            ),
            ("/pods/attach", ["name": "other", "object": ["stdin": true, "container": "container1"]], "allowed"),
            ("/mutating-pods", Self.pod("a"), "allowed"),
            (
                "/mutating-pods", Self.pod("webhook-to-be-mutated"),
                #"[{"op":"add","path":"/spec/initContainers","value":[{"image":"webhook-added-image","name":"webhook-added-init-container","resources":{}}]}]"#
            ),
            (
                "/mutating-pods-sidecar", Self.pod("a"),
                #"[{"op":"add","path":"/spec/containers/-","value":{"image":"img","name":"webhook-added-sidecar","resources":{}}}]"#
            ),
            (
                "/configmaps", Self.data("webhook-e2e-test", disallow),
                "reason the configmap contains unwanted key and value"
            ),
            (
                "/configmaps", Self.data("webhook-e2e-test", disallow, "UPDATE"),
                "reason the configmap contains unwanted key and value"
            ),
            (
                "/configmaps", Self.data("webhook-e2e-test", "webhook-nondeletable", "DELETE"),
                "reason the configmap cannot be deleted because it contains unwanted key and value"
            ),
            ("/configmaps", Self.data("a", "b"), "allowed"),
            (
                "/custom-resource", Self.data("webhook-e2e-test", disallow),
                "reason the custom resource contains unwanted data"
            ),
            (
                "/custom-resource", Self.data("webhook-e2e-test", "webhook-nondeletable", "DELETE"),
                "reason the custom resource cannot be deleted because it contains unwanted key and value"
            ),
            (
                "/mutating-configmaps", Self.data("mutation-start", "yes"),
                #"[{"op":"add","path":"/data/mutation-stage-1","value":"yes"}]"#
            ),
            (
                "/mutating-custom-resource", Self.data("mutation-stage-1", "yes"),
                #"[{"op":"add","path":"/data/mutation-stage-2","value":"yes"}]"#
            ),
            (
                "/crd", ["object": ["metadata": ["labels": ["webhook-e2e-test": .string(disallow)]]]],
                "message the crd contains unwanted label"
            ),
        ]
        for (path, request, expected) in cases {
            let answer = try await container.send("POST", 8444, path, headers: Self.json, body: Self.review(request))
            let value = try JSON.parse(answer.body).value
            #expect(value["kind"]?.string == "AdmissionReview" && value["apiVersion"]?.string == "admission.k8s.io/v1")
            let response = value["response"] ?? .null
            #expect(response["uid"]?.string == "705ab4f5")
            let isAllowed = response["allowed"]?.bool == true
            var found = isAllowed ? "allowed" : "denied"
            if let text = response.at("status", "message")?.string { found = "message \(text)" }
            if let text = response.at("status", "reason")?.string { found = "reason \(text)" }
            if let patch = response["patch"]?.string { found = String(decoding: Base64.decode(patch), as: UTF8.self) }
            #expect(found == expected, "\(path)")
            #expect(isAllowed == (expected == "allowed" || expected.hasPrefix("[")))
        }
        let old = try await container.send(
            "POST", 8444, "/always-deny", headers: Self.json, body: Self.review([:], version: "v1beta1"))
        #expect(try JSON.parse(old.body).value["apiVersion"]?.string == "admission.k8s.io/v1beta1")
        #expect(try await container.send("POST", 8444, "/always-deny", body: Self.review([:])).status == 415)
        for body in ["", "[]", "{}", "x"] {
            #expect(try await container.send("POST", 8444, "/crd", headers: Self.json, body: body).status == 400)
        }
        #expect(try await container.send("POST", 8444, "/no", headers: Self.json, body: Self.review([:])).status == 404)
        #expect(await running.end() == ExitStatus(2))
    }

    @Test func admissionMayBeSlow() async throws {
        let container = try Self.container()
        _ = try container.start(["/agnhost", "webhook", "--port=8444"] + Self.certificate)
        async let answer = container.send(
            "POST", 8444, "/always-allow-delay-5s", headers: Self.json, body: Self.review([:]))
        for _ in 0..<1000 {
            try await SuspendingClock().sleep(for: .milliseconds(1))
            container.clock.advance(by: .milliseconds(10))
        }
        let response = try JSON.parse(try await answer.body).value["response"] ?? .null
        #expect(response["allowed"]?.bool == true)
        #expect(response.at("status", "message")?.string == "this webhook allows all requests")
    }

    @Test func aWebhookNeedsItsCertificate() async throws {
        let container = try TestContainer(Self.image)
        let (text, code) = try await container.run(["/agnhost", "webhook", "--tls-cert-file=/no"])
        #expect(code == 255 && text.hasSuffix("open /no: no such file or directory\n"))
    }

    @Test(
        arguments: [
            ("v1", "v2", ["hostPort": "localhost:8080"], ["host": "localhost", "port": "8080"], nil),
            ("v2", "v1", ["host": "localhost", "port": "8080"], ["hostPort": "localhost:8080"], nil),
            ("v2", "v1", ["host": "localhost"], ["hostPort": "localhost:"], nil), ("v1", "v2", [:], [:], nil),
            (
                "v1", "v1", ["hostPort": "a:1"], [:],
                "conversion from a version to itself should not call the webhook: stable.example.com/v1"
            ),
            ("v1", "v3", ["hostPort": "a:1"], [:], "unexpected conversion version \"stable.example.com/v3\""),
            ("v1", "v2", ["hostPort": "a"], [:], "invalid hostPort value \"a\""),
        ] as [(String, String, [String: String], [String: String], String?)])
    func conversion(
        from: String, to: String, fields: [String: String], expected: [String: String], failure: String?
    ) async throws {
        let container = try Self.container()
        _ = try container.start(["/agnhost", "crd-conversion-webhook", "--port=9444"] + Self.certificate)
        var object = Value(fields)
        object["apiVersion"] = .string("stable.example.com/\(from)")
        let review: Value = [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "ConversionReview",
            "request": [
                "uid": "u", "desiredAPIVersion": .string("stable.example.com/\(to)"), "objects": .array([object]),
            ],
        ]
        let answer = try await container.send("POST", 9444, "/crdconvert", headers: Self.json, body: review.jsonText)
        let response = try JSON.parse(answer.body).value["response"] ?? .null
        #expect(response["uid"]?.string == "u")
        if let failure {
            #expect(response.at("result", "status")?.string == "Failure")
            #expect(response.at("result", "message")?.string == failure)
        } else {
            #expect(response.at("result", "status")?.string == "Success")
            var wanted = Value(expected)
            wanted["apiVersion"] = .string("stable.example.com/\(to)")
            #expect(response["convertedObjects"]?.array == [wanted])
        }
        let yaml = try await container.send(
            "POST", 9444, "/crdconvert", headers: [("Content-Type", "application/yaml")],
            body: String(decoding: YAML.encode(review), as: UTF8.self))
        #expect(yaml.header("content-type") == "application/yaml")
        #expect(try YAML.parse(yaml.body).value.at("response", "uid")?.string == "u")
        #expect(try await container.send(9444, "/readyz").text == "ok")
    }

    @Test func issuerDiscovery() async throws {
        struct Tokens: TokenVerifying {
            func verify(token: String, issuer: String, audience: String) async throws(TokenRefusal) -> String {
                guard audience == "oidc-discovery-test" else { throw TokenRefusal("wrong audience") }
                return "system:serviceaccount:default:default \(issuer)"
            }
        }
        let claims = Base64URL.encode(Array(#"{"iss":"https://kubernetes.default.svc"}"#.utf8))
        let table = ImageTable(tokens: Tokens(), now: { TestContainer.start })
        let container = try TestContainer(
            Self.image, files: ["/t/token": "e30.\(claims).c2ln", "/t/bad": "x"], table: table)
        let command = ["/agnhost", "test-service-account-issuer-discovery", "--token-path"]
        let well = try await container.run(command + ["/t/token", "--audience", "oidc-discovery-test"])
        #expect(well.code == 0)
        for line in [
            "OK: Got token", "OK: got issuer https://kubernetes.default.svc", "OK: Constructed OIDC provider",
            "OK: Validated signature on JWT", "OK: Got valid claims from token!",
        ] { #expect(well.text.contains(line)) }
        #expect(try await container.run(command + ["/t/token", "--audience=x"]).code == 1)
        #expect(try await container.run(command + ["/t/bad"]).code == 1)
        #expect(try await container.run(command + ["/t/no"]).code == 1)
        let alone = try TestContainer(Self.image, files: ["/t/token": "e30.\(claims).c2ln"])
        #expect(try await alone.run(command + ["/t/token"]).code == 1)
    }

    @Test func inClusterClientPolls() async throws {
        let container = try TestContainer(Self.image)
        let running = try container.start(["/agnhost", "inclusterclient", "--poll-interval", "5"])
        try await running.wait(for: "] started\n")
        try await SuspendingClock().sleep(for: .milliseconds(20))
        container.clock.advance(by: .seconds(6))
        try await running.wait(for: "calling /healthz\n")
        try await running.wait(for: "status=failed")
        #expect(await running.kill() == .killed)
    }
}
