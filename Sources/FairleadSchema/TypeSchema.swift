package import FairleadModel

/// An object type: its fields, sorted bytewise by name.
package final class TypeSchema: Sendable {
    /// `io.k8s.api.core.v1.ServicePort`.
    package let name: String
    package let fields: [FieldSchema]
    /// Group, version and kind, if objects of the type occur on their own.
    package let group: String?
    package let version: String?
    package let kind: String?
    /// Whether server-side apply treats the object as a single value.
    package let isAtomicMap: Bool

    /// Parts that protobuf nests in separate messages although JSON writes them inline: the number in this message, and
    /// the fields with their numbers in the nested one.
    package let protoInline: [ProtoInline]
    /// The fields by number; empty for types without a protobuf form.
    let protobuf: ProtobufLayout

    package struct ProtoInline: Sendable {
        package let number: Int
        /// The message's name, `VolumeSource`.
        package let message: String
        package let fields: [String: Int]
        /// Nested parts of the message that JSON also writes inline.
        package let inline: [ProtoInline]
    }

    /// Properties that only custom resources have; nil for built-in types.
    package let custom: CustomTraits?

    package struct CustomTraits: Sendable {
        /// Whether objects may have members that are not fields.
        package let keepsUnknownFields: Bool
        /// Whether `status` is written through its own subresource.
        package let hasStatus: Bool
    }

    /// The object with every field missing, after defaulting.
    package let empty: Value
    /// The same before defaulting: what Go writes of a new object.
    package let blank: Value
    /// `ServicePort`.
    var goName: String { name.split(separator: ".").last.map(String.init) ?? name }
    var goType: String { Self.goType(of: name) }

    /// - Parameter fields: sorted by name, bytewise.
    init(
        name: String, fields: [FieldSchema], definition: Value, protoInline: [ProtoInline], custom: CustomTraits? = nil
    ) {
        self.name = name
        self.custom = custom
        self.fields = fields
        let identity = definition["x-kubernetes-group-version-kind"]?.array?.first
        group = identity?["group"]?.string
        version = identity?["version"]?.string
        kind = identity?["kind"]?.string
        isAtomicMap = definition["x-kubernetes-map-type"]?.string == "atomic"
        self.protoInline = protoInline
        protobuf = ProtobufLayout(fields: fields, inline: protoInline)
        var empty: [Object.Member] = []
        var blank: [Object.Member] = []
        for field in fields {
            if let value = field.absentValue { empty.append(Object.Member(key: field.name, value: value)) }
            if let value = field.blankValue { blank.append(Object.Member(key: field.name, value: value)) }
        }
        self.empty = .object(custom == nil ? Object(sortedUnique: empty) : Object())
        self.blank = .object(custom == nil ? Object(sortedUnique: blank) : Object())
    }

    package func field(_ name: String) -> FieldSchema? {
        let place = fields.partitionPoint { $0.name.isBefore(name) }
        return place < fields.count && fields[place].name.isSameBytes(as: name) ? fields[place] : nil
    }

    /// `v1.ServicePort`.
    static func goType(of name: String) -> String { name.split(separator: ".").suffix(2).joined(separator: ".") }
}
