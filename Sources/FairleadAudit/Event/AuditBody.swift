import FairleadModel
import FairleadSchema

/// The body of a request or an answer, kept as it is until its event is written.
enum AuditBody: Sendable {
    /// - type: the media type, without parameters; empty for JSON.
    case bytes([[UInt8]], type: String)
    case value(Value)

    var size: Int {
        switch self {
        case .bytes(let pieces, _): pieces.reduce(0) { $0 + $1.count }
        // An object of ours, which is shared with whoever wrote it.
        case .value: 4096
        }
    }

    /// The object in it; nil if it cannot be read.
    func value(_ types: TypeRegistry) -> Value? {
        switch self {
        case .value(let value): return value
        case .bytes(let pieces, let type):
            let bytes = pieces.count == 1 ? pieces[0] : Array(pieces.joined())
            if bytes.isEmpty { return nil }
            // What cannot be read was refused with an answer that says why: the event does without the object.
            return try? Self.parsed(bytes, type, types)
        }
    }

    private static func parsed(_ bytes: [UInt8], _ type: String, _ types: TypeRegistry) throws -> Value? {
        switch type {
        case ProtobufEnvelope.mediaType: try decoded(bytes, types)
        case "application/yaml", "application/apply-patch+yaml": try YAML.parse(bytes).value
        default: try JSON.parse(bytes).value
        }
    }

    private static func decoded(_ bytes: [UInt8], _ types: TypeRegistry) throws(ProtobufError) -> Value? {
        let envelope = try ProtobufEnvelope(reading: bytes)
        let codec = ProtobufCodec(types: types)
        guard let type = codec.type(kind: envelope.kind, apiVersion: envelope.apiVersion) else { return nil }
        var value = try codec.decode(envelope, as: type)
        value["kind"] = .string(envelope.kind)
        value["apiVersion"] = .string(envelope.apiVersion)
        return value
    }
}

extension Value {
    /// Without the managed fields of the object, of the items of a list, or of those in the rows of a table.
    var withoutManagedFields: Value {
        var result = self
        result.set(nil, at: "metadata", "managedFields")
        result.changeItems("items") { $0.set(nil, at: "metadata", "managedFields") }
        result.changeItems("rows") { $0.set(nil, at: "object", "metadata", "managedFields") }
        return result
    }

    /// Without the token that it asks about or has been given: whoever reads the log shall not be able to act as its
    /// user.
    var withoutTokens: Value {
        var result = self
        for path in ["spec", "status"] where at(path, "token") != nil { result.set(nil, at: path, "token") }
        return result
    }
}
