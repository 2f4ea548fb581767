import FairleadKinds
import FairleadModel
import FairleadRandomTesting
import Testing

@testable import FairleadSchema

private let configMap = "io.k8s.api.core.v1.ConfigMap"

private func codec() throws -> ProtobufCodec { ProtobufCodec(types: try registry.get()) }

/// An object as a server that takes protobuf would have it.
private func received(_ bytes: [UInt8]) throws -> Value {
    let envelope = try ProtobufEnvelope(reading: bytes)
    let type = try #require(try codec().type(kind: envelope.kind, apiVersion: envelope.apiVersion))
    var value = try codec().decode(envelope, as: type)
    _ = try registry.get().normalize(&value, as: type.name)
    return value
}

private func bytes(_ hex: String) -> [UInt8] {
    hex.split(separator: " ").compactMap { UInt8($0, radix: 16) }
}

extension ResourceInfo {
    /// Schemas in CustomResourceDefinitions are of any JSON, which has no fields to number: these come as JSON only.
    fileprivate var hasProtobufForm: Bool { gvr.group != "apiextensions.k8s.io" }
}

@Suite struct ProtobufTests {
    @Test func everyServedKindHasAProtobufForm() throws {
        let codec = try codec()
        for info in ResourceTable.builtIn.all where info.hasProtobufForm {
            #expect(codec.type(kind: info.kind, apiVersion: info.apiVersion) != nil, "\(info.kind)")
            if info.isStored {
                #expect(codec.type(kind: info.listKind, apiVersion: info.apiVersion) != nil, "\(info.listKind)")
            }
        }
        for kind in ["Status", "DeleteOptions", "APIGroupList", "APIResourceList", "APIVersions", "APIGroup"] {
            #expect(codec.type(kind: kind, apiVersion: "v1") != nil, "\(kind)")
        }
        #expect(codec.type(kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1")?.fields.count == 1)
        #expect(codec.type(kind: "Table", apiVersion: "meta.k8s.io/v1") == nil)
    }

