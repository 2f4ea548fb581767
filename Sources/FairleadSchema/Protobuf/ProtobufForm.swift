import FairleadModel

/// Fields that JSON writes as one value, and protobuf as a message whose fields indicate the kind of value.
///
/// Reference: the messages of the same names in k8s.io/apiextensions-apiserver `pkg/apis/apiextensions/v1`; `Verbs` of
/// meta/v1.
enum ProtobufForm: String, Sendable {
    /// A list of strings: field 1, repeated.
    case strings
    /// A message without fields: only its presence matters.
    case empty
    /// JSONSchemaPropsOrBool.
    case schemaOrBool
    /// JSONSchemaPropsOrArray.
    case schemaOrArray
    /// JSONSchemaPropsOrStringArray.
    case schemaOrStrings

    fileprivate static let schema = WellKnownType.crd + "JSONSchemaProps"
}

extension ProtobufEncoder {
    /// Writes a field of this form, or one for each entry of a map.
    func write(
        _ value: Value, in form: ProtobufForm, _ number: Int, isMap: Bool, to writer: inout ProtobufWriter
    ) {
        guard isMap else { return writer.message(number) { content(of: value, form, to: &$0) } }
        for member in value.object?.members ?? [] {
            writer.message(number) { entry in
                entry.string(1, member.key)
                entry.message(2) { content(of: member.value, form, to: &$0) }
            }
        }
    }

    private func content(of value: Value, _ form: ProtobufForm, to writer: inout ProtobufWriter) {
        func schema(_ value: Value, _ number: Int, to writer: inout ProtobufWriter) {
            guard let object = value.object, let type = types.type(named: ProtobufForm.schema) else { return }
            writer.message(number) { fields(of: object, type.protobuf.fields, type, to: &$0) }
        }
        switch (form, value) {
        case (.strings, .array(let list)): for text in list { writer.string(1, text.string ?? "") }
        case (.schemaOrBool, .bool(let isAllowed)): writer.bool(1, isAllowed)
        case (.schemaOrBool, _):
            writer.bool(1, true)
            schema(value, 2, to: &writer)
        case (.schemaOrArray, .array(let list)): for element in list { schema(element, 2, to: &writer) }
        case (.schemaOrStrings, .array(let list)): for text in list { writer.string(2, text.string ?? "") }
        case (.schemaOrArray, _), (.schemaOrStrings, _): schema(value, 1, to: &writer)
        case (.strings, _), (.empty, _): break
        }
    }
}

extension ProtobufDecoder {
    /// Reads the value of a field of this form.
    mutating func value(in form: ProtobufForm, _ start: ProtobufReader) throws(ProtobufError) -> Value {
        var reader = start
        var schema: Value?
        var list: [Value] = []
        var isAllowed = false
        while !reader.isAtEnd {
            let tag = try reader.tag(of: "JSONSchemaProps")
            switch (form, tag.number, tag.wireType) {
            case (.schemaOrBool, 1, 0): isAllowed = try reader.varint() != 0
            case (.schemaOrBool, 2, 2), (.schemaOrArray, 1, 2), (.schemaOrStrings, 1, 2):
                schema = try self.schema(try reader.nested())
            case (.schemaOrArray, 2, 2): list.append(try self.schema(try reader.nested()))
            case (.schemaOrStrings, 2, 2), (.strings, 1, 2): list.append(.string(try reader.string()))
            default: try reader.skip(wireType: tag.wireType)
            }
        }
        switch form {
        case .strings: return .array(list)
        case .empty: return .object(Object())
        case .schemaOrBool: return schema ?? .bool(isAllowed)
        case .schemaOrArray, .schemaOrStrings: return list.isEmpty ? schema ?? .null : .array(list)
        }
    }

    private mutating func schema(_ reader: ProtobufReader) throws(ProtobufError) -> Value {
        guard let type = codec.types.type(named: ProtobufForm.schema) else { return .null }
        return try message(reader, as: type)
    }

    /// An entry of a map of such values.
    mutating func entry(of form: ProtobufForm, _ start: ProtobufReader) throws(ProtobufError) -> (String, Value) {
        var reader = start
        var key = ""
        var found = Value.null
        while !reader.isAtEnd {
            let tag = try reader.tag(of: "Entry")
            switch (tag.number, tag.wireType) {
            case (1, 2): key = try reader.string()
            case (2, 2): found = try value(in: form, try reader.nested())
            default: try reader.skip(wireType: tag.wireType)
            }
        }
        return (key, found)
    }
}
