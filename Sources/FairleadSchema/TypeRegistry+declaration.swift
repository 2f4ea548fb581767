package import FairleadExpressions

extension TypeRegistry {
    /// What expressions know about the objects of a built-in type. What contains itself counts as anything.
    package func declaration(of type: TypeSchema) -> RuleDeclaration {
        var known: [String: RuleDeclaration] = [:]
        return Self.declaration(of: type, &known)
    }

    private static func declaration(of type: TypeSchema, _ known: inout [String: RuleDeclaration]) -> RuleDeclaration {
        if let found = known[type.name] { return found }
        var fields: [String: RuleDeclaration] = [:]
        for field in type.fields { fields[field.name] = declaration(field.shape, &known) }
        let made = RuleDeclaration(.object(fields), minimumSize: 2)
        known[type.name] = made
        return made
    }

    private static func declaration(_ shape: Shape, _ known: inout [String: RuleDeclaration]) -> RuleDeclaration {
        switch shape {
        case .string: RuleDeclaration(.string, minimumSize: 2)
        case .bool: RuleDeclaration(.bool, minimumSize: 4)
        case .int32, .int64: RuleDeclaration(.int, minimumSize: 1)
        case .double: RuleDeclaration(.double, minimumSize: 1)
        case .bytes: RuleDeclaration(.bytes, minimumSize: 2)
        case .time, .microTime: RuleDeclaration(.timestamp, minimumSize: 22)
        case .quantity, .intOrString, .any, .recursive: RuleDeclaration(.any, minimumSize: 1)
        case .list(let element): RuleDeclaration(.list(declaration(element, &known), keys: .none), minimumSize: 2)
        case .map(let element): RuleDeclaration(.map(declaration(element, &known)), minimumSize: 2)
        case .object(let type): declaration(of: type, &known)
        }
    }
}
