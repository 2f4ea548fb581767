import Synchronization

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
            self = Self.special[name] ?? (GoStructures.declarations[name] == nil ? .text : .structure(String(name)))
        }
    }

    private static let special: [Substring: GoType] = [
        "int32": .number, "int64": .number, "bool": .bool, "resource.Quantity": .quantity, "v1.Time": .time,
        "intstr.IntOrString": .intOrString, "v1.FieldsV1": .rawFields, "v1.ResourceList": .map(.quantity),
    ]
}

/// The Go types that have fields. Each is read when it is first printed, since most never are.
enum GoStructures {
    /// What follows the name of each type in `GoTypeTable`.
    static let declarations: [Substring: Substring] = {
        var declarations: [Substring: Substring] = [:]
        for line in GoTypeTable.text.utf8.split(separator: UInt8(ascii: "\n")) {
            guard let space = line.firstIndex(of: UInt8(ascii: " ")) else { continue }
            declarations[Substring(line[..<space])] = Substring(line[line.index(after: space)...])
        }
        return declarations
    }()

    private static let known = Mutex<[String: [GoField]]>([:])

    /// The fields of a type; none if it is not in the table.
    static func fields(of type: String) -> [GoField] {
        known.withLock { known in
            if let fields = known[type] { return fields }
            let fields = (declarations[Substring(type)] ?? "").split(separator: " ").map(GoField.init)
            known[type] = fields
            return fields
        }
    }
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