    @Test func everyFieldOfEveryServedKindHasANumber() throws {
        var seen: Set<String> = []
        func has(_ field: String, in parts: [TypeSchema.ProtoInline]) -> Bool {
            parts.contains { $0.fields[field] != nil || has(field, in: $0.inline) }
        }
        func check(_ type: TypeSchema) throws {
            guard seen.insert(type.name).inserted else { return }
            for field in type.fields where field.name != "kind" && field.name != "apiVersion" {
                let isInline = has(field.name, in: type.protoInline)
                #expect(field.protoNumber != nil || isInline, "\(type.name).\(field.name)")
            }
            for field in type.fields { if let inner = field.shape.innermostType { try check(inner) } }
        }
        for info in ResourceTable.builtIn.all where info.hasProtobufForm {
            try check(try #require(try registry.get().type(named: info.typeName)))
        }
    }

    @Test func everyKindSurvivesTheRoundTrip() throws {
        let types = try registry.get()
        let codec = try codec()
        var random = RandomObjects(seed: 1)
        for info in ResourceTable.builtIn.all where info.hasProtobufForm {
            let type = try #require(types.type(named: info.typeName))
            for _ in 0..<20 {
                let given = random.object(of: type)
                var expected = given
                _ = try types.normalize(&expected, as: type.name)
                var sent = given
                sent["kind"] = .string(info.kind)
                sent["apiVersion"] = .string(info.apiVersion)
                let got = try received(try #require(codec.encode(sent)))
                #expect(got == expected, "\(info.kind): \(given.jsonText)")
            }
        }
    }

    @Test func listsAndMetadataKeepTheirItems() throws {
        let text =
            #"{"metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"a"},"data":{"k":""}},{"metadata":{"name":"b"}}]}"#
        var list = try JSON.parse(Array(text.utf8)).value
        list["kind"] = "ConfigMapList"
        list["apiVersion"] = "v1"
        let envelope = try ProtobufEnvelope(reading: try #require(try codec().encode(list)))
        let type = try #require(try codec().type(kind: "ConfigMapList", apiVersion: "v1"))
        #expect(try codec().decode(envelope, as: type).jsonText == text.inOrder)
    }

    @Test func aKnownMessageHasTheKnownBytes() throws {
        let value: Value = [
            "kind": "ConfigMap", "apiVersion": "v1", "metadata": ["name": "a"], "data": ["a": "", "k": "v"],
        ]
        let expected = bytes(
            "6b 38 73 00 0a 0f 0a 02 76 31 12 09 43 6f 6e 66 69 67 4d 61 70 12 14 0a 03 0a 01 61 12 05 0a 01 61 12 00 12 06 0a 01 6b 12 01 76 1a 00 22 00"
        )
        #expect(try codec().encode(value) == expected)
    }

    @Test func longMessagesHaveLongLengths() throws {
        for count in [100, 127, 128, 129, 16_383, 16_384, 3_000_000] {
            let value: Value = [
                "kind": "ConfigMap", "apiVersion": "v1", "metadata": .object(Object()),
                "data": ["k": .string(String(repeating: "x", count: count))],
            ]
            let got = try received(try #require(try codec().encode(value)))
            #expect(got.at("data", "k")?.string?.utf8.count == count)
        }
    }

    @Test func aWatchFrameBeginsWithItsLength() {
        let frame = ProtobufCodec.watchFrame(type: "ADDED", object: Array(repeating: 7, count: 300))
        #expect(Array(frame.prefix(4)) == [0, 0, 1, 0x39] && frame.count == 0x139 + 4)
    }

    @Test func anEnvelopeWithinAnObjectIsOpened() throws {
        let inner: Value = ["kind": "ConfigMap", "apiVersion": "v1", "data": ["k": "v"]]
        let revision = try #require(try registry.get().type(named: "io.k8s.api.apps.v1.ControllerRevision"))
        let content = try #require(try codec().encode(inner))
        let outer = ProtobufEnvelope.bytes(apiVersion: "apps/v1", kind: "ControllerRevision", capacity: 0) { writer in
            writer.message(2) { $0.data(1, content) }
        }
        let got = try codec().decode(try ProtobufEnvelope(reading: outer), as: revision)
        #expect(got["data"] == inner)
    }
}

@Suite struct ProtobufMalformedTests {
    /// A ConfigMap's message in an envelope that names it.
    private func enveloped(_ message: String) -> [UInt8] {
        ProtobufEnvelope.bytes(apiVersion: "v1", kind: "ConfigMap", capacity: 0) { $0.append(bytes(message)) }
    }

    @Test(arguments: [
        ("", "empty data"),
        ("6b 38 73 00", "empty body"),
        ("6b 39 73 00 0a", "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"),
        ("6b 38 73 00 ff ff ff", "unexpected EOF"),
        ("6b 38 73 00 0a 05 0a", "unexpected EOF"),
        ("6b 38 73 00 08 01", "proto: wrong wireType = 0 for field TypeMeta"),
        ("6b 38 73 00 00 01", "proto: Unknown: illegal tag 0 (wire type 0)"),
        ("6b 38 73 00 ff ff ff ff ff ff ff ff ff ff ff 01", "proto: integer overflow"),
        ("6b 38 73 00 12 ff ff ff ff ff ff ff ff ff 01", "proto: negative length found during unmarshaling"),
    ])
    func envelopesAreRefusedInGosWords(hex: String, expected: String) {
        #expect(throws: ProtobufError(message: expected)) { try ProtobufEnvelope(reading: bytes(hex)) }
    }

    @Test(arguments: [
        ("10 07", "proto: wrong wireType = 0 for field Data"),
        ("08 07", "proto: wrong wireType = 0 for field ObjectMeta"),
        ("7b 22", "unexpected EOF"),
        ("0c", "proto: ConfigMap: wiretype end group for non-group"),
        ("a7 06 01", "proto: illegal wireType 7"),
        ("0a 02 08 01", "proto: wrong wireType = 0 for field Name"),
        ("0a 02 28 01", "proto: wrong wireType = 0 for field UID"),
    ])
    func messagesAreRefusedInGosWords(hex: String, expected: String) throws {
        let envelope = try ProtobufEnvelope(reading: enveloped(hex))
        let type = try #require(try registry.get().type(named: configMap))
        #expect(throws: ProtobufError(message: expected)) { try codec().decode(envelope, as: type) }
    }

    @Test func unknownFieldsAreSilentlyPassedOver() throws {
        // number 99 as bytes, as varint, as a group with a field, as 8 and as 4 bytes
        let hex =
            "9a 06 03 78 79 7a 98 06 07 9b 06 08 01 9c 06 99 06 00 00 00 00 00 00 00 00 9d 06 00 00 00 00 12 06 0a 01 6b 12 01 76"
        #expect(try received(enveloped(hex))["data"] == ["k": "v"])
    }

    @Test func noBytesMakeTheReaderFail() throws {
        let types = try registry.get()
        var random = RandomObjects(seed: 2)
        for info in ResourceTable.builtIn.all where info.hasProtobufForm {
            let type = try #require(types.type(named: info.typeName))
            var value = random.object(of: type)
            value["kind"] = .string(info.kind)
            value["apiVersion"] = .string(info.apiVersion)
            let whole = try #require(try codec().encode(value))
            for _ in 0..<60 {
                var damaged = Array(whole.prefix(Int.random(in: 0...whole.count, using: &random.numbers)))
                for _ in 0..<Int.random(in: 0..<4, using: &random.numbers) where !damaged.isEmpty {
                    let place = Int.random(in: 0..<damaged.count, using: &random.numbers)
                    damaged[place] = UInt8.random(in: 0...255, using: &random.numbers)
                }
                guard let envelope = try? ProtobufEnvelope(reading: damaged),
                    var decoded = try? codec().decode(envelope, as: type)
                else { continue }
                _ = try? types.normalize(&decoded, as: type.name)
            }
        }
    }
}

extension String {
    /// Nested objects are written in order of name.
    fileprivate var inOrder: String {
        (try? JSON.parse(Array(utf8)).value.jsonText) ?? self
    }
}

@Suite struct ProtobufDepthTests {
    /// JSON within a message counts from where it stands.
    @Test func whatIsWithinMessagesMayNotNestTooDeeply() throws {
        let type = try #require(try registry.get().type(named: "io.k8s.api.apps.v1.ControllerRevision"))
        let field = try #require(type.fields.first { $0.name == "data" }?.protoNumber)
        func decoded(_ depth: Int) throws -> Value {
            var writer = ProtobufWriter(capacity: 1024)
            writer.message(field) { $0.data(1, Array(nested(depth).utf8)) }
            let codec = try codec()
            var decoder = ProtobufDecoder(codec: codec, depth: 0, room: JSON.maximumDepth)
            return try decoder.message(ProtobufReader(writer.bytes), as: type)
        }
        #expect(try decoded(JSON.maximumDepth - 1).extent.depth == JSON.maximumDepth)
        for depth in [JSON.maximumDepth, 100_000] {
            #expect(throws: ProtobufError.tooDeep) { try decoded(depth) }
        }
    }
}
