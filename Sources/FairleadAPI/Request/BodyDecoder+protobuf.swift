import FairleadModel
import FairleadSchema

extension BodyDecoder {
    static func isProtobuf(_ request: APIRequest) -> Bool {
        mediaType(of: request) == ProtobufEnvelope.mediaType
    }

    /// Reads an object in its envelope. The envelope may omit kind and apiVersion; they decide how the message is read,
    /// and are compared with the path only afterwards.
    ///
    /// - Throws: 400 in the words of Kubernetes' serializer.
    func decodeProtobuf(
        _ body: [UInt8], as kind: String, apiVersion: String, typeName: String,
        validation: WriteOptions.FieldValidation
    ) throws(APIStatus) -> Decoded {
        if let type = types.type(named: typeName), !type.hasProtobuf {
            throw APIStatus(
                code: 415, reason: "UnsupportedMediaType",
                message:
                    "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml"
            )
        }
        let envelope: ProtobufEnvelope
        do {
            envelope = try ProtobufEnvelope(reading: body)
        } catch {
            throw unrecognized(body, kind: kind, why: error.message)
        }
        let givenKind = envelope.kind.isEmpty ? kind : envelope.kind
        let givenVersion = envelope.apiVersion.isEmpty ? apiVersion : envelope.apiVersion
        let codec = ProtobufCodec(types: types)
        let isExpected = givenKind == kind && givenVersion == apiVersion
        let type = isExpected ? types.type(named: typeName) : codec.type(kind: givenKind, apiVersion: givenVersion)
        var object = Value.object(Object())
        if let type {
            do {
                object = try codec.decode(envelope, as: type)
            } catch {
                let version = givenVersion.split(separator: "/").last.map(String.init) ?? givenVersion
                throw .badRequest(
                    "\(givenKind) in version \(version.goQuoted) cannot be handled as a \(kind): \(error.message)")
            }
        }
        object["kind"] = .string(givenKind)
        object["apiVersion"] = .string(givenVersion)
        try checkKind(of: &object, is: kind, apiVersion: apiVersion)
        return try structure(
            object, duplicates: [], kind: kind, apiVersion: apiVersion, typeName: typeName, validation: validation)
    }

    /// The DeleteOptions in the body of a deletion, with the kind that the envelope names.
    func deletionOptions(_ body: [UInt8]) throws(ProtobufError) -> Value {
        let envelope = try ProtobufEnvelope(reading: body)
        let codec = ProtobufCodec(types: types)
        var value = Value.object(Object())
        if let type = codec.type(kind: "DeleteOptions", apiVersion: "v1"),
            envelope.kind.isEmpty || envelope.kind == "DeleteOptions"
        {
            value = try codec.decode(envelope, as: type)
        }
        value["kind"] = .string(envelope.kind)
        value["apiVersion"] = .string(envelope.apiVersion)
        return value
    }
}
