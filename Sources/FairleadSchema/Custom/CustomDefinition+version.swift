import FairleadModel

extension CustomDefinition {
    /// One version of a custom kind: its schema, and its other properties.
    package final class Version: Sendable {
        package let name: String
        package let isServed: Bool
        package let isStorage: Bool
        package let schema: StructuralSchema
        package let hasStatus: Bool
        package let scale: Scale?
        package let columns: [Column]
        /// Paths without the leading dot, as used in field selectors.
        package let selectableFields: [(label: String, path: [String])]
        /// The warning sent with every answer; nil if the version is not deprecated.
        package let deprecationWarning: String?
        /// How server-side apply merges objects of this version.
        package let type: TypeSchema
        /// The original schema, for OpenAPI documents.
        let source: Value
        /// Whether reading an object must fill in defaults, and whether it has embedded objects to process.
        package let hasDefaults: Bool
        package let hasEmbeddedResources: Bool
        package let hasRules: Bool
        package let weight: Weight

        /// The paths of the scale subresource's fields (without the leading dot).
        package struct Scale: Sendable {
            package let specReplicas: [String]
            package let statusReplicas: [String]
            package let labelSelector: [String]?
        }

        package struct Column: Sendable {
            package let name: String
            package let type: String
            package let format: String
            package let description: String
            package let priority: Int64
            package let path: SimplePath?
        }

        init(_ version: Value, group: String, kind: String, preferred: String, objectMeta: TypeSchema?) {
            let name = version["name"]?.string ?? ""
            self.name = name
            isServed = version["served"]?.bool ?? false
            isStorage = version["storage"]?.bool ?? false
            let source = version.at("schema", "openAPIV3Schema") ?? ["x-kubernetes-preserve-unknown-fields": true]
            self.source = source
            let schema = StructuralSchema(source, isRoot: true)
            self.schema = schema
            hasDefaults = schema.hasDefaults
            hasEmbeddedResources = schema.hasEmbeddedResources
            hasRules = schema.hasRules
            let hasStatus = version.at("subresources", "status")?.object != nil
            self.hasStatus = hasStatus
            scale = version.at("subresources", "scale").flatMap { scale in
                guard scale.object != nil else { return nil }
                func path(_ key: String) -> [String] { Self.names(scale[key]?.string ?? "") }
                return Scale(
                    specReplicas: path("specReplicasPath"), statusReplicas: path("statusReplicasPath"),
                    labelSelector: (scale["labelSelectorPath"]?.string).flatMap { $0.isEmpty ? nil : Self.names($0) })
            }
            // A path that cannot be parsed ends the list of columns.
            columns = (version["additionalPrinterColumns"]?.array ?? []).prefix { column in
                SimplePath(column["jsonPath"]?.string ?? "") != nil
            }
            .map { column in
                let path = column["jsonPath"]?.string ?? ""
                let description = column["description"]?.string ?? ""
                return Column(
                    name: column["name"]?.string ?? "", type: column["type"]?.string ?? "string",
                    format: column["format"]?.string ?? "",
                    description: description.isEmpty
                        ? "Custom resource definition column (in JSONPath format): \(path)" : description,
                    priority: column["priority"]?.int ?? 0, path: SimplePath(path))
            }
            weight = Weight(schema, columns)
            selectableFields = (version["selectableFields"]?.array ?? []).compactMap { field in
                guard let path = field["jsonPath"]?.string, let names = SimplePath(path)?.names else { return nil }
                return (label: String(path.dropFirst()), path: names)
            }
            if version["deprecated"]?.bool == true {
                let replacement =
                    preferred.isEmpty || !VersionOrder.precedes(preferred, name)
                    ? "" : "; use \(group)/\(preferred) \(kind)"
                deprecationWarning =
                    version["deprecationWarning"]?.string
                    ?? "\(group)/\(name) \(kind) is deprecated\(replacement)"
            } else {
                deprecationWarning = nil
            }
            type = TypeSchema.custom(
                of: schema, name: CustomDefinition.schemaName(group: group, version: name, kind: kind),
                identity: (group, name, kind), hasStatus: hasStatus, objectMeta: objectMeta)
        }

        private static func names(_ path: String) -> [String] { path.split(separator: ".").map(String.init) }
    }
}
