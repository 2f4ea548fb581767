import FairleadModel

/// The type of a field's value, in JSON and in Kubernetes' Go types.
package indirect enum Shape: Sendable {
    case string
    case bool
    case int32
    case int64
    case double
    /// Base64 in JSON.
    case bytes
    /// RFC 3339 in whole seconds (meta/v1 Time).
    case time
    /// RFC 3339 with exactly six decimals (meta/v1 MicroTime).
    case microTime
    case quantity
    case intOrString
    /// Any JSON: RawExtension, FieldsV1, the JSON in custom resource definitions.
    case any
    case list(Shape)
    case map(Shape)
    case object(TypeSchema)
    /// An object of a type that contains itself; look it up by name (`TypeRegistry.type(named:)`).
    case recursive(String)
}

extension Shape {
    /// The type of an object, of a list's elements or of a map's values, if it is an object type.
    package var innermostType: TypeSchema? {
        switch self {
        case .object(let type): type
        case .list(let element), .map(let element): element.innermostType
        default: nil
        }
    }

    package var isList: Bool { if case .list = self { true } else { false } }
    package var isMap: Bool { if case .map = self { true } else { false } }

    /// The name of the type in Go, as in messages of its JSON decoder.
    var goType: String {
        switch self {
        case .string: "string"
        case .bool: "bool"
        case .int32: "int32"
        case .int64: "int64"
        case .double: "float64"
        case .bytes: "[]uint8"
        case .time: "v1.Time"
        case .microTime: "v1.MicroTime"
        case .quantity: "resource.Quantity"
        case .intOrString: "intstr.IntOrString"
        case .any: "runtime.RawExtension"
        case .list(let element): "[]" + element.goType
        case .map(.quantity): "v1.ResourceList"
        case .map(let element): "map[string]" + element.goType
        case .object(let type): type.goType
        case .recursive(let name): TypeSchema.goType(of: name)
        }
    }

    /// What Go writes for a value that was never set and is not omitted.
    var zero: Value {
        switch self {
        case .string: ""
        case .bool: false
        case .int32, .int64, .double, .intOrString: 0
        case .quantity: "0"
        case .bytes, .time, .microTime, .any, .list, .map: .null
        case .object(let type): type.empty
        case .recursive: .object(Object())
        }
    }

    /// Whether Go's `omitempty` omits the value. Structs, which include times and quantities, never count as empty.
    func isEmpty(_ value: Value) -> Bool {
        switch (self, value) {
        case (.string, .string(let text)), (.bytes, .string(let text)): text.isEmpty
        case (.bool, .bool(let flag)): !flag
        case (.int32, .int(let number)), (.int64, .int(let number)): number == 0
        case (.double, .int(let number)): number == 0
        case (.double, .double(let number)): number == 0
        case (.list, .array(let elements)): elements.isEmpty
        case (.map, .object(let members)): members.isEmpty
        default: false
        }
    }
}
