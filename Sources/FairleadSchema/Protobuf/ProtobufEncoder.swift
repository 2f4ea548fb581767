import FairleadModel

/// Encodes trees as messages. What the tree lacks is not written: readers cannot distinguish it from zero.
struct ProtobufEncoder {
    let types: TypeRegistry

    func fields(
        of object: Object, _ fields: [ProtobufLayout.Field], _ type: TypeSchema, to writer: inout ProtobufWriter
    ) {
        for field in fields {
            switch field.content {
            case .field(let index):
                let schema = type.fields[index]
                guard let value = object[schema.name], !value.isNull else { continue }
                if let form = schema.protoForm {
                    write(value, in: form, field.number, isMap: schema.shape.isMap, to: &writer)
                } else {
                    write(value, schema.shape, field.number, to: &writer)
                }
            case .inline(let nested):
                guard Self.isThere(nested, in: object, type) else { continue }
                writer.message(field.number) { self.fields(of: object, nested, type, to: &$0) }
            }
        }
    }

    /// Whether the object has any of the fields of a message that JSON writes inline.
    private static func isThere(_ fields: [ProtobufLayout.Field], in object: Object, _ type: TypeSchema) -> Bool {
        fields.contains { field in
            switch field.content {
            case .field(let index): object[type.fields[index].name] != nil
            case .inline(let nested): isThere(nested, in: object, type)
            }
        }
    }

    private func write(_ value: Value, _ shape: Shape, _ number: Int, to writer: inout ProtobufWriter) {
        switch shape {
        case .string: if case .string(let text) = value { writer.string(number, text) }
        case .bool: if case .bool(let flag) = value { writer.integer(number, flag ? 1 : 0) }
        case .int32, .int64: if let integer = value.int { writer.integer(number, integer) }
        case .double: if let double = value.double { writer.double(number, double) }
        case .bytes: if case .string(let text) = value { writer.data(number, Base64.decode(text)) }
        case .list(let element):
            for item in value.array ?? [] { write(item.isNull ? element.zero : item, element, number, to: &writer) }
        case .map(let element):
            for member in value.object?.members ?? [] {
                writer.message(number) { entry in
                    entry.string(1, member.key)
                    writeEntry(member.value, element, to: &entry)
                }
            }
        case .time, .microTime, .quantity, .intOrString, .any, .object, .recursive:
            writer.message(number) { content(of: value, shape, to: &$0) }
        }
    }

    private func writeEntry(_ value: Value, _ element: Shape, to entry: inout ProtobufWriter) {
        guard case .list(let inner) = element else { return write(value, element, 2, to: &entry) }
        entry.message(2) { list in
            for item in value.array ?? [] { write(item, inner, 1, to: &list) }
        }
    }

    private func content(of value: Value, _ shape: Shape, to writer: inout ProtobufWriter) {
        switch shape {
        case .time, .microTime:
            guard case .string(let text) = value, let time = Timestamp(rfc3339: text) else { return }
            writer.integer(1, time.seconds)
            writer.integer(2, Int64(time.nanoseconds))
        case .quantity:
            if case .string(let text) = value { writer.string(1, text) } else { writer.string(1, value.jsonText) }
        case .intOrString:
            let text = value.string
            writer.integer(1, text == nil ? 0 : 1)
            writer.integer(2, value.int ?? 0)
            writer.string(3, text ?? "")
        case .any: writer.data(1, value.jsonBytes)
        case .object(let type): object(value, type, to: &writer)
        case .recursive(let name): if let type = types.type(named: name) { object(value, type, to: &writer) }
        default: return
        }
    }

    private func object(_ value: Value, _ type: TypeSchema, to writer: inout ProtobufWriter) {
        guard let object = value.object else { return }
        fields(of: object, type.protobuf.fields, type, to: &writer)
    }
}
