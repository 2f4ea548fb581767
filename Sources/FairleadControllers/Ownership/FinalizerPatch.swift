package import FairleadModel

/// Merge patches of `metadata.finalizers`. They carry uid and resourceVersion, so that they fail (409) where the object
/// has changed since it was read.
package enum FinalizerPatch {
    static func adding(_ finalizer: String, to object: Value) -> Value {
        patch(object, object.finalizers.filter { $0 != finalizer } + [finalizer])
    }

    package static func removing(_ finalizer: String, from object: Value) -> Value {
        patch(object, object.finalizers.filter { $0 != finalizer })
    }

    private static func patch(_ object: Value, _ finalizers: [String]) -> Value {
        var metadata: Object = ["uid": .string(object.uid)]
        metadata["resourceVersion"] = object.at("metadata", "resourceVersion")
        metadata["finalizers"] = finalizers.isEmpty ? .null : .array(finalizers.map(Value.string))
        return ["metadata": .object(metadata)]
    }
}
