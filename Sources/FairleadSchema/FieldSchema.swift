package import FairleadModel

/// One field of an object type.
package final class FieldSchema: Sendable {
    package let name: String
    package let shape: Shape
    package let isRequired: Bool
    /// Whether a zero value differs from a missing one (a pointer in Kubernetes' Go types).
    package let isPointer: Bool
    /// The default in the schema itself; nil if there is none. Includes zero values that only mean "not a pointer".
    package let defaultValue: Value?
    /// The allowed values of an enumeration; empty if any value is allowed.
    package let enumeration: [String]

    // How patches and server-side apply merge the field (x-kubernetes-*).
    package let mergeKey: String?
    /// `merge`, `replace`, `retainKeys`.
    package let patchStrategies: [String]
    /// `atomic`, `set`, `map`; nil if the schema does not say (which means atomic).
    package let listType: String?
    package let listMapKeys: [String]
    package let isAtomicMap: Bool

    /// The field's number in Kubernetes' protobuf; nil for fields of a nested message that JSON writes inline
    /// (`TypeSchema.protoInline`). Its type follows from `shape`; lists of strings inside maps are messages with field
    /// 1.
    package let protoNumber: Int?
    /// Set if that is a message without a counterpart in JSON.
    let protoForm: ProtobufForm?

    /// Whether it is written even if empty.
    let isAlwaysWritten: Bool
    /// Whether it is left out if zero, although it is a struct (Go's `omitzero`).
    let omitsZero: Bool
    /// The value that replaces a missing or null field; nil if there is none.
    let absentValue: Value?
    /// A named Go string type (`v1.Protocol`), or for lists that of the elements; usually empty.
    private let namedGoType: String

    var goType: String {
        if namedGoType.isEmpty { return shape.goType }
        return shape.isList ? "[]" + namedGoType : namedGoType
    }

    init(name: String, shape: Shape, isRequired: Bool, definition: Object) {
        self.name = name
        self.shape = shape
        self.isRequired = isRequired
        var facts = Facts()
        for member in definition.members { facts.take(member.key, member.value) }
        isPointer = facts.isPointer
        defaultValue = facts.defaultValue
        enumeration = facts.enumeration
        mergeKey = facts.mergeKey
        patchStrategies = facts.patchStrategies
        listType = facts.listType
        listMapKeys = facts.listMapKeys
        protoNumber = facts.protoNumber
        protoForm = facts.protoForm
        isAlwaysWritten = facts.isAlwaysWritten
        omitsZero = facts.omitsZero
        if case .object(let type) = shape, type.isAtomicMap { facts.isAtomicMap = true }
        isAtomicMap = facts.isAtomicMap
        namedGoType = facts.goType

        if let defaultValue, !shape.isEmpty(defaultValue) || isPointer {
            absentValue = defaultValue
        } else {
            absentValue = Self.unset(shape, isPointer, isAlwaysWritten, omitsZero)
        }
    }

    /// What Go writes of the field if it is missing, before it is defaulted; nil if nothing.
    var blankValue: Value? {
        if case .object(let type) = shape, !isPointer { return type.blank }
        return Self.unset(shape, isPointer, isAlwaysWritten, omitsZero)
    }

    private static func unset(
        _ shape: Shape, _ isPointer: Bool, _ isAlwaysWritten: Bool, _ omitsZero: Bool
    ) -> Value? {
        if isPointer { return isAlwaysWritten ? .null : nil }
        if isAlwaysWritten { return shape.zero }
        switch shape {
        case .object, .quantity: return shape.zero
        case .time, .microTime: return omitsZero ? nil : .null
        default: return nil
        }
    }

    /// Whether a normalized value is left out of the object.
    func isDropped(_ value: Value) -> Bool { !isPointer && !isAlwaysWritten && shape.isEmpty(value) }
}

/// The facts in a property's definition, collected in one pass.
private struct Facts {
    var isPointer = false
    var defaultValue: Value?
    var enumeration: [String] = []
    var mergeKey: String?
    var patchStrategies: [String] = []
    var listType: String?
    var listMapKeys: [String] = []
    var isAtomicMap = false
    var protoNumber: Int?
    var protoForm: ProtobufForm?
    var isAlwaysWritten = false
    var omitsZero = false
    var goType = ""

    mutating func take(_ key: String, _ value: Value) {
        switch key {
        case "default": defaultValue = value
        case "enum": enumeration = value.array?.compactMap(\.string) ?? []
        case "x-fairlead-always": isAlwaysWritten = value.bool ?? false
        case "x-fairlead-go-type": goType = value.string ?? ""
        case "x-fairlead-omit-zero": omitsZero = value.bool ?? false
        case "x-fairlead-pointer": isPointer = value.bool ?? false
        case "x-fairlead-proto-form": protoForm = value.string.flatMap { ProtobufForm(rawValue: $0) }
        case "x-fairlead-proto": protoNumber = value.int.map(Int.init)
        case "x-kubernetes-list-map-keys": listMapKeys = value.array?.compactMap(\.string) ?? []
        case "x-kubernetes-list-type": listType = value.string
        case "x-kubernetes-map-type": isAtomicMap = value.string == "atomic"
        case "x-kubernetes-patch-merge-key": mergeKey = value.string
        case "x-kubernetes-patch-strategy":
            patchStrategies = value.string?.split(separator: ",").map(String.init) ?? []
        default: break
        }
    }
}
