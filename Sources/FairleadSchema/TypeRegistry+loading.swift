import FairleadModel

extension TypeRegistry {
    /// Parses the compiled-in schema.
    package static func builtIn() throws -> TypeRegistry {
        try TypeRegistry(definitions: Definitions.builtIn(withDescriptions: false))
    }

    convenience init(definitions: Definitions) throws(SchemaError) {
        var loader = TypeLoader(definitions: definitions)
        for name in definitions.schemas.keys { try loader.load(name) }
        loader.addPartialMetadata()
        loader.addAggregatedDiscovery()
        self.init(types: loader.types)
    }
}

/// The definitions of `openapi/` as they are in the files.
struct Definitions: Sendable {
    var schemas: [String: Value] = [:]

    /// - Parameter withDescriptions: whether they are read too: half of the text, which only documents show.
    static func builtIn(withDescriptions: Bool = true) throws(SchemaError) -> Definitions {
        var result = Definitions()
        for file in Asset.files(under: "openapi/") {
            let parsed: JSON.Parsed
            do {
                parsed = try JSON.parse(file.bytes[...], ignoring: withDescriptions ? nil : "description")
            } catch {
                throw SchemaError(file: file.path, reason: error.message)
            }
            guard let schemas = parsed.value.at("components", "schemas")?.object else {
                throw SchemaError(file: file.path, reason: "no components/schemas")
            }
            for (name, definition) in schemas { result.schemas[name] = definition }
        }
        return result
    }
}

/// Converts definitions to types, starting with those that others refer to.
private struct TypeLoader {
    let definitions: Definitions
    var types: [String: TypeSchema] = [:]
    var loading: Set<String> = []

    @discardableResult
    mutating func load(_ name: String) throws(SchemaError) -> TypeSchema? {
        if let known = types[name] { return known }
        if WellKnownType.shape(of: name) != nil { return nil }
        guard let definition = definitions.schemas[name] else {
            throw SchemaError(file: "openapi", reason: "\(name) is referred to but not defined")
        }
        if definition["x-fairlead-message"] != nil { return nil }
        loading.insert(name)
        defer { loading.remove(name) }
        let required = Set(definition["required"]?.array?.compactMap(\.string) ?? [])
        var fields: [FieldSchema] = []
        let properties = definition["properties"]?.object ?? Object()
        fields.reserveCapacity(properties.count)
        let renamed = renamedNumbers(in: definition)
        for member in properties.members {
            guard var property = member.value.object else { continue }
            if let number = renamed[member.key.lowercased()] { property["x-fairlead-proto"] = number }
            let shape = try shape(of: property, in: name)
            fields.append(
                FieldSchema(
                    name: member.key, shape: shape, isRequired: required.contains(member.key), definition: property))
        }
        let type = TypeSchema(
            name: name, fields: fields, definition: definition, protoInline: inlined(in: definition, of: name))
        types[name] = type
        return type
    }

    private static let prefixLength = "#/components/schemas/".utf8.count

    private mutating func shape(of property: Object, in owner: String) throws(SchemaError) -> Shape {
        if let reference = property["$ref"]?.string ?? property["allOf"]?.array?.first?["$ref"]?.string {
            let name = String(decoding: reference.utf8.dropFirst(Self.prefixLength), as: UTF8.self)
            if let known = WellKnownType.shape(of: name) { return known }
            if loading.contains(name) { return .recursive(name) }
            if let type = try load(name) { return .object(type) }
            throw SchemaError(file: "openapi", reason: "\(owner) refers to the message \(name)")
        }
        switch (property["type"]?.string, property["format"]?.string) {
        case ("string", "byte"): return .bytes
        case ("string", _): return .string
        case ("boolean", _): return .bool
        case ("integer", "int64"): return .int64
        case ("integer", _): return .int32
        case ("number", _): return .double
        case ("array", _): return .list(try shape(of: property["items"]?.object ?? Object(), in: owner))
        case ("object", _):
            guard let element = property["additionalProperties"]?.object else { return .any }
            return .map(try shape(of: element, in: owner))
        default: return .any
        }
    }

