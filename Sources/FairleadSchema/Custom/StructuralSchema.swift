import FairleadExpressions
package import FairleadModel
import Synchronization

/// One node of a custom resource's schema (JSONSchemaProps), parsed once and then only read.
///
/// Reference: "Extend the Kubernetes API with CustomResourceDefinitions", "Specifying a structural schema".
package final class StructuralSchema: Sendable {
    /// What members not listed in `properties` may be.
    enum Additional: Sendable {
        case unspecified
        case any(Bool)
        case schema(StructuralSchema)

        var schema: StructuralSchema? { if case .schema(let schema) = self { schema } else { nil } }
    }

    let type: String
    /// The types that a value may have; empty means any.
    let types: [String]
    let isNullable: Bool
    let format: String
    let description: String
    package let properties: ByteMap<StructuralSchema>
    package let propertyNames: [String]
    package let items: StructuralSchema?
    let additional: Additional
    /// The properties that have a default, sorted by name.
    let defaulted: [(name: String, schema: StructuralSchema)]
    let required: [String]
    package let defaultValue: Value?
    let enumeration: Enumeration?
    package let bounds: SchemaBounds
    let pattern: Pattern?
    let allOf: [StructuralSchema]
    let anyOf: [StructuralSchema]
    let oneOf: [StructuralSchema]
    let not: StructuralSchema?
    let preservesUnknownFields: Bool
    package let isEmbeddedResource: Bool
    let isIntOrString: Bool
    package let listType: String
    let listMapKeys: [String]
    package let mapType: String
    private let ruleSources: [Value]
    private let isRoot: Bool
    private let compiledRules = Mutex<[ValidationRule]?>(nil)
    /// Whether there is a default in this node or below.
    package let hasDefaults: Bool
    /// Whether strings are matched against patterns, in this node or below.
    package let hasPatterns: Bool
    /// Whether a rule is evaluated in this node or below.
    package let hasRules: Bool
    /// Whether, in this node or below, there is a list whose elements must be unique.
    let hasKeyedLists: Bool

    /// - Parameters:
    ///   - source: JSONSchemaProps; members without a meaning are ignored.
    ///   - isRoot: whether it is the schema of whole objects.
    package init(_ source: Value, isRoot: Bool = false) {
        func children(_ key: String) -> [StructuralSchema] { (source[key]?.array ?? []).map { StructuralSchema($0) } }
        func isTrue(_ key: String) -> Bool { source[key]?.bool ?? false }
        isIntOrString = isTrue("x-kubernetes-int-or-string")
        type = source["type"]?.string ?? ""
        types = isIntOrString ? ["integer", "string"] : type.isEmpty ? [] : [type]
        isNullable = isTrue("nullable")
        format = source["format"]?.string ?? ""
        description = source["description"]?.string ?? ""
        var properties = ByteMap<StructuralSchema>()
        for (name, property) in source["properties"]?.object ?? Object() {
            properties[name] = StructuralSchema(property)
        }
        self.properties = properties
        propertyNames = properties.keys.sorted()
        defaulted = propertyNames.compactMap { name in
            properties[name].flatMap { $0.defaultValue == nil ? nil : (name, $0) }
        }
        items = source["items"].flatMap { $0.object == nil ? nil : StructuralSchema($0) }
        switch source["additionalProperties"] {
        case .bool(let allowed)?: additional = .any(allowed)
        case .object(let schema)?: additional = .schema(StructuralSchema(.object(schema)))
        default: additional = .unspecified
        }
        required = (source["required"]?.array ?? []).compactMap(\.string)
        defaultValue = source["default"]
        enumeration = source["enum"]?.array.flatMap { $0.isEmpty ? nil : Enumeration($0) }
        bounds = SchemaBounds(source)
        pattern = source["pattern"]?.string.flatMap { $0.isEmpty ? nil : try? Pattern($0) }
        allOf = children("allOf")
        anyOf = children("anyOf")
        oneOf = children("oneOf")
        not = source["not"].flatMap { $0.object == nil ? nil : StructuralSchema($0) }
        preservesUnknownFields = isTrue("x-kubernetes-preserve-unknown-fields")
        isEmbeddedResource = isTrue("x-kubernetes-embedded-resource")
        listType = source["x-kubernetes-list-type"]?.string ?? ""
        listMapKeys = (source["x-kubernetes-list-map-keys"]?.array ?? []).compactMap(\.string)
        mapType = source["x-kubernetes-map-type"]?.string ?? ""
        ruleSources = source["x-kubernetes-validations"]?.array ?? []
        self.isRoot = isRoot
        hasPatterns =
            pattern != nil || properties.values.contains(where: \.hasPatterns) || items?.hasPatterns == true
            || additional.schema?.hasPatterns == true || not?.hasPatterns == true
            || [allOf, anyOf, oneOf].contains { $0.contains(where: \.hasPatterns) }
        hasDefaults =
            defaultValue != nil || properties.values.contains(where: \.hasDefaults) || items?.hasDefaults == true
            || additional.schema?.hasDefaults == true
        hasRules =
            !ruleSources.isEmpty || properties.values.contains(where: \.hasRules)
            || items?.hasRules == true || additional.schema?.hasRules == true
        hasKeyedLists =
            listType == "set" || listType == "map" || properties.values.contains(where: \.hasKeyedLists)
            || items?.hasKeyedLists == true || additional.schema?.hasKeyedLists == true
    }

    /// The rules of the node, compiled on first use, which may take long.
    var rules: [ValidationRule] {
        if ruleSources.isEmpty { return [] }
        if let known = compiledRules.withLock({ $0 }) { return known }
        // Concurrent first callers may each compile them; the results are the same.
        let declaration = declaration(isResource: isRoot || isEmbeddedResource)
        let read = ruleSources.map { ValidationRule($0, declaration) }
        compiledRules.withLock { $0 = read }
        return read
    }

    /// The node at a path of properties (`.spec.color`); nil if there is none.
    package func node(at path: [String]) -> StructuralSchema? {
        path.reduce(Optional(self)) { node, name in node?.properties[name] }
    }
}

