import FairleadKinds
import FairleadModel
import FairleadSchema
import Foundation
import Testing

@testable import FairleadAPI

/// What is true of every kind that is served and of every field of it, found out from the schemas.
///
/// `SampleExceptions` lists what is not, with reasons. `FAIRLEAD_KIND=Job` looks at one kind.
@Suite struct KindPropertyTests {
    private static let wanted = ProcessInfo.processInfo.environment["FAIRLEAD_KIND"]
    /// Of every kind that objects can be created of.
    private static let resources = Kind.builtIn.map(\.info).filter { info in
        if let wanted { return info.kind == wanted }
        return info.isStored && info.verbs.contains("create")
    }
    private static let kinds = resources.map(\.gvr)

    private func samples(_ kind: GroupVersionResource) async throws -> SampleObjects {
        let fixture = try await APIFixture()
        let resource = try #require(fixture.api.kinds.resources.resource(kind))
        let type = try #require(fixture.api.types.type(named: resource.typeName))
        return SampleObjects(fixture: fixture, resource: resource, type: type)
    }

    // MARK: - one object

    @Test(arguments: kinds)
    func theSmallestObjectIsAcceptedAndRestsAsItIs(kind: GroupVersionResource) async throws {
        let samples = try await samples(kind)
        let sent = try await samples.mended(samples.seed).get()
        let created = try await samples.fixture.send("POST", samples.path, body: sent)
        #expect(created.status == 201, "\(created.message)")
        let path = samples.path + "/" + created.body.name
        let read = try await samples.fixture.send("GET", path)
        #expect(read.body == created.body)

        let put = try await samples.fixture.send("PUT", path, body: read.body)
        #expect(put.status == 200 && put.body == read.body, "\(put.message)")
        var applied: [Value] = []
        for _ in 0..<2 {
            let answer = try await samples.fixture.send(
                "PATCH", path, "fieldManager=test&force=true", body: sent, type: "application/apply-patch+yaml")
            #expect(answer.status == 200, "\(answer.message)")
            applied.append(answer.body)
        }
        #expect(applied[0] == applied[1])

        try roundTrip(read.body, samples)
        try await generation(of: read.body, path, samples)
    }

    private func roundTrip(_ object: Value, _ samples: SampleObjects) throws {
        guard samples.type.hasProtobuf else { return }
        let types = samples.fixture.api.types
        let codec = ProtobufCodec(types: types)
        let bytes = try #require(codec.encode(object))
        var back = try codec.decode(try ProtobufEnvelope(reading: bytes), as: samples.type)
        var sent = object
        for field in ["kind", "apiVersion"] { back[field] = object[field] }
        _ = try types.normalize(&back, as: samples.type.name)
        _ = try types.normalize(&sent, as: samples.type.name)
        #expect(back == sent)
    }

    /// It is 1 where there is one, whatever the sender says, and changes of metadata do not raise it.
    private func generation(of object: Value, _ path: String, _ samples: SampleObjects) async throws {
        let kind = try #require(samples.fixture.api.kinds.kind(samples.resource.gvr))
        let fields = kind.strategy.generationFields
        let first = object.at("metadata", "generation")?.int
        #expect(first == (fields.isEmpty ? nil : 1), "\(fields)")
        let labelled = try await samples.fixture.send(
            "PATCH", path, body: ["metadata": ["labels": ["a": "b"], "generation": 7]])
        #expect(labelled.status == 200, "\(labelled.message)")
        let next = labelled.body.at("metadata", "generation")?.int
        #expect(next == (fields.contains("metadata.labels") ? 2 : first))
    }

    // MARK: - every field

    @Test func everyFieldCanBeSetAndNothingBrokenPasses() async throws {
        var seen: Set<String> = []
        var findings: [String] = []
        for kind in Self.kinds {
            let samples = try await samples(kind)
            if Self.wanted == nil, SampleExceptions.unwalked.contains(samples.resource.kind) { continue }
            // What is wrong with it the other test tells.
            guard case .success(let smallest) = try await samples.mended(samples.seed) else { continue }
            var walk = FieldWalk(samples: samples, seen: seen)
            try await walk.visit(samples.type, at: SamplePath(""), in: smallest)
            seen = walk.seen
            findings += walk.findings.map { "\(samples.resource.kind): \($0)" }
        }
        #expect(findings.isEmpty, "\(findings.count):\n\(findings.joined(separator: "\n"))")
    }
}

