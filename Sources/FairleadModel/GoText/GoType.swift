/// What is behind the name of a Go type, as far as it is printed.
enum GoType: Sendable {
    case text, number, bool
    /// Types whose JSON form is not that of their fields.
    case quantity, time, intOrString, rawFields
    case structure(String)
    indirect case list(GoType)
    indirect case map(GoType)

    /// - Parameter name: without a pointer's asterisk.
    init(named name: Substring) {
        if name.hasPrefix("[]") {
            self = .list(GoType(named: name.dropFirst(2)))
        } else if name.hasPrefix("map[") {
            self = .map(GoType(named: name.drop { $0 != "]" }.dropFirst()))
        } else {
            self = Self.special[name] ?? (Self.structures[String(name)] == nil ? .text : .structure(String(name)))
        }
    }

    private static let special: [Substring: GoType] = [
        "int32": .number, "int64": .number, "bool": .bool, "resource.Quantity": .quantity, "v1.Time": .time,
        "intstr.IntOrString": .intOrString, "v1.FieldsV1": .rawFields, "v1.ResourceList": .map(.quantity),
    ]

    /// The fields of the types that have some, as they are declared.
    private static let structures: [String: [Substring]] = {
        var structures: [String: [Substring]] = [:]
        for line in GoTypeTable.text.split(separator: "\n") {
            let words = line.split(separator: " ")
            structures[String(words[0])] = Array(words.dropFirst())
        }
        return structures
    }()

    /// The fields of each type that has some.
    static let fields: [String: [GoField]] = structures.mapValues { $0.map(GoField.init) }
}

/// A field of a Go type.
struct GoField: Sendable {
    /// What stands before the value: `Name:(type)`.
    let label: String
    /// The key in JSON; nil where the members stand in the object that the field is of.
    let key: String?
    let isPointer: Bool
    let type: GoType

    /// - Parameter declaration: as in `GoTypeTable`.
    init(_ declaration: Substring) {
        let parts = declaration.split(separator: ":", maxSplits: 1)
        let names = parts[0].split(separator: "=")
        label = "\(names[0]):(\(parts[1]))"
        let key = names.count > 1 ? String(names[1]) : names[0].prefix(1).lowercased() + names[0].dropFirst()
        self.key = key == "~" ? nil : key
        isPointer = parts[1].hasPrefix("*")
        type = GoType(named: isPointer ? parts[1].dropFirst() : parts[1])
    }
}
