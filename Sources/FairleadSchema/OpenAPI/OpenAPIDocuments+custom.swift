import FairleadModel

extension OpenAPIDocuments {
    /// The custom versions behind a document name (`apis/example.com/v1`); empty for a built-in one.
    func customVersions(_ name: String) -> [(CustomDefinition, CustomDefinition.Version)] {
        let parts = name.split(separator: "/").map(String.init)
        guard parts.count == 3, parts[0] == "apis" else { return [] }
        return custom.filter { $0.group == parts[1] && $0.isEstablished }.flatMap { definition in
            definition.versions.filter { $0.name == parts[2] && $0.isServed }.map { (definition, $0) }
        }
    }

    /// Whether the document describes custom resources.
    package func isCustom(_ name: String) -> Bool { !customVersions(name).isEmpty }

    /// The names of the documents for custom resources.
    var customNames: [String] {
        let names = custom.filter(\.isEstablished).flatMap { definition in
            definition.versions.filter(\.isServed).map { "apis/\(definition.group)/\($0.name)" }
        }
        return Array(Set(names)).sorted()
    }

    /// A document that only describes custom resources.
    func customDocument(_ versions: [(CustomDefinition, CustomDefinition.Version)]) throws -> Value {
        let builtIn = try Definitions.builtIn()
        var own = Object()
        for (definition, version) in versions {
            for (name, value) in CustomOpenAPI.definitions(definition, version, .v3) { own[name] = value }
        }
        let operations = OperationPaths(dialect: .v3, hasStrategicMerge: false) {
            own[$0] != nil || builtIn.schemas[$0] != nil
        }
        var paths = Object()
        var roots = ["DeleteOptions", "Status", "ObjectMeta", "ListMeta"].map {
            "io.k8s.apimachinery.pkg.apis.meta.v1." + $0
        }
        for (definition, version) in versions {
            let info = definition.resource(version)
            for (path, item) in operations.paths(of: info) { paths[path] = item }
            for part in info.subresources where part.group != nil {
                roots.append(
                    OperationPaths.typeName(
                        kind: part.kind, group: part.group ?? "", version: part.version ?? version.name))
            }
        }
        var schemas = closure(of: roots, in: builtIn)
        for (name, value) in own { schemas[name] = value }
        schemas["io.k8s.apimachinery.pkg.apis.meta.v1.Patch"] = Self.patchDefinition
        return [
            "openapi": "3.0.0", "info": CustomOpenAPI.info, "paths": .object(paths),
            "components": ["schemas": .object(schemas)],
        ]
    }

    /// A fingerprint that changes with the sources of a document.
    package func fingerprint(of name: String) -> String {
        let versions = customVersions(name)
        if versions.isEmpty { return fingerprint }
        let text = versions.map { definition, version in
            "\(definition.identity.uid) \(definition.identity.generation) \(definition.names) \(version.name)"
        }
        .joined(separator: "\n")
        let low = CustomDefinition.fingerprint(text.utf8)
        let high = CustomDefinition.fingerprint(Array(text.utf8.reversed()))
        return String(low, radix: 16, uppercase: true) + String(high, radix: 16, uppercase: true)
    }
}
