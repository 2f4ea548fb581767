import FairleadModel

/// Decodes the reviews that webhooks send back, with the complaints of Kubernetes' decoder.
struct ReviewDecoder {
    /// The Go type that has the fields, and how it is reached.
    let structure: String
    let path: String

    /// The tree of an answer: JSON, or the YAML that Kubernetes' decoder takes as well.
    ///
    /// - Throws: for what is no object, and for one of another kind.
    static func object(_ bytes: [UInt8], group: String, kind: String) throws(WebhookFailure) -> Value {
        let review = try tree(bytes)
        guard review.object != nil else { throw .unreadable(Self.notAnObject(review)) }
        let given = (version: review["apiVersion"]?.string ?? "", kind: review["kind"]?.string ?? "")
        let isKnown = given.kind.isEmpty || given.kind == kind
        // Without a kind or a version, the object counts as what was expected.
        if given.version.isEmpty || given.version == "\(group)/v1", isKnown { return review }
        if given.version == "\(group)/v1beta1", isKnown {
            throw .unreadable("converting (v1beta1.\(kind)) to (v1.\(kind)): unknown conversion")
        }
        throw .unreadable(
            "no kind \(given.kind.goQuoted) is registered for version \(given.version.goQuoted) in scheme \"pkg/runtime/scheme.go:110\""
        )
    }

    private static func tree(_ bytes: [UInt8]) throws(WebhookFailure) -> Value {
        let isJSON = bytes.first { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 } == UInt8(ascii: "{")
        do {
            if isJSON { return try JSON.parse(bytes).value }
            return try YAML.parse(bytes).value
        } catch let error as JSON.ParseError {
            throw .unreadable("couldn't get version/kind; json parse error: \(error.message)")
        } catch let error as YAML.ParseError {
            throw .unreadable(error.message)
        } catch {
            throw .unreadable(String(describing: error))
        }
    }

    private static func notAnObject(_ value: Value) -> String {
        "couldn't get version/kind; json parse error: json: cannot unmarshal \(value.jsonTypeName) into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }"
    }

    enum Form { case string, bool, int32, list, map, object }

    /// - Throws: if the field is there and of another type. List and map are of texts.
    func expect(_ form: Form, _ object: Value, _ field: String, _ type: String) throws(WebhookFailure) {
        guard let value = object[field], !value.isNull else { return }
        let fits =
            switch form {
            case .string: value.string != nil
            case .bool: value.bool != nil
            case .int32: value.int.map { Int32(exactly: $0) != nil } ?? false
            case .list: value.array != nil
            case .map, .object: value.object != nil
            }
        guard fits else { throw mismatch(value, field, type) }
        let parts: [Value] =
            switch form {
            case .list: value.array ?? []
            case .map: value.object.map { $0.map(\.value) } ?? []
            default: []
            }
        if let wrong = parts.first(where: { $0.string == nil && !$0.isNull }) { throw mismatch(wrong, field, "string") }
    }

    private func mismatch(_ value: Value, _ field: String, _ type: String) -> WebhookFailure {
        let shown = value.int.map { "number \($0)" } ?? value.jsonTypeName
        return .unreadable(
            "json: cannot unmarshal \(type == "int32" ? shown : value.jsonTypeName) into Go struct field \(structure).\(path).\(field) of type \(type)"
        )
    }
}
