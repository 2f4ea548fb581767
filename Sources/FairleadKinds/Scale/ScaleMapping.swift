import FairleadRules
package import FairleadModel
import FairleadSchema

/// The `scale` subresource of Deployments, ReplicaSets, StatefulSets and ReplicationControllers: their replica counts
/// as a separate object.
///
/// Reference: Kubernetes API reference, "Scale" (autoscaling/v1).
package struct ScaleMapping: Sendable {
    /// For the built-in kinds.
    package static let builtIn = ScaleMapping(custom: nil)

    private let custom: CustomDefinition.Version.Scale?

    /// - Parameter custom: where a custom kind keeps its numbers; nil for built-in kinds.
    init(custom: CustomDefinition.Version.Scale?) { self.custom = custom }

    /// The Scale of an object. It has the metadata that identify the object.
    ///
    /// - Throws: 500 for a custom object without a number of replicas.
    package func scale(from object: Value) throws(APIStatus) -> Value {
        var meta = Object()
        for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
            meta[field] = object.at("metadata", field)
        }
        var spec = Object()
        var replicas = object.at("spec", "replicas")?.int ?? 0
        var current = object.at("status", "replicas")?.int ?? 0
        var selector = ""
        if let custom {
            let path = "." + custom.specReplicas.joined(separator: ".")
            guard let found = object.at(custom.specReplicas[...])?.int else {
                throw .internalError("the spec replicas field \(path.goQuoted) does not exist")
            }
            replicas = found
            current = object.at(custom.statusReplicas[...])?.int ?? 0
            selector = custom.labelSelector.flatMap { object.at($0[...])?.string } ?? ""
        } else {
            selector = Self.selectorText(object.at("spec", "selector"))
        }
        if replicas != 0 { spec["replicas"] = .int(replicas) }
        var status: Object = ["replicas": .int(current)]
        if !selector.isEmpty { status["selector"] = .string(selector) }
        return .object([
            "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": .object(meta), "spec": .object(spec),
            "status": .object(status),
        ])
    }

    /// The object with the replicas of the Scale; nothing else changes.
    package func apply(_ scale: Value, to object: Value) -> Value {
        var result = object
        let path = custom?.specReplicas ?? ["spec", "replicas"]
        result.set(.int(scale.at("spec", "replicas")?.int ?? 0), at: path[...])
        return result
    }

    /// Field errors of a Scale that was sent (kind `Scale` of group `autoscaling`); for custom kinds, validation of the
    /// object finds them.
    package func errors(of scale: Value) -> [FieldError] {
        if custom != nil { return [] }
        return FieldChecks.nonNegative(scale.at("spec", "replicas"), FieldPath("spec", "replicas"))
    }

    private static func selectorText(_ selector: Value?) -> String {
        guard let selector, case .object(let members) = selector else { return "" }
        let isLabelSelector = members.keys.allSatisfy { $0 == "matchLabels" || $0 == "matchExpressions" }
        if isLabelSelector { return (try? LabelSelector(labelSelector: selector))?.description ?? "" }
        return LabelSelector(matchLabels: selector.stringMap).description
    }
}

extension Kind {
    /// How to convert between objects of the kind and their Scales.
    package var scaleMapping: ScaleMapping { custom.map { ScaleMapping(custom: $0.version.scale) } ?? .builtIn }
}
