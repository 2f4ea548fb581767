package import FairleadExpressions
import FairleadModel

/// What expressions know about the values of a schema.
///
/// Reference: k8s.io/apiserver `pkg/cel/common/schemas.go` (SchemaDeclType).
extension StructuralSchema {
    /// - Parameter isResource: whether the values are objects in their own right, with a kind and metadata.
    /// - Returns: nil for values about which nothing is known.
    package func declaration(isResource: Bool) -> RuleDeclaration? {
        if isIntOrString { return RuleDeclaration(.any, minimumSize: 1) }
        switch type {
        case "array":
            guard let element = items?.declaration(isResource: items?.isEmbeddedResource ?? false) else { return nil }
            let keys: RuleDeclaration.ListKeys =
                listType == "set" ? .wholeElements : listType == "map" ? .fields(listMapKeys) : .none
            return RuleDeclaration(.list(element, keys: keys), maximum: Self.count(bounds.maxItems), minimumSize: 2)
        case "object": return objectDeclaration(isResource: isResource || isEmbeddedResource)
        case "string": return textDeclaration
        case "boolean": return RuleDeclaration(.bool, minimumSize: 4)
        case "number": return RuleDeclaration(.double, minimumSize: 1)
        case "integer": return RuleDeclaration(.int, minimumSize: 1)
        default: return nil
        }
    }

    private static func count(_ number: Int64?) -> Int? { number.map { Int(clamping: max(0, $0)) } }

    private func objectDeclaration(isResource: Bool) -> RuleDeclaration? {
        if let element = additional.schema, !isResource {
            guard let inner = element.declaration(isResource: element.isEmbeddedResource) else { return nil }
            return RuleDeclaration(.map(inner), maximum: Self.count(bounds.maxProperties), minimumSize: 2)
        }
        var fields: [String: RuleDeclaration] = [:]
        var size = 2
        for name in propertyNames {
            guard let property = properties[name],
                let field = property.declaration(isResource: property.isEmbeddedResource)
            else { continue }
            fields[name] = field
            if required.contains(name), property.defaultValue == nil { size += name.utf8.count + field.minimumSize + 4 }
        }
        if isResource {
            let text = RuleDeclaration(.string, minimumSize: 2)
            fields["apiVersion"] = text
            fields["kind"] = text
            fields["metadata"] = RuleDeclaration(.object(["name": text, "generateName": text]), minimumSize: 2)
        }
        return RuleDeclaration(.object(fields), minimumSize: size)
    }

    private var textDeclaration: RuleDeclaration {
        switch format {
        case "byte": return RuleDeclaration(.bytes, maximum: Self.count(bounds.maxLength), minimumSize: 2)
        case "duration": return RuleDeclaration(.duration, minimumSize: 4)
        case "date": return RuleDeclaration(.timestamp, minimumSize: 12)
        case "date-time": return RuleDeclaration(.timestamp, minimumSize: 22)
        default: break
        }
        // Lengths are in characters, each of which may take four bytes.
        var maximum = Self.count(bounds.maxLength).map { $0 *| 4 }
        if maximum == nil, let enumeration { maximum = enumeration.longestText }
        return RuleDeclaration(.string, maximum: maximum, minimumSize: 2)
    }
}
