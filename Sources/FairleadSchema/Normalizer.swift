package import FairleadModel

extension TypeRegistry {
    /// Converts a client's tree to what Kubernetes would produce by decoding it into its Go type and encoding it again.
    ///
    /// Unknown fields are removed and reported; so are nulls, and zero values of optional fields that cannot
    /// distinguish zero from absent. Zero values of fields that are always written, and the schema's defaults, are
    /// added; times, quantities and base64 are converted to canonical form. Names, ranges and enumerations are not
    /// checked here.
    ///
    /// - Parameter typeName: the name of the definition. With an unknown name, the value stays unchanged.
    /// - Throws: at the first value of a wrong type, with Go's message; the value is then in an undefined state.
    package func normalize(
        _ value: inout Value, as typeName: String, goType: String? = nil
    ) throws(DecodeError) -> StructuralReport {
        guard let type = type(named: typeName) else { return StructuralReport() }
        var normalizer = Normalizer(registry: self, rootType: goType ?? "")
        try normalizer.normalize(&value, as: .object(type), field: nil)
        return normalizer.report
    }
}

/// One walk over one object. The tree and the type's fields are both sorted by name, so they are merged in one pass.
struct Normalizer {
    let registry: TypeRegistry
    let rootType: String
    private var unknown = StrictComplaints()
    private var emptyLists: [[String]] = []
    var report: StructuralReport { StructuralReport(unknownFields: unknown.texts, emptyLists: emptyLists) }
    private var path: [Step] = []
    /// The struct that contains the current field.
    private var owner: TypeSchema?

    private enum Step {
        case field(String)
        case key(String)
        case index(Int)
    }

    init(registry: TypeRegistry, rootType: String) {
        self.registry = registry
        self.rootType = rootType
    }

    mutating func normalize(_ value: inout Value, as shape: Shape, field: FieldSchema?) throws(DecodeError) {
        switch shape {
        case .object(let type): try normalizeObject(&value, as: type)
        case .recursive(let name): if let type = registry.type(named: name) { try normalizeObject(&value, as: type) }
        case .list(let element): try normalizeList(&value, of: element, field: field)
        case .map(let element): try normalizeMap(&value, of: element, field: field)
        default: try normalizeScalar(&value, as: shape, field: field)
        }
    }

    private mutating func normalizeObject(_ value: inout Value, as type: TypeSchema) throws(DecodeError) {
        guard case .object(let object) = value else { throw mismatch(value, expected: type.goType) }
        value = .null
        let outer = owner
        owner = type
        var result: [Object.Member] = []
        result.reserveCapacity(object.count + 2)
        var position = 0
        let members = object.members
        for field in type.fields {
            while position < members.count, members[position].key < field.name {
                reportUnknown(members[position].key)
                position += 1
            }
            var member = Object.Member(key: field.name, value: .null)
            if position < members.count, members[position].key == field.name {
                member.value = members[position].value
                position += 1
            }
            if member.value.isNull {
                guard let absent = field.absentValue else { continue }
                result.append(Object.Member(key: field.name, value: absent))
                continue
            }
            path.append(.field(field.name))
            try normalize(&member.value, as: field.shape, field: field)
            path.removeLast()
            if member.value.isNull {  // a zero time
                if let absent = field.absentValue { result.append(Object.Member(key: field.name, value: absent)) }
            } else if field.isDropped(member.value) {
                if let absent = field.absentValue { result.append(Object.Member(key: field.name, value: absent)) }
            } else if field.isAlwaysWritten, case .array(let elements) = member.value, elements.isEmpty {
                // Kubernetes stores protobuf, which cannot distinguish an empty list from a missing one.
                result.append(Object.Member(key: field.name, value: .null))
                noteEmptyList(field.name)
            } else {
                result.append(member)
            }
        }
        while position < members.count {
            reportUnknown(members[position].key)
            position += 1
        }
        owner = outer
        value = .object(Object(sortedUnique: result))
    }

    private mutating func normalizeList(
        _ value: inout Value, of element: Shape, field: FieldSchema?
    ) throws(DecodeError) {
        guard case .array(var elements) = value else {
            throw mismatch(value, expected: field?.goType ?? "[]" + element.goType)
        }
        value = .null
        for index in elements.indices {
            if elements[index].isNull {
                elements[index] = element.zero
                continue
            }
            path.append(.index(index))
            try normalize(&elements[index], as: element, field: field)
            path.removeLast()
        }
        value = .array(elements)
    }

    private mutating func normalizeMap(
        _ value: inout Value, of element: Shape, field: FieldSchema?
    ) throws(DecodeError) {
        guard case .object(let object) = value else { throw mismatch(value, expected: Shape.map(element).goType) }
        if case .string = element, object.members.allSatisfy({ $0.value.string != nil }) { return }
        value = .null
        var members = object.members
        for index in members.indices {
            if members[index].value.isNull {
                members[index].value = element.zero
                if case .bytes = element { members[index].value = "" }
                continue
            }
            path.append(.key(members[index].key))
            if case .quantity = element {
                try normalizeQuantity(&members[index].value, isOfResourceList: true)
                path.removeLast()
                continue
            }
            try normalize(&members[index].value, as: element, field: field)
            path.removeLast()
        }
        value = .object(Object(sortedUnique: members))
    }

    private mutating func noteEmptyList(_ name: String) {
        var names: [String] = []
        for step in path {
            guard case .field(let name) = step else { return }
            names.append(name)
        }
        emptyLists.append(names + [name])
    }

    // MARK: Messages

    private mutating func reportUnknown(_ key: String) {
        if unknown.isFull { return }
        let parent = strictPath
        unknown.add(parent.isEmpty ? key : parent + "." + key)
    }

    private var strictPath: String {
        var text = ""
        for step in path {
            switch step {
            case .field(let name), .key(let name):
                if !text.isEmpty { text += "." }
                text += name
            case .index(let index): text += "[\(index)]"
            }
        }
        return text
    }

    /// `json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32`.
    ///
    /// - Parameter literal: the number, if it is not an integer or too large.
    func mismatch(_ value: Value, expected goType: String, literal: String? = nil) -> DecodeError {
        var found = value.jsonTypeName
        if let literal { found += " " + literal }
        guard let owner else {
            let type = rootType.isEmpty ? goType : rootType
            return DecodeError(message: "json: cannot unmarshal \(found) into Go value of type \(type)")
        }
        var names: [String] = []
        for step in path { if case .field(let name) = step { names.append(name) } }
        let place = owner.goName + "." + names.joined(separator: ".")
        return DecodeError(message: "json: cannot unmarshal \(found) into Go struct field \(place) of type \(goType)")
    }
}
