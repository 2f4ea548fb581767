import FairleadModel

/// The paths of a group version and their operations, for an OpenAPI document.
struct OperationPaths {
    let dialect: OpenAPIDialect
    /// Whether there is a definition with this name.
    let isDefined: (String) -> Bool

    init(dialect: OpenAPIDialect, hasStrategicMerge: Bool = true, isDefined: @escaping (String) -> Bool) {
        self.dialect = dialect
        self.hasStrategicMerge = hasStrategicMerge
        self.isDefined = isDefined
    }

    private static let meta = "io.k8s.apimachinery.pkg.apis.meta.v1."
    private static let readTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"]
    /// Custom kinds do not support strategic merge patches.
    let hasStrategicMerge: Bool

    private var patchTypes: [String] {
        ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"]
            + (hasStrategicMerge ? ["application/strategic-merge-patch+json"] : [])
    }

    /// `/api/v1/namespaces/{namespace}/services` and similar paths, with their operations.
    func paths(of info: ResourceInfo) -> [(String, Value)] {
        let gvr = info.gvr
        let root = gvr.group.isEmpty ? "/api/\(gvr.version)" : "/apis/\(gvr.group)/\(gvr.version)"
        let inNamespace = info.isNamespaced ? "/namespaces/{namespace}" : ""
        let collection = "\(root)\(inNamespace)/\(gvr.resource)"
        var result: [(String, Value)] = []

        var operations: [(String, Object)] = []
        let suffix = (info.isNamespaced ? "Namespaced" : "") + info.kind
        let type = dialect.reference(to: info.typeName)
        let list = dialect.reference(to: info.typeName + "List")
        for verb in info.verbs {
            switch verb {
            case "list":
                operations.append(("get", operation("list", "list", suffix, info, answer: list, Query.list)))
            case "create":
                var created = operation(
                    "post", "create", suffix, info, answer: type, Query.write, codes: ["200", "201", "202"])
                dialect.setBody(type, types: ["*/*"], isRequired: true, on: &created)
                operations.append(("post", created))
            case "deletecollection":
                let status = dialect.reference(to: Self.meta + "Status")
                operations.append(
                    (
                        "delete",
                        operation(
                            "deletecollection", "delete", "Collection" + suffix, info, answer: status,
                            Query.list + Query.delete)
                    ))
            default: break
            }
        }
        result.append((collection, item(operations, isNamespaced: info.isNamespaced, hasName: false)))
        if info.isNamespaced, info.verbs.contains("list") {
            let all = operation("list", "list", info.kind + "ForAllNamespaces", info, answer: list, Query.list)
            result.append(("\(root)/\(gvr.resource)", item([("get", all)], isNamespaced: false, hasName: false)))
        }
        let single = objectOperations(info, suffix: suffix, type: type)
        if !single.isEmpty {
            result.append((collection + "/{name}", item(single, isNamespaced: info.isNamespaced, hasName: true)))
        }
        for part in info.subresources {
            result.append(
                (
                    "\(collection)/{name}/\(part.name)",
                    item(partOperations(part, info, suffix: suffix), isNamespaced: info.isNamespaced, hasName: true)
                ))
        }
        return result
    }

    private func objectOperations(_ info: ResourceInfo, suffix: String, type: Value) -> [(String, Object)] {
        var operations: [(String, Object)] = []
        for verb in info.verbs {
            switch verb {
            case "get": operations.append(("get", operation("get", "read", suffix, info, answer: type, [])))
            case "update": operations.append(("put", replace(suffix, info, type)))
            case "patch": operations.append(("patch", patch(suffix, info, type)))
            case "delete":
                var delete = operation(
                    "delete", "delete", suffix, info, answer: dialect.reference(to: Self.meta + "Status"),
                    Query.delete, codes: ["200", "202"])
                dialect.setBody(
                    dialect.reference(to: Self.meta + "DeleteOptions"), types: ["*/*"], isRequired: false, on: &delete)
                operations.append(("delete", delete))
            default: break
            }
        }
        return operations
    }

