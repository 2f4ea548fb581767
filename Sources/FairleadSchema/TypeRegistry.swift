import FairleadModel

/// All types that this server knows, parsed from the files of `openapi/` at start-up. Immutable.
package final class TypeRegistry: Sendable {
    private let types: [String: TypeSchema]
    private let kinds: [KindName: TypeSchema]

    private struct KindName: Hashable {
        var apiVersion: String
        var kind: String
    }

    init(types: [String: TypeSchema]) {
        self.types = types
        var kinds: [KindName: TypeSchema] = [:]
        for type in types.values {
            guard let group = type.group, let version = type.version, let kind = type.kind else { continue }
            kinds[KindName(apiVersion: group.isEmpty ? version : "\(group)/\(version)", kind: kind)] = type
        }
        self.kinds = kinds
    }

    /// - Parameter name: the name of the definition, `io.k8s.api.core.v1.Service`.
    package func type(named name: String) -> TypeSchema? { types[name] }

    package func type(kind: String, apiVersion: String) -> TypeSchema? {
        kinds[KindName(apiVersion: apiVersion, kind: kind)]
    }

    package func hasKind(_ kind: String, apiVersion: String) -> Bool { type(kind: kind, apiVersion: apiVersion) != nil }

    /// All types, in no particular order.
    package var all: some Collection<TypeSchema> { types.values }

    /// The object type of a shape, also for `recursive` ones.
    package func objectType(of shape: Shape) -> TypeSchema? {
        switch shape {
        case .object(let type): type
        case .recursive(let name): types[name]
        default: nil
        }
    }
}

/// Why the compiled-in schema cannot be used: always an error in this program's own files.
package struct SchemaError: Error, CustomStringConvertible {
    package var file: String
    package var reason: String
    package var description: String { "\(file): \(reason)" }
}

/// Names of definitions that are not plain objects.
enum WellKnownType {
    static let meta = "io.k8s.apimachinery.pkg.apis.meta.v1."
    static let crd = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1."

    static func shape(of name: String) -> Shape? { shapes[name] }

    private static let shapes: [String: Shape] = [
        meta + "Time": .time,
        meta + "MicroTime": .microTime,
        meta + "FieldsV1": .any,
        "io.k8s.apimachinery.pkg.runtime.RawExtension": .any,
        "io.k8s.apimachinery.pkg.util.intstr.IntOrString": .intOrString,
        "io.k8s.apimachinery.pkg.api.resource.Quantity": .quantity,
        crd + "JSON": .any,
        crd + "JSONSchemaPropsOrArray": .any,
        crd + "JSONSchemaPropsOrBool": .any,
        crd + "JSONSchemaPropsOrStringArray": .any,
        crd + "CustomResourceSubresourceStatus": .any,
    ]
}
