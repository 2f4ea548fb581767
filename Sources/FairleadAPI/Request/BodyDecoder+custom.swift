import FairleadKinds
import FairleadModel
import FairleadSchema

extension BodyDecoder {
    /// Reads the body of a create or update as an object of a custom kind. It may be of another kind: validation
    /// reports that.
    ///
    /// - Throws: 400 with the decoder's complaint, 415 for an unsupported content type.
    func decode(
        _ request: APIRequest, _ custom: Kind.Custom, validation: WriteOptions.FieldValidation
    ) throws(APIStatus) -> Decoded {
        let contentType = Self.mediaType(of: request)
        guard let contentType, ["", "application/json", "application/yaml"].contains(contentType) else {
            throw APIStatus(
                code: 415, reason: "UnsupportedMediaType",
                message:
                    "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml"
            )
        }
        let parsed: JSON.Parsed
        do {
            parsed = contentType == "application/yaml" ? try YAML.parse(request.body) : try JSON.parse(request.body)
        } catch let error as JSON.ParseError {
            let why = "couldn't get version/kind; json parse error: \(error.message)"
            throw unrecognized(request.body, kind: custom.kind, why: why)
        } catch let error as YAML.ParseError {
            throw unrecognized(request.body, kind: custom.kind, why: error.message)
        } catch {
            throw unrecognized(request.body, kind: custom.kind, why: String(describing: error))
        }
        let object = parsed.value.isNull ? .object(Object()) : parsed.value
        guard object.object != nil else {
            throw .badRequest(
                "couldn't get version/kind; json parse error: json: cannot unmarshal \(object.jsonTypeName) into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }"
            )
        }
        for (field, word) in [("kind", "Kind"), ("apiVersion", "apiVersion")] {
            guard object[field]?.string ?? "" == "" else { continue }
            let body = String(decoding: request.body, as: UTF8.self)
            let why = "Object '\(word)' is missing in '\(body)'"
            throw unrecognized(request.body, kind: custom.kind, why: why)
        }
        guard object.apiVersion == custom.apiVersion else {
            throw .badRequest(
                "the API version in the data (\(object.apiVersion)) does not match the expected API version (\(custom.apiVersion))"
            )
        }
        return try structure(object, duplicates: parsed.duplicateFields, custom, validation: validation)
    }

    /// Checks and normalises a custom object: metadata as for every kind, unknown fields pruned, defaults filled in.
    ///
    /// - Parameter before: complaints so far about how the object was written.
    func structure(
        _ value: Value, complaints before: [String] = [], duplicates: [String] = [], _ custom: Kind.Custom,
        validation: WriteOptions.FieldValidation
    ) throws(APIStatus) -> Decoded {
        var object = value
        let schema = custom.version.schema
        // Unknown fields of the metadata, of the object and of embedded metadata: each sorted.
        var unknown: [String] = []
        var pruned: [String] = []
        var embeddedUnknown: [String] = []
        do throws(DecodeError) {
            try normalizeMetadata(&object, path: "", &unknown)
            schema.prune(&object, isResource: true, unknown: &pruned)
            if custom.version.hasEmbeddedResources {
                try schema.forEachEmbeddedResource(&object) { (embedded, place) throws(DecodeError) in
                    let metadata = embedded["metadata"] ?? .null
                    do throws(DecodeError) {
                        try normalizeMetadata(&embedded, path: place, &embeddedUnknown)
                    } catch {
                        let why = FieldError.invalid(FieldPath(place).child("metadata"), metadata, error.message)
                        throw DecodeError(message: why.description)
                    }
                }
            }
        } catch {
            throw .badRequest(Self.refusal(custom, error.message))
        }
        unknown += pruned.sorted() + embeddedUnknown.sorted()
        guard schema.applyDefaults(to: &object) else {
            throw .badRequest(Self.refusal(custom, "too many defaults to fill in"))
        }
        if validation == .ignore { return Decoded(object: object) }
        let complaints =
            before + duplicates.map { "duplicate field \"\($0)\"" }
            + unknown.map { "unknown field \"\($0)\"" }
        if validation == .strict, !complaints.isEmpty {
            let list = complaints.joined(separator: ", ")
            throw .badRequest(Self.refusal(custom, "strict decoding error: \(list)"))
        }
        return Decoded(object: object, warnings: complaints)
    }

    private static func refusal(_ custom: Kind.Custom, _ why: String) -> String {
        "\(custom.kind) in version \(custom.version.name.goQuoted) cannot be handled as a \(custom.kind): \(why)"
    }

    private func normalizeMetadata(
        _ object: inout Value, path: String, _ unknown: inout [String]
    ) throws(DecodeError) {
        guard var metadata = object["metadata"], !metadata.isNull else { return }
        let report = try types.normalize(&metadata, as: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
        // No null takes the place of a creationTimestamp that was left out.
        if object.at("metadata", "creationTimestamp") == nil, metadata["creationTimestamp"]?.isNull == true {
            metadata["creationTimestamp"] = nil
        }
        object["metadata"] = metadata
        let place = path.isEmpty ? "metadata" : path + ".metadata"
        unknown += report.unknownFields.map { "\(place).\($0)" }
    }
}
