package import FairleadModel

/// Builds the OpenAPI documents from the definitions in `openapi/` and the served resources.
///
/// Building takes tens of milliseconds and parses the definitions again, so that they need not stay in memory: callers
/// cache the encoded result.
package struct OpenAPIDocuments: Sendable {
    let table: ResourceTable
    let version: String
    let custom: [CustomDefinition]

    /// - Parameters:
    ///   - table: the built-in resources.
    ///   - version: the value of `info.version` in documents: `v1.36.2`.
    ///   - custom: the definitions of custom resources; each has its own documents, and a part in the version 2
    ///     document.
    package init(table: ResourceTable, version: String, custom: [CustomDefinition] = []) {
        self.table = table
        self.version = version
        self.custom = custom
    }

    private static let meta = "io.k8s.apimachinery.pkg.apis.meta.v1."

    private var info: Value { ["title": "Kubernetes", "version": .string(version)] }

    // MARK: Version 2

    package func v2() throws -> Value {
        let definitions = try Definitions.builtIn()
        var paths = Object(builtInPaths(.v2))
        let operations = OperationPaths(dialect: .v2) { definitions.schemas[$0] != nil }
        for resource in table.all {
            for (path, item) in operations.paths(of: resource) { paths[path] = item }
        }
        var schemas = Object()
        for (name, source) in definitions.schemas where source["x-fairlead-message"] == nil {
            schemas[name] = OpenAPIDialect.v2.definition(source)
        }
        schemas[Self.meta + "Patch"] = Self.patchDefinition
        let customOperations = OperationPaths(dialect: .v2, hasStrategicMerge: false) { schemas[$0] != nil }
        for definition in custom where definition.isEstablished {
            for served in definition.versions where served.isServed {
                for (name, value) in CustomOpenAPI.definitions(definition, served, .v2) { schemas[name] = value }
                for (path, item) in customOperations.paths(of: definition.resource(served)) { paths[path] = item }
            }
        }
        return [
            "swagger": "2.0", "info": info, "paths": .object(paths), "definitions": .object(schemas),
        ]
    }

    // MARK: Version 3

    /// The names of the documents, as in the paths below `/openapi/v3/`.
    package var v3Names: [String] {
        var names = ["api", "apis", "version"]
        for group in table.groups {
            if !group.name.isEmpty { names.append("apis/\(group.name)") }
            for version in group.versions {
                names.append(group.name.isEmpty ? "api/\(version)" : "apis/\(group.name)/\(version)")
            }
        }
        return Array(Set(names + customNames)).sorted()
    }

    /// The document with this name (`apis/apps/v1`); nil if there is none.
    package func v3(_ name: String) throws -> Value? {
        guard v3Names.contains(name) else { return nil }
        let custom = customVersions(name)
        if !custom.isEmpty { return try customDocument(custom) }
        let definitions = try Definitions.builtIn()
        let parts = name.split(separator: "/").map(String.init)
        var paths = Object()
        var roots: [String] = []
        if (parts[0] == "api" && parts.count == 2) || parts.count == 3 {
            let operations = OperationPaths(dialect: .v3) { definitions.schemas[$0] != nil }
            let resources = table.resources(of: parts.count == 2 ? "" : parts[1], parts[parts.count - 1])
            for resource in resources {
                for (path, item) in operations.paths(of: resource) { paths[path] = item }
                roots += [resource.typeName, resource.typeName + "List"]
                for part in resource.subresources {
                    roots.append(
                        OperationPaths.typeName(
                            kind: part.kind, group: part.group ?? resource.gvr.group,
                            version: part.version ?? resource.gvr.version))
                }
            }
            roots += ["DeleteOptions", "Status", "APIResourceList", "WatchEvent"].map { Self.meta + $0 }
        }
        for (path, item) in builtInPaths(.v3) where path == "/\(name)/" {
            paths[path] = item
            roots += OpenAPIDialect.references(in: item)
        }
        var schemas = closure(of: roots, in: definitions)
        if schemas.count > 0 { schemas[Self.meta + "Patch"] = Self.patchDefinition }
        return [
            "openapi": "3.0.0", "info": info, "paths": .object(paths), "components": ["schemas": .object(schemas)],
        ]
    }

    func closure(of roots: [String], in definitions: Definitions) -> Object {
        var schemas = Object()
        var pending = roots
        while let name = pending.popLast() {
            guard schemas[name] == nil, let source = definitions.schemas[name] else { continue }
            schemas[name] = OpenAPIDialect.v3.definition(source)
            pending += OpenAPIDialect.references(in: source)
        }
        return schemas
    }

    static let patchDefinition: Value = [
        "description": "A change to an object, in the format that the content type names.", "type": "object",
    ]

    /// The discovery paths.
    private func builtInPaths(_ dialect: OpenAPIDialect) -> [(String, Value)] {
        var result: [(String, Value)] = []
        func add(_ path: String, _ id: String, _ tag: String, _ type: String, _ description: String) {
            let answer = dialect.response("OK", dialect.reference(to: type), types: ["application/json"])
            var operation: Object = [
                "operationId": .string(id), "tags": [.string(tag)], "description": .string(description),
                "responses": [
                    "200": answer, "401": dialect.response("Unauthorized", nil, types: []),
                ],
            ]
            if dialect == .v2 {
                operation["produces"] = ["application/json"]
                operation["consumes"] = ["application/json"]
                operation["schemes"] = ["https"]
            }
            result.append((path, ["get": .object(operation)]))
        }
        add("/api/", "getCoreAPIVersions", "core", Self.meta + "APIVersions", "Lists the versions of the core API.")
        add("/apis/", "getAPIVersions", "apis", Self.meta + "APIGroupList", "Lists the API groups.")
        add(
            "/version/", "getCodeVersion", "version", "io.k8s.apimachinery.pkg.version.Info",
            "Reads the version of the server.")
        for group in table.groups {
            let name = OperationPaths.groupName(group.name)
            let tag = OperationPaths.lowercasedFirst(name)
            if !group.name.isEmpty {
                add(
                    "/apis/\(group.name)/", "get\(name)APIGroup", tag, Self.meta + "APIGroup",
                    "Reads what is known about the group.")
            }
            for version in group.versions {
                let path = group.name.isEmpty ? "/api/\(version)/" : "/apis/\(group.name)/\(version)/"
                add(
                    path, "get\(name)\(OperationPaths.capitalized(version))APIResources", "\(tag)_\(version)",
                    Self.meta + "APIResourceList", "Lists the resources of the version.")
            }
        }
        return result
    }

    // MARK: Identity

    /// A hash over all sources of the documents; it changes whenever a document may have changed.
    package var fingerprint: String {
        var hash = Self.files
        for info in table.all {
            for text in [info.apiVersion, info.gvr.resource, info.kind, info.typeName] + info.verbs {
                hash.mix(text.utf8)
            }
            for part in info.subresources { for text in [part.name, part.kind] + part.verbs { hash.mix(text.utf8) } }
        }
        return String(hash.low, radix: 16, uppercase: true) + String(hash.high, radix: 16, uppercase: true)
    }

    /// The fingerprint of the files alone, which are long.
    private static let files: Fingerprint = {
        var hash = Fingerprint()
        hash.mix("documents 2".utf8)
        for file in Asset.files(under: "openapi/") { hash.mix(file.bytes) }
        return hash
    }()

    /// FNV-1a, computed twice with different offsets.
    private struct Fingerprint {
        var low: UInt64 = 0xCBF2_9CE4_8422_2325
        var high: UInt64 = 0x6C62_272E_07BB_0142

        mutating func mix(_ bytes: some Sequence<UInt8>) {
            for byte in bytes {
                low = (low ^ UInt64(byte)) &* 0x100_0000_01B3
                high = (high ^ UInt64(byte)) &* 0x100_0000_01B3 &+ 1
            }
        }
    }
}
