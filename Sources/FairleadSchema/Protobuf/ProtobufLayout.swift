import FairleadModel

/// A type's fields by number.
struct ProtobufLayout: Sendable {
    struct Field: Sendable {
        let number: Int
        /// The name in Kubernetes' Go types, which decoding errors print.
        let goName: String
        let content: Content
    }

    enum Content: Sendable {
        /// The index in `TypeSchema.fields`.
        case field(Int)
        /// A separate message for fields that JSON writes inline.
        case inline([Field])
    }

    /// Sorted by number.
    let fields: [Field]

    init(fields all: [FieldSchema], inline parts: [TypeSchema.ProtoInline]) {
        var result: [Field] = []
        for (index, field) in all.enumerated() {
            guard let number = field.protoNumber else { continue }
            result.append(Field(number: number, goName: Self.goName(of: field), content: .field(index)))
        }
        for part in parts { result.append(Self.inline(part, of: all)) }
        fields = result.sorted { $0.number < $1.number }
    }

    private static func inline(_ part: TypeSchema.ProtoInline, of all: [FieldSchema]) -> Field {
        var nested: [Field] = []
        for (index, field) in all.enumerated() {
            guard field.protoNumber == nil, let number = part.fields[field.name] else { continue }
            nested.append(Field(number: number, goName: goName(of: field), content: .field(index)))
        }
        for inner in part.inline { nested.append(inline(inner, of: all)) }
        nested.sort { $0.number < $1.number }
        return Field(number: part.number, goName: part.message, content: .inline(nested))
    }

    static func field(_ number: Int, in fields: [Field]) -> Field? {
        let place = fields.partitionPoint { $0.number < number }
        return place < fields.count && fields[place].number == number ? fields[place] : nil
    }

    /// Go names embedded metadata after its type; other fields have the JSON name with a capital letter, or with the
    /// whole leading abbreviation in capitals.
    private static func goName(of field: FieldSchema) -> String {
        if field.name == "metadata", case .object(let type) = field.shape { return type.goName }
        var name = Array(field.name.utf8)
        let start = field.name.utf8.prefix { isSmall($0) }
        let capitals = abbreviations.contains(Substring(start)) ? start.count : 1
        for index in name.indices.prefix(capitals) where isSmall(name[index]) { name[index] -= 0x20 }
        return String(decoding: name, as: UTF8.self)
    }

    private static func isSmall(_ letter: UInt8) -> Bool { letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z") }

    private static let abbreviations: Set<Substring> = [
        "api", "cidr", "csi", "dns", "fc", "fs", "gmsa", "grpc", "http", "ip", "iscsi", "nfs", "rbd", "tcp", "tls",
        "ttl", "tty", "uid", "url",
    ]
}