/// Sets every field that can be reached from an object, of each type once, and breaks what has been set.
private struct FieldWalk {
    let samples: SampleObjects
    private(set) var seen: Set<String>
    private(set) var findings: [String] = []

    init(samples: SampleObjects, seen: Set<String>) {
        self.samples = samples
        self.seen = seen
    }

    /// What has tests of its own, or is not a sender's to set.
    private static let beside: Set<String> = ["apiVersion", "kind", "metadata", "status"]

    /// - Parameter base: an object that is accepted, and has something of this type at the path.
    mutating func visit(_ type: TypeSchema, at path: SamplePath, in base: Value) async throws {
        guard seen.insert(type.name).inserted else { return }
        for field in type.fields where !path.steps.isEmpty || !Self.beside.contains(field.name) {
            if field.name == "metadata" || field.name == "status" && field.shape.innermostType != nil { continue }
            let name = "\(type.name.split(separator: ".").last ?? "").\(field.name)"
            if SampleExceptions.unsettable[name] != nil { continue }
            let place = path.child(field.name)
            var object = base
            if object.value(at: place) == nil { object.put(samples.sample(field.shape), at: place) }
            switch try await samples.mended(object, keeping: place) {
            case .failure(let refusal): findings.append("\(name) at \(place) cannot be set: \(refusal.text)")
            case .success(let accepted):
                guard accepted.value(at: place) != nil else {
                    findings.append("\(name) at \(place) is never wanted")
                    continue
                }
                try await breakField(field, name, place, in: accepted)
                if let inner = field.shape.innermostType {
                    try await visit(inner, at: Self.first(place, field.shape, accepted), in: accepted)
                }
            }
        }
    }

    /// The first element of lists and maps.
    private static func first(_ path: SamplePath, _ shape: Shape, _ object: Value) -> SamplePath {
        switch shape {
        case .list(let element): first(path.element(0), element, object)
        case .map(let element):
            first(path.key(object.value(at: path)?.object?.members.first?.key ?? "x"), element, object)
        default: path
        }
    }

    private mutating func breakField(
        _ field: FieldSchema, _ name: String, _ path: SamplePath, in accepted: Value
    ) async throws {
        if SampleExceptions.gaps.contains(String(name.prefix { $0 != "." })) { return }
        if field.isRequired, SampleExceptions.zeroIsAccepted[name] == nil {
            var object = accepted
            object.remove(at: path)
            try await expectRefusal(of: object, path, "\(name) is required, and is accepted without")
        }
        for (value, what) in Self.broken(field) where SampleExceptions.unchecked[name] == nil {
            var object = accepted
            object.put(value, at: path)
            try await expectRefusal(of: object, path, "\(name) accepts \(what)")
        }
    }

    private static func broken(_ field: FieldSchema) -> [(value: Value, what: String)] {
        var broken: [(Value, String)] = []
        if !field.enumeration.isEmpty { broken.append(("Broken", "what is not in its enumeration")) }
        switch field.shape {
        case .string: broken.append((1, "a number"))
        case .bool: broken.append(("yes", "a text"))
        case .int32, .int64:
            broken.append(("1", "a text"))
            broken.append((.double(1.5), "a fraction"))
            if case .int32 = field.shape { broken.append((2_147_483_648, "a number beyond 32 bits")) }
        case .double: broken.append(("1", "a text"))
        case .bytes: broken.append(("%", "what is not base64"))
        case .time, .microTime: broken.append(("yesterday", "what is no time"))
        case .quantity: broken.append(("1x", "what is no quantity"))
        case .list, .map, .object, .recursive: broken.append(("text", "a text"))
        case .intOrString: broken.append((true, "a bool"))
        case .any: break
        }
        return broken
    }

    /// 422 with the path among its causes, or 400, as decoders know no paths.
    private mutating func expectRefusal(of object: Value, _ path: SamplePath, _ what: String) async throws {
        let answer = try await samples.attempt(object)
        if answer.status == 400 { return }
        guard answer.status == 422 else {
            return findings.append("\(what) at \(path): \(answer.status) \(answer.message)")
        }
        let told = SampleObjects.complaints(answer).map { SamplePath($0.path) }
        if !told.contains(where: {
            path.isPrefix(of: $0) || $0.isPrefix(of: path) && $0.steps.count >= path.steps.count - 2
        }) {
            findings.append("\(what) at \(path), and another path is told: \(answer.message)")
        }
    }
}