    /// The numbers of fields whose protobuf and JSON names differ only in case, by lowercase name.
    private func renamedNumbers(in definition: Value) -> [String: Value] {
        var result: [String: Value] = [:]
        for part in definition["x-fairlead-proto-only"]?.object ?? Object() {
            result[part.key.lowercased()] = part.value.array?.first
        }
        return result
    }

    private func inlined(in definition: Value, of name: String) -> [TypeSchema.ProtoInline] {
        guard let parts = definition["x-fairlead-proto-only"]?.object else { return [] }
        let package = name.split(separator: ".").dropLast().joined(separator: ".")
        return parts.compactMap { part in
            guard let number = part.value.array?.first?.int, let message = part.value.array?.last?.string,
                let nested = definitions.schemas["\(package).\(message)"]
            else { return nil }
            var fields: [String: Int] = [:]
            if let members = nested["x-fairlead-message"]?.object {
                for (field, number) in members { fields[field] = number.int.map(Int.init) }
            } else {
                for (field, property) in nested["properties"]?.object ?? Object() {
                    fields[field] = property["x-fairlead-proto"]?.int.map(Int.init)
                }
            }
            return TypeSchema.ProtoInline(
                number: Int(number), message: message, fields: fields, inline: inlined(in: nested, of: name))
        }
    }

    /// Objects reduced to their metadata, which no file defines for JSON.
    mutating func addPartialMetadata() {
        guard let objectMeta = types[WellKnownType.meta + "ObjectMeta"],
            let listMeta = types[WellKnownType.meta + "ListMeta"]
        else { return }
        let item = messageType("PartialObjectMetadata", ["metadata": (1, .object(objectMeta))])
        let list = messageType(
            "PartialObjectMetadataList", ["metadata": (1, .object(listMeta)), "items": (2, .list(.object(item)))])
        types[item.name] = item
        types[list.name] = list
    }

    /// The objects of aggregated discovery, which exist only as documents.
    ///
    /// Reference: k8s.io/api `apidiscovery/v2/generated.proto`.
    mutating func addAggregatedDiscovery() {
        guard let objectMeta = types[WellKnownType.meta + "ObjectMeta"],
            let listMeta = types[WellKnownType.meta + "ListMeta"]
        else { return }
        let strings = Shape.list(.string)
        let package = "io.k8s.api.apidiscovery.v2."
        let kind = messageType(
            "GroupVersionKind", ["group": (1, .string), "version": (2, .string), "kind": (3, .string)])
        let part = messageType(
            "APISubresourceDiscovery",
            [
                "subresource": (1, .string), "responseKind": (2, .object(kind)),
                "acceptedTypes": (3, .list(.object(kind))), "verbs": (4, strings),
            ], in: package)
        let resource = messageType(
            "APIResourceDiscovery",
            [
                "resource": (1, .string), "responseKind": (2, .object(kind)), "scope": (3, .string),
                "singularResource": (4, .string), "verbs": (5, strings), "shortNames": (6, strings),
                "categories": (7, strings), "subresources": (8, .list(.object(part))),
            ], in: package)
        let version = messageType(
            "APIVersionDiscovery",
            ["version": (1, .string), "resources": (2, .list(.object(resource))), "freshness": (3, .string)],
            in: package)
        let group = messageType(
            "APIGroupDiscovery", ["metadata": (1, .object(objectMeta)), "versions": (2, .list(.object(version)))],
            in: package)
        let list = messageType(
            "APIGroupDiscoveryList", ["metadata": (1, .object(listMeta)), "items": (2, .list(.object(group)))],
            in: package, identity: ["group": "apidiscovery.k8s.io", "version": "v2", "kind": "APIGroupDiscoveryList"])
        types[list.name] = list
    }

    private func messageType(
        _ name: String, _ fields: [String: (number: Int64, shape: Shape)], in package: String = WellKnownType.meta,
        identity: Value? = nil
    ) -> TypeSchema {
        let schemas = fields.sorted { $0.key < $1.key }.map { field in
            FieldSchema(
                name: field.key, shape: field.value.shape, isRequired: false,
                definition: ["x-fairlead-proto": .int(field.value.number)])
        }
        return TypeSchema(
            name: package + name, fields: schemas,
            definition: identity.map { ["x-kubernetes-group-version-kind": [$0]] } ?? .object(Object()),
            protoInline: [])
    }
}
