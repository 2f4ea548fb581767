import FairleadModel
import FairleadSchema
import Testing

@testable import FairleadAPI
@testable import FairleadKinds

@Suite struct ProtobufRequestTests {
    private static let types = Result { try TypeRegistry.builtIn() }

    /// Reads a body as a ConfigMap, as a POST to that path does.
    private func read(_ body: [UInt8]) throws -> Result<Value, APIStatus> {
        let decoder = BodyDecoder(types: try Self.types.get(), resources: .builtIn)
        let request = APIRequest(
            method: .post, path: "/api/v1/namespaces/n/configmaps",
            headers: [(name: "content-type", value: "application/vnd.kubernetes.protobuf; charset=utf-8")], body: body)
        return Result { () throws(APIStatus) in
            try decoder.decode(
                request, as: "ConfigMap", apiVersion: "v1", typeName: "io.k8s.api.core.v1.ConfigMap",
                validation: .strict
            ).object
        }
    }

    private func encoded(_ value: Value) throws -> [UInt8] {
        try #require(ProtobufCodec(types: try Self.types.get()).encode(value))
    }

    private func string(_ number: UInt8, _ text: String) -> [UInt8] {
        [number << 3 | 2, UInt8(text.utf8.count)] + Array(text.utf8)
    }

    /// `k8s\0`, a typeMeta if there is one, a ConfigMap with data k=v.
    private func envelope(apiVersion: String? = nil, kind: String? = nil) -> [UInt8] {
        var bytes: [UInt8] = [0x6B, 0x38, 0x73, 0]
        let typeMeta = (apiVersion.map { string(1, $0) } ?? []) + (kind.map { string(2, $0) } ?? [])
        if !typeMeta.isEmpty { bytes += [0x0A, UInt8(typeMeta.count)] + typeMeta }
        let entry = string(1, "k") + string(2, "v")
        let message = [0x12, UInt8(entry.count)] + entry
        return bytes + [0x12, UInt8(message.count)] + message
    }

    @Test func anObjectIsReadAsItWouldBeFromJSON() throws {
        let given: Value = [
            "kind": "ConfigMap", "apiVersion": "v1", "metadata": ["name": "a"], "data": ["k": "v"],
            "binaryData": ["b": "AAE="],
        ]
        #expect(try read(encoded(given)).get() == given)
    }

    @Test func anEnvelopeWithoutTypeMetaIsTheKindOfThePath() throws {
        #expect(try read(envelope()).get()["data"] == ["k": "v"])
        #expect(try read(envelope(kind: "ConfigMap")).get()["data"] == ["k": "v"])
    }

    @Test(arguments: [
        (
            "v1", "Secret",
            "Secret in version \"v1\" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion"
        ),
        (
            "apps/v1", "Deployment",
            "Deployment in version \"v1\" cannot be handled as a ConfigMap: proto: wrong wireType = 2 for field Replicas"
        ),
        (
            "v1", "Nonsense",
            "Nonsense in version \"v1\" cannot be handled as a ConfigMap: no kind \"Nonsense\" is registered for version \"v1\" in scheme \"pkg/api/legacyscheme/scheme.go:30\""
        ),
    ])
    func anotherKindIsTriedAndRefused(apiVersion: String, kind: String, message: String) throws {
        guard case .failure(let status) = try read(envelope(apiVersion: apiVersion, kind: kind)) else {
            Issue.record("read")
            return
        }
        #expect(status.code == 400 && status.message == message)
    }

    @Test func bodiesThatAreNoEnvelopeAreQuoted() throws {
        let long = Array("{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\"}".utf8)
        let expected = [
            "(must be of type ConfigMap): empty data (<empty>)", "(6b387300)",
            "({\"apiVersion\": \"v1\", \"kind\": \" ...)",
        ]
        for (body, text) in zip([[], [0x6B, 0x38, 0x73, 0], long], expected) {
            guard case .failure(let status) = try read(body) else {
                Issue.record("read \(body)")
                continue
            }
            #expect(status.message.hasSuffix(text), "\(status.message)")
        }
    }
}

@Suite struct ResponseFormatTests {
    private static let protobuf = "application/vnd.kubernetes.protobuf"
    private static let table = "as=Table;g=meta.k8s.io;v=v1"
    private static let partial = "as=PartialObjectMetadata;g=meta.k8s.io;v=v1"

    @Test(arguments: [
        ("", "application/json"),
        ("*/*", "application/json"),
        (protobuf, protobuf),
        (protobuf + ";foo=bar", protobuf),
        ("\(protobuf),application/json", protobuf),
        ("application/json,\(protobuf)", "application/json"),
        ("\(protobuf);q=0.1,*/*", "application/json"),
        ("text/plain,\(protobuf)", protobuf),
        ("\(protobuf);\(table),application/json;\(table),application/json", "application/json"),
        ("\(protobuf);\(partial)", protobuf),
    ])
    func theFirstThatCanBeHadIsTaken(accept: String, expected: String) throws {
        #expect(try ResponseFormat.negotiate(accept: accept, ResponseFormat.Offer()).contentType == expected)
    }

    @Test(arguments: [
        ("application/*", false, "406: Not Acceptable"),
        ("application/vnd.kubernetes.PROTOBUF", false, "406: Not Acceptable"),
        (
            "\(protobuf);\(table)", false,
            "only the following media types are accepted: application/json, application/yaml"
        ),
        (
            "\(protobuf);\(table)", true,
            "only the following media types are accepted: application/json, application/yaml"
        ),
        ("application/yaml", true, "only the following media types are accepted: application/json;stream=watch"),
    ])
    func whatCannotBeHadIsNotAcceptable(accept: String, isWatch: Bool, message: String) {
        let error = #expect(throws: APIStatus.self) {
            try ResponseFormat.negotiate(accept: accept, ResponseFormat.Offer(isWatch: isWatch))
        }
        #expect(error?.code == 406 && error?.message.hasPrefix(message) == true)
    }

    @Test func aKindWithoutProtobufFallsBackToJSON() throws {
        let accept = "\(Self.protobuf),application/json"
        let format = try ResponseFormat.negotiate(accept: accept, ResponseFormat.Offer(hasProtobuf: false))
        #expect(format == .json)
        #expect(throws: APIStatus.self) {
            try ResponseFormat.negotiate(accept: Self.protobuf, ResponseFormat.Offer(hasProtobuf: false))
        }
    }

    @Test func aStatusIsNeverATable() {
        #expect(ResponseFormat.forErrors(accept: "\(Self.protobuf);\(Self.table)") == .json)
        #expect(
            ResponseFormat.forErrors(accept: "\(Self.protobuf);\(Self.table),\(Self.protobuf)").encoding == .protobuf)
        #expect(ResponseFormat.forErrors(accept: "text/plain,application/yaml").encoding == .yaml)
    }
}
