package import FairleadModel

/// Objects in Kubernetes' protobuf format, driven by the field numbers in `openapi/`.
///
/// Decoded objects must still be normalized (`TypeRegistry.normalize`): protobuf cannot distinguish zero from absent
/// for most fields, and normalizing removes such zero values. Fields with a number that the schema lacks are skipped.
package struct ProtobufCodec: Sendable {
    let types: TypeRegistry

    package init(types: TypeRegistry) { self.types = types }

    /// The message type of a kind; nil if the kind has no protobuf form.
    package func type(kind: String, apiVersion: String) -> TypeSchema? {
        let isGeneral = kind == "Status" || kind == "DeleteOptions" || kind == "WatchEvent"
        let own = isGeneral ? nil : types.type(kind: kind, apiVersion: apiVersion)
        let found = own ?? types.type(named: WellKnownType.meta + kind)
        return found.flatMap { $0.hasProtobuf ? $0 : nil }
    }

    /// The object in an envelope, without kind and apiVersion.
    package func decode(_ envelope: ProtobufEnvelope, as type: TypeSchema) throws(ProtobufError) -> Value {
        try decode(envelope, as: type, depth: 0, room: JSON.maximumDepth)
    }

    func decode(
        _ envelope: ProtobufEnvelope, as type: TypeSchema, depth: Int, room: Int
    ) throws(ProtobufError) -> Value {
        var decoder = ProtobufDecoder(codec: self, depth: depth, room: room)
        return try decoder.message(ProtobufReader(envelope.bytes, envelope.message), as: type)
    }

    /// An object in its envelope; nil for kinds that have no protobuf form. Values that do not fit their field are left
    /// out.
    package func encode(_ value: Value) -> [UInt8]? {
        let kind = value["kind"]?.string ?? ""
        let apiVersion = value["apiVersion"]?.string ?? ""
        guard let object = value.object, let type = type(kind: kind, apiVersion: apiVersion) else { return nil }
        let encoder = ProtobufEncoder(types: types)
        return ProtobufEnvelope.bytes(apiVersion: apiVersion, kind: kind, capacity: 512) { writer in
            encoder.fields(of: object, type.protobuf.fields, type, to: &writer)
        }
    }

    /// The message of an object without its envelope; nil for kinds that have no protobuf form. The messages of two
    /// objects, one after the other, are the message of an object with the fields of both.
    package func message(_ value: Value) -> [UInt8]? {
        let type = type(kind: value["kind"]?.string ?? "", apiVersion: value["apiVersion"]?.string ?? "")
        guard let object = value.object, let type else { return nil }
        var writer = ProtobufWriter(capacity: 512)
        ProtobufEncoder(types: types).fields(of: object, type.protobuf.fields, type, to: &writer)
        return writer.bytes
    }

    /// The bytes before and after an object's message in its envelope.
    package static func envelope(
        of value: Value, length: Int
    ) -> (before: [UInt8], after: [UInt8]) {
        ProtobufEnvelope.around(
            apiVersion: value["apiVersion"]?.string ?? "", kind: value["kind"]?.string ?? "", length: length)
    }

    /// A frame of a watch stream: a four-byte length, then a WatchEvent.
    ///
    /// - Parameter object: the object in its envelope.
    package static func watchFrame(type: String, object: [UInt8]) -> [UInt8] {
        var event = ProtobufWriter(capacity: object.count + 32)
        event.append([0, 0, 0, 0])
        event.string(1, type)
        event.message(2) { $0.data(1, object) }
        var frame = event.bytes
        let length = UInt32(truncatingIfNeeded: frame.count - 4)
        for index in 0..<4 { frame[index] = UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * index)) }
        return frame
    }
}

extension TypeSchema {
    package var hasProtobuf: Bool { !protobuf.fields.isEmpty }
}
