import FairleadModel
import FairleadSchema

/// How a value at some place in an object is merged: its shape, and what its field says about lists and maps.
struct MergeType {
    let shape: Shape
    let field: FieldSchema?

    init(_ shape: Shape, _ field: FieldSchema? = nil) {
        self.shape = shape
        self.field = field
    }

    init(_ field: FieldSchema) { self.init(field.shape, field) }

    /// The type of a field of an object; `any` if the schema does not know it.
    init(of name: String, in schema: TypeSchema) {
        self = schema.field(name).map { MergeType($0) } ?? MergeType(.any)
    }

    /// How a merge treats a value of the type.
    enum Form {
        /// Merged as a whole: scalars, atomic lists and maps.
        case leaf
        case structure(TypeSchema)
        case map(MergeType)
        case keyedList(MergeType, keys: [String])
        case set
        /// Decided by the value itself: maps by key, everything else as a whole.
        case deduced
    }

    func form(_ types: TypeRegistry) -> Form {
        switch shape {
        case .object(let type): return type.isAtomicMap || field?.isAtomicMap == true ? .leaf : .structure(type)
        case .recursive(let name):
            guard let type = types.type(named: name) else { return .deduced }
            return type.isAtomicMap || field?.isAtomicMap == true ? .leaf : .structure(type)
        case .list(let element): return listForm(element)
        case .map(let element): return field?.isAtomicMap == true ? .leaf : .map(MergeType(element))
        case .any: return .deduced
        default: return .leaf
        }
    }

    /// If the schema gives no list type, the strategy of strategic merge patches applies.
    private func listForm(_ element: Shape) -> Form {
        guard let field else { return .leaf }
        switch field.listType {
        case "map": return .keyedList(MergeType(element), keys: field.listMapKeys.sorted())
        case "set": return .set
        case nil where field.patchStrategies.contains("merge"):
            if let key = field.mergeKey { return .keyedList(MergeType(element), keys: [key]) }
            return .set
        default: return .leaf
        }
    }

    /// The type of the value that `element` leads to.
    func child(_ element: PathElement, _ types: TypeRegistry) -> MergeType {
        switch (form(types), element) {
        case (.structure(let type), .field(let name)): MergeType(of: name, in: type)
        case (.map(let element), _): element
        case (.keyedList(let element, _), _): element
        default: MergeType(.any)
        }
    }

    /// The key of an element of a keyed list; fields left out count with their default, or not at all.
    /// - Returns: nil if all key fields are missing and none has a default.
    func key(of element: Value, _ keys: [String], _ types: TypeRegistry) -> PathElement? {
        guard case .object(let object) = element else { return nil }
        var fields: [PathElement.KeyField] = []
        fields.reserveCapacity(keys.count)
        for name in keys {
            if let value = object[name] ?? types.objectType(of: shape)?.field(name)?.defaultValue {
                fields.append(PathElement.KeyField(name: name, value: value))
            }
        }
        return fields.isEmpty ? nil : .key(fields)
    }
}

/// An element of a list, with the path element that identifies it.
struct ListItem {
    let element: PathElement
    let value: Value

    /// The elements of a keyed list or of a set. Elements without a key are identified by their index.
    static func items(_ list: [Value], _ form: MergeType.Form, _ types: TypeRegistry) -> [ListItem] {
        switch form {
        case .keyedList(let type, let keys):
            list.enumerated().map { index, value in
                ListItem(element: type.key(of: value, keys, types) ?? .index(index), value: value)
            }
        default: list.map { ListItem(element: .value($0), value: $0) }
        }
    }
}
