import FairleadModel
import FairleadStorage
import Testing

@testable import FairleadAPI
@testable import FairleadKinds

/// A list that is encoded piece by piece is the list that is encoded at once.
struct ListBodyTests {
    private static let formats: [ResponseFormat] = {
        var formats: [ResponseFormat] = []
        for encoding in [ResponseFormat.Encoding.json, .yaml, .protobuf] {
            for shape in [
                ResponseFormat.Shape.object, .table(version: "v1"), .partialMetadata(version: "v1beta1"),
            ] {
                // Tables have no protobuf form.
                if encoding == .protobuf, case .table = shape { continue }
                formats.append(ResponseFormat(encoding: encoding, shape: shape))
            }
        }
        return formats
    }()

    @Test(arguments: formats, [0, 1, 40])
    func piecesAreTheWhole(format: ResponseFormat, count: Int) async throws {
        let fixture = try await APIFixture()
        for number in 0..<count {
            try await fixture.createConfigMap("m\(100 + number)", labels: ["n": "\(number)", "text": "a"])
        }
        let group = GroupVersionResource(group: "", version: "v1", resource: "configmaps")
        let kind = try #require(fixture.api.kinds.kind(group))
        let encoder = ObjectEncoder(
            kind: kind, format: format, includeObject: .object, environment: fixture.api.environment,
            types: fixture.api.types)
        let objects = Array(fixture.store.current.objects(kind.info.storage, namespace: "ns"))
        #expect(objects.count == count)
        let page = ListPage(objects: objects, revision: 77, continueToken: "more", remainingItemCount: 3)
        let whole = ObjectEncoder.bytes(encoder.wholeList(page), format, fixture.api.types)
        // The order of an item's members in JSON is not that of a tree.
        func normal(_ bytes: [UInt8]) throws -> String {
            switch format.encoding {
            case .json: try JSON.parse(bytes).value.jsonText
            case .yaml: String(decoding: bytes, as: UTF8.self)
            case .protobuf: "\(bytes)"
            }
        }
        let expected = try normal(whole)
        #expect(try normal(Array(encoder.encode(page).joined())) == expected)

        let stream = ListStream(try #require(ListBody(page, encoder)))
        var streamed: [UInt8] = []
        var pulls = 0
        while true {
            pulls += 1
            switch stream.pull(maximumBytes: 300) {
            case .data(let pieces): streamed += pieces.joined()
            case .wait: Issue.record("a list never waits")
            case .end(let pieces):
                streamed += pieces.joined()
                #expect(try normal(streamed) == expected)
                #expect(count < 40 || pulls > 5)
                return
            }
        }
    }
}