    private func partOperations(
        _ part: SubresourceInfo, _ info: ResourceInfo, suffix: String
    ) -> [(String, Object)] {
        let name = suffix + Self.capitalized(part.name)
        let group = part.group ?? info.gvr.group
        let version = part.version ?? info.gvr.version
        // A subresource that shows the kind itself (status) has the kind's own type.
        let isWhole = part.kind == info.kind && group == info.gvr.group && version == info.gvr.version
        let typeName = isWhole ? info.typeName : Self.typeName(kind: part.kind, group: group, version: version)
        let isConnection = !isDefined(typeName)
        let type: Value = isConnection ? ["type": "string"] : dialect.reference(to: typeName)
        let kind = (group: group, version: version, kind: part.kind)
        if isConnection {
            let methods = ["get": "get", "create": "post", "update": "put", "patch": "patch", "delete": "delete"]
            return part.verbs.compactMap { verb in
                guard let method = methods[verb] else { return nil }
                let connect = operation(
                    "connect", "connect", Self.capitalized(method) + name, info, kind: kind, answer: type, [])
                return (method, connect)
            }
        }
        return part.verbs.compactMap { verb -> (String, Object)? in
            switch verb {
            case "get": return ("get", operation("get", "read", name, info, kind: kind, answer: type, []))
            case "update": return ("put", replace(name, info, type, kind: kind))
            case "patch": return ("patch", patch(name, info, type, kind: kind))
            case "create":
                var create = operation(
                    "post", "create", name, info, kind: kind, answer: type, Query.write, codes: ["200", "201", "202"])
                dialect.setBody(type, types: ["*/*"], isRequired: true, on: &create)
                return ("post", create)
            default: return nil
            }
        }
    }

    private typealias KindName = (group: String, version: String, kind: String)

    private func replace(_ name: String, _ info: ResourceInfo, _ type: Value, kind: KindName? = nil) -> Object {
        var replace = operation(
            "put", "replace", name, info, kind: kind, answer: type, Query.write, codes: ["200", "201"])
        dialect.setBody(type, types: ["*/*"], isRequired: true, on: &replace)
        return replace
    }

    private func patch(_ name: String, _ info: ResourceInfo, _ type: Value, kind: KindName? = nil) -> Object {
        var patch = operation(
            "patch", "patch", name, info, kind: kind, answer: type, Query.write + Query.force, codes: ["200", "201"])
        dialect.setBody(
            dialect.reference(to: Self.meta + "Patch"), types: patchTypes, isRequired: true, on: &patch)
        return patch
    }

    private func operation(
        _ action: String, _ verb: String, _ name: String, _ info: ResourceInfo, kind: KindName? = nil, answer: Value,
        _ query: [Query], codes: [String] = ["200"]
    ) -> Object {
        let gvr = info.gvr
        let group = Self.groupName(gvr.group)
        let words = ["200": "OK", "201": "Created", "202": "Accepted"]
        var responses: Object = ["401": dialect.response("Unauthorized", nil, types: [])]
        for code in codes {
            responses[code] = dialect.response(words[code] ?? "", answer, types: Self.readTypes)
        }
        var operation: Object = [
            "operationId": .string(verb + group + Self.capitalized(gvr.version) + name),
            "tags": [.string(Self.lowercasedFirst(group) + "_" + gvr.version)],
            "description": .string(Self.describe(action, info)), "x-kubernetes-action": .string(action),
            "x-kubernetes-group-version-kind": [
                "group": .string(kind?.group ?? gvr.group), "version": .string(kind?.version ?? gvr.version),
                "kind": .string(kind?.kind ?? info.kind),
            ],
            "responses": .object(responses),
        ]
        if !query.isEmpty {
            operation["parameters"] = .array(
                query.map { dialect.parameter($0.name, in: "query", type: $0.type, $0.description) })
        }
        if dialect == .v2 {
            operation["produces"] = .array(Self.readTypes.map { .string($0) })
            operation["consumes"] = ["*/*"]
            operation["schemes"] = ["https"]
        }
        return operation
    }

    private func item(_ operations: [(String, Object)], isNamespaced: Bool, hasName: Bool) -> Value {
        var parameters: [Value] = []
        if hasName {
            parameters.append(
                dialect.parameter("name", in: "path", type: "string", isRequired: true, "name of the object"))
        }
        if isNamespaced {
            parameters.append(
                dialect.parameter(
                    "namespace", in: "path", type: "string", isRequired: true, "namespace of the object"))
        }
        parameters.append(
            dialect.parameter("pretty", in: "query", type: "string", "Whether the answer is indented for people."))
        var object = Object(operations.map { ($0.0, .object($0.1)) })
        object["parameters"] = .array(parameters)
        return .object(object)
    }
}