/// The numeric limits in a schema node.
package struct SchemaBounds: Sendable {
    let minimum: Double?
    let maximum: Double?
    let excludesMinimum: Bool
    let excludesMaximum: Bool
    let multipleOf: Double?
    let minLength: Int64?
    let maxLength: Int64?
    let minItems: Int64?
    package let maxItems: Int64?
    let minProperties: Int64?
    package let maxProperties: Int64?

    init(_ source: Value) {
        minimum = source["minimum"]?.double
        maximum = source["maximum"]?.double
        excludesMinimum = source["exclusiveMinimum"]?.bool ?? false
        excludesMaximum = source["exclusiveMaximum"]?.bool ?? false
        multipleOf = source["multipleOf"]?.double
        minLength = source["minLength"]?.int
        maxLength = source["maxLength"]?.int
        minItems = source["minItems"]?.int
        maxItems = source["maxItems"]?.int
        minProperties = source["minProperties"]?.int
        maxProperties = source["maxProperties"]?.int
    }
}

extension StructuralSchema {
    /// The schema of members that are not in `properties`, if there is one.
    package var additionalSchema: StructuralSchema? { additional.schema }

    /// The declared type of values; empty for any type, and for integers or strings.
    package var valueType: String { isIntOrString ? "" : type }
}

/// The allowed values, with constant-time look-up however many they are. Numbers are compared by value, whatever their
/// form.
struct Enumeration: Sendable {
    /// The error for a value that is not allowed. Built once, since many values may be wrong, and truncated to a
    /// readable length.
    let complaint: String
    /// Lists and objects take longer to look up, and the complaint takes time to write.
    let checksPerValue: Int
    /// The length of the longest allowed string, in bytes.
    let longestText: Int
    private let known: Set<Value>

    private static let maximumText = 16 * 1024

    init(_ values: [Value]) {
        known = Set(values.map(Self.comparable))
        longestText = values.map { $0.string?.utf8.count ?? 0 }.max() ?? 0
        var words: [String] = []
        var room = Self.maximumText
        for value in values where room > 0 {
            let word = (value.string ?? value.jsonText).goQuoted
            room -= word.utf8.count + 2
            if room > 0 || words.isEmpty { words.append(word) }
        }
        if words.count < values.count { words.append("… (\(values.count - words.count) more)") }
        complaint = "supported values: " + words.joined(separator: ", ")
        let hasContainers = values.contains { $0.array != nil || $0.object != nil }
        checksPerValue = (hasContainers ? 8 : 0) + complaint.utf8.count / 1024
    }

    func contains(_ value: Value) -> Bool { known.contains(Self.comparable(value)) }

    private static func comparable(_ value: Value) -> Value {
        // 1 and 1.0 are one value; integers that no double holds remain what they are.
        if case .int(let number) = value, let double = Double(exactly: number) { .double(double) } else { value }
    }
}
